//! Loops whose function calls itself, as ollama-rs' and aichat's do: one loop, however deep.

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use opentelemetry::trace::{Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{FutureExt as _, Settings, Vocabulary, current_loop, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry, Without};
use std::cell::Cell;

const LOOP: &str = "sampling/createMessage";
const STEP: &str = "sampling/createMessage step";
const TOOL: &str = "sampling.execute_tool tool";

#[track_caller]
fn only(mut spans: Vec<Span>) -> Span {
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[sampling_step]
async fn step() {
    tokio::task::yield_now().await;
}

#[sampling_tool]
async fn tool() {
    tokio::task::yield_now().await;
}

thread_local! {
    static EVALUATED: Cell<u32> = const { Cell::new(0) };
}

fn evaluated<T>(value: T) -> T {
    EVALUATED.set(EVALUATED.get() + 1);
    value
}

/// `Coordinator::chat` of ollama-rs, in short: a step, and if it asks for tools, those, and then the function itself.
#[sampling_loop(recursive, agent = evaluated("chat"), conversation_id = evaluated(left), failed = |_| evaluated(false))]
fn chat(left: u8) -> BoxFuture<'static, Result<u8, String>> {
    async move {
        step().await;
        match left {
            0 => Ok(0),
            13 => Err(String::from("unlucky")),
            14 => panic!("boom"),
            _ => {
                tool().await;
                chat(left - 1).await.map(|below| below + 1)
            }
        }
    }
    .boxed()
}

#[tokio::test]
async fn a_function_that_calls_itself_is_one_loop() {
    let telemetry = Telemetry::on().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
    assert_eq!(chat(3).await, Ok(3));
    assert_eq!(EVALUATED.replace(0), 3, "of the outermost call alone");
    let branch = "  chat\n  execute_tool tool\n".repeat(3);
    assert_eq!(telemetry.tree(), format!("invoke_agent chat\n{branch}  chat\n"));
    let run = only(telemetry.named("invoke_agent chat"));
    assert_eq!(run.get("fastmcp.sampling.iterations"), Some(4.into()));
    for (step, iteration) in telemetry.named("chat").iter().zip(0_i64..) {
        assert_eq!(step.get("fastmcp.sampling.iteration"), Some(iteration.into()));
    }
    let points = telemetry.points("gen_ai.invoke_agent.duration");
    assert_eq!(points.iter().map(|point| point.count).collect::<Vec<_>>(), [1], "one run, one measurement");
}

#[tokio::test]
async fn an_inner_error_or_panic_ends_nothing_but_the_one_loop() {
    let telemetry = Telemetry::on();
    assert_eq!(chat(15).now_or_never(), None);
    telemetry.forget();
    assert!(chat(13).await.is_err());
    assert_eq!(only(telemetry.named(LOOP)).status(), Status::error("unlucky"));
    telemetry.forget();
    assert!(tokio::spawn(chat(14)).await.is_err());
    assert_eq!(only(telemetry.named(LOOP)).status(), Status::error("panicked"));
}

#[sampling_loop(recursive)]
async fn agent(depth: u8, through: Through) {
    step().await;
    if depth > 0 {
        match through {
            Through::Itself => Box::pin(agent(depth - 1, through)).await,
            Through::Tool => as_tool(depth - 1).await,
            Through::Step => as_step(depth - 1).await,
            Through::Other => other(depth - 1).await,
            Through::Unheard => {
                let heard = Context::current();
                let inside = boxed(depth - 1, Through::Itself).with_context(heard.clone());
                unheard(inside).with_context(heard.with_telemetry_suppressed()).await;
            }
            Through::UserSpan => {
                let span = global::tracer("user").start("of the user");
                let context = Context::current_with_span(span);
                Box::pin(agent(depth - 1, through)).with_context(context).await;
            }
            Through::Spawn => tokio::spawn(boxed(depth - 1, through).with_current_context()).await.expect("joined"),
        }
    }
}

fn boxed(depth: u8, through: Through) -> BoxFuture<'static, ()> {
    agent(depth, through).boxed()
}

#[derive(Clone, Copy)]
enum Through {
    Itself,
    Tool,
    Step,
    Other,
    Unheard,
    UserSpan,
    Spawn,
}

/// A sub-agent.
#[sampling_tool(name = "tool")]
async fn as_tool(depth: u8) {
    boxed(depth, Through::Itself).await;
}

#[sampling_step]
async fn as_step(depth: u8) {
    boxed(depth, Through::Itself).await;
}

/// Another loop in between, that nobody listens to.
#[sampling_loop]
async fn unheard(inside: impl Future<Output = ()>) {
    inside.await;
}

/// Another loop in between, of the same shape.
#[sampling_loop(recursive)]
async fn other(depth: u8) {
    boxed(depth, Through::Itself).await;
}

