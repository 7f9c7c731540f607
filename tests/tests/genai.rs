//! The GenAI vocabulary, for those who opt in, and what only it has.

use opentelemetry::trace::{SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use samplescope::{
    Capture, Message, Part, Settings, ToToolDefinitions, TokenUsage, ToolDefinition, Vocabulary, sampling_loop, sampling_step,
    sampling_tool,
};
use samplescope_tests::{Logs, Span, Telemetry, Without};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn genai() -> Settings {
    Settings::default().with_vocabulary(Vocabulary::GenAi)
}

struct Forecast;

#[sampling_loop(
    agent = agent,
    provider = "anthropic",
    conversation_id = "c-1",
    model = model,
    result_type = Forecast,
    handler_mode = "client",
    tools = ["look", "ask"],
    system_prompt = "Be brief.",
    messages = "Weather?",
    answer = |_| "Sunny.",
)]
async fn run(agent: Option<&str>, model: Option<&str>) -> Result<Forecast, String> {
    ask(model).await.map(|_| Forecast)
}

#[sampling_step(
    messages = "Weather?",
    tools = json!([{ "name": "look" }]),
    message = |_| "Sunny.",
    stop_reason = |_| "end_turn",
    response_id = |_| "r-1",
    response_model = |_| "claude-1",
    usage = |_| TokenUsage::new(10, 5),
)]
async fn ask(model: Option<&str>) -> Result<u8, String> {
    look().await;
    if model == Some("broken") { Err("no such model".to_owned()) } else { Ok(1) }
}

#[sampling_tool(arguments = json!({ "city": "Paris" }), result = |()| "20 degrees")]
async fn look() {}

#[tokio::test]
async fn spans_have_the_conventions_names_and_kinds_with_their_fallbacks() {
    let telemetry = Telemetry::on().with(genai());
    assert!(run(Some("weather"), Some("claude")).await.is_ok());
    assert_eq!(telemetry.tree(), "invoke_agent weather\n  chat claude\n    execute_tool look\n");
    let kinds: Vec<SpanKind> = telemetry.spans(3).iter().map(Span::kind).collect();
    assert_eq!(kinds, [SpanKind::Internal, SpanKind::Client, SpanKind::Internal]);
    telemetry.forget();
    assert!(run(None, None).await.is_ok());
    assert_eq!(telemetry.tree(), "invoke_agent\n  chat\n    execute_tool look\n");
}

#[tokio::test]
async fn the_scope_carries_the_schema_of_its_vocabulary() {
    for (settings, schema) in [
        (Settings::default(), "https://opentelemetry.io/schemas/1.44.0"),
        (genai(), "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"),
    ] {
        let telemetry = Telemetry::on().with(settings);
        assert!(run(None, None).await.is_ok());
        for span in telemetry.spans(3) {
            let scope = &span.0.instrumentation_scope;
            assert_eq!((scope.name(), scope.schema_url()), ("samplescope", Some(schema)));
            assert!(scope.version().is_some() && scope.attributes().next().is_none());
        }
    }
}

#[tokio::test]
async fn attributes_are_the_same_in_both_vocabularies_but_for_what_the_tables_name() {
    let mut seen = Vec::new();
    for settings in [Settings::default(), genai()] {
        let telemetry = Telemetry::on().with(settings);
        assert!(run(Some("weather"), Some("claude")).await.is_ok());
        seen.push(telemetry.spans(3).iter().map(Span::attributes).collect::<Vec<_>>());
    }
    let [prescribed, genai] = &seen[..] else { panic!("both") };
    for (prescribed, genai) in prescribed.iter().zip(genai) {
        let only = |one: &std::collections::BTreeMap<String, String>, other: &std::collections::BTreeMap<String, String>| {
            one.iter().filter(|(key, value)| other.get(*key) != Some(value)).map(|(key, _)| key.clone()).collect::<Vec<_>>()
        };
        let is_loop = genai["gen_ai.operation.name"] == r#"String("invoke_agent")"#;
        let is_tool = genai["gen_ai.operation.name"] == r#"String("execute_tool")"#;
        assert_eq!(only(prescribed, genai), if is_loop { vec!["gen_ai.provider.name", "mcp.method.name"] } else { vec![] });
        assert_eq!(only(genai, prescribed), if is_tool { vec![] } else { vec!["gen_ai.output.type"] });
    }
}

