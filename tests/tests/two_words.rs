//! `request` and `response`: what a provider's own types say, wherever nothing else says it.

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use opentelemetry::trace::Status;
use samplescope::{
    Capture, Chunk, Message, SamplingResponse, Settings, TokenUsage, ToolOutcome, Vocabulary, current_loop, current_step,
    sampling_loop, sampling_step, sampling_tool, start_loop,
};
use samplescope_tests::{Span, Telemetry};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

fn get(span: &Span, key: &str) -> String {
    span.get(key).map(|value| value.to_string()).unwrap_or_default()
}

fn capturing() -> Telemetry {
    Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans))
}

fn openai_request() -> Value {
    json!({
        "model": "gpt-4o", "temperature": 0.5, "max_completion_tokens": 512, "top_p": 0.9, "seed": 7, "n": 2, "stop": ["END"],
        "messages": [{ "role": "system", "content": "be brief" }, { "role": "user", "content": "what now?" }],
        "tools": [{ "type": "function", "function": { "name": "look", "parameters": {} } }],
    })
}

fn openai_response() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2026",
        "choices": [
            { "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "Sunny." } },
            { "index": 1, "finish_reason": "length", "message": { "role": "assistant", "content": "Rai" } },
        ],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": { "cached_tokens": 4 } },
    })
}

#[sampling_step(request = request, response = |response| response)]
async fn ask(request: &Value, response: Value) -> Result<Value, Overloaded> {
    let _ = request;
    Ok(response)
}

#[derive(Debug, Serialize)]
struct Overloaded {
    error: Inner,
}

#[derive(Debug, Serialize)]
struct Inner {
    r#type: &'static str,
    message: String,
}

#[tokio::test]
async fn two_words_say_all_that_a_step_says() {
    for captures in [true, false] {
        let telemetry = if captures { capturing() } else { Telemetry::on() };
        ask(&openai_request(), openai_response()).await.expect("ok");
        let span = telemetry.span();
        for (key, value) in [
            ("gen_ai.request.model", "gpt-4o"),
            ("gen_ai.request.temperature", "0.5"),
            ("gen_ai.request.max_tokens", "512"),
            ("gen_ai.request.top_p", "0.9"),
            ("gen_ai.request.seed", "7"),
            ("gen_ai.request.choice.count", "2"),
            ("gen_ai.request.stop_sequences", "[\"END\"]"),
            ("gen_ai.response.id", "chatcmpl-1"),
            ("gen_ai.response.model", "gpt-4o-2026"),
            ("gen_ai.response.finish_reasons", "[\"stop\",\"length\"]"),
            ("fastmcp.sampling.stop_reason", "endTurn"),
            ("gen_ai.usage.input_tokens", "10"),
            ("gen_ai.usage.output_tokens", "5"),
            ("gen_ai.usage.cache_read.input_tokens", "4"),
        ] {
            assert_eq!(get(&span, key), value, "{key}");
        }
        assert_eq!(span.get("fastmcp.sampling.tool_count"), None, "of a loop alone");
    }
}

#[tokio::test]
async fn content_is_there_for_those_who_ask_for_it_alone() {
    let telemetry = capturing();
    ask(&openai_request(), openai_response()).await.expect("ok");
    let span = telemetry.span();
    assert_eq!(span.name(), "chat gpt-4o");
    assert_eq!(get(&span, "gen_ai.system_instructions"), r#"[{"content":"be brief","type":"text"}]"#);
    let input: Value = serde_json::from_str(&get(&span, "gen_ai.input.messages")).expect("JSON");
    assert_eq!((input[0]["role"].as_str(), input[1]["role"].as_str()), (Some("system"), Some("user")));
    let output: Value = serde_json::from_str(&get(&span, "gen_ai.output.messages")).expect("JSON");
    assert_eq!(
        (output[0]["parts"][0]["content"].as_str(), output[1]["finish_reason"].as_str()),
        (Some("Sunny."), Some("length"))
    );
    assert!(get(&span, "gen_ai.tool.definitions").contains("look"));
    drop(telemetry);
    let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
    ask(&openai_request(), openai_response()).await.expect("ok");
    assert!(!format!("{:?}", telemetry.span().attributes()).contains("Sunny"));
}

#[tokio::test]
async fn nothing_is_read_when_nobody_listens_and_little_when_only_a_meter_does() {
    struct Counts(std::cell::Cell<u32>);
    impl Serialize for Counts {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            openai_response().serialize(serializer)
        }
    }
    #[sampling_step(response = |response| response)]
    fn ask() -> Counts {
        Counts(std::cell::Cell::new(0))
    }
    let telemetry = Telemetry::off();
    assert_eq!(ask().0.get(), 0);
    drop(telemetry);
    let telemetry = Telemetry::off().metered();
    assert!(ask().0.get() > 0);
    let usage: Vec<f64> = telemetry.points("gen_ai.client.token.usage").iter().map(|point| point.sum).collect();
    assert!((usage.iter().sum::<f64>() - 15.0).abs() < 0.1, "{usage:?}");
}

