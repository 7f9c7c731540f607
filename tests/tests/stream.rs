//! Streaming steps: the span lasts as long as the stream, learns from its items, and says how it ended.

use futures::stream::{self, BoxStream, LocalBoxStream};
use futures::{Stream, StreamExt as _};
use opentelemetry::trace::Status;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use samplescope::{Capture, Chunk, Settings, TokenUsage, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use std::future::ready;
use std::pin::Pin;

#[derive(Clone, Debug)]
struct Delta {
    text: &'static str,
    stop_reason: Option<&'static str>,
    tokens: Option<u32>,
}

#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the line broke")
    }
}

fn deltas() -> [Delta; 3] {
    [
        Delta { text: "Sunny ", stop_reason: None, tokens: Some(1) },
        Delta { text: "in ", stop_reason: None, tokens: None },
        Delta { text: "Seattle", stop_reason: Some("end_turn"), tokens: Some(7) },
    ]
}

fn chunk(delta: &Delta) -> Chunk<'_> {
    Chunk::new()
        .text(delta.text)
        .stop_reason(delta.stop_reason)
        .usage(delta.tokens.map(|tokens| TokenUsage::new(None::<u8>, tokens)))
}

mod forms {
    use super::*;

    #[sampling_step(stream, chunk = |delta| chunk(delta))]
    pub(super) fn opaque() -> impl Stream<Item = Delta> {
        stream::iter(deltas())
    }

    #[sampling_step(stream, chunk = chunk)]
    pub(super) fn boxed() -> BoxStream<'static, Delta> {
        stream::iter(deltas()).boxed()
    }

    #[sampling_step(stream, chunk = |delta| chunk(delta))]
    pub(super) fn boxed_local<'a>(deltas: &'a [Delta]) -> Pin<Box<dyn Stream<Item = &'a Delta> + 'a>> {
        Box::pin(stream::iter(deltas))
    }

    #[sampling_step(stream, chunk = |delta| chunk(delta))]
    pub(super) async fn asynchronous() -> impl Stream<Item = Delta> {
        tokio::task::yield_now().await;
        stream::iter(deltas())
    }

    #[sampling_step(stream, chunk = |delta| chunk(delta))]
    pub(super) async fn result(fail: bool) -> Result<impl Stream<Item = Result<Delta, Broken>>, Broken> {
        if fail { Err(Broken) } else { Ok(stream::iter(deltas()).map(Ok)) }
    }

    type Deltas<'a> = BoxStream<'a, Result<Delta, Broken>>;

    #[sampling_step(stream, chunk = |delta| chunk(delta))]
    pub(super) async fn result_boxed(fail: bool) -> Result<Deltas<'static>, Broken> {
        if fail { Err(Broken) } else { Ok(stream::iter(deltas()).map(Ok).boxed()) }
    }

    #[sampling_step(stream, chunk = |delta| chunk(delta))]
    pub(super) fn plain_result() -> Result<LocalBoxStream<'static, Delta>, Broken> {
        Ok(stream::iter(deltas()).boxed_local())
    }

    #[sampling_step(stream, chunk = |delta| chunk(delta))]
    pub(super) fn later(count: usize) -> impl Future<Output = Result<impl Stream<Item = Delta>, Broken>> {
        let deltas = deltas().into_iter().take(count);
        ready(Ok(stream::iter(deltas)))
    }

    #[async_trait::async_trait]
    pub(super) trait Model {
        async fn ask(&self) -> Result<Deltas<'static>, Broken>;
    }

    pub(super) struct Scripted;

    #[async_trait::async_trait]
    impl Model for Scripted {
        #[sampling_step(stream, chunk = |delta| chunk(delta))]
        async fn ask(&self) -> Result<Deltas<'static>, Broken> {
            Ok(stream::iter(deltas()).map(Ok).boxed())
        }
    }
}

fn get(span: &Span, key: &str) -> Option<String> {
    span.get(key).map(|value| value.to_string())
}

