//! What is read of the requests, responses and stream items of each provider, from documents in the shape that their references give:
//! every attribute and message, and nothing else. The types of real clients have tests of their own, in `clients/`.
//!
//! All content that comes of it is held to the JSON schemas of the GenAI conventions, `tests/data/genai.schema.json`.

use samplescope::__private::read;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn request(document: Value) -> Value {
    let seen = conventional(read::request(&document, true));
    let chat = json!({ "model": "m", "messages": [] });
    let other = json!({ "model": "m", "messages": [], "options": {} });
    says_the_same_whatever_came_before(&seen, [chat, other], &document, |document| read::request(document, false));
    seen
}

fn response(document: Value) -> Value {
    let seen = conventional(read::response(&document, true));
    let chat = json!({ "choices": [{ "message": {} }] });
    let other = json!({ "message": {}, "done": true });
    says_the_same_whatever_came_before(&seen, [chat, other], &document, |document| read::response(document, false));
    seen
}

/// What comes after a chat is taken for one: it is read as what it is all the same. Without content, which is never read like that.
fn says_the_same_whatever_came_before(seen: &Value, before: [Value; 2], document: &Value, read: fn(&Value) -> Value) {
    const CONTENT: [&str; 4] =
        ["gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions"];
    let mut seen = seen.clone();
    if let Value::Object(seen) = &mut seen {
        seen.retain(|key, _| !CONTENT.contains(&key.as_str()));
    }
    for before in before {
        read(&before);
        assert_eq!(read(document), seen, "after {before}: {document:#}");
    }
}

/// What was read, once its content is what the GenAI conventions say that it is.
fn conventional(seen: Value) -> Value {
    let findings = schema::findings(&seen);
    assert!(findings.is_empty(), "{findings:#?}\n{seen:#}");
    seen
}

fn events(documents: &[Value]) -> Vec<Value> {
    documents.iter().map(|document| read::event(document, true)).collect()
}

fn text(content: &str) -> Value {
    json!({ "type": "text", "content": content })
}

fn call(id: &str) -> Value {
    json!({ "type": "tool_call", "id": id, "name": "look", "arguments": { "at": "cat" } })
}

fn result(id: &str, response: Value) -> Value {
    json!({ "role": "tool", "parts": [{ "type": "tool_call_response", "id": id, "response": response }] })
}

fn reasoning(content: &str) -> Value {
    json!({ "type": "reasoning", "content": content })
}

fn user(content: &str) -> Value {
    json!({ "role": "user", "parts": [text(content)] })
}

fn assistant(parts: &[Value]) -> Value {
    json!({ "role": "assistant", "parts": parts })
}

/// One answer.
fn answer(finish_reason: &str, parts: &[Value]) -> Value {
    json!([{ "role": "assistant", "finish_reason": finish_reason, "parts": parts }])
}

fn look() -> Value {
    json!([{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }])
}

mod schema {
    use super::*;
    use jsonschema::Validator;
    use std::sync::LazyLock;

    const DOCUMENTS: [&str; 4] =
        ["gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions"];

    static VALIDATORS: LazyLock<Vec<(&str, Validator)>> = LazyLock::new(|| {
        let schema: Value = serde_json::from_str(include_str!("../data/genai.schema.json")).expect("JSON");
        let of = |key| {
            let schema = json!({ "$ref": format!("#/$defs/{key}"), "$defs": schema["$defs"] });
            (key, jsonschema::validator_for(&schema).expect("a schema"))
        };
        DOCUMENTS.map(of).into()
    });

    /// What is not as it should be, of each content document that there is.
    pub(super) fn findings(seen: &Value) -> Vec<String> {
        let there = VALIDATORS.iter().filter_map(|(key, validator)| Some((key, validator, seen.get(key)?)));
        let findings = there.flat_map(|(key, validator, document)| {
            validator.iter_errors(document).map(move |error| format!("{key}{}: {error}", error.instance_path()))
        });
        let parameters =
            seen["gen_ai.tool.definitions"].as_array().into_iter().flatten().filter_map(|tool| tool.get("parameters"));
        let no_schemas = parameters.filter(|schema| !schema.is_null() && !jsonschema::draft7::meta::is_valid(schema));
        findings.chain(no_schemas.map(|schema| format!("no JSON schema: {schema}"))).collect()
    }

    #[test]
    fn it_finds_what_is_not_conventional() {
        let part = |part: Value| json!([{ "role": "user", "parts": [part] }]);
        for (key, wrong) in [
            ("gen_ai.input.messages", json!({})),
            ("gen_ai.input.messages", json!([{ "role": "user" }])),
            ("gen_ai.input.messages", part(json!({ "type": "text" }))),
            ("gen_ai.input.messages", part(json!({ "type": "tool_call", "id": 7, "name": "look" }))),
            ("gen_ai.input.messages", part(json!({ "type": "tool_call_response" }))),
            ("gen_ai.input.messages", part(json!({ "type": "blob", "content": "aGk=" }))),
            ("gen_ai.input.messages", part(json!({ "type": "uri", "modality": "image", "uri": "data:image/png;base64,aGk=" }))),
            ("gen_ai.output.messages", json!([{ "role": "assistant", "parts": [], "finish_reason": 1 }])),
            ("gen_ai.system_instructions", json!([{ "content": "be brief" }])),
            ("gen_ai.tool.definitions", json!([{ "type": "function" }])),
            ("gen_ai.tool.definitions", json!([{ "type": "function", "name": "look", "parameters": { "type": "thing" } }])),
        ] {
            assert!(!findings(&json!({ key: wrong })).is_empty(), "{key}: {wrong}");
        }
        let right = json!([{ "role": "user", "parts": [{ "type": "of somebody's own", "is": 7 }] }]);
        assert!(findings(&json!({ "gen_ai.input.messages": right })).is_empty());
    }
}

mod openai_chat {
    use super::*;

