//! Every text of content passes the redactor whole and unescaped, before anything is cut: whatever shape it comes in, however a stream
//! is split, and wherever the limit is.

use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use samplescope::{
    Capture, Chunk, Message, Part, Role, Settings, ToMessages, ToolDefinition, Vocabulary, current_step, sampling_loop,
    sampling_step, sampling_tool,
};
use samplescope_tests::{Logs, Span, Telemetry};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};

/// A secret that looks different where it is escaped.
const SECRET: &str = "hunter\"\\2";

fn secret() -> String {
    format!("my {SECRET}!")
}

fn genai() -> Settings {
    Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::SpansAndEvents)
}

fn without_secrets(settings: Settings) -> Settings {
    settings.with_redactor(|_, text| text.replace(SECRET, "***").into())
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("nothing here waits")
}

#[sampling_loop(system_prompt = system, messages = messages, tools = tools, answer = |answer| *answer)]
async fn run<T: ToMessages + Copy>(system: &T, messages: &T, tools: &[ToolDefinition], answer: &T) -> T {
    ask(messages, *answer).await;
    *answer
}

#[sampling_step(messages = messages, message = |answer| answer)]
async fn ask<T: ToMessages>(messages: &T, answer: T) -> T {
    answer
}

#[sampling_tool(arguments = arguments, result = |result| result)]
fn tool(arguments: &Value, result: &str) -> String {
    result.to_owned()
}

mod everywhere {
    use super::*;

    /// Every place that a text can stand in, each with the secret in it once.
    fn messages() -> Vec<Message> {
        let message = |part| Message::user("hi").with(part);
        let (image, secret_type) = (|| "image".to_owned(), || format!("image/{SECRET}"));
        vec![
            Message::new(Role::Other(secret())).with(Part::text("hi")),
            Message::user(secret()),
            Message::assistant("hi").with_finish_reason(secret()),
            message(Part::reasoning(secret())),
            message(Part::tool_call(secret(), "look", json!({}))),
            message(Part::tool_call(None, secret(), json!({}))),
            message(Part::tool_call(None, "look", json!({ secret(): 1 }))),
            message(Part::tool_call(None, "look", json!([[{ "deep": secret() }]]))),
            message(Part::tool_call(None, "look", json!({ "json": json!({ secret(): [secret()] }).to_string() }))),
            message(Part::tool_call_response(secret(), json!(1))),
            message(Part::tool_call_response(None, json!(secret()))),
            message(Part::uri(secret(), "https://example.com")),
            message(Part::uri("image", secret())),
            message(Part::uri(image(), "file:a").with_mime_type(secret_type())),
            message(Part::blob(secret(), "aGk=")),
            message(Part::blob(image(), "aGk=").with_mime_type(secret_type())),
            message(Part::blob(image(), secret())),
            message(Part::file(secret(), "f")),
            message(Part::file(image(), "f").with_mime_type(secret_type())),
            message(Part::file(image(), secret())),
        ]
    }

    /// The same in the JSON of providers, unknown shapes included.
    fn provided() -> Vec<Value> {
        let user = |block: Value| json!({ "role": "user", "content": ["hi", block] });
        vec![
            json!({ "role": secret(), "content": "hi" }),
            json!({ "role": "tool", "tool_call_id": secret(), "content": "hi" }),
            json!({ "role": "assistant", "stop_reason": secret(), "content": "hi" }),
            json!({ "role": "assistant", "tool_calls": [{ "id": "c", "function": { "name": "f", "arguments": json!({ "a": secret() }).to_string() } }] }),
            json!({ "role": "assistant", "tool_calls": [{ "id": "c", "function": { "name": secret(), "arguments": "{" } }] }),
            user(json!({ "type": "hologram", "light": [{ "deep": secret() }] })),
            user(json!({ "type": "hologram", secret(): 1 })),
            user(json!({ "type": secret(), "light": 1 })),
            user(json!({ "type": "input_audio", "input_audio": { "data": "aGk=", "format": secret() } })),
            user(json!({ "type": "image_url", "image_url": { "url": format!("data:image/{SECRET};base64,aGk=") } })),
            user(json!({ "type": "tool_result", "tool_use_id": "t", "content": [{ "type": "hologram", "light": secret() }] })),
            json!({ "unknown": { "shape": secret() } }),
        ]
    }

