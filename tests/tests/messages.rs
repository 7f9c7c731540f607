//! Messages in the JSON of the GenAI conventions, from whatever shape users have them in. What is emitted is held against rules
//! written from the JSON schemas of the GenAI conventions, not against what the code happens to do.

use samplescope::{
    Capture, Message, Part, Role, Settings, StepCall, ToMessages, ToToolDefinitions, ToolDefinition, Vocabulary, sampling_step,
};
use samplescope_tests::Telemetry;
use serde_json::{Value, json};
use std::borrow::Cow;

#[sampling_step(system_prompt = system, messages = input, tools = tools, message = |output| output)]
async fn ask<T: ToMessages>(system: &impl ToMessages, input: &impl ToMessages, tools: &impl ToToolDefinitions, output: T) -> T {
    output
}

fn genai() -> Settings {
    Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans)
}

/// What a step with this content says, each document checked against the rules.
async fn documents(
    system: &impl ToMessages,
    input: &impl ToMessages,
    tools: &impl ToToolDefinitions,
    output: impl ToMessages,
) -> [Option<Value>; 4] {
    let telemetry = Telemetry::on().with(genai());
    ask(system, input, tools, output).await;
    let span = telemetry.span();
    let document = |key: &str, check: Check| {
        let text = span.get(key)?;
        let value: Value = serde_json::from_str(&text.as_str()).expect("valid JSON");
        check(&value);
        Some(value)
    };
    [
        document("gen_ai.system_instructions", is_parts),
        document("gen_ai.input.messages", is_input),
        document("gen_ai.output.messages", is_output),
        document("gen_ai.tool.definitions", is_definitions),
    ]
}

async fn input(messages: impl ToMessages) -> Value {
    let [system, input, output, tools] = documents(&None::<&str>, &messages, &None::<&str>, None::<&str>).await;
    assert_eq!((system, output, tools), (None, None, None), "what was not said is not there");
    input.unwrap_or_default()
}

async fn output(message: impl ToMessages) -> Value {
    let [_, _, output, _] = documents(&None::<&str>, &None::<&str>, &None::<&str>, message).await;
    output.unwrap_or_default()
}

/// A list of messages: role and parts, and nothing else but a name.
fn is_input(messages: &Value) {
    for message in messages.as_array().expect("a list") {
        has_only(message, &["role", "parts"], &["name"]);
        assert!(message["role"].is_string(), "{message}");
        is_parts(&message["parts"]);
    }
}

/// The same, and every message says why it is finished.
fn is_output(messages: &Value) {
    for message in messages.as_array().expect("a list") {
        has_only(message, &["role", "parts", "finish_reason"], &["name"]);
        assert!(message["finish_reason"].is_string(), "{message}");
        is_parts(&message["parts"]);
    }
}

/// Each part has its type's required members, of their types, and no unknown ones.
fn is_parts(parts: &Value) {
    for part in parts.as_array().expect("a list") {
        let (strings, any, optional): (&[&str], &[&str], &[&str]) = match part["type"].as_str().expect("a type") {
            "text" | "reasoning" => (&["content"], &[], &[]),
            "tool_call" => (&["name"], &["arguments"], &["id"]),
            "tool_call_response" => (&[], &["response"], &["id"]),
            "blob" => (&["modality", "content"], &[], &["mime_type"]),
            "uri" => (&["modality", "uri"], &[], &["mime_type"]),
            "file" => (&["modality", "file_id"], &[], &["mime_type"]),
            other => panic!("{other} is no part"),
        };
        has_only(part, &[&["type"], strings, any].concat(), optional);
        let strings = strings.iter().chain(optional).filter(|&&member| part.get(member).is_some());
        strings.for_each(|member| assert!(part[*member].is_string(), "{member} of {part}"));
    }
}

fn is_definitions(tools: &Value) {
    for tool in tools.as_array().expect("a list") {
        has_only(tool, &["type", "name"], &["description", "parameters"]);
        assert_eq!(tool["type"], "function");
    }
}

fn has_only(value: &Value, required: &[&str], optional: &[&str]) {
    let members = value.as_object().expect("an object");
    assert!(required.iter().all(|member| members.contains_key(*member)), "{required:?} in {value}");
    let unknown: Vec<_> = members.keys().filter(|key| !required.contains(&&***key) && !optional.contains(&&***key)).collect();
    assert!(unknown.is_empty(), "{unknown:?} in {value}");
}

