//~ `stop_reason` is read from the success value, when there is one: write a closure, `stop_reason = |response| &response.stop_reason`
//~ `error_type` is read from the error, when there is one: write a closure, `error_type = |error| error.kind()`
use samplescope::sampling_step;

#[sampling_step(stop_reason = "end_turn", usage = step.usage, error_type = "timeout")]
fn step() {}

fn main() {}
