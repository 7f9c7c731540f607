//! Loops, steps and tools that return a stream: seen by type, as long as the stream, and truthful about its end.

use futures::stream::{self, BoxStream, LocalBoxStream};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use opentelemetry::trace::{SpanId, Status};
use samplescope::{
    Capture, Chunk, FutureExt as _, Message, Settings, TokenUsage, Vocabulary, current_loop, sampling_loop, sampling_step,
    sampling_tool, start_loop,
};
use samplescope_tests::{Span, Telemetry};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

const LOOP: &str = "sampling/createMessage";
const STEP: &str = "sampling/createMessage step";

type Events<'a> = BoxStream<'a, Result<Event, Torn>>;

#[derive(Clone, Debug, Default)]
struct Event {
    text: Option<String>,
    stop: Option<&'static str>,
    is_last: bool,
}

#[derive(Debug)]
struct Torn;

impl std::fmt::Display for Torn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the line is torn")
    }
}

fn text(text: &str) -> Event {
    Event { text: Some(text.to_owned()), ..Event::default() }
}

#[track_caller]
fn only(mut spans: Vec<Span>) -> Span {
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[sampling_step]
async fn step() {
    tokio::task::yield_now().await;
}

mod forms {
    use super::*;

    #[sampling_loop(agent = "weather")]
    pub(super) fn plain() -> BoxStream<'static, u8> {
        stream::iter(0..2).then(|n| async move { (step().await, n).1 }).boxed()
    }

    #[sampling_loop(agent = "weather")]
    pub(super) fn opaque() -> impl Stream<Item = u8> {
        stream::iter(0..2).then(|n| async move { (step().await, n).1 })
    }

    #[sampling_loop(agent = "weather")]
    pub(super) async fn asynchronous() -> impl Stream<Item = u8> {
        step().await;
        stream::iter(0..1).then(|n| async move { (step().await, n).1 })
    }

    /// goose's `reply`, in short.
    #[sampling_loop(agent = "weather")]
    pub(super) async fn result<'a>(names: &'a [String], fail: bool) -> Result<BoxStream<'a, Result<&'a str, Torn>>, Torn> {
        if fail {
            return Err(Torn);
        }
        Ok(Box::pin(stream::iter(names).then(|name| async move { (step().await, Ok(name.as_str())).1 })))
    }

    #[sampling_loop(agent = "weather")]
    pub(super) fn local<'a>(name: &'a str) -> LocalBoxStream<'a, &'a str> {
        stream::iter([name, name]).then(|name| async move { (step().await, name).1 }).boxed_local()
    }

    #[sampling_loop(agent = "weather")]
    pub(super) fn boxed_future() -> Pin<Box<dyn Future<Output = Result<BoxStream<'static, u8>, Torn>> + Send>> {
        let ready = std::future::ready(());
        Box::pin(async move {
            ready.await;
            step().await;
            Ok(stream::iter(0..1).then(|n| async move { (step().await, n).1 }).boxed())
        })
    }

    #[async_trait::async_trait]
    pub(super) trait Agent {
        async fn reply(&self) -> Result<BoxStream<'_, u8>, Torn>;
    }

    pub(super) struct Scripted(pub(super) u8);

    #[async_trait::async_trait]
    impl Agent for Scripted {
        #[sampling_loop(agent = "weather")]
        async fn reply(&self) -> Result<BoxStream<'_, u8>, Torn> {
            Ok(stream::iter(0..self.0).then(|n| async move { (step().await, n).1 }).boxed())
        }
    }
}

/// A loop of two steps, each inside it, that lasts until the last has ended.
#[track_caller]
fn is_whole(telemetry: &Telemetry) {
    assert_eq!(telemetry.tree(), format!("{LOOP}\n  {STEP}\n  {STEP}\n"));
    let run = only(telemetry.named(LOOP));
    assert_eq!((run.status(), run.get("fastmcp.sampling.iterations")), (Status::Unset, Some(2.into())));
    for (step, iteration) in telemetry.named(STEP).iter().zip(0_i64..) {
        assert_eq!(step.get("fastmcp.sampling.iteration"), Some(iteration.into()));
        assert_eq!(step.get("gen_ai.agent.name"), Some("weather".into()));
        assert!(run.0.start_time <= step.0.start_time && step.0.end_time <= run.0.end_time);
    }
    telemetry.forget();
}

