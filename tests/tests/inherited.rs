//! What a loop says once is on everything inside, and on no metric.

use opentelemetry::trace::{FutureExt as _, Link, SpanKind, TraceId, TraceState};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};
use samplescope::{Settings, Vocabulary, sampling_loop, sampling_step, sampling_tool, start_loop, start_step};
use samplescope_tests::{Logs, Span, Telemetry, Without};
use std::cell::Cell;

#[derive(Clone)]
struct Session {
    user: String,
    id: Option<String>,
    turn: u32,
}

fn session() -> Session {
    Session { user: "u-1".to_owned(), id: Some("s-1".to_owned()), turn: 3 }
}

#[sampling_loop(
    agent = "planner",
    conversation_id = session.user,
    inherited("user.id" = session.user, "session.id" = session.id, "app.turn" = session.turn, "app.channel" = "web"),
)]
async fn plan<T>(session: &Session, body: impl Future<Output = T>) -> T {
    ask().await;
    tool(body).await
}

#[sampling_step]
async fn ask() {}

#[sampling_tool(name = "research")]
async fn tool<T>(body: impl Future<Output = T>) -> T {
    body.await
}

/// A loop in a tool of another.
#[sampling_loop(agent = "researcher")]
async fn research() {
    ask().await;
}

/// One that names its own.
#[sampling_loop(agent = "writer", conversation_id = "draft", inherited("user.id" = "robot"))]
async fn write() {
    ask().await;
}

#[sampling_step(attributes("user.id" = "somebody"))]
async fn ask_for_somebody() {}

fn text(span: &Span, key: &str) -> Option<String> {
    span.get(key).map(|value| value.to_string())
}

/// User, session, turn, channel, conversation, who called.
fn said(span: &Span) -> [Option<String>; 6] {
    let keys = ["user.id", "session.id", "app.turn", "app.channel", "gen_ai.conversation.id", "samplescope.agent.parent"];
    keys.map(|key| text(span, key))
}

fn some(words: [&str; 6]) -> [Option<String>; 6] {
    words.map(|word| Some(word.to_owned()).filter(|word| !word.is_empty()))
}

#[tokio::test]
async fn it_is_on_everything_inside_in_both_vocabularies() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().metered().with(Settings::default().with_vocabulary(vocabulary));
        plan(&session(), research()).await;
        let spans = telemetry.spans(5);
        let [run, step, tool, nested, nested_step] = &spans[..] else { panic!("{}", telemetry.tree()) };
        for span in [run, step, tool, nested_step] {
            assert_eq!(said(span), some(["u-1", "s-1", "3", "web", "u-1", ""]), "{}", span.name());
        }
        assert_eq!(said(nested), some(["u-1", "s-1", "3", "web", "u-1", "planner"]));
        assert_eq!(nested_step.get("app.turn"), Some(Value::I64(3)));
        assert_eq!(text(nested_step, "gen_ai.agent.name").as_deref(), Some("researcher"));
        for span in &spans {
            span.attributes();
        }
        let metrics = telemetry.metrics();
        assert!(!metrics.is_empty());
        for point in metrics.iter().flat_map(|metric| &metric.points) {
            let keys: Vec<&str> = point.attributes.keys().map(String::as_str).collect();
            assert!(
                !keys.iter().any(|key| key.starts_with("app.")
                    || ["user.id", "session.id", "gen_ai.conversation.id"].contains(key)
                    || key.starts_with("samplescope.")),
                "{keys:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_call_says_itself_goes_first() {
    let telemetry = Telemetry::on();
    plan(&session(), async {
        write().await;
        ask_for_somebody().await;
    })
    .await;
    let spans = telemetry.spans(6);
    let [.., nested, nested_step, somebody] = &spans[..] else { panic!("{}", telemetry.tree()) };
    assert_eq!(said(nested), some(["robot", "s-1", "3", "web", "draft", "planner"]));
    assert_eq!(said(nested_step), some(["robot", "s-1", "3", "web", "draft", ""]));
    assert_eq!(said(somebody), some(["somebody", "s-1", "3", "web", "u-1", ""]));
}

#[tokio::test]
async fn it_goes_along_into_a_task_and_not_beyond_the_loop() {
    let telemetry = Telemetry::on();
    let mut task = None;
    plan(&session(), async { task = Some(tokio::spawn(research().with_current_context())) }).await;
    task.expect("it was spawned").await.expect("it does not panic");
    research().await;
    let spans = telemetry.spans(7);
    let (inside, outside) = (&spans[3], &spans[5]);
    assert_eq!(said(inside), some(["u-1", "s-1", "3", "web", "u-1", "planner"]));
    assert_eq!(said(outside), some([""; 6]));
    assert_eq!(said(&spans[6]), some([""; 6]));
}

#[test]
fn a_loop_as_a_value_says_the_same_and_the_last_of_a_key_counts() {
    let telemetry = Telemetry::on();
    let run = start_loop(|run| {
        run.agent("planner");
        run.inherited("user.id", "nobody");
        run.inherited("user.id", "u-1");
        run.inherited("session.id", &None::<&str>);
    });
    run.step(|step| step.attribute("user.id", "u-2")).end();
    {
        let _inside = run.enter();
        start_loop(|_| ()).end();
    }
    let context = run.context();
    start_loop(|nested| nested.parent(&context)).end();
    run.end();
    let spans = telemetry.spans(4);
    let users: Vec<_> = spans.iter().map(|span| text(span, "user.id").unwrap_or_default()).collect();
    assert_eq!(users, ["u-1", "u-2", "u-1", "u-1"]);
    assert!(spans.iter().all(|span| span.get("session.id").is_none()));
    assert_eq!(text(&spans[3], "samplescope.agent.parent").as_deref(), Some("planner"));
}

#[test]
fn a_loop_that_is_not_sampled_hands_nothing_down() {
    let telemetry = Telemetry::off()
        .sampled(Without::new("invoke_agent muted"))
        .metered()
        .with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_arguments_for_sampler(true));
    let outer = start_loop(|run| {
        run.agent("muted");
        run.conversation_id("c-1");
        run.inherited("user.id", "u-1");
    });
    let inside = outer.enter();
    start_loop(|_| ()).end();
    drop(inside);
    outer.end();
    assert_eq!(said(&telemetry.span()), some([""; 6]));
}

