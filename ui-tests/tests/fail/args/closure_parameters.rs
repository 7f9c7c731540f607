//~ `usage` takes a closure over one thing, a reference to the success value: write `usage = |response| response.usage`
//~ `error_type` takes a closure over one thing, a reference to the error
//~ `attributes` takes a closure over one thing
use samplescope::{sampling_step, sampling_tool};

#[sampling_step(usage = |a, b| a.usage, failed = || true, error_type = |a, b| a)]
fn step() {}

#[sampling_tool(attributes("app.cached" = || true))]
fn tool() {}

fn main() {}