type Check = fn(&Value);

fn said(role: &str, parts: &Value) -> Value {
    json!([{ "role": role, "parts": parts }])
}

#[tokio::test]
async fn the_four_documents_are_what_the_conventions_say() {
    let tool = ToolDefinition::new("look").with_description("Looks.").with_parameters(json!({ "type": "object" }));
    assert_eq!(tool.parameters(), Some(&json!({ "type": "object" })));
    let [system, input, output, tools] = documents(&"Be brief.", &"Weather?", &[tool], "Sunny.").await;
    assert_eq!(system, Some(json!([{ "type": "text", "content": "Be brief." }])));
    assert_eq!(input, Some(said("user", &json!([{ "type": "text", "content": "Weather?" }]))));
    let sunny = json!([{ "role": "assistant", "parts": [{ "type": "text", "content": "Sunny." }], "finish_reason": "stop" }]);
    assert_eq!(output, Some(sunny));
    let look = json!([{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }]);
    assert_eq!(tools, Some(look));
}

#[tokio::test]
async fn every_part_has_its_members() {
    let parts = [
        Part::text("hi"),
        Part::tool_call("c-1".to_owned(), "look", json!({ "at": 1 })),
        Part::tool_call(None, "look", Value::Null),
        Part::tool_call_response("c-1".to_owned(), json!(["seen"])),
        Part::tool_call_response(None, json!("seen")),
        Part::reasoning("hm"),
        Part::blob("image", "aGk=").with_mime_type("image/png"),
        Part::blob("audio", "aGk="),
        Part::uri("video", "https://example.com/v.mp4"),
        Part::file("image", "f-1"),
    ];
    let all = parts.into_iter().fold(Message::new(Role::User), Message::with);
    let seen = input(all).await;
    assert_eq!(seen[0]["parts"].as_array().map(Vec::len), Some(10));
    assert_eq!(seen[0]["parts"][1], json!({ "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": 1 } }));
    assert_eq!(seen[0]["parts"][4], json!({ "type": "tool_call_response", "response": "seen" }));
}

#[sampling_step(stop_reason = |()| "max_tokens", message = |()| "cut sh")]
async fn stopped() {}

#[tokio::test]
async fn an_output_message_of_a_call_that_succeeded_has_a_finish_reason() {
    let reason = async |message: Message| output(message).await[0]["finish_reason"].clone();
    assert_eq!(reason(Message::text("hi")).await, "stop");
    assert_eq!(reason(Message::new(Role::Assistant).with(Part::tool_call(None, "look", json!({})))).await, "tool_call");
    assert_eq!(reason(Message::text("hi").with_finish_reason("max_tokens")).await, "length", "in the conventions' own words");
    assert_eq!(reason(Message::text("hi").with_finish_reason("paused")).await, "paused");

    let telemetry = Telemetry::on().with(genai());
    stopped().await;
    let text = telemetry.span().get("gen_ai.output.messages").expect("captured");
    assert!(text.as_str().contains(r#""finish_reason":"length""#), "the step's own: {text}");
}

#[test]
fn a_message_of_a_call_that_did_not_succeed_has_no_finish_reason_that_nobody_said() {
    let ended = |said: Message, end: fn(StepCall)| {
        let telemetry = Telemetry::on().with(genai());
        let step = samplescope::start_step(|_| ());
        step.message(said);
        end(step);
        let text = telemetry.span().get("gen_ai.output.messages").expect("captured").as_str().into_owned();
        serde_json::from_str::<Value>(&text).expect("valid JSON")
    };
    let unwinds = |step| {
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _step: StepCall = step;
            std::panic::resume_unwind(Box::new(()));
        }));
    };
    let ends: [fn(StepCall); 3] = [drop, |step| step.fail(&"refused"), unwinds];
    for end in ends {
        let parts = json!([{ "type": "text", "content": "half a sen" }]);
        assert_eq!(ended(Message::text("half a sen"), end), json!([{ "role": "assistant", "parts": parts }]));
        let said = Message::text("half a sen").with_finish_reason("max_tokens");
        assert_eq!(ended(said, end), json!([{ "role": "assistant", "parts": parts, "finish_reason": "length" }]));
    }
    assert_eq!(ended(Message::text("hi"), StepCall::end)[0]["finish_reason"], "stop");
}

