//! Labels of derived error types.
#![deny(warnings)]

use samplescope::{ErrorType, sampling_tool};
use std::fmt::Debug;

#[derive(Debug, ErrorType)]
enum ToolError<'a, T: Debug, const N: usize = 3>
where
    T: Clone,
{
    Timeout,
    Refused(#[allow(dead_code)] &'a str, [T; N]),
    #[error_type("http")]
    Http { status: u16 },
    #[error_type(transparent)]
    Io(std::io::Error),
    #[error_type(transparent)]
    Source { source: Box<Inner> },
    #[error_type(transparent)]
    Any(Box<dyn std::error::Error>),
    r#Raw,
}

#[derive(Debug, ErrorType)]
enum Inner {
    #[error_type("inner")]
    A,
}

#[derive(Debug, ErrorType)]
#[error_type(transparent)]
struct Known<T: ErrorType>(T);

#[derive(Debug, ErrorType)]
#[error_type(transparent)]
struct Unknown<T> {
    inner: T,
}

#[derive(Debug, ErrorType)]
enum Never {}

#[sampling_tool]
fn tool() -> Result<u8, Inner> {
    Err(Inner::A)
}

fn main() {
    type Error = ToolError<'static, u8>;
    for (error, label) in [
        (Error::Timeout, "ToolError::Timeout"),
        (Error::Refused("a", [1, 2, 3]), "ToolError::Refused"),
        (Error::Http { status: 404 }, "http"),
        (Error::Io(std::io::ErrorKind::NotFound.into()), "io::Error"),
        (Error::Source { source: Box::new(Inner::A) }, "inner"),
        (Error::Any("text".into()), "_OTHER"),
        (Error::Raw, "ToolError::Raw"),
    ] {
        assert_eq!(error.error_type(), label);
        if let Error::Http { status } = error {
            assert_eq!(status, 404);
        }
    }
    assert_eq!(Known(Inner::A).error_type(), "inner");
    assert_eq!(Unknown { inner: Inner::A }.error_type(), "Inner");
    assert!(tool().is_err() && None::<Never>.is_none());
}
