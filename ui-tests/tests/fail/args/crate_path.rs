//~ write `crate = ::my_crate::samplescope`
use samplescope::sampling_loop;

#[sampling_loop(crate = "samplescope")]
fn run() {}

fn main() {}
