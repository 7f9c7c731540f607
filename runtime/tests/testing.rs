//! A capture has what runs inside of it, all of it, and nothing else; whatever else runs.

#![expect(clippy::async_yields_async, reason = "what is asked is what a task does that outlives its capture")]

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use samplescope::testing::{self, Ending};
use samplescope::{Capture, FutureExt as _, Settings, TokenUsage, Vocabulary, sampling_loop, sampling_step, sampling_tool};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::task::yield_now;

const LOOP: &str = "sampling/createMessage";

#[sampling_step(
    model = "large",
    messages = question,
    message = String::as_str,
    usage = |_| TokenUsage::new(40, 2),
)]
async fn ask(question: &str) -> Result<String, std::fmt::Error> {
    yield_now().await;
    if question.is_empty() { Err(std::fmt::Error) } else { Ok(question.to_uppercase()) }
}

#[sampling_tool]
fn look() {}

#[sampling_step]
async fn waits() {
    std::future::pending::<()>().await;
}

#[sampling_loop(agent = name)]
async fn agent(name: &str, questions: &[&str]) -> Result<String, std::fmt::Error> {
    let mut last = String::new();
    for question in questions {
        last = ask(question).await?;
        look();
    }
    Ok(last)
}

#[tokio::test]
async fn spans_say_what_happened() {
    let run = testing::capture(agent("shouter", &["a", ""])).await;
    let spans = run.spans(4);
    assert!(run.output.is_err());
    assert_eq!(spans.iter().map(testing::Span::parent).collect::<Vec<_>>(), [None, Some(0), Some(0), Some(0)]);
    assert_eq!((spans[0].name(), spans[0].kind()), (LOOP, "INTERNAL"));
    assert_eq!((&spans[0]["gen_ai.agent.name"], spans[0].get("nothing")), (&"shouter".into(), None));
    assert_eq!(spans[1].ending(), Ending::Success);
    assert!(spans[1].attributes().any(|(key, value)| key == "gen_ai.request.model" && value == "large"));
    let failed = Ending::Error {
        error_type: Some("fmt::Error".into()),
        message: Some("an error occurred when formatting an argument".into()),
    };
    assert_eq!((spans[3].ending(), spans[3].events()[0].name()), (failed, "exception"));
    let exception = &spans[3].events()[0];
    assert_eq!((&exception["exception.type"], exception.get("nothing")), (&"core::fmt::Error".into(), None));
    assert_eq!((exception.get("exception.type"), &exception["nothing"]), (Some(&"core::fmt::Error".into()), &().into()));
    assert_eq!(run.named("sampling.execute_tool look").len(), 1);
    let metrics = run.metrics();
    let tokens = metrics.iter().find(|metric| metric.name() == "gen_ai.client.token.usage").expect("it is measured");
    assert_eq!(tokens.unit(), "{token}");
    let input = &tokens.points()[0];
    assert_eq!((&input["gen_ai.token.type"], input.count(), input.sum()), (&"input".into(), Some(1), &40.into()));
}

#[test]
fn a_counter_says_how_much_and_not_how_often() {
    #[sampling_step(usage = |()| TokenUsage::new(40, 2))]
    fn ask() {}
    let run = testing::with(Settings::default().with_vocabulary(Vocabulary::GenAi)).capture_plain(|| {
        ask();
        ask();
    });
    let metrics = run.metrics();
    let named = |name: &str| metrics.iter().find(|metric| metric.name() == name).expect("it is measured").points().remove(0);
    let (all, each) =
        (named("gen_ai.client.inference.usage.input_tokens"), named("gen_ai.client.inference.operation.input_tokens"));
    assert_eq!((all.count(), all.sum(), &all["gen_ai.token.modality"]), (None, &80.into(), &"unknown".into()));
    assert_eq!((each.count(), each.sum(), each.get("gen_ai.token.modality")), (Some(2), &80.into(), None));
    let drawn = "gen_ai.client.inference.usage.input_tokens {token}\n  80 in all\n    gen_ai.operation.name";
    assert!(run.text().contains(drawn), "{}", run.text());
}

