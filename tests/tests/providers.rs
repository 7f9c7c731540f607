//! Providers come, go and change while the program runs, and samplers say no: what is exported is what was listened to.

use futures::poll;
use opentelemetry::trace::{
    FutureExt as _, Link, Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SamplingResult, SdkTracerProvider, ShouldSample};
use samplescope::{Settings, TokenUsage, Vocabulary, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Telemetry, Without};
use std::pin::pin;
use std::sync::Arc;
use tokio::task::yield_now;

#[sampling_loop]
async fn run<T>(body: impl Future<Output = T>) -> T {
    body.await
}

#[sampling_step(provider = "p", model = "m", usage = |_| TokenUsage::new(1, 2))]
async fn step<T>(body: impl Future<Output = T>) -> T {
    body.await
}

#[sampling_tool]
async fn tool() {
    yield_now().await;
}

async fn whole() {
    run(async {
        step(tool()).await;
        step(yield_now()).await;
    })
    .await;
}

const WHOLE: &str =
    "sampling/createMessage\n  sampling/createMessage step\n    sampling.execute_tool tool\n  sampling/createMessage step\n";

/// A context whose span is remote, sampled or not.
fn remote(sampled: bool) -> Context {
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let parent = SpanContext::new(TraceId::from(7), SpanId::from(9), flags, true, TraceState::default());
    Context::new().with_remote_span_context(parent)
}

mod coming_and_going {
    use super::*;

    #[tokio::test]
    async fn without_a_provider_there_is_nothing() {
        let telemetry = Telemetry::off();
        whole().await;
        assert!(telemetry.spans(0).is_empty() && telemetry.metrics().is_empty());
    }

    #[tokio::test]
    async fn a_provider_that_comes_late_sees_the_next_loop() {
        let telemetry = Telemetry::off();
        whole().await;
        let telemetry = telemetry.sampled(Sampler::AlwaysOn);
        whole().await;
        assert_eq!(telemetry.tree(), WHOLE);
    }

    #[tokio::test]
    async fn a_provider_that_comes_late_sees_the_next_step_or_tool_outside_a_loop() {
        let telemetry = Telemetry::off();
        step(tool()).await;
        tool().await;
        let telemetry = telemetry.sampled(Sampler::AlwaysOn);
        step(yield_now()).await;
        tool().await;
        assert_eq!(telemetry.tree(), "sampling/createMessage step\nsampling.execute_tool tool\n");
    }

    #[tokio::test]
    async fn a_loop_that_began_off_stays_off_and_a_loop_inside_it_asks() {
        let mut telemetry = Telemetry::off();
        run(async {
            step(tool()).await;
            telemetry.install(Sampler::AlwaysOn);
            yield_now().await;
            step(tool()).await;
            tool().await;
            samplescope::current_loop().validation_failure(1);
            whole().await;
            step(tool()).await;
        })
        .await;
        assert_eq!(telemetry.tree(), WHOLE);
        telemetry.forget();
        step(yield_now()).await;
        telemetry.spans(1);
    }

    #[tokio::test]
    async fn a_loop_that_is_off_says_nothing_to_what_runs_beside_it() {
        let mut telemetry = Telemetry::off();
        let mut off = pin!(run(async {
            yield_now().await;
            step(yield_now()).await;
        }));
        assert!(poll!(off.as_mut()).is_pending());
        telemetry.install(Sampler::AlwaysOn);
        step(yield_now()).await;
        telemetry.spans(1);
        off.await;
        telemetry.spans(1);
    }

    #[tokio::test]
    async fn a_provider_that_was_replaced_sees_no_new_loop_and_the_end_of_the_old_one() {
        let mut telemetry = Telemetry::on();
        run(async {
            step(yield_now()).await;
            telemetry.install(Sampler::AlwaysOn);
            step(yield_now()).await;
            whole().await;
        })
        .await;
        whole().await;
        let of: Vec<usize> = telemetry.trees().iter().map(|tree| tree.lines().count()).collect();
        assert_eq!(of, [3, 8], "{:?}", telemetry.trees());
    }

