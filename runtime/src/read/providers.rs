//! What each provider's values look like: one row a provider, in the order in which they are tried. Nothing here asks for a provider's name.
//!
//! Sources: OpenAI, Anthropic, Google (Gemini), Ollama, Amazon (Bedrock Converse) and Cohere, their API references; MCP 2025-11-25,
//! `sampling/createMessage`; the types of the crates genai 0.7 and rig-core 0.46 as serde writes them.

use crate::read::facts::{ContentField, Count, NumberField, Sign, Signs, TextField};
use crate::read::want::{Want, members};
use crate::vocabulary::{Modality, Spent};

/// One provider, or one client whose types are its own.
pub(crate) struct Provider {
    pub(crate) request: Option<Shape>,
    pub(crate) response: Option<Shape>,
    /// An item of a stream.
    pub(crate) event: Option<Shape>,
    pub(crate) tokens: TokenSums,
    pub(crate) finish: Finish,
}

/// A shape that values have.
pub(crate) struct Shape {
    /// Whether a value with these signs has it.
    pub(crate) is: fn(Signs) -> bool,
    pub(crate) wants: Want,
}

/// The first provider whose shape a value with these signs has.
pub(crate) fn recognise(
    signs: Signs,
    shape: fn(&'static Provider) -> Option<&'static Shape>,
) -> Option<(&'static Provider, &'static Shape)> {
    let of = |provider| Some((provider, shape(provider).filter(|shape| (shape.is)(signs))?));
    PROVIDERS.iter().find_map(of)
}

/// Which counts make up the conventions' own, where cached tokens are input and reasoning is output.
#[derive(Debug)]
pub(crate) struct TokenSums {
    pub(crate) input: &'static [Count],
    pub(crate) output: &'static [Count],
    /// 0 stands for what is not known.
    pub(crate) zero_is_unknown: bool,
}

/// Where the finish reason comes from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Finish {
    /// It is said.
    Said,
    /// It is said, but `STOP` with a tool call means the call.
    SaidOrCall,
    /// It is said; where it is not, a tool call tells.
    CallUnlessSaid,
    /// None is: it follows from what the response says of itself.
    Derived,
}

const TOKENS: TokenSums = TokenSums { input: &[Count::Input], output: &[Count::Output], zero_is_unknown: false };
/// Cached tokens are counted beside the input's.
const APART: TokenSums = TokenSums { input: &[Count::Input, Count::CacheRead, Count::CacheCreation], ..TOKENS };

