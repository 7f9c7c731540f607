//! Calls as values: loops, steps and tools that no function is.

use futures::stream::{self, FuturesUnordered};
use futures::{FutureExt as _, StreamExt as _};
use opentelemetry::trace::{Span as _, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, Value, global};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{
    Capture, Chunk, LoopCall, Settings, StepCall, TokenUsage, ToolCall, Vocabulary, current_loop, current_step, current_tool,
    sampling_loop, sampling_step, sampling_tool, start_loop, start_step, start_tool,
};
use samplescope_tests::{Span, Telemetry, Without};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

const LOOP: &str = "sampling/createMessage";
const STEP: &str = "sampling/createMessage step";

#[track_caller]
fn only(mut spans: Vec<Span>) -> Span {
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[sampling_step]
async fn step() -> u8 {
    tokio::task::yield_now().await;
    1
}

#[sampling_tool(name = name)]
async fn tool(name: &str) {
    tokio::task::yield_now().await;
}

#[sampling_tool(name = name)]
fn plain_tool(name: &str) {}

mod without_a_listener {
    use super::*;

    #[test]
    fn a_call_is_one_word_and_send_sync_and_static() {
        fn is<T: Send + Sync + 'static>() -> usize {
            size_of::<T>()
        }
        assert_eq!([is::<LoopCall>(), is::<StepCall>(), is::<ToolCall>()], [size_of::<usize>(); 3]);
    }

    #[tokio::test]
    async fn nothing_is_described_and_everything_works() {
        let telemetry = Telemetry::off();
        let run = start_loop(|_| unreachable!("nobody listens"));
        let step = run.step(|_| unreachable!("nobody listens"));
        let tool = step.tool("weather", |_| unreachable!("nobody listens"));
        assert_eq!(run.scope(super::step()).await, 1);
        step.usage(TokenUsage::new(1, 2));
        step.chunk(Chunk::new().text("said"));
        tool.result("21");
        assert!(!run.context().span().span_context().is_valid());
        let all: Vec<u8> = start_step(|_| ()).stream(stream::iter([1, 2]), |_| Chunk::new()).collect().await;
        assert_eq!(all, [1, 2]);
        tool.fail(&"broken");
        step.end_at(SystemTime::now());
        run.end();
        telemetry.spans(0);
    }

    #[tokio::test]
    async fn a_loop_that_began_off_keeps_its_steps_off() {
        let mut telemetry = Telemetry::off();
        let run = start_loop(|_| ());
        telemetry.install(Sampler::AlwaysOn);
        run.scope(step()).await;
        {
            let _inside = run.enter();
            plain_tool("inside");
        }
        assert_eq!(run.step(|_| ()).context().span().span_context().span_id(), opentelemetry::trace::SpanId::INVALID);
        telemetry.spans(0);
        run.end();
        step().await;
        telemetry.spans(1);
    }
}

mod description {
    use super::*;

