//~ is not an integer, and the OpenTelemetry registry says that this attribute is an integer
//~ is not a string, and the OpenTelemetry registry says
//~ is not a list of strings
//~ is not a bool
//~ is not a number
//~ whoever knows better writes `unchecked("key" = …)`
use samplescope::sampling_tool;

struct Found {
    count: Option<String>,
}

#[sampling_tool(attributes(
    "gen_ai.conversation.compacted" = text.len(),
    "gen_ai.evaluation.score.value" = text,
    "gen_ai.request.encoding_formats" = text,
    "gen_ai.prompt.name" = Some(number),
    "gen_ai.prompt.version" = yes,
    "gen_ai.memory.record.count" = |found| &found.count,
    "gen_ai.memory.record.id" = |found| found.count.iter().len(),
))]
fn look(text: &str, number: u64, yes: bool) -> Found {
    let _ = (number, yes);
    Found { count: Some(text.to_owned()) }
}

fn main() {}