pub(crate) static PROVIDERS: &[Provider] = &[
    // genai
    Provider {
        request: Some(Shape {
            is: |seen| {
                seen.all(&[Sign::Messages, Sign::SystemKey, Sign::ToolsKey]) && !seen.any(&[Sign::Model, Sign::ToolConfig])
            },
            wants: ANTHROPIC_REQUEST,
        }),
        response: Some(Shape { is: |seen| seen.has(Sign::ProviderModel), wants: GENAI_RESPONSE }),
        event: Some(Shape { is: |seen| seen.has(Sign::GenAiEvent), wants: GENAI_EVENT }),
        tokens: TOKENS,
        finish: Finish::Said,
    },
    // rig
    Provider {
        request: Some(Shape { is: |seen| seen.has(Sign::ChatHistory), wants: RIG_REQUEST }),
        response: Some(Shape { is: |seen| seen.all(&[Sign::Choice, Sign::Usage]), wants: RIG_RESPONSE }),
        event: Some(Shape { is: |seen| seen.has(Sign::RigItem) || seen.all(&[Sign::RigEvent, Sign::RigPart]), wants: RIG_EVENT }),
        tokens: TokenSums { zero_is_unknown: true, ..TOKENS },
        finish: Finish::Said,
    },
    // OpenAI chat
    Provider {
        request: Some(Shape { is: is_openai, wants: OPENAI_REQUEST }),
        response: Some(Shape {
            is: |seen| seen.has(Sign::ChoiceMessage) || seen.all(&[Sign::Choices, Sign::ObjectChat]),
            wants: OPENAI_RESPONSE,
        }),
        event: Some(Shape {
            is: |seen| seen.has(Sign::ChoiceDelta) || seen.all(&[Sign::Choices, Sign::ObjectChunk]),
            wants: OPENAI_EVENT,
        }),
        tokens: TOKENS,
        finish: Finish::Said,
    },
    // OpenAI Responses
    Provider {
        request: Some(Shape {
            is: |seen| seen.has(Sign::Input) && seen.any(&[Sign::Model, Sign::Instructions, Sign::ToolsKey]),
            wants: RESPONSES_REQUEST,
        }),
        response: Some(Shape {
            is: |seen| seen.has(Sign::ObjectResponse) || seen.all(&[Sign::Output, Sign::Status]),
            wants: RESPONSES_RESPONSE,
        }),
        event: Some(Shape { is: |seen| seen.has(Sign::TypeResponsesEvent), wants: RESPONSES_EVENT }),
        tokens: TOKENS,
        finish: Finish::Derived,
    },
    // Anthropic
    Provider {
        request: Some(Shape {
            is: |seen| seen.has(Sign::Messages) && seen.any(ANTHROPIC_ONLY) && !is_like_anthropic(seen),
            wants: ANTHROPIC_REQUEST,
        }),
        response: Some(Shape {
            is: |seen| seen.has(Sign::TypeMessage) || seen.all(&[Sign::Content, Sign::StopReason]),
            wants: ANTHROPIC_RESPONSE,
        }),
        event: Some(Shape { is: |seen| seen.has(Sign::TypeAnthropicEvent), wants: ANTHROPIC_EVENT }),
        tokens: APART,
        finish: Finish::Said,
    },
    // Gemini
    Provider {
        request: Some(Shape { is: |seen| seen.has(Sign::Contents), wants: GEMINI_REQUEST }),
        response: Some(Shape { is: |seen| seen.has(Sign::GeminiOnly), wants: GEMINI_RESPONSE }),
        event: Some(Shape { is: |seen| seen.has(Sign::GeminiOnly), wants: GEMINI_EVENT }),
        tokens: TokenSums {
            input: &[Count::Input, Count::ToolUsePrompt],
            output: &[Count::Output, Count::Reasoning],
            zero_is_unknown: false,
        },
        finish: Finish::SaidOrCall,
    },
    // Ollama
    Provider {
        request: Some(Shape { is: |seen| seen.has(Sign::Messages) && seen.has(Sign::OllamaOnly), wants: OLLAMA_REQUEST }),
        response: Some(Shape { is: is_ollama_s, wants: OLLAMA_RESPONSE }),
        event: Some(Shape { is: is_ollama_s, wants: OLLAMA_EVENT }),
        tokens: TOKENS,
        finish: Finish::CallUnlessSaid,
    },
    // Bedrock Converse
    Provider {
        request: Some(Shape { is: |seen| seen.has(Sign::Messages) && seen.any(BEDROCK_ONLY), wants: BEDROCK_REQUEST }),
        response: Some(Shape { is: |seen| seen.all(&[Sign::OutputMessage, Sign::StopReasonCamel]), wants: BEDROCK_RESPONSE }),
        event: Some(Shape { is: |seen| seen.has(Sign::BedrockEvent), wants: BEDROCK_EVENT }),
        tokens: APART,
        finish: Finish::Said,
    },
    // Cohere
    Provider {
        request: None,
        response: Some(Shape {
            is: |seen| seen.all(&[Sign::Message, Sign::FinishReason, Sign::UsageTokens]),
            wants: COHERE_RESPONSE,
        }),
        event: None,
        tokens: TOKENS,
        finish: Finish::Said,
    },
    // MCP sampling
    Provider {
        request: Some(Shape { is: |seen| seen.has(Sign::Messages) && seen.any(MCP_ONLY), wants: MCP_REQUEST }),
        response: Some(Shape {
            is: |seen| seen.all(&[Sign::Role, Sign::Content, Sign::Model]) && !seen.has(Sign::Usage),
            wants: MCP_RESPONSE,
        }),
        event: None,
        tokens: TOKENS,
        finish: Finish::Said,
    },
    // an error
    Provider {
        request: None,
        response: Some(Shape { is: |seen| seen.any(&[Sign::Error, Sign::TypeError]), wants: ERROR_RESPONSE }),
        event: Some(Shape { is: |seen| seen.any(&[Sign::Error, Sign::TypeError]), wants: ERROR_RESPONSE }),
        tokens: TOKENS,
        finish: Finish::Said,
    },
];

/// OpenAI's chat, which most servers speak.
pub(crate) static CHAT: &Provider = &PROVIDERS[2];

/// Whether what was read as a request to OpenAI's chat is one, and nothing that is tried before or instead.
pub(crate) fn is_chat_request(seen: Signs) -> bool {
    seen.has(Sign::Messages) && !seen.has(Sign::NoChat)
}

/// Likewise a response.
pub(crate) fn is_chat_response(seen: Signs) -> bool {
    seen.has(Sign::ChoiceMessage) && !seen.has(Sign::NoChat)
}

/// Not `thinking`, which servers of OpenAI's chat take as well.
const ANTHROPIC_ONLY: &[Sign] = &[Sign::AnthropicOnly, Sign::System];
const BEDROCK_ONLY: &[Sign] = &[Sign::InferenceConfig, Sign::ToolConfig, Sign::ModelId];
const MCP_ONLY: &[Sign] = &[Sign::MaxTokensCamel, Sign::SystemPrompt, Sign::ModelPreferences];

/// Nothing in a request to OpenAI's chat is in no other.
fn is_openai(seen: Signs) -> bool {
    seen.has(Sign::Messages) && !seen.any(ANTHROPIC_ONLY) && !is_like_anthropic(seen)
}

/// Others that have a `system`, too, but something else besides.
fn is_like_anthropic(seen: Signs) -> bool {
    seen.has(Sign::OllamaOnly) || seen.any(BEDROCK_ONLY) || seen.any(MCP_ONLY)
}

/// Of a chat, or of what was generated without one.
fn is_ollama_s(seen: Signs) -> bool {
    seen.all(&[Sign::Message, Sign::Done]) || seen.all(&[Sign::Response, Sign::Done]) || seen.has(Sign::EvalCount)
}

