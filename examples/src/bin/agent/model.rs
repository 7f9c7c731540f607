//! A model that follows a script, so that the example runs anywhere. Yours is a client of a provider's.

use crate::error::AgentError;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::sleep;

/// The scripted model.
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) temperature: f32,
    /// What it has yet to say, the next turn last.
    script: Mutex<Vec<(Duration, Response)>>,
}

/// A message of the conversation.
#[expect(dead_code, reason = "a scripted model does not read what it is sent")]
pub(crate) enum Message {
    User(String),
    Assistant(Response),
    ToolResult(Result<String, crate::error::ToolError>),
}

/// What the model says when it is asked.
pub(crate) struct Response {
    pub(crate) text: String,
    pub(crate) tool_calls: Vec<ToolCall>,
    /// In the provider's own word.
    pub(crate) stop_reason: &'static str,
    pub(crate) model: &'static str,
    pub(crate) input_tokens: u32,
    pub(crate) output_tokens: u32,
}

/// A tool that the model wants to be run.
pub(crate) struct ToolCall {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) arguments: Value,
}

impl Model {
    /// A model that plans one trip.
    pub(crate) fn scripted() -> Self {
        let script = vec![
            calls(
                80,
                [512, 46],
                vec![
                    call("call_1", "flight_status", json!({ "flight": "LX 318" })),
                    call("call_2", "travel_time", json!({ "from": "home", "to": "ZRH" })),
                ],
            ),
            calls(55, [641, 24], vec![call("call_3", "travel_time", json!({ "from": "home", "to": "ZRH" }))]),
            says(90, [702, 51], r#"{"leave_at": "around noon", "because": "the train takes 42 minutes"}"#),
            says(
                70,
                [784, 48],
                r#"{"leave_at": "11:45", "because": "boarding closes at 13:45, the train takes 42 minutes, security an hour"}"#,
            ),
        ];
        Model { name: "demo-large", temperature: 0.2, script: Mutex::new(script.into_iter().rev().collect()) }
    }

    /// Asks the model.
    pub(crate) async fn complete(&self, _: &[Message]) -> Result<Response, AgentError> {
        let turn = self.script.lock().ok().and_then(|mut script| script.pop());
        let (takes, response) = turn.ok_or(AgentError::NoTurnLeft)?;
        sleep(takes).await;
        Ok(response)
    }
}

fn says(takes_ms: u64, [input_tokens, output_tokens]: [u32; 2], text: &str) -> (Duration, Response) {
    let response = Response {
        text: text.to_owned(),
        tool_calls: Vec::new(),
        stop_reason: "end_turn",
        model: "demo-large-2026-11",
        input_tokens,
        output_tokens,
    };
    (Duration::from_millis(takes_ms), response)
}

fn calls(takes_ms: u64, tokens: [u32; 2], tool_calls: Vec<ToolCall>) -> (Duration, Response) {
    let (takes, response) = says(takes_ms, tokens, "");
    (takes, Response { tool_calls, stop_reason: "tool_use", ..response })
}

fn call(id: &'static str, name: &'static str, arguments: Value) -> ToolCall {
    ToolCall { id, name, arguments }
}