mod output {
    use super::*;

    #[sampling_loop]
    async fn says_text() -> String {
        step().await;
        String::new()
    }

    #[sampling_loop]
    async fn says_nothing() {
        step().await;
    }

    #[sampling_loop(result_type = Forecast)]
    async fn structured() {
        step().await;
    }

    #[sampling_loop(result_type_name = name)]
    async fn named(name: Option<&str>) {
        step().await;
    }

    #[sampling_step]
    async fn step() {}

    #[tokio::test]
    async fn the_output_type_is_json_where_a_structured_result_is_asked_for_and_else_text() {
        let telemetry = Telemetry::on().with(genai());
        says_text().await;
        says_nothing().await;
        structured().await;
        named(Some("Forecast")).await;
        named(Some("str")).await;
        named(None).await;
        let spans = telemetry.spans(12);
        let types: Vec<String> =
            spans.iter().map(|span| span.get("gen_ai.output.type").map(|text| text.to_string()).unwrap_or_default()).collect();
        let expected = ["text", "text", "json", "json", "text", "text"].map(|kind| [kind, kind]).concat();
        assert_eq!(types, expected, "the loop's own, and its step's");
        telemetry.forget();
        step().await;
        assert_eq!(telemetry.span().get("gen_ai.output.type"), None, "outside a loop nobody said what is asked for");
    }
}

mod request {
    use super::*;

