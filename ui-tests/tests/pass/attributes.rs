//! What the registry lets through, with values of every type that fits.
#![deny(warnings)]

use samplescope::sampling_tool;
use std::borrow::Cow;
use std::sync::Arc;

struct Found {
    id: Option<Arc<str>>,
    count: Option<u64>,
    tags: Vec<String>,
}

const COMPACTED: bool = true;

#[sampling_tool(
    attributes(
        "app.tenant" = text,
        "user.id" = Some(text),
        "gen_ai.prompt.name" = Cow::Borrowed(text),
        "gen_ai.prompt.version" = None::<&str>,
        "gen_ai.prompt.variable.city" = generic.as_ref(),
        "gen_ai.conversation.compacted" = COMPACTED,
        "gen_ai.request.stream" = None::<bool>,
        "gen_ai.evaluation.score.value" = Some(0.5_f32),
        "gen_ai.memory.record.count" = number,
        "gen_ai.embeddings.dimension.count" = |found| found.count,
        "gen_ai.request.encoding_formats" = ["a", "b"],
        "gen_ai.request.stop_sequences" = |found| &found.tags,
        "gen_ai.memory.record.id" = |found| found.id.as_ref(),
        "gen_ai.response.time_to_first_chunk" = 1,
        "gen_ai.output.type" = "custom_output",
        "http.request.header.content-type" = vec!["text/plain"],
    ),
    unchecked("gen_ai.output.type.x" = "Json", "gen_ai.brand.new" = 3, "Anything goes" = |found| found.count),
)]
fn look<T: AsRef<str>>(text: &str, number: usize, generic: &T) -> Found {
    let _ = (number, generic.as_ref());
    Found { id: Some(text.into()), count: None, tags: Vec::new() }
}

fn main() {
    let found = look("a", 3, &"b");
    assert!(found.id.is_some() && found.count.is_none() && found.tags.is_empty());
}