#[tokio::test]
async fn a_written_argument_goes_first_then_the_handle_then_the_response_then_its_type() {
    #[derive(Serialize)]
    struct Own {
        id: &'static str,
        object: &'static str,
        model: &'static str,
        choices: Vec<Value>,
    }
    impl SamplingResponse for Own {
        fn model(&self) -> Option<Cow<'_, str>> {
            Some("by the trait".into())
        }
        fn usage(&self) -> Option<TokenUsage> {
            Some(TokenUsage::new(1, 1))
        }
    }
    #[sampling_step(model = "written", seed = 1, request = openai_request(), response = |response| response, stop_reason = |_| "tool_calls")]
    fn ask() -> Own {
        current_step().response_id("by the handle");
        let choices = vec![json!({ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "x" } })];
        Own { id: "by the response", object: "chat.completion", model: "by the response", choices }
    }
    let telemetry = Telemetry::on();
    ask();
    let span = telemetry.span();
    assert_eq!(get(&span, "gen_ai.request.model"), "written");
    assert_eq!(get(&span, "gen_ai.request.seed"), "1");
    assert_eq!(get(&span, "gen_ai.request.top_p"), "0.9");
    assert_eq!(get(&span, "fastmcp.sampling.stop_reason"), "toolUse");
    assert_eq!(get(&span, "gen_ai.response.id"), "by the handle");
    assert_eq!(get(&span, "gen_ai.response.model"), "by the response");
    assert_eq!(get(&span, "gen_ai.usage.input_tokens"), "1", "the type says what the response does not");
}

#[tokio::test]
async fn a_finish_reason_that_is_not_there_is_absent() {
    let telemetry = Telemetry::on();
    let response = json!({ "id": "1", "object": "chat.completion", "choices": [{ "index": 0, "message": { "role": "assistant", "content": "x" } }] });
    ask(&Value::Null, response).await.expect("ok");
    let span = telemetry.span();
    assert_eq!((span.get("fastmcp.sampling.stop_reason"), span.get("gen_ai.response.finish_reasons")), (None, None));
    assert_eq!(get(&span, "gen_ai.response.id"), "1");
}

#[tokio::test]
async fn a_loop_says_its_request_and_its_answer_and_nothing_else() {
    #[sampling_loop(request = openai_request(), response = |response| response)]
    async fn run() -> Value {
        current_loop().set("app.inside", true);
        openai_response()
    }
    let telemetry = capturing();
    run().await;
    let span = telemetry.span();
    assert_eq!(get(&span, "gen_ai.request.model"), "gpt-4o");
    assert_eq!(get(&span, "fastmcp.sampling.tool_count"), "1");
    assert!(get(&span, "gen_ai.output.messages").contains("Sunny."));
    for key in ["gen_ai.usage.input_tokens", "gen_ai.response.id", "gen_ai.request.seed", "gen_ai.response.finish_reasons"] {
        assert_eq!(span.get(key), None, "{key}");
    }
    drop(telemetry);
    let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
    run().await;
    let events: Vec<String> = telemetry.span().events().into_iter().map(|(name, _)| name).collect();
    assert_eq!(events, ["gen_ai.system.message", "gen_ai.user.message", "gen_ai.choice"], "the system's once");
}

#[tokio::test]
async fn handles_and_calls_by_hand_read_as_well() {
    let telemetry = capturing();
    let run = start_loop(|run| {
        run.model("said");
        run.request(&openai_request());
    });
    let step = run.step(|step| {
        step.seed(&1);
        step.request(&openai_request());
    });
    step.response(openai_response());
    step.end();
    run.response(openai_response());
    run.end();
    let spans = telemetry.spans(2);
    assert_eq!(
        (get(&spans[0], "gen_ai.request.model"), get(&spans[1], "gen_ai.request.model")),
        ("said".into(), "gpt-4o".into())
    );
    assert_eq!(get(&spans[1], "gen_ai.request.seed"), "1");
    assert_eq!(get(&spans[1], "gen_ai.response.id"), "chatcmpl-1");
    assert!(get(&spans[0], "gen_ai.output.messages").contains("Sunny."));
}

