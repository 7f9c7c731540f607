//! A model call in the types of a client of OpenAI's chat API, once with the two words, and once with a closure or an expression for each attribute.

use samplescope::{TokenUsage, sampling_step};
use serde::Serialize;
use std::hint::black_box;

#[derive(Serialize)]
pub(crate) struct ChatRequest {
    messages: Vec<Message>,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<Tool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Tool {
    r#type: &'static str,
    function: Function,
}

#[derive(Serialize)]
struct Function {
    name: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
pub(crate) struct ChatResponse {
    id: String,
    choices: Vec<Choice>,
    created: u32,
    model: String,
    service_tier: Option<&'static str>,
    object: &'static str,
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Choice {
    index: u32,
    message: Answer,
    finish_reason: Option<FinishReason>,
    logprobs: Option<f32>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum FinishReason {
    Stop,
}

impl FinishReason {
    fn as_str(&self) -> &'static str {
        match self {
            FinishReason::Stop => "stop",
        }
    }
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    role: &'static str,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
    prompt_tokens_details: Option<PromptTokens>,
    completion_tokens_details: Option<CompletionTokens>,
}

impl Usage {
    fn counts(&self) -> TokenUsage {
        let cached = self.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
        let reasoning = self.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
        TokenUsage::new(self.prompt_tokens, self.completion_tokens).with_cached(cached).with_reasoning(reasoning)
    }
}

#[derive(Serialize)]
struct PromptTokens {
    audio_tokens: Option<u32>,
    cached_tokens: Option<u32>,
}

#[derive(Serialize)]
struct CompletionTokens {
    audio_tokens: Option<u32>,
    reasoning_tokens: Option<u32>,
}

/// A request with that many messages.
pub(crate) fn request(messages: usize) -> ChatRequest {
    let message = |role| Message { role, content: "Which train is there an hour before the flight leaves?".to_owned() };
    let tool = |name| Tool { r#type: "function", function: Function { name, description: "Looks it up." } };
    ChatRequest {
        messages: ["user", "assistant"].into_iter().cycle().take(messages).map(message).collect(),
        model: "gpt-4o".to_owned(),
        store: None,
        frequency_penalty: None,
        max_completion_tokens: Some(512),
        stop: None,
        temperature: Some(0.5),
        tools: Some(vec![tool("flight_status"), tool("travel_time")]),
        parallel_tool_calls: None,
        user: None,
    }
}

pub(crate) fn response() -> ChatResponse {
    let said = "It leaves at nine, and there is a train that meets it.".to_owned();
    ChatResponse {
        id: "chatcmpl-BXqz1Yw5hDkq0uTrnv8oL4sVcE2pA".to_owned(),
        choices: vec![Choice {
            index: 0,
            message: Answer { content: Some(said), refusal: None, role: "assistant" },
            finish_reason: Some(FinishReason::Stop),
            logprobs: None,
        }],
        created: 1_795_000_000,
        model: "gpt-4o-2024-08-06".to_owned(),
        service_tier: None,
        object: "chat.completion",
        usage: Some(Usage {
            prompt_tokens: 512,
            completion_tokens: 46,
            total_tokens: 558,
            prompt_tokens_details: Some(PromptTokens { audio_tokens: None, cached_tokens: Some(128) }),
            completion_tokens_details: Some(CompletionTokens { audio_tokens: None, reasoning_tokens: Some(12) }),
        }),
    }
}

#[sampling_step(request = request, response = |response| response)]
#[inline(never)]
pub(crate) fn two_words<'a>(request: &ChatRequest, response: &'a ChatResponse) -> &'a ChatResponse {
    black_box(request);
    response
}

#[sampling_step(
    model = request.model,
    temperature = request.temperature,
    max_tokens = request.max_completion_tokens,
    response_model = |response| &response.model,
    response_id = |response| &response.id,
    stop_reason = |response| response.choices[0].finish_reason.as_ref().map(FinishReason::as_str),
    usage = |response| response.usage.as_ref().map(Usage::counts)
)]
#[inline(never)]
pub(crate) fn written<'a>(request: &ChatRequest, response: &'a ChatResponse) -> &'a ChatResponse {
    black_box(request);
    response
}