    fn tools() -> Vec<ToolDefinition> {
        vec![
            ToolDefinition::new(secret()),
            ToolDefinition::new("look").with_description(secret()),
            ToolDefinition::new("look").with_parameters(json!({ secret(): { "const": secret() } })),
        ]
    }

    /// Everything that leaves the process while these go everywhere, as text.
    fn exported<T: ToMessages + Copy>(settings: Settings, message: T, tools: &[ToolDefinition]) -> String {
        let telemetry = Telemetry::on().metered().with(settings);
        let logs = Logs::listen();
        now(run(&message, &message, tools, &message));
        format!("{:?}\n{:?}\n{:?}", telemetry.spans(2), logs.records(), telemetry.metrics())
    }

    fn stays_inside<T: ToMessages + Copy>(message: T, tools: &[ToolDefinition], shown: &str) {
        let leaks = exported(genai(), message, tools);
        assert!(leaks.contains("hunter"), "without a redactor it is exported, or this proves nothing: {shown}");
        for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
            for limit in [None, Some(150), Some(400)] {
                let settings = without_secrets(genai()).with_vocabulary(vocabulary).with_length_limit(limit);
                let exported = exported(settings, message, tools);
                assert!(!exported.contains("hunter"), "{vocabulary:?} {limit:?}: {shown} in {exported}");
            }
        }
    }

    #[test]
    fn a_secret_is_redacted_in_every_place_that_a_text_can_stand_in() {
        for message in &messages() {
            stays_inside(message, &[], &format!("{message:?}"));
        }
        for message in &provided() {
            stays_inside(message, &[], &message.to_string());
        }
        for tool in tools() {
            stays_inside("hi", slice::from_ref(&tool), &format!("{tool:?}"));
        }
    }

    #[test]
    fn the_name_of_an_event_is_cut_like_content() {
        let settings = Settings::default().with_capture(Capture::Spans).with_length_limit(12);
        let telemetry = Telemetry::on().with(settings);
        now(run(&&Message::new("system"), &&Message::new("x".repeat(50)).with(Part::text("hi")), &[], &&Message::new("x")));
        assert_eq!(telemetry.spans(2)[0].events()[1].0, "gen_ai.xxx…[47 cut].message");
    }

    #[test]
    fn what_is_redacted_is_still_what_it_was() {
        let telemetry = Telemetry::on().with(without_secrets(genai()));
        let hologram = json!({ "role": secret(), "content": [{ "type": "hologram", "light": secret(), "n": 1.50 }] });
        now(ask(&&hologram, &Value::Null));
        let input = telemetry.span().get("gen_ai.input.messages").expect("captured");
        let input: Value = serde_json::from_str(&input.as_str()).expect("JSON");
        let text = r#"{"light":"my ***!","n":1.5,"type":"hologram"}"#;
        assert_eq!(input, json!([{ "role": "my ***!", "parts": [{ "type": "text", "content": text }] }]));
    }

    #[test]
    fn the_event_of_an_unknown_role_is_named_after_the_redacted_role() {
        let telemetry = Telemetry::on().with(without_secrets(Settings::default().with_capture(Capture::Spans)));
        now(run(&"be brief", &"hi", &[], &"ho"));
        now(run(&&Message::new("critic"), &&Message::new(secret()).with(Part::text("hi")), &[], &&Message::new("x")));
        let names: Vec<String> = telemetry.spans(4).iter().flat_map(Span::events).map(|(name, _)| name).collect();
        let prescribed = ["gen_ai.system.message", "gen_ai.user.message", "gen_ai.choice"];
        let others = ["gen_ai.critic.message", "gen_ai.my ***!.message", "gen_ai.choice"];
        assert_eq!(names, [prescribed, others].concat());
    }
}

mod pieces {
    use super::*;
    use samplescope::{Piece, current_loop};