#[tokio::test]
async fn tokens_that_somebody_else_reports_are_on_neither_span_nor_metric() {
    #[sampling_step(tokens = false, response = |response| response, usage = |_| TokenUsage::new(1, 2))]
    fn ask() -> Value {
        current_step().usage(TokenUsage::new(3, 4));
        openai_response()
    }
    let telemetry = Telemetry::on().metered();
    ask();
    let by_hand = samplescope::start_step(|step| {
        step.model("gpt");
        step.without_tokens();
    });
    by_hand.response(openai_response());
    by_hand.end();
    for span in telemetry.spans(2) {
        assert_eq!((span.get("gen_ai.usage.input_tokens"), get(&span, "gen_ai.response.model").as_str()), (None, "gpt-4o-2026"));
    }
    assert_eq!(telemetry.points("gen_ai.client.token.usage").len(), 0);
}

#[tokio::test]
async fn content_that_is_written_goes_first_and_is_not_asked_of_the_type() {
    thread_local! {
        static ASKED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    #[derive(Serialize)]
    struct Own(Value);
    impl SamplingResponse for Own {
        fn message(&self) -> Option<Message> {
            ASKED.set(ASKED.get() + 1);
            Some(Message::assistant("by the type"))
        }
    }
    impl ToolOutcome for Own {
        fn result(&self) -> Option<Value> {
            ASKED.set(ASKED.get() + 1);
            Some(json!("by the type"))
        }
    }
    #[sampling_step(message = |_| "written", response = |own| &own.0)]
    fn ask() -> Own {
        Own(openai_response())
    }
    #[sampling_step(response = |own| &own.0)]
    fn ask_and_read() -> Own {
        Own(openai_response())
    }
    #[sampling_step]
    fn ask_the_type() -> Own {
        Own(Value::Null)
    }
    #[sampling_tool(result = |_| "written")]
    fn look() -> Own {
        Own(Value::Null)
    }
    #[sampling_tool(arguments = "where")]
    fn look_at_the_type() -> Own {
        Own(Value::Null)
    }
    let all: [fn() -> Own; 5] = [ask, ask_and_read, ask_the_type, look, look_at_the_type];
    let telemetry = capturing();
    let asked = all.map(|call| {
        call();
        ASKED.take()
    });
    assert_eq!(asked, [0, 0, 1, 0, 1]);
    let said = |span: &Span| {
        let said = get(span, "gen_ai.output.messages") + &get(span, "gen_ai.tool.call.result");
        ["written", "Sunny.", "by the type"].map(|word| u8::from(said.contains(word)))
    };
    assert_eq!(telemetry.spans(5).iter().map(said).collect::<Vec<_>>(), [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1]]);
    drop(telemetry);
    let _without_content = Telemetry::on();
    for call in all {
        call();
    }
    assert_eq!(ASKED.take(), 0);
}

#[test]
fn the_last_response_of_a_step_has_all_its_finish_reasons() {
    let telemetry = Telemetry::on();
    let step = samplescope::start_step(|_| ());
    step.response(openai_response());
    step.response(
        json!({ "object": "chat.completion", "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": {} }] }),
    );
    step.response(json!({ "object": "chat.completion", "id": "chatcmpl-2" }));
    step.end();
    assert_eq!(get(&telemetry.span(), "gen_ai.response.finish_reasons"), "[\"tool_call\"]");
}

/// Of a step that was told each of these.
fn told(say: impl FnOnce(&samplescope::StepCall)) -> Span {
    let telemetry = capturing();
    let step = samplescope::start_step(|_| ());
    say(&step);
    step.end();
    telemetry.span()
}

