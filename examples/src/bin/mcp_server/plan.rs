//! The agent: a sampling loop as any other, but its model is the client's.

#![allow(deprecated, reason = "sampling is what this shows, until MCP has no more of it")]

use futures::future::join_all;
use rmcp::ServiceError;
use rmcp::model::{
    ContentBlock, CreateMessageRequestParams, CreateMessageResult, JsonObject, Role, SamplingMessage,
    SamplingMessageContentBlock, Tool, ToolUseContent,
};
use samplescope::{ErrorType, sampling_loop, sampling_step, sampling_tool};
use samplescope_rmcp::Peer;
use serde_json::json;
use std::fmt;

/// Why there is no plan.
#[derive(Debug, ErrorType)]
pub(crate) enum PlanError {
    /// The client could not be asked, or would not answer.
    Client(ServiceError),
    /// It asked for tools again and again.
    NoAnswer,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::Client(error) => error.fmt(f),
            PlanError::NoAnswer => f.write_str("the model did not come to an answer"),
        }
    }
}

const MOST_STEPS: usize = 5;
const MAX_TOKENS: u32 = 512;

/// Asks the client's model until it answers.
#[sampling_loop(agent = "trip-planner", handler_mode = "client", max_tokens = MAX_TOKENS, messages = question, answer = |plan| plan)]
pub(crate) async fn plan_trip(peer: &Peer, question: &str) -> Result<String, PlanError> {
    let mut messages = vec![SamplingMessage::user_text(question)];
    for _ in 0..MOST_STEPS {
        let answer = ask(peer, &messages).await.map_err(PlanError::Client)?;
        let content = answer.message.content.clone().into_vec();
        let calls: Vec<&ToolUseContent> = content.iter().filter_map(|block| block.as_tool_use()).collect();
        if calls.is_empty() {
            return Ok(content.iter().filter_map(|block| block.as_text()).map(|text| text.text.as_str()).collect());
        }
        let results = join_all(calls.into_iter().map(result_of)).await;
        messages.push(answer.message);
        messages.push(SamplingMessage::new_multiple(Role::User, results));
    }
    Err(PlanError::NoAnswer)
}

/// One question to the client's model. Tools are offered only to a client that knows of them.
#[sampling_step(stop_reason = |answer| answer.stop_reason.as_deref(), response_model = |answer| &answer.model)]
async fn ask(peer: &Peer, messages: &[SamplingMessage]) -> Result<CreateMessageResult, ServiceError> {
    let params = CreateMessageRequestParams::new(messages.to_vec(), MAX_TOKENS);
    let params = if peer.supports_sampling_tools() { params.with_tools(tools()) } else { params };
    peer.create_message(params).await
}

/// What went wrong goes back to the model, which may know better the next time.
async fn result_of(call: &ToolUseContent) -> SamplingMessageContentBlock {
    let text = match run_tool(call).await {
        Ok(text) => text,
        Err(error) => format!("error: {error}"),
    };
    SamplingMessageContentBlock::tool_result(call.id.clone(), vec![ContentBlock::text(text)])
}

/// Runs one of the tools that the model was offered.
#[sampling_tool(name = call.name, call_id = call.id, arguments = call.input, result = |text| text, error_type = |_| "tool_error")]
async fn run_tool(call: &ToolUseContent) -> Result<String, String> {
    let argument = |name: &str| {
        let value = call.input.get(name).and_then(|value| value.as_str());
        value.ok_or_else(|| format!("`{name}` is missing"))
    };
    match &*call.name {
        "flight_status" => Ok(format!("{} is on time", argument("flight")?)),
        "travel_time" => Ok(format!("35 minutes to {}", argument("to")?)),
        other => Err(format!("there is no tool {other}")),
    }
}

fn tools() -> Vec<Tool> {
    let tool = |name: &'static str, description: &'static str, argument: &str| {
        let schema = json!({ "type": "object", "properties": { argument: { "type": "string" } }, "required": [argument] });
        Tool::new(name, description, schema.as_object().cloned().unwrap_or_else(JsonObject::new))
    };
    vec![
        tool("flight_status", "Whether a flight is on time", "flight"),
        tool("travel_time", "How long it takes to get there", "to"),
    ]
}
