//! What the benchmark compares is comparable: written by hand, the spans are samplescope's, and each request is what its state says.

#[path = "../benches/cost/workload/mod.rs"]
mod workload;

use opentelemetry::trace::{SpanId, SpanKind, Status};
use samplescope::{Capture, Settings, Vocabulary};
use samplescope_tests::{Span, Telemetry};
use std::collections::BTreeMap;
use workload::{Request, annotated, block_on, by_hand, nothing, traced};

type Attributes = BTreeMap<String, String>;

/// Everything about a span but its ids and times; its parent as a place in the list.
type Exported = (String, SpanKind, Option<usize>, Attributes, Vec<(String, Attributes)>, Status);

fn exported(run: impl FnOnce() -> usize) -> Vec<Exported> {
    let telemetry = Telemetry::on();
    run();
    let spans = telemetry.spans(8);
    let place = |id: SpanId| spans.iter().position(|span| span.id() == id);
    let exported = |span: &Span| {
        (span.name().to_owned(), span.kind(), place(span.parent_id()), span.attributes(), span.events(), span.status())
    };
    spans.iter().map(exported).collect()
}

#[test]
fn what_is_written_by_hand_exports_what_samplescope_does() {
    let request = Request::of_steps(3);
    let ours = exported(|| block_on(annotated::run(&request)));
    assert_eq!(ours.len(), 8);
    assert_eq!(ours.iter().map(|span| span.3.len()).sum::<usize>(), 46);
    assert_eq!(ours.iter().map(|span| span.4.len()).sum::<usize>(), 1);
    assert_eq!(exported(|| block_on(by_hand::run(&request))), ours);
}

#[test]
fn every_way_does_the_same_work() {
    let _off = Telemetry::off();
    let request = Request::of_steps(3);
    let expected = block_on(nothing::run(&request));
    assert_eq!(block_on(annotated::run(&request)), expected);
    assert_eq!(block_on(traced::run(&request)), expected);
    assert_eq!(block_on(by_hand::run(&request)), expected);
}

#[test]
fn usage_and_history_are_on_every_step_of_the_states_that_have_them() {
    let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
    block_on(annotated::run(&Request::of_steps(3).with_usage().with_history(100)));
    let steps = telemetry.named("chat claude-sonnet-4-5");
    assert_eq!(steps.len(), 3);
    for step in steps {
        assert_eq!(step.get("gen_ai.usage.input_tokens"), Some(512.into()));
        let messages = step.get("gen_ai.input.messages").map(|messages| messages.to_string()).unwrap_or_default();
        assert_eq!(messages.matches("\"role\"").count(), 100);
    }
}