#[test]
fn a_response_that_is_read_takes_the_place_of_the_one_before_and_of_nothing_that_was_said() {
    let choice = |reason: &str, text: &str| json!([{ "index": 0, "finish_reason": reason, "message": { "role": "assistant", "content": text } }]);
    let first = json!({ "object": "chat.completion", "id": "one", "choices": choice("length", "Rai") });
    let second = json!({ "object": "chat.completion", "id": "two", "choices": choice("stop", "Sunny.") });
    let output = |reason: &str, text: &str| {
        format!(r#"[{{"finish_reason":"{reason}","parts":[{{"content":"{text}","type":"text"}}],"role":"assistant"}}]"#)
    };
    let span = told(|step| {
        step.response(&first);
        step.response(&second);
    });
    assert_eq!(
        (get(&span, "gen_ai.response.id"), get(&span, "gen_ai.output.messages")),
        ("two".into(), output("stop", "Sunny."))
    );
    let span = told(|step| {
        step.response(&first);
        step.message("Said.");
        step.response(&second);
    });
    assert_eq!(get(&span, "gen_ai.output.messages"), output("stop", "Said."));
}

#[test]
fn a_loop_s_written_tools_are_counted_and_not_its_request_s() {
    #[sampling_loop(request = openai_request(), tools = ["look", "ask"])]
    fn run() {}
    #[sampling_loop(request = openai_request(), tool_count = 7)]
    fn count() {}
    let telemetry = Telemetry::on();
    run();
    count();
    let counts: Vec<String> = telemetry.spans(2).iter().map(|span| get(span, "fastmcp.sampling.tool_count")).collect();
    assert_eq!(counts, ["2", "7"]);
}

#[tokio::test]
async fn an_error_s_own_kind_is_its_error_type() {
    #[sampling_step]
    fn ask(kind: &'static str) -> Result<(), Overloaded> {
        Err(Overloaded { error: Inner { r#type: kind, message: "try again".into() } })
    }
    let telemetry = Telemetry::on();
    for (kind, expected) in [("overloaded_error", "overloaded_error"), ("a sentence, and not a kind", "Overloaded")] {
        ask(kind).expect_err("an error");
        assert_eq!(get(&telemetry.span(), "error.type"), expected);
        telemetry.forget();
    }
    ask_written().expect_err("an error");
    assert_eq!(get(&telemetry.span(), "error.type"), "written");
}

#[sampling_step(error_type = |_| "written")]
fn ask_written() -> Result<(), Overloaded> {
    Err(Overloaded { error: Inner { r#type: "overloaded_error", message: String::new() } })
}

#[tokio::test]
async fn a_response_that_is_an_error_fails_the_step() {
    let telemetry = Telemetry::on();
    let failed = json!({ "id": "r1", "object": "response", "status": "failed", "error": { "code": "server_error", "message": "x" }, "output": [] });
    ask(&Value::Null, failed).await.expect("ok");
    let span = telemetry.span();
    assert_eq!((span.status(), get(&span, "error.type").as_str()), (Status::error(""), "server_error"));
}

mod streams {
    use super::*;

    fn events() -> Vec<Value> {
        let chunk = |delta: Value, finish: Value| json!({ "id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
        vec![
            chunk(json!({ "role": "assistant", "content": "" }), Value::Null),
            chunk(json!({ "content": "Let me look." }), Value::Null),
            chunk(
                json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "look", "arguments": "{\"at\":" } }] }),
                Value::Null,
            ),
            chunk(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "\"cat\"}" } }] }), Value::Null),
            chunk(json!({}), json!("tool_calls")),
            json!({ "id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } }),
        ]
    }

    #[sampling_step(stream, chunk = Chunk::read)]
    fn ask(events: Vec<Value>) -> BoxStream<'static, Value> {
        stream::iter(events).boxed()
    }

    #[tokio::test]
    async fn an_event_is_read_as_it_is() {
        let telemetry = capturing();
        assert_eq!(ask(events()).count().await, 6);
        let span = telemetry.span();
        assert_eq!(get(&span, "gen_ai.response.finish_reasons"), "[\"tool_call\"]");
        assert_eq!((get(&span, "gen_ai.usage.input_tokens"), get(&span, "gen_ai.response.id")), ("3".into(), "c1".into()));
        assert_eq!(
            get(&span, "gen_ai.output.messages"),
            r#"[{"finish_reason":"tool_call","parts":[{"content":"Let me look.","type":"text"},{"arguments":{"at":"cat"},"id":"a","name":"look","type":"tool_call"}],"role":"assistant"}]"#
        );
        assert!(span.get("gen_ai.response.time_to_first_chunk").is_some());
    }

    #[tokio::test]
    async fn tokens_that_somebody_else_reports_are_not_read_of_an_event() {
        #[sampling_step(tokens = false, stream, chunk = Chunk::read)]
        fn ask(events: Vec<Value>) -> BoxStream<'static, Value> {
            stream::iter(events).boxed()
        }
        let telemetry = Telemetry::on().metered();
        assert_eq!(ask(events()).count().await, 6);
        let span = telemetry.span();
        assert_eq!((span.get("gen_ai.usage.input_tokens"), get(&span, "gen_ai.response.id").as_str()), (None, "c1"));
        assert_eq!(telemetry.points("gen_ai.client.token.usage").len(), 0);
    }

    #[tokio::test]
    async fn a_reader_may_stop_where_the_finish_reason_was() {
        let telemetry = Telemetry::on();
        let mut events = ask(events());
        for _ in 0..5 {
            assert!(events.next().await.is_some());
        }
        drop(events);
        assert_eq!(telemetry.span().status(), Status::Unset);
    }

    #[tokio::test]
    async fn what_is_written_beside_it_goes_first_and_errors_are_failures() {
        #[sampling_step(stream, chunk = |event| Chunk::read(event).model("written").last())]
        fn ask(events: Vec<Value>) -> BoxStream<'static, Value> {
            stream::iter(events).boxed()
        }
        let telemetry = Telemetry::on();
        let error = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "try again" } });
        assert_eq!(ask(vec![error]).count().await, 1);
        let span = telemetry.span();
        assert_eq!(
            (get(&span, "error.type"), get(&span, "gen_ai.response.model")),
            ("overloaded_error".into(), "written".into())
        );
    }

    #[tokio::test]
    async fn each_answer_s_finish_reason_is_there_in_the_order_of_the_answers() {
        let openai = |index: u8, reason: Value| json!({ "object": "chat.completion.chunk", "choices": [{ "index": index, "delta": {}, "finish_reason": reason }] });
        let openai = [
            openai(2, json!("length")),
            openai(0, Value::Null),
            openai(1, json!("tool_calls")),
            openai(0, json!("stop")),
            openai(2, Value::Null),
        ];
        let gemini = |index: u8, reason: &str| json!({ "candidates": [{ "index": index, "content": { "parts": [] }, "finishReason": reason }] });
        let gemini = [gemini(1, "MAX_TOKENS"), gemini(0, "STOP"), gemini(1, "SAFETY")];
        for (events, reasons, first) in [
            (openai.to_vec(), "[\"stop\",\"tool_call\",\"length\"]", "endTurn"),
            (gemini.to_vec(), "[\"stop\",\"content_filter\"]", "endTurn"),
        ] {
            let telemetry = Telemetry::on();
            ask(events).count().await;
            let span = telemetry.span();
            assert_eq!(get(&span, "gen_ai.response.finish_reasons"), reasons);
            assert_eq!(get(&span, "fastmcp.sampling.stop_reason"), first);
        }
    }

    async fn told(events: Vec<Value>) -> Span {
        let telemetry = capturing();
        ask(events).count().await;
        telemetry.span()
    }

    fn output(span: &Span) -> Value {
        serde_json::from_str(&get(span, "gen_ai.output.messages")).expect("JSON")
    }

    fn openai(index: u8, delta: Value, reason: Value) -> Value {
        json!({ "object": "chat.completion.chunk", "choices": [{ "index": index, "delta": delta, "finish_reason": reason }] })
    }

    fn gemini(candidates: Value) -> Value {
        json!({ "candidates": candidates })
    }

    #[tokio::test]
    async fn each_answer_s_message_has_its_own_finish_reason() {
        let call = json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "look", "arguments": "{}" } }] });
        let two = vec![
            openai(1, call, json!("tool_calls")),
            openai(0, json!({ "content": "one" }), Value::Null),
            openai(0, json!({}), json!("length")),
        ];
        let parts = |text: &str| json!({ "role": "model", "parts": [{ "text": text }] });
        let candidates = gemini(json!([
            { "index": 0, "content": parts("one"), "finishReason": "MAX_TOKENS" },
            { "index": 1, "content": parts("two"), "finishReason": "OTHER" },
        ]));
        for (events, reasons) in [(two, ["length", "tool_call"]), (vec![candidates], ["length", "OTHER"])] {
            let output = output(&told(events).await);
            assert_eq!([&output[0]["finish_reason"], &output[1]["finish_reason"]], reasons);
        }
    }

    #[tokio::test]
    async fn an_answer_that_broke_off_has_no_finish_reason_of_another_s() {
        let span = told(vec![
            openai(0, json!({ "content": "one" }), json!("stop")),
            openai(1, json!({ "content": "tw" }), Value::Null),
            json!({ "error": { "type": "overloaded" } }),
        ])
        .await;
        let output = output(&span);
        assert_eq!((get(&span, "error.type").as_str(), &output[0]["finish_reason"]), ("overloaded", &json!("stop")));
        assert_eq!(output[1].get("finish_reason"), None);
        let telemetry = capturing();
        let step = samplescope::start_step(|_| ());
        step.chunk(Chunk::new().text("half a sen"));
        drop(step);
        assert_eq!(self::output(&telemetry.span())[0].get("finish_reason"), None);
    }

    #[tokio::test]
    async fn a_finish_reason_that_is_redacted_is_so_in_a_stream_s_message_too() {
        let settings = Settings::default()
            .with_vocabulary(Vocabulary::GenAi)
            .with_capture(Capture::Spans)
            .with_redactor(|_, text| text.replace("hunter2", "***").into());
        let telemetry = Telemetry::on().with(settings);
        ask(vec![openai(0, json!({ "content": "one" }), json!("hunter2"))]).count().await;
        assert_eq!(output(&telemetry.span())[0]["finish_reason"], "***");
    }

    #[tokio::test]
    async fn counts_of_one_stream_are_put_together_before_they_are_added_up() {
        let start =
            json!({ "type": "message_start", "message": { "usage": { "input_tokens": 10, "cache_read_input_tokens": 5_000 } } });
        let end = json!({ "type": "message_delta", "delta": {}, "usage": { "input_tokens": 11, "cache_read_input_tokens": null, "output_tokens": 20 } });
        let span = told(vec![start, end]).await;
        let count = |key: &str| get(&span, key);
        assert_eq!(count("gen_ai.usage.input_tokens"), "5011");
        assert_eq!(
            (count("gen_ai.usage.cache_read.input_tokens"), count("gen_ai.usage.output_tokens")),
            ("5000".into(), "20".into())
        );
        let usage = |said: Value| json!({ "usageMetadata": said });
        let span = told(vec![
            usage(json!({ "promptTokenCount": 3, "candidatesTokenCount": 1, "thoughtsTokenCount": 40 })),
            usage(json!({ "candidatesTokenCount": 9 })),
        ])
        .await;
        assert_eq!(
            (get(&span, "gen_ai.usage.input_tokens"), get(&span, "gen_ai.usage.output_tokens")),
            ("3".into(), "49".into())
        );
    }

    #[test]
    fn a_count_that_is_written_stays_where_an_item_says_another() {
        let telemetry = Telemetry::on();
        let step = samplescope::start_step(|_| ());
        let start =
            json!({ "type": "message_start", "message": { "usage": { "input_tokens": 10, "cache_read_input_tokens": 5 } } });
        step.chunk(Chunk::read(&start).usage(TokenUsage::default().with_input(99)));
        step.chunk(Chunk::read(&json!({ "type": "message_delta", "delta": {}, "usage": { "output_tokens": 20 } })));
        step.end();
        let span = telemetry.span();
        assert_eq!(
            (get(&span, "gen_ai.usage.input_tokens"), get(&span, "gen_ai.usage.output_tokens")),
            ("99".into(), "20".into())
        );
    }

    #[tokio::test]
    async fn a_call_in_one_item_is_why_the_model_stopped_in_another() {
        let parts = |index: u8, parts: Value, reason: Value| json!([{ "index": index, "content": { "parts": parts }, "finishReason": reason }]);
        let call = gemini(parts(1, json!([{ "functionCall": { "name": "look", "args": {} } }]), Value::Null));
        let stop = |index: u8| gemini(parts(index, json!([{ "text": "" }]), json!("STOP")));
        for events in [vec![call.clone(), stop(0), stop(1)], vec![stop(1), call, stop(0)]] {
            let span = told(events).await;
            assert_eq!(get(&span, "gen_ai.response.finish_reasons"), "[\"stop\",\"tool_call\"]");
            assert_eq!(output(&span)[0]["finish_reason"], "tool_call");
        }
    }

    #[tokio::test]
    async fn a_call_whose_arguments_follow_keeps_its_name() {
        let item = |call: Value| gemini(json!([{ "content": { "parts": [{ "functionCall": call }] } }]));
        let partial = json!([{ "jsonPath": "$.at", "stringValue": "cat", "willContinue": true }]);
        let span = told(vec![
            item(json!({ "name": "look", "willContinue": true })),
            item(json!({ "partialArgs": partial, "willContinue": true })),
            item(json!({})),
        ])
        .await;
        assert_eq!(output(&span)[0]["parts"], json!([{ "type": "tool_call", "name": "look", "arguments": null }]));
    }

    #[tokio::test]
    async fn a_call_without_arguments_has_none_in_pieces_as_it_has_whole() {
        let block = |index: u8, name: &str| {
            json!({ "type": "content_block_start", "index": index, "content_block":
            { "type": "tool_use", "id": name, "name": name, "input": {} } })
        };
        let piece = |json: &str| json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "input_json_delta", "partial_json": json } });
        let span = told(vec![block(0, "now"), block(1, "look"), piece(""), piece("{\"at\":"), piece("1}")]).await;
        let output = output(&span);
        let arguments = [&output[0]["parts"][0]["arguments"], &output[0]["parts"][1]["arguments"]];
        assert_eq!(arguments, [&json!({}), &json!({ "at": 1 })]);
    }

    #[tokio::test]
    async fn what_a_part_of_a_message_is_that_is_no_text_is_not_in_its_text() {
        let item = |parts: Value| gemini(json!([{ "content": { "role": "model", "parts": parts } }]));
        let span = told(vec![
            item(json!([{ "text": "Let me see. " }, { "executableCode": { "language": "PYTHON", "code": "print(1)" } }])),
            item(json!([{ "codeExecutionResult": { "outcome": "OUTCOME_OK", "output": "1" } }])),
            item(json!([{ "text": "It is 1." }])),
        ])
        .await;
        assert_eq!(output(&span)[0]["parts"], json!([{ "type": "text", "content": "Let me see. It is 1." }]));
    }

    #[tokio::test]
    async fn answers_without_end_are_not_all_kept() {
        let telemetry = Telemetry::on();
        let chunk = |index: u64| json!({ "choices": [{ "index": index, "delta": {}, "finish_reason": "stop" }] });
        ask((0..5_000).rev().map(|index| chunk(index << 40)).collect()).count().await;
        let reasons = get(&telemetry.span(), "gen_ai.response.finish_reasons");
        assert_eq!(reasons.matches("stop").count(), 1_000);
    }

    #[tokio::test]
    async fn a_call_that_is_whole_at_its_end_is_the_one_that_came_in_pieces() {
        let event = |event: Value| json!({ "item": "event", "value": event });
        let telemetry = capturing();
        ask(vec![
            event(json!({ "event": "start", "part": 3, "kind": "tool_call", "name": "loo" })),
            event(json!({ "event": "arguments", "part": 3, "json": "{\"at\": " })),
            event(json!({ "event": "end", "part": 3, "content":
                { "type": "toolcall", "id": { "provider": "c-1" }, "function": { "name": "look", "arguments": { "at": "cat" } } } })),
        ])
        .count()
        .await;
        let output: Value = serde_json::from_str(&get(&telemetry.span(), "gen_ai.output.messages")).expect("JSON");
        let call = json!({ "type": "tool_call", "id": "c-1", "name": "look", "arguments": { "at": "cat" } });
        assert_eq!(output[0]["parts"], json!([call]));
    }

    #[tokio::test]
    async fn several_answers_are_several_messages() {
        let telemetry = capturing();
        let chunk = |index: u8, text: &str| json!({ "id": "c1", "object": "chat.completion.chunk", "choices": [{ "index": index, "delta": { "content": text } }] });
        ask(vec![chunk(1, "two"), chunk(0, "one"), chunk(1, "!")]).count().await;
        let output: Value = serde_json::from_str(&get(&telemetry.span(), "gen_ai.output.messages")).expect("JSON");
        assert_eq!(
            (output[0]["parts"][0]["content"].as_str(), output[1]["parts"][0]["content"].as_str()),
            (Some("one"), Some("two!"))
        );
    }
}