#[tokio::test]
async fn a_loop_lasts_as_long_as_the_stream_that_it_returns() {
    let telemetry = Telemetry::on();
    let names = [String::from("a"), String::from("b")];
    assert_eq!(forms::plain().collect::<Vec<_>>().await, [0, 1]);
    is_whole(&telemetry);
    assert_eq!(forms::opaque().collect::<Vec<_>>().await, [0, 1]);
    is_whole(&telemetry);
    assert_eq!(forms::asynchronous().await.collect::<Vec<_>>().await, [0]);
    is_whole(&telemetry);
    assert_eq!(
        forms::result(&names, false).await.expect("a stream").try_collect::<Vec<_>>().await.expect("no error"),
        ["a", "b"]
    );
    is_whole(&telemetry);
    assert_eq!(forms::local("a").collect::<Vec<_>>().await, ["a", "a"]);
    is_whole(&telemetry);
    assert_eq!(forms::boxed_future().await.expect("a stream").collect::<Vec<_>>().await, [0]);
    is_whole(&telemetry);
    assert_eq!(forms::Agent::reply(&forms::Scripted(2)).await.expect("a stream").collect::<Vec<_>>().await, [0, 1]);
    is_whole(&telemetry);
    assert!(forms::result(&names, true).await.is_err());
    let failed = telemetry.span();
    assert_eq!((failed.status(), failed.get("error.type")), (Status::error("the line is torn"), Some("Torn".into())));
}

#[tokio::test]
async fn without_a_listener_every_form_is_what_it_was() {
    let _telemetry = Telemetry::off();
    assert_eq!(forms::plain().collect::<Vec<_>>().await, [0, 1]);
    assert_eq!(forms::opaque().collect::<Vec<_>>().await, [0, 1]);
    assert_eq!(forms::asynchronous().await.collect::<Vec<_>>().await, [0]);
    assert_eq!(forms::local("a").collect::<Vec<_>>().await, ["a", "a"]);
    assert_eq!(forms::plain().size_hint(), (2, Some(2)));
}

#[tokio::test]
async fn an_opaque_loop_that_began_off_keeps_its_steps_off() {
    let mut telemetry = Telemetry::off();
    let items = forms::opaque();
    telemetry.install(opentelemetry_sdk::trace::Sampler::AlwaysOn);
    assert_eq!(items.count().await, 2);
    telemetry.spans(0);
    step().await;
    telemetry.spans(1);
}

#[tokio::test]
async fn an_async_loop_that_began_off_keeps_its_steps_off_until_it_has_its_stream() {
    #[sampling_loop]
    async fn run() -> impl Stream<Item = u8> {
        step().await;
        step().await;
        stream::iter(0..1)
    }

    let mut telemetry = Telemetry::off();
    let mut items = Box::pin(run());
    assert!(futures::poll!(items.as_mut()).is_pending());
    telemetry.install(opentelemetry_sdk::trace::Sampler::AlwaysOn);
    assert_eq!(items.await.count().await, 1);
    telemetry.spans(0);
}

#[tokio::test]
async fn an_unsampled_loop_s_stream_has_unsampled_steps() {
    let telemetry = Telemetry::off()
        .sampled(opentelemetry_sdk::trace::Sampler::ParentBased(Box::new(opentelemetry_sdk::trace::Sampler::AlwaysOff)));
    assert_eq!(forms::plain().count().await, 2);
    assert_eq!(forms::opaque().count().await, 2);
    telemetry.spans(0);
}

mod ends {
    use super::*;

