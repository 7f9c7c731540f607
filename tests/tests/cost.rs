//! What a step cost: as its provider says, or as the settings price it.

use futures::StreamExt as _;
use opentelemetry::Value;
use opentelemetry_sdk::trace::Sampler;
use samplescope::{
    Chunk, SamplingResponse, Settings, TokenUsage, Vocabulary, current_step, sampling_loop, sampling_step, start_step,
};
use samplescope_tests::{Span, Telemetry};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

#[sampling_step(model = model, usage = |usage| usage)]
fn ask(model: &str, usage: Option<TokenUsage>) -> Option<TokenUsage> {
    usage
}

#[sampling_step(response_model = |_| "demo-2026", usage = |usage| usage)]
fn ask_for_nothing() -> TokenUsage {
    TokenUsage::new(10, 5)
}

#[sampling_loop(provider = "scripted", model = "of-the-loop")]
fn run(usage: TokenUsage) {
    ask("demo", Some(usage));
    ask_for_nothing();
    start_step(|_| ()).usage(usage);
    ask("demo", None);
}

fn tokens(count: Option<u64>) -> Option<f64> {
    count.and_then(|count| u32::try_from(count).ok()).map(f64::from)
}

fn cost(span: &Span) -> Option<f64> {
    match span.get("gen_ai.usage.cost") {
        Some(Value::F64(cost)) => Some(cost),
        None => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_settings_price_each_step_whose_tokens_are_known_in_both_vocabularies() {
    let listening: [fn() -> Telemetry; 2] = [Telemetry::on, || Telemetry::on().metered()];
    for (vocabulary, telemetry) in
        [Vocabulary::FastMcp, Vocabulary::GenAi].into_iter().flat_map(|vocabulary| listening.map(|on| (vocabulary, on)))
    {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        let telemetry =
            telemetry().with(Settings::default().with_vocabulary(vocabulary).with_price(move |provider, model, usage| {
                seen.lock().expect("not poisoned").push(format!("{provider:?} {model:?}"));
                Some(tokens(usage.input())? + tokens(usage.output())? / 2.0)
            }));
        run(TokenUsage::new(100, 50));
        let spans = telemetry.spans(5);
        assert_eq!(spans.iter().map(cost).collect::<Vec<_>>(), [None, Some(125.0), Some(12.5), Some(125.0), None]);
        let asked = asked.lock().expect("not poisoned");
        assert_eq!(
            *asked,
            [
                r#"Some("scripted") Some("demo")"#,
                r#"Some("scripted") Some("demo-2026")"#,
                r#"Some("scripted") Some("of-the-loop")"#
            ]
        );
        let points = telemetry.metrics().into_iter().flat_map(|metric| metric.points);
        assert!(points.flat_map(|point| point.attributes.into_keys()).all(|key| !key.contains("cost")));
    }
}

#[test]
fn what_the_provider_says_goes_first_and_takes_no_count_away() {
    let telemetry = Telemetry::on().with(Settings::default().with_price(|_, _, _| Some(1.0)));
    ask("demo", Some(TokenUsage::new(1, 2).with_cost(0.25)));
    ask("demo", Some(TokenUsage::default().with_cost(0.5_f32)));
    {
        #[sampling_step(usage = |()| TokenUsage::new(7, 8))]
        fn with_a_handle() {
            current_step().usage(TokenUsage::default().with_cost(Some(2)));
        }
        with_a_handle();
    }
    {
        #[sampling_step(usage = |()| TokenUsage::new(7, 8), unchecked("gen_ai.usage.cost" = |()| 3.0))]
        fn by_hand() {}
        by_hand();
    }
    {
        #[sampling_step(response = |answer| answer, usage = |_| TokenUsage::default().with_cost(4))]
        fn beside_a_response() -> serde_json::Value {
            serde_json::json!({ "object": "chat.completion", "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 2 } })
        }
        beside_a_response();
    }
    let spans = telemetry.spans(5);
    assert_eq!(spans.iter().map(cost).collect::<Vec<_>>(), [Some(0.25), Some(0.5), Some(2.0), Some(3.0), Some(4.0)]);
    let input: Vec<_> = spans.iter().map(|span| span.get("gen_ai.usage.input_tokens")).collect();
    assert_eq!(input, [Some(Value::I64(1)), None, Some(Value::I64(7)), Some(Value::I64(7)), Some(Value::I64(9))]);
}

#[test]
fn a_response_that_says_nothing_of_its_tokens_has_no_price() {
    struct Silent;
    impl SamplingResponse for Silent {}
    #[sampling_step]
    fn ask() -> Silent {
        Silent
    }
    let telemetry = Telemetry::on().with(Settings::default().with_price(|_, _, _| Some(1.0)));
    ask();
    assert_eq!(cost(&telemetry.span()), None);
}

#[tokio::test]
async fn a_chunk_says_it_and_the_last_one_counts() {
    #[sampling_step(stream, chunk = |usage| Chunk::new().usage(*usage))]
    fn ask() -> impl futures::Stream<Item = TokenUsage> {
        futures::stream::iter([
            TokenUsage::new(10, 1).with_cost(0.1),
            TokenUsage::new(None::<u8>, 2),
            TokenUsage::default().with_cost(0.2),
        ])
    }
    let telemetry = Telemetry::on();
    assert_eq!(ask().count().await, 3);
    let span = telemetry.span();
    assert_eq!(cost(&span), Some(0.2));
    assert_eq!(span.get("gen_ai.usage.output_tokens"), Some(Value::I64(2)));
}

#[test]
fn what_can_be_no_cost_is_left_out() {
    for nonsense in [f64::NAN, f64::INFINITY, -0.01] {
        let telemetry = Telemetry::on().with(Settings::default().with_price(move |_, _, _| Some(nonsense)));
        ask("demo", Some(TokenUsage::new(1, 2)));
        ask("demo", Some(TokenUsage::new(1, 2).with_cost(nonsense)));
        assert!(telemetry.spans(2).iter().all(|span| cost(span).is_none()));
    }
    let telemetry = Telemetry::on();
    ask("demo", Some(TokenUsage::new(0, 0).with_cost(-0.0)));
    assert_eq!(cost(&telemetry.span()).map(f64::to_bits), Some(0));
}

#[test]
fn a_price_that_panics_is_left_out_and_the_step_is_what_it_was() {
    let telemetry = Telemetry::on().with(Settings::default().with_price(|_, model, _| {
        let _ = ask("inside", None);
        panic!("{model:?} has no price")
    }));
    assert_eq!(ask("demo", Some(TokenUsage::new(1, 2))), Some(TokenUsage::new(1, 2)));
    let span = telemetry.span();
    assert_eq!((cost(&span), span.get("gen_ai.usage.output_tokens")), (None, Some(Value::I64(2))));
    assert_eq!(span.status(), opentelemetry::trace::Status::Unset);
}

#[test]
fn nobody_is_asked_for_a_price_where_no_span_records_or_somebody_else_reports_the_tokens() {
    #[sampling_step(tokens = false, response = |usage| usage)]
    fn reported() -> serde_json::Value {
        serde_json::json!({"id": "1", "model": "demo", "object": "chat.completion", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    }
    for telemetry in [Telemetry::off as fn() -> Telemetry, || Telemetry::off().metered().sampled(Sampler::AlwaysOff)] {
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        let _telemetry =
            telemetry().with(Settings::default().with_price(move |_, _, _| Some(f64::from(count.fetch_add(1, SeqCst)))));
        run(TokenUsage::new(1, 2));
        assert_eq!(asked.load(SeqCst), 0);
    }
    let telemetry = Telemetry::on().with(Settings::default().with_price(|_, _, _| Some(1.0)));
    reported();
    assert_eq!(cost(&telemetry.span()), None);
}