mod by_type {
    use super::*;

    #[derive(Clone, Serialize)]
    struct Turn {
        role: &'static str,
        content: &'static str,
    }

    #[derive(Serialize)]
    struct Tool {
        name: &'static str,
        description: &'static str,
        input_schema: Value,
    }

    #[sampling_loop(messages = history, tools = tools, system_prompt = system, answer = |answer| answer)]
    async fn run(history: &[Turn], tools: Vec<Tool>, system: Result<&str, String>) -> Result<Turn, String> {
        Ok(Turn { role: "assistant", content: "Sunny." })
    }

    #[sampling_step(messages = history, message = |turn| Err::<Turn, _>(turn.content))]
    async fn step(history: Result<Vec<Turn>, u8>) -> Turn {
        Turn { role: "assistant", content: "lost" }
    }

    #[tokio::test]
    async fn whatever_serialises_is_messages_and_an_error_is_none() {
        let telemetry = capturing();
        let turn = Turn { role: "user", content: "what now?" };
        let tool = |name| Tool { name, description: "Looks.", input_schema: json!({}) };
        run(std::slice::from_ref(&turn), vec![tool("look"), tool("glance")], Ok("be brief")).await.expect("ok");
        step(Ok(vec![turn])).await;
        step(Err(1)).await;
        let spans = telemetry.spans(3);
        let question = r#"[{"parts":[{"content":"what now?","type":"text"}],"role":"user"}]"#;
        assert_eq!(get(&spans[0], "gen_ai.input.messages"), question);
        assert_eq!(get(&spans[0], "gen_ai.system_instructions"), r#"[{"content":"be brief","type":"text"}]"#);
        assert_eq!(get(&spans[0], "fastmcp.sampling.tool_count"), "2");
        assert!(get(&spans[0], "gen_ai.tool.definitions").contains("Looks."));
        assert!(get(&spans[0], "gen_ai.output.messages").contains("Sunny."));
        assert_eq!((get(&spans[1], "gen_ai.input.messages").as_str(), spans[1].get("gen_ai.output.messages")), (question, None));
        assert_eq!(spans[2].get("gen_ai.input.messages"), None);
    }

    #[sampling_loop(tools = tools)]
    async fn equipped(tools: Result<[&str; 2], u8>) {}

    #[tokio::test]
    async fn tools_that_could_not_be_listed_are_none() {
        let telemetry = capturing();
        equipped(Ok(["look", "ask"])).await;
        equipped(Err(1)).await;
        let spans = telemetry.spans(2);
        let definitions = r#"[{"name":"look","type":"function"},{"name":"ask","type":"function"}]"#;
        assert_eq!(get(&spans[0], "fastmcp.sampling.tool_count"), "2");
        assert_eq!(get(&spans[0], "gen_ai.tool.definitions"), definitions);
        assert_eq!(get(&spans[1], "fastmcp.sampling.tool_count"), "0");
        assert_eq!(spans[1].get("gen_ai.tool.definitions"), None);
    }

    #[tokio::test]
    async fn by_hand_it_is_said() {
        #[sampling_loop]
        async fn run() {
            let history = vec![Turn { role: "user", content: "what now?" }];
            assert_eq!(format!("{:?}", samplescope::read(&history)), "Read { .. }", "what is content is in no text");
            current_loop().messages(samplescope::read(&history));
        }
        let telemetry = capturing();
        run().await;
        assert!(get(&telemetry.span(), "gen_ai.input.messages").contains("what now?"));
    }
}

mod not_recognised {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

