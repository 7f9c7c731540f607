//~ an enum has a label for each of its variants: put this one on a variant
//~ goes on the variant or the struct, not on a field
//~ `crate = …` goes above the enum
//~ cannot be derived for a union
//~ `crate` needs a path
use samplescope::ErrorType;

#[derive(ErrorType)]
#[error_type("model")]
enum ModelError {
    Field(#[error_type("x")] u8),
    #[error_type(crate = samplescope)]
    Crate,
}

#[derive(ErrorType)]
union Either {
    a: u8,
}

#[derive(ErrorType)]
#[error_type(crate = "samplescope")]
struct Refused;

fn main() {}
