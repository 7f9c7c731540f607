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
pub(crate) enum InstrumentGroup {
    Agents,
    Inferences,
    Embeddings,
    Tools,
    Stores,
}

/// What a call is to the loop that counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// A model call, with which the loop goes round.
    Iteration,
    /// A model call for something else.
    ModelCall,
    Tool,
    Nothing,
}

/// Which attribute each has, what it shares its instruments with, and what its loop counts it as, in the order of their numbers: a call asks for it
/// where it opens.
const ROWS: [(OperationName, Kind, InstrumentGroup, Counted); 14] = [
    (OperationName::InvokeAgent, Kind::Loop, InstrumentGroup::Agents, Counted::Nothing),
    (OperationName::Chat, Kind::Step, InstrumentGroup::Inferences, Counted::Iteration),
    (OperationName::GenerateContent, Kind::Step, InstrumentGroup::Inferences, Counted::Iteration),
    (OperationName::TextCompletion, Kind::Step, InstrumentGroup::Inferences, Counted::Iteration),
    (OperationName::Embeddings, Kind::Step, InstrumentGroup::Embeddings, Counted::Nothing),
    (OperationName::ExecuteTool, Kind::Tool, InstrumentGroup::Tools, Counted::Tool),
    (OperationName::Retrieval, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
    (OperationName::SearchMemory, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
    (OperationName::CreateMemory, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
    (OperationName::UpdateMemory, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
    (OperationName::UpsertMemory, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
    (OperationName::DeleteMemory, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
    (OperationName::CreateMemoryStore, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
    (OperationName::DeleteMemoryStore, Kind::Tool, InstrumentGroup::Stores, Counted::Nothing),
];

impl OperationName {
    pub(crate) const COUNT: usize = ROWS.len();

    /// In the order of their numbers.
    #[cfg(any(test, feature = "console", feature = "testing"))]
    pub(crate) fn all() -> impl Iterator<Item = OperationName> {
        ROWS.into_iter().map(|(called, ..)| called)
    }

    pub(crate) fn kind(self) -> Kind {
        ROWS[self as usize].1
    }

    pub(crate) fn instrument_group(self) -> InstrumentGroup {
        ROWS[self as usize].2
    }

    /// What it is counted as, if it is made for what its loop does, or for something else.
    pub(crate) fn counted(self, for_something_else: bool) -> Counted {
        match ROWS[self as usize].3 {
            Counted::Iteration if for_something_else => Counted::ModelCall,
            counted => counted,
        }
    }

    /// Whether a model is asked for an answer.
    pub(crate) fn is_inference(self) -> bool {
        matches!(self, OperationName::Chat | OperationName::GenerateContent | OperationName::TextCompletion)
    }

    /// Whether it is a tool that is run.
    pub(crate) fn is_tool(self) -> bool {
        self == OperationName::ExecuteTool
    }
}

impl InstrumentGroup {
    /// One operation of each, in the order of their numbers.
    pub(crate) const ONE_OF_EACH: [OperationName; 5] = [
        OperationName::InvokeAgent,
        OperationName::Chat,
        OperationName::Embeddings,
        OperationName::ExecuteTool,
        OperationName::Retrieval,
    ];
}
