//! rig, whose response keeps what the provider said.

use rig_core::completion::{CompletionRequest, CompletionResponse};
use rig_core::streaming::{Item, StreamEvent};
use samplescope_clients::{events, received, request, response};
use serde_json::{Value, json};

#[test]
fn a_request() {
    let asked: CompletionRequest = received(&json!({
        "model": "gpt", "documents": [], "temperature": 0.7, "max_tokens": 100, "tool_choice": null, "additional_params": null, "output_schema": null,
        "tools": [{ "name": "look", "description": "Looks.", "parameters": { "type": "object" } }],
        "chat_history": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "What is this?" },
                { "type": "image", "data": { "type": "url", "value": "https://example.com/cat.png" }, "media_type": "png" },
                { "type": "image", "data": { "type": "base64", "value": "aGk=" }, "media_type": "png" },
            ] },
            { "role": "assistant", "content": [
                { "type": "reasoning", "text": "hm" },
                { "type": "toolcall", "id": { "provider": "c-1" }, "function": { "name": "look", "arguments": { "at": "cat" } } },
            ] },
            { "role": "user", "content": [
                { "type": "toolresult", "call": { "provider": "c-1" }, "name": "look", "content": [{ "type": "text", "text": "a cat" }] },
            ] },
        ],
    }));
    assert_eq!(
        request(&asked),
        json!({
            "gen_ai.request.model": "gpt",
            "gen_ai.request.temperature": 0.7,
            "gen_ai.request.max_tokens": 100,
            "fastmcp.sampling.tool_count": 1,
            "gen_ai.system_instructions": [{ "type": "text", "content": "Be brief." }],
            "gen_ai.tool.definitions": [{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }],
            "gen_ai.input.messages": [
                { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
                { "role": "user", "parts": [
                    { "type": "text", "content": "What is this?" },
                    { "type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://example.com/cat.png" },
                    { "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" },
                ] },
                { "role": "assistant", "parts": [
                    { "type": "reasoning", "content": "hm" },
                    { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": "cat" } },
                ] },
                { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c-1", "response": "a cat" }] },
            ],
        })
    );
}

fn answer(raw: &Value) -> CompletionResponse {
    received(&json!({
        "choice": [
            { "type": "text", "text": "A cat." },
            { "type": "toolcall", "id": { "provider": "c-1" }, "function": { "name": "look", "arguments": { "at": "cat" } } },
        ],
        "usage": { "input_tokens": 20, "output_tokens": 9, "cached_input_tokens": 0, "cache_creation_input_tokens": 0, "reasoning_tokens": 3 },
        "origin": { "api": "openai-chat", "provider": "openai", "model": "gpt", "response_model": "gpt-2026", "response_id": "r-1" },
        "finish_reason": "tool_calls",
        "raw": raw,
    }))
}

fn parts() -> Value {
    json!([{ "type": "text", "content": "A cat." }, { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": "cat" } }])
}

#[test]
fn a_response_in_which_0_is_not_known() {
    assert_eq!(
        response(&answer(&Value::Null)),
        json!({
            "gen_ai.response.model": "gpt-2026",
            "gen_ai.response.id": "r-1",
            "gen_ai.response.finish_reasons": ["tool_call"],
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.usage.output_tokens": 9,
            "gen_ai.usage.reasoning.output_tokens": 3,
            "gen_ai.output.messages": [{ "role": "assistant", "finish_reason": "tool_call", "parts": parts() }],
        })
    );
}

#[test]
fn what_the_provider_said_goes_first() {
    let raw = json!({ "type": "message", "id": "m-1", "model": "claude-1", "role": "assistant", "stop_reason": "max_tokens",
        "content": [{ "type": "text", "text": "A" }],
        "usage": { "input_tokens": 10, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 5, "output_tokens": 7 } });
    assert_eq!(
        response(&answer(&raw)),
        json!({
            "gen_ai.response.model": "claude-1",
            "gen_ai.response.id": "m-1",
            "gen_ai.response.finish_reasons": ["length"],
            "gen_ai.usage.input_tokens": 15,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.usage.cache_read.input_tokens": 0,
            "gen_ai.usage.cache_creation.input_tokens": 5,
            "gen_ai.usage.reasoning.output_tokens": 3,
            "gen_ai.output.messages": [{ "role": "assistant", "finish_reason": "length", "parts": [{ "type": "text", "content": "A" }] }],
        })
    );
}

#[test]
fn a_stream() {
    let sent = [
        json!({ "event": "start", "part": 0, "kind": "reasoning" }),
        json!({ "event": "reasoning", "part": 0, "text": "hm" }),
        json!({ "event": "start", "part": 1, "kind": "text" }),
        json!({ "event": "text", "part": 1, "text": "A c" }),
        json!({ "event": "end", "part": 1, "content": { "type": "text", "text": "A c" } }),
        json!({ "event": "start", "part": 2, "kind": "tool_call", "name": "look" }),
        json!({ "event": "arguments", "part": 2, "json": "{\"at\"" }),
        json!({ "event": "end", "part": 2, "content":
            { "type": "toolcall", "id": { "provider": "c-1" }, "function": { "name": "look", "arguments": { "at": "cat" } } } }),
    ];
    let call =
        |name: Value, arguments: &str| json!([{ "tool_call": { "index": 2, "id": null, "name": name, "arguments": arguments } }]);
    let seen = [
        json!({}),
        json!({ "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
        json!({}),
        json!({ "chunk": true, "pieces": [{ "text": "A c" }] }),
        json!({}),
        json!({ "chunk": true, "pieces": call(json!("look"), "") }),
        json!({ "chunk": true, "pieces": call(Value::Null, "{\"at\"") }),
        json!({ "chunk": true, "pieces": [{ "whole": { "index": 2, "id": "c-1", "name": "look", "arguments": { "at": "cat" } } }] }),
    ];
    let items: Vec<Item<StreamEvent>> = sent.iter().map(|event| received(&json!({ "item": "event", "value": event }))).collect();
    assert_eq!(events(&items), seen);
    let bare: Vec<StreamEvent> = sent.iter().map(received).collect();
    assert_eq!(events(&bare), seen);
    let unknown: Item<StreamEvent> =
        received(&json!({ "item": "unknown", "value": { "event": "text", "part": 0, "text": "the provider's own" } }));
    assert_eq!(events(&[unknown])[0].get("pieces"), None);
}
