//~ a tool needs a name: write it, or leave `name` out for the function's own
//~ `provider` is empty: write it, or leave it out
use samplescope::{sampling_step, sampling_tool};

#[sampling_tool(name = "")]
fn tool() {}

#[sampling_step(provider = "")]
fn step() {}

fn main() {}
