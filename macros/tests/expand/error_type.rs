#[derive(ErrorType)]
enum ToolError<T: Display> {
    Timeout,
    #[error_type("http")]
    Http { status: u16 },
    #[error_type(transparent)]
    Inner(T),
    #[error_type(transparent)]
    Io { source: io::Error },
}

#[derive(ErrorType)]
#[error_type(crate = crate::telemetry)]
struct Refused(String);

#[derive(ErrorType)]
#[error_type(transparent)]
struct Wrapped {
    source: ToolError<String>,
}

#[derive(ErrorType)]
enum Never {}
