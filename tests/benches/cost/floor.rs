//! The floor: what opentelemetry itself takes for the same spans and measurements, with literals for every value and nothing of samplescope's around
//! it. What a state costs beyond its parts, and beyond the functions themselves, is what is left to make faster here.

use crate::case::{Case, State, metered, recording, unsampled, without};
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::metrics::Histogram;
use opentelemetry::trace::{Span as _, SpanBuilder, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use std::hint::black_box;
use std::sync::LazyLock;

/// The calls inside a loop of 8 spans.
const INSIDE: usize = 7;

/// In groups, as the table shows them.
pub(crate) fn parts() -> Vec<State> {
    let part = |group, name, set_up, prepare| State { case: Case { group, name, set_up, prepare }, size: 1, runs: 1_000 };
    let none = "no provider";
    let off = "`AlwaysOff`";
    let on = "recording";
    let metrics = "metrics only";
    let both = "metrics and recording, with usage";
    vec![
        part(none, "is a tracer provider there: its tracer, and a span of that", without, |_| Box::new(tracer_provider)),
        part(none, "is a meter provider there", without, |_| Box::new(meter_provider)),
        part(off, "is a meter provider there", unsampled, |_| Box::new(meter_provider)),
        part(off, "a tracer and an unsampled span, its context entered and left", unsampled, |_| Box::new(unsampled_span)),
        part(off, "which span is the current one, asked by 7 calls", unsampled, |_| Box::new(current_span)),
        part(on, "8 spans with 46 attributes and an event, entered and left", recording, |_| Box::new(|| spans(8))),
        part(on, "a value in the loop's context, looked up by 7 calls", recording, |_| Box::new(value)),
        part(metrics, "is a tracer provider there: its tracer, and a span of that", metered, |_| Box::new(tracer_provider)),
        part(metrics, "a value in the loop's context, looked up by 7 calls", metered, |_| Box::new(value)),
        part(metrics, "a duration recorded, with its attribute", metered, |_| Box::new(duration)),
        part(both, "8 spans with 52 attributes and an event, entered and left", recording, |_| Box::new(|| spans(10))),
        part(both, "a value in the loop's context, looked up by 7 calls", recording, |_| Box::new(value)),
        part(both, "a duration recorded, with its attribute", metered, |_| Box::new(duration)),
        part(both, "6 counts of tokens recorded, with 5 attributes each", metered, |_| Box::new(tokens)),
    ]
}

/// There is no cheaper sign of one.
fn tracer_provider() {
    black_box(global::tracer("floor").build_with_context(SpanBuilder::from_name("floor"), &Context::new()));
}

fn meter_provider() {
    black_box(global::meter_provider());
}

/// Nothing can be said of it: its context is enough for what is inside.
fn unsampled_span() {
    let builder = SpanBuilder::from_name("floor").with_attributes(literals(3));
    let around = Context::current();
    let span = tracer().build_with_context(builder, &around);
    let _attached = around.with_remote_span_context(span.span_context().clone()).attach();
}

fn current_span() {
    for _ in 0..INSIDE {
        black_box(Context::map_current(|context| context.span().span_context().span_id()));
    }
}

/// A loop, 3 steps with a tool in each, and a last tool.
fn spans(step_attributes: usize) {
    let tracer = tracer();
    span(&tracer, 6, || {
        for _ in 0..3 {
            span(&tracer, step_attributes, || span(&tracer, 4, || ()));
        }
        Context::map_current(|context| context.span().add_event("floor", vec![KeyValue::new("floor", 1)]));
        span(&tracer, 4, || ());
    });
}

/// What is put into a context, and found there by its type.
struct Found;

fn value() {
    let _attached = Context::current_with_value(Found).attach();
    for _ in 0..INSIDE {
        black_box(Context::map_current(|context| context.get::<Found>().is_some()));
    }
}

fn duration() {
    static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| global::meter("floor").f64_histogram("duration").build());
    DURATION.record(0.25, &literals(1));
}

fn tokens() {
    static TOKENS: LazyLock<Histogram<u64>> = LazyLock::new(|| global::meter("floor").u64_histogram("tokens").build());
    let attributes = literals(5);
    for _ in 0..6 {
        TOKENS.record(512, &attributes);
    }
}

fn tracer() -> BoxedTracer {
    let scope =
        InstrumentationScope::builder("floor").with_version("1.0.0").with_schema_url("https://opentelemetry.io/schemas/1.44.0");
    global::tracer_with_scope(scope.build())
}

/// A span that has its attributes from the start, with its context entered once and left.
fn span(tracer: &BoxedTracer, attributes: usize, inside: impl FnOnce()) {
    let builder = SpanBuilder::from_name("floor").with_attributes(literals(attributes));
    let context = Context::current_with_span(tracer.build_with_context(builder, &Context::current()));
    let attached = context.clone().attach();
    inside();
    drop(attached);
    context.span().end();
}

fn literals(count: usize) -> Vec<KeyValue> {
    const KEYS: [&str; 10] = [
        "gen_ai.operation.name",
        "fastmcp.sampling.iteration",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.request.temperature",
        "fastmcp.sampling.stop_reason",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.model",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
    ];
    KEYS.into_iter().take(count).map(|key| KeyValue::new(key, "a text of the usual length")).collect()
}
