//! `span = current`: a client has opened a span for its model call or tool, and we complete that one.

use futures::stream;
use futures::{Stream, StreamExt as _};
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue, Value, global};
use samplescope::{
    Capture, Chunk, Settings, TokenUsage, Vocabulary, current_step, current_tool, sampling_loop, sampling_step, sampling_tool,
    start_loop, start_step, start_tool,
};
use samplescope_tests::{Span, Telemetry, Without};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::timeout;

const LOOP: &str = "sampling/createMessage";
const STEP: &str = "sampling/createMessage step";
const THEIRS: &str = "chat gpt";

/// A client that traces itself: whatever it calls is in a span of its own.
async fn client<T>(inside: impl Future<Output = T>) -> T {
    named(THEIRS, inside).await
}

async fn named<T>(name: &'static str, inside: impl Future<Output = T>) -> T {
    let tracer = global::tracer("client");
    let span = tracer.build(tracer.span_builder(name).with_kind(SpanKind::Client));
    let context = Context::current_with_span(span);
    let value = inside.with_context(context.clone()).await;
    context.span().set_attribute(KeyValue::new("client.status", 200));
    context.span().end();
    value
}

struct Reply {
    text: &'static str,
}

#[sampling_step(
    span = current,
    model = "gpt",
    messages = question,
    message = |reply| reply.text,
    stop_reason = |_| "stop",
    usage = |_| TokenUsage::new(12_u8, 3_u8),
    attributes("app.tenant" = question),
)]
async fn ask(question: &str) -> Result<Reply, &'static str> {
    yield_now().await;
    if question.is_empty() { Err("nothing to answer") } else { Ok(Reply { text: "hello" }) }
}

/// A step around anything.
#[sampling_step(span = current)]
async fn step<T>(inside: impl Future<Output = T>) -> T {
    yield_now().await;
    inside.await
}

/// A step that has a span of its own.
#[sampling_step(model = "m")]
async fn plain<T>(inside: impl Future<Output = T>) -> T {
    inside.await
}

#[sampling_tool(span = current, name = "look")]
async fn tool<T>(inside: impl Future<Output = T>) -> T {
    yield_now().await;
    inside.await
}

#[sampling_loop(agent = "weather", inherited("user.id" = "u-1"))]
async fn run<T>(body: impl Future<Output = T>) -> T {
    body.await
}

fn text(span: &Span, key: &str) -> Option<String> {
    span.get(key).map(|value| value.to_string())
}