    #[test]
    fn a_request() {
        let seen = request(json!({
            "model": "gpt-4o", "temperature": 0.5, "top_p": 0.9, "max_tokens": 1, "max_completion_tokens": 512, "n": 2, "seed": -7,
            "presence_penalty": 0.1, "frequency_penalty": -0.2, "stop": ["END", "STOP"], "stream": true,
            "response_format": { "type": "json_schema", "json_schema": { "name": "x", "schema": {} } },
            "tools": [{ "type": "function", "function": { "name": "look", "description": "Looks.", "parameters": { "type": "object" } } }],
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "What is this?" },
                { "role": "assistant", "content": "", "tool_calls": [
                    { "id": "c-1", "type": "function", "function": { "name": "look", "arguments": "{\"at\":\"cat\"}" } },
                ] },
                { "role": "tool", "tool_call_id": "c-1", "content": "a cat" },
            ],
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.request.temperature": 0.5,
                "gen_ai.request.top_p": 0.9,
                "gen_ai.request.max_tokens": 512,
                "gen_ai.request.choice.count": 2,
                "gen_ai.request.seed": -7,
                "gen_ai.request.presence_penalty": 0.1,
                "gen_ai.request.frequency_penalty": -0.2,
                "gen_ai.request.stop_sequences": ["END", "STOP"],
                "gen_ai.request.stream": true,
                "gen_ai.output.type": "json",
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": look(),
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [
                    { "role": "system", "parts": [text("Be brief.")] },
                    user("What is this?"),
                    assistant(&[call("c-1")]),
                    result("c-1", json!("a cat")),
                ],
            })
        );
    }

    #[test]
    fn what_is_not_said_is_not_there() {
        let nulls = json!({ "model": "m", "messages": [], "temperature": null, "tools": null, "stop": null, "n": 1, "stream": false,
            "response_format": null });
        assert_eq!(request(nulls), json!({ "gen_ai.request.model": "m" }));
        let one =
            request(json!({ "model": "m", "messages": "Hi", "stop": "END", "tools": [], "response_format": { "type": "text" } }));
        assert_eq!(
            one,
            json!({
                "gen_ai.request.model": "m",
                "gen_ai.request.stop_sequences": ["END"],
                "fastmcp.sampling.tool_count": 0,
                "gen_ai.output.type": "text",
                "gen_ai.input.messages": [user("Hi")],
            })
        );
    }

    #[test]
    fn a_response_with_several_choices() {
        let seen = response(json!({
            "id": "r-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024", "choices": [
                { "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "A cat.", "refusal": null } },
                { "index": 1, "finish_reason": "tool_calls", "message": { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c-1", "type": "function", "function": { "name": "look", "arguments": "{\"at\":\"cat\"}" } },
                ] } },
            ],
            "usage": { "prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29,
                "prompt_tokens_details": { "cached_tokens": 8 }, "completion_tokens_details": { "reasoning_tokens": 0 } },
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.response.model": "gpt-4o-2024",
                "gen_ai.response.id": "r-1",
                "gen_ai.response.finish_reasons": ["stop", "tool_call"],
                "gen_ai.usage.input_tokens": 20,
                "gen_ai.usage.output_tokens": 9,
                "gen_ai.usage.cache_read.input_tokens": 8,
                "gen_ai.usage.reasoning.output_tokens": 0,
                "gen_ai.output.messages": [
                    { "role": "assistant", "finish_reason": "stop", "parts": [text("A cat.")] },
                    { "role": "assistant", "finish_reason": "tool_call", "parts": [call("c-1")] },
                ],
            })
        );
    }

    #[test]
    fn a_finish_reason_that_is_not_there_is_absent() {
        let seen = response(
            json!({ "choices": [{ "index": 0, "finish_reason": null, "message": { "role": "assistant", "content": "A" } }] }),
        );
        assert_eq!(seen, json!({ "gen_ai.output.messages": answer("stop", &[text("A")]) }), "the document has to have one");
    }

    #[test]
    fn a_stream() {
        let chunk = |delta: Value, reason: Value| {
            json!({ "id": "r-1", "object": "chat.completion.chunk", "model": "gpt-4o",
                "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }], "usage": null })
        };
        let tool = |call: Value| json!({ "tool_calls": [call] });
        let about = |more: Value| {
            let mut all = json!({ "gen_ai.response.model": "gpt-4o", "gen_ai.response.id": "r-1" });
            all.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
            all
        };
        let seen = events(&[
            chunk(json!({ "role": "assistant", "content": "" }), Value::Null),
            chunk(json!({ "reasoning_content": "hm" }), Value::Null),
            chunk(json!({ "content": "A c" }), Value::Null),
            chunk(
                tool(json!({ "index": 1, "id": "c-1", "type": "function", "function": { "name": "look", "arguments": "" } })),
                Value::Null,
            ),
            chunk(tool(json!({ "index": 1, "function": { "arguments": "{\"at\"" } })), Value::Null),
            chunk(json!({}), json!("tool_calls")),
            json!({ "id": "r-1", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [],
                "usage": { "prompt_tokens": 20, "completion_tokens": 9 } }),
        ]);
        let piece = |id: Value, name: Value, arguments: &str| json!([{ "tool_call": { "index": 1, "id": id, "name": name, "arguments": arguments } }]);
        assert_eq!(
            seen,
            [
                about(json!({})),
                about(json!({ "chunk": true, "pieces": [{ "reasoning": "hm" }] })),
                about(json!({ "chunk": true, "pieces": [{ "text": "A c" }] })),
                about(json!({ "chunk": true, "pieces": piece(json!("c-1"), json!("look"), "") })),
                about(json!({ "chunk": true, "pieces": piece(Value::Null, Value::Null, "{\"at\"") })),
                about(json!({ "gen_ai.response.finish_reasons": ["tool_call"] })),
                about(json!({ "gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 9 })),
            ]
        );
        let second = json!({ "choices": [{ "index": 1, "delta": { "content": "B" } }] });
        assert_eq!(read::event(&second, true), json!({ "chunk": true, "pieces": [{ "text": "B", "choice": 1 }] }));
    }

    #[test]
    fn an_error_in_place_of_a_response_or_an_item() {
        let error = json!({ "error": { "message": "Slow down, hunter2", "type": "requests", "param": null, "code": "rate_limit_exceeded" } });
        assert_eq!(read::response(&error, true), json!({ "error.type": "rate_limit_exceeded" }));
        assert_eq!(read::event(&error, true), json!({ "error.type": "rate_limit_exceeded", "last": true }));
    }

    #[test]
    fn thinking_is_said_to_servers_of_this_chat_as_well() {
        let seen = request(json!({ "model": "glm", "thinking": { "type": "enabled" }, "n": 2, "messages": [] }));
        assert_eq!(seen, json!({ "gen_ai.request.model": "glm", "gen_ai.request.choice.count": 2 }));
    }

    #[test]
    fn a_stream_of_content_in_parts_as_mistral_has_it() {
        let chunk = |content: Value| json!({ "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": { "content": content } }] });
        let thinking = json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }]);
        let seen = events(&[chunk(thinking), chunk(json!([{ "type": "text", "text": "42" }])), chunk(json!([]))]);
        assert_eq!(
            seen,
            [
                json!({ "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
                json!({ "chunk": true, "pieces": [{ "text": "42" }] }),
                json!({}),
            ]
        );
    }

    #[test]
    fn reasoning_in_parts_is_reasoning() {
        let content =
            json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }, { "type": "text", "text": "42" }]);
        let message = json!({ "role": "assistant", "content": content });
        let seen = response(json!({ "choices": [{ "index": 0, "finish_reason": "stop", "message": message }] }));
        assert_eq!(seen["gen_ai.output.messages"], answer("stop", &[reasoning("hm"), text("42")]));
    }

    #[test]
    fn an_error_that_says_nothing_is_none() {
        for none in [json!(null), json!(false), json!(""), json!({}), json!([]), json!(0)] {
            let choice = |said: &str| json!([{ "index": 0, "finish_reason": "stop", (said): { "content": "A" } }]);
            let whole = response(json!({ "object": "chat.completion", "error": none, "choices": choice("message") }));
            assert_eq!(whole.get("error.type"), None, "{none}");
            let item = json!({ "object": "chat.completion.chunk", "error": none, "choices": choice("delta") });
            assert_eq!(read::event(&item, true).get("error.type"), None, "{none}");
            let gemini = json!({ "candidates": [], "error": none });
            assert_eq!((response(gemini.clone()), read::event(&gemini, true)), (json!({}), json!({})), "{none}");
            let alone = json!({ "error": none });
            assert_eq!(read::response(&alone, true), json!({ "unrecognised": ["error"] }));
            assert_eq!(read::event(&alone, true), json!({ "unrecognised": ["error"] }));
        }
        for some in [json!(true), json!("no"), json!({ "message": "no" }), json!(["no"]), json!(7)] {
            assert_eq!(response(json!({ "error": some }))["error.type"], "_OTHER", "{some}");
        }
    }

    #[test]
    fn what_azure_says_of_the_prompt_is_an_item_of_its_stream() {
        let first = json!({ "choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [{ "prompt_index": 0 }] });
        assert_eq!(read::event(&first, true), json!({}));
    }
}

mod openai_responses {
    use super::*;

    fn items() -> Value {
        json!([
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "What is this?" }] },
            { "type": "reasoning", "id": "rs-1", "summary": [{ "type": "summary_text", "text": "hm" }] },
            { "type": "function_call", "call_id": "c-1", "name": "look", "arguments": "{\"at\":\"cat\"}" },
            { "type": "function_call", "call_id": "c-2", "name": "look", "arguments": "{\"at\":\"cat\"}" },
            { "type": "function_call_output", "call_id": "c-1", "output": "a cat" },
            { "type": "function_call_output", "call_id": "c-2", "output": [{ "type": "input_text", "text": "a cat" }] },
            { "role": "user", "content": "Sure?" },
        ])
    }

    #[test]
    fn a_request() {
        let seen = request(json!({
            "model": "gpt-5", "instructions": "Be brief.", "input": items(), "max_output_tokens": 100, "temperature": 1, "top_p": 0.5,
            "text": { "format": { "type": "json_object" } }, "stream": true,
            "tools": [{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }],
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.request.model": "gpt-5",
                "gen_ai.request.max_tokens": 100,
                "gen_ai.request.temperature": 1.0,
                "gen_ai.request.top_p": 0.5,
                "gen_ai.request.stream": true,
                "gen_ai.output.type": "json",
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": look(),
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [
                    user("What is this?"),
                    assistant(&[reasoning("hm"), call("c-1"), call("c-2")]),
                    result("c-1", json!("a cat")),
                    result("c-2", json!("a cat")),
                    user("Sure?"),
                ],
            })
        );
        assert_eq!(
            request(json!({ "model": "gpt-5", "input": "Hi" })),
            json!({ "gen_ai.request.model": "gpt-5", "gen_ai.input.messages": [user("Hi")] })
        );
    }

    fn whole(status: &str, output: Value, incomplete: Value) -> Value {
        json!({ "id": "r-1", "object": "response", "status": status, "model": "gpt-5-2026", "output": output, "error": null,
            "incomplete_details": incomplete,
            "usage": { "input_tokens": 20, "input_tokens_details": { "cached_tokens": 8 }, "output_tokens": 9,
                "output_tokens_details": { "reasoning_tokens": 3 }, "total_tokens": 29 } })
    }

    fn seen(finish_reason: &str, parts: &[Value]) -> Value {
        json!({
            "gen_ai.response.model": "gpt-5-2026",
            "gen_ai.response.id": "r-1",
            "gen_ai.response.finish_reasons": [finish_reason],
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.usage.output_tokens": 9,
            "gen_ai.usage.cache_read.input_tokens": 8,
            "gen_ai.usage.reasoning.output_tokens": 3,
            "gen_ai.output.messages": answer(finish_reason, parts),
        })
    }

    fn message() -> Value {
        json!({ "type": "message", "id": "m-1", "role": "assistant", "status": "completed",
            "content": [{ "type": "output_text", "text": "A cat.", "annotations": [] }] })
    }

    #[test]
    fn all_of_its_output_is_one_message() {
        let calls = json!([
            { "type": "reasoning", "id": "rs-1", "summary": [{ "type": "summary_text", "text": "hm" }], "encrypted_content": "x" },
            message(),
            { "type": "function_call", "id": "f-1", "call_id": "c-1", "name": "look", "arguments": "{\"at\":\"cat\"}", "status": "completed" },
        ]);
        let parts = [reasoning("hm"), text("A cat."), call("c-1")];
        assert_eq!(response(whole("completed", calls, Value::Null)), seen("tool_call", &parts));
    }

    #[test]
    fn its_finish_reason_is_derived() {
        let of = |status, incomplete| response(whole(status, json!([message()]), incomplete));
        assert_eq!(of("completed", Value::Null), seen("stop", &[text("A cat.")]));
        assert_eq!(of("incomplete", json!({ "reason": "max_output_tokens" })), seen("length", &[text("A cat.")]));
        assert_eq!(of("incomplete", json!({ "reason": "content_filter" })), seen("content_filter", &[text("A cat.")]));
        assert_eq!(of("in_progress", Value::Null).get("gen_ai.response.finish_reasons"), None);
    }

    #[test]
    fn its_object_tells_it_and_so_do_its_output_and_its_status() {
        for key in ["object", "status"] {
            let mut without = whole("incomplete", json!([message()]), json!({ "reason": "max_output_tokens" }));
            without.as_object_mut().expect("one").remove(key);
            assert_eq!(response(without), seen("length", &[text("A cat.")]), "without {key}");
        }
    }

    #[test]
    fn a_failed_one_is_an_error() {
        let mut failed = whole("failed", json!([]), Value::Null);
        failed["error"] = json!({ "code": "server_error", "message": "hunter2" });
        assert_eq!(response(failed)["error.type"], "server_error");
    }

    #[test]
    fn a_stream() {
        let seen_of = events(&[
            json!({ "type": "response.created", "sequence_number": 0, "response": {
                "id": "r-1", "object": "response", "status": "in_progress", "model": "gpt-5-2026", "output": [], "usage": null } }),
            json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "message", "role": "assistant", "content": [] } }),
            json!({ "type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "m", "delta": "A c" }),
            json!({ "type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "m", "delta": "" }),
            json!({ "type": "response.reasoning_summary_text.delta", "output_index": 1, "delta": "hm" }),
            json!({ "type": "response.output_item.added", "output_index": 2, "item": {
                "type": "function_call", "id": "f", "call_id": "c-1", "name": "look", "arguments": "" } }),
            json!({ "type": "response.function_call_arguments.delta", "output_index": 2, "item_id": "f", "delta": "{\"at\"" }),
            json!({ "type": "response.output_text.done", "output_index": 0, "text": "A cat." }),
            json!({ "type": "response.completed", "response": whole("completed", json!([message()]), Value::Null) }),
            json!({ "type": "response.failed", "response": { "status": "failed", "error": { "code": "server_error", "message": "m" } } }),
            json!({ "type": "error", "code": "rate_limit_exceeded", "message": "m", "param": null }),
        ]);
        let mut completed = seen("stop", &[text("A cat.")]);
        completed["last"] = true.into();
        let of_call = |id: Value, name: Value, arguments: &str| json!({ "chunk": true, "pieces": [{ "tool_call": { "index": 2, "id": id, "name": name, "arguments": arguments } }] });
        assert_eq!(
            seen_of,
            [
                json!({ "gen_ai.response.model": "gpt-5-2026", "gen_ai.response.id": "r-1" }),
                json!({}),
                json!({ "chunk": true, "pieces": [{ "text": "A c" }] }),
                json!({}),
                json!({ "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
                of_call(json!("c-1"), json!("look"), ""),
                of_call(Value::Null, Value::Null, "{\"at\""),
                json!({}),
                completed,
                json!({ "error.type": "server_error", "last": true }),
                json!({ "error.type": "rate_limit_exceeded", "last": true }),
            ]
        );
    }
}

mod anthropic {
    use super::*;

    #[test]
    fn a_request() {
        let seen = request(json!({
            "model": "claude", "max_tokens": 1024, "temperature": 0.7, "top_p": 0.9, "top_k": 5, "stop_sequences": ["END"], "stream": true,
            "system": [{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }],
            "output_format": { "type": "json_schema", "schema": {} },
            "tools": [{ "name": "look", "description": "Looks.", "input_schema": { "type": "object" } }],
            "messages": [
                { "role": "user", "content": "What is this?" },
                { "role": "assistant", "content": [
                    { "type": "thinking", "thinking": "hm", "signature": "s" },
                    { "type": "tool_use", "id": "c-1", "name": "look", "input": { "at": "cat" } },
                ] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "c-1", "content": "a cat" }] },
            ],
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.request.model": "claude",
                "gen_ai.request.max_tokens": 1024,
                "gen_ai.request.temperature": 0.7,
                "gen_ai.request.top_p": 0.9,
                "gen_ai.request.top_k": 5,
                "gen_ai.request.stop_sequences": ["END"],
                "gen_ai.request.stream": true,
                "gen_ai.output.type": "json",
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": look(),
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [
                    user("What is this?"),
                    assistant(&[reasoning("hm"), call("c-1")]),
                    result("c-1", json!("a cat")),
                ],
            })
        );
    }

    #[test]
    fn cached_tokens_are_counted_in() {
        let seen = response(json!({
            "id": "m-1", "type": "message", "role": "assistant", "model": "claude-1", "stop_reason": "tool_use", "stop_sequence": null,
            "content": [{ "type": "text", "text": "A cat." }, { "type": "tool_use", "id": "c-1", "name": "look", "input": { "at": "cat" } }],
            "usage": { "input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 30, "output_tokens": 7 },
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.response.model": "claude-1",
                "gen_ai.response.id": "m-1",
                "gen_ai.response.finish_reasons": ["tool_call"],
                "gen_ai.usage.input_tokens": 240,
                "gen_ai.usage.output_tokens": 7,
                "gen_ai.usage.cache_read.input_tokens": 200,
                "gen_ai.usage.cache_creation.input_tokens": 30,
                "gen_ai.output.messages": answer("tool_call", &[text("A cat."), call("c-1")]),
            })
        );
    }

    #[test]
    fn a_stream() {
        let seen = events(&[
            json!({ "type": "message_start", "message": { "id": "m-1", "type": "message", "role": "assistant", "model": "claude-1", "content": [],
                "stop_reason": null, "usage": { "input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 0, "output_tokens": 1 } } }),
            json!({ "type": "ping" }),
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "A c" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "hm" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "s" } }),
            json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "id": "c-1", "name": "look", "input": {} } }),
            json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "input_json_delta", "partial_json": "{\"at\"" } }),
            json!({ "type": "content_block_stop", "index": 1 }),
            json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use", "stop_sequence": null }, "usage": { "output_tokens": 7 } }),
            json!({ "type": "message_stop" }),
            json!({ "type": "error", "error": { "type": "overloaded_error", "message": "m" } }),
        ]);
        let piece = |id: Value, name: Value, arguments: &str| json!({ "chunk": true, "pieces": [{ "tool_call": { "index": 1, "id": id, "name": name, "arguments": arguments } }] });
        assert_eq!(
            seen,
            [
                json!({ "gen_ai.response.model": "claude-1", "gen_ai.response.id": "m-1", "gen_ai.usage.input_tokens": 210,
                    "gen_ai.usage.cache_read.input_tokens": 200, "gen_ai.usage.cache_creation.input_tokens": 0 }),
                json!({}),
                json!({}),
                json!({ "chunk": true, "pieces": [{ "text": "A c" }] }),
                json!({ "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
                json!({}),
                piece(json!("c-1"), json!("look"), "{}"),
                piece(Value::Null, Value::Null, "{\"at\""),
                json!({}),
                json!({ "gen_ai.response.finish_reasons": ["tool_call"], "gen_ai.usage.output_tokens": 7 }),
                json!({ "last": true }),
                json!({ "error.type": "overloaded_error", "last": true }),
            ]
        );
    }

    #[test]
    fn a_request_without_a_system_prompt_is_told_by_how_it_wants_the_output() {
        let config = json!({ "effort": "high", "format": { "type": "json_schema", "schema": {} } });
        let seen = request(json!({ "model": "claude", "max_tokens": 5, "output_config": config, "messages": [] }));
        let said = json!({ "gen_ai.request.model": "claude", "gen_ai.request.max_tokens": 5, "gen_ai.output.type": "json" });
        let mut of_config = said.clone();
        of_config["gen_ai.request.reasoning.level"] = "high".into();
        assert_eq!(seen, of_config);
        let format = json!({ "type": "json_schema", "schema": {} });
        assert_eq!(request(json!({ "model": "claude", "max_tokens": 5, "output_format": format, "messages": [] })), said);
    }

    #[test]
    fn a_call_of_an_mcp_server_s_tool_is_a_call() {
        let block = json!({ "type": "mcp_tool_use", "id": "c-1", "name": "look", "server_name": "s", "input": { "at": "cat" } });
        let seen = response(json!({ "type": "message", "content": [block], "stop_reason": "end_turn" }));
        assert_eq!(seen["gen_ai.output.messages"], answer("stop", &[call("c-1")]));
        let block = json!({ "type": "mcp_tool_use", "id": "c-1", "name": "look", "server_name": "s", "input": {} });
        let start = read::event(&json!({ "type": "content_block_start", "index": 1, "content_block": block }), true);
        let piece = json!({ "tool_call": { "index": 1, "id": "c-1", "name": "look", "arguments": "{}" } });
        assert_eq!(start, json!({ "chunk": true, "pieces": [piece] }));
    }
}

