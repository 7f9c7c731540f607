//! Metrics: TELEMETRY §5. Recorded whatever the sampler says, never without the number, never with anything unbounded.

use opentelemetry::Context;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::Sampler;
use samplescope::{Settings, TokenUsage, Vocabulary, current_step, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Point, Telemetry};
use std::collections::BTreeMap;

const OPERATION: &str = "mcp.server.operation.duration";
const TOKENS: &str = "gen_ai.client.token.usage";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fails {
    Never,
    Asking,
    Panicking,
}

#[sampling_loop(agent = "weather", conversation_id = "c-1", provider = "anthropic", model = model, messages = "hello", tools = ["look"])]
async fn run(model: &str, usage: Option<TokenUsage>, fails: Fails) -> Result<(), std::fmt::Error> {
    ask(usage, fails).await?;
    look().await;
    Ok(())
}

#[sampling_step(response_model = |_| "claude-1", response_id = |_| "r-1", usage = |usage| usage)]
async fn ask(usage: Option<TokenUsage>, fails: Fails) -> Result<Option<TokenUsage>, std::fmt::Error> {
    assert!(fails != Fails::Panicking, "as it should");
    if fails == Fails::Asking { Err(std::fmt::Error) } else { Ok(usage) }
}

#[sampling_tool(call_id = "t-1", arguments = "hello", failed = |()| true)]
async fn look() {}

fn usage() -> TokenUsage {
    TokenUsage::new(100, 20).with_cached(50).with_reasoning(5)
}

fn genai() -> Settings {
    Settings::default().with_vocabulary(Vocabulary::GenAi)
}

/// The points as text, so that a set of attributes is compared whole.
fn points(telemetry: &Telemetry, name: &str) -> Vec<String> {
    let line = |point: &Point| format!("{} of {}", point.count, written(&point.attributes));
    let mut points: Vec<String> = telemetry.points(name).iter().map(line).collect();
    points.sort();
    points
}

fn written(attributes: &BTreeMap<String, String>) -> String {
    let all: Vec<String> = attributes.iter().map(|(key, value)| format!("{key}={}", value.replace("String", ""))).collect();
    all.join(" ").replace(['"', '(', ')'], "")
}

#[tokio::test]
async fn the_prescribed_metrics_have_their_names_units_boundaries_and_attributes() {
    let telemetry = Telemetry::on().metered();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    let metrics = telemetry.metrics();
    let mut names: Vec<(&str, &str)> = metrics.iter().map(|metric| (&*metric.name, &*metric.unit)).collect();
    names.sort_unstable();
    assert_eq!(names, [(TOKENS, "{token}"), (OPERATION, "s")]);
    assert_eq!(points(&telemetry, OPERATION), ["1 of mcp.method.name=sampling/createMessage"]);
    let tokens =
        "gen_ai.operation.name=chat gen_ai.provider.name=anthropic gen_ai.request.model=claude gen_ai.response.model=claude-1";
    assert_eq!(
        points(&telemetry, TOKENS),
        [format!("1 of {tokens} gen_ai.token.type=input"), format!("1 of {tokens} gen_ai.token.type=output")]
    );
    let sums: Vec<f64> = telemetry.points(TOKENS).iter().map(|point| point.sum).collect();
    assert!(sums == [100.0, 20.0] || sums == [20.0, 100.0], "{sums:?}");
    assert_eq!(
        telemetry.points(OPERATION)[0].bounds,
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]
    );
    let powers: Vec<f64> = (0..14).map(|power| 4_f64.powi(power)).collect();
    assert_eq!(telemetry.points(TOKENS)[0].bounds, powers);
}

