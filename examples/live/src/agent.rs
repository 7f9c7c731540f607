//! The agent: this is what to copy. Its steps have `request` and `response`, or `chunk`, and nothing else: what the client's own types say is read.

use crate::tools::{self, ToolError};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls, ChatCompletionRequestAssistantMessageArgs,
    ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage, ChatCompletionRequestToolMessageArgs,
    ChatCompletionRequestUserMessage, ChatCompletionResponseStream, ChatCompletionStreamOptions, CreateChatCompletionRequest,
    CreateChatCompletionRequestArgs, CreateChatCompletionResponse,
};
use futures::StreamExt as _;
use futures::future::join_all;
use samplescope::{Chunk, ErrorType, sampling_loop, sampling_step, sampling_tool};
use std::borrow::Cow;
use std::fmt;

const INSTRUCTIONS: &str = "You answer in one sentence. You know of weather and time zones only what the tools say.";
const MAX_STEPS: usize = 8;
/// Of one turn: a model may count as it likes.
const MAX_CALLS: usize = 32;

/// An agent, and the model that it asks.
#[derive(Debug)]
pub struct Agent {
    /// The client, which knows where the model is.
    pub client: Client<OpenAIConfig>,
    /// What the model is called there.
    pub model: String,
    /// Whether the model's answers are read in pieces, as they arrive.
    pub streams: bool,
}

/// The model could not be asked.
#[derive(Debug)]
pub struct ModelError(OpenAIError);

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ModelError {}

impl From<OpenAIError> for ModelError {
    fn from(error: OpenAIError) -> Self {
        ModelError(error)
    }
}

/// What the provider calls its error, if it is one of its own.
impl ErrorType for ModelError {
    fn error_type(&self) -> Cow<'_, str> {
        let OpenAIError::ApiError(response) = &self.0 else { return "model_error".into() };
        let kind = response.api_error.code.as_deref().or(response.api_error.r#type.as_deref());
        kind.unwrap_or(response.status_code.as_str()).into()
    }
}

/// The agent has no answer.
#[derive(Debug)]
pub enum AgentError {
    /// The model could not be asked.
    Model(ModelError),
    /// It went on and on.
    TooManySteps,
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AgentError::Model(error) => error.fmt(f),
            AgentError::TooManySteps => write!(f, "no answer after {MAX_STEPS} steps"),
        }
    }
}

impl std::error::Error for AgentError {}

impl From<ModelError> for AgentError {
    fn from(error: ModelError) -> Self {
        AgentError::Model(error)
    }
}

impl From<OpenAIError> for AgentError {
    fn from(error: OpenAIError) -> Self {
        AgentError::Model(error.into())
    }
}

impl ErrorType for AgentError {
    fn error_type(&self) -> Cow<'_, str> {
        match self {
            AgentError::Model(error) => error.error_type(),
            AgentError::TooManySteps => "too_many_steps".into(),
        }
    }
}

/// What the model says, however it arrived.
#[derive(Debug, Default)]
struct Turn {
    text: String,
    calls: Vec<ChatCompletionMessageToolCall>,
}

