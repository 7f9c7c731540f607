//! What is measured, in which state of the process: the rows of the tables and the lines of the plots.

use crate::floor;
use crate::growth::{self, Ending};
use crate::workload::request::{self, Call};
use crate::workload::{Request, annotated, block_on, by_hand, chat, nothing, traced};
use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use samplescope::{Capture, Settings, Vocabulary};
use std::hint::black_box;
use std::time::Duration;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

/// One thing to run, in a process of its own.
pub(crate) struct Case {
    /// The state of the process, or the series.
    pub(crate) group: &'static str,
    /// The way of instrumenting, or the line.
    pub(crate) name: &'static str,
    pub(crate) set_up: fn(),
    /// Makes what is run, of that size.
    pub(crate) prepare: fn(usize) -> Box<dyn Fn()>,
}

/// A row of the first table: a size, and how many runs are counted.
pub(crate) struct State {
    pub(crate) case: Case,
    pub(crate) size: usize,
    pub(crate) runs: usize,
}

/// A plot.
pub(crate) struct Series {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    /// What there is more and more of, one of it and many.
    pub(crate) unit: [&'static str; 2],
    pub(crate) sizes: &'static [usize],
    pub(crate) lines: Vec<Case>,
}

pub(crate) const OURS: &str = "samplescope";
pub(crate) const BY_HAND: &str = "by hand";
pub(crate) const NOTHING: &str = "nothing";
pub(crate) const NO_SUBSCRIBER: &str = "`tracing`, no subscriber";
pub(crate) const FILTERED: &str = "`tracing`, filtered off";
pub(crate) const BRIDGED: &str = "tracing-opentelemetry";
pub(crate) const TWO_WORDS: &str = "`request` and `response`";
pub(crate) const WRITTEN: &str = "each attribute written";

/// In groups, as the table shows them.
pub(crate) fn states() -> Vec<State> {
    let loops = |group, name, set_up, prepare| State { case: Case { group, name, set_up, prepare }, size: 3, runs: 1_000 };
    let none = "no provider";
    let off = "`AlwaysOff`";
    let on = "recording";
    let both = "metrics and recording, with usage";
    let content = "GenAI content, 100 messages";
    vec![
        loops(none, NOTHING, without, |steps| run(of_steps(steps), |request| block_on(nothing::run(request)))),
        loops(none, NO_SUBSCRIBER, without, traced_loop),
        loops(none, FILTERED, filtered_off, traced_loop),
        loops(none, OURS, without, annotated_loop),
        loops(none, BY_HAND, without, loop_by_hand),
        loops(off, OURS, unsampled, annotated_loop),
        loops(off, BY_HAND, unsampled, loop_by_hand),
        loops(off, BRIDGED, || bridge(&provider(Sampler::AlwaysOff)), traced_loop),
        loops(on, OURS, recording, annotated_loop),
        loops(on, BY_HAND, recording, loop_by_hand),
        loops(on, BRIDGED, || bridge(&provider(Sampler::AlwaysOn)), traced_loop),
        loops("metrics only", OURS, metered, annotated_loop),
        loops(both, OURS, recording_and_metered, |steps| {
            run(of_steps(steps).with_usage(), |request| block_on(annotated::run(request)))
        }),
        State { case: Case { group: content, name: OURS, set_up: capturing, prepare: with_history }, size: 100, runs: 10 },
    ]
}

/// A step whose request and response are read, beside one with a closure or an expression for each attribute. Its size is that of the history.
pub(crate) fn reading() -> Vec<State> {
    let step = |name, prepare: fn(usize) -> Box<dyn Fn()>, size| State {
        case: Case { group: "reading", name, set_up: recording, prepare },
        size,
        runs: 1_000,
    };
    vec![step(WRITTEN, written, 2), step(TWO_WORDS, two_words, 2), step(TWO_WORDS, two_words, 200)]
}

/// One request of MCP, received or sent, beside the same span by hand. In groups, as the table shows them.
pub(crate) fn requests() -> Vec<State> {
    const PRESCRIBED: Vocabulary = Vocabulary::FastMcp;
    const GENAI: Vocabulary = Vocabulary::GenAi;
    let request = |group, name, set_up, prepare| State { case: Case { group, name, set_up, prepare }, size: 1, runs: 1_000 };
    let receives = |_| call(request::received);
    let sends = |_| call(request::sent);
    vec![
        request("request received, no provider", OURS, propagating, receives),
        request("request sent, no provider", OURS, propagating, sends),
        request("request received", OURS, propagating_spans, receives),
        request("request received", BY_HAND, propagating_spans, |_| call(|call| request::received_by_hand(call, PRESCRIBED))),
        request("request sent", OURS, propagating_spans, sends),
        request("request sent", BY_HAND, propagating_spans, |_| call(|call| request::sent_by_hand(call, PRESCRIBED))),
        request("request received, GenAI", OURS, propagating_genai, receives),
        request("request received, GenAI", BY_HAND, propagating_genai, |_| call(|call| request::received_by_hand(call, GENAI))),
        request("request sent, GenAI", OURS, propagating_genai, sends),
        request("request sent, GenAI", BY_HAND, propagating_genai, |_| call(|call| request::sent_by_hand(call, GENAI))),
        request("request received, with metrics", OURS, propagating_both, receives),
    ]
}

/// Many at once: for the budget, since what is searched or copied shows here and nowhere else.
pub(crate) fn many() -> Vec<State> {
    let many = |file: &str, size| {
        let series = series().into_iter().find(|series| series.file == file);
        let lines = series.into_iter().flat_map(|series| series.lines);
        lines.map(move |case| State { case, size, runs: 1 })
    };
    many("tools", 4_000).chain(many("attributes", 3_000)).collect()
}

pub(crate) fn series() -> Vec<Series> {
    let line = |group| move |name, set_up, prepare| Case { group, name, set_up, prepare };
    let (steps, tools, attributes, history) = (line("steps"), line("tools"), line("attributes"), line("history"));
    vec![
        Series {
            file: "steps",
            title: "Steps",
            unit: ["step", "steps"],
            sizes: &[1, 3, 10, 30, 100, 300, 1_000],
            lines: vec![
                steps("samplescope, recording", recording, annotated_loop),
                steps("by hand, recording", recording, loop_by_hand),
                steps("samplescope, no provider", without, annotated_loop),
            ],
        },
        Series {
            file: "tools",
            title: "Concurrent tools",
            unit: ["tool", "tools"],
            sizes: &[10, 100, 1_000, 4_000, 10_000, 40_000],
            lines: vec![
                tools("ended in order", recording, |tools| Box::new(move || growth::end_concurrent(tools, Ending::InOrder))),
                tools("ended in reverse", recording, |tools| Box::new(move || growth::end_concurrent(tools, Ending::InReverse))),
                tools("dropped at once", recording, |tools| Box::new(move || growth::end_concurrent(tools, Ending::Dropped))),
                tools("spawned with context", recording, |tools| Box::new(move || growth::end_spawned(tools))),
            ],
        },
        Series {
            file: "attributes",
            title: "Attributes that a handle sets",
            unit: ["attribute", "attributes"],
            sizes: &[10, 30, 100, 300, 1_000, 3_000, 10_000],
            lines: vec![attributes("recording", recording, |count| {
                let keys = growth::keys(count);
                Box::new(move || growth::describe(&keys))
            })],
        },
        Series {
            file: "history",
            title: "Messages of a history",
            unit: ["message", "messages"],
            sizes: &[10, 30, 100, 300, 1_000],
            lines: vec![history("content on", capturing, with_history), history("content off", recording, with_history)],
        },
    ]
}

/// Every case, to find the one that a process was started for.
pub(crate) fn all() -> impl Iterator<Item = Case> {
    let states = states().into_iter().chain(reading()).chain(requests()).chain(floor::parts());
    states.map(|state| state.case).chain(series().into_iter().flat_map(|series| series.lines))
}

fn of_steps(steps: usize) -> Request {
    Request::of_steps(steps)
}

fn run(request: Request, run: fn(&Request) -> usize) -> Box<dyn Fn()> {
    Box::new(move || {
        black_box(run(black_box(&request)));
    })
}

fn chat(messages: usize, step: fn(&chat::ChatRequest, &chat::ChatResponse)) -> Box<dyn Fn()> {
    let (request, response) = (chat::request(messages), chat::response());
    Box::new(move || step(black_box(&request), black_box(&response)))
}

fn two_words(messages: usize) -> Box<dyn Fn()> {
    chat(messages, |request, response| {
        black_box(chat::two_words(request, response));
    })
}

fn written(messages: usize) -> Box<dyn Fn()> {
    chat(messages, |request, response| {
        black_box(chat::written(request, response));
    })
}

fn call<T: 'static>(run: fn(&Call) -> T) -> Box<dyn Fn()> {
    let call = Call::new();
    Box::new(move || {
        black_box(run(black_box(&call)));
    })
}

