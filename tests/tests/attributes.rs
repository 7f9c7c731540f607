//! Every attribute of every span, with its type, in the prescribed vocabulary.

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{StringValue, Value};
use samplescope::{SamplingResponse, TokenUsage, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use serde::ser::{Serialize, SerializeSeq as _, Serializer};
use std::borrow::Cow;
use std::sync::Arc;

struct Request {
    model: Option<String>,
    temperature: Option<f32>,
    max_tokens: u64,
}

struct Forecast;

struct Response {
    stop_reason: &'static str,
    usage: Option<TokenUsage>,
}

struct Call {
    id: Arc<str>,
    name: String,
}

#[sampling_loop(
    agent = "weather",
    conversation_id = "c-1",
    provider = "anthropic",
    model = request.model,
    temperature = request.temperature,
    max_tokens = request.max_tokens,
    tool_count = 2,
    result_type = Forecast,
    handler_mode = "client",
    attributes("app.tenant" = "acme", "app.tags" = ["a", "b"], "app.ok" = |_| true),
)]
async fn forecast(request: &Request) -> Result<Forecast, String> {
    ask("endTurn").await;
    run_tool(&Call { id: "call-1".into(), name: "look".to_owned() }).await;
    Ok(Forecast)
}

#[sampling_step(
    stop_reason = |response| response.stop_reason,
    response_model = |_| "claude-sonnet-4-5-20250929",
    response_id = |_| "msg_1",
    usage = |response| response.usage,
)]
async fn ask(stop_reason: &'static str) -> Response {
    Response { stop_reason, usage: Some(TokenUsage::new(10_u32, 5_i64).with_cached(4_usize).with_reasoning(Some(2))) }
}

#[sampling_tool(name = call.name, call_id = call.id, description = "Looks.")]
async fn run_tool(call: &Call) {
    let _ = call;
}

fn all(span: &Span) -> Vec<String> {
    span.attributes().into_iter().map(|(key, value)| format!("{key} = {value}")).collect()
}

fn request() -> Request {
    Request { model: Some("claude".to_owned()), temperature: Some(0.7), max_tokens: u64::MAX }
}

#[tokio::test]
async fn every_attribute_arrives_with_its_type() {
    let telemetry = Telemetry::on();
    assert!(forecast(&request()).await.is_ok());
    let [run, step, tool] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
    assert_eq!(
        (run.name(), step.name(), tool.name()),
        ("sampling/createMessage", "sampling/createMessage step", "sampling.execute_tool look")
    );
    assert!([run, step, tool].iter().all(|span| span.kind() == SpanKind::Internal && span.status() == Status::Unset));
    assert_eq!(
        all(run),
        [
            "app.ok = Bool(true)",
            r#"app.tags = Array(["a", "b"])"#,
            r#"app.tenant = String("acme")"#,
            r#"fastmcp.sampling.handler_mode = String("client")"#,
            "fastmcp.sampling.iterations = I64(1)",
            r#"fastmcp.sampling.result_type = String("Forecast")"#,
            "fastmcp.sampling.tool_count = I64(2)",
            r#"gen_ai.agent.name = String("weather")"#,
            r#"gen_ai.conversation.id = String("c-1")"#,
            r#"gen_ai.operation.name = String("invoke_agent")"#,
            r#"gen_ai.provider.name = String("anthropic")"#,
            "gen_ai.request.max_tokens = I64(9223372036854775807)",
            r#"gen_ai.request.model = String("claude")"#,
            "gen_ai.request.temperature = F64(0.7)",
            r#"mcp.method.name = String("sampling/createMessage")"#,
        ]
    );
    assert_eq!(
        all(step),
        [
            "fastmcp.sampling.iteration = I64(0)",
            r#"fastmcp.sampling.stop_reason = String("endTurn")"#,
            r#"gen_ai.agent.name = String("weather")"#,
            r#"gen_ai.conversation.id = String("c-1")"#,
            r#"gen_ai.operation.name = String("chat")"#,
            r#"gen_ai.provider.name = String("anthropic")"#,
            "gen_ai.request.max_tokens = I64(9223372036854775807)",
            r#"gen_ai.request.model = String("claude")"#,
            "gen_ai.request.temperature = F64(0.7)",
            r#"gen_ai.response.finish_reasons = Array(["stop"])"#,
            r#"gen_ai.response.id = String("msg_1")"#,
            r#"gen_ai.response.model = String("claude-sonnet-4-5-20250929")"#,
            "gen_ai.usage.cache_read.input_tokens = I64(4)",
            "gen_ai.usage.input_tokens = I64(10)",
            "gen_ai.usage.output_tokens = I64(5)",
            "gen_ai.usage.reasoning.output_tokens = I64(2)",
        ]
    );
    assert_eq!(
        all(tool),
        [
            r#"gen_ai.agent.name = String("weather")"#,
            r#"gen_ai.conversation.id = String("c-1")"#,
            r#"gen_ai.operation.name = String("execute_tool")"#,
            r#"gen_ai.tool.call.id = String("call-1")"#,
            r#"gen_ai.tool.description = String("Looks.")"#,
            r#"gen_ai.tool.name = String("look")"#,
            r#"gen_ai.tool.type = String("function")"#,
        ]
    );
    let scope = &run.0.instrumentation_scope;
    assert_eq!((scope.name(), scope.version()), ("samplescope", Some("0.1.0")));
    assert_eq!(scope.schema_url(), Some("https://opentelemetry.io/schemas/1.44.0"));
}

