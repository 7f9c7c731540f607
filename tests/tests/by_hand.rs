//! What the benchmark compares is comparable: written by hand, the spans are samplescope's, and each request is what its state says.

#[path = "../benches/cost/workload/mod.rs"]
mod workload;

use opentelemetry::global;
use opentelemetry::trace::{SpanId, SpanKind, Status, Tracer as _};
use samplescope::{Capture, Settings, Vocabulary};
use samplescope_tests::{Span, Telemetry};
use std::collections::BTreeMap;
use workload::request::{self, Call};
use workload::{Request, annotated, block_on, by_hand, chat, nothing, traced};

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
fn a_request_by_hand_exports_and_sends_what_samplescope_does() {
    let remote = SpanId::from(0xb7ad_6b71_6920_3331);
    for (vocabulary, attributes) in [(Vocabulary::FastMcp, [6, 4]), (Vocabulary::GenAi, [7, 7])] {
        let telemetry = || Telemetry::on().propagated().with(Settings::default().with_vocabulary(vocabulary));
        let call = Call::new();
        let received = |run: &dyn Fn()| {
            let telemetry = telemetry();
            run();
            let span = telemetry.span();
            assert_eq!(span.parent_id(), remote);
            (span.name().to_owned(), span.kind(), span.attributes(), span.status())
        };
        let ours = received(&|| request::received(&call));
        assert_eq!(ours.2.len(), attributes[0]);
        assert_eq!(received(&|| request::received_by_hand(&call, vocabulary)), ours);

        let sent = |run: &dyn Fn() -> serde_json::Map<String, serde_json::Value>| {
            let telemetry = telemetry();
            let meta = run();
            let span = telemetry.span();
            let traceparent = format!("00-{}-{}-01", span.0.span_context.trace_id(), span.id());
            assert_eq!(meta, serde_json::Map::from_iter([("traceparent".to_owned(), traceparent.into())]));
            (span.name().to_owned(), span.kind(), span.attributes(), span.status())
        };
        let ours = sent(&|| request::sent(&call));
        assert_eq!(ours.2.len(), attributes[1]);
        assert_eq!(sent(&|| request::sent_by_hand(&call, vocabulary)), ours);
    }
}

#[test]
fn by_hand_too_an_ambient_span_is_linked_a_malformed_parent_is_none_and_a_long_name_is_cut() {
    let mut malformed = Call::new();
    malformed.meta.insert("traceparent".to_owned(), "00-1-1-01".into());
    let invented = Call { tool: "x\n".repeat(1_000), ..Call::new() };
    for call in [Call::new(), malformed, invented] {
        let received = |run: &dyn Fn()| {
            let telemetry = Telemetry::on().propagated();
            global::tracer("http").in_span("POST /mcp", |_| run());
            let [ambient, request] = telemetry.spans(2).try_into().expect("two");
            let linked: Vec<_> = request.0.links.iter().map(|link| link.span_context.span_id() == ambient.id()).collect();
            let parent = if request.parent_id() == ambient.id() { None } else { Some(request.parent_id()) };
            (request.name().to_owned(), parent, linked)
        };
        let ours = received(&|| request::received(&call));
        assert_eq!(received(&|| request::received_by_hand(&call, Vocabulary::FastMcp)), ours);
        assert_eq!(ours.2, if ours.1.is_some() { vec![true] } else { vec![] });
    }
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

#[test]
fn what_is_read_of_request_and_response_is_what_is_written() {
    let (request, response) = (chat::request(2), chat::response());
    let attributes = |run: fn(&chat::ChatRequest, &chat::ChatResponse)| {
        let telemetry = Telemetry::on();
        run(&request, &response);
        telemetry.span().attributes()
    };
    let written = attributes(|request, response| _ = chat::written(request, response));
    assert_eq!(written.len(), 12, "{written:#?}");
    assert_eq!(attributes(|request, response| _ = chat::two_words(request, response)), written);
}