mod gemini {
    use super::*;

    #[test]
    fn a_request() {
        let seen = request(json!({
            "model": "gemini-pro",
            "systemInstruction": { "parts": [{ "text": "Be brief." }] },
            "contents": [
                { "role": "user", "parts": [
                    { "text": "What is this?" },
                    { "inlineData": { "mimeType": "image/png", "data": "aGk=" } },
                    { "fileData": { "mimeType": "video/mp4", "fileUri": "gs://a.mp4" } },
                ] },
                { "role": "model", "parts": [{ "text": "hm", "thought": true }, { "functionCall": { "id": "c-1", "name": "look", "args": { "at": "cat" } } }] },
                { "role": "user", "parts": [{ "functionResponse": { "id": "c-1", "name": "look", "response": { "seen": "a cat" } } }] },
            ],
            "tools": [{ "functionDeclarations": [{ "name": "look", "description": "Looks.", "parameters": { "type": "object" } }] }, { "googleSearch": {} }],
            "generationConfig": { "temperature": 0.7, "topP": 0.9, "topK": 5, "maxOutputTokens": 100, "stopSequences": ["END"], "seed": 7,
                "presencePenalty": 0.1, "frequencyPenalty": 0.2, "candidateCount": 2, "responseMimeType": "application/json" },
        }));
        let question = [
            text("What is this?"),
            json!({ "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" }),
            json!({ "type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "gs://a.mp4" }),
        ];
        assert_eq!(
            seen,
            json!({
                "gen_ai.request.model": "gemini-pro",
                "gen_ai.request.max_tokens": 100,
                "gen_ai.request.temperature": 0.7,
                "gen_ai.request.top_p": 0.9,
                "gen_ai.request.top_k": 5,
                "gen_ai.request.seed": 7,
                "gen_ai.request.presence_penalty": 0.1,
                "gen_ai.request.frequency_penalty": 0.2,
                "gen_ai.request.choice.count": 2,
                "gen_ai.request.stop_sequences": ["END"],
                "gen_ai.output.type": "json",
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": look(),
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [
                    { "role": "user", "parts": question },
                    assistant(&[reasoning("hm"), call("c-1")]),
                    result("c-1", json!({ "seen": "a cat" })),
                ],
            })
        );
    }

    fn candidate(finish_reason: &str, parts: Value) -> Value {
        json!({ "index": 0, "finishReason": finish_reason, "content": { "role": "model", "parts": parts } })
    }

    fn usage() -> Value {
        json!({ "promptTokenCount": 20, "toolUsePromptTokenCount": 3, "cachedContentTokenCount": 8, "candidatesTokenCount": 9, "thoughtsTokenCount": 4 })
    }

    fn seen(finish_reasons: &[&str], messages: Value) -> Value {
        json!({
            "gen_ai.response.model": "gemini-001",
            "gen_ai.response.id": "r-1",
            "gen_ai.response.finish_reasons": finish_reasons,
            "gen_ai.usage.input_tokens": 23,
            "gen_ai.usage.output_tokens": 13,
            "gen_ai.usage.cache_read.input_tokens": 8,
            "gen_ai.usage.reasoning.output_tokens": 4,
            "gen_ai.output.messages": messages,
        })
    }

    #[test]
    fn thoughts_are_output_and_a_call_is_a_finish_reason() {
        let of = |candidates: Value| {
            response(
                json!({ "candidates": candidates, "usageMetadata": usage(), "modelVersion": "gemini-001", "responseId": "r-1" }),
            )
        };
        let text_only = candidate("MAX_TOKENS", json!([{ "text": "A cat." }]));
        assert_eq!(of(json!([text_only])), seen(&["length"], answer("length", &[text("A cat.")])));
        let calls = candidate("STOP", json!([{ "functionCall": { "id": "c-1", "name": "look", "args": { "at": "cat" } } }]));
        assert_eq!(of(json!([calls])), seen(&["tool_call"], answer("tool_call", &[call("c-1")])));
        let both = of(json!([calls, candidate("STOP", json!([{ "text": "A cat." }]))]));
        assert_eq!(both["gen_ai.response.finish_reasons"], json!(["tool_call", "stop"]), "each answer by itself");
    }

    #[test]
    fn what_was_only_thought_is_output_and_what_was_blocked_has_no_answer() {
        let thought = response(json!({ "candidates": [], "usageMetadata": { "promptTokenCount": 1, "thoughtsTokenCount": 4 } }));
        assert_eq!(thought["gen_ai.usage.output_tokens"], 4);
        let blocked = response(
            json!({ "promptFeedback": { "blockReason": "SAFETY" }, "usageMetadata": { "promptTokenCount": 1 }, "modelVersion": "g" }),
        );
        assert_eq!(blocked, json!({ "gen_ai.response.model": "g", "gen_ai.usage.input_tokens": 1 }));
    }

    #[test]
    fn a_stream() {
        let item = |parts: Value| json!({ "candidates": [{ "content": { "role": "model", "parts": parts } }], "modelVersion": "gemini-001", "responseId": "r-1" });
        let last = json!({ "candidates": [candidate("STOP", json!([{ "text": "" }]))], "usageMetadata": usage(), "modelVersion": "gemini-001", "responseId": "r-1" });
        let about = |more: Value| {
            let mut all = json!({ "gen_ai.response.model": "gemini-001", "gen_ai.response.id": "r-1", "chunk": true });
            all.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
            all
        };
        let mut end = seen(&["stop"], Value::Null);
        end.as_object_mut().expect("one").remove("gen_ai.output.messages");
        assert_eq!(
            events(&[
                item(json!([{ "text": "hm", "thought": true }])),
                item(json!([{ "text": "A c" }])),
                item(json!([{ "functionCall": { "name": "look", "args": { "at": 1 } } }])),
                last,
            ]),
            [
                about(json!({ "pieces": [{ "reasoning": "hm" }] })),
                about(json!({ "pieces": [{ "text": "A c" }] })),
                about(json!({ "pieces": [{ "whole": { "id": null, "name": "look", "arguments": { "at": 1 } } }] })),
                end,
            ]
        );
    }

    #[test]
    fn a_prompt_that_was_blocked_is_an_answer_of_its_own() {
        let blocked = json!({ "promptFeedback": { "blockReason": "SAFETY" }, "modelVersion": "g" });
        let said = json!({ "gen_ai.response.model": "g" });
        assert_eq!((response(blocked.clone()), read::event(&blocked, true)), (said.clone(), said));
    }

    #[test]
    fn what_is_neither_text_nor_a_call_is_no_piece_of_a_text() {
        let code = json!({ "executableCode": { "language": "PYTHON", "code": "print(1)" } });
        let parts = json!([{ "text": "Let me see." }, code, { "inlineData": { "mimeType": "image/png", "data": "aGk=" } }]);
        let seen = read::event(&json!({ "candidates": [{ "content": { "role": "model", "parts": parts } }] }), true);
        assert_eq!(seen["pieces"][0], json!({ "text": "Let me see." }));
        assert_eq!(
            seen["pieces"].as_array().map(|pieces| pieces.iter().filter(|piece| piece.get("text").is_some()).count()),
            Some(1)
        );
    }
}

mod ollama {
    use super::*;

    #[test]
    fn a_request() {
        let seen = request(json!({
            "model": "llama3", "stream": false, "format": { "type": "object" },
            "options": { "temperature": 0.7, "top_p": 0.9, "top_k": 5, "num_predict": 100, "seed": 7, "stop": ["END"] },
            "tools": [{ "type": "function", "function": { "name": "look", "description": "Looks.", "parameters": { "type": "object" } } }],
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "What is this?", "images": ["aGk="] },
                { "role": "assistant", "content": "", "thinking": "hm", "tool_calls": [{ "function": { "name": "look", "arguments": { "at": 1 } } }] },
                { "role": "tool", "tool_name": "look", "content": "a cat" },
            ],
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.request.model": "llama3",
                "gen_ai.request.max_tokens": 100,
                "gen_ai.request.temperature": 0.7,
                "gen_ai.request.top_p": 0.9,
                "gen_ai.request.top_k": 5,
                "gen_ai.request.seed": 7,
                "gen_ai.request.stop_sequences": ["END"],
                "gen_ai.output.type": "json",
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": look(),
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [
                    { "role": "system", "parts": [text("Be brief.")] },
                    { "role": "user", "parts": [text("What is this?"), { "type": "blob", "modality": "image", "content": "aGk=" }] },
                    assistant(&[reasoning("hm"), json!({ "type": "tool_call", "name": "look", "arguments": { "at": 1 } })]),
                    { "role": "tool", "parts": [{ "type": "tool_call_response", "response": "a cat" }] },
                ],
            })
        );
        let unlimited = request(json!({ "model": "m", "messages": [], "options": { "num_predict": -1 } }));
        assert_eq!(unlimited, json!({ "gen_ai.request.model": "m" }), "-1 is no number of tokens");
    }