#[track_caller]
fn only(mut spans: Vec<Span>) -> Span {
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

mod completed {
    use super::*;

    #[tokio::test]
    async fn the_client_s_span_has_what_is_known_and_there_is_no_second_one() {
        for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
            let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(vocabulary));
            assert!(run(client(ask("hi"))).await.is_ok());
            let [run, span] = &telemetry.spans(2)[..] else { panic!("{}", telemetry.tree()) };
            assert_eq!((span.name(), span.kind(), span.status()), (THEIRS, SpanKind::Client, Status::Unset));
            assert_eq!(span.parent_id(), run.id());
            assert_eq!(run.get("fastmcp.sampling.iterations"), Some(1.into()));
            assert_eq!(run.get("gen_ai.request.model"), None);
            for (key, value) in [
                ("gen_ai.operation.name", "chat"),
                ("gen_ai.request.model", "gpt"),
                ("gen_ai.agent.name", "weather"),
                ("user.id", "u-1"),
                ("app.tenant", "hi"),
                ("fastmcp.sampling.iteration", "0"),
                ("fastmcp.sampling.stop_reason", "endTurn"),
                ("client.status", "200"),
            ] {
                assert_eq!(text(span, key).as_deref(), Some(value), "{key}");
            }
            assert_eq!(span.get("gen_ai.usage.input_tokens"), Some(Value::I64(12)));
        }
    }

    /// A step that is not sampled and still measured has no span that would be in the way.
    #[tokio::test]
    async fn behind_a_step_that_has_no_span_the_client_s_is_completed_whether_there_is_a_meter_or_not() {
        for is_metered in [false, true] {
            let settings = Settings::default().with_vocabulary(Vocabulary::GenAi);
            let mut telemetry = Telemetry::off().sampled(Without::new("chat m")).with(settings);
            if is_metered {
                telemetry.install_meter();
            }
            run(client(plain(tool(yield_now())))).await;
            assert_eq!(telemetry.tree(), "invoke_agent weather\n  chat gpt\n", "{is_metered}");
            assert_eq!(text(&only(telemetry.named(THEIRS)), "gen_ai.tool.name").as_deref(), Some("look"), "{is_metered}");
        }
    }

    /// Whoever looks from it for a call of another kind finds the one around: its own place is the span that it completes.
    #[test]
    fn the_call_around_it_is_found_from_inside() {
        #[sampling_tool]
        async fn outer<T>(inside: impl Future<Output = T>) -> T {
            inside.await
        }
        let telemetry = Telemetry::on();
        let (done, is_done) = mpsc::channel();
        // What is looked for outwards is found, or the thread goes round for ever.
        thread::spawn(move || {
            let asked = || step(async { current_tool().set("app.asked", true) });
            let beside = || async {
                let other = step(yield_now());
                tokio::join!(other, asked());
            };
            tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
                client(asked()).await;
                client(beside()).await;
                client(tool(async { current_step().set("app.asked", true) })).await;
                run(client(asked())).await;
                run(client(beside())).await;
                run(outer(client(asked()))).await;
                // The step has ended, and what goes on with its word completes the same span.
                client(async {
                    let step = start_step(|step| {
                        step.current_span();
                        step.model("gpt");
                    });
                    let late = step.scope(async {
                        let tool = start_tool("late", |tool| {
                            tool.current_span();
                            tool.call_id("c-1");
                        });
                        let _inside = tool.enter();
                        current_step().set("app.asked", true);
                    });
                    step.end();
                    late.await;
                })
                .await;
                // A step below the client's span, and in it one that completes that span; then one more inside of that.
                run(client(async {
                    let theirs = Context::current();
                    plain(asked().with_context(theirs)).await;
                }))
                .await;
                run(client(async {
                    let theirs = Context::current();
                    let further_in = plain(async { current_tool().set("app.asked", true) });
                    plain(step(further_in).with_context(theirs)).await;
                }))
                .await;
            });
            done.send(()).expect("somebody waits");
        });
        is_done.recv_timeout(Duration::from_secs(60)).expect("it ends");
        let asked: Vec<String> = telemetry
            .spans_so_far()
            .iter()
            .filter(|span| span.get("app.asked").is_some())
            .map(|span| span.name().to_owned())
            .collect();
        assert_eq!(asked, ["sampling.execute_tool outer"]);
    }

    #[tokio::test]
    async fn outside_of_a_loop_too() {
        let telemetry = Telemetry::on();
        assert!(client(ask("hi")).await.is_ok());
        assert_eq!(text(&telemetry.span(), "gen_ai.request.model").as_deref(), Some("gpt"));
    }

    #[tokio::test]
    async fn content_goes_there_when_it_is_asked_for() {
        let settings = |capture| Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(capture);
        for (capture, expected) in [(Capture::Off, false), (Capture::Spans, true)] {
            let telemetry = Telemetry::on().with(settings(capture));
            assert!(client(ask("hi")).await.is_ok());
            let said = ["gen_ai.input.messages", "gen_ai.output.messages"].map(|key| telemetry.span().get(key).is_some());
            assert_eq!(said, [expected; 2]);
        }
    }

    #[tokio::test]
    async fn a_tool_completes_its_span_likewise() {
        let telemetry = Telemetry::on();
        run(named("execute_tool look", tool(async { current_tool().set("app.cache", "hit") }))).await;
        let span = only(telemetry.named("execute_tool look"));
        for (key, value) in [("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "look"), ("app.cache", "hit")] {
            assert_eq!(text(&span, key).as_deref(), Some(value), "{key}");
        }
        telemetry.spans(2);
    }

    #[tokio::test]
    async fn statements_and_calls_by_hand_do_it_too() {
        #[sampling_loop]
        async fn by_statement() -> u8 {
            client(async {
                #[sampling_step(span = current, model = "gpt")]
                let answer = std::future::ready(7).await;
                answer * 2
            })
            .await
        }
        fn by_hand() {
            let step = start_step(|step| {
                step.current_span();
                step.model("gpt");
            });
            step.usage(TokenUsage::new(1_u8, 2_u8));
            step.end();
        }
        let telemetry = Telemetry::on();
        assert_eq!(by_statement().await, 14);
        client(async { by_hand() }).await;
        run(client(async { by_hand() })).await;
        for span in telemetry.named(THEIRS) {
            assert_eq!(text(&span, "gen_ai.request.model").as_deref(), Some("gpt"));
        }
        let tool = || {
            start_tool("look", |tool| {
                tool.current_span();
                tool.call_id("c-1");
            })
        };
        named("tool", async { tool().end() }).await;
        assert_eq!(text(&only(telemetry.named("tool")), "gen_ai.tool.call.id").as_deref(), Some("c-1"));
        telemetry.spans(6);
    }

    #[tokio::test]
    async fn a_stream_does_it_as_long_as_it_lasts() {
        #[sampling_step(span = current, stream, chunk = |text| Chunk::new().text(*text).usage(TokenUsage::new(1_u8, 2_u8)))]
        fn stream() -> impl Stream<Item = &'static str> {
            stream::iter(["a", "b"])
        }
        let telemetry = Telemetry::on();
        assert_eq!(client(async { stream().count().await }).await, 2);
        assert_eq!(telemetry.span().get("gen_ai.usage.output_tokens"), Some(2.into()));
        telemetry.forget();
        // What the client ended before that has what was known at the start, and its end is where it was.
        let items = client(async { stream() }).await;
        assert_eq!(items.count().await, 2);
        let span = telemetry.span();
        assert_eq!((span.get("gen_ai.request.stream"), span.get("gen_ai.usage.output_tokens")), (Some(true.into()), None));
    }

    #[tokio::test]
    async fn a_link_is_added_to_it_and_a_parent_says_where_it_is() {
        #[sampling_step(parent = context, span = current, link = link)]
        async fn linked(context: &Context, link: &Context) {}
        let telemetry = Telemetry::on();
        let tracer = global::tracer("client");
        let (theirs, other) = (Context::new().with_span(tracer.start(THEIRS)), Context::new().with_span(tracer.start("other")));
        linked(&theirs, &other).await;
        theirs.span().end();
        let span = telemetry.span();
        assert_eq!(span.name(), THEIRS);
        assert_eq!(span.0.links[0].span_context.span_id(), other.span().span_context().span_id());
        other.span().end();
        drop(telemetry);
        // Said after content is said after everything else.
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
        client(async {
            let late = start_step(|step| {
                step.current_span();
                step.messages("hi");
                step.link(&other);
                step.attribute("app.late", "yes");
            });
            late.end();
        })
        .await;
        let span = telemetry.span();
        assert_eq!((span.name(), span.0.links.len()), (THEIRS, 1));
        assert_eq!(text(&span, "app.late").as_deref(), Some("yes"));
    }

    /// Which is why the attribute stands where there is one request.
    #[tokio::test]
    async fn two_one_after_the_other_are_both_on_it() {
        let telemetry = Telemetry::on();
        client(async {
            assert!(ask("").await.is_err());
            assert!(ask("hi").await.is_ok());
        })
        .await;
        let span = telemetry.span();
        let models = span.0.attributes.iter().filter(|attribute| attribute.key.as_str() == "gen_ai.request.model");
        assert_eq!((models.count(), span.status()), (2, Status::error("nothing to answer")));
    }
}