    #[sampling_step(
        top_p = top_p,
        top_k = 40,
        seed = seed + 1,
        stop_sequences = stops,
        presence_penalty = 0.5,
        frequency_penalty = -1,
        choice_count = 2_u8,
        reasoning_level = Some("low"),
        previous_response_id = "resp_1".to_owned(),
        prompt_name = "trip-planner",
        prompt_version = &"v2",
        server_address = "api.example.com",
        server_port = Some(443_u16),
    )]
    async fn ask(top_p: Option<f32>, seed: u64, stops: &[&str]) {}

    #[tokio::test]
    async fn the_rest_of_a_model_request_is_typed_as_the_registry_says() {
        for settings in [Settings::default(), genai()] {
            let telemetry = Telemetry::on().with(settings);
            ask(Some(0.9), 6, &["END", "STOP"]).await;
            let attributes = telemetry.span().attributes();
            for (key, value) in [
                ("gen_ai.request.top_p", "F64(0.9)"),
                ("gen_ai.request.top_k", "I64(40)"),
                ("gen_ai.request.seed", "I64(7)"),
                ("gen_ai.request.stop_sequences", r#"Array(["END", "STOP"])"#),
                ("gen_ai.request.presence_penalty", "F64(0.5)"),
                ("gen_ai.request.frequency_penalty", "F64(-1.0)"),
                ("gen_ai.request.choice.count", "I64(2)"),
                ("gen_ai.request.reasoning.level", r#"String("low")"#),
                ("gen_ai.request.previous_response.id", r#"String("resp_1")"#),
                ("gen_ai.prompt.name", r#"String("trip-planner")"#),
                ("gen_ai.prompt.version", r#"String("v2")"#),
                ("server.address", r#"String("api.example.com")"#),
                ("server.port", "I64(443)"),
            ] {
                assert_eq!(attributes.get(key).map(String::as_str), Some(value), "{key}");
            }
            telemetry.forget();
            ask(None, 6, &[]).await;
            assert_eq!(telemetry.span().get("gen_ai.request.top_p"), None);
        }
    }

    #[sampling_step(request = request, reasoning_level = level)]
    async fn reading(request: &Value, level: Option<&str>) {}

    #[tokio::test]
    async fn what_a_request_says_of_reasoning_and_of_what_went_before_is_said_unless_it_is_written() {
        let request = json!({ "model": "m", "input": "Hi", "reasoning": { "effort": "high" }, "previous_response_id": "resp_1" });
        let telemetry = Telemetry::on();
        reading(&request, Some("low")).await;
        let span = telemetry.span();
        let said = ["gen_ai.request.reasoning.level", "gen_ai.request.previous_response.id"].map(|key| span.get(key));
        assert_eq!(said, [Some("low".into()), Some("resp_1".into())]);
    }

    #[tokio::test]
    async fn a_call_by_hand_says_them_too() {
        let telemetry = Telemetry::on().metered().with(genai());
        let step = samplescope::start_step(|step| {
            step.reasoning_level("low");
            step.previous_response_id("resp_1");
            step.prompt_name("trip-planner");
            step.prompt_version("v2");
            step.server_address("api.example.com");
            step.server_port(&443);
            step.request(&json!({ "model": "m", "input": "Hi", "reasoning": { "effort": "high" } }));
        });
        step.end();
        let said = telemetry.span().attributes();
        assert_eq!(said["gen_ai.request.reasoning.level"], r#"String("low")"#);
        assert_eq!(said["gen_ai.request.previous_response.id"], r#"String("resp_1")"#);
        assert_eq!(
            (&*said["gen_ai.prompt.name"], &*said["gen_ai.prompt.version"]),
            (r#"String("trip-planner")"#, r#"String("v2")"#)
        );
        assert_eq!(telemetry.points("gen_ai.client.inference.duration")[0].attributes["server.port"], "I64(443)");
    }

    #[sampling_step(stop_sequences = "END")]
    async fn one() {}

    #[tokio::test]
    async fn one_stop_sequence_is_a_list_of_one() {
        let telemetry = Telemetry::on();
        one().await;
        assert_eq!(telemetry.span().attributes()["gen_ai.request.stop_sequences"], r#"Array(["END"])"#);
    }
}

#[tokio::test]
async fn tokens_written_to_a_cache_have_the_name_of_their_vocabulary() {
    #[sampling_step(usage = |()| TokenUsage::new(1, 1).with_cache_creation(7), message = |()| "Hi")]
    async fn ask() {}
    for (settings, name, other) in [
        (Settings::default(), "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"),
        (genai(), "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
    ] {
        let telemetry = Telemetry::on().with(settings.clone().with_capture(Capture::Events));
        let logs = Logs::listen();
        ask().await;
        let said = telemetry.span().attributes();
        assert_eq!((said.get(name).map(String::as_str), said.get(other)), (Some("I64(7)"), None));
        let logs = logs.named("gen_ai.client.inference.operation.details");
        assert_eq!(logs.len(), usize::from(name.contains("write")), "there alone steps have content");
        for log in logs {
            assert_eq!((log.attributes.get(name).map(String::as_str), log.attributes.get(other)), (Some("I64(7)"), None));
        }
    }
}

#[tokio::test]
async fn system_instructions_are_text_and_nothing_else() {
    #[sampling_step(system_prompt = prompt)]
    async fn ask(prompt: &Message) {}
    let telemetry = Telemetry::on().with(genai().with_capture(Capture::Spans));
    ask(&Message::system("Be brief.").with(Part::uri("image", "https://example.com/a.png")).with(Part::text("Be kind."))).await;
    let expected = r#"[{"content":"Be brief.","type":"text"},{"content":"Be kind.","type":"text"}]"#;
    assert_eq!(telemetry.span().get("gen_ai.system_instructions"), Some(expected.into()));
    telemetry.forget();
    ask(&Message::new("system").with(Part::uri("image", "https://example.com/a.png"))).await;
    assert_eq!(telemetry.span().get("gen_ai.system_instructions"), None);
}

#[tokio::test]
async fn a_log_record_has_all_finish_reasons() {
    #[sampling_step(response = |response| response)]
    async fn ask(response: Value) -> Value {
        response
    }
    let choice =
        |reason: &str| json!({ "index": 0, "finish_reason": reason, "message": { "role": "assistant", "content": "x" } });
    let telemetry = Telemetry::on().with(genai().with_capture(Capture::Events));
    let logs = Logs::listen();
    ask(json!({ "object": "chat.completion", "choices": [choice("stop"), choice("length")] })).await;
    telemetry.spans(1);
    let [log] = &logs.named("gen_ai.client.inference.operation.details")[..] else { panic!("{:?}", logs.records()) };
    assert_eq!(log.attributes["gen_ai.response.finish_reasons"].replace('\\', ""), r#"String("["stop","length"]")"#);
}

/// Writes down what it sees of every span, and takes those whose attribute has the value.
#[derive(Clone, Debug)]
struct Picky {
    key: &'static str,
    value: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Picky {
    fn new(key: &'static str, value: &'static str) -> Self {
        Picky { key, value, seen: Arc::default() }
    }
}

impl ShouldSample for Picky {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        name: &str,
        _: &SpanKind,
        attributes: &[KeyValue],
        _: &[opentelemetry::trace::Link],
    ) -> SamplingResult {
        let value = attributes.iter().find(|attribute| attribute.key.as_str() == self.key);
        let value = value.map(|attribute| attribute.value.to_string()).unwrap_or_default();
        self.seen.lock().expect("not poisoned").push(format!("{name}: {value}"));
        let inside = parent.is_some_and(|parent| parent.span().is_recording());
        let taken = inside || value == self.value;
        let decision = if taken { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::default() }
    }
}

#[tokio::test]
async fn a_sampler_decides_by_operation_name() {
    let sampler = Picky::new("gen_ai.operation.name", "invoke_agent");
    let telemetry = Telemetry::off().sampled(sampler.clone()).with(genai());
    assert!(run(Some("weather"), Some("claude")).await.is_ok());
    look().await;
    assert_eq!(telemetry.tree(), "invoke_agent weather\n  chat claude\n    execute_tool look\n", "and no lone tool");
    assert!(sampler.seen.lock().expect("not poisoned").contains(&"invoke_agent: invoke_agent".to_owned()));
}

#[tokio::test]
async fn with_arguments_for_the_sampler_it_decides_by_model() {
    for (settings, spans) in [(genai(), 0), (genai().with_arguments_for_sampler(true), 3)] {
        let sampler = Picky::new("gen_ai.request.model", "claude");
        let telemetry = Telemetry::off().sampled(sampler.clone()).with(settings);
        assert!(run(Some("weather"), Some("claude")).await.is_ok());
        assert!(run(Some("weather"), Some("gpt")).await.is_ok());
        telemetry.spans(spans);
        let seen = sampler.seen.lock().expect("not poisoned");
        let expected = if spans == 0 { "invoke_agent: " } else { "invoke_agent weather: claude" };
        assert_eq!(seen[0], expected, "the name, too, is complete when it decides");
    }
}

#[tokio::test]
async fn content_is_json_attributes_behind_all_others() {
    let telemetry = Telemetry::on().with(genai().with_capture(Capture::Spans));
    let logs = Logs::listen();
    assert!(run(Some("weather"), Some("claude")).await.is_ok());
    let spans = telemetry.spans(3);
    let last = |span: &Span, count| {
        let keys: Vec<String> = span.0.attributes.iter().map(|attribute| attribute.key.to_string()).collect();
        keys[keys.len() - count..].to_vec()
    };
    let instructions = "gen_ai.system_instructions";
    let [input, output, tools] = ["gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions"];
    assert_eq!(last(&spans[0], 4), [instructions, input, output, tools]);
    assert_eq!(last(&spans[1], 3), [input, output, tools]);
    assert_eq!(last(&spans[2], 2), ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"]);
    assert_eq!(spans[2].get("gen_ai.tool.call.arguments"), Some(r#"{"city":"Paris"}"#.into()));
    assert_eq!(spans[2].get("gen_ai.tool.call.result"), Some(r#""20 degrees""#.into()));
    let answer = r#"[{"finish_reason":"stop","parts":[{"content":"Sunny.","type":"text"}],"role":"assistant"}]"#;
    assert_eq!((spans[0].get(output), spans[1].get(output)), (Some(answer.into()), Some(answer.into())));
    assert!(spans.iter().all(|span| span.events().is_empty()));
    assert!(logs.records().is_empty());
}

#[tokio::test]
async fn as_events_each_model_call_and_the_run_are_a_log_record_that_says_what_its_span_says() {
    let telemetry = Telemetry::on().with(genai().with_capture(Capture::Events));
    let logs = Logs::listen();
    assert!(run(Some("weather"), Some("claude")).await.is_ok());
    let [run, step, tool] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
    assert!(
        ![run, step, tool]
            .iter()
            .any(|span| span.attributes().keys().any(|key| key.contains("messages") || key.contains("tool.call")))
    );
    let [of_step, of_run] = &logs.named("gen_ai.client.inference.operation.details")[..] else { panic!("{:?}", logs.records()) };
    for (log, span) in [(of_step, step), (of_run, run)] {
        assert_eq!(log.ids, Some((span.0.span_context.trace_id(), span.id())));
    }
    let all: Vec<String> = of_step.attributes.iter().map(|(key, value)| format!("{key} = {}", value.replace('\\', ""))).collect();
    assert_eq!(
        all,
        [
            r#"gen_ai.agent.name = String("weather")"#,
            r#"gen_ai.conversation.id = String("c-1")"#,
            r#"gen_ai.input.messages = String("[{"parts":[{"content":"Weather?","type":"text"}],"role":"user"}]")"#,
            r#"gen_ai.operation.name = String("chat")"#,
            r#"gen_ai.output.messages = String("[{"finish_reason":"stop","parts":[{"content":"Sunny.","type":"text"}],"role":"assistant"}]")"#,
            r#"gen_ai.output.type = String("json")"#,
            r#"gen_ai.provider.name = String("anthropic")"#,
            r#"gen_ai.request.model = String("claude")"#,
            r#"gen_ai.response.finish_reasons = String("["stop"]")"#,
            r#"gen_ai.response.id = String("r-1")"#,
            r#"gen_ai.response.model = String("claude-1")"#,
            r#"gen_ai.tool.definitions = String("[{"name":"look","type":"function"}]")"#,
            "gen_ai.usage.input_tokens = I64(10)",
            "gen_ai.usage.output_tokens = I64(5)",
        ]
    );
    assert_eq!(of_run.attributes["gen_ai.operation.name"], r#"String("invoke_agent")"#);
    assert_eq!(of_run.attributes.get("gen_ai.provider.name"), None, "as on its span");
}

#[tokio::test]
async fn the_log_record_of_a_step_alone_says_what_it_was_asked_of_whom() {
    #[sampling_step(provider = "anthropic", model = model, messages = "Weather?")]
    async fn ask(model: &str) {}
    let _telemetry = Telemetry::on().with(genai().with_capture(Capture::Events));
    let logs = Logs::listen();
    ask("claude").await;
    let [log] = &logs.named("gen_ai.client.inference.operation.details")[..] else { panic!("{:?}", logs.records()) };
    let said = ["gen_ai.provider.name", "gen_ai.request.model"].map(|key| log.attributes.get(key).map(String::as_str));
    assert_eq!(said, [Some(r#"String("anthropic")"#), Some(r#"String("claude")"#)]);
}

#[tokio::test]
async fn a_failed_model_call_is_a_log_record_for_those_who_take_log_events() {
    for (capture, records) in [(Capture::Events, 1), (Capture::SpansAndEvents, 1), (Capture::Spans, 0), (Capture::Off, 0)] {
        let telemetry = Telemetry::on().with(genai().with_capture(capture));
        let logs = Logs::listen();
        assert!(run(None, Some("broken")).await.is_err());
        let exceptions = logs.named("gen_ai.client.operation.exception");
        assert_eq!(exceptions.len(), records, "{capture:?}: of the step, not again of its loop");
        let step = &telemetry.spans(3)[1];
        assert_eq!(step.events().len(), 1, "the span event is there in any case");
        for log in exceptions {
            assert_eq!(log.severity, Some(opentelemetry::logs::Severity::Warn));
            assert_eq!(log.ids.map(|(_, span)| span), Some(step.id()));
            assert_eq!(log.attributes["exception.type"], r#"String("alloc::string::String")"#);
            assert_eq!(log.attributes["exception.message"], r#"String("no such model")"#);
        }
        for log in logs.named("gen_ai.client.inference.operation.details") {
            assert_eq!(log.attributes["error.type"], r#"String("String")"#);
            assert!(!log.attributes.contains_key("gen_ai.output.messages"), "what failed has said nothing");
        }
    }
}

mod tools {
    use super::*;
    use std::cell::Cell;

    #[sampling_loop(tools = tools)]
    async fn listed<T: ToToolDefinitions>(tools: &T) {}

    #[sampling_loop(tools = ["a", "b"], tool_count = count)]
    async fn counted(count: Option<u8>) {}

    #[sampling_step(tools = ["a", "b"])]
    async fn step() {}

    /// Does not say how many there are.
    struct Listed(Vec<ToolDefinition>);

    impl ToToolDefinitions for Listed {
        fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
            self.0.clone()
        }
    }

    struct Dear(Cell<u32>);

    impl ToToolDefinitions for Dear {
        fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
            self.0.set(self.0.get() + 1);
            vec![ToolDefinition::new("dear")]
        }

        fn tool_count(&self) -> usize {
            1
        }
    }

    /// Says no count.
    struct Two;

    impl ToToolDefinitions for Two {
        fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
            vec![ToolDefinition::new("a"), ToolDefinition::new("b")]
        }
    }

    #[tokio::test]
    async fn each_kind_of_tools_counts_and_names_them() {
        let telemetry = Telemetry::on().with(genai().with_capture(Capture::Spans));
        listed(&Two).await;
        listed(&ToolDefinition::new("a")).await;
        listed(&String::from("a")).await;
        listed(&samplescope::read(&json!([{ "name": "a" }, { "name": "b" }, { "name": "c" }]))).await;
        listed(&json!(["a", "b"])).await;
        let said = telemetry.spans(5).into_iter().map(|span| {
            let definitions: Value =
                serde_json::from_str(&span.get("gen_ai.tool.definitions").expect("captured").as_str()).expect("JSON");
            (span.get("fastmcp.sampling.tool_count"), definitions.as_array().map(Vec::len))
        });
        let count = |count: i64, named: usize| (Some(count.into()), Some(named));
        assert_eq!(said.collect::<Vec<_>>(), [count(2, 2), count(1, 1), count(1, 1), count(3, 3), count(2, 2)]);
    }

    #[tokio::test]
    async fn tools_give_their_count_in_both_vocabularies_unless_it_is_said() {
        for settings in [Settings::default(), genai()] {
            let telemetry = Telemetry::on().with(settings);
            listed(&vec![json!({ "name": "a" }), json!({ "name": "b" })]).await;
            listed(&Some(["a"])).await;
            listed(&None::<&str>).await;
            listed(&"a".to_owned()).await;
            listed(&ToolDefinition::new("a")).await;
            listed(&Listed(["a", "b"].map(ToolDefinition::new).into())).await;
            listed(&Listed(Vec::new())).await;
            counted(Some(7)).await;
            counted(None).await;
            step().await;
            let counts: Vec<Option<String>> =
                telemetry.spans(10).iter().map(|span| span.attributes().get("fastmcp.sampling.tool_count").cloned()).collect();
            let count = |count: u8| Some(format!("I64({count})"));
            let of_types = [count(1), count(1), count(2), count(0)];
            assert_eq!(counts[..3], [count(2), count(1), count(0)]);
            assert_eq!(counts[3..7], of_types);
            assert_eq!(counts[7..], [count(7), count(2), None], "a step has no such attribute");
            assert!(!telemetry.spans(10).iter().any(|span| span.get("gen_ai.tool.definitions").is_some()));
        }
    }

    #[tokio::test]
    async fn definitions_are_made_only_while_content_is_captured() {
        let dear = Dear(Cell::new(0));
        let telemetry = Telemetry::on().with(genai());
        listed(&dear).await;
        assert_eq!((dear.0.get(), telemetry.span().get("fastmcp.sampling.tool_count")), (0, Some(1.into())));
        drop(telemetry);
        let telemetry = Telemetry::on().with(genai().with_capture(Capture::Spans));
        listed(&dear).await;
        assert_eq!(dear.0.get(), 1);
        let definitions = r#"[{"name":"dear","type":"function"}]"#;
        assert_eq!(telemetry.span().get("gen_ai.tool.definitions"), Some(definitions.into()));
        telemetry.forget();
        listed(&"dear".to_owned()).await;
        assert_eq!(telemetry.span().get("gen_ai.tool.definitions"), Some(definitions.into()), "a name is a definition");
    }
}

/// Only of what is inside a loop that it drops a sampler is not asked.
#[tokio::test]
async fn inside_of_a_tool_that_it_drops_a_sampler_is_asked() {
    #[sampling_tool]
    async fn delegate() {
        step().await;
    }
    #[sampling_step]
    async fn step() {}
    let sampler = Without::new("execute_tool delegate");
    let telemetry = Telemetry::off().sampled(sampler.clone()).with(genai());
    delegate().await;
    assert_eq!(sampler.asked(), ["execute_tool delegate", "chat"]);
    assert_eq!(telemetry.tree(), "chat\n");
}