impl Agent {
    /// The loop: asks the model, and runs its tools, until it answers.
    ///
    /// # Errors
    /// If it does not.
    #[sampling_loop(
        agent = "live",
        provider = "openai",
        model = self.model,
        messages = question,
        answer = |answer| answer,
    )]
    pub async fn run(&self, question: &str) -> Result<String, AgentError> {
        let mut history: Vec<ChatCompletionRequestMessage> = vec![
            ChatCompletionRequestSystemMessage::from(INSTRUCTIONS).into(),
            ChatCompletionRequestUserMessage::from(question).into(),
        ];
        for _ in 0..MAX_STEPS {
            let request = self.request(history.clone())?;
            let turn = if self.streams {
                gathered(self.ask_for_pieces(&request).await?).await?
            } else {
                whole(self.ask(&request).await?)
            };
            if turn.calls.is_empty() {
                return Ok(turn.text);
            }
            let results = join_all(turn.calls.iter().map(use_tool)).await;
            history.push(said(&turn)?);
            for (call, result) in turn.calls.iter().zip(results) {
                history.push(heard(call, result)?);
            }
        }
        Err(AgentError::TooManySteps)
    }

    fn request(&self, history: Vec<ChatCompletionRequestMessage>) -> Result<CreateChatCompletionRequest, OpenAIError> {
        let mut request = CreateChatCompletionRequestArgs::default();
        request.model(&self.model).messages(history).tools(tools::definitions()).max_completion_tokens(512_u32).temperature(0.2);
        if self.streams {
            // Without it, a stream says nothing of tokens.
            request
                .stream(true)
                .stream_options(ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None });
        }
        request.build()
    }

    /// A step: the model is asked once.
    #[sampling_step(request = request, response = |response| response)]
    async fn ask(&self, request: &CreateChatCompletionRequest) -> Result<CreateChatCompletionResponse, ModelError> {
        Ok(self.client.chat().create(request.clone()).await?)
    }

    /// The same, in pieces: the step lasts as long as the stream.
    #[sampling_step(request = request, stream, chunk = Chunk::read)]
    async fn ask_for_pieces(&self, request: &CreateChatCompletionRequest) -> Result<ChatCompletionResponseStream, ModelError> {
        Ok(self.client.chat().create_stream(request.clone()).await?)
    }
}

/// A tool call. If it fails, its span does; the model is told, and the loop goes on.
#[sampling_tool(
    name = call.function.name,
    call_id = call.id,
    arguments = call.function.arguments,
    result = |text| text,
)]
async fn use_tool(call: &ChatCompletionMessageToolCall) -> Result<String, ToolError> {
    tools::run(&call.function.name, &call.function.arguments)
}

fn whole(response: CreateChatCompletionResponse) -> Turn {
    let Some(choice) = response.choices.into_iter().next() else { return Turn::default() };
    let calls = choice.message.tool_calls.into_iter().flatten().filter_map(|call| match call {
        ChatCompletionMessageToolCalls::Function(call) => Some(call),
        ChatCompletionMessageToolCalls::Custom(_) => None,
    });
    Turn { text: choice.message.content.unwrap_or_default(), calls: calls.collect() }
}

/// Puts the pieces together.
async fn gathered(mut pieces: ChatCompletionResponseStream) -> Result<Turn, OpenAIError> {
    let mut turn = Turn::default();
    while let Some(piece) = pieces.next().await {
        for delta in piece?.choices.into_iter().map(|choice| choice.delta) {
            turn.text.push_str(delta.content.as_deref().unwrap_or_default());
            for piece in delta.tool_calls.into_iter().flatten() {
                let index = piece.index as usize;
                if index >= MAX_CALLS {
                    continue;
                }
                if index >= turn.calls.len() {
                    turn.calls.resize_with(index + 1, ChatCompletionMessageToolCall::default);
                }
                let call = &mut turn.calls[index];
                call.id.push_str(piece.id.as_deref().unwrap_or_default());
                let function = piece.function.unwrap_or_default();
                call.function.name.push_str(function.name.as_deref().unwrap_or_default());
                call.function.arguments.push_str(function.arguments.as_deref().unwrap_or_default());
            }
        }
    }
    Ok(turn)
}

/// The model's own turn, as it is sent back to it.
fn said(turn: &Turn) -> Result<ChatCompletionRequestMessage, OpenAIError> {
    let calls: Vec<_> = turn.calls.iter().cloned().map(ChatCompletionMessageToolCalls::Function).collect();
    let mut message = ChatCompletionRequestAssistantMessageArgs::default();
    if !turn.text.is_empty() {
        message.content(turn.text.as_str());
    }
    Ok(message.tool_calls(calls).build()?.into())
}

/// What came of a tool call.
fn heard(
    call: &ChatCompletionMessageToolCall,
    result: Result<String, ToolError>,
) -> Result<ChatCompletionRequestMessage, OpenAIError> {
    let text = result.unwrap_or_else(|error| error.to_string());
    Ok(ChatCompletionRequestToolMessageArgs::default().tool_call_id(call.id.as_str()).content(text).build()?.into())
}