/// What tells a request's shape.
pub(crate) static REQUEST_SIGNS: Want = members![
    ("chat_history", Want::Key(Sign::ChatHistory)),
    ("contents", Want::Key(Sign::Contents)),
    ("format", Want::Sign(Sign::OllamaOnly)),
    ("inferenceConfig", Want::Key(Sign::InferenceConfig)),
    ("input", Want::Key(Sign::Input)),
    ("instructions", Want::Sign(Sign::Instructions)),
    ("keep_alive", Want::Sign(Sign::OllamaOnly)),
    ("maxTokens", Want::Key(Sign::MaxTokensCamel)),
    ("messages", Want::Key(Sign::Messages)),
    ("model", Want::Sign(Sign::Model)),
    ("modelId", Want::Sign(Sign::ModelId)),
    ("modelPreferences", Want::Key(Sign::ModelPreferences)),
    ("options", Want::Sign(Sign::OllamaOnly)),
    ("output_config", Want::Sign(Sign::AnthropicOnly)),
    ("output_format", Want::Sign(Sign::AnthropicOnly)),
    ("stop_sequences", Want::Sign(Sign::AnthropicOnly)),
    ("system", Want::All(&[Want::Key(Sign::SystemKey), Want::Sign(Sign::System)])),
    ("systemPrompt", Want::Sign(Sign::SystemPrompt)),
    ("think", Want::Sign(Sign::OllamaOnly)),
    ("toolConfig", Want::Key(Sign::ToolConfig)),
    ("tools", Want::Key(Sign::ToolsKey)),
];

/// What tells a response's shape.
pub(crate) static RESPONSE_SIGNS: Want = members![
    ("candidates", Want::Key(Sign::GeminiOnly)),
    ("choice", Want::Key(Sign::Choice)),
    ("choices", Want::All(&[Want::Key(Sign::Choices), Want::Each(&members![("message", Want::Key(Sign::ChoiceMessage))])])),
    ("content", Want::Key(Sign::Content)),
    ("done", Want::Key(Sign::Done)),
    ("error", Want::Says(Sign::Error)),
    ("eval_count", Want::Sign(Sign::EvalCount)),
    ("finish_reason", Want::Key(Sign::FinishReason)),
    ("message", Want::Key(Sign::Message)),
    ("model", Want::Key(Sign::Model)),
    (
        "object",
        Want::Word(&[
            ("chat.completion", Sign::ObjectChat),
            ("response", Sign::ObjectResponse),
            ("text_completion", Sign::ObjectChat),
        ]),
    ),
    ("output", Want::All(&[Want::Key(Sign::Output), members![("message", Want::Sign(Sign::OutputMessage))]])),
    ("promptFeedback", Want::Key(Sign::GeminiOnly)),
    ("provider_model_iden", Want::Key(Sign::ProviderModel)),
    ("response", Want::Key(Sign::Response)),
    ("role", Want::Key(Sign::Role)),
    ("status", Want::Key(Sign::Status)),
    ("stopReason", Want::Key(Sign::StopReasonCamel)),
    ("stop_reason", Want::Key(Sign::StopReason)),
    ("type", Want::Word(&[("error", Sign::TypeError), ("message", Sign::TypeMessage)])),
    ("usage", Want::All(&[Want::Key(Sign::Usage), members![("tokens", Want::Sign(Sign::UsageTokens))]])),
    ("usageMetadata", Want::Sign(Sign::GeminiOnly)),
];

/// What tells the shape of a stream's item.
pub(crate) static EVENT_SIGNS: Want = members![
    ("Chunk", Want::Key(Sign::GenAiEvent)),
    ("End", Want::Key(Sign::GenAiEvent)),
    ("Heartbeat", Want::Key(Sign::GenAiEvent)),
    ("ReasoningChunk", Want::Key(Sign::GenAiEvent)),
    ("Start", Want::Key(Sign::GenAiEvent)),
    ("ThoughtSignatureChunk", Want::Key(Sign::GenAiEvent)),
    ("ToolCallChunk", Want::Key(Sign::GenAiEvent)),
    ("candidates", Want::Key(Sign::GeminiOnly)),
    ("choices", Want::All(&[Want::Key(Sign::Choices), Want::Each(&members![("delta", Want::Key(Sign::ChoiceDelta))])])),
    ("contentBlockDelta", Want::Key(Sign::BedrockEvent)),
    ("contentBlockStart", Want::Key(Sign::BedrockEvent)),
    ("contentBlockStop", Want::Key(Sign::BedrockEvent)),
    ("done", Want::Key(Sign::Done)),
    ("error", Want::Says(Sign::Error)),
    ("eval_count", Want::Sign(Sign::EvalCount)),
    (
        "event",
        Want::Word(&[
            ("arguments", Sign::RigEvent),
            ("end", Sign::RigEvent),
            ("reasoning", Sign::RigEvent),
            ("start", Sign::RigEvent),
            ("text", Sign::RigEvent),
        ]),
    ),
    ("internalServerException", Want::Key(Sign::BedrockEvent)),
    ("item", Want::Word(&[("event", Sign::RigItem), ("unknown", Sign::RigItem)])),
    ("message", Want::Sign(Sign::Message)),
    ("messageStart", Want::Key(Sign::BedrockEvent)),
    ("messageStop", Want::Key(Sign::BedrockEvent)),
    ("metadata", members![("usage", Want::Key(Sign::BedrockEvent))]),
    ("modelStreamErrorException", Want::Key(Sign::BedrockEvent)),
    ("object", Want::Word(&[("chat.completion.chunk", Sign::ObjectChunk), ("text_completion", Sign::ObjectChunk)])),
    ("part", Want::Key(Sign::RigPart)),
    ("promptFeedback", Want::Key(Sign::GeminiOnly)),
    // Azure's first item, which has no answer and calls itself nothing.
    ("prompt_filter_results", Want::Key(Sign::ObjectChunk)),
    ("response", Want::Key(Sign::Response)),
    ("serviceUnavailableException", Want::Key(Sign::BedrockEvent)),
    ("throttlingException", Want::Key(Sign::BedrockEvent)),
    (
        "type",
        Want::Word(&[
            ("content_block_*", Sign::TypeAnthropicEvent),
            ("error", Sign::TypeError),
            ("message_delta", Sign::TypeAnthropicEvent),
            ("message_start", Sign::TypeAnthropicEvent),
            ("message_stop", Sign::TypeAnthropicEvent),
            ("ping", Sign::TypeAnthropicEvent),
            ("response.*", Sign::TypeResponsesEvent),
        ]),
    ),
    ("usageMetadata", Want::Sign(Sign::GeminiOnly)),
    ("validationException", Want::Key(Sign::BedrockEvent)),
];

