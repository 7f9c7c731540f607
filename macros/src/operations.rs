//! What a step or a tool may be instead of a chat or a tool call, by OpenTelemetry's names for it, and what can be said of it.

use crate::fallback::shown;
use crate::model::Macro::{self, Step, Tool};
use crate::nearest::nearest;

/// An operation that one of the macros can be.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) on: Macro,
    /// The runtime's constant for it; None: the macro is that by itself.
    pub(crate) constant: Option<&'static str>,
    pub(crate) class: Class,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Class {
    Inference,
    Embeddings,
    ToolCall,
    Retrieval,
    Memory,
}

use Class::{Embeddings, Inference, Memory, Retrieval, ToolCall};

const fn operation(name: &'static str, on: Macro, class: Class, constant: Option<&'static str>) -> Operation {
    Operation { name, on, constant, class }
}

const OPERATIONS: &[Operation] = &[
    operation("chat", Step, Inference, None),
    operation("generate_content", Step, Inference, Some("GENERATE_CONTENT")),
    operation("text_completion", Step, Inference, Some("TEXT_COMPLETION")),
    operation("embeddings", Step, Embeddings, Some("EMBEDDINGS")),
    operation("execute_tool", Tool, ToolCall, None),
    operation("retrieval", Tool, Retrieval, Some("RETRIEVAL")),
    operation("search_memory", Tool, Memory, Some("SEARCH_MEMORY")),
    operation("create_memory", Tool, Memory, Some("CREATE_MEMORY")),
    operation("update_memory", Tool, Memory, Some("UPDATE_MEMORY")),
    operation("upsert_memory", Tool, Memory, Some("UPSERT_MEMORY")),
    operation("delete_memory", Tool, Memory, Some("DELETE_MEMORY")),
    operation("create_memory_store", Tool, Memory, Some("CREATE_MEMORY_STORE")),
    operation("delete_memory_store", Tool, Memory, Some("DELETE_MEMORY_STORE")),
];

/// Those of the registry that no step and no tool is, and why.
const OTHERS: &[(&str, &str)] = &[
    ("invoke_agent", "an agent's run is what `#[sampling_loop]` stands on"),
    (
        "create_agent",
        "an agent that a service keeps is made without a model: `#[sampling_tool]` is the nearest, with `execute_tool`",
    ),
    ("invoke_workflow", "a workflow is no single call: its agents are what `#[sampling_loop]` stands on"),
    ("plan", "a model that plans is asked as any other: `chat`, with `purpose = \"plan\"` if that is no iteration"),
    (
        "fetch_response",
        "no model is asked where a response is only fetched: `#[sampling_tool]` is the nearest, with `execute_tool`",
    ),
];

/// What the macro is by itself.
pub(crate) fn default(kind: Macro) -> Class {
    if kind == Tool { ToolCall } else { Inference }
}

/// The operation of that name, if the macro can be one.
pub(crate) fn find(kind: Macro, name: &str) -> Result<&'static Operation, String> {
    match OPERATIONS.iter().find(|operation| operation.name == name) {
        Some(operation) if operation.on == kind => return Ok(operation),
        Some(Operation { on, .. }) => return Err(format!("`{name}` is an operation of `#[{on}]`, not of `#[{kind}]`")),
        None => {}
    }
    if let Some((_, why)) = OTHERS.iter().find(|(other, _)| *other == name) {
        return Err(format!("`{name}` is no operation of `#[{kind}]`: {why}"));
    }
    let near = nearest(name, OPERATIONS.iter().map(|operation| operation.name));
    let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    let known: Vec<&str> = OPERATIONS.iter().filter(|operation| operation.on == kind).map(|operation| operation.name).collect();
    let known = known.join(", ");
    Err(format!(
        "`{}` is no operation that OpenTelemetry has{near}\n`#[{kind}]` knows: {known}\nits name decides what the span is called, what is measured and what its loop counts, so there is no other",
        shown(name)
    ))
}

/// Why the argument says nothing of such an operation, if that is so.
pub(crate) fn misfit(class: Class, argument: &str) -> Option<&'static str> {
    Some(match (class, argument) {
        (ToolCall, "query" | "documents" | "data_source_id" | "provider" | "server_address" | "server_port") => {
            "a tool call has none: it is of what `operation = \"retrieval\"` looks in, or of a memory, as `operation = \"search_memory\"`"
        }
        (Retrieval | Memory, "arguments") => "it is no tool call, which has arguments: what is looked for is `query`",
        (Retrieval | Memory, "result") => "it is no tool call, which has a result: what is found is `documents`",
        (Memory, "data_source_id") => {
            "it is where a retrieval looks: a memory's store is `attributes(\"gen_ai.memory.store.id\" = store.id)`"
        }
        (Embeddings, "messages" | "message" | "system_prompt" | "tools") => {
            "what is embedded is no message, and the conventions have no content of `embeddings`: leave it out"
        }
        (Embeddings, "iteration") => "`embeddings` are no iteration of their loop: leave it out",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn every_operation_of_the_registry_is_one_of_a_macro_or_has_its_reason() {
        let registered = registry::find("gen_ai.operation.name").expect("it is in the registry");
        let known = |name: &str| {
            let has_macro = OPERATIONS.iter().any(|operation| operation.name == name);
            has_macro != OTHERS.iter().any(|(other, _)| *other == name)
        };
        let unknown: Vec<&str> = registered.values().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let names = OPERATIONS.iter().map(|operation| operation.name).chain(OTHERS.iter().map(|(name, _)| *name));
        let made_up: Vec<&str> = names.filter(|name| registered.values().all(|value| value != *name)).collect();
        assert!(made_up.is_empty(), "{made_up:?}");
    }
}