#[tokio::test]
async fn what_is_in_between_decides_whose_loop_it_is() {
    let telemetry = Telemetry::on();
    for (through, expected) in [
        (Through::Itself, format!("{LOOP}\n  {STEP}\n  {STEP}\n")),
        (Through::Spawn, format!("{LOOP}\n  {STEP}\n  {STEP}\n")),
        (Through::UserSpan, format!("{LOOP}\n  {STEP}\n  of the user\n    {STEP}\n")),
        (Through::Tool, format!("{LOOP}\n  {STEP}\n  {TOOL}\n    {LOOP}\n      {STEP}\n")),
        (Through::Step, format!("{LOOP}\n  {STEP}\n  {STEP}\n    {LOOP}\n      {STEP}\n")),
        (Through::Other, format!("{LOOP}\n  {STEP}\n  {LOOP}\n    {LOOP}\n      {STEP}\n")),
        (Through::Unheard, format!("{LOOP}\n  {STEP}\n  {LOOP}\n    {STEP}\n")),
    ] {
        boxed(1, through).await;
        assert_eq!(telemetry.tree(), expected);
        telemetry.forget();
    }
}

#[tokio::test]
async fn a_provider_that_comes_late_is_seen_by_the_next_call_which_is_a_loop_then() {
    let mut telemetry = Telemetry::off();
    let mut run = Box::pin(agent(2, Through::Itself));
    assert!(futures::poll!(run.as_mut()).is_pending());
    telemetry.install(Sampler::AlwaysOn);
    run.await;
    assert_eq!(telemetry.tree(), format!("{LOOP}\n  {STEP}\n  {STEP}\n"));
}

#[tokio::test]
async fn an_unsampled_loop_stays_so() {
    let telemetry = Telemetry::off().sampled(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))).metered();
    boxed(3, Through::Itself).await;
    telemetry.spans(0);
    assert_eq!(telemetry.points("mcp.server.operation.duration")[0].count, 1);
}

#[sampling_loop(recursive)]
fn streams(left: u8) -> BoxStream<'static, u8> {
    let below = if left > 0 { Some(left - 1) } else { None };
    let own = stream::once(async move { (step().await, left).1 });
    own.chain(stream::iter(below).flat_map(streams)).boxed()
}

#[tokio::test]
async fn a_loop_that_returns_a_stream_may_call_itself_while_it_is_polled() {
    let telemetry = Telemetry::on();
    assert_eq!(streams(2).collect::<Vec<_>>().await, [2, 1, 0]);
    assert_eq!(telemetry.tree(), format!("{LOOP}\n{}", format!("  {STEP}\n").repeat(3)));
}

#[sampling_loop(recursive)]
fn plain(left: u8) -> u32 {
    current_loop().validation_failure(left);
    if left == 0 { 1 } else { 1 + plain(left - 1) }
}

#[test]
fn a_plain_function_may_call_itself() {
    let telemetry = Telemetry::on();
    assert_eq!(plain(40), 41);
    assert_eq!(telemetry.span().events().len(), 41);
    drop(telemetry);
    let _off = Telemetry::off();
    assert_eq!(plain(2), 3);
}

macro_rules! twins {
    ($($name:ident calls $other:ident)*) => {$(
        #[sampling_loop(recursive, agent = stringify!($name))]
        fn $name(left: u8) {
            if left > 0 {
                $other(left - 1);
            }
        }
    )*};
}

twins!(one calls other_one other_one calls one);

#[test]
fn two_functions_of_one_macro_are_two() {
    let telemetry = Telemetry::on();
    one(1);
    assert_eq!(telemetry.tree(), format!("{LOOP}\n  {LOOP}\n"));
}

#[test]
fn inside_of_one_that_began_while_nobody_listened_nobody_does() {
    #[sampling_loop(recursive)]
    fn run(telemetry: &mut Telemetry) {
        telemetry.install(Sampler::AlwaysOn);
        ask();
    }
    #[sampling_step]
    fn ask() {}
    let mut telemetry = Telemetry::off();
    run(&mut telemetry);
    telemetry.spans(0);
    ask();
    telemetry.spans(1);
}

/// What nobody listens to is no loop that a call inside could go on in, wherever it stands.
#[tokio::test]
async fn inside_of_one_that_is_not_sampled_a_call_is_a_loop_of_its_own() {
    #[sampling_loop(agent = "outer")]
    async fn outer<T>(inside: impl Future<Output = T>) -> T {
        inside.await
    }
    #[sampling_loop(recursive, agent = name)]
    async fn run(name: &str, then: Option<&'static str>) {
        step().await;
        if let Some(next) = then {
            Box::pin(run(next, None)).await;
        }
    }
    let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_arguments_for_sampler(true);
    let telemetry = Telemetry::off().sampled(Without::new("invoke_agent first")).with(settings);
    run("first", Some("second")).await;
    assert_eq!(telemetry.tree(), "invoke_agent second\n  chat\n");
    telemetry.forget();
    outer(run("first", Some("second"))).await;
    assert_eq!(telemetry.tree(), "invoke_agent outer\n  invoke_agent second\n    chat\n");
}
