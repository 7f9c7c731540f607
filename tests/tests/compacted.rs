//! A history that was made shorter: the loop says when, and its steps say that they came after.

use opentelemetry::Value;
use samplescope::{Settings, Vocabulary, current_loop, sampling_loop, sampling_step, sampling_tool, start_loop};
use samplescope_tests::Telemetry;

#[sampling_step]
fn ask() {}

#[sampling_step(attributes("gen_ai.conversation.compacted" = false))]
fn ask_anew() {}

#[sampling_tool]
fn compact(before: usize, after: Option<u64>) {
    current_loop().compacted(before, after);
}

#[sampling_loop]
fn nested() {
    ask();
}

#[sampling_loop]
fn run() {
    ask();
    compact(40, Some(8));
    ask();
    ask_anew();
    nested();
    compact(20, None);
}

#[test]
fn the_loop_has_the_event_and_the_steps_that_follow_the_attribute() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(vocabulary));
        run();
        let spans = telemetry.spans(8);
        let events = spans[0].events();
        let said: Vec<_> = events.iter().map(|(name, attributes)| format!("{name} {attributes:?}")).collect();
        assert_eq!(
            said,
            [
                r#"samplescope.compacted {"samplescope.messages.after": "I64(8)", "samplescope.messages.before": "I64(40)"}"#,
                r#"samplescope.compacted {"samplescope.messages.before": "I64(20)"}"#,
            ]
        );
        let compacted: Vec<_> = spans.iter().map(|span| span.get("gen_ai.conversation.compacted")).collect();
        let [yes, no] = [true, false].map(|said| Some(Value::Bool(said)));
        assert_eq!(compacted, [None, None, None, yes, no, None, None, None]);
    }
}

#[test]
fn a_loop_as_a_value_says_the_same_and_nobody_hears_it_where_nobody_listens() {
    for (telemetry, spans) in [(Telemetry::on as fn() -> Telemetry, 2), (|| Telemetry::off().metered(), 0), (Telemetry::off, 0)] {
        let telemetry = telemetry();
        let run = start_loop(|_| ());
        run.compacted(3, 1);
        run.step(|_| ()).end();
        run.end();
        let spans = telemetry.spans(spans);
        assert!(spans.iter().skip(1).all(|step| step.get("gen_ai.conversation.compacted") == Some(Value::Bool(true))));
        current_loop().compacted(3, 1);
    }
}