// Errors.

/// An error, or what it is wrapped in.
pub(crate) static ANY_ERROR: Want = Want::Variant(&members![
    ("code", Want::Text(TextField::ErrorCode)),
    ("error", ERROR_IN_ERROR),
    ("status", Want::Text(TextField::ErrorStatus)),
    ("status_code", Want::Text(TextField::ErrorStatus)),
    ("type", Want::Text(TextField::ErrorType)),
]);

const ERROR_IN_ERROR: Want = members![
    ("code", Want::Text(TextField::InnerErrorCode)),
    ("status", Want::Text(TextField::ErrorStatus)),
    ("type", Want::Text(TextField::InnerErrorType)),
];

const ERROR_RESPONSE: Want = members![
    ("code", Want::Text(TextField::ErrorCode)),
    ("error", Want::All(&[Want::Says(Sign::Failed), ERROR_IN_ERROR])),
    ("type", Want::Word(&[("error", Sign::Failed)])),
];

// genai

const GENAI_RESPONSE: Want = members![
    ("content", Want::Content(ContentField::Choice)),
    ("provider_model_iden", members![("model_name", Want::Only(&Want::Text(TextField::Model)))]),
    ("response_id", Want::Text(TextField::Id)),
    ("stop_reason", Want::Only(&Want::FinishReason)),
    ("usage", OPENAI_USAGE),
];

const GENAI_EVENT: Want = members![
    ("Chunk", members![("content", Want::Filled(Sign::Filled))]),
    (
        "End",
        Want::All(&[
            members![
                ("captured_response_id", Want::Text(TextField::Id)),
                ("captured_stop_reason", Want::Only(&Want::FinishReason)),
                ("captured_usage", OPENAI_USAGE),
            ],
            Want::Key(Sign::Last),
        ]),
    ),
    ("ReasoningChunk", members![("content", Want::Filled(Sign::Filled))]),
    ("ToolCallChunk", Want::Key(Sign::Filled)),
];

// rig

const RIG_REQUEST: Want = members![
    ("chat_history", Want::Content(ContentField::Messages)),
    ("max_tokens", Want::Count(Count::MaxTokens)),
    ("model", Want::Text(TextField::Model)),
    (
        "options",
        members![
            ("seed", Want::Count(Count::Seed)),
            ("stop", Want::Each(&Want::StopSequence)),
            ("top_p", Want::Number(NumberField::TopP)),
        ],
    ),
    ("output_schema", Want::Sign(Sign::Json)),
    ("preamble", Want::Content(ContentField::System)),
    ("temperature", Want::Number(NumberField::Temperature)),
    ("tools", Want::All(&[Want::Tools, Want::Content(ContentField::Tools)])),
];

const RIG_RESPONSE: Want = members![
    ("choice", Want::Content(ContentField::Choice)),
    ("finish_reason", Want::Only(&Want::FinishReason)),
    ("model", Want::Text(TextField::Model)),
    ("origin", members![("response_id", Want::Text(TextField::Id)), ("response_model", Want::Text(TextField::Model))]),
    ("response_id", Want::Text(TextField::Id)),
    (
        "usage",
        members![
            ("cache_creation_input_tokens", Want::Count(Count::CacheCreation)),
            ("cached_input_tokens", Want::Count(Count::CacheRead)),
            ("input_tokens", Want::Count(Count::Input)),
            ("output_tokens", Want::Count(Count::Output)),
            ("reasoning_tokens", Want::Count(Count::Reasoning)),
        ],
    ),
];