    #[test]
    fn a_response_stops_for_what_it_says() {
        let of = |reason: Value, tool_calls: Value| {
            response(
                json!({ "model": "llama3", "created_at": "now", "done": true, "done_reason": reason, "prompt_eval_count": 20, "eval_count": 9,
                "message": { "role": "assistant", "content": "A cat.", "tool_calls": tool_calls } }),
            )
        };
        let seen = |reason: &str, parts: &[Value]| {
            json!({ "gen_ai.response.model": "llama3", "gen_ai.response.finish_reasons": [reason],
                "gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 9, "gen_ai.output.messages": answer(reason, parts) })
        };
        assert_eq!(of(json!("length"), json!([])), seen("length", &[text("A cat.")]));
        let calls = json!([{ "function": { "name": "look", "arguments": {} } }]);
        let parts = [text("A cat."), json!({ "type": "tool_call", "name": "look", "arguments": {} })];
        assert_eq!(of(Value::Null, calls), seen("tool_call", &parts));
        assert_eq!(of(Value::Null, json!([])).get("gen_ai.response.finish_reasons"), None, "no `stop` is invented");
    }

    #[test]
    fn a_stream() {
        let item = |message: Value| json!({ "model": "llama3", "created_at": "now", "done": false, "message": message });
        let seen = events(&[
            item(json!({ "role": "assistant", "content": "", "thinking": "hm" })),
            item(json!({ "role": "assistant", "content": "A c" })),
            json!({ "model": "llama3", "done": true, "done_reason": "stop", "prompt_eval_count": 20, "eval_count": 9,
                "message": { "role": "assistant", "content": "" } }),
        ]);
        assert_eq!(
            seen,
            [
                json!({ "gen_ai.response.model": "llama3", "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
                json!({ "gen_ai.response.model": "llama3", "chunk": true, "pieces": [{ "text": "A c" }] }),
                json!({ "gen_ai.response.model": "llama3", "gen_ai.response.finish_reasons": ["stop"],
                    "gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 9, "last": true }),
            ]
        );
    }

    #[test]
    fn a_request_that_says_only_how_much_to_think_is_one() {
        let seen = request(json!({ "model": "gpt-oss", "think": "high", "messages": [] }));
        assert_eq!(seen, json!({ "gen_ai.request.model": "gpt-oss", "gen_ai.request.reasoning.level": "high" }));
    }

    #[test]
    fn a_stream_of_what_was_generated_without_a_chat() {
        let item = |said: &str, thought: Value| json!({ "model": "l", "response": said, "thinking": thought, "done": false });
        let last = json!({ "model": "l", "response": "", "done": true, "done_reason": "stop", "prompt_eval_count": 26, "eval_count": 2 });
        let whole = json!({ "model": "l", "response": "The sky", "done": true, "done_reason": "load" });
        assert_eq!(
            events(&[item("", json!("hm")), item("The", Value::Null), last]),
            [
                json!({ "gen_ai.response.model": "l", "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
                json!({ "gen_ai.response.model": "l", "chunk": true, "pieces": [{ "text": "The" }] }),
                json!({ "gen_ai.response.model": "l", "gen_ai.response.finish_reasons": ["stop"],
                    "gen_ai.usage.input_tokens": 26, "gen_ai.usage.output_tokens": 2, "last": true }),
            ]
        );
        assert_eq!(response(whole)["gen_ai.output.messages"], answer("load", &[text("The sky")]));
    }
}

mod bedrock_converse {
    use super::*;

    #[test]
    fn a_request() {
        let seen = request(json!({
            "modelId": "anthropic.claude", "system": [{ "text": "Be brief." }, { "cachePoint": { "type": "default" } }],
            "inferenceConfig": { "maxTokens": 100, "temperature": 0.7, "topP": 0.9, "stopSequences": ["END"] },
            "toolConfig": { "tools": [
                { "toolSpec": { "name": "look", "description": "Looks.", "inputSchema": { "json": { "type": "object" } } } },
                { "cachePoint": { "type": "default" } },
            ] },
            "messages": [
                { "role": "user", "content": [{ "text": "What is this?" }, { "image": { "format": "png", "source": { "bytes": "aGk=" } } }] },
                { "role": "assistant", "content": [
                    { "reasoningContent": { "reasoningText": { "text": "hm", "signature": "s" } } },
                    { "toolUse": { "toolUseId": "c-1", "name": "look", "input": { "at": "cat" } } },
                ] },
                { "role": "user", "content": [{ "toolResult": { "toolUseId": "c-1", "status": "success", "content": [{ "json": { "seen": 1 } }] } }] },
            ],
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.request.model": "anthropic.claude",
                "gen_ai.request.max_tokens": 100,
                "gen_ai.request.temperature": 0.7,
                "gen_ai.request.top_p": 0.9,
                "gen_ai.request.stop_sequences": ["END"],
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": look(),
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [
                    { "role": "user", "parts": [
                        text("What is this?"),
                        { "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" },
                    ] },
                    assistant(&[reasoning("hm"), call("c-1")]),
                    result("c-1", json!({ "seen": 1 })),
                ],
            })
        );
    }

    #[test]
    fn a_response() {
        let seen = response(json!({
            "output": { "message": { "role": "assistant", "content": [{ "text": "A cat." }, { "toolUse": { "toolUseId": "c-1", "name": "look", "input": { "at": "cat" } } }] } },
            "stopReason": "tool_use", "metrics": { "latencyMs": 1 },
            "usage": { "inputTokens": 10, "outputTokens": 7, "totalTokens": 17, "cacheReadInputTokens": 200, "cacheWriteInputTokens": 30 },
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.response.finish_reasons": ["tool_call"],
                "gen_ai.usage.input_tokens": 240,
                "gen_ai.usage.output_tokens": 7,
                "gen_ai.usage.cache_read.input_tokens": 200,
                "gen_ai.usage.cache_creation.input_tokens": 30,
                "gen_ai.output.messages": answer("tool_call", &[text("A cat."), call("c-1")]),
            })
        );
    }

    #[test]
    fn a_stream() {
        let delta = |index: u8, delta: Value| json!({ "contentBlockDelta": { "contentBlockIndex": index, "delta": delta } });
        let seen = events(&[
            json!({ "messageStart": { "role": "assistant" } }),
            delta(0, json!({ "reasoningContent": { "text": "hm" } })),
            delta(0, json!({ "reasoningContent": { "signature": "abc" } })),
            delta(1, json!({ "text": "A c" })),
            json!({ "contentBlockStop": { "contentBlockIndex": 1 } }),
            json!({ "contentBlockStart": { "contentBlockIndex": 2, "start": { "toolUse": { "toolUseId": "c-1", "name": "look" } } } }),
            delta(2, json!({ "toolUse": { "input": "{\"at\"" } })),
            json!({ "messageStop": { "stopReason": "tool_use" } }),
            json!({ "metadata": { "metrics": { "latencyMs": 1 },
                "usage": { "inputTokens": 10, "outputTokens": 7, "totalTokens": 17, "cacheReadInputTokens": 200, "cacheWriteInputTokens": 30 } } }),
        ]);
        let piece = |id: Value, name: Value, arguments: &str| json!([{ "tool_call": { "index": 2, "id": id, "name": name, "arguments": arguments } }]);
        assert_eq!(
            seen,
            [
                json!({}),
                json!({ "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
                json!({}),
                json!({ "chunk": true, "pieces": [{ "text": "A c" }] }),
                json!({}),
                json!({ "chunk": true, "pieces": piece(json!("c-1"), json!("look"), "") }),
                json!({ "chunk": true, "pieces": piece(Value::Null, Value::Null, "{\"at\"") }),
                json!({ "gen_ai.response.finish_reasons": ["tool_call"] }),
                json!({
                    "gen_ai.usage.input_tokens": 240,
                    "gen_ai.usage.output_tokens": 7,
                    "gen_ai.usage.cache_read.input_tokens": 200,
                    "gen_ai.usage.cache_creation.input_tokens": 30,
                    "last": true,
                }),
            ]
        );
        for kind in [
            "internalServerException",
            "modelStreamErrorException",
            "serviceUnavailableException",
            "throttlingException",
            "validationException",
        ] {
            let failed = json!({ kind: { "message": "Slow down, hunter2" } });
            assert_eq!(events(&[failed]), [json!({ "error.type": kind, "last": true })]);
        }
    }
}

mod cohere {
    use super::*;

    #[test]
    fn a_response() {
        let seen = response(json!({
            "id": "r-1", "finish_reason": "COMPLETE",
            "message": { "role": "assistant", "content": [{ "type": "text", "text": "A cat." }] },
            "usage": { "billed_units": { "input_tokens": 5, "output_tokens": 2 }, "tokens": { "input_tokens": 71, "output_tokens": 9 } },
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.response.id": "r-1",
                "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.usage.input_tokens": 5,
                "gen_ai.usage.output_tokens": 2,
                "gen_ai.output.messages": answer("stop", &[text("A cat.")]),
            }),
            "the billed ones"
        );
        let unbilled = json!({ "finish_reason": "COMPLETE", "message": { "role": "assistant", "content": [] },
            "usage": { "billed_units": { "output_tokens": 2.0 }, "tokens": { "input_tokens": 71, "output_tokens": 9 } } });
        let seen = response(unbilled);
        assert_eq!((&seen["gen_ai.usage.input_tokens"], &seen["gen_ai.usage.output_tokens"]), (&json!(71), &json!(2)));
    }
}

mod mcp_sampling {
    use super::*;

    #[test]
    fn a_request() {
        let seen = request(json!({
            "systemPrompt": "Be brief.", "maxTokens": 100, "temperature": 0.7, "stopSequences": ["END"], "includeContext": "none",
            "modelPreferences": { "hints": [{ "name": "claude" }, { "name": "gpt" }], "costPriority": 0.3 },
            "tools": [{ "name": "look", "description": "Looks.", "inputSchema": { "type": "object" } }],
            "messages": [
                { "role": "user", "content": { "type": "text", "text": "What is this?" } },
                { "role": "assistant", "content": [{ "type": "tool_use", "id": "c-1", "name": "look", "input": { "at": "cat" } }] },
                { "role": "user", "content": [{ "type": "tool_result", "toolUseId": "c-1", "content": [{ "type": "text", "text": "a cat" }] }] },
            ],
        }));
        assert_eq!(
            seen,
            json!({
                "gen_ai.request.model": "claude",
                "gen_ai.request.max_tokens": 100,
                "gen_ai.request.temperature": 0.7,
                "gen_ai.request.stop_sequences": ["END"],
                "fastmcp.sampling.tool_count": 1,
                "gen_ai.tool.definitions": look(),
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [user("What is this?"), assistant(&[call("c-1")]), result("c-1", json!("a cat"))],
            })
        );
    }

    #[test]
    fn a_response() {
        let seen = response(
            json!({ "role": "assistant", "content": { "type": "text", "text": "A cat." }, "model": "m", "stopReason": "maxTokens" }),
        );
        assert_eq!(
            seen,
            json!({
                "gen_ai.response.model": "m",
                "gen_ai.response.finish_reasons": ["length"],
                "gen_ai.output.messages": answer("length", &[text("A cat.")]),
            })
        );
    }

    /// MCP deprecated sampling; FastMCP's servers and their clients use it all the same.
    #[test]
    #[expect(deprecated, reason = "the types of what is read")]
    fn rmcps_own_types() {
        use rmcp::model::{CreateMessageRequestParams, CreateMessageResult};
        let asked: CreateMessageRequestParams = serde_json::from_value(json!({
            "systemPrompt": "Be brief.", "maxTokens": 100, "temperature": 0.7,
            "modelPreferences": { "hints": [{ "name": "claude" }] },
            "messages": [
                { "role": "user", "content": { "type": "text", "text": "What is this?" } },
                { "role": "assistant", "content": [{ "type": "tool_use", "id": "c-1", "name": "look", "input": { "at": "cat" } }] },
                { "role": "user", "content": [{ "type": "tool_result", "toolUseId": "c-1", "content": [{ "type": "text", "text": "a cat" }] }] },
            ],
        }))
        .expect("a request");
        assert_eq!(
            read::request(&asked, true),
            json!({
                "gen_ai.request.model": "claude",
                "gen_ai.request.max_tokens": 100,
                "gen_ai.request.temperature": 0.7,
                "gen_ai.system_instructions": [text("Be brief.")],
                "gen_ai.input.messages": [user("What is this?"), assistant(&[call("c-1")]), result("c-1", json!("a cat"))],
            })
        );
        let said: CreateMessageResult = serde_json::from_value(
            json!({ "role": "assistant", "content": { "type": "text", "text": "A cat." }, "model": "m", "stopReason": "endTurn" }),
        )
        .expect("a result");
        assert_eq!(
            read::response(&said, true),
            json!({
                "gen_ai.response.model": "m",
                "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.output.messages": answer("stop", &[text("A cat.")]),
            })
        );
    }
}

mod errors {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Api {
        code: Option<&'static str>,
        r#type: &'static str,
        message: &'static str,
    }

    #[derive(Serialize)]
    enum Failure {
        Api(Api),
        Http { status: u16, body: &'static str },
        Timeout,
    }

    /// That of whoever called it.
    #[derive(Serialize)]
    enum Outer {
        Model(Failure),
    }

    #[test]
    fn an_error_is_called_what_it_calls_itself() {
        let kind = |document: Value| read::error(&document);
        assert_eq!(kind(json!({ "code": "rate_limit_exceeded", "type": "requests" })).as_deref(), Some("rate_limit_exceeded"));
        assert_eq!(
            kind(json!({ "error": { "code": null, "type": "invalid_request_error" } })).as_deref(),
            Some("invalid_request_error")
        );
        assert_eq!(
            kind(json!({ "type": "error", "error": { "type": "overloaded_error" } })).as_deref(),
            Some("overloaded_error")
        );
        assert_eq!(kind(json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED" } })).as_deref(), Some("429"));
        assert_eq!(kind(json!({ "status": 503, "message": "hunter2" })).as_deref(), Some("503"));
        let api = || Api { code: None, r#type: "server_error", message: "hunter2" };
        assert_eq!(read::error(&api()).as_deref(), Some("server_error"));
        assert_eq!(read::error(&Failure::Api(api())).as_deref(), Some("server_error"));
        assert_eq!(read::error(&Failure::Http { status: 429, body: "hunter2" }).as_deref(), Some("429"));
        assert_eq!(read::error(&Failure::Timeout), None);
        assert_eq!(read::error(&Outer::Model(Failure::Api(api()))).as_deref(), Some("server_error"), "in however many enums");
    }

    #[test]
    fn a_sentence_is_no_kind() {
        for code in ["the key hunter2 is not valid", "", "error", &"x".repeat(65)] {
            assert_eq!(read::error(&json!({ "code": code })), None, "{code}");
        }
        assert_eq!(read::error("hunter2"), None);
        assert_eq!(read::error(&json!({ "code": { "deep": "hunter2" } })), None);
    }
}

mod reasoning_and_what_went_before {
    use super::*;

    #[test]
    fn each_provider_has_its_own_place_for_the_level() {
        for (said, level) in [
            (json!({ "model": "m", "messages": [], "reasoning_effort": "low" }), Some("low")),
            (json!({ "model": "m", "input": "Hi", "reasoning": { "effort": "xhigh", "summary": "auto" } }), Some("xhigh")),
            (json!({ "model": "m", "messages": [], "system": "s", "output_config": { "effort": "max" } }), Some("max")),
            (json!({ "contents": [], "generationConfig": { "thinkingConfig": { "thinkingLevel": "HIGH" } } }), Some("HIGH")),
            (json!({ "model": "m", "messages": [], "options": {}, "think": "high" }), Some("high")),
            (json!({ "model": "m", "messages": [], "options": {}, "think": true }), None),
            (json!({ "model": "m", "messages": [], "reasoning_effort": null }), None),
            (json!({ "contents": [], "generationConfig": { "thinkingConfig": { "thinkingBudget": 1024 } } }), None),
        ] {
            let seen = request(said.clone());
            assert_eq!(seen.get("gen_ai.request.reasoning.level").and_then(Value::as_str), level, "{said}: {seen}");
        }
    }

    #[test]
    fn a_request_may_go_on_from_a_response() {
        let seen = request(json!({ "model": "m", "input": "Hi", "previous_response_id": "resp_1" }));
        assert_eq!(seen["gen_ai.request.previous_response.id"], "resp_1");
        let seen = request(json!({ "model": "m", "input": "Hi", "previous_response_id": null }));
        assert_eq!(seen.get("gen_ai.request.previous_response.id"), None);
    }
}

mod tokens_by_modality {
    use super::*;

    /// The tokens of the response that are of a modality.
    fn seen(said: Value) -> Value {
        let seen = response(said);
        let is_broken_down = |key: &&String| ["text", "image", "audio"].iter().any(|name| key.contains(&format!(".{name}.")));
        seen.as_object()
            .expect("one")
            .iter()
            .filter(|(key, _)| is_broken_down(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    #[test]
    fn openai_says_some_in_details() {
        let choices = json!([{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "x" } }]);
        let chat = |input: Value, output: Value| {
            seen(json!({ "object": "chat.completion", "choices": choices, "usage": { "prompt_tokens": 30, "completion_tokens": 9,
                "prompt_tokens_details": input, "completion_tokens_details": output } }))
        };
        assert_eq!(
            chat(
                json!({ "audio_tokens": 12, "cached_tokens": 8, "text_tokens": 10, "image_tokens": 8 }),
                json!({ "audio_tokens": 5, "text_tokens": 4 })
            ),
            json!({
                "gen_ai.usage.audio.input_tokens": 12,
                "gen_ai.usage.image.input_tokens": 8,
                "gen_ai.usage.text.input_tokens": 10,
                "gen_ai.usage.audio.output_tokens": 5,
                "gen_ai.usage.text.output_tokens": 4,
            })
        );
        assert_eq!(
            chat(json!({ "audio_tokens": 0 }), json!({ "audio_tokens": 0 })),
            json!({}),
            "every text has no audio: that is no breakdown"
        );
        assert_eq!(chat(json!({ "audio_tokens": -3 }), json!({ "audio_tokens": "many" })), json!({}));
        let whole = json!({ "object": "response", "status": "completed", "output": [], "usage": { "input_tokens": 3, "output_tokens": 2,
            "input_tokens_details": { "image_tokens": 2 }, "output_tokens_details": { "image_tokens": 1 } } });
        assert_eq!(seen(whole), json!({ "gen_ai.usage.image.input_tokens": 2, "gen_ai.usage.image.output_tokens": 1 }));
    }

    #[test]
    fn gemini_lists_them() {
        let entry = |modality: &str, count: i64| json!({ "modality": modality, "tokenCount": count });
        let usage = json!({
            "promptTokenCount": 300, "toolUsePromptTokenCount": 7, "cachedContentTokenCount": 90, "candidatesTokenCount": 20, "thoughtsTokenCount": 5,
            "promptTokensDetails": [entry("TEXT", 100), entry("IMAGE", 150), entry("VIDEO", 50)],
            "toolUsePromptTokensDetails": [entry("TEXT", 7)],
            "cacheTokensDetails": [entry("IMAGE", 90)],
            "candidatesTokensDetails": [entry("AUDIO", 20)],
        });
        let expected = json!({
            "gen_ai.usage.text.input_tokens": 107,
            "gen_ai.usage.image.input_tokens": 150,
            "gen_ai.usage.image.cache_read.input_tokens": 90,
            "gen_ai.usage.audio.output_tokens": 20,
        });
        assert_eq!(seen(json!({ "candidates": [], "usageMetadata": usage })), expected);
        assert_eq!(
            read::event(&json!({ "candidates": [], "usageMetadata": usage }), false)["gen_ai.usage.text.input_tokens"],
            107
        );
    }

    /// As a struct may have it.
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Backwards {
        token_count: i64,
        modality: Option<&'static str>,
    }

    #[test]
    fn an_entry_that_does_not_say_both_says_nothing() {
        let entry = |token_count, modality| Backwards { token_count, modality };
        let details = [
            entry(4, Some("TEXT")),
            entry(5, None),
            entry(6, Some("SMELL")),
            entry(-7, Some("AUDIO")),
            entry(4_294_967_294, Some("IMAGE")),
        ];
        let said = json!({ "candidates": [], "usageMetadata": { "promptTokenCount": 9, "promptTokensDetails": details } });
        let expected = json!({ "gen_ai.usage.text.input_tokens": 4, "gen_ai.usage.image.input_tokens": 4_294_967_294_u32 });
        assert_eq!(seen(said), expected);
        for odd in [json!(null), json!({}), json!([[]]), json!([{ "modality": 3, "tokenCount": "x" }]), json!("TEXT")] {
            let said = json!({ "candidates": [], "usageMetadata": { "promptTokenCount": 9, "promptTokensDetails": odd } });
            assert_eq!(seen(said), json!({}));
        }
    }
}

/// What has the members of two shapes is of the one that is tried first, whatever came before.
mod of_two_shapes {
    use super::*;

    #[derive(serde::Serialize)]
    struct OfAClient<Own> {
        #[serde(flatten)]
        own: Own,
        choices: Value,
        model: &'static str,
    }

    #[derive(serde::Serialize)]
    struct OfGenAi {
        provider_model_iden: Value,
        stop_reason: &'static str,
    }

    #[derive(serde::Serialize)]
    struct OfRig {
        choice: Value,
        usage: Value,
    }

    fn chat() -> Value {
        json!([{ "message": {}, "finish_reason": "length" }])
    }

    /// After one of OpenAI's chat.
    fn read_after_a_chat(response: &impl serde::Serialize) -> Value {
        read::response(&json!({ "choices": chat() }), false);
        read::response(response, false)
    }

    #[test]
    fn genai_goes_before_openai_chat() {
        let own = OfGenAi { provider_model_iden: json!({ "model_name": "g" }), stop_reason: "stop" };
        let seen = read_after_a_chat(&OfAClient { own, choices: chat(), model: "m" });
        assert_eq!(seen, json!({ "gen_ai.response.model": "g", "gen_ai.response.finish_reasons": ["stop"] }));
    }

    #[test]
    fn rig_goes_before_openai_chat() {
        let own = OfRig { choice: json!([]), usage: json!({ "input_tokens": 3 }) };
        let seen = read_after_a_chat(&OfAClient { own, choices: chat(), model: "m" });
        assert_eq!(seen, json!({ "gen_ai.response.model": "m", "gen_ai.usage.input_tokens": 3 }));
    }

    #[test]
    fn a_request_of_genais_says_no_model() {
        let seen = request(json!({ "model": "m", "messages": [], "system": null, "tools": null, "n": 2 }));
        assert_eq!(seen, json!({ "gen_ai.request.model": "m", "gen_ai.request.choice.count": 2 }), "so this is OpenAI's");
    }

    #[test]
    fn what_somebody_elses_response_keeps_as_raw_is_not_the_response() {
        let seen = response(json!({ "type": "message", "model": "m", "raw": { "choices": chat(), "model": "other" } }));
        assert_eq!(seen, json!({ "gen_ai.response.model": "m" }));
    }
}

/// Types that JSON has no word for are read as `serde_json` writes them.
mod of_any_type {
    use super::*;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    enum Place {
        Anywhere,
        Line(u8),
        Point(u8, u8),
        Area { width: u8, height: Option<u8> },
    }

    #[derive(Serialize)]
    struct Arguments {
        places: [Place; 4],
        by_number: BTreeMap<u32, &'static str>,
        nothing: (),
        both: (char, bool),
    }

    #[derive(Serialize)]
    struct Block {
        r#type: &'static str,
        name: &'static str,
        input: Arguments,
    }

    #[derive(Serialize)]
    struct Response {
        r#type: &'static str,
        content: [Block; 1],
    }

    #[test]
    fn content_is_what_serde_json_makes_of_it() {
        let input = Arguments {
            places: [Place::Anywhere, Place::Line(1), Place::Point(1, 2), Place::Area { width: 3, height: None }],
            by_number: BTreeMap::from([(7, "seven"), (8, "eight")]),
            nothing: (),
            both: ('c', true),
        };
        let content = [Block { r#type: "tool_use", name: "look", input }];
        let expected = serde_json::to_value(&content[0].input).expect("JSON");
        let seen = read::response(&Response { r#type: "message", content }, true);
        assert_eq!(seen["gen_ai.output.messages"][0]["parts"][0]["arguments"], expected);
    }

    #[derive(Serialize)]
    enum Event {
        Chunk { content: &'static str },
    }

    #[test]
    fn an_enums_variant_is_a_member_of_that_name() {
        let seen = read::event(&Event::Chunk { content: "A c" }, true);
        assert_eq!(seen, json!({ "chunk": true, "pieces": [{ "text": "A c" }] }));
    }
}

/// What a shape is not told by, and what stands in the way of one.
mod at_the_edges_of_a_shape {
    use super::*;

    #[test]
    fn an_answer_without_choices_is_one_of_openai_s_if_it_says_so() {
        let seen = response(json!({ "object": "chat.completion", "id": "r", "choices": [] }));
        assert_eq!(seen, json!({ "gen_ai.response.id": "r" }));
        assert_eq!(read::response(&json!({ "id": "r", "choices": [] }), true), json!({ "unrecognised": ["choices", "id"] }));
    }

    #[test]
    fn one_of_openai_s_responses_is_told_by_its_word_or_by_its_members() {
        let said = json!({ "gen_ai.response.id": "r" });
        assert_eq!(response(json!({ "object": "response", "id": "r" })), said);
        let seen = response(json!({ "output": [], "status": "in_progress", "id": "r" }));
        assert_eq!(seen["gen_ai.response.id"], "r");
    }

    #[test]
    fn what_only_mcp_has_is_no_request_without_a_history() {
        assert_eq!(read::request(&json!({ "systemPrompt": "hi" }), true), json!({ "unrecognised": ["systemPrompt"] }));
    }

    #[test]
    fn an_answer_that_is_empty_is_no_message() {
        let message = json!({ "role": "assistant", "content": null });
        let seen = response(json!({ "choices": [{ "index": 0, "finish_reason": "stop", "message": message }] }));
        assert_eq!(seen, json!({ "gen_ai.response.finish_reasons": ["stop"] }));
    }

    #[test]
    fn a_model_and_a_prompt_are_no_request_that_is_known() {
        let seen = read::request(&json!({ "model": "m", "prompt": "hi" }), true);
        assert_eq!(seen, json!({ "unrecognised": ["model", "prompt"] }));
    }

    #[test]
    fn a_message_with_a_model_is_mcp_s_and_one_without_is_no_response() {
        assert_eq!(
            response(json!({ "role": "assistant", "content": [], "model": "m" })),
            json!({ "gen_ai.response.model": "m" })
        );
        let seen = read::response(&json!({ "role": "assistant", "content": [] }), true);
        assert_eq!(seen, json!({ "unrecognised": ["content", "role"] }));
        assert_eq!(response(json!({ "error": { "type": "overloaded" } })), json!({ "error.type": "overloaded" }));
    }

    #[test]
    fn what_holds_nothing_is_not_nothing() {
        assert_eq!(read::response(&json!(null), true), json!({}));
        assert_eq!(read::response(&json!({ "words": null }), true), json!({ "unrecognised": ["words"] }));
        assert_eq!(read::request(&json!({ "words": null }), true), json!({ "unrecognised": ["words"] }));
        assert_eq!(read::response(&json!({ "usage": null }), true), json!({ "unrecognised": ["usage"] }));
    }

    #[test]
    fn a_request_of_genai_s_without_instructions_is_one() {
        let seen =
            request(json!({ "system": null, "messages": [{ "role": "User", "content": { "Text": "hi" } }], "tools": null }));
        assert_eq!(seen["gen_ai.input.messages"], json!([user("hi")]));
    }

    #[test]
    fn a_provider_s_own_response_is_read_of_a_client_s_type_alone() {
        let raw = json!({ "type": "message", "id": "raw", "content": [], "stop_reason": "end_turn" });
        let seen = response(json!({ "object": "chat.completion", "id": "own", "choices": [], "raw": raw }));
        assert_eq!(seen, json!({ "gen_ai.response.id": "own" }));
    }

    #[test]
    fn null_is_content_too() {
        let input = json!({ "at": "cat", "since": null, "until": 3 });
        let call = json!({ "type": "tool_use", "id": "t", "name": "look", "input": input });
        let seen = response(json!({ "type": "message", "content": [call], "stop_reason": "tool_use" }));
        assert_eq!(seen["gen_ai.output.messages"][0]["parts"][0]["arguments"], input);
    }

    #[test]
    fn content_is_what_serde_makes_of_any_type() {
        #[derive(serde::Serialize)]
        enum Place {
            Unit,
            One(u8),
            Two(u8, u8),
            Named { at: &'static str },
        }
        #[derive(serde::Serialize)]
        struct Block {
            r#type: &'static str,
            id: &'static str,
            name: &'static str,
            input: Input,
        }
        #[derive(serde::Serialize)]
        struct Input {
            places: [Place; 4],
            by_number: BTreeMap<u8, &'static str>,
            bytes: Bytes,
        }
        struct Bytes;
        impl serde::Serialize for Bytes {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&[1, 2])
            }
        }
        #[derive(serde::Serialize)]
        struct Whole {
            r#type: &'static str,
            content: [Block; 1],
            stop_reason: &'static str,
        }
        let input = || Input {
            places: [Place::Unit, Place::One(1), Place::Two(1, 2), Place::Named { at: "cat" }],
            by_number: [(1, "a"), (2, "b")].into(),
            bytes: Bytes,
        };
        let block = Block { r#type: "tool_use", id: "t", name: "look", input: input() };
        let seen = read::response(&Whole { r#type: "message", content: [block], stop_reason: "tool_use" }, true);
        let mut expected = serde_json::to_value(input()).expect("JSON");
        expected["bytes"] = json!("…[2 bytes left out]");
        assert_eq!(seen["gen_ai.output.messages"][0]["parts"][0]["arguments"], expected);
    }
}