#[tokio::test]
async fn openai_chat_is_understood() {
    let seen = input(json!([
        { "role": "developer", "content": "Be brief." },
        { "role": "user", "content": [
            { "type": "text", "text": "What is this?" },
            { "type": "image_url", "image_url": { "url": "https://example.com/cat.png", "detail": "low" } },
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,aGk=" } },
            { "type": "input_audio", "input_audio": { "data": "aGk=", "format": "wav" } },
            { "type": "file", "file": { "file_id": "f-1" } },
        ] },
        { "role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
            { "id": "c-1", "type": "function", "function": { "name": "look", "arguments": "{\"at\":\"cat\"}" } },
            { "id": "c-2", "type": "function", "function": { "name": "look", "arguments": "not json" } },
        ] },
        { "role": "tool", "tool_call_id": "c-1", "content": "a cat" },
        { "role": "assistant", "content": null, "refusal": "No." },
    ]))
    .await;
    assert_eq!(
        seen,
        json!([
            { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
            { "role": "user", "parts": [
                { "type": "text", "content": "What is this?" },
                { "type": "uri", "modality": "image", "uri": "https://example.com/cat.png" },
                { "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" },
                { "type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "aGk=" },
                { "type": "file", "modality": "document", "file_id": "f-1" },
            ] },
            { "role": "assistant", "parts": [
                { "type": "reasoning", "content": "hm" },
                { "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": "cat" } },
                { "type": "tool_call", "id": "c-2", "name": "look", "arguments": "not json" },
            ] },
            { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c-1", "response": "a cat" }] },
            { "role": "assistant", "parts": [{ "type": "text", "content": "No." }] },
        ])
    );
    let completion = json!({ "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": "Looking.", "tool_calls": [{ "id": "c", "type": "function", "function": { "name": "look", "arguments": "{}" } }],
    } }] });
    assert_eq!(
        output(completion).await,
        json!([{ "role": "assistant", "finish_reason": "tool_call", "parts": [
            { "type": "text", "content": "Looking." },
            { "type": "tool_call", "id": "c", "name": "look", "arguments": {} },
        ] }])
    );
}

#[tokio::test]
async fn anthropic_messages_are_understood() {
    let request = json!({ "model": "claude", "system": [{ "type": "text", "text": "Be brief." }], "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": [
            { "type": "thinking", "thinking": "hm", "signature": "s" },
            { "type": "redacted_thinking", "data": "opaque" },
            { "type": "tool_use", "id": "t-1", "name": "look", "input": { "at": "cat" } },
        ] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "t-1", "content": [{ "type": "text", "text": "a cat" }], "is_error": false },
        ] },
        { "role": "user", "content": [
            { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "aGk=" } },
            { "type": "image", "source": { "type": "url", "url": "https://example.com/cat.png" } },
            { "type": "document", "source": { "type": "file", "file_id": "f-1" } },
            { "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "plain" } },
        ] },
    ] });
    assert_eq!(
        input(request).await,
        json!([
            { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
            { "role": "user", "parts": [{ "type": "text", "content": "Hi" }] },
            { "role": "assistant", "parts": [
                { "type": "reasoning", "content": "hm" },
                { "type": "tool_call", "id": "t-1", "name": "look", "arguments": { "at": "cat" } },
            ] },
            { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "t-1", "response": "a cat" }] },
            { "role": "user", "parts": [
                { "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" },
                { "type": "uri", "modality": "image", "uri": "https://example.com/cat.png" },
                { "type": "file", "modality": "document", "file_id": "f-1" },
                { "type": "text", "content": "plain" },
            ] },
        ])
    );
    let response = json!({ "id": "m-1", "type": "message", "role": "assistant", "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": "A cat." }], "usage": { "input_tokens": 1 } });
    let parts = json!([{ "type": "text", "content": "A cat." }]);
    assert_eq!(output(response).await, json!([{ "role": "assistant", "finish_reason": "stop", "parts": parts }]));
    assert_eq!(output(json!([{ "type": "text", "text": "A cat." }])).await[0]["parts"], parts, "the content blocks alone");
}

