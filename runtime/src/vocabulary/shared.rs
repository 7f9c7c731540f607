//! What a call says for others, too: for the calls inside, for metrics, for log events.

use crate::vocabulary::{Kind, key};
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
        }
    }

    /// Whether what a loop says is an attribute of such a call inside it.
    pub(crate) fn reaches(self, kind: Kind) -> bool {
        match self {
            Shared::AgentName | Shared::ConversationId => true,
            Shared::ProviderName | Shared::RequestModel | Shared::Temperature | Shared::MaxTokens | Shared::OutputType => {
                kind == Kind::Step
            }
            Shared::ToolName | Shared::ToolType => false,
        }
    }

    /// A bit of its own.
    pub(crate) fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// What a call said of the shared attributes.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedValues(Vec<SharedValue>);

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
        if self.0.is_empty() {
            self.0.reserve_exact(room);
        }
        self.0.push(SharedValue { shared, value, origin });
    }

    pub(crate) fn get(&self, key: &str) -> Option<&SharedValue> {
        self.0.iter().find(|said| said.shared.key() == key)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, SharedValue> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
