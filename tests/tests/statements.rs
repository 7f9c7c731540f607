//! Attributes on statements: the call on the spine of the expression is a span, and everything else is as it was.

#![expect(
    clippy::let_and_return,
    clippy::question_mark,
    clippy::redundant_closure_for_method_calls,
    clippy::semicolon_if_nothing_returned,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self,
    reason = "what is called is made to be called in every form, and every kind of statement is here"
)]

use futures::future::join_all;
use futures::stream::BoxStream;
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{Chunk, sampling_loop, sampling_statements, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use tokio::task::yield_now;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

struct Call {
    name: String,
    id: String,
}

struct Response {
    calls: Vec<Call>,
    stop: String,
}

struct Client;

impl Client {
    async fn chat(&self, history: &[String]) -> Result<Response, String> {
        yield_now().await;
        let call = |name: &str| Call { name: name.to_owned(), id: format!("call_{name}") };
        let calls = if history.is_empty() { vec![call("search"), call("fetch")] } else { Vec::new() };
        let stop = if history.is_empty() { "tool_use" } else { "end_turn" };
        Ok(Response { calls, stop: stop.to_owned() })
    }

    /// Something of its own at once, and the rest later.
    fn eager(&self) -> impl Future<Output = u8> + use<> {
        inner();
        async {
            inner();
            3
        }
    }

    fn boxed(&self, number: u8) -> Boxed<'_, Result<u8, String>> {
        inner();
        async move {
            yield_now().await;
            inner();
            if number > 3 { Err("too large".to_owned()) } else { Ok(number) }
        }
        .boxed()
    }

    async fn stream(&self, ok: bool) -> Result<BoxStream<'static, String>, String> {
        yield_now().await;
        if ok { Ok(stream::iter(["a", "b"]).map(inner_says).boxed()) } else { Err("no".to_owned()) }
    }
}

async fn dispatch(call: &Call) -> Result<String, String> {
    yield_now().await;
    if call.name == "fetch" { Err("404".to_owned()) } else { Ok("found".to_owned()) }
}

#[sampling_tool]
fn inner() {}

fn inner_says(text: &str) -> String {
    inner();
    text.to_owned()
}

fn now(number: u8) -> Result<u8, String> {
    inner();
    if number > 3 { Err("too large".to_owned()) } else { Ok(number) }
}

fn says(span: &Span, key: &str) -> String {
    span.get(key).unwrap_or_else(|| panic!("{key} is on {span:?}")).to_string()
}

/// The name of the tool, and how it ended.
fn endings(telemetry: &Telemetry, expected: usize) -> Vec<(String, String)> {
    let ended = |span: &Span| span.get("error.type").map_or_else(|| "ok".to_owned(), |kind| kind.to_string());
    let spans = telemetry.spans(expected);
    spans.iter().map(|span| (span.name().rsplit(' ').next().unwrap_or_default().to_owned(), ended(span))).collect()
}

fn are(endings: &[(String, String)]) -> Vec<(&str, &str)> {
    endings.iter().map(|(name, ended)| (&**name, &**ended)).collect()
}

#[sampling_loop(agent = "support")]
async fn run(client: &Client, mut history: Vec<String>) -> Result<String, String> {
    loop {
        #[sampling_step(model = "m", stop_reason = |r| &r.stop)]
        let response = client.chat(&history).await?;
        let results = join_all(response.calls.iter().map(|call| async move {
            #[sampling_tool(name = call.name, call_id = call.id)]
            let result = dispatch(call).await;
            result
        }))
        .await;
        if results.is_empty() {
            return Ok(response.stop);
        }
        history.extend(results.into_iter().map(|result| result.unwrap_or_else(|error| error)));
    }
}

#[tokio::test]
async fn a_loop_with_everything_inline_has_its_tree() {
    let telemetry = Telemetry::on();
    assert_eq!(run(&Client, Vec::new()).await, Ok("end_turn".to_owned()));
    let tree = "sampling/createMessage\n  sampling/createMessage step\n  sampling.execute_tool search\n  sampling.execute_tool fetch\n  \
                sampling/createMessage step\n";
    assert_eq!(telemetry.tree(), tree);
    let spans = telemetry.spans(5);
    assert_eq!(spans[0].get("fastmcp.sampling.iterations"), Some(Value::I64(2)));
    assert_eq!(
        [says(&spans[1], "fastmcp.sampling.stop_reason"), says(&spans[4], "fastmcp.sampling.stop_reason")],
        ["toolUse", "endTurn"]
    );
    assert_eq!(says(&spans[1], "gen_ai.request.model"), "m");
    assert_eq!(says(&spans[2], "gen_ai.tool.call.id"), "call_search");
    assert_eq!(spans[2].status(), Status::Unset);
    assert_eq!(spans[3].status(), Status::error("404"));
}

