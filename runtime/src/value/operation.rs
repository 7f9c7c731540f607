//! Operations other than those that steps and tools have by themselves.

use crate::vocabulary::OperationName;

/// What a step does, for [`start_step_as`](crate::start_step_as): its `gen_ai.operation.name`, which decides what the span is called, whether it is an
/// iteration of its loop, and what is measured.
///
/// ```
/// use samplescope::{StepOperation, start_step_as};
///
/// let embedding = start_step_as(StepOperation::EMBEDDINGS, |step| step.model("text-embedding-3-small"));
/// embedding.end();
/// let summary = start_step_as(StepOperation::CHAT.with_purpose("compaction"), |step| step.model("claude-haiku-4-5"));
/// summary.end();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepOperation {
    pub(crate) called: OperationName,
    pub(crate) purpose: Option<&'static str>,
}

impl StepOperation {
    /// `chat`: what [`start_step`](crate::start_step) starts.
    pub const CHAT: Self = Self::of(OperationName::Chat);
    /// `generate_content`: a model call that is an iteration, as a chat is.
    pub const GENERATE_CONTENT: Self = Self::of(OperationName::GenerateContent);
    /// `text_completion`: a model call that is an iteration, as a chat is.
    pub const TEXT_COMPLETION: Self = Self::of(OperationName::TextCompletion);
    /// `embeddings`: no iteration, and nothing of the model that its loop asks.
    pub const EMBEDDINGS: Self = Self::of(OperationName::Embeddings);

    const fn of(called: OperationName) -> Self {
        StepOperation { called, purpose: None }
    }

    /// What it is for, if for something else than its loop does: a summary of the history, a title, a guard. It is `samplescope.purpose` on the span, no
    /// iteration of the loop, and on no metric.
    #[must_use]
    pub const fn with_purpose(self, purpose: &'static str) -> Self {
        StepOperation { purpose: Some(purpose), ..self }
    }
}

/// What a call does that is no tool call, for [`start_tool_as`](crate::start_tool_as): its `gen_ai.operation.name`, which decides what the span is called and
/// what is measured. It is no tool call of its loop.
///
/// ```
/// use samplescope::{ToolOperation, start_tool_as};
///
/// let retrieval = start_tool_as(ToolOperation::RETRIEVAL, |retrieval| {
///     retrieval.data_source_id("handbook");
///     retrieval.query("refunds");
/// });
/// retrieval.documents([("chapter-4", 0.9)]);
/// retrieval.end();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolOperation {
    pub(crate) called: OperationName,
}

impl ToolOperation {
    /// `retrieval`: documents are looked for in a data source.
    pub const RETRIEVAL: Self = Self::of(OperationName::Retrieval);
    /// `search_memory`: memories are looked for.
    pub const SEARCH_MEMORY: Self = Self::of(OperationName::SearchMemory);
    /// `create_memory`: new memories are kept.
    pub const CREATE_MEMORY: Self = Self::of(OperationName::CreateMemory);
    /// `update_memory`: memories that are known are changed.
    pub const UPDATE_MEMORY: Self = Self::of(OperationName::UpdateMemory);
    /// `upsert_memory`: memories are kept, and whether that makes new ones is not the caller's to say.
    pub const UPSERT_MEMORY: Self = Self::of(OperationName::UpsertMemory);
    /// `delete_memory`: memories are forgotten.
    pub const DELETE_MEMORY: Self = Self::of(OperationName::DeleteMemory);
    /// `create_memory_store`: a place for memories is made.
    pub const CREATE_MEMORY_STORE: Self = Self::of(OperationName::CreateMemoryStore);
    /// `delete_memory_store`: it is removed with all that is in it.
    pub const DELETE_MEMORY_STORE: Self = Self::of(OperationName::DeleteMemoryStore);

    const fn of(called: OperationName) -> Self {
        ToolOperation { called }
    }
}
