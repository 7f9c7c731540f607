//! genai's own types, whichever provider is behind them.

use genai::chat::{
    ChatMessage, ChatRequest, ChatResponse, ChatStreamEvent, ContentPart, StreamChunk, StreamEnd, Tool, ToolCall, ToolChunk,
    ToolResponse,
};
use samplescope_clients::{events, received, request, response};
use serde_json::json;

fn answer() -> ChatResponse {
    received(&json!({
        "content": [{ "Text": "A cat." }, { "ToolCall": { "call_id": "c-1", "fn_name": "look", "fn_arguments": { "at": "cat" } } }],
        "reasoning_content": null,
        "model_iden": { "adapter_kind": "OpenAI", "model_name": "gpt" },
        "provider_model_iden": { "adapter_kind": "OpenAI", "model_name": "gpt-2026" },
        "stop_reason": { "ToolCall": "tool_calls" },
        "usage": { "prompt_tokens": 20, "completion_tokens": 9, "prompt_tokens_details": { "cached_tokens": 8, "cache_creation_tokens": 2 },
            "completion_tokens_details": { "reasoning_tokens": 3 } },
        "captured_raw_body": null,
        "response_id": "r-1",
    }))
}

#[test]
fn a_request() {
    let tool = Tool::new("look").with_description("Looks.").with_schema(json!({ "type": "object" }));
    let call = ToolCall {
        call_id: "c-1".into(),
        fn_name: "look".into(),
        fn_arguments: json!({ "at": "cat" }),
        thought_signatures: None,
    };
    let asked = ChatRequest::from_system("Be brief.")
        .append_message(ChatMessage::user("What is this?"))
        .append_message(ChatMessage::assistant(vec![ContentPart::ReasoningContent("hm".into()), ContentPart::ToolCall(call)]))
        .append_message(ChatMessage::from(ToolResponse::new("c-1", "a cat")))
        .append_message(ChatMessage::user(vec![ContentPart::from_binary_base64("image/png", "aGk=", None)]))
        .with_tools([tool]);
    assert_eq!(
        request(&asked),
        json!({
            "fastmcp.sampling.tool_count": 1,
            "gen_ai.system_instructions": [{ "type": "text", "content": "Be brief." }],
            "gen_ai.tool.definitions": [{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }],
            "gen_ai.input.messages": [
                { "role": "user", "parts": [{ "type": "text", "content": "What is this?" }] },
                { "role": "assistant", "parts": [
                    { "type": "reasoning", "content": "hm" },
                    { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": "cat" } },
                ] },
                { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c-1", "response": "a cat" }] },
                { "role": "user", "parts": [{ "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" }] },
            ],
        })
    );
}

#[test]
fn a_response() {
    let parts = json!([
        { "type": "text", "content": "A cat." },
        { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": "cat" } },
    ]);
    assert_eq!(
        response(&answer()),
        json!({
            "gen_ai.response.model": "gpt-2026",
            "gen_ai.response.id": "r-1",
            "gen_ai.response.finish_reasons": ["tool_call"],
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.usage.output_tokens": 9,
            "gen_ai.usage.cache_read.input_tokens": 8,
            "gen_ai.usage.cache_creation.input_tokens": 2,
            "gen_ai.usage.reasoning.output_tokens": 3,
            "gen_ai.output.messages": [{ "role": "assistant", "finish_reason": "tool_call", "parts": parts }],
        })
    );
}

#[test]
fn a_stream() {
    let text = |content: &str| StreamChunk { content: content.to_owned() };
    let call =
        ToolCall { call_id: "c-1".into(), fn_name: "look".into(), fn_arguments: json!("{\"at\""), thought_signatures: None };
    let answer = answer();
    let end = StreamEnd {
        captured_usage: Some(answer.usage),
        captured_stop_reason: answer.stop_reason,
        captured_response_id: answer.response_id,
        ..StreamEnd::default()
    };
    let seen = events(&[
        ChatStreamEvent::Start,
        ChatStreamEvent::Heartbeat,
        ChatStreamEvent::ReasoningChunk(text("hm")),
        ChatStreamEvent::Chunk(text("A c")),
        ChatStreamEvent::Chunk(text("")),
        ChatStreamEvent::ToolCallChunk(ToolChunk { tool_call: call }),
        ChatStreamEvent::End(end),
    ]);
    assert_eq!(
        seen,
        [
            json!({}),
            json!({}),
            json!({ "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
            json!({ "chunk": true, "pieces": [{ "text": "A c" }] }),
            json!({}),
            json!({ "chunk": true, "pieces": [{ "whole": { "id": "c-1", "name": "look", "arguments": "{\"at\"" } }] }),
            json!({
                "gen_ai.response.id": "r-1",
                "gen_ai.response.finish_reasons": ["tool_call"],
                "gen_ai.usage.input_tokens": 20,
                "gen_ai.usage.output_tokens": 9,
                "gen_ai.usage.cache_read.input_tokens": 8,
                "gen_ai.usage.cache_creation.input_tokens": 2,
                "gen_ai.usage.reasoning.output_tokens": 3,
                "last": true,
            }),
        ]
    );
}