    #[test]
    fn every_setter_says_what_the_argument_of_its_name_says() {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
        let run = start_loop(|run| {
            run.agent("weather");
            run.conversation_id(&Some(String::from("c1")));
            run.provider("scripted");
            run.model("small");
            run.temperature(&0.5_f32);
            run.max_tokens(&64_u16);
            run.tool_count(&2_usize);
            run.result_type_name("Forecast");
            run.handler_mode("client");
            run.attribute("app.tenant", "t1");
            run.system_prompt("be brief");
            run.messages("what now?");
        });
        let step = run.step(|step| {
            step.model("large");
            step.top_p(&0.9);
            step.top_k(&40);
            step.seed(&7);
            step.stop_sequences(&["END"]);
            step.presence_penalty(&0.1);
            step.frequency_penalty(&0.2);
            step.choice_count(&2);
            step.server_address("localhost");
            step.server_port(&8080);
            step.max_tokens(&None::<u8>);
            step.tools(&["weather"]);
            step.messages("and now?");
        });
        let tool = step.tool("weather", |tool| {
            tool.call_id("id-1");
            tool.description("says the weather");
            tool.tool_type("datastore");
            tool.arguments(&serde_json::json!({"city": "Paris"}));
            tool.attribute("app.attempt", &2);
        });
        tool.result("21 °C");
        tool.end();
        step.stop_reason("end_turn");
        step.response_model("large-2");
        step.response_id("r1");
        step.usage(TokenUsage::new(5, 7));
        step.message("Sunny.");
        step.end();
        run.answer("Sunny.");
        run.end();
        let spans = telemetry.spans(3);
        let get = |span: usize, key: &str| spans[span].get(key).map(|value| value.to_string()).unwrap_or_default();
        assert_eq!(telemetry.tree(), "invoke_agent weather\n  chat large\n    execute_tool weather\n");
        for (span, key, value) in [
            (0, "gen_ai.agent.name", "weather"),
            (0, "gen_ai.conversation.id", "c1"),
            // The conventions have it on model calls alone.
            (0, "gen_ai.provider.name", ""),
            (0, "gen_ai.request.model", "small"),
            (0, "gen_ai.request.temperature", "0.5"),
            (0, "gen_ai.request.max_tokens", "64"),
            (0, "fastmcp.sampling.tool_count", "2"),
            (0, "fastmcp.sampling.result_type", "Forecast"),
            (0, "fastmcp.sampling.handler_mode", "client"),
            (0, "fastmcp.sampling.iterations", "1"),
            (0, "app.tenant", "t1"),
            (0, "gen_ai.system_instructions", r#"[{"content":"be brief","type":"text"}]"#),
            (0, "gen_ai.input.messages", r#"[{"parts":[{"content":"what now?","type":"text"}],"role":"user"}]"#),
            (1, "gen_ai.provider.name", "scripted"),
            (1, "gen_ai.agent.name", "weather"),
            (1, "gen_ai.request.max_tokens", "64"),
            (1, "gen_ai.request.top_p", "0.9"),
            (1, "gen_ai.request.top_k", "40"),
            (1, "gen_ai.request.seed", "7"),
            (1, "gen_ai.request.stop_sequences", "[\"END\"]"),
            (1, "gen_ai.request.presence_penalty", "0.1"),
            (1, "gen_ai.request.frequency_penalty", "0.2"),
            (1, "gen_ai.request.choice.count", "2"),
            (1, "server.address", "localhost"),
            (1, "server.port", "8080"),
            (1, "fastmcp.sampling.iteration", "0"),
            (1, "fastmcp.sampling.stop_reason", "endTurn"),
            (1, "gen_ai.response.model", "large-2"),
            (1, "gen_ai.response.id", "r1"),
            (1, "gen_ai.usage.input_tokens", "5"),
            (1, "gen_ai.usage.output_tokens", "7"),
            (1, "gen_ai.tool.definitions", r#"[{"name":"weather","type":"function"}]"#),
            (2, "gen_ai.tool.name", "weather"),
            (2, "gen_ai.tool.type", "datastore"),
            (2, "gen_ai.tool.call.id", "id-1"),
            (2, "gen_ai.tool.description", "says the weather"),
            (2, "gen_ai.tool.call.arguments", r#"{"city":"Paris"}"#),
            (2, "gen_ai.tool.call.result", "\"21 °C\""),
            (2, "app.attempt", "2"),
        ] {
            assert_eq!(get(span, key), value, "{key} of span {span}");
        }
        for span in [0, 1] {
            assert!(get(span, "gen_ai.output.messages").contains("Sunny."), "{span}");
        }
        assert_eq!(get(1, "gen_ai.input.messages"), r#"[{"parts":[{"content":"and now?","type":"text"}],"role":"user"}]"#);
    }

    #[test]
    fn a_description_that_panics_says_what_it_said_until_then() {
        let telemetry = Telemetry::on();
        start_step(|step| {
            step.model("small");
            panic!("boom")
        })
        .end();
        let span = telemetry.span();
        assert_eq!((span.get("gen_ai.request.model"), span.status()), (Some("small".into()), Status::Unset));
    }

    #[test]
    fn a_sampler_sees_a_tool_s_name_and_no_argument() {
        #[derive(Clone, Debug, Default)]
        struct Seen(std::sync::Arc<std::sync::Mutex<Vec<String>>>);
        impl opentelemetry_sdk::trace::ShouldSample for Seen {
            fn should_sample(
                &self,
                parent: Option<&Context>,
                trace: opentelemetry::trace::TraceId,
                name: &str,
                kind: &opentelemetry::trace::SpanKind,
                attributes: &[KeyValue],
                links: &[opentelemetry::trace::Link],
            ) -> opentelemetry_sdk::trace::SamplingResult {
                let keys: Vec<&str> = attributes.iter().map(|attribute| attribute.key.as_str()).collect();
                self.0.lock().expect("not poisoned").push(format!("{name}: {}", keys.join(" ")));
                Sampler::AlwaysOn.should_sample(parent, trace, name, kind, attributes, links)
            }
        }
        let seen = Seen::default();
        for metered in [false, true] {
            let telemetry = Telemetry::off().sampled(seen.clone());
            let telemetry = if metered { telemetry.metered() } else { telemetry };
            let name = String::from("weather");
            start_tool(&name, |tool| tool.call_id("id-1")).end();
            assert_eq!(telemetry.span().get("gen_ai.tool.call.id"), Some("id-1".into()));
        }
        let line = "sampling.execute_tool weather: gen_ai.operation.name gen_ai.tool.name";
        assert_eq!(*seen.0.lock().expect("not poisoned"), [line, line]);
    }

    #[test]
    fn names_without_end_are_not_told_to_a_meter() {
        let telemetry = Telemetry::off().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        for n in 0..300 {
            start_tool(&format!("invented-{n}"), |_| ()).end();
        }
        assert_eq!(telemetry.points("gen_ai.execute_tool.duration").len(), 201);
    }
}

mod endings {
    use super::*;

    #[derive(Debug)]
    struct OverQuota(u8);

    impl std::fmt::Display for OverQuota {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "over quota: {}", self.0)
        }
    }

    impl std::error::Error for OverQuota {}

    #[test]
    fn a_call_ends_as_it_is_told() {
        let telemetry = Telemetry::on();
        start_tool("ends", |_| ()).end();
        start_tool("fails", |_| ()).fail(&OverQuota(3));
        start_tool("fails as", |_| ()).fail_as("quota", &OverQuota(4));
        let boxed: Box<dyn std::error::Error> = OverQuota(5).into();
        start_tool("fails with any", |_| ()).fail(&*boxed);
        let said = start_tool("says so", |_| ());
        said.failed("no such city");
        said.end();
        drop(start_tool("dropped", |_| ()));
        let spans = telemetry.spans(6);
        let endings: Vec<(Status, Option<Value>, usize)> =
            spans.iter().map(|span| (span.status(), span.get("error.type"), span.events().len())).collect();
        let error = |text: &str| Status::error(text.to_owned());
        assert_eq!(
            endings,
            [
                (Status::Unset, None, 0),
                (error("over quota: 3"), Some("OverQuota".into()), 1),
                (error("over quota: 4"), Some("quota".into()), 1),
                (error("over quota: 5"), Some("_OTHER".into()), 1),
                (error("no such city"), Some("tool_error".into()), 0),
                (error("cancelled"), Some("cancelled".into()), 0),
            ]
        );
    }

    #[test]
    fn dropped_by_code_that_unwinds_it_panicked() {
        let telemetry = Telemetry::on();
        let caught = std::panic::catch_unwind(|| {
            let _run = start_loop(|_| ());
            panic!("boom")
        });
        assert!(caught.is_err());
        assert_eq!(telemetry.span().status(), Status::error("panicked"));
    }

    #[tokio::test]
    async fn what_unwinds_inside_is_remembered_until_the_drop() {
        let telemetry = Telemetry::on();
        let run = start_loop(|_| ());
        let panics = run.scope(async { panic!("boom") });
        assert!(tokio::spawn(panics).await.is_err());
        telemetry.spans(0);
        drop(run);
        assert_eq!(telemetry.span().status(), Status::error("panicked"));
        telemetry.forget();

        let run = start_loop(|_| ());
        let caught = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let _inside = run.enter();
            panic!("boom")
        }));
        assert!(caught.is_err());
        drop(run);
        assert_eq!(telemetry.span().status(), Status::error("panicked"));
        telemetry.forget();

        // Whoever takes the end all the same says how it ended.
        let run = start_loop(|_| ());
        assert!(AssertUnwindSafe(run.scope(async { panic!("boom") })).catch_unwind().await.is_err());
        run.end();
        assert_eq!(telemetry.span().status(), Status::Unset);
    }