/// An event, or an item with one inside. Of what rig does not know, nothing is.
const RIG_EVENT: Want = members![
    ("content", RIG_ENDED),
    ("event", RIG_KIND),
    ("json", Want::Filled(Sign::DeltaFilled)),
    ("kind", RIG_STARTED),
    ("text", Want::Filled(Sign::DeltaFilled)),
    (
        "value",
        members![
            ("content", RIG_ENDED),
            ("event", RIG_KIND),
            ("json", Want::Filled(Sign::DeltaFilled)),
            ("kind", RIG_STARTED),
            ("text", Want::Filled(Sign::DeltaFilled)),
        ],
    ),
];

const RIG_KIND: Want = Want::Word(&[
    ("arguments", Sign::Delta),
    ("end", Sign::ItemAdded),
    ("reasoning", Sign::Delta),
    ("start", Sign::ItemAdded),
    ("text", Sign::Delta),
]);

const RIG_STARTED: Want = Want::Word(&[("tool_call", Sign::CallItem)]);

const RIG_ENDED: Want = members![("type", Want::Word(&[("toolcall", Sign::CallItem)]))];

// OpenAI chat

const OPENAI_REQUEST: Want = members![
    ("chat_history", Want::Key(Sign::NoChat)),
    ("format", Want::Key(Sign::NoChat)),
    ("frequency_penalty", Want::Number(NumberField::FrequencyPenalty)),
    ("inferenceConfig", Want::Key(Sign::NoChat)),
    ("keep_alive", Want::Key(Sign::NoChat)),
    ("maxTokens", Want::Key(Sign::NoChat)),
    ("max_completion_tokens", Want::Count(Count::MaxCompletionTokens)),
    ("max_tokens", Want::Count(Count::MaxTokens)),
    ("messages", Want::All(&[Want::Content(ContentField::Messages), Want::Key(Sign::Messages)])),
    ("model", Want::Text(TextField::Model)),
    ("modelId", Want::Key(Sign::NoChat)),
    ("modelPreferences", Want::Key(Sign::NoChat)),
    ("n", Want::Count(Count::Choices)),
    ("options", Want::Key(Sign::NoChat)),
    ("output_config", Want::Key(Sign::NoChat)),
    ("output_format", Want::Key(Sign::NoChat)),
    ("presence_penalty", Want::Number(NumberField::PresencePenalty)),
    ("reasoning_effort", Want::Text(TextField::ReasoningLevel)),
    ("response_format", OUTPUT_FORMAT),
    ("seed", Want::Count(Count::Seed)),
    ("stop", Want::Each(&Want::StopSequence)),
    ("stop_sequences", Want::Key(Sign::NoChat)),
    ("stream", Want::True(Sign::Stream)),
    ("system", Want::Key(Sign::NoChat)),
    ("systemPrompt", Want::Key(Sign::NoChat)),
    ("temperature", Want::Number(NumberField::Temperature)),
    ("think", Want::Key(Sign::NoChat)),
    ("toolConfig", Want::Key(Sign::NoChat)),
    ("tools", Want::All(&[Want::Tools, Want::Content(ContentField::Tools)])),
    ("top_k", Want::Count(Count::TopK)),
    ("top_p", Want::Number(NumberField::TopP)),
];

const OUTPUT_FORMAT: Want =
    members![("type", Want::Word(&[("json_object", Sign::Json), ("json_schema", Sign::Json), ("text", Sign::PlainText)]))];

const OPENAI_USAGE: Want = members![
    ("completion_tokens", Want::Count(Count::Output)),
    ("completion_tokens_details", OPENAI_OUTPUT),
    ("prompt_tokens", Want::Count(Count::Input)),
    ("prompt_tokens_details", OPENAI_INPUT),
];

const OPENAI_INPUT: Want = members![
    ("audio_tokens", Want::Tokens(Spent::Input, Modality::Audio)),
    ("cache_creation_tokens", Want::Count(Count::CacheCreation)),
    ("cached_tokens", Want::Count(Count::CacheRead)),
    ("image_tokens", Want::Tokens(Spent::Input, Modality::Image)),
    ("text_tokens", Want::Tokens(Spent::Input, Modality::Text)),
];

const OPENAI_OUTPUT: Want = members![
    ("audio_tokens", Want::Tokens(Spent::Output, Modality::Audio)),
    ("image_tokens", Want::Tokens(Spent::Output, Modality::Image)),
    ("reasoning_tokens", Want::Count(Count::Reasoning)),
    ("text_tokens", Want::Tokens(Spent::Output, Modality::Text)),
];

const OPENAI_RESPONSE: Want = members![
    ("choice", Want::Key(Sign::NoChat)),
    (
        "choices",
        Want::Choices(&members![
            ("finish_reason", Want::FinishReason),
            ("message", Want::All(&[Want::Content(ContentField::Choice), Want::Key(Sign::ChoiceMessage)])),
            ("text", Want::Content(ContentField::Choice)),
        ]),
    ),
    ("error", Want::All(&[ERROR_IN_ERROR, Want::Says(Sign::Failed)])),
    ("id", Want::Text(TextField::Id)),
    ("model", Want::Text(TextField::Model)),
    ("provider_model_iden", Want::Key(Sign::NoChat)),
    ("usage", OPENAI_USAGE),
];