    fn history() -> Vec<Message> {
        vec![
            Message::system("prompt"),
            Message::new("developer").with(Part::text("prompt")).with(Part::uri("image", "prompt")),
            Message::new("DEVELOPER").with(Part::text("prompt")),
            Message::user("said").with(Part::reasoning("said")),
            Message::assistant("said").with(Part::tool_call(
                "said".to_owned(),
                "said",
                json!({ "given": ["given", "[\"given\"]"] }),
            )),
            Message::new(Role::Tool).with(Part::tool_call_response("said".to_owned(), json!(["found", { "found": 1 }]))),
            Message::user("said").with(Part::tool_call_response(None, json!("found"))),
            Message::new(Role::Tool).with(Part::text("found")).with(Part::uri("image", "found")),
            Message::new("function").with(Part::text("found")),
            Message::text("said"),
        ]
    }

    fn request() -> Value {
        let arguments = json!({ "given": ["given"] }).to_string();
        let call = json!({ "id": "said", "type": "function", "function": { "name": "said", "arguments": arguments } });
        json!({ "model": "m", "messages": [
            { "role": "system", "content": "prompt" },
            { "role": "developer", "content": [{ "type": "text", "text": "prompt" }] },
            { "role": "user", "content": "said" },
            { "role": "assistant", "content": "said", "tool_calls": [call] },
            { "role": "tool", "tool_call_id": "said", "content": "found" },
        ] })
    }

    #[sampling_loop(messages = messages, answer = |()| messages)]
    fn run(messages: &[Message]) {
        ask(messages);
        late(messages);
        read(&request());
        now(streamed().count());
    }

    #[sampling_loop(stream, chunk = |text| Chunk::new().text("said").tool_call(0, "said", "said", *text))]
    fn streamed() -> impl Stream<Item = &'static str> {
        stream::iter([r#"{"given":"#, r#"["given"]}"#])
    }

    #[sampling_step(messages = messages, message = |()| messages)]
    fn ask(messages: &[Message]) {}

    #[sampling_loop]
    fn late(messages: &[Message]) {
        current_loop().messages(messages);
        // One alone, as it is an event of its own with the names of FastMCP.
        current_loop().answer(&messages[4]);
    }

    #[sampling_loop(request = request)]
    fn read(request: &Value) {
        read_step(request);
    }

    #[sampling_step(request = request, response = |response| response)]
    fn read_step(request: &Value) -> Value {
        let message = &request["messages"][3];
        json!({ "object": "chat.completion", "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": message }] })
    }

    #[test]
    fn what_stands_in_a_message_is_shown_as_the_piece_that_it_is() {
        for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
            for budget in [None, Some(100_000)] {
                let shown = Arc::new(Mutex::new(BTreeSet::new()));
                let seen = Arc::clone(&shown);
                let settings =
                    genai().with_vocabulary(vocabulary).with_content_budget(budget).with_redactor(move |piece, text| {
                        let words = ["prompt", "said", "given", "found"].into_iter().filter(|word| text.contains(word));
                        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                        seen.extend(words.map(|word| (word, format!("{piece:?}"))));
                        text.into()
                    });
                let telemetry = Telemetry::on().with(settings);
                let logs = Logs::listen();
                run(&history());
                drop((telemetry, logs));
                let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let expected = [
                    ("prompt", "System"),
                    ("said", "Input"),
                    ("said", "Output"),
                    ("given", "ToolArguments"),
                    ("found", "ToolResult"),
                ];
                assert_eq!(shown, expected.map(|(word, piece)| (word, piece.to_owned())).into(), "{vocabulary:?} {budget:?}");
            }
        }
    }

    #[test]
    fn a_number_in_arguments_is_shown_and_exported_as_it_was_written() {
        let arguments = r#"{"card": 41111111111111112222, "at": 1.5e300}"#;
        let call = json!({ "id": "c", "type": "function", "function": { "name": "pay", "arguments": arguments } });
        let message = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
        for redacts in [false, true] {
            let settings = if redacts {
                genai().with_redactor(|_, text| text.replace("41111111111111112222", "[card]").into())
            } else {
                genai()
            };
            let telemetry = Telemetry::on().with(settings);
            now(super::ask(&&message, &Value::Null));
            let input = telemetry.span().get("gen_ai.input.messages").expect("captured");
            let input: Value = serde_json::from_str(&input.as_str()).expect("JSON");
            let expected = if redacts { r#"{"card": "[card]", "at": 1.5e300}"# } else { arguments };
            assert_eq!(input[0]["parts"][0]["arguments"], expected);
        }
    }

    #[test]
    fn the_redactor_of_the_guide_has_every_system_prompt() {
        for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
            let settings = genai().with_vocabulary(vocabulary).with_redactor(|piece, text| match piece {
                Piece::System => "[system]".into(),
                _ => text.into(),
            });
            let telemetry = Telemetry::on().with(settings);
            let logs = Logs::listen();
            run(&history());
            let exported = format!("{:?}{:?}", telemetry.spans(6), logs.records());
            assert!(!exported.contains("prompt") && exported.contains("[system]"), "{vocabulary:?}: {exported}");
            assert!(exported.contains("developer"), "a role is not what is said in it: {exported}");
        }
    }
}