    #[test]
    fn a_guard_in_a_destructor_that_runs_while_unwinding_is_no_panic_of_its_call() {
        struct CleansUp;
        impl Drop for CleansUp {
            fn drop(&mut self) {
                let cleanup = start_tool("clean up", |_| ());
                {
                    let _inside = cleanup.enter();
                }
                cleanup.end();
            }
        }
        let telemetry = Telemetry::on();
        let caught = std::panic::catch_unwind(|| {
            let _cleans_up = CleansUp;
            panic!("boom")
        });
        assert!(caught.is_err());
        assert_eq!(telemetry.span().status(), Status::Unset);
    }

    #[test]
    fn start_and_end_are_what_they_are_said_to_be() {
        let telemetry = Telemetry::on().metered();
        let start = SystemTime::now() - Duration::from_secs(90);
        let end = start + Duration::from_secs(30);
        let run = start_loop(|run| {
            run.started(start);
            run.agent("weather");
        });
        run.end_at(end);
        let span = telemetry.span();
        assert_eq!((span.0.start_time, span.0.end_time), (start, end));
        let points = telemetry.points("mcp.server.operation.duration");
        assert!((points[0].sum - 30.0).abs() < 1.0, "{}", points[0].sum);
        telemetry.forget();

        // The span has a start by then.
        start_loop(|run| {
            run.agent("weather");
            run.started(start);
        })
        .end();
        assert!(telemetry.span().0.start_time > start);
    }