fn whole(telemetry: &Telemetry) {
    let span = telemetry.span();
    assert_eq!(span.status(), Status::Unset);
    assert_eq!(get(&span, "fastmcp.sampling.stop_reason").as_deref(), Some("endTurn"));
    assert_eq!(get(&span, "gen_ai.usage.output_tokens").as_deref(), Some("7"));
    assert_eq!(get(&span, "gen_ai.request.stream").as_deref(), Some("true"));
    assert!(
        matches!(span.get("gen_ai.response.time_to_first_chunk"), Some(opentelemetry::Value::F64(seconds)) if seconds >= 0.0)
    );
    telemetry.forget();
}

#[tokio::test]
async fn every_form_of_stream_ends_its_span_when_it_ends() {
    let telemetry = Telemetry::on();
    let all = deltas();
    assert_eq!(forms::opaque().count().await, 3);
    whole(&telemetry);
    assert_eq!(forms::boxed().count().await, 3);
    whole(&telemetry);
    assert_eq!(forms::boxed_local(&all).count().await, 3);
    whole(&telemetry);
    assert_eq!(forms::asynchronous().await.count().await, 3);
    whole(&telemetry);
    assert_eq!(forms::result(false).await.map(futures::StreamExt::count).expect("a stream").await, 3);
    whole(&telemetry);
    assert_eq!(forms::result_boxed(false).await.map(futures::StreamExt::count).expect("a stream").await, 3);
    whole(&telemetry);
    assert_eq!(forms::plain_result().map(futures::StreamExt::count).expect("a stream").await, 3);
    whole(&telemetry);
    assert_eq!(forms::later(3).await.map(futures::StreamExt::count).expect("a stream").await, 3);
    whole(&telemetry);
    assert_eq!(forms::Model::ask(&forms::Scripted).await.map(futures::StreamExt::count).expect("a stream").await, 3);
    whole(&telemetry);
}

#[tokio::test]
async fn without_a_listener_streams_are_what_they_were() {
    let _telemetry = Telemetry::off();
    assert_eq!(forms::opaque().map(|delta| delta.text).collect::<String>().await, "Sunny in Seattle");
    assert_eq!(forms::boxed().size_hint(), (3, Some(3)));
    assert!(forms::result(true).await.is_err());
}

#[tokio::test]
async fn a_call_that_gives_no_stream_ends_with_its_error() {
    let telemetry = Telemetry::on();
    assert!(forms::result(true).await.is_err());
    assert!(forms::result_boxed(true).await.is_err());
    for span in telemetry.spans(2) {
        assert_eq!(span.status(), Status::error("the line broke"));
        assert_eq!(get(&span, "error.type").as_deref(), Some("Broken"));
        assert_eq!(span.events().len(), 1);
    }
    telemetry.spans(2);
}

#[sampling_step(stream, chunk = |delta| chunk(delta))]
fn breaks() -> impl Stream<Item = Result<Delta, Broken>> {
    let [first, second, _] = deltas();
    stream::iter([Ok(first), Err(Broken), Ok(second)])
}

