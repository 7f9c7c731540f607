//~ one function cannot be both `#[sampling_loop]` and `#[sampling_step]`: each is one span
use samplescope::{sampling_loop, sampling_step};

#[sampling_loop]
#[sampling_step]
async fn both() {}

fn main() {
    drop(both());
}