#[test]
fn a_plain_call_is_captured_and_what_is_around_it_is_not() {
    look();
    let run = testing::capture_plain(|| {
        look();
        7
    });
    look();
    assert_eq!((run.output, run.span().name()), (7, "sampling.execute_tool look"));
}

#[test]
fn the_text_has_no_ids_and_no_times() {
    let text = || {
        let work = agent("shouter", &["a"]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(testing::capture(work)).text()
    };
    let expected = r#"sampling/createMessage INTERNAL
  fastmcp.sampling.iterations = 1
  fastmcp.sampling.result_type = "str"
  gen_ai.agent.name = "shouter"
  gen_ai.operation.name = "invoke_agent"
  mcp.method.name = "sampling/createMessage"
  sampling/createMessage step INTERNAL
    fastmcp.sampling.iteration = 0
    gen_ai.agent.name = "shouter"
    gen_ai.operation.name = "chat"
    gen_ai.request.model = "large"
    gen_ai.usage.input_tokens = 40
    gen_ai.usage.output_tokens = 2
  sampling.execute_tool look INTERNAL
    gen_ai.agent.name = "shouter"
    gen_ai.operation.name = "execute_tool"
    gen_ai.tool.name = "look"
    gen_ai.tool.type = "function"

gen_ai.client.token.usage {token}
  1 measured, 40 in all
    gen_ai.operation.name = "chat"
    gen_ai.request.model = "large"
    gen_ai.token.type = "input"
  1 measured, 2 in all
    gen_ai.operation.name = "chat"
    gen_ai.request.model = "large"
    gen_ai.token.type = "output"

mcp.server.operation.duration s
  1 measured
    mcp.method.name = "sampling/createMessage"
"#;
    assert_eq!(text(), expected);
    assert_eq!(text(), expected, "once more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn captures_beside_each_other_do_not_mix() {
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            tokio::spawn(async move {
                let name = format!("agent {n}");
                let run = testing::capture(agent(&name, &["a", "b"])).await;
                let spans = run.spans(5);
                assert_eq!(spans[0]["gen_ai.agent.name"], name.as_str());
                assert_eq!(run.metrics().iter().map(|metric| metric.points()[0].count()).max(), Some(Some(2)));
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

#[tokio::test]
async fn a_loop_that_nobody_listens_to_does_not_silence_a_capture_inside_of_it() {
    #[sampling_loop]
    async fn outer() -> testing::Run<Result<String, std::fmt::Error>> {
        testing::capture(ask("a")).await
    }
    #[sampling_loop]
    fn plain() -> testing::Run<()> {
        testing::capture_plain(look)
    }
    assert_eq!(outer().await.span().parent(), None);
    assert_eq!(plain().span().parent(), None);
}

#[tokio::test]
async fn a_capture_inside_of_a_capture_has_its_own() {
    #[sampling_loop]
    async fn outer() -> testing::Run<()> {
        look();
        let inner = testing::capture(async { look() }).await;
        look();
        inner
    }
    let run = testing::capture(outer()).await;
    assert_eq!(run.output.span().parent(), None);
    assert_eq!(run.spans(3)[0]["fastmcp.sampling.iterations"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_task_is_captured_if_it_was_given_the_context_and_may_outlive_the_capture() {
    let (go, waits) = tokio::sync::oneshot::channel::<()>();
    let run = testing::capture(async {
        let given = tokio::spawn(
            async {
                let _ = waits.await;
                ask("late").await
            }
            .with_current_context(),
        );
        tokio::spawn(async { look() }).await.expect("no panic");
        given
    })
    .await;
    run.spans(0);
    go.send(()).expect("it waits");
    let mut run = run;
    (&mut run.output).await.expect("no panic").expect("an answer");
    assert_eq!(run.span()["gen_ai.request.model"], "large");
}

#[tokio::test]
async fn a_task_may_outlive_the_run_too() {
    let (go, waits) = tokio::sync::oneshot::channel::<()>();
    let work = async {
        let _ = waits.await;
        agent("late", &["a"]).await
    };
    let task = testing::capture(async { tokio::spawn(work.with_current_context()) }).await.output;
    go.send(()).expect("it waits");
    assert_eq!(task.await.expect("no panic").as_deref(), Ok("A"));
}

#[tokio::test]
async fn a_capture_that_is_dropped_hurts_nobody_and_a_future_in_it_is_cancelled_in_it() {
    let never = std::future::pending::<()>();
    let mut capture = Box::pin(testing::capture(async move {
        look();
        never.await;
    }));
    assert!(tokio::time::timeout(Duration::from_millis(1), &mut capture).await.is_err());
    let shown = format!("{capture:?}");
    assert!(shown.starts_with("Captured") && shown.contains("execute_tool look"), "what it has captured by now: {shown}");
    drop(capture);

    let run = testing::capture(async {
        let _ = tokio::time::timeout(Duration::from_millis(1), waits()).await;
    });
    assert_eq!(run.await.span().ending(), Ending::Cancelled);
}

#[test]
fn what_has_started_and_not_ended_is_counted() {
    let run = testing::capture_plain(|| {
        look();
        [samplescope::start_tool("one", |_| {}), samplescope::start_tool("two", |_| {})]
    });
    assert_eq!((run.unfinished(), run.span().name()), (2, "sampling.execute_tool look"));
    assert!(run.tree().ends_with("… spans that have not ended: 2\n"), "{}", run.tree());
}

#[test]
fn a_panic_goes_through_and_what_follows_is_not_captured() {
    #[sampling_tool]
    fn panics() {
        panic!("boom");
    }
    assert!(catch_unwind(|| testing::capture_plain(panics)).is_err());
    let run = testing::capture_plain(|| catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!((run.output, run.span().ending()), (true, Ending::Panicked));
}

#[test]
fn settings_are_the_defaults_unless_they_are_given() {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(ask("a secret")).expect("an answer")
    };
    let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans);
    let run = testing::with(settings).capture_plain(work);
    let asked = &run.span()["gen_ai.input.messages"];
    assert!(asked.as_str().is_some_and(|messages| messages.contains("a secret")), "{asked}");
    assert!(!testing::capture_plain(work).text().contains("secret"));
}

#[test]
fn what_is_around_does_not_reach_in_and_nothing_reaches_out() {
    let provider = SdkTracerProvider::builder().build();
    let context = Context::new().with_span(provider.tracer("own").start("own"));
    let _entered = context.attach();
    let run = testing::with(Settings::default().with_vocabulary(Vocabulary::GenAi)).capture_plain(look);
    let span = run.span();
    assert_eq!((span.name(), span.parent()), ("execute_tool look", None));
}

/// Says it wherever something can be said.
#[sampling_tool(name = said, description = said, result = |()| said, error_type = String::clone)]
fn says(said: &str) -> Result<(), String> {
    let tool = samplescope::current_tool();
    tool.set(said.to_owned(), [said, "list"]);
    tool.event(said.to_owned(), || [opentelemetry::KeyValue::new(said.to_owned(), said.to_owned())]);
    Err(said.to_owned())
}

#[test]
fn nothing_that_was_said_moves_the_cursor_of_whoever_reads_the_failure() {
    let run = testing::with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans))
        .capture_plain(|| says("\x1b[2Jevil\r\u{9b}31m\u{202e}\u{2028}\x7f\n"));
    assert_eq!(run.span()["gen_ai.tool.name"], "\x1b[2Jevil\r\u{9b}31m\u{202e}\u{2028}\x7f\n", "as it was said");
    let steers = |character: char| character.is_control() || matches!(character, '\u{202e}' | '\u{2028}');
    for shown in [run.text(), run.tree(), format!("{run:?}"), format!("{:?}", run.metrics())] {
        assert!(shown.matches("evil").count() >= 2, "{shown:?}");
        assert_eq!(shown.chars().find(|&character| character != '\n' && steers(character)), None, "{shown:?}");
    }
    let lines = run.text().lines().filter(|line| line.contains("evil")).count();
    assert!(lines >= 8, "{lines}: {}", run.text());
}

#[test]
fn a_hundred_thousand_spans_side_by_side_and_inside_of_each_other_are_captured() {
    #[sampling_loop]
    fn many() {
        for _ in 0..100_000 {
            look();
        }
    }
    let run = testing::capture_plain(many);
    assert_eq!(run.spans(100_001).last().and_then(testing::Span::parent), Some(0));
    assert_eq!(
        (run.tree().matches("execute_tool look").count(), run.text().matches("execute_tool look").count()),
        (100_000, 100_000)
    );

    let run = testing::capture_plain(|| {
        let mut open = vec![samplescope::start_tool("outermost", |_| {})];
        for _ in 1..10_000 {
            let inner = open.last().expect("one").enter();
            let call = samplescope::start_tool("inner", |_| {});
            drop(inner);
            open.push(call);
        }
        while let Some(call) = open.pop() {
            call.end();
        }
    });
    let spans = run.spans(10_000);
    assert!(spans.iter().enumerate().all(|(place, span)| span.parent() == place.checked_sub(1)));
    assert_eq!((run.tree().matches("inner").count(), run.text().matches("execute_tool inner").count()), (9_999, 9_999));
}

#[test]
fn a_wrong_number_of_spans_shows_the_tree() {
    let run = testing::capture_plain(look);
    let panic = catch_unwind(AssertUnwindSafe(|| run.spans(2))).expect_err("there is one");
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.starts_with("2 spans were expected, and there are 1:\n"), "{message}");
    assert!(message.contains("sampling.execute_tool look  "), "{message}");
}

/// Its destructor runs when the thread has no context any more.
struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        #[sampling_loop]
        fn run() -> u8 {
            7
        }
        assert_eq!(testing::capture_plain(run).output, 7);
        assert_eq!(run(), 7);
    }
}

#[test]
fn a_thread_that_ends_may_capture_and_is_captured_by_nothing() {
    thread_local!(static LAST: AtTheEnd = const { AtTheEnd });
    let thread = std::thread::spawn(|| {
        LAST.with(|_| ());
        testing::capture_plain(look).span();
    });
    thread.join().expect("no panic");
}

#[test]
#[cfg(feature = "mcp")]
fn requests_of_mcp_are_captured() {
    use samplescope::mcp::{Described, Ending, Operation, Side};
    let run = testing::capture_plain(|| {
        let described = Described { method: "ping", ..Described::default() };
        let operation = Operation::start(Side::Receiver, &described, &Context::current());
        let entered = operation.context().clone().attach();
        look();
        drop(entered);
        operation.end(&Ending::Returned);
    });
    let spans = run.spans(2);
    assert_eq!((spans[0].name(), spans[0].kind(), spans[1].parent()), ("ping", "SERVER", Some(0)));
    assert!(run.metrics().iter().any(|metric| metric.name() == "mcp.server.operation.duration"), "{}", run.text());
}

/// Of many that nobody listens to, most do not ask whether anybody does.
#[test]
#[cfg(feature = "mcp")]
fn a_request_of_mcp_is_captured_behind_many_that_nobody_listened_to() {
    use samplescope::mcp::{self, Described, Ending, Operation, Side};
    let described = Described { method: "ping", ..Described::default() };
    let request = || Operation::start(Side::Sender, &described, &Context::current()).end(&Ending::Returned);
    (0..100).for_each(|_| request());
    let run = testing::capture_plain(|| {
        assert!(mcp::is_listened_to());
        request();
    });
    assert_eq!(run.span().name(), "ping");
}

#[tokio::test]
async fn what_was_measured_has_its_unit_and_what_is_not_there_is_null() {
    let run = testing::capture(agent("shouter", &["a", ""])).await;
    let units: Vec<String> = run.metrics().iter().map(|metric| format!("{} {}", metric.name(), metric.unit())).collect();
    assert_eq!(units, ["gen_ai.client.token.usage {token}", "mcp.server.operation.duration s"]);
    let exception = &run.spans(4)[3].events()[0];
    assert_eq!((exception.get("exception.type"), exception.get("nothing")), (Some(&exception["exception.type"]), None));
    assert_eq!((&exception["exception.type"], &exception["nothing"]), (&"core::fmt::Error".into(), &serde_json::Value::Null));
    assert!(format!("{:?}", testing::capture(async {})).starts_with("Captured { run: "));
}