#[sampling_statements]
async fn scrutinee(number: u8) -> String {
    match #[sampling_tool(name = "scrutinee")]
    Client.boxed(number).await
    {
        Ok(number) => match #[sampling_tool]
        now(number + 1)
        {
            Ok(number) => number.to_string(),
            Err(error) => error,
        },
        Err(error) =>
        {
            #[sampling_tool(name = "arm")]
            error.to_uppercase()
        }
    }
}

#[tokio::test]
async fn a_scrutinee_and_an_arm_are_calls() {
    let telemetry = Telemetry::on();
    assert_eq!(scrutinee(2).await, "3");
    assert_eq!(scrutinee(3).await, "too large");
    assert_eq!(scrutinee(4).await, "TOO LARGE");
    let outer = telemetry.spans_so_far();
    let outer: Vec<&str> = outer
        .iter()
        .filter_map(|span| span.name().strip_prefix("sampling.execute_tool "))
        .filter(|name| *name != "inner")
        .collect();
    assert_eq!(outer, ["scrutinee", "now", "scrutinee", "now", "scrutinee", "arm"]);
    let tree = telemetry.tree();
    assert_eq!(tree.matches("\n  sampling.execute_tool inner").count(), 8, "{tree}");
}

#[tokio::test]
async fn what_runs_before_the_future_is_there_is_inside() {
    #[sampling_statements]
    async fn eager() -> u8 {
        #[sampling_tool]
        let number = Client.eager().await;
        number
    }
    let telemetry = Telemetry::on();
    assert_eq!(eager().await, 3);
    let inner = "  sampling.execute_tool inner\n";
    assert_eq!(telemetry.tree(), format!("sampling.execute_tool eager\n{inner}{inner}"));
}

#[tokio::test]
async fn a_boxed_future_that_comes_back_goes_on_with_the_call() {
    #[sampling_statements]
    fn boxed(number: u8) -> Boxed<'static, Result<u8, String>> {
        #[sampling_tool(error_type = |_| "told")]
        let future: Boxed<'static, Result<u8, String>> = Client.boxed(number);
        future
    }
    #[sampling_statements]
    async fn behind(number: u8) -> Result<u8, String> {
        let make = async || Client.boxed(number);
        #[sampling_tool(name = "behind")]
        let future = make().await;
        inner();
        future.await
    }
    let telemetry = Telemetry::on();
    let future = boxed(3);
    assert_eq!(telemetry.spans(1)[0].name(), "sampling.execute_tool inner", "it has not ended");
    assert_eq!(future.await, Ok(3));
    assert_eq!(boxed(4).await, Err("too large".to_owned()));
    drop(boxed(3));
    assert_eq!(behind(2).await, Ok(2));
    let inner = "  sampling.execute_tool inner\n";
    let twice = format!("sampling.execute_tool boxed\n{inner}{inner}");
    let tree = format!(
        "{twice}{twice}sampling.execute_tool boxed\n{inner}sampling.execute_tool behind\n{inner}{inner}sampling.execute_tool inner\n"
    );
    assert_eq!(telemetry.tree(), tree);
    let ended = endings(&telemetry, 12);
    let outer: Vec<_> = are(&ended).into_iter().filter(|(name, _)| *name != "inner").collect();
    assert_eq!(outer, [("boxed", "ok"), ("boxed", "told"), ("boxed", "cancelled"), ("behind", "ok")]);
}

