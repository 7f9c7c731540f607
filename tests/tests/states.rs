//! How many calls there are at once, who listens and what is captured, crossed: what is evaluated and what is emitted in each state.

use futures::future::join;
use opentelemetry_sdk::trace::Sampler;
use samplescope::{Capture, Settings, TokenUsage, Vocabulary, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Logs, Span, Telemetry};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How often each kind of argument was evaluated.
#[derive(Debug, Default)]
struct Evaluated {
    /// Attributes of spans alone.
    recorded: AtomicUsize,
    /// Attributes that metrics have, too.
    measured: AtomicUsize,
    /// Content of the run, of a model call, of a tool.
    content: [AtomicUsize; 3],
    /// Content that may not be captured.
    forbidden: AtomicUsize,
}

fn counted<T>(counter: &AtomicUsize, value: T) -> T {
    counter.fetch_add(1, Relaxed);
    value
}

#[sampling_loop(
    provider = counted(&seen.measured, "anthropic"),
    tool_count = counted(&seen.recorded, 1),
    messages = counted(&seen.content[0], "Weather?"),
    answer = |()| counted(&seen.content[0], "Sunny."),
)]
async fn run(seen: &Evaluated, joined: bool) {
    if joined {
        join(ask(seen), ask(seen)).await;
    } else {
        ask(seen).await;
        ask(seen).await;
    }
}

#[sampling_step(
    model = counted(&seen.measured, "claude"),
    max_tokens = counted(&seen.recorded, 9),
    messages = counted(&seen.content[1], "Weather?"),
    usage = |()| counted(&seen.measured, TokenUsage::new(1, None::<u8>)),
    response_id = |()| counted(&seen.recorded, "r-1"),
    message = |()| counted(&seen.content[1], "Sunny."),
)]
async fn ask(seen: &Evaluated) {
    tokio::task::yield_now().await;
    look(seen).await;
    hidden(seen).await;
}

#[sampling_tool(
    call_id = counted(&seen.recorded, "t-1"),
    arguments = counted(&seen.content[2], 1),
    result = |()| counted(&seen.content[2], 2),
)]
async fn look(seen: &Evaluated) {
    tokio::task::yield_now().await;
}

#[sampling_tool(capture = false, arguments = counted(&seen.forbidden, 1), result = |()| counted(&seen.forbidden, 2))]
async fn hidden(seen: &Evaluated) {}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Listening {
    Nobody,
    SamplerSaysNo,
    MeterAlone,
    SamplerSaysNoAndMeter,
    Tracer,
    TracerAndMeter,
}

use Listening::{MeterAlone, Nobody, SamplerSaysNo, SamplerSaysNoAndMeter, Tracer, TracerAndMeter};

impl Listening {
    fn start(self) -> Telemetry {
        match self {
            Nobody => Telemetry::off(),
            SamplerSaysNo => Telemetry::off().sampled(Sampler::AlwaysOff),
            MeterAlone => Telemetry::off().metered(),
            SamplerSaysNoAndMeter => Telemetry::off().sampled(Sampler::AlwaysOff).metered(),
            Tracer => Telemetry::on(),
            TracerAndMeter => Telemetry::on().metered(),
        }
    }
}

/// Who listens; how often attributes of spans, and of metrics, are evaluated; whether spans record; whether there are metrics.
const LISTENING: [(Listening, usize, usize, bool, bool); 6] = [
    (Nobody, 0, 0, false, false),
    (SamplerSaysNo, 0, 0, false, false),
    (MeterAlone, 0, 5, false, true),
    (SamplerSaysNoAndMeter, 0, 5, false, true),
    (Tracer, 7, 5, true, false),
    (TracerAndMeter, 7, 5, true, true),
];

/// While spans record: vocabulary and capture; how often content of the run, of model calls and of tools is evaluated;
/// span events; content attributes on the run, on a step, on a tool; log records.
type Content = (Vocabulary, Capture, [usize; 3], usize, [usize; 3], usize);
const CONTENT: [Content; 8] = [
    (Vocabulary::FastMcp, Capture::Off, [0, 0, 0], 0, [0, 0, 0], 0),
    (Vocabulary::FastMcp, Capture::Spans, [2, 0, 4], 2, [0, 0, 2], 0),
    (Vocabulary::FastMcp, Capture::Events, [2, 0, 0], 0, [0, 0, 0], 1),
    (Vocabulary::FastMcp, Capture::SpansAndEvents, [2, 0, 4], 2, [0, 0, 2], 1),
    (Vocabulary::GenAi, Capture::Off, [0, 0, 0], 0, [0, 0, 0], 0),
    (Vocabulary::GenAi, Capture::Spans, [2, 4, 4], 0, [2, 2, 2], 0),
    (Vocabulary::GenAi, Capture::Events, [2, 4, 0], 0, [0, 0, 0], 3),
    (Vocabulary::GenAi, Capture::SpansAndEvents, [2, 4, 4], 0, [2, 2, 2], 3),
];

#[tokio::test]
async fn what_is_evaluated_and_emitted_follows_from_who_listens_and_what_is_captured() {
    for joined in [false, true] {
        for (listening, recorded, measured, records, meters) in LISTENING {
            for (vocabulary, capture, content, events, attributes, records_of_log) in CONTENT {
                let state = format!("joined: {joined}, {listening:?}, {vocabulary:?}, {capture:?}");
                let telemetry = listening.start().with(Settings::default().with_vocabulary(vocabulary).with_capture(capture));
                let (seen, logs) = (Evaluated::default(), Logs::listen());
                run(&seen, joined).await;

                let read = |counter: &AtomicUsize| counter.load(Relaxed);
                assert_eq!((read(&seen.recorded), read(&seen.measured)), (recorded, measured), "{state}");
                let expected = if records { content } else { [0; 3] };
                assert_eq!(seen.content.each_ref().map(read), expected, "{state}");
                assert_eq!(read(&seen.forbidden), 0, "{state}");

                assert_eq!(telemetry.metrics().is_empty(), !meters, "{state}");
                let logs = logs.named("gen_ai.client.inference.operation.details").len();
                assert_eq!(logs, if records { records_of_log } else { 0 }, "{state}");
                let spans = telemetry.spans_so_far();
                assert_eq!(spans.len(), if records { 7 } else { 0 }, "{state}");
                let Some(run) = spans.first() else { continue };
                assert_eq!(run.events().len(), events, "{state}");
                for span in &spans {
                    assert_eq!(content_attributes(span), expected_attributes(span, attributes), "{state}: {}", span.name());
                    let is_below = |parent: &Span| parent.id() == span.parent_id() && !parent.name().contains("tool");
                    assert!(span.id() == run.id() || spans.iter().any(is_below), "{state}: {}", telemetry.tree());
                }
            }
        }
    }
}

fn content_attributes(span: &Span) -> usize {
    let keys = ["gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"];
    keys.iter().filter(|key| span.get(key).is_some()).count()
}

fn expected_attributes(span: &Span, attributes: [usize; 3]) -> usize {
    match span.get("gen_ai.operation.name").map(|name| name.to_string()).as_deref() {
        Some("invoke_agent") => attributes[0],
        Some("chat") => attributes[1],
        _ if span.name().ends_with("hidden") => 0,
        _ => attributes[2],
    }
}