    #[test]
    fn a_call_that_has_ended_is_told_nothing() {
        let telemetry = Telemetry::on();
        let run = start_loop(|_| ());
        let handle = {
            let _inside = run.enter();
            current_loop()
        };
        let context = run.context();
        run.end();
        handle.set("app.late", 1);
        handle.failed("late");
        let span = telemetry.span();
        assert_eq!((span.get("app.late"), span.status()), (None, Status::Unset));
        let _inside = context.attach();
        start_step(|_| ()).end();
        let step = only(telemetry.named(STEP));
        assert_eq!((step.parent_id(), step.get("fastmcp.sampling.iteration")), (span.id(), None));
    }
}

mod inside {
    use super::*;

    #[tokio::test]
    async fn steps_and_tools_find_a_call_as_they_find_a_function_s() {
        let telemetry = Telemetry::on();
        let run = start_loop(|run| run.agent("weather"));
        run.scope(async {
            step().await;
            let step = start_step(|_| ());
            step.scope(tool("in the step")).await;
            step.end();
            current_loop().set("app.said", 1);
        })
        .await;
        {
            let _inside = run.enter();
            plain_tool("in the guard");
        }
        plain_tool("outside");
        run.end();
        assert_eq!(
            telemetry.tree(),
            "sampling/createMessage\n  sampling/createMessage step\n  sampling/createMessage step\n    sampling.execute_tool in the step\n  \
             sampling.execute_tool in the guard\nsampling.execute_tool outside\n"
        );
        let run = only(telemetry.named(LOOP));
        assert_eq!(run.get("fastmcp.sampling.iterations"), Some(2.into()));
        assert_eq!(run.get("app.said"), Some(1.into()));
        for span in telemetry.named(STEP) {
            assert_eq!(span.get("gen_ai.agent.name"), Some("weather".into()));
        }
    }

    #[tokio::test]
    async fn a_scoped_future_borrows_nothing_and_ends_nothing() {
        let telemetry = Telemetry::on();
        let run = start_loop(|_| ());
        let spawned = tokio::spawn(run.scope(async {
            step().await;
            current_loop().set("app.inside", true);
        }));
        spawned.await.expect("joined");
        drop(run.scope(std::future::pending::<()>()));
        telemetry.spans(1);
        run.end();
        assert_eq!(only(telemetry.named(LOOP)).get("app.inside"), Some(true.into()));
        assert_eq!(only(telemetry.named(LOOP)).status(), Status::Unset);
    }

    #[test]
    fn what_a_scoped_future_drops_is_dropped_inside() {
        struct Spans;
        impl Drop for Spans {
            fn drop(&mut self) {
                plain_tool("clean up");
            }
        }
        let telemetry = Telemetry::on();
        let run = start_loop(|_| ());
        let spans = Spans;
        drop(run.scope(async move {
            let _spans = spans;
        }));
        run.end();
        assert_eq!(telemetry.tree(), "sampling/createMessage\n  sampling.execute_tool clean up\n");
        assert!(!Context::current().span().span_context().is_valid());
    }

    #[tokio::test]
    async fn event_sources_open_children_without_being_inside() {
        for on in [true, false] {
            let telemetry = if on { Telemetry::on().metered() } else { Telemetry::off().metered() };
            let telemetry = telemetry.with(Settings::default().with_vocabulary(Vocabulary::GenAi));
            let run = start_loop(|run| run.agent("weather"));
            let mut open = HashMap::new();
            for id in 0..3 {
                let step = run.step(|step| step.model("small"));
                let tool = step.tool("weather", |tool| tool.call_id(&id.to_string()));
                open.insert(id, (step, tool));
            }
            for (_, (step, tool)) in open.drain() {
                {
                    let _inside = tool.enter();
                    current_tool().set("app.inside", true);
                    current_step().usage(TokenUsage::new(1, 1));
                }
                tool.end();
                step.end();
            }
            run.end();
            for metric in ["gen_ai.invoke_agent.inference_calls", "gen_ai.invoke_agent.tool_calls"] {
                assert!((telemetry.points(metric)[0].sum - 3.0).abs() < 0.1, "{metric}");
            }
            for metric in ["input_tokens", "output_tokens"] {
                let points = telemetry.points(&format!("gen_ai.client.inference.operation.{metric}"));
                assert_eq!(points.iter().map(|point| point.count).collect::<Vec<_>>(), [3], "{metric}");
            }
            if on {
                let branch = "  chat small\n    execute_tool weather\n";
                assert_eq!(telemetry.tree(), format!("invoke_agent weather\n{}", branch.repeat(3)));
                assert!(telemetry.named("execute_tool weather").iter().all(|span| span.get("app.inside") == Some(true.into())));
            } else {
                telemetry.spans(0);
            }
        }
    }