#[tokio::test]
async fn a_boxed_stream_that_comes_back_goes_on_with_the_call() {
    #[sampling_statements]
    async fn ask(ok: bool) -> Result<Vec<String>, String> {
        #[sampling_step(stream, chunk = |text| Chunk::new().text(text.as_str()).stop_reason("stop"))]
        let stream = Client.stream(ok).await?;
        inner();
        Ok(stream.collect().await)
    }
    #[sampling_statements]
    async fn by_type() -> usize {
        #[sampling_tool(name = "stream")]
        let stream = Client.stream(true).await.unwrap_or_else(|_| stream::empty().boxed());
        stream.count().await
    }
    let telemetry = Telemetry::on();
    assert_eq!(ask(true).await, Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(ask(false).await, Err("no".to_owned()));
    assert_eq!(by_type().await, 2);
    let inner = "sampling.execute_tool inner\n";
    let step = "sampling/createMessage step\n";
    assert_eq!(
        telemetry.tree(),
        format!("{step}  {inner}  {inner}{inner}{step}sampling.execute_tool stream\n  {inner}  {inner}")
    );
    let steps = telemetry.named("sampling/createMessage step");
    assert_eq!(says(&steps[0], "fastmcp.sampling.stop_reason"), "endTurn");
    assert_eq!(steps[1].status(), Status::error("no"));
}

/// Each ends `leaves` before the call has its arguments.
mod early {
    use super::*;

    pub(super) fn now(number: u8) -> Option<u8> {
        inner();
        Some(number)
    }

    pub(super) async fn later(number: u8) -> Option<u8> {
        inner();
        Some(number)
    }

    #[sampling_statements]
    pub(super) async fn tries(number: Option<u8>) -> Option<u8> {
        #[sampling_tool(name = "tries")]
        let number = later(number?).await?;
        Some(number)
    }

    #[sampling_statements]
    pub(super) fn returns(number: Option<u8>) -> Option<u8> {
        #[sampling_tool(name = "returns")]
        let number = now(match number {
            Some(number) => number,
            None => return None,
        })?;
        Some(number)
    }

    #[sampling_statements]
    pub(super) fn breaks(numbers: &[Option<u8>]) -> u8 {
        let mut sum = 0;
        for number in numbers {
            #[sampling_tool(name = "breaks")]
            if let Some(number) = now(if let Some(number) = number { *number } else { break }) {
                sum += number;
            }
        }
        sum
    }

    #[sampling_statements]
    pub(super) fn panics(number: Option<u8>) -> Option<u8> {
        #[sampling_tool(name = "panics")]
        now(number.expect("a number"))
    }
}

#[tokio::test]
async fn an_early_exit_ends_the_call_as_cancelled_and_a_panic_as_one() {
    let telemetry = Telemetry::on();
    let around = Context::current().span().span_context().clone();
    assert_eq!([early::tries(Some(1)).await, early::tries(None).await], [Some(1), None]);
    assert_eq!([early::returns(Some(1)), early::returns(None)], [Some(1), None]);
    assert_eq!(early::breaks(&[Some(1), None, Some(3)]), 1);
    assert!(catch_unwind(|| early::panics(None)).is_err());
    assert_eq!(early::panics(Some(3)), Some(3));
    assert_eq!(Context::current().span().span_context(), &around, "nothing is left attached");
    let ended = endings(&telemetry, 12);
    let outer: Vec<_> = are(&ended).into_iter().filter(|(name, _)| *name != "inner").collect();
    let (ok, cancelled) = ("ok", "cancelled");
    let tried =
        [("tries", ok), ("tries", cancelled), ("returns", ok), ("returns", cancelled), ("breaks", ok), ("breaks", cancelled)];
    assert_eq!(outer[..6], tried);
    assert_eq!(outer[6..], [("panics", "panic"), ("panics", ok)]);
    let tree = telemetry.tree();
    assert_eq!(tree.matches("\n  sampling.execute_tool inner").count(), 4, "{tree}");
}

/// While the thread unwinds, an early exit is still an early exit.
#[test]
fn an_early_exit_in_a_destructor_is_no_panic() {
    struct Leaves;
    impl Drop for Leaves {
        fn drop(&mut self) {
            early::returns(None);
        }
    }
    let telemetry = Telemetry::on();
    let unwound = catch_unwind(|| {
        let _leaves = Leaves;
        panic!("on purpose");
    });
    assert!(unwound.is_err());
    assert_eq!(are(&endings(&telemetry, 1)), [("returns", "cancelled")]);
}

#[tokio::test]
async fn a_future_that_is_dropped_or_panics_says_so() {
    #[sampling_statements]
    async fn waits() {
        #[sampling_tool(name = "waits")]
        std::future::pending::<()>().await;
    }
    async fn fails() {
        yield_now().await;
        panic!("on purpose");
    }
    #[sampling_statements]
    async fn panics() {
        #[sampling_tool(name = "panics")]
        fails().await
    }
    let telemetry = Telemetry::on();
    assert_eq!(waits().now_or_never(), None);
    assert!(AssertUnwindSafe(panics()).catch_unwind().await.is_err());
    assert_eq!(are(&endings(&telemetry, 2)), [("waits", "cancelled"), ("panics", "panic")]);
}

#[tokio::test]
async fn whatever_macro_takes_the_tokens_its_statements_are_calls() {
    #[sampling_statements]
    async fn joined() -> (u8, Result<u8, String>) {
        tokio::join!(
            async {
                #[sampling_tool(name = "left")]
                let number = async { 1 }.await;
                number
            },
            async {
                #[sampling_tool(name = "right")]
                Client.boxed(2).await
            },
        )
    }
    #[sampling_statements]
    async fn selected() -> u8 {
        tokio::select! {
            number = async { #[sampling_tool(name = "selected")] async { 3 }.await } => {
                #[sampling_tool(name = "handler")]
                let number = now(number).unwrap_or(0);
                number
            }
            () = std::future::pending() => 0,
        }
    }
    #[sampling_statements]
    fn streamed() -> impl Stream<Item = Result<u8, String>> {
        async_stream::try_stream! {
            for await number in stream::iter([1, 4]) {
                #[sampling_tool(name = "streamed")]
                let number = Client.boxed(number).await?;
                yield number;
            }
        }
    }
    #[sampling_statements]
    fn listed() -> Vec<Result<u8, String>> {
        vec![
            #[sampling_tool(name = "listed")]
            now(1),
            now(2),
        ]
    }
    let telemetry = Telemetry::on();
    assert_eq!(joined().await, (1, Ok(2)));
    assert_eq!(selected().await, 3);
    assert_eq!(streamed().collect::<Vec<_>>().await, [Ok(1), Err("too large".to_owned())]);
    assert_eq!(listed(), [Ok(1), Ok(2)]);
    let inner = "  sampling.execute_tool inner\n";
    let tool = |name: &str, inside: usize| format!("sampling.execute_tool {name}\n{}", inner.repeat(inside));
    let tree = [
        tool("left", 0),
        tool("right", 2),
        tool("selected", 0),
        tool("handler", 1),
        tool("streamed", 2),
        tool("streamed", 2),
        tool("listed", 1),
        tool("inner", 0),
    ];
    assert_eq!(telemetry.tree(), tree.concat());
}

/// A macro whose tokens do not show that it waits.
macro_rules! waited {
    ($future:expr) => {
        $future.await
    };
}

#[tokio::test]
async fn a_thread_is_not_left_inside_where_a_macro_waits_in_secret() {
    #[sampling_statements]
    async fn hidden() -> Option<u8> {
        #[sampling_tool(name = "hidden")]
        early::later(waited!(async {
            yield_now().await;
            3
        }))
        .await
    }
    let telemetry = Telemetry::on();
    let mut future = std::pin::pin!(hidden());
    assert_eq!(futures::poll!(&mut future), std::task::Poll::Pending);
    assert!(!Context::current().span().span_context().is_valid());
    inner();
    assert_eq!(future.await, Some(3));
    assert_eq!(telemetry.tree(), "sampling.execute_tool hidden\n  sampling.execute_tool inner\nsampling.execute_tool inner\n");
}

/// A tool's own name is what is called.
#[tokio::test]
async fn a_tool_without_a_name_has_that_of_what_is_called() {
    #[sampling_statements]
    async fn surroundings(client: &Client) {
        #[sampling_tool]
        let _ = client.boxed(1).await;
        #[sampling_tool]
        let _ = early::later(1).await.unwrap_or_default();
        #[sampling_tool]
        let _ = <u8 as std::str::FromStr>::from_str("3").unwrap_or(3);
        let future = async {};
        #[sampling_tool]
        future.await;
        #[sampling_tool]
        let _ = matches!(3, 4);
        #[sampling_tool(name = String::new())]
        now(3).ok();
    }
    let telemetry = Telemetry::on();
    surroundings(&Client).await;
    let names: Vec<String> = endings(&telemetry, 10).into_iter().map(|(name, _)| name).filter(|name| name != "inner").collect();
    assert_eq!(names, ["boxed", "later", "unwrap_or", "surroundings", "matches", "ok"]);
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_evaluated() {
    thread_local! {
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }
    fn asked() -> &'static str {
        ASKED.set(ASKED.get() + 1);
        "name"
    }
    #[sampling_statements]
    async fn silent() -> Result<u8, String> {
        #[sampling_loop(agent = asked())]
        let number = async {
            #[sampling_tool(name = asked(), failed = |_| asked().is_empty())]
            let number = Client.boxed(3).await?;
            #[sampling_tool(name = asked())]
            now(number)
        }
        .await?;
        Ok(number)
    }
    let telemetry = Telemetry::off();
    assert_eq!(silent().await, Ok(3));
    assert_eq!(ASKED.get(), 0);
    drop(telemetry);
    let telemetry = Telemetry::on();
    assert_eq!(silent().await, Ok(3));
    assert_eq!(ASKED.get(), 4);
    telemetry.spans(6);
}

#[test]
fn a_loop_of_a_statement_says_no_result_type_that_nobody_said() {
    #[sampling_statements]
    fn text() -> String {
        #[sampling_loop]
        let text = String::from("text");
        #[sampling_loop(result_type = String)]
        let text = text.to_uppercase();
        text
    }
    let telemetry = Telemetry::on();
    assert_eq!(text(), "TEXT");
    let spans = telemetry.spans(2);
    assert_eq!(spans[0].get("fastmcp.sampling.result_type"), None);
    assert_eq!(says(&spans[1], "fastmcp.sampling.result_type"), "str");
}

/// The type that a `let` says is known to the closures over what came back.
#[tokio::test]
async fn a_let_tells_its_type() {
    fn parse<T: std::str::FromStr>(text: &str) -> Result<T, T::Err> {
        text.parse()
    }
    async fn later<T: Default>() -> T {
        T::default()
    }
    #[sampling_statements]
    async fn told() -> Result<u8, std::num::ParseIntError> {
        #[sampling_tool(attributes("app.number" = |number| *number))]
        let number: u8 = parse("3")?;
        #[sampling_tool]
        let nothing: Vec<String> = later().await;
        #[sampling_tool]
        let error: Box<dyn std::error::Error> = Box::new(std::fmt::Error);
        #[sampling_tool]
        let slice: &[u8] = std::convert::identity(&[1, 2, 3]);
        #[sampling_tool]
        let shown: Box<dyn std::fmt::Display> = async { Ok::<_, std::num::ParseIntError>(Box::new(3)) }.await?;
        drop((error, shown));
        Ok(number + u8::try_from(nothing.len() + slice.len()).unwrap_or(0))
    }
    let telemetry = Telemetry::on();
    assert_eq!(told().await, Ok(6));
    assert_eq!(telemetry.spans(5)[0].get("app.number"), Some(Value::I64(3)));
}

/// The statement is met again within its own loop, and is the same loop; another statement is another.
#[tokio::test]
async fn a_recursive_statement_goes_on_with_its_loop() {
    #[sampling_statements]
    fn again(times: usize) -> Boxed<'static, usize> {
        async move {
            #[sampling_step]
            inner();
            if times == 0 {
                return 0;
            }
            #[sampling_loop(recursive)]
            let number = again(times - 1).await;
            number + 1
        }
        .boxed()
    }
    let telemetry = Telemetry::on();
    assert_eq!(again(2).await, 2);
    let (step, inner) = ("sampling/createMessage step\n", "sampling.execute_tool inner\n");
    let inside = format!("  {step}    {inner}");
    assert_eq!(telemetry.tree(), format!("{step}  {inner}sampling/createMessage\n{inside}{inside}"));
}