    #[sampling_step(stream, chunk = |event| Chunk::new().text(&event.text).stop_reason(event.stop).usage(TokenUsage::new(None::<u8>, 1)))]
    async fn ask(events: Vec<Event>) -> Result<Events<'static>, Torn> {
        Ok(stream::iter(events).map(Ok).boxed())
    }

    #[sampling_loop(stream, chunk = |event| if event.is_last { Chunk::new().last() } else { Chunk::new() })]
    fn run(events: Vec<Event>) -> Events<'static> {
        stream::iter(events).map(Ok).boxed()
    }

    /// codex: reads up to the terminal event, and drops the stream.
    #[tokio::test]
    async fn a_reader_that_stops_at_the_terminal_event_cancels_nothing() {
        let telemetry = Telemetry::on();
        let stop = Event { stop: Some("end_turn"), ..Event::default() };
        let mut events = ask(vec![text("a"), stop.clone(), text("b"), text("c")]).await.expect("a stream");
        for _ in 0..3 {
            assert!(events.next().await.is_some());
        }
        let after = SystemTime::now();
        tokio::time::sleep(Duration::from_millis(5)).await;
        drop(events);
        let span = telemetry.span();
        assert_eq!((span.status(), span.get("error.type")), (Status::Unset, None));
        assert!(span.0.end_time <= after, "the time of the last item");
        assert_eq!(span.get("fastmcp.sampling.stop_reason"), Some("endTurn".into()));
        telemetry.forget();

        let mut events = run(vec![text("a"), Event { is_last: true, ..Event::default() }, text("b")]);
        for _ in 0..2 {
            assert!(events.next().await.is_some());
        }
        drop(events);
        assert_eq!(telemetry.span().status(), Status::Unset);
        telemetry.forget();

        let mut events = ask(vec![text("a"), stop]).await.expect("a stream");
        assert!(events.next().await.is_some());
        drop(events);
        assert_eq!(telemetry.span().status(), Status::error("cancelled"));
    }

    #[tokio::test]
    async fn items_behind_the_last_are_still_read_and_their_time_counts() {
        #[sampling_step(stream, chunk = |event| {
            let chunk = Chunk::new();
            if event.is_last { chunk.last() } else { chunk.usage(TokenUsage::new(3, 5)) }
        })]
        fn ask(events: Vec<Event>) -> impl Stream<Item = Event> {
            stream::iter(events)
        }

        let telemetry = Telemetry::on().metered();
        let mut events = Box::pin(ask(vec![Event { is_last: true, ..Event::default() }, Event::default()]));
        assert!(events.next().await.is_some());
        let between = SystemTime::now();
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(events.next().await.is_some());
        let after = SystemTime::now();
        tokio::time::sleep(Duration::from_millis(5)).await;
        // The end of the stream says nothing that the last item had not said.
        assert!(events.next().await.is_none());
        let span = telemetry.span();
        assert_eq!(span.get("gen_ai.usage.output_tokens"), Some(5.into()));
        assert!(between < span.0.end_time && span.0.end_time <= after);
    }

    #[tokio::test]
    async fn an_error_behind_the_stop_reason_is_an_error_still() {
        #[sampling_step(stream, chunk = |event| Chunk::new().stop_reason(event.stop))]
        fn ask() -> Events<'static> {
            let stop = Event { stop: Some("end_turn"), ..Event::default() };
            stream::iter([Ok(stop), Err(Torn)]).boxed()
        }

        let telemetry = Telemetry::on();
        assert_eq!(ask().count().await, 2);
        assert_eq!(telemetry.span().status(), Status::error("the line is torn"));
    }

    #[tokio::test]
    async fn a_panic_in_a_stream_is_a_panic_whatever_was_said_before() {
        #[sampling_loop(stream, chunk = |_| Chunk::new().last())]
        fn run() -> BoxStream<'static, u8> {
            stream::iter(0..2).map(|n| if n == 1 { panic!("boom") } else { n }).boxed()
        }

        let telemetry = Telemetry::on();
        assert!(tokio::spawn(run().collect::<Vec<_>>()).await.is_err());
        assert_eq!(telemetry.span().status(), Status::error("panicked"));
    }

    #[tokio::test]
    async fn a_loop_s_duration_is_to_its_last_item_in_its_metric_too() {
        let telemetry = Telemetry::off().metered();
        let since = std::time::Instant::now();
        let mut events = run(vec![Event { is_last: true, ..Event::default() }]);
        assert!(events.next().await.is_some());
        let read = since.elapsed();
        tokio::time::sleep(Duration::from_millis(5)).await;
        drop(events);
        let points = telemetry.points("mcp.server.operation.duration");
        assert_eq!(points.len(), 1);
        assert!(points[0].sum <= read.as_secs_f64(), "without the time in which nobody read: {} of {read:?}", points[0].sum);
    }

    #[tokio::test]
    async fn a_metric_says_how_a_stream_ended_whether_or_not_there_is_a_span() {
        #[sampling_loop(stream, chunk = Chunk::clone)]
        fn run(chunks: Vec<Chunk<'static>>) -> LocalBoxStream<'static, Chunk<'static>> {
            stream::iter(chunks).boxed_local()
        }
        #[sampling_tool(stream, chunk = Chunk::clone)]
        fn tool(chunks: Vec<Chunk<'static>>) -> LocalBoxStream<'static, Chunk<'static>> {
            stream::iter(chunks).boxed_local()
        }
        let torn: &'static serde_json::Value =
            Box::leak(Box::new(serde_json::json!({ "type": "error", "error": { "type": "torn" } })));
        let genai = || Settings::default().with_vocabulary(Vocabulary::GenAi);
        for (telemetry, is_recorded) in [(Telemetry::on as fn() -> Telemetry, true), (Telemetry::off, false)] {
            for (said, error_type) in [
                (Chunk::new().last(), None),
                (Chunk::new().stop_reason("end_turn"), None),
                (Chunk::new().failed("torn", None::<&str>), Some("String(\"torn\")")),
                (Chunk::read(torn), Some("String(\"torn\")")),
                (Chunk::new(), Some("String(\"cancelled\")")),
            ] {
                let telemetry = telemetry().metered().with(genai());
                for mut items in [run(vec![said.clone(), Chunk::new()]), tool(vec![said.clone(), Chunk::new()])] {
                    assert!(items.next().await.is_some());
                }
                for name in ["gen_ai.invoke_agent.duration", "gen_ai.execute_tool.duration"] {
                    let [point] = &telemetry.points(name)[..] else { panic!("{name}") };
                    let measured = point.attributes.get("error.type").map(String::as_str);
                    assert_eq!(measured, error_type, "{name}, {said:?}, recorded: {is_recorded}");
                }
            }
        }
    }
}

