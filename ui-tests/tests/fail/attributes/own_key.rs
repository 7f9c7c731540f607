//~ `gen_ai.request.model` is what a macro sets: write the argument `model = request.model`
//~ `gen_ai.usage.input_tokens` is what a macro sets: write `usage = |response| response.usage` on `#[sampling_step]`, since tokens are counted on steps
//~ `gen_ai.operation.name` is what a macro sets: leave it out, `#[sampling_loop]` sets it by itself
//~ write `agent = request.agent` on `#[sampling_loop]`, since steps and tools inherit it from their loop
use samplescope::{sampling_loop, sampling_step};

#[sampling_loop(attributes(
    "gen_ai.request.model" = "a",
    "gen_ai.usage.input_tokens" = 3,
    "gen_ai.operation.name" = "chat",
    "fastmcp.sampling.iterations" = 3,
))]
fn run() {}

#[sampling_step(attributes("gen_ai.agent.name" = "weather"))]
fn ask() {}

fn main() {}
