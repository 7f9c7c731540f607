//! async-openai: chat completions and Responses, whole and streamed.

use samplescope_clients::{error, events, received, request, response};
use serde_json::{Value, json};

fn about(all: &Value, more: &Value) -> Value {
    let mut all = all.clone();
    all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    all
}

mod chat {
    use super::*;
    use async_openai::types::chat::{
        ChatCompletionRequestMessage, ChatCompletionRequestSystemMessageArgs, ChatCompletionRequestUserMessageArgs,
        CreateChatCompletionRequest, CreateChatCompletionRequestArgs, CreateChatCompletionResponse,
        CreateChatCompletionStreamResponse,
    };

    #[test]
    fn a_request_as_it_is_built() {
        let system = ChatCompletionRequestSystemMessageArgs::default().content("Be brief.").build().expect("whole");
        let user = ChatCompletionRequestUserMessageArgs::default().content("What is this?").build().expect("whole");
        let asked = CreateChatCompletionRequestArgs::default()
            .model("gpt-4o")
            .temperature(0.7)
            .max_completion_tokens(512_u32)
            .n(1)
            .messages([ChatCompletionRequestMessage::from(system), user.into()])
            .build()
            .expect("whole");
        assert_eq!(
            request(&asked),
            json!({
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.request.temperature": 0.7,
                "gen_ai.request.max_tokens": 512,
                "gen_ai.system_instructions": [{ "type": "text", "content": "Be brief." }],
                "gen_ai.input.messages": [
                    { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
                    { "role": "user", "parts": [{ "type": "text", "content": "What is this?" }] },
                ],
            })
        );
    }

    #[test]
    fn a_request_with_a_history_and_tools() {
        let asked: CreateChatCompletionRequest = received(&json!({
            "model": "gpt-4o", "stream": true, "stop": ["END"], "seed": 7, "top_p": 0.5, "presence_penalty": 0.25, "frequency_penalty": -0.5, "n": 2,
            "response_format": { "type": "json_object" },
            "tools": [{ "type": "function", "function": { "name": "look", "description": "Looks.", "parameters": { "type": "object" } } }],
            "messages": [
                { "role": "assistant", "tool_calls": [{ "id": "c-1", "type": "function", "function": { "name": "look", "arguments": "{\"at\":1}" } }] },
                { "role": "tool", "tool_call_id": "c-1", "content": "a cat" },
            ],
        }));
        assert_eq!(
            request(&asked),
            json!({
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.request.top_p": 0.5,
                "gen_ai.request.seed": 7,
                "gen_ai.request.presence_penalty": 0.25,
                "gen_ai.request.frequency_penalty": -0.5,
                "gen_ai.request.choice.count": 2,
                "gen_ai.request.stop_sequences": ["END"],
                "gen_ai.request.stream": true,
                "gen_ai.output.type": "json",
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": [{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }],
                "gen_ai.input.messages": [
                    { "role": "assistant", "parts": [{ "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": 1 } }] },
                    { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c-1", "response": "a cat" }] },
                ],
            })
        );
    }

    #[test]
    fn a_response() {
        let said: CreateChatCompletionResponse = received(&json!({
            "id": "r-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024", "choices": [
                { "index": 0, "finish_reason": "length", "message": { "role": "assistant", "content": "A c" } },
                { "index": 1, "finish_reason": "tool_calls", "message": { "role": "assistant", "tool_calls": [
                    { "id": "c-1", "type": "function", "function": { "name": "look", "arguments": "{\"at\":1}" } },
                ] } },
            ],
            "usage": { "prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29,
                "prompt_tokens_details": { "cached_tokens": 8 }, "completion_tokens_details": { "reasoning_tokens": 3 } },
        }));
        assert_eq!(
            response(&said),
            json!({
                "gen_ai.response.model": "gpt-4o-2024",
                "gen_ai.response.id": "r-1",
                "gen_ai.response.finish_reasons": ["length", "tool_call"],
                "gen_ai.usage.input_tokens": 20,
                "gen_ai.usage.output_tokens": 9,
                "gen_ai.usage.cache_read.input_tokens": 8,
                "gen_ai.usage.reasoning.output_tokens": 3,
                "gen_ai.output.messages": [
                    { "role": "assistant", "finish_reason": "length", "parts": [{ "type": "text", "content": "A c" }] },
                    { "role": "assistant", "finish_reason": "tool_call", "parts": [
                        { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": 1 } },
                    ] },
                ],
            })
        );
    }

    #[test]
    fn a_stream() {
        let chunk = |choices: Value, usage: Value| -> CreateChatCompletionStreamResponse {
            received(
                &json!({ "id": "r-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "choices": choices, "usage": usage }),
            )
        };
        let delta =
            |delta: Value, reason: Value| chunk(json!([{ "index": 0, "delta": delta, "finish_reason": reason }]), Value::Null);
        let call = json!({ "tool_calls": [{ "index": 0, "id": "c-1", "type": "function", "function": { "name": "look", "arguments": "{\"at\"" } }] });
        let seen = events(&[
            delta(json!({ "role": "assistant", "content": "" }), Value::Null),
            delta(json!({ "content": "A c" }), Value::Null),
            delta(call, Value::Null),
            delta(json!({}), json!("tool_calls")),
            chunk(json!([]), json!({ "prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29 })),
        ]);
        let of = |more: Value| about(&json!({ "gen_ai.response.model": "gpt-4o", "gen_ai.response.id": "r-1" }), &more);
        assert_eq!(
            seen,
            [
                of(json!({})),
                of(json!({ "chunk": true, "pieces": [{ "text": "A c" }] })),
                of(
                    json!({ "chunk": true, "pieces": [{ "tool_call": { "index": 0, "id": "c-1", "name": "look", "arguments": "{\"at\"" } }] })
                ),
                of(json!({ "gen_ai.response.finish_reasons": ["tool_call"] })),
                of(json!({ "gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 9 })),
            ]
        );
    }
}

mod responses {
    use super::*;
    use async_openai::types::responses::{CreateResponse, CreateResponseArgs, Response, ResponseStreamEvent};

    #[test]
    fn a_request_as_it_is_built() {
        let asked = CreateResponseArgs::default().model("gpt-5").input("Hi").max_output_tokens(100_u32).build().expect("whole");
        assert_eq!(
            request(&asked),
            json!({
                "gen_ai.request.model": "gpt-5",
                "gen_ai.request.max_tokens": 100,
                "gen_ai.input.messages": [{ "role": "user", "parts": [{ "type": "text", "content": "Hi" }] }],
            })
        );
    }

    #[test]
    fn a_request_with_items() {
        let asked: CreateResponse = received(&json!({
            "model": "gpt-5", "instructions": "Be brief.", "temperature": 1.0, "text": { "format": { "type": "json_object" } },
            "tools": [{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }],
            "input": [
                { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "What is this?" }] },
                { "type": "reasoning", "id": "rs-1", "summary": [{ "type": "summary_text", "text": "hm" }] },
                { "type": "function_call", "call_id": "c-1", "name": "look", "arguments": "{\"at\":1}" },
                { "type": "function_call_output", "call_id": "c-1", "output": "a cat" },
            ],
        }));
        assert_eq!(
            request(&asked),
            json!({
                "gen_ai.request.model": "gpt-5",
                "gen_ai.request.temperature": 1.0,
                "gen_ai.output.type": "json",
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.system_instructions": [{ "type": "text", "content": "Be brief." }],
                "gen_ai.tool.definitions": [{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }],
                "gen_ai.input.messages": [
                    { "role": "user", "parts": [{ "type": "text", "content": "What is this?" }] },
                    { "role": "assistant", "parts": [
                        { "type": "reasoning", "content": "hm" },
                        { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": 1 } },
                    ] },
                    { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c-1", "response": "a cat" }] },
                ],
            })
        );
    }

    fn whole() -> Value {
        json!({ "id": "r-1", "object": "response", "created_at": 1, "status": "completed", "model": "gpt-5-2026", "error": null,
            "incomplete_details": null, "parallel_tool_calls": true, "tool_choice": "auto", "tools": [],
            "output": [
                { "type": "reasoning", "id": "rs-1", "summary": [{ "type": "summary_text", "text": "hm" }] },
                { "type": "message", "id": "m-1", "role": "assistant", "status": "completed",
                    "content": [{ "type": "output_text", "text": "A cat.", "annotations": [] }] },
                { "type": "function_call", "id": "f-1", "call_id": "c-1", "name": "look", "arguments": "{\"at\":1}", "status": "completed" },
            ],
            "usage": { "input_tokens": 20, "input_tokens_details": { "cached_tokens": 8 }, "output_tokens": 9,
                "output_tokens_details": { "reasoning_tokens": 3 }, "total_tokens": 29 } })
    }

    fn seen() -> Value {
        json!({
            "gen_ai.response.model": "gpt-5-2026",
            "gen_ai.response.id": "r-1",
            "gen_ai.response.finish_reasons": ["tool_call"],
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.usage.output_tokens": 9,
            "gen_ai.usage.cache_read.input_tokens": 8,
            "gen_ai.usage.reasoning.output_tokens": 3,
            "gen_ai.output.messages": [{ "role": "assistant", "finish_reason": "tool_call", "parts": [
                { "type": "reasoning", "content": "hm" },
                { "type": "text", "content": "A cat." },
                { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": 1 } },
            ] }],
        })
    }

    #[test]
    fn a_response() {
        assert_eq!(response(&received::<Response>(&whole())), seen());
    }

    #[test]
    fn a_stream() {
        let event = |json: Value| received::<ResponseStreamEvent>(&about(&json!({ "sequence_number": 1 }), &json));
        let failed =
            about(&whole(), &json!({ "status": "failed", "output": [], "error": { "code": "server_error", "message": "m" } }));
        let seen_of = events(&[
            event(
                json!({ "type": "response.output_text.delta", "item_id": "m", "output_index": 1, "content_index": 0, "delta": "A c", "logprobs": [] }),
            ),
            event(json!({ "type": "response.output_item.added", "output_index": 2, "item": {
                "type": "function_call", "id": "f-1", "call_id": "c-1", "name": "look", "arguments": "" } })),
            event(
                json!({ "type": "response.function_call_arguments.delta", "item_id": "f-1", "output_index": 2, "delta": "{\"at\"" }),
            ),
            event(json!({ "type": "response.completed", "response": whole() })),
            event(json!({ "type": "response.failed", "response": failed })),
            event(json!({ "type": "error", "code": "rate_limit_exceeded", "message": "m", "param": null })),
        ]);
        let call = |id: Value, name: Value, arguments: &str| json!({ "chunk": true, "pieces": [{ "tool_call": { "index": 2, "id": id, "name": name, "arguments": arguments } }] });
        assert_eq!(seen_of[0], json!({ "chunk": true, "pieces": [{ "text": "A c" }] }));
        assert_eq!(seen_of[1], call(json!("c-1"), json!("look"), ""));
        assert_eq!(seen_of[2], call(Value::Null, Value::Null, "{\"at\""));
        assert_eq!(seen_of[3], about(&seen(), &json!({ "last": true })));
        assert_eq!((&seen_of[4]["error.type"], &seen_of[4]["last"]), (&json!("server_error"), &json!(true)));
        assert_eq!(seen_of[5], json!({ "error.type": "rate_limit_exceeded", "last": true }));
    }
}

#[test]
fn an_error_is_called_by_its_code_or_else_its_type() {
    let of = |code: Value| {
        error(&received::<async_openai::error::ApiError>(
            &json!({ "message": "hunter2", "type": "requests", "param": null, "code": code }),
        ))
    };
    assert_eq!(of(json!("rate_limit_exceeded")).as_deref(), Some("rate_limit_exceeded"));
    assert_eq!(of(Value::Null).as_deref(), Some("requests"));
}
