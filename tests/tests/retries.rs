//! What failed requests say, and what is sent again.

use opentelemetry::Value;
use samplescope::{Settings, Vocabulary, sampling_loop, sampling_step, sampling_tool, start_loop, start_step};
use samplescope_tests::{Span, Telemetry};
use std::cell::Cell;

#[derive(Debug)]
struct Failure {
    status: u16,
    request_id: Option<String>,
}

#[sampling_step(
    attempt = attempt,
    attributes("http.response.status_code" = |()| 200),
    error_attributes(
        "http.response.status_code" = |error| error.status,
        "app.request_id" = |error| &error.request_id,
        "app.seen" = |_| seen.set(seen.get() + 1),
    ),
)]
fn ask(attempt: Option<i32>, fails: bool, seen: &Cell<u32>) -> Result<(), Failure> {
    if fails { Err(Failure { status: 503, request_id: Some("req_1".to_owned()) }) } else { Ok(()) }
}

#[sampling_tool(error_attributes("app.code" = |error| *error))]
fn tool() -> Result<(), i64> {
    Err(7)
}

#[sampling_loop(error_attributes("app.code" = |error| *error))]
fn run(seen: &Cell<u32>) -> Result<(), i64> {
    for (attempt, fails) in
        [(Some(0), true), (Some(1), true), (Some(2), false), (None, true), (Some(1), false), (Some(-1), false)]
    {
        let _ = ask(attempt, fails, seen);
    }
    tool()
}

fn numbers(spans: &[Span], key: &str) -> Vec<Option<i64>> {
    let number = |value| if let Value::I64(number) = value { number } else { panic!("{value:?}") };
    spans.iter().map(|span| span.get(key).map(number)).collect()
}

#[test]
fn a_retry_is_a_model_call_of_the_same_iteration_in_both_vocabularies() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().metered().with(Settings::default().with_vocabulary(vocabulary));
        let _ = run(&Cell::new(0));
        let spans = telemetry.spans(8);
        let steps = &spans[1..7];
        assert_eq!(numbers(steps, "fastmcp.sampling.iteration"), [0, 0, 0, 1, 1, 2].map(Some));
        assert_eq!(numbers(steps, "http.request.resend_count"), [None, Some(1), Some(2), None, Some(1), None]);
        assert_eq!(numbers(&spans[..1], "fastmcp.sampling.iterations"), [Some(3)]);
        let calls = telemetry.points("gen_ai.invoke_agent.inference_calls");
        assert_eq!(
            calls.iter().map(|point| point.sum).collect::<Vec<_>>(),
            if vocabulary == Vocabulary::GenAi { vec![6.0] } else { vec![] }
        );
    }
}

#[test]
fn the_first_step_is_no_retry_whatever_it_says_and_an_iteration_that_is_written_goes_first() {
    let telemetry = Telemetry::on();
    let run = start_loop(|_| ());
    run.step(|step| step.attempt(&2)).end();
    run.step(|step| step.attempt(&3)).end();
    run.step(|step| {
        step.attempt(&1);
        step.iteration(&9);
    })
    .end();
    run.end();
    let spans = telemetry.spans(4);
    assert_eq!(numbers(&spans[1..], "fastmcp.sampling.iteration"), [0, 0, 9].map(Some));
    assert_eq!(numbers(&spans[1..], "http.request.resend_count"), [2, 3, 1].map(Some));
    assert_eq!(numbers(&spans[..1], "fastmcp.sampling.iterations"), [Some(1)]);
}

#[test]
fn what_is_sent_again_after_its_loop_is_none_of_its_iterations() {
    let telemetry = Telemetry::on();
    let run = start_loop(|_| ());
    let context = run.context();
    run.step(|_| ()).end();
    run.end();
    start_step(|step| {
        step.parent(&context);
        step.attempt(&1);
    })
    .end();
    assert_eq!(numbers(&telemetry.spans(3)[1..], "fastmcp.sampling.iteration"), [Some(0), None]);
}

#[test]
fn an_error_is_read_where_there_is_one_and_somebody_listens() {
    let telemetry = Telemetry::on();
    let seen = Cell::new(0);
    let _ = run(&seen);
    let spans = telemetry.spans(8);
    assert_eq!(seen.get(), 3);
    assert_eq!(numbers(&spans[1..7], "http.response.status_code"), [503, 503, 200, 503, 200, 200].map(Some));
    assert_eq!(spans[1].get("app.request_id"), Some(Value::from("req_1")));
    assert_eq!(spans[3].get("app.request_id"), None);
    assert_eq!([numbers(&spans[..1], "app.code"), numbers(&spans[7..], "app.code")], [[Some(7)], [Some(7)]]);
    drop(telemetry);
    for telemetry in [Telemetry::off as fn() -> Telemetry, || Telemetry::off().metered()] {
        let _telemetry = telemetry();
        seen.set(0);
        let _ = run(&seen);
        assert_eq!(seen.get(), 0);
    }
}

#[test]
fn a_closure_that_panics_takes_nothing_else_along() {
    #[sampling_step(error_attributes("app.code" = |_| -> i64 { panic!("no code") }))]
    fn ask() -> Result<(), Failure> {
        Err(Failure { status: 500, request_id: None })
    }
    let telemetry = Telemetry::on();
    assert_eq!(ask().map_err(|failure| failure.status), Err(500));
    let span = telemetry.span();
    assert_eq!((span.get("app.code"), span.get("error.type")), (None, Some(Value::from("Failure"))));
}
