//~ `model` describes the request, before there is anything to look at: write a value, `model = request.model`
//~ the model that answered is `response_model
//~ what the tool gave back is `result
use samplescope::{sampling_step, sampling_tool};

#[sampling_step(model = |step| &step.model, max_tokens = |_| 3)]
fn step() {}

#[sampling_tool(arguments = |out| out)]
fn tool() {}

fn main() {}