/// One that is not sampled, between two that are, is no hole in what the outermost hands down, whether there is a meter or not.
#[test]
fn what_a_loop_hands_down_goes_through_one_that_is_not_sampled() {
    for is_metered in [false, true] {
        let settings = Settings::default().with_vocabulary(Vocabulary::GenAi);
        let mut telemetry = Telemetry::off().sampled(Without::new("invoke_agent mid")).with(settings);
        if is_metered {
            telemetry.install_meter();
        }
        let outer = start_loop(|run| {
            run.agent("outer");
            run.conversation_id("c-1");
            run.inherited("user.id", "u-1");
        });
        let _in_outer = outer.enter();
        let mid = start_loop(|run| run.agent("mid"));
        let _in_mid = mid.enter();
        let inner = start_loop(|run| run.agent("inner"));
        inner.step(|_| ()).end();
        inner.end();
        for span in telemetry.spans(2) {
            let all = ["gen_ai.conversation.id", "user.id"].map(|key| text(&span, key));
            assert_eq!(all, ["c-1", "u-1"].map(|value| Some(value.to_owned())), "{} {is_metered}", span.name());
        }
    }
}

/// The only test here that hands down too many: that is said once a process.
#[test]
fn more_than_thirty_two_are_on_the_loop_and_no_more_are_handed_down() {
    const KEYS: usize = 100;
    let keys: Vec<&'static str> = (0..KEYS).map(|n| &*format!("app.k{n}").leak()).collect();
    let telemetry = Telemetry::on();
    let logs = Logs::listen();
    start_loop(|run| keys[..32].iter().for_each(|key| run.inherited(key, "v"))).end();
    assert_eq!(logs.records().len(), 0);
    telemetry.forget();
    let run = start_loop(|run| keys.iter().for_each(|key| run.inherited(key, "v")));
    let warnings: Vec<_> = logs.records().into_iter().filter_map(|log| log.body).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("a loop hands down 32 at most"), "{warnings:?}");
    run.step(|_| ()).end();
    let inside = run.enter();
    let nested = start_loop(|run| {
        run.inherited("app.nearer", "v");
        run.inherited("app.k0", "w");
    });
    nested.step(|_| ()).end();
    nested.end();
    drop(inside);
    run.end();
    let spans = telemetry.spans(4);
    let own = |span: &Span| span.0.attributes.iter().filter(|attribute| attribute.key.as_str().starts_with("app.")).count();
    assert_eq!(spans.iter().map(own).collect::<Vec<_>>(), [KEYS, 32, 33, 32]);
    assert_eq!(text(&spans[3], "app.nearer").as_deref(), Some("v"));
    assert_eq!(text(&spans[3], "app.k0").as_deref(), Some("w"));
    for span in &spans {
        assert_eq!(span.attributes().len(), span.0.attributes.len());
    }
}

#[tokio::test]
async fn nothing_is_evaluated_unless_the_loop_records() {
    #[sampling_loop(inherited("user.id" = { count.set(count.get() + 1); "u-1" }))]
    fn run(count: &Cell<u32>) {
        start_step(|_| ()).end();
    }
    let count = Cell::new(0);
    for (telemetry, evaluated) in [
        (Telemetry::off as fn() -> Telemetry, 0),
        (|| Telemetry::off().metered(), 0),
        (|| Telemetry::off().metered().sampled(Sampler::AlwaysOff), 0),
        (|| Telemetry::on().metered(), 1),
    ] {
        let telemetry = telemetry();
        count.set(0);
        run(&count);
        assert_eq!(count.get(), evaluated, "{telemetry:?}");
    }
}

#[derive(Clone, Debug)]
struct ByUser;

impl ShouldSample for ByUser {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let drops = attributes.iter().any(|attribute| attribute.key.as_str() == "user.id" && attribute.value.as_str() == "muted");
        SamplingResult {
            decision: if drops { SamplingDecision::Drop } else { SamplingDecision::RecordAndSample },
            attributes: Vec::new(),
            trace_state: TraceState::default(),
        }
    }
}

/// A literal is there when the loop is sampled, an evaluated one when its calls are.
#[tokio::test]
async fn a_sampler_sees_it() {
    #[sampling_loop(inherited("user.id" = "muted"))]
    async fn muted() {
        ask().await;
    }
    let telemetry = Telemetry::off().sampled(ByUser);
    muted().await;
    assert_eq!(telemetry.spans(0).len(), 0);
    plan(&Session { user: "muted".to_owned(), ..session() }, research()).await;
    assert_eq!(telemetry.tree(), "sampling/createMessage\n");
}
