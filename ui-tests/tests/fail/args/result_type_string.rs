//~ `result_type` takes a type: write `result_type = Forecast`
use samplescope::sampling_loop;

#[sampling_loop(result_type = "Forecast")]
fn run() {}

fn main() {}