    #[test]
    fn the_context_carries_the_call() {
        let telemetry = Telemetry::on();
        let run = start_loop(|_| ());
        {
            let _attached = run.context().attach();
            global::tracer("user").start("of the user").end();
            start_step(|_| ()).end();
        }
        run.end();
        assert_eq!(telemetry.tree(), "sampling/createMessage\n  of the user\n  sampling/createMessage step\n");
    }

    /// As the loop of an attribute, which is polled where it was opened, it is silent below itself, wherever it is carried.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_loop_that_is_not_sampled_is_silent_wherever_it_is_carried() {
        let telemetry = Telemetry::off().sampled(Without::new(LOOP));
        let user = Context::new().with_span(global::tracer("user").start("user"));
        let run = {
            let _inside = user.clone().attach();
            start_loop(|_| ())
        };
        tokio::spawn(run.scope(step())).await.expect("no panic");
        run.end();
        user.span().end();
        assert_eq!(telemetry.tree(), "user\n");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn so_is_one_that_a_function_opened_which_returns_its_future() {
        #[sampling_loop]
        fn run() -> impl Future<Output = u8> + Send + 'static {
            step()
        }
        let telemetry = Telemetry::off().sampled(Without::new(LOOP));
        let user = Context::new().with_span(global::tracer("user").start("user"));
        let opened = {
            let _inside = user.clone().attach();
            run()
        };
        tokio::spawn(opened).await.expect("no panic");
        user.span().end();
        assert_eq!(telemetry.tree(), "user\n");
    }

    #[test]
    fn what_is_attached_inside_of_a_loop_that_is_not_sampled_is_found_by_steps_and_handles_alike() {
        let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_arguments_for_sampler(true);
        let telemetry = Telemetry::off().sampled(Without::new("invoke_agent mid")).with(settings);
        let other = start_loop(|run| run.agent("other"));
        let mid = start_loop(|run| run.agent("mid"));
        {
            let _inside = mid.enter();
            current_loop().set("app.found", "mid");
            let _attached = other.context().attach();
            current_loop().set("app.found", "other");
            start_step(|_| ()).end();
        }
        mid.end();
        other.end();
        let [other, step] = &telemetry.spans(2)[..] else { panic!("{}", telemetry.tree()) };
        assert_eq!((step.parent_id(), other.get("app.found")), (other.id(), Some("other".into())));
    }

    /// Under a span of the user's it is the thread that knows what is current.
    #[test]
    fn what_was_known_before_a_guard_is_known_after_it() {
        let telemetry = Telemetry::on();
        let [outer, inner] = [(); 2].map(|()| start_step(|_| ()));
        {
            let _inside = outer.enter();
            let _user = Context::current_with_span(global::tracer("user").start("user")).attach();
            drop(inner.enter());
            current_step().set("app.found", true);
        }
        inner.end();
        outer.end();
        let found = telemetry.spans(3).into_iter().map(|span| span.get("app.found").is_some());
        assert_eq!(found.collect::<Vec<_>>(), [true, false, false]);
    }

    /// As they go that are the fields of a type, or in a `Vec`.
    #[test]
    fn guards_may_go_in_any_order() {
        let telemetry = Telemetry::on();
        let silent = {
            let _suppressed = Context::current().with_telemetry_suppressed().attach();
            start_loop(|_| ())
        };
        let heard = start_loop(|_| ());
        for order in [[&silent, &heard], [&heard, &silent]] {
            drop(order.map(|call| call.enter()));
            start_step(|step| step.model("after")).end();
            assert_eq!(telemetry.span().get("gen_ai.request.model"), Some("after".into()));
            telemetry.forget();
        }
        heard.end();
    }

    #[tokio::test]
    async fn many_at_once_each_have_their_own() {
        let telemetry = Telemetry::on();
        let run = start_loop(|_| ());
        let mut tools: FuturesUnordered<_> = (0..100)
            .map(|n| {
                let call = run.tool("t", |tool| tool.attribute("app.n", &n));
                async move {
                    call.scope(async {
                        tokio::task::yield_now().await;
                        current_tool().set("app.m", n);
                    })
                    .await;
                    call.end();
                }
            })
            .collect();
        while tools.next().await.is_some() {}
        run.end();
        let tools = telemetry.named("sampling.execute_tool t");
        assert_eq!(tools.len(), 100);
        assert!(tools.iter().all(|tool| tool.get("app.n").is_some() && tool.get("app.n") == tool.get("app.m")));
    }
}