#[tokio::test]
async fn an_item_that_is_an_error_ends_the_span_and_not_the_stream() {
    let telemetry = Telemetry::on();
    let mut items = Box::pin(breaks());
    assert!(items.next().await.is_some_and(|item| item.is_ok()));
    telemetry.spans(0);
    assert!(items.next().await.is_some_and(|item| item.is_err()));
    assert_eq!(telemetry.span().status(), Status::error("the line broke"));
    assert!(items.next().await.is_some_and(|item| item.is_ok()));
    assert!(items.next().await.is_none());
    assert_eq!(get(&telemetry.span(), "gen_ai.usage.output_tokens").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_stream_dropped_early_was_cancelled_with_what_was_known_by_then() {
    let telemetry = Telemetry::on();
    let mut items = Box::pin(forms::opaque());
    assert!(items.next().await.is_some());
    drop(items);
    let span = telemetry.span();
    assert_eq!(span.status(), Status::error("cancelled"));
    assert_eq!(get(&span, "error.type").as_deref(), Some("cancelled"));
    assert_eq!(get(&span, "gen_ai.usage.output_tokens").as_deref(), Some("1"));
    assert_eq!(get(&span, "fastmcp.sampling.stop_reason"), None);
}

#[sampling_step(stream)]
fn panics() -> impl Stream<Item = u8> {
    stream::iter(0..3).map(|item| if item == 1 { panic!("boom") } else { item })
}

#[tokio::test]
async fn a_stream_that_panics_says_so() {
    let telemetry = Telemetry::on();
    assert!(tokio::spawn(panics().collect::<Vec<_>>()).await.is_err());
    assert_eq!(telemetry.span().status(), Status::error("panicked"));
}

#[sampling_step(stream)]
fn traced() -> impl Stream<Item = bool> {
    stream::iter(0..2).map(|_| {
        drop(global::tracer("user").start("inside"));
        Context::current().span().span_context().is_valid()
    })
}

#[tokio::test]
async fn every_poll_is_inside_the_span_and_nothing_between_them() {
    let telemetry = Telemetry::on();
    let mut items = Box::pin(traced());
    while let Some(inside) = items.next().await {
        assert!(inside);
        assert!(!Context::current().span().span_context().is_valid());
    }
    assert_eq!(telemetry.tree(), "sampling/createMessage step\n  inside\n  inside\n");
}

#[sampling_loop]
async fn run() -> usize {
    forms::opaque().count().await + forms::boxed().count().await
}

#[tokio::test]
async fn a_loop_counts_its_streaming_steps() {
    let telemetry = Telemetry::on();
    assert_eq!(run().await, 6);
    let [run, first, second] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
    assert_eq!(get(run, "fastmcp.sampling.iterations").as_deref(), Some("2"));
    assert_eq!(get(first, "fastmcp.sampling.iteration").as_deref(), Some("0"));
    assert_eq!(get(second, "fastmcp.sampling.iteration").as_deref(), Some("1"));
    assert_eq!((first.parent_id(), second.parent_id()), (run.id(), run.id()));
}

#[tokio::test]
async fn texts_are_put_together_while_content_is_captured() {
    use samplescope::Vocabulary::GenAi;
    let output = |telemetry: &Telemetry| get(&telemetry.span(), "gen_ai.output.messages");
    let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(GenAi).with_capture(Capture::Spans));
    assert_eq!(forms::opaque().count().await, 3);
    let expected = r#"[{"finish_reason":"stop","parts":[{"content":"Sunny in Seattle","type":"text"}],"role":"assistant"}]"#;
    assert_eq!(output(&telemetry).as_deref(), Some(expected));
    drop(telemetry);
    let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(GenAi));
    assert_eq!(forms::opaque().count().await, 3);
    assert_eq!(output(&telemetry), None);
}

#[tokio::test]
async fn tokens_are_measured_whatever_the_sampler_says() {
    let telemetry = Telemetry::off().metered();
    assert_eq!(forms::opaque().count().await, 3);
    let points = telemetry.points("gen_ai.client.token.usage");
    assert_eq!(points.iter().map(|point| point.sum).collect::<Vec<_>>(), [7.0]);
}

#[tokio::test]
async fn the_time_to_the_first_chunk_is_measured_in_the_genai_names() {
    use samplescope::Vocabulary::GenAi;
    let telemetry = Telemetry::off().metered().with(Settings::default().with_vocabulary(GenAi));
    assert_eq!(forms::opaque().count().await, 3);
    let points = telemetry.points("gen_ai.client.inference.time_to_first_chunk");
    assert_eq!(points.iter().map(|point| point.count).collect::<Vec<_>>(), [1]);
    assert_eq!(points[0].bounds.first(), Some(&0.01));
    assert!(forms::result(true).await.is_err());
    assert_eq!(telemetry.points("gen_ai.client.inference.time_to_first_chunk")[0].count, 1, "no chunk, no measurement");
}