#[tokio::test]
async fn mcp_sampling_is_understood() {
    let request = json!({ "systemPrompt": "Be brief.", "maxTokens": 10, "messages": [
        { "role": "user", "content": { "type": "text", "text": "Hi" } },
        { "role": "user", "content": { "type": "image", "data": "aGk=", "mimeType": "image/png" } },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t-1", "name": "look", "input": {} }] },
        { "role": "user", "content": [{ "type": "tool_result", "toolUseId": "t-1", "content": [], "structuredContent": { "seen": 1 } }] },
        { "role": "user", "content": { "type": "resource_link", "uri": "file:///a.mp4", "name": "a", "mimeType": "video/mp4" } },
        { "role": "user", "content": { "type": "resource", "resource": { "uri": "file:///a.txt", "text": "embedded" } } },
    ] });
    assert_eq!(
        input(request).await,
        json!([
            { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
            { "role": "user", "parts": [{ "type": "text", "content": "Hi" }] },
            { "role": "user", "parts": [{ "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" }] },
            { "role": "assistant", "parts": [{ "type": "tool_call", "id": "t-1", "name": "look", "arguments": {} }] },
            { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "t-1", "response": { "seen": 1 } }] },
            { "role": "user", "parts": [{ "type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "file:///a.mp4" }] },
            { "role": "user", "parts": [{ "type": "text", "content": "embedded" }] },
        ])
    );
    let result =
        json!({ "role": "assistant", "content": { "type": "text", "text": "Hello" }, "model": "m", "stopReason": "maxTokens" });
    assert_eq!(output(result).await[0]["finish_reason"], "length");
}

#[tokio::test]
async fn what_has_no_known_shape_is_shown_as_its_json_and_what_is_emitted_is_read_back() {
    assert_eq!(input(json!({ "count": 42 })).await, said("user", &json!([{ "type": "text", "content": r#"{"count":42}"# }])));
    let own = json!({ "input": "x", "context": "y" });
    assert_eq!(
        input(own.clone()).await,
        said("user", &json!([{ "type": "text", "content": own.to_string() }])),
        "nothing is lost of it"
    );
    let error = json!({ "error": { "code": "overloaded" } });
    assert_eq!(input(error.clone()).await[0]["parts"][0]["content"], error.to_string(), "a response that says nothing");
    assert_eq!(input(json!(42)).await, said("user", &json!([{ "type": "text", "content": "42" }])));
    let empty = json!([{ "type": "text", "content": "" }]);
    assert_eq!(input(json!({ "role": "user", "content": "" })).await, said("user", &empty), "that was said");
    assert_eq!(input(Value::Null).await, Value::Null);
    let odd = json!({ "role": "user", "content": [{ "type": "hologram", "data": 1 }] });
    assert_eq!(input(odd).await[0]["parts"][0]["content"], r#"{"data":1,"type":"hologram"}"#);
    let ours = json!([{ "role": "assistant", "parts": [
        { "type": "text", "content": "hi" },
        { "type": "reasoning", "content": "hm" },
        { "type": "tool_call", "id": "c", "name": "look", "arguments": { "at": 1 } },
        { "type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://example.com/cat.png" },
        { "type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk=" },
        { "type": "file", "modality": "image", "file_id": "f" },
    ] }, { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c", "response": [1] }] }]);
    assert_eq!(input(ours.clone()).await, ours);
}

#[tokio::test]
async fn parts_without_a_message_are_one_whose_role_follows_from_them() {
    let text = json!({ "type": "text", "text": "hi" });
    let thought = json!({ "type": "thinking", "thinking": "hm" });
    let call = json!({ "type": "tool_use", "id": "t", "name": "look", "input": {} });
    let result = json!({ "type": "tool_result", "tool_use_id": "t", "content": "a cat" });
    for (parts, role) in [
        (json!([text, text]), "user"),
        (json!([thought, text]), "assistant"),
        (json!([text, call]), "assistant"),
        (json!([result, result]), "tool"),
        (json!([result, text]), "user"),
        (json!([{ "type": "redacted_thinking", "data": "opaque" }]), "user"),
    ] {
        let seen = input(parts.clone()).await;
        assert_eq!((seen.as_array().map(Vec::len), &seen[0]["role"]), (Some(1), &json!(role)), "{parts}");
    }
}

/// What the messages of the other tests have none of.
#[tokio::test]
async fn every_kind_of_part_is_understood() {
    let picture = json!([{ "image": { "format": "png", "source": { "bytes": "aGk=" } } }]);
    for (part, expected) in [
        (json!({ "type": "refusal", "refusal": "No." }), json!([{ "type": "text", "content": "No." }])),
        (json!({ "ThoughtSignature": "opaque" }), json!([])),
        (
            json!({ "type": "document", "data": { "type": "fileId", "value": "f-1" } }),
            json!([{ "type": "file", "modality": "document", "file_id": "f-1" }]),
        ),
        (
            json!({ "type": "document", "data": { "type": "text", "value": "plain" } }),
            json!([{ "type": "text", "content": "plain" }]),
        ),
        (
            json!({ "toolResult": { "toolUseId": "c", "content": picture } }),
            json!([{ "type": "tool_call_response", "id": "c", "response": picture }]),
        ),
    ] {
        assert_eq!(input(json!({ "role": "user", "content": [part] })).await[0]["parts"], expected, "{part}");
    }
}

#[tokio::test]
async fn tool_definitions_are_understood_in_every_shape() {
    let schema = json!({ "type": "object" });
    let expected = json!([{ "type": "function", "name": "look", "description": "Looks.", "parameters": { "type": "object" } }]);
    for tool in [
        json!({ "type": "function", "function": { "name": "look", "description": "Looks.", "parameters": schema } }),
        json!({ "name": "look", "description": "Looks.", "input_schema": schema }),
        json!({ "name": "look", "description": "Looks.", "inputSchema": schema }),
        json!({ "type": "custom", "custom": { "name": "look", "description": "Looks.", "parameters": schema } }),
        json!({ "tools": [{ "name": "look", "description": "Looks.", "inputSchema": schema }] }),
    ] {
        let [_, _, _, tools] = documents(&None::<&str>, &None::<&str>, &[tool], None::<&str>).await;
        assert_eq!(tools.as_ref(), Some(&expected));
    }
    let named = Some(json!([{ "type": "function", "name": "look" }, { "type": "function", "name": "ask" }]));
    let [_, _, _, tools] = documents(&None::<&str>, &None::<&str>, &["look", "ask"], None::<&str>).await;
    assert_eq!(tools, named);
    let [_, _, _, tools] = documents(&None::<&str>, &None::<&str>, &json!(["look", "ask"]), None::<&str>).await;
    assert_eq!(tools, named);
}

#[tokio::test]
async fn what_is_cut_is_still_what_the_conventions_say() {
    let long = "ü".repeat(300);
    let conversation = json!([
        { "role": "user", "content": [{ "type": "text", "text": long }, { "type": "image", "data": "QUFB".repeat(100), "mimeType": "image/png" }] },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "look", "input": { "deep": [long] } }] },
        { "role": "user", "content": [{ "type": "tool_result", "toolUseId": "t", "content": [{ "type": "text", "text": long }] }] },
    ]);
    let tools =
        json!([{ "name": "look", "description": long, "inputSchema": { "title": long } }, { "name": "ask" }, { "name": "tell" }]);
    let system = Message::system("one").with(Part::text(&long)).with(Part::text(&long));
    let content = async |settings: Settings| {
        let telemetry = Telemetry::on().with(settings);
        ask(&system, &conversation, &tools, json!({ "role": "assistant", "content": long })).await;
        telemetry.span()
    };
    let whole = content(genai()).await;
    for limit in (60..1400).step_by(20) {
        let span = content(genai().with_length_limit(limit)).await;
        let checks: [(&str, Check, usize); 4] = [
            ("gen_ai.system_instructions", is_parts, 100),
            ("gen_ai.input.messages", is_input, 200),
            ("gen_ai.output.messages", is_output, 100),
            ("gen_ai.tool.definitions", is_definitions, 100),
        ];
        for (key, check, from) in checks {
            let Some(text) = span.get(key).map(|text| text.as_str().into_owned()) else {
                assert!(limit < from, "{key} fits into {limit}");
                continue;
            };
            assert!(text.chars().count() <= limit, "{key} in {limit}: {text}");
            check(&serde_json::from_str(&text).expect("valid JSON"));
            let is_whole = whole.get(key).is_some_and(|whole| whole.as_str() == text);
            assert!(is_whole || text.contains("cut]") || text.contains('…'), "{key} says that it is cut: {text}");
            let whole_blob = "QUFB".repeat(100);
            assert!(!text.contains("QUFB") || text.contains(&whole_blob), "base64 that is cut is none: {text}");
        }
    }
}

#[tokio::test]
async fn every_providers_messages_are_understood_as_a_list_and_whole() {
    let question = json!({ "role": "user", "parts": [{ "type": "text", "content": "What is this?" }] });
    let call = json!({ "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": "cat" } });
    let turn = json!({ "role": "assistant", "parts": [{ "type": "reasoning", "content": "hm" }, call] });
    let result = json!({ "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c-1", "response": "a cat" }] });
    let expected = json!([question, turn, result]);
    let responses = json!([
        { "type": "message", "role": "user", "content": "What is this?" },
        { "type": "reasoning", "summary": [{ "type": "summary_text", "text": "hm" }] },
        { "type": "function_call", "call_id": "c-1", "name": "look", "arguments": "{\"at\":\"cat\"}" },
        { "type": "function_call_output", "call_id": "c-1", "output": "a cat" },
    ]);
    let gemini = json!([
        { "role": "user", "parts": [{ "text": "What is this?" }] },
        { "role": "model", "parts": [{ "text": "hm", "thought": true }, { "functionCall": { "id": "c-1", "name": "look", "args": { "at": "cat" } } }] },
        { "role": "user", "parts": [{ "functionResponse": { "id": "c-1", "name": "look", "response": "a cat" } }] },
    ]);
    let bedrock = json!([
        { "role": "user", "content": [{ "text": "What is this?" }] },
        { "role": "assistant", "content": [
            { "reasoningContent": { "reasoningText": { "text": "hm" } } },
            { "toolUse": { "toolUseId": "c-1", "name": "look", "input": { "at": "cat" } } },
        ] },
        { "role": "user", "content": [{ "toolResult": { "toolUseId": "c-1", "content": [{ "text": "a cat" }] } }] },
    ]);
    let genai = json!([
        { "role": "User", "content": [{ "Text": "What is this?" }] },
        { "role": "Assistant", "content": [{ "ReasoningContent": "hm" }, { "ToolCall": { "call_id": "c-1", "fn_name": "look", "fn_arguments": { "at": "cat" } } }] },
        { "role": "Tool", "content": [{ "ToolResponse": { "call_id": "c-1", "content": "a cat" } }] },
    ]);
    let rig = json!([
        { "role": "user", "content": [{ "type": "text", "text": "What is this?" }] },
        { "role": "assistant", "content": [
            { "type": "reasoning", "text": "hm" },
            { "type": "toolcall", "id": { "provider": "c-1" }, "function": { "name": "look", "arguments": { "at": "cat" } } },
        ] },
        { "role": "user", "content": [{ "type": "toolresult", "call": { "provider": "c-1" }, "content": [{ "type": "text", "text": "a cat" }] }] },
    ]);
    for (key, list) in
        [("input", responses), ("contents", gemini), ("messages", bedrock), ("messages", genai), ("chat_history", rig)]
    {
        assert_eq!(input(list.clone()).await, expected, "a list");
        assert_eq!(input(json!({ "model": "m", key: list })).await, expected, "a request");
        assert_eq!(input(list[0].clone()).await, json!([question]), "one of them");
    }
    for role in ["Tool", "function"] {
        let seen = input(json!({ "role": role, "parts": [{ "type": "text", "content": "a cat" }] })).await;
        assert_eq!(seen[0]["role"], "tool", "whatever it says, and in whose words");
    }
}

#[tokio::test]
async fn every_providers_response_is_one_message_an_answer() {
    let parts = json!([{ "type": "text", "content": "A cat." }]);
    let one = |finish_reason: &str| json!([{ "role": "assistant", "finish_reason": finish_reason, "parts": parts }]);
    let responses = json!({ "object": "response", "status": "incomplete", "incomplete_details": { "reason": "max_output_tokens" },
        "output": [{ "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "A cat." }] }] });
    assert_eq!(output(responses).await, one("length"));
    let gemini =
        json!({ "candidates": [{ "finishReason": "SAFETY", "content": { "role": "model", "parts": [{ "text": "A cat." }] } }] });
    assert_eq!(output(gemini).await, one("content_filter"));
    let ollama =
        json!({ "model": "m", "done": true, "done_reason": "length", "message": { "role": "assistant", "content": "A cat." } });
    assert_eq!(output(ollama).await, one("length"));
    let bedrock =
        json!({ "output": { "message": { "role": "assistant", "content": [{ "text": "A cat." }] } }, "stopReason": "end_turn" });
    assert_eq!(output(bedrock).await, one("stop"));
    let items = json!([
        { "type": "reasoning", "summary": [] },
        { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "A cat." }] },
    ]);
    assert_eq!(output(items).await, one("stop"), "the items alone");
}

#[tokio::test]
async fn parts_alone_are_one_message_of_whoever_says_such_parts() {
    let part = |content: &str| json!({ "type": "text", "content": content });
    let two = json!([{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }]);
    assert_eq!(input(&two).await, said("user", &json!([part("a"), part("b")])));
    let call = json!({ "type": "tool_use", "id": "t", "name": "look", "input": {} });
    let result = json!({ "type": "tool_result", "tool_use_id": "t", "content": "done" });
    for (parts, role) in [(json!([call, two[0]]), "assistant"), (json!([result]), "tool"), (json!([result, two[0]]), "user")] {
        assert_eq!(input(&parts).await[0]["role"], role, "{parts}");
    }
    assert_eq!(output(&json!([{ "type": "refusal", "refusal": "no" }])).await[0]["parts"], json!([part("no")]));
    for nothing in [json!([{ "type": "redacted_thinking", "data": "x" }]), json!({ "ThoughtSignature": "x" })] {
        let message = &output(&nothing).await[0];
        assert_eq!((&message["role"], &message["parts"]), (&json!("assistant"), &json!([])), "{nothing}");
    }
}

#[tokio::test]
async fn an_older_word_for_a_tool_is_a_tool_and_an_empty_text_alone_is_said() {
    let function = json!({ "role": "function", "parts": [{ "text": "20 degrees" }] });
    assert_eq!(input(&function).await[0]["role"], "tool");
    let empty = json!({ "role": "user", "content": "" });
    assert_eq!(input(&empty).await[0]["parts"], json!([{ "type": "text", "content": "" }]));
}

#[tokio::test]
async fn a_result_without_a_block_of_text_or_json_is_taken_as_it_is() {
    for (content, expected) in [
        (json!([{ "text": "done" }]), json!("done")),
        (json!([{ "json": { "a": 1 } }]), json!({ "a": 1 })),
        (json!([{ "b": 2 }]), json!([{ "b": 2 }])),
    ] {
        let result = json!([{ "type": "tool_result", "tool_use_id": "t", "content": content }]);
        assert_eq!(input(&result).await[0]["parts"][0]["response"], expected);
    }
}

#[tokio::test]
async fn an_object_that_is_neither_request_nor_response_is_its_json() {
    for object in [json!({ "error": { "message": "x" } }), json!({ "a": 1 })] {
        assert_eq!(input(&object).await, said("user", &json!([{ "type": "text", "content": object.to_string() }])));
    }
    assert_eq!(input(&json!(5)).await[0]["parts"], json!([{ "type": "text", "content": "5" }]));
}

#[tokio::test]
async fn a_list_in_a_list_is_one_list() {
    let texts = |expected: &[&str]| -> Value {
        let message = |content| json!({ "role": "user", "parts": [{ "type": "text", "content": content }] });
        expected.iter().map(message).collect()
    };
    assert_eq!(input(&vec![vec!["a"], vec!["b", "c"]]).await, texts(&["a", "b", "c"]));
    assert_eq!(input(&[["a"], ["b"]]).await, texts(&["a", "b"]));
    assert_eq!(input(&[Some("a"), None, Some("b")]).await, texts(&["a", "b"]));
    assert_eq!(input(&[Cow::from("a"), "b".into()]).await, texts(&["a", "b"]));
}

#[tokio::test]
async fn a_structured_answer_is_no_message_because_a_member_is_called_like_one_s() {
    for answer in [
        json!({ "role": "engineer", "salary": 3 }),
        json!({ "role": "user", "name": "Bob" }),
        json!({ "parts": ["wheel", "door"], "price": 3 }),
        json!({ "type": "reasoning", "verdict": "guilty" }),
        json!({ "type": "person", "role": "engineer" }),
    ] {
        let text = json!([{ "role": "assistant", "parts": [{ "type": "text", "content": answer.to_string() }], "finish_reason": "stop" }]);
        assert_eq!(output(answer).await, text);
    }
    for (message, role) in
        [(json!({ "role": "user" }), "user"), (json!({ "role": "assistant", "name": null, "annotations": [] }), "assistant")]
    {
        assert_eq!(input(message).await, json!([{ "role": role, "parts": [] }]), "which says nothing");
    }
}