#[tokio::test]
async fn the_genai_metrics_have_their_names_units_boundaries_and_attributes() {
    let telemetry = Telemetry::on().metered().with(genai());
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    let metrics = telemetry.metrics();
    let mut names: Vec<(&str, &str)> = metrics.iter().map(|metric| (&*metric.name, &*metric.unit)).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            ("gen_ai.client.operation.duration", "s"),
            (TOKENS, "{token}"),
            ("gen_ai.execute_tool.duration", "s"),
            ("gen_ai.invoke_agent.duration", "s"),
            ("gen_ai.invoke_agent.inference_calls", "{inference_call}"),
            ("gen_ai.invoke_agent.tool_calls", "{tool_call}"),
        ]
    );
    let agent = "1 of gen_ai.agent.name=weather gen_ai.operation.name=invoke_agent";
    assert_eq!(points(&telemetry, "gen_ai.invoke_agent.duration"), [agent]);
    assert_eq!(points(&telemetry, "gen_ai.invoke_agent.inference_calls"), [agent]);
    assert_eq!(points(&telemetry, "gen_ai.invoke_agent.tool_calls"), [agent]);
    let chat = "1 of gen_ai.operation.name=chat gen_ai.provider.name=anthropic gen_ai.request.model=claude gen_ai.response.model=claude-1";
    assert_eq!(points(&telemetry, "gen_ai.client.operation.duration"), [chat]);
    assert_eq!(points(&telemetry, TOKENS).len(), 2);
    assert_eq!(
        points(&telemetry, "gen_ai.execute_tool.duration"),
        ["1 of error.type=tool_error gen_ai.operation.name=execute_tool gen_ai.tool.name=look gen_ai.tool.type=function"]
    );
    let bounds = |name| telemetry.points(name)[0].bounds.clone();
    let doubling =
        |from: f64, count: usize| std::iter::successors(Some(from), |last| Some(last * 2.0)).take(count).collect::<Vec<_>>();
    assert_eq!(bounds("gen_ai.client.operation.duration"), doubling(0.01, 14));
    assert_eq!(bounds("gen_ai.execute_tool.duration"), doubling(0.01, 14));
    assert_eq!(bounds("gen_ai.invoke_agent.duration"), doubling(0.1, 13));
    assert_eq!(bounds("gen_ai.invoke_agent.inference_calls"), doubling(1.0, 8));
    assert_eq!(bounds("gen_ai.invoke_agent.tool_calls"), doubling(1.0, 8));
}

#[tokio::test]
async fn a_run_that_asked_no_model_counted_none() {
    #[sampling_loop]
    async fn idle() {}
    let telemetry = Telemetry::off().metered().with(genai());
    idle().await;
    for name in ["gen_ai.invoke_agent.inference_calls", "gen_ai.invoke_agent.tool_calls"] {
        let [point] = &telemetry.points(name)[..] else { panic!("{name}") };
        assert_eq!((point.count, point.sum, &*written(&point.attributes)), (1, 0.0, "gen_ai.operation.name=invoke_agent"));
    }
}

