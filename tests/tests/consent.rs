//! `capture = expression` narrows what the settings capture, in all that is inside, and never widens it.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};
use samplescope::mcp::{Described, Ending, Operation, Side};
use samplescope::{
    Capture, Evaluation, Settings, Vocabulary, current_loop, current_step, sampling_loop, sampling_step, sampling_tool,
    start_loop,
};
use samplescope_tests::{Logs, Span, Telemetry};
use std::cell::Cell;
use std::time::SystemTime;

#[sampling_loop(
    capture = consents(),
    system_prompt = "a secret",
    messages = "a secret",
    answer = |answer| *answer,
)]
fn run(consents: impl Fn() -> Option<bool>, body: impl FnOnce()) -> &'static str {
    ask();
    tool();
    body();
    current_loop().messages("a secret");
    current_loop().evaluated(Evaluation::new("tone").score(1).explanation("a secret"));
    "a secret"
}

#[sampling_step(messages = "a secret", message = |text| *text, tools = ["a secret"])]
fn ask() -> &'static str {
    current_step().system_prompt("a secret");
    "a secret"
}

/// Consents, which does not undo what the loop around has said.
#[sampling_tool(capture = [true][0], arguments = "a secret", result = |text| *text)]
fn tool() -> &'static str {
    "a secret"
}

#[sampling_loop(capture = [true][0], messages = "a secret")]
fn nested() {
    ask();
}

fn has_secret(span: &Span) -> bool {
    format!("{:?}{:?}", span.0.attributes, span.0.events).contains("a secret")
}

const CAPTURES: [Capture; 4] = [Capture::Off, Capture::Spans, Capture::Events, Capture::SpansAndEvents];

#[test]
fn without_consent_there_is_no_content_inside_and_with_it_what_the_settings_say() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        for capture in CAPTURES {
            for consents in [Some(true), Some(false), None] {
                let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(vocabulary).with_capture(capture));
                let logs = Logs::listen();
                let asked = Cell::new(0);
                let consent = || {
                    asked.set(asked.get() + 1);
                    consents
                };
                assert_eq!(run(consent, nested), "a secret");
                let spans = telemetry.spans(5);
                let allowed = consents == Some(true);
                let on_spans = matches!(capture, Capture::Spans | Capture::SpansAndEvents);
                let with: Vec<bool> = spans.iter().map(has_secret).collect();
                // The prescribed names have no place for a step's.
                let steps = vocabulary == Vocabulary::GenAi;
                let expected = [true, steps, true, true, steps].map(|has| has && allowed && on_spans);
                assert_eq!(with, expected, "{vocabulary:?} {capture:?} {consents:?}");
                let in_log = logs.records().iter().any(|log| format!("{:?}", log.attributes).contains("a secret"));
                assert_eq!(in_log, allowed && matches!(capture, Capture::Events | Capture::SpansAndEvents));
                assert_eq!(asked.get(), u32::from(capture != Capture::Off));
            }
        }
    }
}

/// It is inside, wherever it was placed from.
#[test]
fn what_a_loop_denies_is_denied_to_one_that_is_placed_in_it() {
    #[sampling_loop(parent = place, messages = "a secret")]
    fn placed(place: &Context) {
        ask();
    }
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(vocabulary).with_capture(Capture::Spans));
        let denies = start_loop(|run| run.capture(&false));
        placed(&denies.context());
        denies.end();
        assert!(!telemetry.spans(3).iter().any(has_secret));
    }
}

#[test]
fn an_answer_that_panics_is_none() {
    let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
    assert_eq!(run(|| panic!("who knows"), nested), "a secret");
    assert!(!telemetry.spans(5).iter().any(has_secret));
}

#[test]
fn it_stays_said_for_a_loop_that_is_placed_elsewhere_and_after_content() {
    // It is placed before the sampler has decided.
    let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans).with_arguments_for_sampler(true));
    let elsewhere = SpanContext::new(TraceId::from(7), SpanId::from(9), TraceFlags::SAMPLED, true, TraceState::default());
    let place = Context::new().with_remote_span_context(elsewhere);
    start_loop(|run| {
        run.capture(&false);
        run.parent(&place);
        run.capture(&true);
        run.messages("a secret");
    })
    .end();
    start_loop(|run| {
        run.messages("a secret");
        run.capture(&false);
    })
    .end();
    let outer = start_loop(|run| run.capture(&None::<bool>));
    let context = outer.context();
    start_loop(|run| {
        run.parent(&context);
        run.messages("a secret");
    })
    .end();
    outer.end();
    let spans = telemetry.spans(4);
    assert!(!spans.iter().any(has_secret));
    assert_eq!(spans.iter().filter(|span| span.parent_id() == SpanId::from(9)).count(), 1, "it is placed");
}

