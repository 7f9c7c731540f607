//~ `gen_ai.system` is deprecated in the OpenTelemetry registry: its successor is `gen_ai.provider.name`, write the argument `provider = request.provider`
//~ write `code.line.number`
//~ it has no successor
//~ write the argument `messages`
//~ whoever knows better writes `unchecked("code.lineno" = …)`
use samplescope::sampling_step;

#[sampling_step(attributes("gen_ai.system" = "openai", "code.lineno" = 3, "enduser.role" = "a", "gen_ai.prompt" = "b"))]
fn ask() {}

fn main() {}