    #[tokio::test]
    async fn a_provider_that_is_taken_away_is_not_asked_again() {
        let telemetry = Telemetry::on();
        whole().await;
        global::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
        whole().await;
        step(tool()).await;
        assert_eq!(telemetry.tree(), WHOLE);
        let telemetry = telemetry.sampled(Sampler::AlwaysOn);
        whole().await;
        telemetry.spans(8);
    }

    #[tokio::test]
    async fn a_provider_that_shuts_down_while_a_loop_runs_is_in_nobody_s_way() {
        let mut telemetry = Telemetry::off();
        let provider = telemetry.install(Sampler::AlwaysOn);
        let value = run(async {
            step(yield_now()).await;
            provider.shutdown().expect("once");
            step(tool()).await;
            samplescope::current_loop().validation_failure(1);
            7
        })
        .await;
        assert_eq!(value, 7);
        whole().await;
        assert_eq!(telemetry.named("sampling/createMessage step").len(), 1);
    }
}

mod samplers {
    use super::*;

    #[tokio::test]
    async fn what_is_not_sampled_is_not_recorded() {
        for sampler in [Sampler::AlwaysOff, Sampler::TraceIdRatioBased(0.0), Sampler::ParentBased(Box::new(Sampler::AlwaysOff))] {
            let telemetry = Telemetry::off().sampled(sampler);
            whole().await;
            step(tool()).await;
            assert_eq!(telemetry.tree(), "");
        }
        for sampler in [Sampler::AlwaysOn, Sampler::TraceIdRatioBased(1.0), Sampler::ParentBased(Box::new(Sampler::AlwaysOn))] {
            let telemetry = Telemetry::off().sampled(sampler);
            whole().await;
            assert_eq!(telemetry.tree(), WHOLE);
        }
    }

    #[tokio::test]
    async fn a_trace_is_sampled_as_a_whole() {
        let telemetry = Telemetry::off().sampled(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.5))));
        for _ in 0..64 {
            whole().await;
        }
        let loops = telemetry.named("sampling/createMessage").len();
        telemetry.spans(loops * 4);
        assert!((1..64).contains(&loops), "{loops} of 64");
    }

    #[tokio::test]
    async fn a_remote_parent_decides_and_is_the_parent() {
        for sampled in [true, false] {
            let telemetry = Telemetry::off().sampled(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
            whole().with_context(remote(sampled)).await;
            telemetry.spans(if sampled { 4 } else { 0 });
            for span in telemetry.named("sampling/createMessage") {
                assert_eq!((span.parent_id(), span.0.span_context.trace_id()), (SpanId::from(9), TraceId::from(7)));
            }
        }
    }

    #[tokio::test]
    async fn spans_of_the_user_s_own_inside_an_unsampled_loop_are_not_sampled_either() {
        let telemetry = Telemetry::off().sampled(Sampler::ParentBased(Box::new(Without::new("sampling/createMessage"))));
        run(async {
            global::tracer("user").start("user's own").end();
            step(async { global::tracer("user").start("user's own").end() }).await;
        })
        .await;
        assert_eq!(telemetry.tree(), "");
    }

    #[tokio::test]
    async fn a_sampler_that_drops_steps_leaves_the_rest_below_the_loop() {
        let telemetry = Telemetry::off().sampled(Without::new("sampling/createMessage step"));
        whole().await;
        let spans = telemetry.spans(2);
        let [run, tool] = &spans[..] else { panic!("{}", telemetry.tree()) };
        assert_eq!((run.name(), tool.name()), ("sampling/createMessage", "sampling.execute_tool tool"));
        assert_eq!(tool.0.span_context.trace_id(), run.0.span_context.trace_id());
        assert_eq!(run.get("fastmcp.sampling.iterations"), Some(2.into()), "a step that is not sampled is still a step");
    }

    #[tokio::test]
    async fn a_sampler_that_drops_the_loop_is_not_asked_for_what_is_directly_below() {
        let telemetry = Telemetry::off().sampled(Without::new("sampling/createMessage"));
        whole().await;
        assert_eq!(telemetry.tree(), "");
    }

    #[tokio::test]
    async fn another_context_inside_an_unsampled_loop_is_asked() {
        let telemetry = Telemetry::off().sampled(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)));
        run(async {
            step(tool()).await;
            step(tool()).with_context(remote(true)).await;
            step(tool()).await;
        })
        .await;
        assert_eq!(telemetry.tree(), "sampling/createMessage step\n  sampling.execute_tool tool\n");
        assert_eq!(telemetry.spans(2)[0].parent_id(), SpanId::from(9));
    }
}