fn traced_loop(steps: usize) -> Box<dyn Fn()> {
    run(of_steps(steps), |request| block_on(traced::run(request)))
}

fn annotated_loop(steps: usize) -> Box<dyn Fn()> {
    run(of_steps(steps), |request| block_on(annotated::run(request)))
}

fn loop_by_hand(steps: usize) -> Box<dyn Fn()> {
    run(of_steps(steps), |request| block_on(by_hand::run(request)))
}

fn with_history(messages: usize) -> Box<dyn Fn()> {
    run(of_steps(3).with_history(messages), |request| block_on(annotated::run(request)))
}

pub(crate) fn without() {}

fn provider(sampler: Sampler) -> SdkTracerProvider {
    SdkTracerProvider::builder().with_sampler(sampler).build()
}

pub(crate) fn unsampled() {
    global::set_tracer_provider(provider(Sampler::AlwaysOff));
}

/// No processor: what a span costs until it is handed over.
pub(crate) fn recording() {
    global::set_tracer_provider(provider(Sampler::AlwaysOn));
}

/// The reader reads when the process is gone.
pub(crate) fn metered() {
    let reader = PeriodicReader::builder(InMemoryMetricExporter::default()).with_interval(Duration::from_secs(86_400)).build();
    global::set_meter_provider(SdkMeterProvider::builder().with_reader(reader).build());
}

fn recording_and_metered() {
    recording();
    metered();
}

fn capturing() {
    recording();
    Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans).install();
}

fn propagating() {
    global::set_text_map_propagator(TraceContextPropagator::new());
}

fn propagating_spans() {
    propagating();
    recording();
}

fn propagating_both() {
    propagating_spans();
    metered();
}

fn propagating_genai() {
    propagating_spans();
    Settings::default().with_vocabulary(Vocabulary::GenAi).install();
}

/// A subscriber, but none that wants these spans.
fn filtered_off() {
    let filter = Targets::new().with_target("another", tracing::Level::INFO);
    subscribe(tracing_subscriber::registry().with(filter));
}

fn bridge(provider: &SdkTracerProvider) {
    subscribe(tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(provider.tracer("bridged"))));
}

fn subscribe(subscriber: impl tracing::Subscriber + Send + Sync) {
    // The first of its process: there is nothing it could be refused for.
    let _set = tracing::subscriber::set_global_default(subscriber);
}