mod finish_reasons {
    use super::*;

    #[sampling_loop(answer = |()| "done")]
    async fn run(stop_reason: String) {
        ask(stop_reason);
    }

    #[sampling_step(stop_reason = |reason| reason, message = |_| "done")]
    fn ask(stop_reason: String) -> String {
        stop_reason
    }

    #[test]
    fn in_content_a_reason_that_nobody_knows_is_a_text() {
        for (said, shown) in [(secret(), "my ***!"), ("max_tokens".to_owned(), "length")] {
            let redacting = || genai().with_redactor(|_, text| text.replace(SECRET, "***").replace("length", "no text").into());
            let telemetry = Telemetry::on().with(redacting());
            now(run(said.clone()));
            let output = telemetry.named("chat")[0].get("gen_ai.output.messages").expect("captured");
            let output: Value = serde_json::from_str(&output.as_str()).expect("JSON");
            assert_eq!(output[0]["finish_reason"], shown);
            drop(telemetry);
            let telemetry = Telemetry::on().with(redacting().with_vocabulary(Vocabulary::FastMcp));
            now(run(said));
            let events = telemetry.named("sampling/createMessage")[0].events();
            assert_eq!(events[0].1["finish_reason"], format!("String({shown:?})"));
        }
    }
}

mod structure {
    use super::*;

    /// What a redactor is shown while these messages go everywhere.
    fn shown(message: &Message, tools: &[ToolDefinition]) -> BTreeSet<String> {
        let shown = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&shown);
        let telemetry = Telemetry::on().with(genai().with_redactor(move |_, text| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
            text.into()
        }));
        now(run(&message, &message, tools, &message));
        drop(telemetry);
        shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[test]
    fn words_of_the_conventions_are_structure_and_all_others_are_texts() {
        let blob = |modality: &str| Part::blob(modality, "c");
        let message = ["image", "audio", "video", "document", "smell"].into_iter().map(blob).fold(
            Message::new(Role::Tool)
                .with(Part::text("t"))
                .with(Part::tool_call("i".to_owned(), "n", json!({ "k": [1.5, true, null, "[\"inside\", 2]"] })))
                .with_finish_reason("max_tokens"),
            Message::with,
        );
        let expected = ["t", "i", "n", "k", "1.5", "inside", "2", "[\"inside\", 2]", "c", "smell", "tool"];
        assert_eq!(shown(&message, &[ToolDefinition::new("tool")]), expected.map(str::to_owned).into());
        let named = shown(&Message::new("critic").with(Part::text("t")).with_finish_reason("tired"), &[]);
        assert_eq!(named, ["critic", "t", "tired"].map(str::to_owned).into());
    }
}

mod tools {
    use super::*;

    fn exported(arguments: &Value, result: &str, settings: Settings) -> [String; 2] {
        let telemetry = Telemetry::on().with(settings);
        tool(arguments, result);
        let span = telemetry.span();
        ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"].map(|key| span.get(key).expect("captured").to_string())
    }