mod the_user_s_own_span {
    use super::*;

    /// A span of a provider that is not the global one.
    fn local() -> (InMemorySpanExporter, SdkTracerProvider, Context) {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let span = provider.tracer("local").start("local");
        (exporter, provider, Context::new().with_span(span))
    }

    fn set(key: &'static str) {
        Context::current().span().set_attribute(KeyValue::new(key, true));
    }

    #[sampling_step]
    fn plain() {
        set("plain");
    }

    async fn everywhere() {
        run(async {
            set("loop");
            step(async {
                set("step");
                yield_now().await;
                set("later");
            })
            .await;
            plain();
        })
        .await;
    }

    #[tokio::test]
    async fn a_call_that_does_not_record_leaves_the_user_s_span_current() {
        for sampler in [None, Some(Sampler::AlwaysOff), Some(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)))] {
            let title = format!("{sampler:?}");
            // A parent-based one would follow the user's: it has to be one that is not below it.
            let telemetry = sampler.into_iter().fold(Telemetry::off(), Telemetry::sampled);
            let (exporter, _provider, context) = local();
            everywhere().with_context(context.clone()).await;
            context.span().end();
            drop(context);
            let spans = exporter.get_finished_spans().expect("an in-memory exporter");
            let mut keys: Vec<&str> = spans[0].attributes.iter().map(|attribute| attribute.key.as_str()).collect();
            keys.sort_unstable();
            if telemetry.spans_so_far().is_empty() {
                assert_eq!(keys, ["later", "loop", "plain", "step"], "{title}");
            } else {
                assert!(keys.is_empty(), "{title}: they went to our spans");
            }
        }
    }

    #[tokio::test]
    async fn a_span_above_stays_open_until_its_owner_ends_it() {
        let telemetry = Telemetry::off();
        let (exporter, _provider, context) = local();
        everywhere().with_context(context.clone()).await;
        assert!(exporter.get_finished_spans().expect("in memory").is_empty());
        context.span().set_status(Status::Ok);
        context.span().end();
        assert_eq!(exporter.get_finished_spans().expect("in memory")[0].status, Status::Ok);
        drop(telemetry);
    }
}

mod metrics {
    use super::*;

    const DURATION: &str = "mcp.server.operation.duration";
    const TOKENS: &str = "gen_ai.client.token.usage";

    #[tokio::test]
    async fn metrics_do_not_need_traces() {
        let telemetry = Telemetry::off().metered();
        whole().await;
        telemetry.spans(0);
        assert_eq!(telemetry.points(DURATION)[0].count, 1);
        assert_eq!(telemetry.points(TOKENS).iter().map(|point| point.count).sum::<u64>(), 4);
    }

    #[tokio::test]
    async fn traces_do_not_need_metrics() {
        let telemetry = Telemetry::on();
        whole().await;
        assert!(telemetry.metrics().is_empty());
        assert_eq!(telemetry.tree(), WHOLE);
    }

    #[tokio::test]
    async fn what_is_not_sampled_is_measured() {
        for sampler in [Sampler::AlwaysOff, Sampler::ParentBased(Box::new(Sampler::AlwaysOff))] {
            let telemetry = Telemetry::off().sampled(sampler).metered();
            whole().await;
            assert_eq!(telemetry.points(DURATION)[0].count, 1);
            assert_eq!(telemetry.points(TOKENS).iter().map(|point| point.count).sum::<u64>(), 4);
            assert_eq!(telemetry.tree(), "");
        }
    }

