//! An argument is evaluated once, and only if somebody listens to what it says.

use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{Capture, Settings, TokenUsage, Vocabulary, current_step, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Shown, Telemetry, Without};
use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    /// What was evaluated, in order.
    static EVALUATED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn saw<T>(what: &'static str, value: T) -> T {
    EVALUATED.with_borrow_mut(|evaluated| evaluated.push(what));
    value
}

fn evaluated() -> Vec<&'static str> {
    EVALUATED.take()
}

#[sampling_loop(
    agent = saw("agent", "a"),
    conversation_id = saw("conversation", "c"),
    provider = saw("loop provider", "p"),
    model = saw("loop model", "m"),
    temperature = saw("temperature", 0.5),
    max_tokens = saw("max tokens", 10),
    tool_count = saw("tool count", 2),
    result_type_name = saw("result type", "Forecast"),
    handler_mode = saw("handler mode", "client"),
    system_prompt = saw("system", "content"),
    messages = saw("messages", "content"),
    answer = |()| saw("answer", "content"),
    attributes("app.request" = saw("loop attribute", 1), "app.response" = |()| saw("loop response attribute", 1)),
)]
async fn run() {
    saw("loop body", ());
    step().await;
    tool().expect_err("an error");
}

#[sampling_step(
    provider = saw("step provider", "p"),
    model = saw("step model", "m"),
    temperature = saw("step temperature", 0.5),
    iteration = saw("iteration", 3),
    stop_reason = |()| saw("stop reason", "stop"),
    response_model = |()| saw("response model", "m-1"),
    response_id = |()| saw("response id", "id"),
    usage = |()| saw("usage", TokenUsage::new(1, 2)),
    message = |()| saw("message", "content"),
    failed = |()| saw("step failed", false),
)]
async fn step() {
    saw("step body", ());
}

#[sampling_tool(
    name = saw("name", "t"),
    call_id = saw("call id", "1"),
    description = saw("description", "d"),
    tool_type = saw("tool type", "function"),
    arguments = saw("arguments", "content"),
    result = |()| saw("result", "content"),
    error_type = |_| saw("error type", "e"),
)]
fn tool() -> Result<(), String> {
    saw("tool body", ());
    Err("an error".to_owned())
}

const BODIES: [&str; 3] = ["loop body", "step body", "tool body"];

const RECORDED: [&str; 28] = [
    "agent",
    "conversation",
    "loop provider",
    "loop model",
    "temperature",
    "max tokens",
    "tool count",
    "result type",
    "handler mode",
    "loop attribute",
    "loop response attribute",
    "step provider",
    "step model",
    "step temperature",
    "iteration",
    "stop reason",
    "response model",
    "response id",
    "usage",
    "step failed",
    "name",
    "call id",
    "description",
    "tool type",
    "error type",
    "loop body",
    "step body",
    "tool body",
];