mod placed {
    use super::*;

    fn remote() -> Context {
        let tracer = global::tracer("user");
        let span = tracer.start_with_context("elsewhere", &Context::new());
        Context::new().with_span(span)
    }

    #[sampling_loop(agent = "weather", parent = parent, link = link)]
    async fn run(parent: Option<Context>, link: Option<&Context>) {
        step().await;
    }

    #[sampling_tool(parent = parent)]
    fn placed_tool(parent: &Context) {}

    #[sampling_loop(started = began)]
    fn began_before(began: Option<SystemTime>) {
        asked_before(&began.unwrap_or_else(SystemTime::now));
    }

    #[sampling_step(model = "m", started = began, parent = Context::current())]
    fn asked_before(began: &SystemTime) {
        std::hint::black_box(began);
    }

    #[test]
    fn a_function_too_may_have_begun_before_it_was_called() {
        let telemetry = Telemetry::on().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        let before = SystemTime::now() - Duration::from_secs(60);
        began_before(Some(before));
        let [run, step] = telemetry.spans(2).try_into().expect("two");
        for span in [&run, &step] {
            assert_eq!(span.0.start_time, before, "{}", span.name());
            assert!(span.0.end_time > before);
        }
        assert_eq!(step.parent_id(), run.id());
        for name in ["gen_ai.invoke_agent.duration", "gen_ai.client.inference.duration"] {
            let [point] = telemetry.points(name).try_into().expect("one");
            assert!((60.0..120.0).contains(&point.sum), "{name}: {}", point.sum);
        }
        drop(telemetry);

        let telemetry = Telemetry::on();
        began_before(None);
        let [run, step] = telemetry.spans(2).try_into().expect("two");
        assert!(run.0.start_time > before && step.0.start_time >= run.0.start_time);
    }

    #[tokio::test]
    async fn a_parent_and_a_link_are_where_they_are_said_to_be() {
        let telemetry = Telemetry::on();
        let (parent, link) = (remote(), remote());
        run(Some(parent.clone()), Some(&link)).await;
        run(None, None).await;
        drop((parent.clone(), link.clone()));
        let [placed, rooted] = &telemetry.named(LOOP)[..] else { panic!("{}", telemetry.tree()) };
        assert_eq!(placed.parent_id(), parent.span().span_context().span_id());
        let links: Vec<_> = placed.0.links.iter().map(|link| link.span_context.clone()).collect();
        assert_eq!(links, [link.span().span_context().clone()]);
        assert_eq!(placed.get("gen_ai.agent.name"), Some("weather".into()));
        assert_eq!(rooted.parent_id(), opentelemetry::trace::SpanId::INVALID);
        assert_eq!(rooted.0.links.len(), 0);
        assert_eq!(placed.get("fastmcp.sampling.iterations"), Some(1.into()));
        for context in [parent, link] {
            context.span().end();
        }
    }

    #[tokio::test]
    async fn a_call_placed_in_a_loop_s_context_belongs_to_that_loop() {
        let telemetry = Telemetry::on();
        let (one, other) = (start_loop(|run| run.agent("one")), start_loop(|run| run.agent("other")));
        {
            let _inside = one.enter();
            let step = start_step(|step| {
                step.parent(&other.context());
                step.link(&one.context());
            });
            step.end();
            placed_tool(&other.context());
        }
        one.end();
        other.end();
        let [one, other] = &telemetry.named(LOOP)[..] else { panic!("{}", telemetry.tree()) };
        let step = only(telemetry.named(STEP));
        assert_eq!(step.parent_id(), other.id());
        assert_eq!(step.get("gen_ai.agent.name"), Some("other".into()));
        assert_eq!(step.get("fastmcp.sampling.iteration"), Some(0.into()));
        assert_eq!(step.0.links.len(), 1);
        assert_eq!(only(telemetry.named("sampling.execute_tool placed_tool")).parent_id(), other.id());
        let iterations = |span: &Span| span.get("fastmcp.sampling.iterations");
        assert_eq!((iterations(one), iterations(other)), (None, Some(1.into())), "counted where it is");
    }