    /// Its own span is not sampled and, since that of the user records, is not put above it: the loop is a call that has nothing, but for what
    /// it tells those inside.
    #[tokio::test]
    async fn an_unsampled_loop_in_a_span_of_the_user_s_is_silent_in_that_span_alone() {
        let telemetry = Telemetry::off().sampled(Without::new("sampling/createMessage"));
        let user = global::tracer("user").start("user");
        let inside = async {
            step(yield_now()).await;
            step(yield_now()).with_context(Context::new()).await;
        };
        run(inside).with_context(Context::new().with_span(user)).await;
        let mut names: Vec<String> = telemetry.spans(2).iter().map(|span| span.name().to_owned()).collect();
        names.sort_unstable();
        assert_eq!(names, ["sampling/createMessage step", "user"]);
    }

    /// The loop around is sampled, and the one inside is not: what that calls in a span of the user's is its own all the same.
    #[tokio::test]
    async fn what_an_unsampled_loop_calls_is_not_taken_for_a_call_of_the_loop_around() {
        #[sampling_loop(agent = agent)]
        async fn named<T>(agent: &str, inside: impl Future<Output = T>) -> T {
            inside.await
        }
        for is_metered in [false, true] {
            let settings = Settings::default().with_vocabulary(Vocabulary::GenAi);
            let mut telemetry = Telemetry::off().sampled(Without::new("invoke_agent inner")).with(settings);
            if is_metered {
                telemetry.install_meter();
            }
            let below = async {
                let user = global::tracer("user").start("user");
                step(yield_now()).with_context(Context::current_with_span(user)).await;
            };
            named("outer", named("inner", below)).await;
            let step = telemetry.named("chat m").pop().expect("it is sampled");
            assert_eq!((step.get("gen_ai.agent.name"), is_metered), (Some("inner".into()), is_metered));
        }
    }

    #[tokio::test]
    async fn suppressed_telemetry_has_no_spans_and_still_metrics() {
        let telemetry = Telemetry::on().metered();
        whole().with_context(Context::new().with_telemetry_suppressed()).await;
        assert_eq!(telemetry.tree(), "");
        assert_eq!(telemetry.points(DURATION)[0].count, 1);
        assert_eq!(telemetry.points(TOKENS).iter().map(|point| point.count).sum::<u64>(), 4);
        whole().await;
        assert_eq!(telemetry.tree(), WHOLE, "the next one is not suppressed");
    }

    #[tokio::test]
    async fn a_meter_that_comes_late_measures_the_next_loop() {
        let mut telemetry = Telemetry::on();
        run(async {
            telemetry.install_meter();
            step(yield_now()).await;
        })
        .await;
        assert!(telemetry.points(DURATION).is_empty() && telemetry.points(TOKENS).is_empty());
        whole().await;
        assert_eq!(telemetry.points(DURATION)[0].count, 1);
        telemetry.install_meter();
        whole().await;
        assert_eq!(telemetry.points(DURATION)[0].count, 1, "it is another meter's");
    }

    #[derive(Clone, Debug)]
    struct Holds(#[expect(dead_code, reason = "it is only held")] Arc<()>);

    impl ShouldSample for Holds {
        fn should_sample(
            &self,
            parent: Option<&Context>,
            trace: TraceId,
            name: &str,
            kind: &SpanKind,
            attributes: &[KeyValue],
            links: &[Link],
        ) -> SamplingResult {
            Sampler::AlwaysOn.should_sample(parent, trace, name, kind, attributes, links)
        }
    }

    #[tokio::test]
    async fn a_provider_is_not_kept_alive() {
        let telemetry = Telemetry::off();
        let held = Arc::new(());
        let telemetry = telemetry.sampled(Holds(held.clone()));
        whole().await;
        global::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
        assert_eq!(Arc::strong_count(&held), 1);
        drop(telemetry);
    }
}
