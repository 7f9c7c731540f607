//! Beside `tracing`: our spans stand under its spans and its spans under ours, and its log records carry our ids.

use opentelemetry::Value;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use samplescope::{TokenUsage, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::Telemetry;
use tokio::task::yield_now;
use tracing::instrument::WithSubscriber as _;
use tracing::{Dispatch, Instrument as _, info_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

#[sampling_loop(max_tokens = 10_u64, attributes("app.list" = ["a", "b"]))]
async fn run<T>(body: impl Future<Output = T>) -> T {
    yield_now().await;
    body.await
}

#[sampling_step(usage = |_| TokenUsage::new(12_u64, 3_usize))]
async fn step<T>(body: impl Future<Output = T>) -> T {
    yield_now().await;
    body.await
}

#[sampling_tool]
async fn tool<T>(body: impl Future<Output = T>) -> T {
    yield_now().await;
    body.await
}

#[sampling_tool]
fn plain_tool() {
    let _entered = info_span!("in the plain tool").entered();
    plain_step();
}

#[sampling_step]
fn plain_step() {
    tracing::info!("in the plain step");
}

/// `tracing` as a program sets it up that wants its spans in OpenTelemetry.
fn subscriber(provider: &SdkTracerProvider) -> Dispatch {
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing"));
    Dispatch::new(tracing_subscriber::registry().with(layer))
}

fn on() -> (Telemetry, Dispatch) {
    let mut telemetry = Telemetry::off();
    let provider = telemetry.install(Sampler::AlwaysOn);
    let subscriber = subscriber(&provider);
    (telemetry, subscriber)
}

/// The future in a tracing span, which is made where it is entered, as `#[tracing::instrument]` does it.
macro_rules! within {
    ($future:expr, $($span:tt)*) => {
        async { $future.instrument(info_span!($($span)*)).await }
    };
}

/// Seven spans in a row, each inside the one before.
async fn alternating() {
    let tool = within!(tool(within!(yield_now(), "fourth")), "third");
    let step = within!(step(tool), "second");
    within!(run(step), "first").await;
}

const ALTERNATING: [&str; 7] =
    ["first", "sampling/createMessage", "second", "sampling/createMessage step", "third", "sampling.execute_tool tool", "fourth"];

fn indented(names: &[&str]) -> String {
    names.iter().enumerate().flat_map(|(depth, name)| ["  ".repeat(depth), (*name).to_owned(), "\n".to_owned()]).collect()
}

mod parents {
    use super::*;

    #[test]
    fn spans_of_both_kinds_chain_exactly_across_awaits_and_threads() {
        let (telemetry, subscriber) = on();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().expect("a runtime");
        for _ in 0..20 {
            runtime.block_on(async {
                let tasks = (0..4).map(|_| tokio::spawn(alternating().with_subscriber(subscriber.clone())));
                for task in tasks.collect::<Vec<_>>() {
                    task.await.expect("joined");
                }
            });
            assert_eq!(telemetry.tree(), indented(&ALTERNATING).repeat(4));
            telemetry.forget();
        }
        drop(runtime);
    }

    #[test]
    fn plain_functions_chain_too() {
        let (telemetry, subscriber) = on();
        tracing::dispatcher::with_default(&subscriber, || info_span!("around").in_scope(plain_tool));
        assert_eq!(
            telemetry.tree(),
            indented(&["around", "sampling.execute_tool plain_tool", "in the plain tool", "sampling/createMessage step"])
        );
    }

    #[tokio::test]
    async fn a_step_below_a_tracing_span_still_belongs_to_its_loop() {
        let (telemetry, subscriber) = on();
        let body = async {
            within!(step(yield_now()), "between").await;
            samplescope::current_loop().validation_failure(1);
        };
        run(within!(body, "around both")).with_subscriber(subscriber).await;
        let spans = telemetry.named("sampling/createMessage step");
        assert_eq!(spans[0].get("fastmcp.sampling.iteration"), Some(0.into()));
        let run = &telemetry.named("sampling/createMessage")[0];
        assert_eq!((run.get("fastmcp.sampling.iterations"), run.events().len()), (Some(1.into()), 1));
    }

    #[tokio::test]
    async fn without_a_subscriber_our_spans_are_as_ever() {
        let telemetry = Telemetry::on();
        alternating().await;
        assert_eq!(
            telemetry.tree(),
            indented(&["sampling/createMessage", "sampling/createMessage step", "sampling.execute_tool tool"])
        );
    }

    #[tokio::test]
    async fn a_subscriber_that_knows_nothing_of_opentelemetry_is_nothing_to_us() {
        let telemetry = Telemetry::on();
        alternating().with_subscriber(tracing_subscriber::registry()).await;
        assert_eq!(
            telemetry.tree(),
            indented(&["sampling/createMessage", "sampling/createMessage step", "sampling.execute_tool tool"])
        );
    }

    #[tokio::test]
    async fn tracing_spans_are_as_ever_when_ours_are_off() {
        let telemetry = Telemetry::off();
        let exporter = opentelemetry_sdk::trace::InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        alternating().with_subscriber(subscriber(&provider)).await;
        let spans = exporter.get_finished_spans().expect("in memory");
        let mut names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
        names.reverse();
        assert_eq!(names, ["first", "second", "third", "fourth"]);
        for pair in spans.windows(2) {
            assert_eq!(pair[0].parent_span_id, pair[1].span_context.span_id());
        }
        drop(telemetry);
    }
}

mod logs {
    use super::*;

    #[tokio::test]
    async fn a_log_record_carries_the_ids_of_the_call_that_it_is_written_in() {
        let mut telemetry = Telemetry::off();
        let provider = telemetry.install(Sampler::AlwaysOn);
        let exporter = InMemoryLogExporter::default();
        let logger = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing"));
        let bridge = OpenTelemetryTracingBridge::new(&logger);
        let bridged = tracing_subscriber::registry().with(LevelFilter::INFO).with(spans).with(bridge);
        let body = async {
            tracing::info!("in the loop");
            step(async {
                tracing::info!("in the step");
                yield_now().await;
                tool(async { tracing::info!("in the tool") }).await;
                tracing::info!("in the step again");
            })
            .await;
            plain_step();
        };
        run(body).with_subscriber(bridged).await;
        tracing::info!("nowhere");
        let spans = telemetry.spans(4);
        let names: Vec<&str> = exporter
            .get_emitted_logs()
            .expect("in memory")
            .iter()
            .map(|log| {
                let ids = log.record.trace_context().expect("ids");
                let span = spans.iter().find(|span| span.id() == ids.span_id && span.0.span_context.trace_id() == ids.trace_id);
                span.expect("one of ours")
            })
            .map(|span| spans.iter().position(|other| other.id() == span.id()).expect("found"))
            .map(|index| ["loop", "step", "tool", "plain step"][index])
            .collect();
        assert_eq!(names, ["loop", "step", "tool", "step", "plain step"]);
    }
}

mod types {
    use super::*;

    /// Why our spans do not go through `tracing`: <https://github.com/tokio-rs/tracing-opentelemetry/issues/267>.
    /// If the second half of this fails, that reason is gone.
    #[tokio::test]
    async fn integers_and_lists_keep_their_type_here_and_lose_it_through_tracing() {
        let (telemetry, subscriber) = on();
        run(within!(step(yield_now()), "theirs", tokens = 12_u64, list = ?["a", "b"])).with_subscriber(subscriber).await;
        let get = |name: &str, key: &str| telemetry.named(name)[0].get(key);
        assert_eq!(get("sampling/createMessage", "gen_ai.request.max_tokens"), Some(Value::I64(10)));
        assert_eq!(get("sampling/createMessage step", "gen_ai.usage.input_tokens"), Some(Value::I64(12)));
        assert!(matches!(get("sampling/createMessage", "app.list"), Some(Value::Array(_))));
        assert_eq!(get("theirs", "tokens"), Some(Value::String("12".into())));
        assert_eq!(get("theirs", "list"), Some(Value::String(r#"["a", "b"]"#.into())));
    }
}
