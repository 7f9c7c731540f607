//! What cannot be completed is said, once a process: so this process has one test.

use futures::stream;
use futures::{Stream, StreamExt as _};
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{sampling_step, start_step};
use samplescope_tests::{Logs, Telemetry};

async fn client<T>(inside: impl Future<Output = T>) -> T {
    let context = Context::current_with_span(global::tracer("client").start("chat gpt"));
    let value = inside.with_context(context.clone()).await;
    context.span().end();
    value
}

#[sampling_step(span = current)]
async fn ask() {}

#[sampling_step(span = current)]
fn pieces() -> impl Stream<Item = u8> {
    stream::iter([1])
}

#[tokio::test]
async fn each_reason_is_said_once_and_what_is_right_says_nothing() {
    let logs = Logs::listen();
    let said = || logs.records().into_iter().filter_map(|log| log.body).collect::<Vec<_>>();
    let says = |place: usize, what: &str| assert!(said()[place].contains(what) && said().len() == place + 1, "{:?}", said());
    let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered();
    client(ask()).await;
    drop(telemetry);
    let telemetry = Telemetry::on();
    client(ask()).await;
    assert_eq!(client(async { pieces().count().await }).await, 1);
    assert_eq!(said(), Vec::<String>::new());
    for _ in 0..2 {
        ask().await;
        says(0, "`span = current` found no span to complete");
    }
    for _ in 0..2 {
        assert_eq!(client(async { pieces() }).await.count().await, 1);
        says(1, "had ended before the call");
    }
    let late = || async {
        let late = start_step(|step| {
            step.model("gpt");
            step.current_span();
        });
        late.end();
    };
    for _ in 0..2 {
        client(late()).await;
        says(2, "`span = current` was left out");
    }
    telemetry.spans(10);
}
