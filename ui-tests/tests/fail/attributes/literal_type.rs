//~ `gen_ai.conversation.compacted` takes `true` or `false`, says the OpenTelemetry registry
//~ `gen_ai.memory.record.count` takes an integer
//~ `gen_ai.evaluation.score.value` takes a number
//~ `gen_ai.request.encoding_formats` takes a list of strings
//~ `gen_ai.prompt.name` takes a string
//~ whoever knows better writes `unchecked("gen_ai.prompt.name" = …)`
use samplescope::sampling_tool;

#[sampling_tool(attributes(
    "gen_ai.conversation.compacted" = "yes",
    "gen_ai.memory.record.count" = "3",
    "gen_ai.evaluation.score.value" = "good",
    "gen_ai.request.encoding_formats" = "base64",
    "gen_ai.prompt.name" = 3,
    "gen_ai.prompt.version" = ["a"],
))]
fn look() {}

fn main() {}