#[tokio::test]
async fn metrics_do_not_depend_on_whether_a_span_is_sampled() {
    let unsampled = || Telemetry::off().sampled(Sampler::AlwaysOff).metered();
    let half = || Telemetry::off().sampled(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))).metered();
    let listening: [(&str, &dyn Fn() -> Telemetry); 4] = [
        ("recorded", &|| Telemetry::on().metered()),
        ("sampled out", &unsampled),
        ("by the parent", &half),
        ("no tracer provider", &|| Telemetry::off().metered()),
    ];
    for settings in [Settings::default(), genai()] {
        let mut seen = Vec::new();
        for (name, listen) in listening {
            let telemetry = listen().with(settings.clone());
            assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
            let names: Vec<String> = telemetry.metrics().into_iter().map(|metric| metric.name).collect();
            let all: Vec<(String, Vec<String>)> =
                names.into_iter().map(|name| (name.clone(), points(&telemetry, &name))).collect();
            seen.push((name, all));
        }
        for (name, all) in &seen[1..] {
            let [mut expected, mut all] = [seen[0].1.clone(), all.clone()];
            expected.sort();
            all.sort();
            assert_eq!(all, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn metrics_are_recorded_while_telemetry_is_suppressed() {
    let telemetry = Telemetry::on().metered();
    {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    }
    telemetry.spans(0);
    assert_eq!(points(&telemetry, OPERATION).len(), 1);
    assert_eq!(points(&telemetry, TOKENS).len(), 2);
}

#[tokio::test]
async fn without_a_number_there_is_no_measurement() {
    let telemetry = Telemetry::on().metered();
    assert!(run("claude", None, Fails::Never).await.is_ok());
    assert!(telemetry.points(TOKENS).is_empty());
    assert!(run("claude", Some(TokenUsage::new(None::<u8>, 3)), Fails::Never).await.is_ok());
    let [output] = &points(&telemetry, TOKENS)[..] else { panic!("{:?}", points(&telemetry, TOKENS)) };
    assert!(output.ends_with("gen_ai.token.type=output"), "{output}");
    assert!(run("claude", Some(TokenUsage::new(0, -1)), Fails::Never).await.is_ok());
    let points = telemetry.points(TOKENS);
    let zero = points.iter().find(|point| written(&point.attributes).ends_with("=input")).expect("a count of 0 is a count");
    assert_eq!((zero.count, zero.sum), (1, 0.0));
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 2, "a negative count is none");
}

#[tokio::test]
async fn tokens_said_by_a_handle_are_measured_unsampled_too() {
    #[sampling_step]
    async fn ask() {
        current_step().usage(TokenUsage::new(7, 8));
        current_step().response_model("claude-2");
    }
    let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered();
    ask().await;
    assert_eq!(points(&telemetry, TOKENS).len(), 2);
    assert!(points(&telemetry, TOKENS)[0].contains("gen_ai.response.model=claude-2"));
}

#[tokio::test]
async fn error_type_is_there_if_and_only_if_it_failed_and_equals_the_span_s() {
    for (settings, names) in [
        (Settings::default(), &[OPERATION][..]),
        (genai(), &["gen_ai.invoke_agent.duration", "gen_ai.client.operation.duration"]),
    ] {
        for fails in [Fails::Never, Fails::Asking, Fails::Panicking] {
            let telemetry = Telemetry::on().metered().with(settings.clone());
            let ended = tokio::spawn(opentelemetry::trace::FutureExt::with_current_context(run("claude", None, fails)));
            assert_eq!(ended.await.is_err(), fails == Fails::Panicking);
            let spans = telemetry.spans_so_far();
            for (name, span) in names.iter().zip(&spans) {
                let [point] = &telemetry.points(name)[..] else { panic!("{name}") };
                let said = span.get("error.type").map(|value| format!("String({:?})", value.as_str()));
                assert_eq!(point.attributes.get("error.type"), said.as_ref(), "{name} {fails:?}");
                assert_eq!(said.is_some(), fails != Fails::Never);
                assert_eq!(span.status() == Status::Unset, fails == Fails::Never);
            }
        }
    }
}

#[tokio::test]
async fn a_step_is_measured_with_what_its_loop_says_unless_it_says_it_itself() {
    #[sampling_loop(provider = "anthropic", model = "claude")]
    async fn run() {
        ask("gpt").await;
        inherits().await;
    }
    #[sampling_step(model = model, usage = |()| TokenUsage::new(1, None::<u8>))]
    async fn ask(model: &str) {}
    #[sampling_step(usage = |()| TokenUsage::new(1, None::<u8>))]
    async fn inherits() {}

    let telemetry = Telemetry::off().metered();
    run().await;
    let step = |model| {
        format!(
            "1 of gen_ai.operation.name=chat gen_ai.provider.name=anthropic gen_ai.request.model={model} gen_ai.token.type=input"
        )
    };
    assert_eq!(points(&telemetry, TOKENS), [step("claude"), step("gpt")]);
}

#[tokio::test]
async fn nothing_unbounded_is_ever_in_a_metric() {
    for settings in [Settings::default(), genai()] {
        let telemetry = Telemetry::on().metered().with(settings.with_capture(samplescope::Capture::SpansAndEvents));
        assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
        let exported = format!("{:?}", telemetry.metrics());
        for unbounded in ["c-1", "t-1", "r-1", "hello", "conversation", "call.id", "messages"] {
            assert!(!exported.contains(unbounded), "{unbounded}");
        }
    }
}

#[tokio::test]
async fn instruments_are_taken_anew_from_a_new_provider_and_for_another_vocabulary() {
    let mut telemetry = Telemetry::off();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    telemetry.install_meter();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 1, "a provider that was set late is found");
    telemetry.install_meter();
    assert!(telemetry.metrics().is_empty());
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 1, "and so is the one after it");
    genai().install();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 1);
    assert_eq!(telemetry.points("gen_ai.invoke_agent.duration")[0].count, 1, "settings count from the next loop on");
    Settings::default().install();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 2);
}

#[tokio::test]
async fn only_what_a_metric_carries_is_evaluated_for_it() {
    #[sampling_loop(agent = unseen(), conversation_id = unseen(), provider = provider, max_tokens = 1 + unseen().len())]
    async fn run(provider: &str) {
        ask().await;
        look("name").await;
    }
    #[sampling_step(response_id = |()| unseen(), stop_reason = |()| unseen(), usage = |()| TokenUsage::new(1, 1))]
    async fn ask() {}
    #[sampling_tool(name = unseen(), call_id = unseen())]
    async fn look(_: &str) {}
    fn unseen() -> &'static str {
        unreachable!("no metric carries it")
    }
    let telemetry = Telemetry::off().metered();
    run("anthropic").await;
    assert!(points(&telemetry, TOKENS)[0].contains("gen_ai.provider.name=anthropic"));
}