mod first_chunk {
    use super::*;

    fn seconds(span: &Span) -> Option<f64> {
        match span.get("gen_ai.response.time_to_first_chunk") {
            Some(opentelemetry::Value::F64(seconds)) => Some(seconds),
            other => {
                assert_eq!(other, None);
                None
            }
        }
    }

    #[sampling_step(stream, chunk = Chunk::clone)]
    fn chunks(chunks: Vec<Chunk<'static>>) -> impl Stream<Item = Chunk<'static>> {
        stream::iter(chunks)
    }

    #[tokio::test]
    async fn it_is_the_first_with_text_reasoning_or_a_tool_call() {
        let telemetry = Telemetry::on();
        for carries in [
            Chunk::new().text("a"),
            Chunk::new().reasoning("because"),
            Chunk::new().tool_call(0, "id", "weather", None::<&str>),
            Chunk::new().message(Message::assistant("a")),
        ] {
            let before = std::time::Instant::now();
            let mut items = Box::pin(chunks(vec![Chunk::new().id("r1").text(""), carries, Chunk::new().text("b")]));
            assert!(items.next().await.is_some());
            let nothing_yet = before.elapsed();
            tokio::time::sleep(Duration::from_millis(5)).await;
            let between = std::time::Instant::now();
            assert!(items.next().await.is_some());
            let then = before.elapsed();
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(items.next().await.is_some());
            assert!(items.next().await.is_none());
            let measured = seconds(&telemetry.span()).expect("a chunk arrived");
            assert!(measured <= then.as_secs_f64(), "{measured}");
            // Not the first item, which carried nothing.
            assert!(measured >= (between - before).as_secs_f64() - nothing_yet.as_secs_f64(), "{measured}");
            telemetry.forget();
        }
        assert_eq!(chunks(vec![Chunk::new().id("r1"), Chunk::new().text("").stop_reason("end_turn")]).count().await, 2);
        assert_eq!(seconds(&telemetry.span()), None, "nothing was said");
    }

    #[tokio::test]
    async fn where_no_item_is_read_it_is_the_first_item() {
        #[sampling_step]
        fn ask() -> BoxStream<'static, u8> {
            stream::iter(0..2).boxed()
        }

        let telemetry = Telemetry::on();
        assert_eq!(ask().count().await, 2);
        let span = telemetry.span();
        assert!(seconds(&span).is_some());
        assert_eq!(span.get("gen_ai.request.stream"), Some(true.into()), "nobody said `stream`, and it was one");
    }
}