    #[tokio::test]
    async fn a_loop_placed_in_a_loop_s_context_counts_for_itself() {
        let telemetry = Telemetry::on();
        let outer = start_loop(|run| run.agent("outer"));
        run(Some(outer.context()), None).await;
        outer.end();
        let [outer, placed] = &telemetry.named(LOOP)[..] else { panic!("{}", telemetry.tree()) };
        let step = only(telemetry.named(STEP));
        assert_eq!((placed.parent_id(), step.parent_id()), (outer.id(), placed.id()));
        assert_eq!(step.get("gen_ai.agent.name"), Some("weather".into()));
        let iterations = |span: &Span| span.get("fastmcp.sampling.iterations");
        assert_eq!((iterations(outer), iterations(placed)), (None, Some(1.into())));
    }

    #[test]
    fn a_parent_that_comes_late_is_left_out() {
        let telemetry = Telemetry::on();
        let other = start_loop(|_| ());
        start_step(|step| {
            step.model("small");
            step.parent(&other.context());
            step.link(&other.context());
        })
        .end();
        other.end();
        let step = only(telemetry.named(STEP));
        assert_eq!((step.parent_id(), step.0.links.len()), (opentelemetry::trace::SpanId::INVALID, 1));
        assert_eq!(step.get("gen_ai.request.model"), Some("small".into()));
    }

    #[test]
    fn so_is_one_that_comes_late_inside_of_a_loop_that_records() {
        let telemetry = Telemetry::on();
        let (one, other) = (start_loop(|run| run.agent("one")), start_loop(|run| run.agent("other")));
        {
            let _inside = one.enter();
            start_step(|step| {
                step.model("small");
                step.parent(&other.context());
            })
            .end();
        }
        other.end();
        one.end();
        let step = only(telemetry.named(STEP));
        assert_eq!(step.get("gen_ai.request.model"), Some("small".into()), "what was said is not lost");
        assert_eq!(step.get("gen_ai.agent.name"), Some("one".into()));
    }

    #[test]
    fn a_tool_that_is_placed_keeps_its_name() {
        let telemetry = Telemetry::on().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        let other = start_loop(|run| run.agent("other"));
        start_tool("weather", |tool| {
            tool.parent(&other.context());
            tool.call_id("c-1");
        })
        .end();
        let one = start_loop(|_| ());
        {
            let _inside = one.enter();
            start_tool("weather", |tool| tool.parent(&other.context())).end();
        }
        one.end();
        other.end();
        let tools = telemetry.named("execute_tool weather");
        let [alone, inside] = &tools[..] else { panic!("{}", telemetry.tree()) };
        for tool in [alone, inside] {
            assert_eq!(tool.get("gen_ai.tool.name"), Some("weather".into()));
            assert_eq!(tool.get("gen_ai.agent.name"), Some("other".into()));
        }
        assert_eq!(alone.get("gen_ai.tool.call.id"), Some("c-1".into()));
        let named: Vec<_> = telemetry
            .points("gen_ai.execute_tool.duration")
            .into_iter()
            .map(|point| (point.attributes["gen_ai.tool.name"].clone(), point.count))
            .collect();
        assert_eq!(named, [("String(\"weather\")".to_owned(), 2)]);
    }

    #[test]
    fn so_does_one_that_is_placed_twice() {
        let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_arguments_for_sampler(true);
        let telemetry = Telemetry::off().sampled(Without::new("invoke_agent mid")).with(settings);
        let outer = start_loop(|run| run.agent("outer"));
        let nobody = {
            let _suppressed = Context::current().with_telemetry_suppressed().attach();
            Context::current()
        };
        let mid = start_loop(|run| run.agent("mid"));
        for first in [nobody, mid.context()] {
            start_tool("weather", |tool| {
                tool.parent(&first);
                tool.parent(&outer.context());
            })
            .end();
        }
        mid.end();
        outer.end();
        assert_eq!(telemetry.named("execute_tool weather").len(), 2, "{}", telemetry.tree());
    }