#[sampling_step(stream, chunk = |delta| chunk(delta), capture = false)]
fn private() -> impl Stream<Item = Delta> {
    stream::iter(deltas())
}

#[tokio::test]
async fn a_step_that_captures_nothing_keeps_no_text_of_its_stream() {
    use samplescope::Vocabulary::GenAi;
    let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(GenAi).with_capture(Capture::Spans));
    assert_eq!(private().count().await, 3);
    assert_eq!(telemetry.span().get("gen_ai.output.messages"), None);
}

/// No time is asserted: what was measured between two moments cannot be more than what lies between two moments around them.
#[tokio::test]
async fn the_time_to_the_first_chunk_ends_with_the_first_chunk() {
    let telemetry = Telemetry::on();
    let before = std::time::Instant::now();
    let mut items = Box::pin(forms::opaque());
    assert!(items.next().await.is_some());
    let around = before.elapsed();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    while items.next().await.is_some() {}
    let measured = telemetry.span().get("gen_ai.response.time_to_first_chunk");
    assert!(matches!(measured, Some(opentelemetry::Value::F64(seconds)) if seconds <= around.as_secs_f64()), "{measured:?}");
}

mod silence {
    use super::*;
    use opentelemetry::Value;
    use std::time::{Duration, Instant};
    use tokio::time::{sleep, timeout};

    fn silence(span: &Span) -> Option<f64> {
        match span.get("samplescope.stream.silence") {
            Some(Value::F64(seconds)) => Some(seconds),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    /// Two pieces, one that carries nothing, then nothing at all.
    #[sampling_step(stream, chunk = |text| Chunk::new().text(*text))]
    fn hangs() -> impl Stream<Item = &'static str> {
        stream::iter(["a", "b", ""]).chain(stream::pending())
    }

    #[sampling_step(stream, chunk = |text| Chunk::new().text(*text))]
    fn hangs_boxed(texts: &'static [&'static str]) -> BoxStream<'static, &'static str> {
        stream::iter(texts.iter().copied()).chain(stream::pending()).boxed()
    }