const OPENAI_EVENT: Want = members![
    (
        "choices",
        Want::Choices(&members![
            (
                "delta",
                members![
                    ("content", Want::Filled(Sign::Filled)),
                    ("reasoning", Want::Filled(Sign::Filled)),
                    ("reasoning_content", Want::Filled(Sign::Filled)),
                    ("refusal", Want::Filled(Sign::Filled)),
                    ("tool_calls", Want::Filled(Sign::Filled)),
                ],
            ),
            ("finish_reason", Want::FinishReason),
            ("index", Want::ChoiceIndex),
            ("text", Want::Filled(Sign::Filled)),
        ]),
    ),
    ("error", Want::All(&[ERROR_IN_ERROR, Want::Says(Sign::Failed)])),
    ("id", Want::Text(TextField::Id)),
    ("model", Want::Text(TextField::Model)),
    ("usage", OPENAI_USAGE),
];

// OpenAI Responses

const RESPONSES_REQUEST: Want = members![
    ("input", Want::Content(ContentField::Messages)),
    ("instructions", Want::Content(ContentField::System)),
    ("max_output_tokens", Want::Count(Count::MaxTokens)),
    ("model", Want::Text(TextField::Model)),
    ("previous_response_id", Want::Text(TextField::PreviousResponse)),
    ("reasoning", members![("effort", Want::Text(TextField::ReasoningLevel))]),
    ("stream", Want::True(Sign::Stream)),
    ("temperature", Want::Number(NumberField::Temperature)),
    ("text", members![("format", OUTPUT_FORMAT)]),
    ("tools", Want::All(&[Want::Tools, Want::Content(ContentField::Tools)])),
    ("top_p", Want::Number(NumberField::TopP)),
];

const RESPONSES_RESPONSE: Want = members![
    ("error", ERROR_IN_ERROR),
    ("id", Want::Text(TextField::Id)),
    ("incomplete_details", members![("reason", Want::Text(TextField::Incomplete))]),
    ("model", Want::Text(TextField::Model)),
    (
        "output",
        Want::All(&[
            Want::Content(ContentField::Choice),
            Want::Each(&members![(
                "type",
                Want::Word(&[("custom_tool_call", Sign::CallsTool), ("function_call", Sign::CallsTool)]),
            )]),
        ]),
    ),
    ("status", Want::Word(&[("completed", Sign::Completed), ("failed", Sign::Failed)])),
    (
        "usage",
        members![
            ("input_tokens", Want::Count(Count::Input)),
            ("input_tokens_details", OPENAI_INPUT),
            ("output_tokens", Want::Count(Count::Output)),
            ("output_tokens_details", OPENAI_OUTPUT),
        ],
    ),
];

const RESPONSES_EVENT: Want = members![
    ("delta", Want::Filled(Sign::DeltaFilled)),
    ("item", members![("type", Want::Word(&[("custom_tool_call", Sign::CallItem), ("function_call", Sign::CallItem)]))]),
    ("response", RESPONSES_RESPONSE),
    (
        "type",
        Want::Word(&[
            ("response.completed", Sign::Last),
            ("response.custom_tool_call_input.delta", Sign::Delta),
            ("response.failed", Sign::Last),
            ("response.function_call_arguments.delta", Sign::Delta),
            ("response.incomplete", Sign::Last),
            ("response.output_item.added", Sign::ItemAdded),
            ("response.output_text.delta", Sign::Delta),
            ("response.reasoning_summary_text.delta", Sign::Delta),
            ("response.reasoning_text.delta", Sign::Delta),
            ("response.refusal.delta", Sign::Delta),
        ]),
    ),
];

// Anthropic

const ANTHROPIC_REQUEST: Want = members![
    ("max_tokens", Want::Count(Count::MaxTokens)),
    ("messages", Want::Content(ContentField::Messages)),
    ("model", Want::Text(TextField::Model)),
    ("output_config", members![("effort", Want::Text(TextField::ReasoningLevel)), ("format", OUTPUT_FORMAT)]),
    ("output_format", OUTPUT_FORMAT),
    ("stop_sequences", Want::Each(&Want::StopSequence)),
    ("stream", Want::True(Sign::Stream)),
    ("system", Want::Content(ContentField::System)),
    ("temperature", Want::Number(NumberField::Temperature)),
    ("tools", Want::All(&[Want::Tools, Want::Content(ContentField::Tools)])),
    ("top_k", Want::Count(Count::TopK)),
    ("top_p", Want::Number(NumberField::TopP)),
];

const ANTHROPIC_USAGE: Want = members![
    ("cache_creation_input_tokens", Want::Count(Count::CacheCreation)),
    ("cache_read_input_tokens", Want::Count(Count::CacheRead)),
    ("input_tokens", Want::Count(Count::Input)),
    ("output_tokens", Want::Count(Count::Output)),
];

const ANTHROPIC_RESPONSE: Want = members![
    ("content", Want::Content(ContentField::Choice)),
    ("id", Want::Text(TextField::Id)),
    ("model", Want::Text(TextField::Model)),
    ("stop_reason", Want::FinishReason),
    ("usage", ANTHROPIC_USAGE),
];

