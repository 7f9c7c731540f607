//~ `usage` belongs on `#[sampling_step]`, not on `#[sampling_loop]`: tokens are counted on steps
//~ `agent` belongs on `#[sampling_loop]`
//~ `call_id` belongs on `#[sampling_tool]`
//~ `temperature` belongs on `#[sampling_loop]` or `#[sampling_step]`
//~ `iteration` belongs on `#[sampling_step]`
use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_loop(usage = |it| it.usage, call_id = "a", iteration = 3)]
fn a_loop() {}

#[sampling_step(agent = "weather", answer = |it| it)]
fn a_step() {}

#[sampling_tool(temperature = 0.5, stop_reason = |it| it, tool_count = 3)]
fn a_tool() {}

fn main() {}