/// Drops what nothing is around of, and takes the rest.
#[derive(Clone, Debug)]
struct Inner;

impl ShouldSample for Inner {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &opentelemetry::trace::SpanKind,
        _: &[KeyValue],
        _: &[opentelemetry::trace::Link],
    ) -> SamplingResult {
        let inside = parent.is_some_and(|parent| parent.span().span_context().is_valid());
        SamplingResult {
            decision: if inside { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: TraceState::default(),
        }
    }
}

#[test]
fn a_loop_that_is_sampled_in_one_that_is_not_has_nobody_s_consent() {
    let telemetry = Telemetry::off().sampled(Inner).with(Settings::default().with_capture(Capture::Spans));
    run(|| unreachable!("nothing of it is recorded"), nested);
    let spans = telemetry.spans_so_far();
    assert!(spans.len() >= 2, "{}", telemetry.tree());
    assert!(!spans.iter().any(has_secret));
}

/// It was not asked what it allows.
#[test]
fn what_begins_in_a_loop_that_began_before_the_provider_has_no_content() {
    #[sampling_loop(capture = asked(), messages = "a secret")]
    fn before(inside: impl FnOnce()) {
        inside();
    }
    fn asked() -> bool {
        unreachable!("nobody listens yet")
    }
    let mut telemetry =
        Telemetry::off().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
    // Of a provider that was there before, nothing is remembered.
    nested();
    before(|| {
        telemetry.install(Sampler::AlwaysOn);
        nested();
        let described = Described { method: "tools/call", ..Described::default() };
        let mut request = Operation::start(Side::Sender, &described, &Context::current());
        request.arguments("a secret");
        request.end(&Ending::Returned);
    });
    assert!(!telemetry.spans(3).iter().any(has_secret));
    telemetry.forget();
    nested();
    assert!(telemetry.spans(2).iter().all(has_secret), "after it nobody is in the way");
}

/// Whoever is not asked may have wanted to deny it.
#[test]
fn an_argument_that_panics_before_consent_was_asked_for_has_denied_it() {
    fn boom<T>() -> T {
        panic!("on purpose")
    }
    #[sampling_loop(parent = boom::<Context>(), capture = allowed, messages = "a secret")]
    fn placed(allowed: bool) {
        ask();
    }
    #[sampling_step(started = boom::<SystemTime>(), capture = allowed, message = |text| *text)]
    fn began(allowed: bool) -> &'static str {
        assert!(allowed);
        "a secret"
    }
    let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
    placed(true);
    began(true);
    let by_hand = start_loop(|run| {
        run.agent(boom::<&str>());
        run.capture(&false);
    });
    by_hand.answer("a secret");
    by_hand.end();
    let asked = start_loop(|run| {
        run.capture(&true);
        run.agent(boom::<&str>());
    });
    asked.answer("a secret");
    asked.end();
    let spans = telemetry.spans(5).into_iter().map(|span| has_secret(&span));
    assert_eq!(spans.collect::<Vec<_>>(), [false, false, false, false, true]);
}

#[test]
fn a_request_to_an_mcp_server_has_no_content_either() {
    for consents in [true, false] {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        run(
            || Some(consents),
            || {
                let described = Described { method: "tools/call", ..Described::default() };
                let mut request = Operation::start(Side::Sender, &described, &Context::current());
                request.arguments("a secret");
                request.end(&Ending::Returned);
            },
        );
        assert_eq!(has_secret(&telemetry.named("tools/call").remove(0)), consents);
    }
}

#[test]
fn nobody_is_asked_where_nobody_listens() {
    for telemetry in [Telemetry::off as fn() -> Telemetry, || Telemetry::off().metered()] {
        let _telemetry = telemetry().with(Settings::default().with_capture(Capture::SpansAndEvents));
        run(|| unreachable!("nothing is recorded"), || ());
    }
}