const ANTHROPIC_EVENT: Want = members![
    (
        "content_block",
        members![
            ("text", Want::Filled(Sign::Filled)),
            ("thinking", Want::Filled(Sign::Filled)),
            (
                "type",
                Want::Word(&[("mcp_tool_use", Sign::Filled), ("server_tool_use", Sign::Filled), ("tool_use", Sign::Filled)])
            ),
        ],
    ),
    (
        "delta",
        members![
            ("partial_json", Want::Filled(Sign::Filled)),
            ("stop_reason", Want::FinishReason),
            ("text", Want::Filled(Sign::Filled)),
            ("thinking", Want::Filled(Sign::Filled)),
        ],
    ),
    (
        "message",
        members![
            ("id", Want::Text(TextField::Id)),
            ("model", Want::Text(TextField::Model)),
            // The output's count is that of the beginning: it is not said until it is known.
            (
                "usage",
                members![
                    ("cache_creation_input_tokens", Want::Count(Count::CacheCreation)),
                    ("cache_read_input_tokens", Want::Count(Count::CacheRead)),
                    ("input_tokens", Want::Count(Count::Input)),
                ],
            ),
        ],
    ),
    ("type", Want::Word(&[("message_stop", Sign::Last)])),
    ("usage", ANTHROPIC_USAGE),
];

// Gemini

const GEMINI_REQUEST: Want = members![
    ("contents", Want::Content(ContentField::Messages)),
    (
        "generationConfig",
        members![
            ("candidateCount", Want::Count(Count::Choices)),
            ("frequencyPenalty", Want::Number(NumberField::FrequencyPenalty)),
            ("maxOutputTokens", Want::Count(Count::MaxTokens)),
            ("presencePenalty", Want::Number(NumberField::PresencePenalty)),
            ("responseMimeType", Want::Word(&[("application/json", Sign::Json), ("text/plain", Sign::PlainText)])),
            ("seed", Want::Count(Count::Seed)),
            ("stopSequences", Want::Each(&Want::StopSequence)),
            ("temperature", Want::Number(NumberField::Temperature)),
            ("thinkingConfig", members![("thinkingLevel", Want::Text(TextField::ReasoningLevel))]),
            ("topK", Want::Count(Count::TopK)),
            ("topP", Want::Number(NumberField::TopP)),
        ],
    ),
    ("model", Want::Text(TextField::Model)),
    ("systemInstruction", Want::Content(ContentField::System)),
    ("tools", Want::All(&[Want::Content(ContentField::Tools), Want::Each(&members![("functionDeclarations", Want::Tools)])])),
];

const GEMINI_RESPONSE: Want = members![
    (
        "candidates",
        Want::Choices(&members![
            ("content", Want::All(&[Want::Content(ContentField::Choice), GEMINI_CONTENT])),
            ("finishReason", Want::FinishReason),
        ]),
    ),
    ("error", Want::All(&[ERROR_IN_ERROR, Want::Says(Sign::Failed)])),
    ("modelVersion", Want::Text(TextField::Model)),
    ("responseId", Want::Text(TextField::Id)),
    ("usageMetadata", GEMINI_USAGE),
];

const GEMINI_EVENT: Want = members![
    (
        "candidates",
        Want::Choices(
            &members![("content", GEMINI_CONTENT), ("finishReason", Want::FinishReason), ("index", Want::ChoiceIndex),]
        ),
    ),
    ("error", Want::All(&[ERROR_IN_ERROR, Want::Says(Sign::Failed)])),
    ("modelVersion", Want::Text(TextField::Model)),
    ("responseId", Want::Text(TextField::Id)),
    ("usageMetadata", GEMINI_USAGE),
];

const GEMINI_CONTENT: Want = members![(
    "parts",
    Want::Each(&members![
        ("functionCall", Want::All(&[Want::CallsTool, Want::Sign(Sign::Filled)])),
        ("text", Want::Filled(Sign::Filled)),
    ]),
)];

const GEMINI_USAGE: Want = members![
    ("cacheTokensDetails", Want::Breakdown(Spent::CacheRead)),
    ("cachedContentTokenCount", Want::Count(Count::CacheRead)),
    ("candidatesTokenCount", Want::Count(Count::Output)),
    ("candidatesTokensDetails", Want::Breakdown(Spent::Output)),
    ("promptTokenCount", Want::Count(Count::Input)),
    ("promptTokensDetails", Want::Breakdown(Spent::Input)),
    ("thoughtsTokenCount", Want::Count(Count::Reasoning)),
    ("toolUsePromptTokenCount", Want::Count(Count::ToolUsePrompt)),
    ("toolUsePromptTokensDetails", Want::Breakdown(Spent::Input)),
];

// Ollama

const OLLAMA_REQUEST: Want = members![
    // A schema, or the word.
    ("format", Want::Filled(Sign::Json)),
    ("messages", Want::Content(ContentField::Messages)),
    ("model", Want::Text(TextField::Model)),
    (
        "options",
        members![
            ("frequency_penalty", Want::Number(NumberField::FrequencyPenalty)),
            ("num_predict", Want::Count(Count::MaxTokens)),
            ("presence_penalty", Want::Number(NumberField::PresencePenalty)),
            ("seed", Want::Count(Count::Seed)),
            ("stop", Want::Each(&Want::StopSequence)),
            ("temperature", Want::Number(NumberField::Temperature)),
            ("top_k", Want::Count(Count::TopK)),
            ("top_p", Want::Number(NumberField::TopP)),
        ],
    ),
    ("stream", Want::True(Sign::Stream)),
    // Else it is true or false, which is no level.
    ("think", Want::Text(TextField::ReasoningLevel)),
    ("tools", Want::All(&[Want::Tools, Want::Content(ContentField::Tools)])),
];