/// As a loop that is a function: what runs inside it asks nobody, whoever comes to listen.
#[tokio::test]
async fn a_loop_that_began_where_nobody_listened_stays_so() {
    fn late(listen: impl FnOnce()) {
        listen();
        inner();
    }
    #[sampling_statements]
    fn plain(listen: impl FnOnce()) {
        #[sampling_loop]
        late(listen);
    }
    #[sampling_statements]
    async fn later(listen: impl FnOnce()) {
        #[sampling_loop]
        async { late(listen) }.await;
    }
    let mut telemetry = Telemetry::off();
    plain(|| drop(telemetry.install(Sampler::AlwaysOn)));
    telemetry.spans(0);
    plain(|| ());
    telemetry.spans(2);
    drop(telemetry);
    let mut telemetry = Telemetry::off();
    later(|| drop(telemetry.install(Sampler::AlwaysOn))).await;
    telemetry.spans(0);
    later(|| ()).await;
    telemetry.spans(2);
}

/// A future is as much `Send`, and as safe to unwind through, as without the attributes.
#[test]
fn auto_traits_are_those_of_the_bare_function() {
    fn keeps<T: Send + Sync + std::panic::UnwindSafe>(_: T) {}
    #[sampling_statements]
    async fn both(number: u8) -> Option<u8> {
        #[sampling_tool(name = number.to_string(), failed = |sum| sum.is_none())]
        let sum = early::later(early::now(number)?).await;
        #[sampling_tool]
        let same = early::now(sum?);
        #[sampling_loop]
        early::later(same?).await
    }
    let telemetry = Telemetry::off();
    keeps(both(3));
    drop(telemetry);
}
