//! A request that is made again with the answers to what was asked.

use rmcp::ErrorData;
use rmcp::handler::server::common::FromContextPart;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::model::InputResponses;

/// What a call brings along that was answered with an `InputRequiredResult` before: the answers, and the state that was given out with the
/// questions. A tool asks for it by type.
///
/// MCP 2026-07-28 has no requests from server to client. Each round is a call of its own; see the crate's page on how its loop spans hang together.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// The answers, by the keys of the questions. Empty in the first round.
    pub answers: InputResponses,
    /// What the tool gave out as `request_state`. None in the first round.
    pub state: Option<String>,
}

impl<S> FromContextPart<ToolCallContext<'_, S>> for Round {
    fn from_context_part(context: &mut ToolCallContext<'_, S>) -> Result<Self, ErrorData> {
        Ok(Round { answers: context.input_responses.take().unwrap_or_default(), state: context.request_state.take() })
    }
}