mod endings {
    use super::*;

    #[tokio::test]
    async fn an_error_is_the_span_s_and_a_success_says_nothing() {
        let telemetry = Telemetry::on();
        assert!(client(ask("")).await.is_err());
        let span = telemetry.span();
        assert_eq!(span.status(), Status::error("nothing to answer"));
        assert_eq!(text(&span, "error.type").as_deref(), Some("&str"));
        assert_eq!(span.events().len(), 1);
        assert!(span.get("client.status").is_some(), "it was ended by its owner, after that");
    }

    #[tokio::test]
    async fn its_owner_has_the_last_word() {
        let telemetry = Telemetry::on();
        client(async {
            assert!(ask("").await.is_err());
            telemetry.spans(0);
            Context::current().span().set_status(Status::Ok);
        })
        .await;
        assert_eq!(telemetry.span().status(), Status::Ok);
    }

    #[tokio::test]
    async fn a_call_that_was_dropped_or_that_panicked_says_so() {
        let telemetry = Telemetry::on();
        let cancelled = async { timeout(Duration::from_millis(1), step(pending::<()>())).await.is_err() };
        assert!(client(cancelled).await);
        let panicked = async { tokio::spawn(step(async { panic!("boom") }).with_current_context()).await.is_err() };
        assert!(client(panicked).await);
        let said = telemetry.spans(2).into_iter().map(|span| (span.status(), text(&span, "error.type").unwrap_or_default()));
        let expected = ["cancelled", "panicked"].map(Status::error).into_iter().zip(["cancelled", "panic"].map(String::from));
        assert_eq!(said.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

mod inside {
    use super::*;

    #[tokio::test]
    async fn what_is_called_is_below_it_and_finds_the_call() {
        #[sampling_tool]
        async fn below() {
            current_step().set("app.found", true);
        }
        let telemetry = Telemetry::on();
        let spawned = || async { tokio::spawn(below().with_current_context()).await };
        let around = async {
            below().await;
            spawned().await
        };
        assert!(run(client(step(around))).await.is_ok());
        assert_eq!(
            telemetry.tree(),
            format!("{LOOP}\n  {THEIRS}\n    sampling.execute_tool below\n    sampling.execute_tool below\n")
        );
        assert_eq!(only(telemetry.named(THEIRS)).attributes()["app.found"], "Bool(true)");
        telemetry.forget();
        // A task that knows nothing but the context.
        let only_there = async { tokio::spawn(below().with_current_context()).await };
        assert!(run(client(step(only_there))).await.is_ok());
        assert_eq!(only(telemetry.named(THEIRS)).attributes()["app.found"], "Bool(true)");
    }

    #[tokio::test]
    async fn a_span_that_the_client_opens_further_in_is_a_tool_s_to_complete() {
        let telemetry = Telemetry::on();
        run(client(step(named("further in", tool(async {}))))).await;
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  {THEIRS}\n    further in\n"));
        assert_eq!(text(&only(telemetry.named(THEIRS)), "gen_ai.operation.name").as_deref(), Some("chat"));
        assert_eq!(text(&only(telemetry.named("further in")), "gen_ai.operation.name").as_deref(), Some("execute_tool"));
    }

    #[tokio::test]
    async fn the_next_one_is_the_next_iteration() {
        let telemetry = Telemetry::on();
        run(async {
            client(step(async {})).await;
            client(step(async {})).await;
        })
        .await;
        let iterations = telemetry.named(THEIRS).into_iter().map(|span| text(&span, "fastmcp.sampling.iteration"));
        assert_eq!(iterations.collect::<Vec<_>>(), [Some("0".to_owned()), Some("1".to_owned())]);
    }
}

mod refused {
    use super::*;

    /// What a step or tool of ours says must not be on a span that is not the client's, or not of this call.
    #[tokio::test]
    async fn a_span_of_ours_is_never_completed_by_another_call() {
        let telemetry = Telemetry::on();
        run(step(async {})).await;
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  {STEP}\n"));
        telemetry.forget();
        run(client(step(tool(step(async {}))))).await;
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  {THEIRS}\n    sampling.execute_tool look\n      {STEP}\n"));
        telemetry.forget();
        client(step(tool(async {}))).await;
        assert_eq!(telemetry.tree(), format!("{THEIRS}\n  sampling.execute_tool look\n"));
    }

    #[tokio::test]
    async fn of_two_at_once_one_has_it() {
        let telemetry = Telemetry::on();
        run(client(async { futures::join!(step(yield_now()), step(yield_now())) })).await;
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  {THEIRS}\n    {STEP}\n"));
        for name in [THEIRS, STEP] {
            assert_eq!(text(&only(telemetry.named(name)), "gen_ai.operation.name").as_deref(), Some("chat"));
        }
    }

    #[tokio::test]
    async fn where_there_is_none_it_has_its_own() {
        let telemetry = Telemetry::on();
        step(async {}).await;
        assert_eq!(telemetry.tree(), format!("{STEP}\n"));
        telemetry.forget();
        // One of another process.
        let remote = SpanContext::new(TraceId::from(7), SpanId::from(7), TraceFlags::default(), true, TraceState::default());
        step(async {}).with_context(Context::new().with_remote_span_context(remote)).await;
        assert_eq!(telemetry.span().name(), STEP);
        assert_eq!(telemetry.span().parent_id(), SpanId::from(7));
        telemetry.forget();
        // One that has ended.
        client(async {
            Context::current().span().end();
            step(async {}).await;
        })
        .await;
        assert_eq!(telemetry.tree(), format!("{THEIRS}\n  {STEP}\n"));
    }

    #[tokio::test]
    async fn what_was_said_before_counts() {
        let telemetry = Telemetry::on();
        client(async {
            let step = start_step(|step| {
                step.model("gpt");
                step.current_span();
            });
            step.end();
            let placed = start_step(|step| {
                step.current_span();
                step.parent(&Context::new());
            });
            placed.end();
        })
        .await;
        assert_eq!(telemetry.tree(), format!("{THEIRS}\n  {STEP}\n"));
        assert_eq!(text(&only(telemetry.named(THEIRS)), "gen_ai.operation.name").as_deref(), Some("chat"));
    }
}

mod sampling {
    use super::*;

    #[sampling_step(span = current, temperature = asked.replace(asked.get() + 1))]
    async fn unheard(asked: &Cell<u32>) {}

    #[tokio::test]
    async fn nobody_is_asked() {
        let sampler = Without::new("none");
        let telemetry = Telemetry::off().sampled(sampler.clone());
        run(client(step(async {}))).await;
        assert_eq!(sampler.asked(), [LOOP, THEIRS]);
        telemetry.spans(2);
    }

    #[tokio::test]
    async fn where_a_sampler_said_no_to_the_client_s_span_there_is_none_but_it_counts() {
        let sampler = Without::new(THEIRS);
        let telemetry = Telemetry::off().sampled(sampler.clone()).metered();
        run(client(ask("hi"))).await.expect("an answer");
        assert_eq!(telemetry.span().get("fastmcp.sampling.iterations"), Some(1.into()));
        assert_eq!(sampler.asked(), [LOOP, THEIRS]);
        let tokens = telemetry.points("gen_ai.client.token.usage");
        assert_eq!(
            tokens.iter().map(|point| point.sum.to_string()).collect::<BTreeSet<_>>(),
            ["12", "3"].map(String::from).into()
        );
        telemetry.forget();
        let asked = Cell::new(0);
        run(client(unheard(&asked))).await;
        telemetry.spans(1);
        assert_eq!(asked.get(), 0, "what is for the span alone is not evaluated");
    }

    #[tokio::test]
    async fn where_telemetry_is_suppressed_there_is_none() {
        let telemetry = Telemetry::on();
        client(async {
            step(async {}).with_context(Context::current().with_telemetry_suppressed()).await;
        })
        .await;
        assert!(telemetry.span().get("gen_ai.operation.name").is_none());
    }

    /// Where nobody listens any more to the loop, although somebody would now.
    #[tokio::test]
    async fn where_it_is_placed_and_nobody_listens_there_is_none() {
        let mut telemetry = Telemetry::off().sampled(Without::new(LOOP)).with(Settings::default().with_capture(Capture::Spans));
        let unheard = start_loop(|run| run.capture(&false));
        telemetry.install_meter();
        client(async {
            let placed = start_step(|step| {
                step.parent(&unheard.context());
                step.current_span();
                step.model("gpt");
            });
            placed.end();
        })
        .await;
        unheard.end();
        assert!(only(telemetry.spans(1)).get("gen_ai.operation.name").is_none());
    }

    #[tokio::test]
    async fn a_span_that_is_older_than_its_loop_is_none_of_its_steps() {
        let telemetry = Telemetry::off().sampled(Without::new(LOOP)).metered();
        client(run(async {
            step(async {}).await;
            tokio::spawn(step(async {}).with_current_context()).await.expect("joined");
        }))
        .await;
        assert!(only(telemetry.named(THEIRS)).get("gen_ai.operation.name").is_none());
    }
}

mod measured {
    use super::*;

    #[tokio::test]
    async fn as_any_call_is() {
        let genai = || Settings::default().with_vocabulary(Vocabulary::GenAi);
        let telemetry = Telemetry::on().metered().with(genai());
        client(ask("hi")).await.expect("an answer");
        let points = telemetry.points("gen_ai.client.inference.duration");
        assert_eq!(points.iter().map(|point| point.count).collect::<Vec<_>>(), [1]);
        let tokens = telemetry.points("gen_ai.client.inference.usage.input_tokens");
        assert_eq!(tokens.iter().map(|point| point.sum).collect::<Vec<_>>(), [12.0]);
    }

    /// Whose provider nobody knows is nobody who listens: then nothing happens.
    #[tokio::test]
    async fn without_a_provider_of_the_process_nothing_is() {
        let _telemetry = Telemetry::off();
        let exporter = opentelemetry_sdk::trace::InMemorySpanExporter::default();
        let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let span = opentelemetry::trace::TracerProvider::tracer(&provider, "client").start(THEIRS);
        let context = Context::new().with_span(span);
        ask("hi").with_context(context.clone()).await.expect("an answer");
        context.span().end();
        assert!(exporter.get_finished_spans().expect("in memory")[0].attributes.is_empty());
    }
}

mod tracing_opentelemetry_s {
    use super::*;
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::Sampler;
    use tracing::instrument::WithSubscriber as _;
    use tracing::{Dispatch, Instrument as _, Span as TracingSpan, info_span};
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::layer::SubscriberExt as _;

    /// `tracing` as a program sets it up that wants its spans in OpenTelemetry.
    fn on(activates: bool) -> (Telemetry, Dispatch) {
        let mut telemetry = Telemetry::off();
        let tracer = telemetry.install(Sampler::AlwaysOn).tracer("tracing");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_context_activation(activates);
        (telemetry, Dispatch::new(tracing_subscriber::registry().with(layer)))
    }

    #[tokio::test]
    async fn span_is_completed_with_values_of_their_own_type() {
        let (telemetry, subscriber) = on(true);
        let client = async { ask("hi").instrument(info_span!("chat", otel.kind = "client")).await };
        assert!(run(client).with_subscriber(subscriber).await.is_ok());
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  chat\n"));
        let span = only(telemetry.named("chat"));
        assert_eq!(span.get("gen_ai.usage.input_tokens"), Some(Value::I64(12)));
        assert_eq!(span.kind(), SpanKind::Client);
    }

    #[tokio::test]
    async fn span_of_the_same_function_is_completed_where_ours_stands_on_top() {
        #[sampling_step(span = current, model = model, attributes("app.words" = ["a", "b"]))]
        #[tracing::instrument(skip_all, fields(server = "eu"))]
        async fn both(model: &str) -> Result<(), &'static str> {
            yield_now().await;
            tool(async { tracing::info!("inside") }).await;
            Err("late")
        }
        let (telemetry, subscriber) = on(true);
        assert!(run(async { both("gpt").await }).with_subscriber(subscriber).await.is_err());
        let span = only(telemetry.named("both"));
        assert_eq!(text(&span, "gen_ai.request.model").as_deref(), Some("gpt"));
        assert_eq!(text(&span, "server").as_deref(), Some("eu"));
        assert!(matches!(span.get("app.words"), Some(Value::Array(_))));
        assert_eq!(span.status(), Status::error("late"));
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  both\n    sampling.execute_tool look\n"));
    }

    #[tokio::test]
    async fn span_that_was_dropped_with_the_call_says_so() {
        let (telemetry, subscriber) = on(true);
        let client = async { timeout(Duration::from_millis(1), step(pending::<()>()).instrument(info_span!("chat"))).await };
        assert!(client.with_subscriber(subscriber).await.is_err());
        assert_eq!(telemetry.span().status(), Status::error("cancelled"));
    }

    /// One that a filter has turned off is not there, and what is around it is not the client's.
    #[tokio::test]
    async fn span_that_is_off_is_not_there() {
        let (telemetry, _) = on(true);
        let tracer = global::tracer_provider().tracer("tracing");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        let subscriber = tracing_subscriber::registry().with(LevelFilter::WARN).with(layer);
        run(async { step(async {}).instrument(info_span!("chat")).await }).with_subscriber(subscriber).await;
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  {STEP}\n"));
    }

    /// Where it does not make them current, only their context has them.
    #[tokio::test]
    async fn span_that_is_not_in_the_current_context_is_found_through_its_own() {
        #[sampling_step(parent = TracingSpan::current().context(), span = current, model = "gpt")]
        async fn placed() {
            yield_now().await;
        }
        let (telemetry, subscriber) = on(false);
        let client = async {
            step(async {}).instrument(info_span!("chat")).await;
            placed().instrument(info_span!("placed")).await;
        };
        run(client).with_subscriber(subscriber).await;
        assert_eq!(telemetry.tree(), format!("{LOOP}\n  {STEP}\n  chat\n  placed\n"));
        assert_eq!(text(&only(telemetry.named("placed")), "fastmcp.sampling.iteration").as_deref(), Some("1"));
        assert!(only(telemetry.named("chat")).get("gen_ai.operation.name").is_none());
    }
}

#[tokio::test]
async fn a_span_of_a_provider_that_is_gone_is_left_as_it_is() {
    let telemetry = Telemetry::on();
    client(async {
        start_step(|_| ()).end();
        global::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
        assert!(ask("hi").await.is_ok());
    })
    .await;
    assert_eq!(text(&only(telemetry.named(THEIRS)), "gen_ai.request.model"), None);
}