    #[sampling_step]
    async fn hangs_unread() -> Result<BoxStream<'static, u8>, Broken> {
        Ok(stream::pending().boxed())
    }

    #[sampling_step]
    async fn is_no_stream() -> u8 {
        std::future::pending().await
    }

    /// Gives itself up.
    #[sampling_step(stream, chunk = |text| Chunk::new().text(*text))]
    fn breaks_late() -> impl Stream<Item = Result<&'static str, Broken>> {
        let late = stream::once(async {
            sleep(Duration::from_millis(20)).await;
            Err(Broken)
        });
        stream::iter([Ok("a")]).chain(late)
    }

    /// No time is asserted: what lies between two moments is more than what lies between two moments within, and less than between two around.
    #[tokio::test]
    async fn of_a_stream_that_was_given_up_it_goes_from_its_last_chunk_to_the_end() {
        let telemetry = Telemetry::on();
        let mut items = Box::pin(hangs());
        assert_eq!(items.next().await, Some("a"));
        sleep(Duration::from_millis(20)).await;
        let around = Instant::now();
        assert_eq!(items.next().await, Some("b"));
        let within = Instant::now();
        sleep(Duration::from_millis(20)).await;
        assert_eq!(items.next().await, Some(""), "a keep-alive carries nothing");
        assert!(timeout(Duration::from_millis(1), items.next()).await.is_err());
        let within = within.elapsed().as_secs_f64();
        drop(items);
        let silence = silence(&telemetry.span()).expect("given up");
        assert!((within..=around.elapsed().as_secs_f64()).contains(&silence), "{silence}");
    }

    #[tokio::test]
    async fn where_no_chunk_came_it_goes_from_the_start() {
        let telemetry = Telemetry::on();
        let around = Instant::now();
        let unread = hangs_unread().await.expect("a stream");
        let mut empty = hangs_boxed(&[""]);
        let opaque = hangs();
        let within = Instant::now();
        assert_eq!(empty.next().await, Some(""));
        sleep(Duration::from_millis(5)).await;
        let within = within.elapsed().as_secs_f64();
        drop((unread, empty, opaque));
        for span in telemetry.spans(3) {
            assert_eq!(span.status(), Status::error("cancelled"));
            let silence = silence(&span).expect("given up");
            assert!((within..=around.elapsed().as_secs_f64()).contains(&silence), "{silence}");
        }
    }

    #[tokio::test]
    async fn a_stream_that_gives_itself_up_says_so_with_an_error() {
        let telemetry = Telemetry::on();
        let mut items = Box::pin(breaks_late());
        assert!(items.next().await.is_some_and(|item| item.is_ok()));
        let within = Instant::now();
        sleep(Duration::from_millis(5)).await;
        let within = within.elapsed().as_secs_f64();
        assert!(items.next().await.is_some_and(|item| item.is_err()));
        let span = telemetry.span();
        assert_eq!(span.status(), Status::error("the line broke"));
        assert!(silence(&span).is_some_and(|silence| silence >= within), "{:?}", silence(&span));
    }

    #[tokio::test]
    async fn calls_that_are_told_of_chunks_have_it_too() {
        let telemetry = Telemetry::on();
        drop(samplescope::start_step(|_| ()).stream(stream::pending::<u8>(), |_| Chunk::new()));
        let step = samplescope::start_step(|_| ());
        step.chunk(Chunk::new().text("a"));
        step.fail(&Broken);
        for span in telemetry.spans(2) {
            assert!(silence(&span).is_some());
        }
    }

    #[tokio::test]
    async fn whatever_else_ends_has_none() {
        let telemetry = Telemetry::on();
        assert_eq!(forms::opaque().count().await, 3);
        let mut items = Box::pin(forms::boxed());
        assert!(items.next().await.is_some() && items.next().await.is_some() && items.next().await.is_some());
        drop(items);
        assert!(forms::result(true).await.is_err());
        assert!(forms::result_boxed(true).await.is_err());
        assert!(timeout(Duration::from_millis(1), is_no_stream()).await.is_err());
        assert!(tokio::spawn(panics().collect::<Vec<_>>()).await.is_err());
        samplescope::start_step(|_| ()).fail(&Broken);
        for span in telemetry.spans(7) {
            assert_eq!(silence(&span), None);
        }
    }

    #[tokio::test]
    async fn an_error_is_no_first_chunk() {
        #[sampling_step(stream)]
        fn breaks_at_once() -> impl Stream<Item = Result<u8, Broken>> {
            stream::iter([Err(Broken)])
        }
        let telemetry = Telemetry::on();
        assert_eq!(breaks_at_once().count().await, 1);
        assert_eq!(telemetry.span().get("gen_ai.response.time_to_first_chunk"), None);
    }
}

#[test]
fn a_stream_is_as_much_send_as_it_was() {
    fn send<T: Send>(_: &T) {}
    let _telemetry = Telemetry::off();
    send(&forms::opaque());
    send(&forms::result(false));
}

#[test]
fn a_stream_that_is_listened_to_says_how_long_it_is() {
    let telemetry = Telemetry::on();
    let bare = stream::iter(deltas()).size_hint();
    assert_eq!(bare, (3, Some(3)));
    assert_eq!(forms::opaque().size_hint(), bare);
    assert_eq!(forms::boxed().size_hint(), bare);
    telemetry.spans(2);
}

#[tokio::test]
async fn a_loop_or_a_tool_that_gives_back_a_stream_asked_no_model_for_one() {
    #[sampling_loop]
    fn run() -> BoxStream<'static, u8> {
        watch().boxed()
    }
    #[sampling_tool]
    fn watch() -> BoxStream<'static, u8> {
        stream::iter([1, 2]).boxed()
    }
    let telemetry = Telemetry::on();
    assert_eq!(run().count().await, 2);
    assert!(telemetry.spans(2).iter().all(|span| span.get("gen_ai.request.stream").is_none()));
}
