//! What a call says for others, too: for the calls inside, for metrics, for log events.

use crate::vocabulary::{OperationName, key};
use opentelemetry::Value;

/// An attribute that others need, too: a loop says it for the calls inside, any call for its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    AgentName,
    ConversationId,
    ProviderName,
    RequestModel,
    Temperature,
    MaxTokens,
    OutputType,
    ToolName,
    ToolType,
    ServerAddress,
    ServerPort,
    DataSourceId,
}

impl Shared {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Shared::AgentName => key::AGENT_NAME,
            Shared::ConversationId => key::CONVERSATION_ID,
            Shared::ProviderName => key::PROVIDER_NAME,
            Shared::RequestModel => key::REQUEST_MODEL,
            Shared::Temperature => key::REQUEST_TEMPERATURE,
            Shared::MaxTokens => key::REQUEST_MAX_TOKENS,
            Shared::OutputType => key::OUTPUT_TYPE,
            Shared::ToolName => key::TOOL_NAME,
            Shared::ToolType => key::TOOL_TYPE,
            Shared::ServerAddress => key::SERVER_ADDRESS,
            Shared::ServerPort => key::SERVER_PORT,
            Shared::DataSourceId => key::DATA_SOURCE_ID,
        }
    }

    /// Whether what a loop says is so of such a call inside it. The model that the loop asks is another than the one that makes embeddings.
    pub(crate) fn reaches(self, called: OperationName) -> bool {
        match self {
            Shared::AgentName | Shared::ConversationId => true,
            Shared::ProviderName | Shared::RequestModel | Shared::Temperature | Shared::MaxTokens | Shared::OutputType => {
                called.is_inference()
            }
            Shared::ToolName | Shared::ToolType | Shared::ServerAddress | Shared::ServerPort | Shared::DataSourceId => false,
        }
    }

    /// A bit of its own.
    pub(crate) fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// What a call said of the shared attributes. A literal, which is said before a sampler is asked, wants no memory of its own.
#[derive(Debug, Default)]
pub(crate) enum SharedValues {
    #[default]
    Nothing,
    One(SharedValue),
    Many(Vec<SharedValue>),
}

#[derive(Clone, Debug)]
pub(crate) struct SharedValue {
    pub(crate) shared: Shared,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// Where a value comes from, and so how many of it there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The program's text.
    Constant,
    /// Whatever the program evaluates: a model may have invented it.
    Evaluated,
}

impl SharedValues {
    /// `room` is for how many there will be.
    pub(crate) fn push(&mut self, shared: Shared, value: Value, origin: Origin, room: usize) {
        let said = SharedValue { shared, value, origin };
        if let SharedValues::Many(many) = self {
            many.push(said);
        } else if let SharedValues::One(first) = std::mem::replace(self, SharedValues::Nothing) {
            let mut many = Vec::with_capacity(room);
            many.push(first);
            many.push(said);
            *self = SharedValues::Many(many);
        } else {
            *self = SharedValues::One(said);
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&SharedValue> {
        self.as_slice().iter().find(|said| said.shared.key() == key)
    }

    pub(crate) fn as_slice(&self) -> &[SharedValue] {
        match self {
            SharedValues::Nothing => &[],
            SharedValues::One(one) => std::slice::from_ref(one),
            SharedValues::Many(many) => many,
        }
    }
}