mod bare {
    use super::*;

    #[sampling_loop]
    async fn run() {
        step().await;
        tool().await;
    }

    #[sampling_step]
    async fn step() {}

    #[sampling_tool]
    async fn tool() {}

    #[tokio::test]
    async fn bare_attributes_give_names_nesting_and_counts() {
        let telemetry = Telemetry::on();
        run().await;
        assert_eq!(telemetry.tree(), "sampling/createMessage\n  sampling/createMessage step\n  sampling.execute_tool tool\n");
        let [run, step, tool] = &telemetry.spans(3)[..] else { panic!() };
        assert_eq!(
            all(run),
            [
                "fastmcp.sampling.iterations = I64(1)",
                r#"gen_ai.operation.name = String("invoke_agent")"#,
                r#"mcp.method.name = String("sampling/createMessage")"#,
            ]
        );
        assert_eq!(all(step), ["fastmcp.sampling.iteration = I64(0)", r#"gen_ai.operation.name = String("chat")"#]);
        assert_eq!(
            all(tool),
            [
                r#"gen_ai.operation.name = String("execute_tool")"#,
                r#"gen_ai.tool.name = String("tool")"#,
                r#"gen_ai.tool.type = String("function")"#,
            ]
        );
    }
}

mod left_out {
    use super::*;

    #[sampling_loop(agent = None::<&str>, model = request.model, temperature = request.temperature, max_tokens = None::<u8>,
        tool_count = None::<usize>, attributes("app.nothing" = None::<i64>))]
    async fn run(request: &Request) {
        step(None).await;
    }

    #[sampling_step(usage = |usage| usage, response_id = |_| None::<String>, iteration = 7)]
    async fn step(usage: Option<TokenUsage>) -> Option<TokenUsage> {
        usage
    }

    #[sampling_step(usage = |usage| usage)]
    async fn counted(usage: TokenUsage) -> TokenUsage {
        usage
    }