mod content {
    use super::*;

    fn capturing() -> Telemetry {
        Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans))
    }

    fn get(span: &Span, key: &str) -> String {
        span.get(key).map(|value| value.to_string()).unwrap_or_default()
    }

    #[sampling_step(stream, chunk = Chunk::clone)]
    fn chunks(chunks: Vec<Chunk<'static>>) -> impl Stream<Item = Chunk<'static>> {
        stream::iter(chunks)
    }

    #[tokio::test]
    async fn reasoning_text_and_tool_calls_are_put_together() {
        let telemetry = capturing();
        let said = vec![
            Chunk::new().reasoning("The user "),
            Chunk::new().reasoning(Some("asks.")).text(None::<String>),
            Chunk::new().text("Let me "),
            Chunk::new().text(String::from("look.")),
            Chunk::new().tool_call(0, Some("a"), Some("weather"), None::<&str>).tool_call(1, "b", "time", "{}"),
            Chunk::new().tool_call(0, None::<&str>, None::<&str>, "{\"city\":"),
            Chunk::new().tool_call(0, None::<&str>, None::<&str>, "\"Paris\"}").stop_reason("tool_use"),
        ];
        chunks(said).count().await;
        let expected = r#"[{"finish_reason":"tool_call","parts":[{"content":"The user asks.","type":"reasoning"},{"content":"Let me look.","type":"text"},{"arguments":{"city":"Paris"},"id":"a","name":"weather","type":"tool_call"},{"arguments":{},"id":"b","name":"time","type":"tool_call"}],"role":"assistant"}]"#;
        assert_eq!(get(&telemetry.span(), "gen_ai.output.messages"), expected);
    }

    #[tokio::test]
    async fn a_text_is_lent_out_of_the_item_whatever_holds_it() {
        #[derive(Default)]
        struct Delta {
            thought: Option<String>,
            text: Option<Box<str>>,
        }
        #[sampling_step(stream, chunk = |delta| Chunk::new().reasoning(&delta.thought).text(&delta.text))]
        fn ask(deltas: Vec<Delta>) -> impl Stream<Item = Delta> {
            stream::iter(deltas)
        }
        #[sampling_step(stream, chunk = |line| Chunk::new().text(String::from_utf8_lossy(line)))]
        fn lines(lines: Vec<&'static [u8]>) -> impl Stream<Item = &'static [u8]> {
            stream::iter(lines)
        }
        let telemetry = capturing();
        let thought = Delta { thought: Some("hm".to_owned()), ..Delta::default() };
        ask(vec![thought, Delta::default(), Delta { text: Some("Sunny".into()), ..Delta::default() }]).count().await;
        lines(vec![b"Sun", b"ny\xff"]).count().await;
        let spans = telemetry.spans(2);
        let output = |parts: &str| format!(r#"[{{"finish_reason":"stop","parts":[{parts}],"role":"assistant"}}]"#);
        let said = r#"{"content":"hm","type":"reasoning"},{"content":"Sunny","type":"text"}"#;
        assert_eq!(get(&spans[0], "gen_ai.output.messages"), output(said));
        assert_eq!(get(&spans[1], "gen_ai.output.messages"), output(r#"{"content":"Sunny�","type":"text"}"#));
    }

    #[test]
    fn what_a_chunk_will_be_asked_for_is_not_in_its_debug_output() {
        let event = serde_json::json!({ "text": "secret" });
        let shown = format!("{:?}{:?}", Chunk::read(&event), Chunk::new().message(Message::user("secret")));
        assert!(shown.contains("serde_json::value::Value") && shown.contains("ChunkMessage"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[tokio::test]
    async fn a_whole_message_replaces_what_was_said_before() {
        let telemetry = capturing();
        let so_far = |text: &str| Chunk::new().message(Message::assistant(text));
        chunks(vec![Chunk::new().text("lost"), so_far("Sun"), so_far("Sunny"), Chunk::new().message(None::<Message>)])
            .count()
            .await;
        let expected = r#"[{"finish_reason":"stop","parts":[{"content":"Sunny","type":"text"}],"role":"assistant"}]"#;
        assert_eq!(get(&telemetry.span(), "gen_ai.output.messages"), expected);
    }

    #[tokio::test]
    async fn a_loop_s_text_is_its_answer_and_a_tool_s_its_result() {
        #[sampling_loop(stream, chunk = |text| Chunk::new().text(text))]
        fn run() -> BoxStream<'static, String> {
            stream::iter(["Sun".to_owned(), "ny".to_owned()]).boxed()
        }
        #[sampling_tool(stream, chunk = |text| Chunk::new().text(text))]
        async fn tool() -> Result<BoxStream<'static, Result<String, Torn>>, Torn> {
            Ok(stream::iter([Ok("21 ".to_owned()), Ok("°C".to_owned())]).boxed())
        }
        let telemetry = capturing();
        assert_eq!(run().count().await, 2);
        assert_eq!(tool().await.expect("a stream").count().await, 2);
        let spans = telemetry.spans(2);
        assert!(get(&spans[0], "gen_ai.output.messages").contains(r#""content":"Sunny""#));
        assert_eq!(get(&spans[1], "gen_ai.tool.call.result"), "\"21 °C\"");
        drop(telemetry);
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        run().count().await;
        assert!(format!("{:?}", telemetry.span().events()).contains("Sunny"), "the prescribed vocabulary has events");
    }

    #[tokio::test]
    async fn no_half_of_a_secret_gets_past_the_redactor() {
        let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans).with_length_limit(400);
        let telemetry = Telemetry::on().with(settings.with_redactor(|_, text| text.replace("hunter2", "***").into()));
        let long = "x".repeat(396);
        for split in 1.."hunter2".len() {
            let (half, other) = "hunter2".split_at(split);
            let said = vec![
                Chunk::new().text(long.clone()).reasoning("it is hun").tool_call(0, "call-hun", "hun", "{\"password\":\"hun"),
                Chunk::new().text(half).reasoning("ter2").tool_call(0, None::<&str>, "ter2", "ter2\"}"),
                Chunk::new().text(other),
            ];
            chunks(said).count().await;
            let output = get(&telemetry.span(), "gen_ai.output.messages");
            assert!(!output.contains("hun") || output.contains("call-hun") && output.matches("hun").count() == 1, "{output}");
            telemetry.forget();
        }
    }

    #[tokio::test]
    async fn while_content_is_off_no_text_is_kept() {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        chunks(vec![Chunk::new().text("a").tool_call(0, "a", "b", "{}")]).count().await;
        assert_eq!(telemetry.span().get("gen_ai.output.messages"), None);
    }
}

mod failures {
    use super::*;

    #[sampling_step(stream, chunk = Chunk::clone)]
    fn chunks(chunks: Vec<Chunk<'static>>) -> impl Stream<Item = Chunk<'static>> {
        stream::iter(chunks)
    }

    #[tokio::test]
    async fn an_item_that_reports_an_error_fails_the_step_and_not_the_stream() {
        let telemetry = Telemetry::on().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        let failed = Chunk::new().failed("overloaded_error", Some("try again"));
        assert_eq!(chunks(vec![failed, Chunk::new().usage(TokenUsage::new(1, 2))]).count().await, 2);
        let span = telemetry.span();
        assert_eq!((span.status(), span.get("error.type")), (Status::error("try again"), Some("overloaded_error".into())));
        assert_eq!(span.get("gen_ai.usage.output_tokens"), Some(2.into()), "it went on");
        assert_eq!(span.events(), []);
        let points = telemetry.points("gen_ai.client.inference.duration");
        assert_eq!(points[0].attributes.get("error.type").map(String::as_str), Some("String(\"overloaded_error\")"));
    }

    #[tokio::test]
    async fn a_failure_without_a_type_or_a_text_is_one_and_without_both_is_none() {
        let telemetry = Telemetry::on();
        let none = None::<&str>;
        for (chunk, status, error_type) in [
            (Chunk::new().failed(none, "torn"), Status::error("torn"), Some("_OTHER")),
            (Chunk::new().failed("torn", none), Status::error(""), Some("torn")),
            (Chunk::new().failed(none, none), Status::Unset, None),
        ] {
            chunks(vec![chunk]).count().await;
            let span = telemetry.span();
            assert_eq!((span.status(), span.get("error.type")), (status, error_type.map(Into::into)));
            telemetry.forget();
        }
    }

    #[tokio::test]
    async fn dropped_after_a_failure_it_failed() {
        let telemetry = Telemetry::on();
        let mut items = Box::pin(chunks(vec![Chunk::new().failed("torn", "torn"), Chunk::new()]));
        assert!(items.next().await.is_some());
        drop(items);
        assert_eq!(telemetry.span().get("error.type"), Some("torn".into()));
    }
}

mod tasks {
    use super::*;

    /// The stream is only the hand-out: the work is a task's, which holds the loop.
    fn work(readers_leave: bool) -> (BoxStream<'static, u8>, tokio::task::JoinHandle<()>) {
        let (send, receive) = tokio::sync::mpsc::channel(1);
        let run = start_loop(|run| run.agent("weather"));
        let task = tokio::spawn(async move {
            run.scope(async {
                for n in 0..3 {
                    step().await;
                    if send.send(n).await.is_err() {
                        assert!(readers_leave);
                    }
                }
            })
            .await;
            run.end();
        });
        (stream::unfold(receive, |mut receive| async { receive.recv().await.map(|n| (n, receive)) }).boxed(), task)
    }

    #[tokio::test]
    async fn a_reader_who_leaves_does_not_cancel_work_that_goes_on() {
        let telemetry = Telemetry::on();
        for leaves in [false, true] {
            let (mut items, task) = work(leaves);
            assert_eq!(items.next().await, Some(0));
            if leaves {
                drop(items);
            } else {
                assert_eq!(items.collect::<Vec<_>>().await, [1, 2]);
            }
            task.await.expect("joined");
            let run = only(telemetry.named(LOOP));
            assert_eq!((run.status(), run.get("fastmcp.sampling.iterations")), (Status::Unset, Some(3.into())));
            assert_eq!(telemetry.tree(), format!("{LOOP}\n{}", format!("  {STEP}\n").repeat(3)));
            telemetry.forget();
        }
    }

    #[tokio::test]
    async fn what_starts_after_its_loop_keeps_trace_and_agent_and_is_no_iteration() {
        #[sampling_loop(agent = "weather")]
        fn hands_out() -> tokio::task::JoinHandle<()> {
            tokio::spawn(
                async {
                    tokio::task::yield_now().await;
                    step().await;
                    current_loop().set("app.late", true);
                }
                .with_current_context(),
            )
        }

        let telemetry = Telemetry::on();
        hands_out().await.expect("joined");
        let (run, step) = (only(telemetry.named(LOOP)), only(telemetry.named(STEP)));
        assert_eq!((step.parent_id(), step.get("gen_ai.agent.name")), (run.id(), Some("weather".into())));
        assert_eq!(step.get("fastmcp.sampling.iteration"), None);
        assert_eq!((run.get("fastmcp.sampling.iterations"), run.get("app.late")), (None, None));
        assert_ne!(run.id(), SpanId::INVALID);
    }
}
