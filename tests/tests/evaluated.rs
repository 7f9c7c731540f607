//! Scores: on the span while it is open, in the log with its ids then and later, and explained only where content is asked for.

use samplescope::{
    Capture, Evaluation, Piece, Reference, Settings, Vocabulary, current_loop, current_step, current_tool, sampling_loop,
    sampling_step, sampling_tool, start_loop, start_step,
};
use samplescope_tests::{Logs, Telemetry};
use std::collections::BTreeMap;

const EVENT: &str = "gen_ai.evaluation.result";

fn relevance() -> Evaluation<'static> {
    Evaluation::new("relevance").score(0.8_f32).label("pass").explanation("It says hunter2.")
}

#[sampling_step]
fn ask() -> Reference {
    current_step().response_id("resp_1");
    current_step().evaluated(relevance());
    current_step().reference()
}

#[sampling_tool]
fn look_up() {
    current_tool().evaluated(Evaluation::new("hit").score(1).response_id("resp_of_another"));
}

#[sampling_loop]
fn run() -> Reference {
    current_loop().evaluated(relevance());
    look_up();
    ask()
}

fn attributes(said: &[(&str, &str)]) -> BTreeMap<String, String> {
    said.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn it_is_on_the_span_and_in_the_log_in_both_vocabularies() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(vocabulary));
        let logs = Logs::listen();
        run();
        let spans = telemetry.spans(3);
        let expected = [
            attributes(&[
                ("gen_ai.evaluation.name", r#"String("relevance")"#),
                ("gen_ai.evaluation.score.label", r#"String("pass")"#),
                ("gen_ai.evaluation.score.value", "F64(0.8)"),
            ]),
            attributes(&[
                ("gen_ai.evaluation.name", r#"String("hit")"#),
                ("gen_ai.evaluation.score.value", "F64(1.0)"),
                ("gen_ai.response.id", r#"String("resp_of_another")"#),
            ]),
            attributes(&[
                ("gen_ai.evaluation.name", r#"String("relevance")"#),
                ("gen_ai.evaluation.score.label", r#"String("pass")"#),
                ("gen_ai.evaluation.score.value", "F64(0.8)"),
                ("gen_ai.response.id", r#"String("resp_1")"#),
            ]),
        ];
        let records = logs.named(EVENT);
        assert_eq!(records.len(), 3);
        for ((span, record), expected) in spans.iter().zip(records).zip(expected) {
            assert_eq!(span.events(), [(EVENT.to_owned(), expected.clone())]);
            assert_eq!(record.ids, Some((span.0.span_context.trace_id(), span.id())));
            assert_eq!(record.attributes, expected);
        }
    }
}

#[test]
fn a_reference_is_one_text_and_scores_the_call_when_it_is_over_and_elsewhere() {
    let (json, ids) = {
        let telemetry = Telemetry::on();
        let reference = run();
        let step = &telemetry.spans(3)[2];
        let json = serde_json::to_string(&reference).expect("a text");
        assert_eq!(json, format!(r#""00-{}-{}-01 content resp_1""#, step.0.span_context.trace_id(), step.id()));
        assert_eq!(serde_json::from_str::<Reference>(&json).expect("what was written"), reference);
        (json, (step.0.span_context.trace_id(), step.id()))
    };
    // Another process: no provider of its own, and other settings.
    let _telemetry = Telemetry::off().with(Settings::default().with_capture(Capture::Events).with_redactor(|piece, text| {
        assert_eq!(piece, Piece::Explanation);
        text.replace("hunter2", "***").into()
    }));
    let logs = Logs::listen();
    let reference: Reference = serde_json::from_str(&json).expect("what was written");
    reference.evaluated(relevance());
    let records = logs.named(EVENT);
    let [record] = &records[..] else { panic!("one record of {records:?}") };
    assert_eq!(record.ids, Some(ids));
    let said = ["gen_ai.evaluation.explanation", "gen_ai.response.id"].map(|key| record.attributes.get(key).cloned());
    assert_eq!(said, [Some(r#"String("It says ***.")"#.to_owned()), Some(r#"String("resp_1")"#.to_owned())]);
}

#[test]
fn an_explanation_goes_where_content_goes_and_nowhere_without() {
    #[sampling_loop]
    fn open() -> Reference {
        current_loop().evaluated(relevance());
        current_loop().reference()
    }
    #[sampling_loop(capture = false)]
    fn closed() -> Reference {
        current_loop().evaluated(relevance());
        current_loop().reference()
    }
    for (capture, run, on_span, in_log) in [
        (Capture::Off, open as fn() -> Reference, false, false),
        (Capture::Spans, open, true, false),
        (Capture::Events, open, false, true),
        (Capture::SpansAndEvents, open, true, true),
        (Capture::SpansAndEvents, closed, false, false),
    ] {
        let settings = Settings::default().with_redactor(|_, text| text.replace("hunter2", "***").into());
        let telemetry = Telemetry::on().with(settings.with_capture(capture).with_length_limit(200));
        let logs = Logs::listen();
        let reference = run();
        let stored = reference.to_string();
        stored.parse::<Reference>().expect("what was written").evaluated(relevance());
        let span = telemetry.span();
        let explanation = |explained: bool| explained.then(|| r#"String("It says ***.")"#.to_owned());
        let said = |attributes: &BTreeMap<String, String>| attributes.get("gen_ai.evaluation.explanation").cloned();
        assert_eq!(said(&span.events()[0].1), explanation(on_span), "{capture:?}");
        let records = logs.named(EVENT);
        let in_logs: Vec<_> = records.iter().map(|record| said(&record.attributes)).collect();
        assert_eq!(in_logs, [explanation(in_log), explanation(in_log)], "{capture:?}");
    }
}

#[test]
fn what_is_no_number_is_left_out_and_what_says_nothing_says_nothing() {
    let telemetry = Telemetry::on();
    let logs = Logs::listen();
    let run = start_loop(|_| ());
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        run.evaluated(Evaluation::new("broken").score(score).explanation("of no use"));
        run.reference().evaluated(Evaluation::new("broken").score(score));
        run.evaluated(Evaluation::new("half").score(score).label(None::<&str>).label("pass"));
    }
    run.evaluated(Evaluation::new("none").score(None::<f64>));
    run.end();
    let events = telemetry.span().events();
    assert_eq!(events.len(), 3);
    for (_, attributes) in events {
        assert_eq!(attributes["gen_ai.evaluation.name"], r#"String("half")"#);
        assert!(!attributes.contains_key("gen_ai.evaluation.score.value"));
    }
    assert_eq!(logs.named(EVENT).len(), 3);
}

#[sampling_loop]
fn kept() -> samplescope::CurrentLoop {
    current_loop()
}

#[test]
fn where_nobody_listens_and_after_the_end_nothing_is_said() {
    for telemetry in [Telemetry::off as fn() -> Telemetry, || Telemetry::off().metered()] {
        let _telemetry = telemetry();
        let logs = Logs::listen();
        let reference = run();
        assert_eq!((reference.to_string(), &reference), (String::new(), &Reference::default()));
        assert_eq!("".parse(), Ok(Reference::default()));
        reference.evaluated(relevance());
        start_step(|_| ()).evaluated(relevance());
        assert!(logs.named(EVENT).is_empty());
    }
    let telemetry = Telemetry::on();
    let logs = Logs::listen();
    kept().evaluated(relevance());
    assert!(telemetry.span().events().is_empty() && logs.named(EVENT).is_empty());
}

#[test]
fn what_no_reference_was_written_as_is_an_error() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let good = format!("00-{trace}-00f067aa0ba902b7-01 content");
    assert_eq!(good.parse::<Reference>().expect("a good one").to_string(), good);
    let spaces = format!("{good} an id with  spaces");
    assert_eq!(spaces.parse::<Reference>().expect("a good one").to_string(), spaces);
    for bad in [
        " ".to_owned(),
        "content".to_owned(),
        good.replace(" content", ""),
        good.replace("content", "contents"),
        good.replace("00-4", "01-4"),
        good.replace(trace, &"0".repeat(32)),
        good.replace(trace, &trace.to_uppercase()),
        good.replace(trace, "ü"),
        good.replace("00f067aa0ba902b7", "0000000000000000"),
        good.replace("-01", "-1"),
        good.replace("-01", "-01-01"),
        format!(" {good}"),
    ] {
        assert!(bad.parse::<Reference>().is_err(), "{bad}");
        assert!(serde_json::from_value::<Reference>(bad.clone().into()).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Reference>("7").is_err());
    let says = serde_json::from_str::<Reference>("\"7\"").expect_err("no reference").to_string();
    assert!(says.contains("expected `traceparent content [response id]`"), "{says}");
}
