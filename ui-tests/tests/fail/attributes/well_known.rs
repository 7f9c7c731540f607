//~ `gen_ai.output.type` has no well-known value `Json`, did you mean `json`? It knows: text, json, image, speech
//~ did you mean `in_progress`?
//~ whoever knows better writes `unchecked("gen_ai.output.type" = …)`
use samplescope::sampling_step;

#[sampling_step(attributes("gen_ai.output.type" = "Json", "gen_ai.response.status" = "InProgress"))]
fn ask() {}

fn main() {}