    #[derive(Clone, Default)]
    struct Warnings(Arc<Mutex<Vec<String>>>);

    impl<S: tracing::Subscriber> Layer<S> for Warnings {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            struct Text(String);
            impl tracing::field::Visit for Text {
                fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                    if field.name() == "message" {
                        self.0 = format!("{value:?}");
                    }
                }
            }
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().expect("not poisoned").push(text.0);
        }
    }

    #[derive(Serialize)]
    struct Homemade {
        words: &'static str,
        secret: &'static str,
    }

    #[sampling_step(response = |response| response)]
    fn ask() -> Homemade {
        Homemade { words: "said in confidence", secret: "hunter2" }
    }

    #[sampling_tool]
    fn beside() {}

    fn warned(run: impl FnOnce()) -> Vec<String> {
        let warnings = Warnings::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(LevelFilter::WARN).with(warnings.clone()), run);
        let warnings = warnings.0.lock().expect("not poisoned");
        warnings.clone()
    }

    #[test]
    fn what_is_not_recognised_says_so_once_and_nothing_of_what_it_holds() {
        let telemetry = Telemetry::on();
        let warnings = warned(|| {
            for _ in 0..3 {
                ask();
                beside();
            }
        });
        telemetry.spans(6);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        for part in ["`response`", "Homemade", "words", "secret"] {
            assert!(warnings[0].contains(part), "{part}: {}", warnings[0]);
        }
        for never in ["hunter2", "confidence"] {
            assert!(!warnings[0].contains(never));
        }
    }

    /// Of a type of its own, since a process is warned once.
    #[derive(Clone, Serialize)]
    struct Elsewhere {
        words: &'static str,
    }

    #[sampling_step(request = Elsewhere { words: "one" }, response = |response| response)]
    fn one() -> Elsewhere {
        Elsewhere { words: "one" }
    }

    #[sampling_step(response = |response| response)]
    fn two() -> Elsewhere {
        current_step().response(Elsewhere { words: "before" });
        current_step().response(Elsewhere { words: "again" });
        Elsewhere { words: "two" }
    }

    #[sampling_step(stream, chunk = Chunk::read)]
    fn streamed() -> BoxStream<'static, Elsewhere> {
        stream::iter(vec![Elsewhere { words: "three" }; 3]).boxed()
    }

    #[sampling_step(stream, chunk = Chunk::read)]
    fn streamed_again() -> BoxStream<'static, Elsewhere> {
        stream::iter(vec![Elsewhere { words: "four" }; 3]).boxed()
    }

    fn by_hand() {
        let items = || stream::iter(vec![Elsewhere { words: "five" }; 3]);
        futures::executor::block_on_stream(samplescope::start_step(|_| ()).stream(items(), |item| Chunk::read(item)))
            .for_each(drop);
        futures::executor::block_on_stream(samplescope::start_step(|_| ()).stream_local(items(), |item| Chunk::read(item)))
            .for_each(drop);
        let step = samplescope::start_step(|step| step.request(&Elsewhere { words: "six" }));
        step.chunk(Chunk::read(&Elsewhere { words: "seven" }));
        step.end();
    }

    #[test]
    fn each_place_says_so_itself_and_says_where_it_is() {
        let telemetry = Telemetry::on();
        let warnings = warned(|| {
            for _ in 0..2 {
                one();
                two();
                futures::executor::block_on_stream(streamed()).for_each(drop);
                futures::executor::block_on_stream(streamed_again()).for_each(drop);
                by_hand();
            }
        });
        telemetry.spans(14);
        // `one` two, `two` three, each stream one, by hand four.
        assert_eq!(warnings.len(), 11, "{warnings:#?}");
        let here = concat!(" at ", file!(), ":");
        let places: std::collections::BTreeSet<&str> =
            warnings.iter().filter_map(|warning| warning.split_once(here)?.1.split_once(": ")).map(|(place, _)| place).collect();
        assert_eq!(places.len(), 10, "a request and its response stand in one attribute: {warnings:#?}");
    }
}
