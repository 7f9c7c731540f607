//~ cannot stand on an `extern` function, whose caller is not Rust: put it on the Rust function that it calls
use samplescope::sampling_tool;

#[sampling_tool]
extern "C" fn look() {}

fn main() {
    look();
}