const OLLAMA_RESPONSE: Want = members![
    ("done_reason", Want::FinishReason),
    ("eval_count", Want::Count(Count::Output)),
    ("message", Want::All(&[Want::Content(ContentField::Choice), members![("tool_calls", Want::CallsTool)]])),
    ("model", Want::Text(TextField::Model)),
    ("prompt_eval_count", Want::Count(Count::Input)),
    ("response", Want::Content(ContentField::Choice)),
];

const OLLAMA_EVENT: Want = members![
    ("done", Want::True(Sign::Last)),
    ("done_reason", Want::FinishReason),
    ("eval_count", Want::Count(Count::Output)),
    (
        "message",
        members![
            ("content", Want::Filled(Sign::Filled)),
            ("thinking", Want::Filled(Sign::Filled)),
            ("tool_calls", Want::All(&[Want::CallsTool, Want::Filled(Sign::Filled)])),
        ],
    ),
    ("model", Want::Text(TextField::Model)),
    ("prompt_eval_count", Want::Count(Count::Input)),
    ("response", Want::Filled(Sign::Filled)),
    ("thinking", Want::Filled(Sign::Filled)),
];

// Bedrock Converse

const BEDROCK_REQUEST: Want = members![
    (
        "inferenceConfig",
        members![
            ("maxTokens", Want::Count(Count::MaxTokens)),
            ("stopSequences", Want::Each(&Want::StopSequence)),
            ("temperature", Want::Number(NumberField::Temperature)),
            ("topP", Want::Number(NumberField::TopP)),
        ],
    ),
    ("messages", Want::Content(ContentField::Messages)),
    ("modelId", Want::Text(TextField::Model)),
    ("system", Want::Content(ContentField::System)),
    (
        "toolConfig",
        members![("tools", Want::All(&[Want::Content(ContentField::Tools), Want::Each(&members![("toolSpec", Want::Tool)])]))],
    ),
];

const BEDROCK_RESPONSE: Want = members![
    ("output", members![("message", Want::Content(ContentField::Choice))]),
    ("stopReason", Want::FinishReason),
    ("usage", BEDROCK_USAGE),
];

const BEDROCK_EVENT: Want = members![
    (
        "contentBlockDelta",
        members![(
            "delta",
            members![
                ("reasoningContent", members![("text", Want::Filled(Sign::Filled))]),
                ("text", Want::Filled(Sign::Filled)),
                ("toolUse", members![("input", Want::Filled(Sign::Filled))]),
            ],
        )],
    ),
    ("contentBlockStart", members![("start", members![("toolUse", Want::Key(Sign::Filled))])]),
    ("internalServerException", Want::FailedAs("internalServerException")),
    ("messageStop", members![("stopReason", Want::FinishReason)]),
    ("metadata", Want::All(&[Want::Key(Sign::Last), members![("usage", BEDROCK_USAGE)]])),
    ("modelStreamErrorException", Want::FailedAs("modelStreamErrorException")),
    ("serviceUnavailableException", Want::FailedAs("serviceUnavailableException")),
    ("throttlingException", Want::FailedAs("throttlingException")),
    ("validationException", Want::FailedAs("validationException")),
];

const BEDROCK_USAGE: Want = members![
    ("cacheReadInputTokens", Want::Count(Count::CacheRead)),
    ("cacheWriteInputTokens", Want::Count(Count::CacheCreation)),
    ("inputTokens", Want::Count(Count::Input)),
    ("outputTokens", Want::Count(Count::Output)),
];

// Cohere

const COHERE_RESPONSE: Want = members![
    ("finish_reason", Want::FinishReason),
    ("id", Want::Text(TextField::Id)),
    ("message", Want::Content(ContentField::Choice)),
    (
        "usage",
        members![
            (
                "billed_units",
                members![("input_tokens", Want::Count(Count::BilledInput)), ("output_tokens", Want::Count(Count::BilledOutput)),],
            ),
            ("tokens", members![("input_tokens", Want::Count(Count::Input)), ("output_tokens", Want::Count(Count::Output))]),
        ],
    ),
];

// MCP

const MCP_REQUEST: Want = members![
    ("maxTokens", Want::Count(Count::MaxTokens)),
    ("messages", Want::Content(ContentField::Messages)),
    ("modelPreferences", members![("hints", Want::Each(&members![("name", Want::Text(TextField::Model))]))]),
    ("stopSequences", Want::Each(&Want::StopSequence)),
    ("systemPrompt", Want::Content(ContentField::System)),
    ("temperature", Want::Number(NumberField::Temperature)),
    ("tools", Want::All(&[Want::Tools, Want::Content(ContentField::Tools)])),
];

const MCP_RESPONSE: Want = members![
    ("content", Want::Content(ContentField::Choice)),
    ("model", Want::Text(TextField::Model)),
    ("stopReason", Want::FinishReason)
];
