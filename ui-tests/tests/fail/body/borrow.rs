//~ lifetime may not live long enough
use samplescope::sampling_step;

#[sampling_step]
async fn ask<'a, 'b>(x: &'a str, _y: &'b str) -> &'b str {
    x
}

fn main() {}