    #[test]
    fn a_meter_alone_counts_a_call_where_it_was_placed() {
        let telemetry = Telemetry::off().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        let (one, other) = (start_loop(|run| run.agent("one")), start_loop(|run| run.agent("other")));
        {
            let _inside = one.enter();
            start_step(|step| step.parent(&other.context())).end();
        }
        one.end();
        other.end();
        let mut counts: Vec<(String, f64)> = telemetry
            .points("gen_ai.invoke_agent.inference_calls")
            .into_iter()
            .map(|point| (format!("{:?}", point.attributes.get("gen_ai.agent.name")), point.sum))
            .collect();
        counts.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(counts, [("Some(\"String(\\\"one\\\")\")".into(), 0.0), ("Some(\"String(\\\"other\\\")\")".into(), 1.0)]);
    }
}

mod streams {
    use super::*;

    #[tokio::test]
    async fn a_call_hands_a_stream_on_and_lasts_as_long() {
        let telemetry = Telemetry::on();
        let run = start_loop(|_| ());
        let step = run.step(|step| step.model("small"));
        let (send, receive) = tokio::sync::mpsc::channel(4);
        let receive =
            stream::unfold(receive, |mut receive| async { receive.recv().await.map(|item: Result<u8, String>| (item, receive)) });
        let mut items = step.stream(receive, |item| match item {
            Ok(_) => Chunk::new().text("x"),
            Err(error) => Chunk::new().failed("broken", error.as_str()),
        });
        send.send(Ok(1)).await.expect("open");
        assert_eq!(items.next().await, Some(Ok(1)));
        telemetry.spans(0);
        send.send(Err("torn".into())).await.expect("open");
        drop(send);
        assert_eq!(items.next().await, Some(Err("torn".into())));
        assert_eq!(items.next().await, None);
        let span = only(telemetry.named(STEP));
        assert_eq!((span.status(), span.get("error.type")), (Status::error("torn"), Some("broken".into())));
        assert_eq!(span.get("gen_ai.request.stream"), Some(true.into()));
        assert!(span.get("gen_ai.response.time_to_first_chunk").is_some());
        run.end();
    }

    #[tokio::test]
    async fn events_that_arrive_one_at_a_time_are_put_together() {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
        let step = start_step(|_| ());
        step.chunk(Chunk::new().model("small"));
        step.chunk(Chunk::new().text("Sun"));
        {
            let _inside = step.enter();
            current_step().chunk(Chunk::new().text("ny."));
        }
        step.chunk(Chunk::new().stop_reason("end_turn").usage(TokenUsage::new(1, 2)));
        let before = SystemTime::now();
        std::thread::sleep(Duration::from_millis(5));
        // As of a stream: once it is known why the model stopped, nobody needs to say that it did.
        drop(step);
        let span = telemetry.span();
        assert_eq!(span.status(), Status::Unset);
        assert!(span.0.end_time <= before);
        assert_eq!(span.get("gen_ai.usage.output_tokens"), Some(2.into()));
        assert!(span.get("gen_ai.response.time_to_first_chunk").is_some());
        assert_eq!(
            span.get("gen_ai.output.messages"),
            Some(r#"[{"finish_reason":"stop","parts":[{"content":"Sunny.","type":"text"}],"role":"assistant"}]"#.into())
        );
    }

    #[tokio::test]
    async fn a_local_stream_is_handed_on_as_well() {
        let telemetry = Telemetry::on();
        let rc = std::rc::Rc::new(2);
        let items = start_tool("t", |_| ()).stream_local(stream::iter([rc.clone(), rc]), |_| Chunk::new().text("r"));
        assert_eq!(items.count().await, 2);
        assert_eq!(telemetry.span().status(), Status::Unset);
    }
}

/// Nothing that it holds is in it.
#[test]
fn what_is_printed_of_a_handle_says_what_it_is() {
    let _telemetry = Telemetry::on();
    let secret = String::from("a secret");
    let run = start_loop(|_| ());
    let inside = run.enter();
    let decision = current_loop().tool_decision("look", "a secret", samplescope::Decision::Denied);
    assert_eq!(format!("{decision:?}"), "ToolDecision { recording: true, .. }");
    let chunk = Chunk::read(&secret).message(&secret);
    let printed = format!("{chunk:?} {:?}", samplescope::read(&secret));
    assert!(!printed.contains("a secret"), "{printed}");
    assert!(
        ["alloc::string::String", "ChunkMessage { .. }", "Read { .. }"].iter().all(|part| printed.contains(part)),
        "{printed}"
    );
    let described = samplescope::mcp::Described { method: "ping", ..Default::default() };
    let operation = samplescope::mcp::Operation::start(samplescope::mcp::Side::Sender, &described, &run.context());
    let printed = format!("{operation:?}");
    assert!(printed.starts_with("Operation { context: ") && printed.ends_with("is_listened_to: true }"), "{printed}");
    drop((decision, inside));
}
