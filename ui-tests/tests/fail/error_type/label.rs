//~ a label is a word that metrics carry
//~ a label is missing: write `#[error_type("timeout")]`
//~ a label stands in parentheses
//~ a second label: remove one of the two
//~ the first label is here
//~ a label is a string: write `"timeout"`
//~ did you mean `transparent`?
use samplescope::ErrorType;

#[derive(ErrorType)]
enum ModelError {
    #[error_type("")]
    Empty,
    #[error_type]
    Bare,
    #[error_type = "a"]
    Equals,
    #[error_type("a", "b")]
    Twice,
    #[error_type("c")]
    #[error_type("d")]
    Again,
    #[error_type(timeout)]
    Word,
    #[error_type(transparant)]
    Typo(String),
    #[error_type(3)]
    Number,
}

// The derive keeps its promise all the same.
fn main() {
    fn needs(_: impl ErrorType) {}
    needs(ModelError::Empty);
}
