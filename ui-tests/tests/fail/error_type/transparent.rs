//~ `transparent` asks the only field, and here are 0
//~ and here are 2
use samplescope::ErrorType;

#[derive(ErrorType)]
enum ModelError {
    #[error_type(transparent)]
    None,
    #[error_type(transparent)]
    Two(u8, u8),
}

fn main() {}
