//! What a call does, and what that makes of it, in either vocabulary.

/// Which of the three attributes a call has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Loop,
    Step,
    Tool,
}

/// `gen_ai.operation.name`: what a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationName {
    InvokeAgent,
    Chat,
    GenerateContent,
    TextCompletion,
    Embeddings,
    ExecuteTool,
    Retrieval,
    SearchMemory,
    CreateMemory,
    UpdateMemory,
    UpsertMemory,
    DeleteMemory,
    CreateMemoryStore,
    DeleteMemoryStore,
}

/// What shares its instruments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    Agents,
    Inferences,
    Embeddings,
    Tools,
    Stores,
}

impl OperationName {
    /// In the order of their numbers.
    pub(crate) const ALL: [OperationName; 14] = [
        OperationName::InvokeAgent,
        OperationName::Chat,
        OperationName::GenerateContent,
        OperationName::TextCompletion,
        OperationName::Embeddings,
        OperationName::ExecuteTool,
        OperationName::Retrieval,
        OperationName::SearchMemory,
        OperationName::CreateMemory,
        OperationName::UpdateMemory,
        OperationName::UpsertMemory,
        OperationName::DeleteMemory,
        OperationName::CreateMemoryStore,
        OperationName::DeleteMemoryStore,
    ];

    pub(crate) fn kind(self) -> Kind {
        match self.measured() {
            Measured::Agents => Kind::Loop,
            Measured::Inferences | Measured::Embeddings => Kind::Step,
            Measured::Tools | Measured::Stores => Kind::Tool,
        }
    }

    pub(crate) fn measured(self) -> Measured {
        match self {
            OperationName::InvokeAgent => Measured::Agents,
            OperationName::Chat | OperationName::GenerateContent | OperationName::TextCompletion => Measured::Inferences,
            OperationName::Embeddings => Measured::Embeddings,
            OperationName::ExecuteTool => Measured::Tools,
            OperationName::Retrieval
            | OperationName::SearchMemory
            | OperationName::CreateMemory
            | OperationName::UpdateMemory
            | OperationName::UpsertMemory
            | OperationName::DeleteMemory
            | OperationName::CreateMemoryStore
            | OperationName::DeleteMemoryStore => Measured::Stores,
        }
    }

    /// Whether a model is asked for an answer.
    pub(crate) fn is_inference(self) -> bool {
        self.measured() == Measured::Inferences
    }

    /// Whether it is a tool that is run.
    pub(crate) fn is_tool(self) -> bool {
        self == OperationName::ExecuteTool
    }
}

impl Measured {
    /// One operation of each, in the order of their numbers.
    pub(crate) const ALL: [OperationName; 5] = [
        OperationName::InvokeAgent,
        OperationName::Chat,
        OperationName::Embeddings,
        OperationName::ExecuteTool,
        OperationName::Retrieval,
    ];
}