#[track_caller]
fn exactly(expected: &[&'static str]) {
    let evaluated = evaluated();
    let once: BTreeSet<_> = evaluated.iter().copied().collect();
    assert_eq!(once.len(), evaluated.len(), "each once: {evaluated:?}");
    assert_eq!(once, expected.iter().copied().collect::<BTreeSet<_>>());
}

mod counted {
    use super::*;

    #[tokio::test]
    async fn without_a_provider_no_argument_is_evaluated() {
        let telemetry = Telemetry::off().with(Settings::default().with_capture(Capture::Spans).with_arguments_for_sampler(true));
        run().await;
        assert_eq!(evaluated(), BODIES);
        drop(telemetry);
    }

    #[tokio::test]
    async fn a_provider_that_is_gone_evaluates_no_argument_for_its_sampler() {
        let telemetry = Telemetry::on().with(Settings::default().with_arguments_for_sampler(true));
        step().await;
        assert!(!evaluated().is_empty());
        opentelemetry::global::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
        run().await;
        assert_eq!(evaluated(), BODIES);
        drop(telemetry);
    }

    #[sampling_tool(result = |found| saw("result", *found), attributes("app.found" = |found| saw("attribute", *found)))]
    async fn fallible(found: Option<u8>) -> Result<u8, String> {
        found.ok_or_else(String::new)
    }

    #[tokio::test]
    async fn a_response_closure_is_for_a_success_alone() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        fallible(None).await.expect_err("nothing found");
        assert!(evaluated().is_empty());
        fallible(Some(1)).await.expect("found");
        exactly(&["result", "attribute"]);
        drop(telemetry);
    }

    #[tokio::test]
    async fn a_loop_that_is_not_sampled_evaluates_no_argument() {
        for sampler in [Sampler::AlwaysOff, Sampler::ParentBased(Box::new(Sampler::AlwaysOff))] {
            let telemetry = Telemetry::off().sampled(sampler).with(Settings::default().with_capture(Capture::Spans));
            run().await;
            assert_eq!(evaluated(), BODIES);
            drop(telemetry);
        }
    }

    #[tokio::test]
    async fn a_span_that_records_evaluates_each_once_and_no_content() {
        let telemetry = Telemetry::on();
        run().await;
        exactly(&RECORDED);
        drop(telemetry);
        let telemetry = Telemetry::on().metered().with(Settings::default().with_arguments_for_sampler(true));
        run().await;
        exactly(&RECORDED);
        drop(telemetry);
    }

    #[tokio::test]
    async fn a_step_outside_of_a_loop_that_is_not_sampled_evaluates_no_argument() {
        let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff);
        step().await;
        assert_eq!(evaluated(), ["step body"]);
        drop(telemetry);
    }

    /// Where nobody listens any more to the loop, although somebody would now.
    #[test]
    fn a_step_that_is_placed_where_nobody_listens_evaluates_no_argument() {
        #[sampling_step(parent = place, model = saw("model", "m"))]
        fn ask(place: &Context) {}
        let mut telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).with(Settings::default().with_capture(Capture::Spans));
        let run = samplescope::start_loop(|run| run.capture(&false));
        telemetry.install(Sampler::AlwaysOn);
        telemetry.install_meter();
        ask(&run.context());
        assert!(evaluated().is_empty());
        run.end();
        telemetry.spans(0);
    }

    #[tokio::test]
    async fn content_is_evaluated_once_when_it_is_captured() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        run().await;
        let with_content = [&RECORDED[..], &["system", "messages", "answer", "arguments"]].concat();
        exactly(&with_content);
        drop(telemetry);
        let genai = Settings::default().with_capture(Capture::SpansAndEvents).with_vocabulary(Vocabulary::GenAi);
        let telemetry = Telemetry::on().with(genai);
        run().await;
        exactly(&[&with_content[..], &["message"]].concat());
        drop(telemetry);
    }

    #[sampling_tool(capture = false, arguments = saw("arguments", "content"), result = |()| saw("result", "content"))]
    async fn private() {}

    #[tokio::test]
    async fn capture_off_at_the_function_evaluates_no_content() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        private().await;
        exactly(&[]);
        drop(telemetry);
    }

    #[tokio::test]
    async fn a_meter_alone_evaluates_what_it_measures() {
        for sampler in [None, Some(Sampler::AlwaysOff)] {
            let telemetry = sampler.into_iter().fold(Telemetry::off().metered(), Telemetry::sampled);
            run().await;
            let measured = ["loop provider", "loop model", "step provider", "step model", "response model", "usage"];
            exactly(&[&BODIES[..], &measured].concat());
            drop(telemetry);
            let genai = Settings::default().with_vocabulary(Vocabulary::GenAi);
            let telemetry = Telemetry::off().metered().with(genai);
            run().await;
            exactly(
                &[
                    &BODIES[..],
                    &["agent", "loop provider", "loop model", "step provider", "step model", "response model", "usage"],
                    &["step failed", "name", "tool type", "error type"],
                ]
                .concat(),
            );
            drop(telemetry);
        }
    }

    #[sampling_step(response_model = |_| saw("response model", "m-1"), usage = |counted| counted)]
    async fn counted(usage: Option<TokenUsage>, by_handle: bool) -> Option<TokenUsage> {
        if by_handle {
            current_step().usage(TokenUsage::new(1, 2));
        }
        usage
    }

    #[tokio::test]
    async fn whose_tokens_they_are_is_asked_where_there_are_any_or_more_is_measured() {
        let some = Some(TokenUsage::new(1, 2));
        let prescribed = || Telemetry::off().metered();
        let telemetry = prescribed();
        counted(None, false).await;
        exactly(&[]);
        assert!(telemetry.points("gen_ai.client.token.usage").is_empty());
        drop(telemetry);
        let genai = || Telemetry::off().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        for (telemetry, usage, by_handle) in [
            (prescribed as fn() -> Telemetry, some, false),
            (prescribed, None, true),
            (genai, None, false),
            (Telemetry::on, None, false),
        ] {
            let telemetry = telemetry();
            counted(usage, by_handle).await;
            exactly(&["response model"]);
            for point in telemetry.points("gen_ai.client.token.usage") {
                assert_eq!(point.attributes["gen_ai.response.model"], "String(\"m-1\")");
            }
            drop(telemetry);
        }
    }

    #[sampling_step(model = { saw("moved", ()); &request })]
    async fn moves(request: String) {
        saw("body", ());
        drop(request);
    }

    #[tokio::test]
    async fn arguments_are_taken_before_the_body_moves_them() {
        let telemetry = Telemetry::on();
        moves("m".to_owned()).await;
        assert_eq!(evaluated(), ["moved", "body"]);
        assert_eq!(telemetry.span().get("gen_ai.request.model"), Some("m".into()));
    }
}