    #[test]
    fn json_in_a_string_is_redacted_inside_and_stays_what_it_was() {
        let inside = json!({ secret(): secret() }).to_string();
        let arguments = json!({ "body": format!("[{}]", Value::from(inside.as_str())), "n": 1 });
        let result = format!(r#"{{ "z": {}, "a" : 1.50 }}"#, Value::from(secret()));
        let [arguments, result] = exported(&arguments, &result, without_secrets(genai()));
        assert_eq!(arguments, r#"{"body":"[\"{\\\"my ***!\\\":\\\"my ***!\\\"}\"]","n":1}"#);
        assert_eq!(result, r#"{ "z": "my ***!", "a" : 1.50 }"#, "order, spaces and numbers are the tool's own");
    }

    #[test]
    fn a_text_that_is_no_json_any_more_is_a_text() {
        let settings = genai().with_redactor(|_, text| text.replace('}', "").into());
        assert_eq!(exported(&json!([]), r#"{"a": 1}"#, settings)[1], r#""{\"a\": 1""#);
    }

    #[test]
    fn what_is_nested_too_deep_to_be_read_is_redacted_all_the_same() {
        let deep = (0..300).fold(json!(secret()), |inner, _| json!([inner]));
        for limit in [None, Some(200)] {
            let [arguments, _] = exported(&deep, "", without_secrets(genai()).with_length_limit(limit));
            assert!(!arguments.contains("hunter"), "{arguments}");
            assert!(limit.is_some() || arguments.contains("my ***!"), "{arguments}");
        }
    }

    #[test]
    fn a_document_can_be_read_however_deep_its_arguments_are() {
        let nested = |depth, in_lists: bool| {
            let nest = |inner| if in_lists { json!([inner]) } else { json!({ "": inner }) };
            (0..depth).fold(json!(secret().repeat(50)), |inner, _| nest(inner))
        };
        for (depth, (in_lists, limit)) in
            [99, 100, 101, 300].into_iter().flat_map(|depth| [(true, 450), (false, 750)].map(|nest| (depth, nest)))
        {
            let message = Message::new(Role::Assistant).with(Part::tool_call(None, "look", nested(depth, in_lists)));
            for (redacts, limit) in [(false, None), (false, Some(limit)), (true, None), (true, Some(limit))] {
                let settings = if redacts { without_secrets(genai()) } else { genai() };
                let telemetry = Telemetry::on().with(settings.with_length_limit(limit));
                now(ask(&&message, &Message::user("hi")));
                let json = telemetry.span().get("gen_ai.input.messages").expect("captured").to_string();
                let read: Value = serde_json::from_str(&json).expect("JSON that serde_json reads");
                assert_eq!(read[0]["parts"][0]["name"], "look", "{depth}: {json}");
                assert!(!(redacts && json.contains("hunter")), "{depth}: {json}");
            }
        }
    }
}

mod searches {
    use super::*;
    use samplescope::{ToolOperation, current_tool, start_tool_as};

    #[sampling_tool(operation = "retrieval", query = query, documents = |found| found)]
    fn retrieve(query: &str, found: &Value) -> Value {
        found.clone()
    }

    #[sampling_tool(operation = "search_memory")]
    fn search(query: &str, found: &Value) {
        current_tool().query(query);
        current_tool().documents(found);
    }

    /// What was looked for and what was found: by arguments, by a handle, by hand.
    fn exported(found: &Value, settings: Settings) -> Vec<[String; 2]> {
        let telemetry = Telemetry::on().with(settings);
        retrieve(&secret(), found);
        search(&secret(), found);
        let call = start_tool_as(ToolOperation::RETRIEVAL, |retrieval| retrieval.query(&secret()));
        call.documents(found);
        call.end();
        let content = |span: &Span| {
            let of = if span.name().ends_with("memory") { "memory" } else { "retrieval" };
            let found = if of == "memory" { "records" } else { "documents" };
            [format!("gen_ai.{of}.query.text"), format!("gen_ai.{of}.{found}")]
                .map(|key| span.get(&key).expect("captured").to_string())
        };
        telemetry.spans(3).iter().map(content).collect()
    }

    #[test]
    fn what_is_looked_for_and_what_is_found_is_redacted_and_then_cut() {
        let found = json!([{ "id": secret(), "score": 0.9, "text": json!({ secret(): secret() }).to_string() }]);
        assert!(exported(&found, genai()).iter().flatten().all(|text| text.contains("hunter")), "or this proves nothing");
        for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
            let redacting = || without_secrets(genai()).with_vocabulary(vocabulary);
            for [query, found] in exported(&found, redacting()) {
                assert_eq!(query, "my ***!");
                assert_eq!(found, r#"[{"id":"my ***!","score":0.9,"text":"{\"my ***!\":\"my ***!\"}"}]"#);
            }
            for [query, found] in exported(&found, redacting().with_length_limit(40)) {
                assert!(!query.contains("hunter") && !found.contains("hunter"), "{query} {found}");
                assert!(serde_json::from_str::<Value>(&found).is_ok(), "{found}");
            }
            for [query, _] in exported(&found, redacting().with_length_limit(3)) {
                assert_eq!(query, "my…");
            }
        }
    }
}

mod inside {
    use super::*;

    #[sampling_tool(arguments = text, result = |text| text)]
    fn looked_up(text: &str) -> String {
        current_step().set("app.looked_up", true);
        text.replace(SECRET, "***")
    }

    #[test]
    fn what_a_redactor_calls_is_not_traced_and_not_redacted_in_turn() {
        let telemetry = Telemetry::on().metered().with(genai().with_redactor(|_, text| looked_up(text).into()));
        let message = Message::user(secret());
        now(run(&&message, &&message, &[], &&message));
        assert_eq!(telemetry.tree(), "invoke_agent\n  chat\n");
        assert!(!format!("{:?}", telemetry.spans(2)).contains("hunter"));
        tool(&Value::Null, "traced again");
        assert_eq!(telemetry.tree(), "invoke_agent\n  chat\nexecute_tool tool\n");
    }
}

mod streams {
    use super::*;

    const MIB: usize = 1 << 20;

    #[sampling_step(stream, chunk = |text| Chunk::new().text(text.as_str()))]
    fn answer(chunks: Vec<String>) -> impl Stream<Item = String> {
        stream::iter(chunks)
    }

    /// What is exported of a streamed text.
    fn exported(chunks: Vec<String>, settings: Settings) -> Option<String> {
        let telemetry = Telemetry::on().with(settings);
        now(answer(chunks).for_each(|_| async {}));
        let output = telemetry.span().get("gen_ai.output.messages")?;
        let output: Value = serde_json::from_str(&output.as_str()).expect("JSON");
        Some(output[0]["parts"][0]["content"].as_str().expect("a text").to_owned())
    }

    /// Nothing else in these tests is written in these letters.
    const LETTERS: &str = "XYZW";

    fn redacting(settings: Settings) -> Settings {
        settings.with_redactor(|_, text| text.replace(LETTERS, "***").into())
    }

    fn leaks(text: &str) -> bool {
        text.contains(|char| LETTERS.contains(char))
    }

    /// The text in pieces of these lengths, over and over.
    fn split(text: &str, lengths: &[usize]) -> Vec<String> {
        let mut chars = text.chars().peekable();
        let mut lengths = lengths.iter().cycle();
        let mut chunks = Vec::new();
        while chars.peek().is_some() {
            chunks.push(chars.by_ref().take(*lengths.next().expect("a length")).collect());
        }
        chunks
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500),
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions/redaction.txt"))),
            ..ProptestConfig::default()
        })]

        #[test]
        fn half_a_secret_is_never_exported_however_the_text_is_split_and_cut(
            words in prop::collection::vec(prop_oneof![Just(LETTERS), Just("ü"), Just("word "), Just("\"\n")], 0..40),
            lengths in prop::collection::vec(1_usize..9, 1..5),
            limit in prop::option::of(0_usize..250),
        ) {
            let text = words.concat();
            let redacted = text.replace(LETTERS, "***");
            let exported = exported(split(&text, &lengths), redacting(genai()).with_length_limit(limit));
            prop_assert!(!exported.as_deref().is_some_and(leaks), "{exported:?}");
            match exported {
                Some(exported) if !exported.contains('…') => prop_assert_eq!(exported, redacted),
                Some(exported) => {
                    let kept = exported.split('…').next().expect("a beginning");
                    prop_assert!(redacted.starts_with(kept), "{exported} of {redacted}");
                }
                None => prop_assert!(limit.is_some_and(|limit| limit < 100) || text.is_empty()),
            }
        }

        #[test]
        fn without_a_redactor_a_marker_counts_all_that_is_missing(
            text in "[aü\"\n]{0,400}",
            lengths in prop::collection::vec(1_usize..50, 1..5),
            limit in 90_usize..300,
        ) {
            let exported = exported(split(&text, &lengths), genai().with_length_limit(limit));
            if let Some((kept, marker)) = exported.as_deref().and_then(|exported| exported.split_once("…[")) {
                let missing: usize = marker.trim_end_matches(" cut]").parse().expect("a number");
                prop_assert!(text.starts_with(kept));
                prop_assert_eq!(kept.chars().count() + missing, text.chars().count());
            } else if let Some(exported) = exported.filter(|exported| !exported.ends_with('…')) {
                prop_assert_eq!(exported, text);
            }
        }
    }

    #[test]
    fn up_to_a_mebibyte_is_redacted_whole_and_what_is_longer_left_out_whole() {
        let secret_at = |start: usize, length: usize| {
            let end = length - start - LETTERS.len();
            format!("{}{LETTERS}{}", "a".repeat(start), "a".repeat(end))
        };
        for limit in [None, Some(300)] {
            let settings = || redacting(genai()).with_length_limit(limit);
            for start in [0, MIB / 2, MIB - 4] {
                let exported = exported(split(&secret_at(start, MIB), &[65_536, 99_999]), settings()).expect("captured");
                assert!(!leaks(&exported) && exported.contains('a'), "{start} {limit:?}");
                assert!(limit.is_some() || exported.len() == MIB - 1);
            }
            for start in [0, 150, MIB - 4, MIB - 3, MIB - 1, MIB] {
                let text = secret_at(start, MIB + 5);
                for lengths in [&[MIB, 1][..], &[65_536], &[MIB + 5], &[MIB - 2, 3]] {
                    let exported = exported(split(&text, lengths), settings());
                    assert_eq!(exported.as_deref(), Some("…[1048581 characters left out]"), "{start} {lengths:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_left_out_says_so_whatever_the_redactor_makes_of_texts() {
        let settings = genai().with_redactor(|_, _| "".into());
        let exported = exported(vec!["ü".repeat(MIB), "b".to_owned()], settings);
        assert_eq!(exported.as_deref(), Some("…[1048577 characters left out]"));
    }
}

mod written {
    use super::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z ]{0,40}", "(?s).{0,40}", r#"[\\"\{\}\[\],:a1]{0,12}"#]
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(text(), inner, 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// A part, and its JSON as the GenAI conventions have it.
    fn part() -> impl Strategy<Value = (Part, Value)> {
        (0_u8..7, text(), text(), prop::option::of(text()), json()).prop_map(|(kind, one, other, maybe, value)| {
            let (part, json) = match kind {
                0 => (Part::text(&one), json!({ "type": "text", "content": one })),
                1 => (Part::reasoning(&one), json!({ "type": "reasoning", "content": one })),
                2 => {
                    let json = json!({ "type": "tool_call", "id": maybe, "name": one, "arguments": value });
                    (Part::tool_call(maybe, one, value), json)
                }
                3 => {
                    let json = json!({ "type": "tool_call_response", "id": maybe, "response": value });
                    (Part::tool_call_response(maybe, value), json)
                }
                4 => {
                    let json = json!({ "type": "blob", "modality": one, "mime_type": maybe, "content": other });
                    (with_type(Part::blob(one, other), maybe), json)
                }
                5 => {
                    let json = json!({ "type": "uri", "modality": one, "mime_type": maybe, "uri": other });
                    (with_type(Part::uri(one, other), maybe), json)
                }
                _ => {
                    let json = json!({ "type": "file", "modality": one, "mime_type": maybe, "file_id": other });
                    (with_type(Part::file(one, other), maybe), json)
                }
            };
            (part, without_null(json, &["id", "mime_type"]))
        })
    }

    fn with_type(part: Part, mime_type: Option<String>) -> Part {
        match mime_type {
            Some(mime_type) => part.with_mime_type(mime_type),
            None => part,
        }
    }

    fn without_null(mut json: Value, members: &[&str]) -> Value {
        let object = json.as_object_mut().expect("an object");
        object.retain(|name, member| !(member.is_null() && members.contains(&name.as_str())));
        json
    }

    fn message() -> impl Strategy<Value = (Message, Value)> {
        (prop_oneof!["user", "assistant", "tool", "system", text()], prop::collection::vec(part(), 0..4)).prop_map(
            |(role, parts)| {
                let json = json!({ "role": role, "parts": parts.iter().map(|(_, json)| json).collect::<Vec<_>>() });
                (parts.into_iter().map(|(part, _)| part).fold(Message::new(role), Message::with), json)
            },
        )
    }

    fn tool() -> impl Strategy<Value = (ToolDefinition, Value)> {
        (text(), prop::option::of(text()), prop::option::of(json())).prop_map(|(name, description, parameters)| {
            let json = json!({ "type": "function", "name": name, "description": description });
            let mut json = without_null(json, &["description"]);
            json.as_object_mut().expect("an object").extend(parameters.clone().map(|schema| ("parameters".to_owned(), schema)));
            let tool = ToolDefinition::new(name);
            let tool = description.into_iter().fold(tool, ToolDefinition::with_description);
            (parameters.into_iter().fold(tool, ToolDefinition::with_parameters), json)
        })
    }

    const KEYS: [&str; 4] =
        ["gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions"];

    #[sampling_step(system_prompt = messages, messages = messages, tools = tools, message = |()| messages)]
    fn say(messages: &[Message], tools: &[ToolDefinition]) {}

    fn exported(settings: Settings, messages: &[Message], tools: &[ToolDefinition]) -> [Option<String>; 4] {
        let telemetry = Telemetry::on().with(settings.with_capture(Capture::Spans));
        say(messages, tools);
        KEYS.map(|key| telemetry.span().get(key).map(|json| json.to_string()))
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500),
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions/redaction.txt"))),
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_written_is_the_json_of_the_conventions_and_the_same_text_with_a_redactor_that_changes_nothing(
            messages in prop::collection::vec(message(), 1..4),
            tools in prop::collection::vec(tool(), 1..3),
        ) {
            let (messages, expected): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
            let (tools, expected_tools): (Vec<_>, Vec<_>) = tools.into_iter().unzip();
            let exported_as_is = exported(genai(), &messages, &tools);
            let [system, input, output, definitions] = exported_as_is.clone().map(|json| {
                json.map(|json| serde_json::from_str::<Value>(&json).expect("JSON")).unwrap_or_default()
            });
            let parts: Vec<&Value> = expected.iter().flat_map(|message| message["parts"].as_array().expect("parts")).collect();
            let texts: Vec<&Value> = parts.into_iter().filter(|part| part["type"] == "text").collect();
            prop_assert_eq!(system, if texts.is_empty() { Value::Null } else { json!(texts) }, "what is not there, or no text, is left out");
            prop_assert_eq!(&input, &json!(expected));
            let mut without_reasons = output;
            for message in without_reasons.as_array_mut().expect("a list") {
                let reason = message.as_object_mut().expect("a message").remove("finish_reason");
                let calls = message["parts"].as_array().expect("parts").iter().any(|part| part["type"] == "tool_call");
                prop_assert_eq!(reason, Some(json!(if calls { "tool_call" } else { "stop" })));
            }
            prop_assert_eq!(without_reasons, json!(expected));
            prop_assert_eq!(definitions, json!(expected_tools));

            let redacted = exported(genai().with_redactor(|_, text| text.into()), &messages, &tools);
            prop_assert_eq!(&redacted, &exported_as_is);
            let limited = exported(genai().with_length_limit(1_000_000), &messages, &tools);
            prop_assert_eq!(&limited, &exported_as_is);
        }
    }
}