    #[tokio::test]
    async fn what_is_not_known_is_left_out_and_never_invented() {
        let telemetry = Telemetry::on();
        run(&Request { model: None, temperature: None, max_tokens: 0 }).await;
        let [run, step] = &telemetry.spans(2)[..] else { panic!() };
        assert_eq!(run.attributes().len(), 3, "{:?}", run.attributes());
        assert_eq!(all(step), ["fastmcp.sampling.iteration = I64(7)", r#"gen_ai.operation.name = String("chat")"#]);
        telemetry.forget();
        counted(TokenUsage::new(-1, None::<u8>).with_cache_creation(3)).await;
        assert_eq!(
            all(&telemetry.span()),
            [r#"gen_ai.operation.name = String("chat")"#, "gen_ai.usage.cache_creation.input_tokens = I64(3)"]
        );
    }
}

mod inherited {
    use super::*;

    #[sampling_loop(provider = "anthropic", model = "big", temperature = 1, max_tokens = 100)]
    async fn run() {
        own().await;
        none_of_its_own(None).await;
    }

    #[sampling_step(provider = "openai", model = "small", temperature = 0.5, max_tokens = 10)]
    async fn own() {}

    #[sampling_step(model = model)]
    async fn none_of_its_own(model: Option<&str>) {}

    #[tokio::test]
    async fn a_step_s_own_value_goes_before_its_loop_s() {
        let telemetry = Telemetry::on();
        run().await;
        let [_, own, none] = &telemetry.spans(3)[..] else { panic!() };
        let request = |span: &Span| {
            ["gen_ai.provider.name", "gen_ai.request.model", "gen_ai.request.temperature", "gen_ai.request.max_tokens"]
                .map(|key| span.get(key).map(|value| value.to_string()).unwrap_or_default())
        };
        assert_eq!(request(own), ["openai", "small", "0.5", "10"]);
        assert_eq!(request(none), ["anthropic", "big", "1", "100"]);
    }
}

mod stop_reasons {
    use super::*;

    #[sampling_step(stop_reason = |reason| reason)]
    async fn step(reason: Option<&str>) -> Option<&str> {
        reason
    }

    struct Silent;
    impl SamplingResponse for Silent {}

    #[sampling_step]
    async fn silent() -> Silent {
        Silent
    }

    #[tokio::test]
    async fn stop_reasons_are_brought_to_the_known_ones() {
        for (said, stop_reason, finish_reason) in [
            (Some("toolUse"), "toolUse", "tool_call"),
            (Some("tool_use"), "toolUse", "tool_call"),
            (Some("tool_calls"), "toolUse", "tool_call"),
            (Some("end_turn"), "endTurn", "stop"),
            (Some("EndTurn"), "endTurn", "stop"),
            (Some("stop"), "endTurn", "stop"),
            (Some("length"), "maxTokens", "length"),
            (Some("max_tokens"), "maxTokens", "length"),
            (Some("MAX_TOKENS"), "maxTokens", "length"),
            (Some("stop_sequence"), "stopSequence", "stop"),
            (Some("content_filter"), "content_filter", "content_filter"),
            (Some("refusal"), "refusal", "content_filter"),
            (Some("pause_turn"), "pause_turn", "pause_turn"),
        ] {
            let telemetry = Telemetry::on();
            step(said).await;
            let span = telemetry.span();
            assert_eq!(span.get("fastmcp.sampling.stop_reason").map(|value| value.to_string()).as_deref(), Some(stop_reason));
            let finish = span.attributes().remove("gen_ai.response.finish_reasons");
            assert_eq!(finish, Some(format!("Array([{finish_reason:?}])")));
        }
    }

    #[tokio::test]
    async fn a_response_that_could_say_and_does_not_stopped_for_an_unknown_reason() {
        let telemetry = Telemetry::on();
        step(None).await;
        silent().await;
        for span in telemetry.spans(2) {
            let said = [r#"fastmcp.sampling.stop_reason = String("unknown")"#, r#"gen_ai.operation.name = String("chat")"#];
            assert_eq!(all(&span), said, "and nothing else");
        }
    }
}

mod by_type {
    use super::*;

    #[derive(Clone)]
    struct Completion(Option<&'static str>);

    impl SamplingResponse for Completion {
        fn stop_reason(&self) -> Option<Cow<'_, str>> {
            self.0.map(Into::into)
        }
        fn model(&self) -> Option<Cow<'_, str>> {
            Some("from the type".into())
        }
        fn id(&self) -> Option<Cow<'_, str>> {
            Some("id".into())
        }
        fn usage(&self) -> Option<TokenUsage> {
            Some(TokenUsage::new(1, 2))
        }
    }

    type Answer<T> = Result<T, String>;

    #[sampling_step]
    async fn typed() -> Answer<Completion> {
        Ok(Completion(Some("stop")))
    }

    #[sampling_step(stop_reason = |_| "length", response_model = |_| None::<&str>)]
    async fn written() -> Answer<Completion> {
        Ok(Completion(Some("stop")))
    }

    #[sampling_step]
    async fn said() -> Answer<Completion> {
        samplescope::current_step().response_model("from the handle");
        samplescope::current_step().usage(TokenUsage::new(None::<u8>, 7));
        Ok(Completion(Some("stop")))
    }

    #[sampling_step]
    async fn borrowed(completion: &Completion) -> Answer<&Completion> {
        Ok(completion)
    }

    #[sampling_step]
    async fn shared(completion: Arc<Completion>) -> Arc<Completion> {
        completion
    }

    #[tokio::test]
    async fn a_reference_to_a_response_is_one() {
        let telemetry = Telemetry::on();
        let completion = Arc::new(Completion(Some("stop")));
        assert!(borrowed(&completion).await.is_ok());
        shared(completion).await;
        for span in telemetry.spans(2) {
            assert_eq!(span.get("gen_ai.response.model"), Some("from the type".into()));
        }
    }

    #[tokio::test]
    async fn an_argument_goes_before_a_handle_and_a_handle_before_the_type() {
        let telemetry = Telemetry::on();
        typed().await.unwrap_or_else(|error| panic!("{error}"));
        written().await.unwrap_or_else(|error| panic!("{error}"));
        said().await.unwrap_or_else(|error| panic!("{error}"));
        let [typed, written, said] = &telemetry.spans(3)[..] else { panic!() };
        let get = |span: &Span, key| span.get(key).map(|value: Value| value.to_string());
        assert_eq!(get(typed, "fastmcp.sampling.stop_reason").as_deref(), Some("endTurn"));
        assert_eq!(get(typed, "gen_ai.response.model").as_deref(), Some("from the type"));
        assert_eq!(get(typed, "gen_ai.response.id").as_deref(), Some("id"));
        assert_eq!(get(typed, "gen_ai.usage.output_tokens").as_deref(), Some("2"));
        assert_eq!(get(written, "fastmcp.sampling.stop_reason").as_deref(), Some("maxTokens"));
        assert_eq!(get(written, "gen_ai.response.model"), None);
        assert_eq!(get(said, "gen_ai.response.model").as_deref(), Some("from the handle"));
        assert_eq!(get(said, "gen_ai.usage.output_tokens").as_deref(), Some("7"));
        assert_eq!(get(said, "gen_ai.usage.input_tokens"), None);
    }
}

#[test]
fn an_id_that_is_a_number_is_still_an_id() {
    #[samplescope::sampling_tool(call_id = id)]
    fn look(id: u32) {}
    let telemetry = Telemetry::on();
    look(7);
    assert_eq!(telemetry.span().get("gen_ai.tool.call.id"), Some("7".into()));
}

/// However long a list says that it will be, it is as long as it is.
#[test]
fn a_list_that_lies_about_its_length_is_still_a_list() {
    struct Lying(usize);
    impl Serialize for Lying {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(Some(self.0))?;
            list.serialize_element("a")?;
            list.serialize_element("b")?;
            list.end()
        }
    }
    #[sampling_step(attributes("app.tags" = &Lying(length)), model = "m")]
    fn step(length: usize) {}

    let telemetry = Telemetry::on();
    for length in [0, 2, 1 << 40, usize::MAX] {
        step(length);
    }
    for step in telemetry.spans(4) {
        assert_eq!(step.get("app.tags"), Some(Value::Array(vec![StringValue::from("a"), "b".into()].into())));
        assert_eq!(step.get("gen_ai.request.model"), Some("m".into()));
    }
}