mod seen_by_a_sampler {
    use super::*;

    const AGENT: &str = "constant";

    #[sampling_loop(agent = AGENT, provider = "literal", temperature = -1, model = model, attributes("app.literal" = 1, "app.computed" = model.len()))]
    async fn run(model: &str) {
        step(model).await;
    }

    #[sampling_step(max_tokens = model.len())]
    async fn step(model: &str) {
        tool(model).await;
    }

    #[sampling_tool(name = name, description = "literal")]
    async fn tool(name: &str) {}

    #[sampling_step(model = model)]
    async fn step_alone(model: &str) {}

    async fn shown(settings: Settings) -> Vec<Vec<String>> {
        let [unmetered, metered] =
            [shown_beside(Telemetry::off(), &settings).await, shown_beside(Telemetry::off().metered(), &settings).await];
        assert_eq!(unmetered, metered, "whatever the meter does");
        unmetered
    }

    async fn shown_beside(telemetry: Telemetry, settings: &Settings) -> Vec<Vec<String>> {
        let witness = Without::nothing();
        let telemetry = telemetry.sampled(witness.clone()).with(settings.clone());
        run("m").await;
        tool("alone").await;
        step_alone("m").await;
        let names: Vec<String> = telemetry.spans(5).iter().map(|span| span.name().to_owned()).collect();
        assert!(names[2].ends_with("execute_tool m") && names[3].ends_with("execute_tool alone"), "{names:?}");
        let name_and_keys = |Shown { name, attributes, .. }| {
            let mut keys: Vec<String> = attributes.iter().map(|attribute: &KeyValue| attribute.key.to_string()).collect();
            keys.sort_unstable();
            keys.insert(0, name);
            keys
        };
        witness.shown().into_iter().map(name_and_keys).collect()
    }

    #[tokio::test]
    async fn a_sampler_sees_constants_first_and_everything_inside_a_loop_that_records() {
        let shown = shown(Settings::default()).await;
        assert_eq!(
            shown[0],
            [
                "sampling/createMessage",
                "app.literal",
                "gen_ai.agent.name",
                "gen_ai.operation.name",
                "gen_ai.provider.name",
                "gen_ai.request.temperature",
                "mcp.method.name",
            ]
        );
        assert_eq!(
            shown[1],
            [
                "sampling/createMessage step",
                "fastmcp.sampling.iteration",
                "gen_ai.agent.name",
                "gen_ai.operation.name",
                "gen_ai.provider.name",
                "gen_ai.request.max_tokens",
                "gen_ai.request.model",
                "gen_ai.request.temperature",
            ]
        );
        assert_eq!(shown[2][0], "sampling.execute_tool m");
        assert_eq!(shown[2][1..].len(), 5, "{:?}", shown[2]);
        assert!(!shown[3].contains(&"gen_ai.tool.name".to_owned()), "outside a loop it comes after the decision: {:?}", shown[3]);
    }

    /// It is in no loop, and has nothing from one.
    #[tokio::test]
    async fn a_loop_in_a_tool_outside_of_loops_is_shown_like_one_that_is_in_nothing() {
        #[sampling_tool]
        async fn around(inside: impl Future<Output = ()>) {
            inside.await;
        }
        let witness = Without::nothing();
        let telemetry = Telemetry::off().sampled(witness.clone());
        around(run("m")).await;
        run("m").await;
        telemetry.spans(7);
        let of_loops = witness.shown().into_iter().filter(|shown| shown.name == "sampling/createMessage");
        let [inside, alone] = &of_loops.map(|shown| shown.attributes).collect::<Vec<_>>()[..] else { panic!("two loops") };
        assert_eq!(inside, alone);
    }

    #[tokio::test]
    async fn a_span_s_name_is_made_of_what_the_sampler_may_see() {
        let shown = shown(Settings::default().with_vocabulary(Vocabulary::GenAi)).await;
        let names: Vec<&str> = shown.iter().map(|shown| shown[0].as_str()).collect();
        assert_eq!(names, ["invoke_agent constant", "chat m", "execute_tool m", "execute_tool", "chat"]);
    }

    #[tokio::test]
    async fn a_sampler_sees_everything_where_the_settings_say_so() {
        let shown = shown(Settings::default().with_arguments_for_sampler(true)).await;
        for key in ["app.computed", "gen_ai.request.model"] {
            assert!(shown[0].contains(&key.to_owned()), "{:?}", shown[0]);
        }
        assert_eq!(shown[3][0], "sampling.execute_tool alone");
        assert!(shown[3].contains(&"gen_ai.tool.name".to_owned()));
    }
}
