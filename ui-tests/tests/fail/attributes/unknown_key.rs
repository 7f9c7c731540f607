//~ `gen_ai.request.sede` is not in the OpenTelemetry registry
//~ did you mean `gen_ai.request.seed`?
//~ whoever knows better writes `unchecked("gen_ai.request.sede" = …)`
//~ did you mean `mcp.session.id`?
//~ which has: gen_ai.workflow.name
use samplescope::sampling_loop;

#[sampling_loop(attributes("gen_ai.request.sede" = 3, "mcp.sesion.id" = "a", "gen_ai.workflow.wibble" = 3, "gen_ai.wobble.wibble" = 1))]
fn run() {}

fn main() {}
