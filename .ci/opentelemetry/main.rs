//! One program of spans, metrics, content and late providers. It is built and run with each version of OpenTelemetry that samplescope works with.

use opentelemetry::{Context, global};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use samplescope::mcp::{Described, Ending, Operation, Side};
use samplescope::{Capture, Settings, TokenUsage, Vocabulary, sampling_loop, sampling_step, sampling_tool};

#[sampling_step(model = "large", messages = question, message = |answer| answer.as_str(), usage = |_| TokenUsage::new(40, 2))]
fn ask(question: &str) -> String {
    question.to_uppercase()
}

#[sampling_tool(failed = |_| true)]
fn look() {}

#[sampling_loop(agent = "shouter", messages = question, answer = |answer| answer.as_str())]
fn answer(question: &str) -> String {
    look();
    ask(question)
}

fn main() {
    // Nobody listens.
    answer("unheard");

    // Providers that come late.
    Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans).install();
    let (spans, metrics) = (InMemorySpanExporter::default(), InMemoryMetricExporter::default());
    let tracers = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let meters = SdkMeterProvider::builder().with_periodic_exporter(metrics.clone()).build();
    global::set_tracer_provider(tracers.clone());
    global::set_meter_provider(meters.clone());
    answer("heard");
    tracers.force_flush().expect("flushed");
    meters.force_flush().expect("flushed");

    let spans = spans.get_finished_spans().expect("in memory");
    let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["execute_tool look", "chat large", "invoke_agent shouter"]);
    assert!(spans[..2].iter().all(|span| span.parent_span_id == spans[2].span_context.span_id()));
    let get = |key: &str| spans[1].attributes.iter().find(|said| said.key.as_str() == key).map(|said| said.value.to_string());
    assert_eq!(get("gen_ai.usage.input_tokens").as_deref(), Some("40"));
    assert!(get("gen_ai.input.messages").is_some_and(|messages| messages.contains("heard")));
    assert!(matches!(spans[0].status, opentelemetry::trace::Status::Error { .. }));
    let metrics = metrics.get_finished_metrics().expect("in memory");
    let measured = |name: &str| {
        metrics.iter().any(|export| export.scope_metrics().any(|scope| scope.metrics().any(|metric| metric.name() == name)))
    };
    assert!(measured("gen_ai.client.inference.operation.input_tokens") && measured("gen_ai.invoke_agent.duration"));

    // The features, with an SDK of the same version.
    let run = samplescope::testing::capture_plain(|| answer("captured"));
    assert_eq!(run.spans(3)[2]["gen_ai.usage.output_tokens"], 2);
    assert_eq!(run.metrics().len(), 2);
    let request = samplescope::testing::capture_plain(|| {
        let described = Described { method: "tools/call", tool: Some("look"), ..Described::default() };
        let operation = Operation::start(Side::Receiver, &described, &Context::current());
        let _inside = operation.context().clone().attach();
        look();
        operation.end(&Ending::Returned);
    });
    let spans = request.spans(2);
    assert_eq!((spans[0].name(), spans[0].kind(), spans[1].parent()), ("tools/call look", "SERVER", Some(0)));
    let console = samplescope::console();
    answer("drawn");
    drop(console);
    println!("spans, metrics, content, late providers, console, testing, mcp");
}
