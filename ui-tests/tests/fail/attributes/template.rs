//~ `gen_ai.prompt.variable` is a family of attributes, and the name of one is missing: write `"gen_ai.prompt.variable.name" = …`
//~ `gen_ai.prompt.variable` takes a string
use samplescope::sampling_step;

#[sampling_step(attributes("gen_ai.prompt.variable" = "Berlin", "gen_ai.prompt.variable.city" = 3))]
fn ask() {}

fn main() {}
