//! The shapes of two large Rust agents, written anew in short: goose's `reply`, which hands out a boxed stream and whose tools are futures inside of a
//! struct, and codex's `run_turn`, which stops reading at the terminal event and runs tools while the model still speaks. Beside `tracing` in both
//! directions: its spans are around ours, and between ours.

use async_stream::try_stream;
use futures::stream::{self, BoxStream, FuturesOrdered};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use opentelemetry::trace::{Status, TracerProvider as _};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{Chunk, TokenUsage, ToolCall, sampling_loop, sampling_step, start_tool};
use samplescope_tests::{Span, Telemetry};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::sleep;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::layer::SubscriberExt as _;

const LOOP: &str = "sampling/createMessage";
const STEP: &str = "sampling/createMessage step";

/// Each name, indented below its parent's, with its ending and the iteration where there is one.
fn tree(telemetry: &Telemetry) -> String {
    fn branch(spans: &[Span], span: &Span, depth: usize, lines: &mut String) {
        let ending = match span.status() {
            Status::Unset => String::new(),
            Status::Error { description } => format!(": {description}"),
            Status::Ok => " (ok)".to_owned(),
        };
        let iteration = span.get("fastmcp.sampling.iteration").map(|n| format!(" {n}")).unwrap_or_default();
        lines.extend([&"  ".repeat(depth), span.name(), &iteration, &ending, "\n"]);
        for child in spans.iter().filter(|child| child.parent_id() == span.id()) {
            branch(spans, child, depth + 1, lines);
        }
    }
    let (spans, mut lines) = (telemetry.spans_so_far(), String::new());
    for root in spans.iter().filter(|span| !spans.iter().any(|parent| parent.id() == span.parent_id())) {
        branch(&spans, root, 0, &mut lines);
    }
    lines
}

/// No child outlives its parent, and each lasts at least as long as what is known to happen in it.
fn are_within(telemetry: &Telemetry) {
    let spans = telemetry.spans_so_far();
    let mut seen = 0;
    for span in &spans {
        if let Some(parent) = spans.iter().find(|parent| parent.id() == span.parent_id()) {
            assert!(parent.0.start_time <= span.0.start_time, "{} in {}", span.name(), parent.name());
            assert!(span.0.end_time <= parent.0.end_time, "{} in {}", span.name(), parent.name());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

fn lasted(span: &Span) -> Duration {
    span.0.end_time.duration_since(span.0.start_time).unwrap_or_default()
}

/// Both kinds of spans go to one provider.
async fn with_tracing<T>(body: impl Future<Output = T>) -> (Telemetry, T) {
    let mut telemetry = Telemetry::off();
    let provider = telemetry.install(Sampler::AlwaysOn);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing"));
    let value = body.with_subscriber(tracing_subscriber::registry().with(layer)).await;
    (telemetry, value)
}

#[derive(Clone, Debug)]
struct Request {
    id: &'static str,
    name: &'static str,
}

const WEATHER: Request = Request { id: "call_1", name: "weather" };
const TIME: Request = Request { id: "call_2", name: "time" };
const BROKEN: Request = Request { id: "call_3", name: "broken" };

#[derive(Debug)]
struct Error(&'static str);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Error {}

mod goose {
    use super::*;

    #[derive(Debug, PartialEq)]
    pub(super) enum AgentEvent {
        Message(String),
        Notification(&'static str),
    }

    /// The tool's future, and what it tells on the way.
    pub(super) struct ToolCallResult {
        notifications: Option<Box<dyn Stream<Item = &'static str> + Send + Unpin>>,
        result: Box<dyn Future<Output = Result<String, Error>> + Send + Unpin>,
    }

    enum ToolStreamItem {
        Notification(&'static str),
        Result(Result<String, Error>),
    }

    /// What the model says: pieces of text, requests for tools, and the usage with the last.
    type MessageStream = Pin<Box<dyn Stream<Item = Result<(Option<Said>, Option<TokenUsage>), Error>> + Send>>;

    #[derive(Clone, Debug)]
    pub(super) enum Said {
        Text(&'static str),
        Requests(Vec<Request>),
    }

    #[tracing::instrument(skip_all)]
    async fn extension(name: &'static str) -> Result<String, Error> {
        sleep(Duration::from_millis(10)).await;
        Ok(format!("{name} done"))
    }

    pub(super) struct Agent {
        pub(super) turns: Vec<Vec<Said>>,
        pub(super) fails_at: Option<usize>,
    }

    impl Agent {
        #[sampling_step(model = "claude", provider = "anthropic", stream, chunk = |(said, usage)| match said {
            Some(Said::Text(text)) => Chunk::new().text(*text).usage(usage),
            Some(Said::Requests(requests)) => requests
                .iter()
                .fold(Chunk::new(), |chunk, request| chunk.tool_call(None::<u8>, request.id, request.name, None::<&str>)),
            None => Chunk::new().usage(usage),
        })]
        async fn stream_response_from_provider(&self, turn: usize) -> Result<MessageStream, Error> {
            sleep(Duration::from_millis(2)).await;
            if self.fails_at == Some(turn) {
                return Err(Error("overloaded"));
            }
            let said: Vec<_> = self.turns[turn].iter().cloned().map(|said| Ok((Some(said), None))).collect();
            let last = Ok((None, Some(TokenUsage::new(10, 5))));
            Ok(stream::iter(said.into_iter().chain([last])).boxed())
        }

        #[tracing::instrument(skip_all)]
        async fn dispatch_tool_call(&self, request: Request) -> (&'static str, Result<ToolCallResult, Error>) {
            let tool: ToolCall = start_tool(request.name, |tool| tool.call_id(request.id));
            if request.name == "broken" {
                tool.fail(&Error("no such tool"));
                return (request.id, Err(Error("no such tool")));
            }
            let work = tool.scope(extension(request.name));
            let result = Box::pin(async move {
                let result: Result<String, Error> = work.await;
                match &result {
                    Ok(_) => tool.end(),
                    Err(error) => tool.fail(error),
                }
                result
            });
            let notifications: Box<dyn Stream<Item = &'static str> + Send + Unpin> = Box::new(stream::iter(["working"]));
            (request.id, Ok(ToolCallResult { notifications: Some(notifications), result: Box::new(result) }))
        }

        #[sampling_loop(agent = "goose", conversation_id = session)]
        #[tracing::instrument(skip_all)]
        pub(super) async fn reply(&self, session: &str) -> Result<BoxStream<'_, Result<AgentEvent, Error>>, Error> {
            if session.is_empty() {
                return Err(Error("no session"));
            }
            Ok(Box::pin(try_stream! {
                for turn in 0..self.turns.len() {
                    let mut response = self.stream_response_from_provider(turn).await?;
                    let mut requests = Vec::new();
                    while let Some(next) = response.next().await {
                        match next?.0 {
                            Some(Said::Text(text)) => yield AgentEvent::Message(text.to_owned()),
                            Some(Said::Requests(asked)) => requests.extend(asked),
                            None => {}
                        }
                    }
                    let mut streams = Vec::new();
                    for request in requests {
                        let (_, dispatched) = self.dispatch_tool_call(request).await;
                        let Ok(ToolCallResult { notifications, result }) = dispatched else { continue };
                        let told = stream::iter(notifications).flatten().map(ToolStreamItem::Notification);
                        streams.push(told.chain(stream::once(result).map(ToolStreamItem::Result)).boxed());
                    }
                    let mut combined = stream::select_all(streams);
                    while let Some(item) = combined.next().await {
                        match item {
                            ToolStreamItem::Notification(text) => yield AgentEvent::Notification(text),
                            ToolStreamItem::Result(result) => yield AgentEvent::Message(result?),
                        }
                    }
                }
            }))
        }
    }

    pub(super) fn agent() -> Agent {
        let asks = vec![Said::Text("let me look"), Said::Requests(vec![WEATHER, BROKEN, TIME])];
        Agent { turns: vec![asks, vec![Said::Text("it is sunny")]], fails_at: None }
    }
}

#[tokio::test]
async fn goose_s_reply_is_one_loop_as_long_as_its_stream() {
    let agent = goose::agent();
    let body = async {
        let events: Vec<goose::AgentEvent> = agent.reply("s1").await.expect("a stream").try_collect().await.expect("no error");
        events
    };
    let (telemetry, events) = with_tracing(body).await;
    assert_eq!(events.len(), 6, "{events:?}");
    assert_eq!(
        tree(&telemetry),
        "reply\n  sampling/createMessage\n    sampling/createMessage step 0\n    dispatch_tool_call\n      sampling.execute_tool weather\n        \
         extension\n    dispatch_tool_call\n      sampling.execute_tool broken: no such tool\n    dispatch_tool_call\n      \
         sampling.execute_tool time\n        extension\n    sampling/createMessage step 1\n"
    );
    let run = &telemetry.named(LOOP)[0];
    assert_eq!(run.get("fastmcp.sampling.iterations"), Some(2.into()));
    for tool in ["sampling.execute_tool weather", "sampling.execute_tool time"] {
        let tool = &telemetry.named(tool)[0];
        assert!(lasted(tool) >= Duration::from_millis(10));
        assert!(tool.0.end_time <= run.0.end_time && run.0.start_time <= tool.0.start_time);
        assert_eq!(tool.get("gen_ai.agent.name"), Some("goose".into()));
        assert_eq!(tool.get("gen_ai.conversation.id"), Some("s1".into()));
    }
    for step in telemetry.named(STEP) {
        assert_eq!(step.get("gen_ai.usage.output_tokens"), Some(5.into()));
        assert!(step.get("gen_ai.response.time_to_first_chunk").is_some());
        assert!(step.0.end_time <= run.0.end_time && lasted(&step) >= Duration::from_millis(2));
    }
}

#[tokio::test]
async fn goose_s_reply_that_fails_says_where() {
    let mut agent = goose::agent();
    agent.fails_at = Some(1);
    let (telemetry, events) = with_tracing(async { agent.reply("s1").await.expect("a stream").collect::<Vec<_>>().await }).await;
    assert!(events.last().is_some_and(Result::is_err));
    let text = tree(&telemetry);
    assert!(text.starts_with("reply\n  sampling/createMessage: overloaded\n"), "{text}");
    assert!(text.ends_with("    sampling/createMessage step 1: overloaded\n"), "{text}");
    drop(telemetry);
    let (telemetry, refused) = with_tracing(async { agent.reply("").await.is_err() }).await;
    assert!(refused);
    assert_eq!(tree(&telemetry), "reply\n  sampling/createMessage: no session\n");
}

#[tokio::test]
async fn goose_s_user_who_leaves_cancels_what_was_open() {
    let agent = goose::agent();
    let body = async {
        let mut events = agent.reply("s1").await.expect("a stream");
        // The text, and what the first tool tells while it works.
        for _ in 0..2 {
            assert!(events.next().await.is_some());
        }
    };
    let (telemetry, ()) = with_tracing(body).await;
    assert_eq!(
        tree(&telemetry),
        "reply\n  sampling/createMessage: cancelled\n    sampling/createMessage step 0\n    dispatch_tool_call\n      \
         sampling.execute_tool weather: cancelled\n    dispatch_tool_call\n      sampling.execute_tool broken: no such tool\n    \
         dispatch_tool_call\n      sampling.execute_tool time: cancelled\n"
    );
}

mod codex {
    use super::*;

    #[derive(Clone, Debug)]
    pub(super) enum ResponseEvent {
        Created,
        OutputTextDelta(&'static str),
        OutputItemDone(Request),
        Completed {
            response_id: &'static str,
            usage: TokenUsage,
        },
        /// What a server says behind the end, which nobody reads.
        RateLimits,
    }

    #[tracing::instrument(skip_all)]
    async fn exec(name: &'static str) -> Result<&'static str, Error> {
        sleep(Duration::from_millis(15)).await;
        if name == "broken" { Err(Error("exit code 1")) } else { Ok(name) }
    }

    pub(super) struct Session {
        pub(super) turns: Vec<Vec<ResponseEvent>>,
    }

    impl Session {
        #[tracing::instrument(skip_all)]
        #[sampling_step(model = "gpt-5", stream, chunk = |event| match event {
            ResponseEvent::OutputTextDelta(text) => Chunk::new().text(*text),
            ResponseEvent::OutputItemDone(request) => Chunk::new().tool_call(None::<u8>, request.id, request.name, "{}"),
            ResponseEvent::Completed { response_id, usage } => Chunk::new().id(response_id).usage(usage).stop_reason("stop").last(),
            ResponseEvent::Created | ResponseEvent::RateLimits => Chunk::new(),
        })]
        async fn stream(&self, turn: usize) -> Result<BoxStream<'static, Result<ResponseEvent, Error>>, Error> {
            let events = self.turns[turn].clone();
            let paced = stream::iter(events).then(|event| async {
                sleep(Duration::from_millis(2)).await;
                Ok(event)
            });
            Ok(paced.boxed())
        }

        /// A call that goes with the future that does the work.
        fn handle_tool_call(request: Request) -> impl Future<Output = Result<&'static str, Error>> + Send + 'static {
            let tool = start_tool(request.name, |tool| tool.call_id(request.id));
            async move {
                let result = tool.scope(exec(request.name)).await;
                match &result {
                    Ok(_) => tool.end(),
                    Err(error) => tool.fail_as("exit_code", error),
                }
                result
            }
        }

        #[tracing::instrument(skip_all)]
        async fn try_run_turn(&self, turn: usize) -> Result<bool, Error> {
            let mut stream = self.stream(turn).await?;
            let mut in_flight = FuturesOrdered::new();
            loop {
                let Some(event) = stream.next().await else { return Err(Error("stream closed before response.completed")) };
                match event? {
                    ResponseEvent::OutputItemDone(request) => {
                        in_flight
                            .push_back(tokio::spawn(Self::handle_tool_call(request).in_current_span().with_current_subscriber()));
                    }
                    ResponseEvent::Completed { .. } => break,
                    ResponseEvent::Created | ResponseEvent::OutputTextDelta(_) | ResponseEvent::RateLimits => {}
                }
            }
            drop(stream);
            let mut follows_up = false;
            while let Some(result) = in_flight.next().await {
                follows_up = true;
                let _ = result.map_err(|_| Error("joined"))?;
            }
            Ok(follows_up)
        }

        #[sampling_loop(agent = "codex")]
        pub(super) async fn run_turn(&self) -> Result<usize, Error> {
            let mut turn = 0;
            while self.try_run_turn(turn).await? {
                turn += 1;
            }
            Ok(turn)
        }
    }

    pub(super) fn completed() -> ResponseEvent {
        ResponseEvent::Completed { response_id: "resp_1", usage: TokenUsage::new(100, 20) }
    }
}

#[tokio::test]
async fn codex_s_turns_end_at_the_terminal_event_and_its_tools_overlap_them() {
    use codex::ResponseEvent::{Created, OutputItemDone, OutputTextDelta, RateLimits};
    let session = codex::Session {
        turns: vec![
            vec![Created, OutputTextDelta("hm"), OutputItemDone(WEATHER), OutputItemDone(BROKEN), codex::completed(), RateLimits],
            vec![Created, OutputTextDelta("done"), codex::completed()],
        ],
    };
    let (telemetry, turns) = with_tracing(async { session.run_turn().instrument(tracing::info_span!("session")).await }).await;
    assert_eq!(turns.expect("no error"), 1);
    let (run, steps) = (&telemetry.named(LOOP)[0], telemetry.named(STEP));
    assert_eq!((run.status(), run.get("fastmcp.sampling.iterations")), (Status::Unset, Some(2.into())));
    for (step, iteration) in steps.iter().zip(0_i64..) {
        assert_eq!((step.status(), step.get("fastmcp.sampling.iteration")), (Status::Unset, Some(iteration.into())));
        assert_eq!(step.get("gen_ai.response.id"), Some("resp_1".into()));
        assert_eq!(step.get("gen_ai.usage.output_tokens"), Some(20.into()));
    }
    let tools: Vec<Span> =
        ["weather", "broken"].map(|name| telemetry.named(&format!("sampling.execute_tool {name}")).remove(0)).into();
    for tool in &tools {
        assert!(tool.0.start_time < steps[0].0.end_time, "it began while the model spoke");
        assert!(steps[0].0.end_time < tool.0.end_time, "the step ended with the terminal event");
        assert!(tool.0.end_time <= run.0.end_time && lasted(tool) >= Duration::from_millis(15));
        assert_eq!(tool.get("gen_ai.agent.name"), Some("codex".into()));
    }
    assert_eq!(tools[1].status(), Status::error("exit code 1"));
    assert_eq!(tools[1].get("error.type"), Some("exit_code".into()));
    // The tools are spawned under tracing's span, and keep their place by its context.
    assert_eq!(
        tree(&telemetry),
        "session\n  sampling/createMessage\n    try_run_turn\n      sampling/createMessage step 0\n        stream\n      \
         sampling.execute_tool weather\n        exec\n      sampling.execute_tool broken: exit code 1\n        exec\n    \
         try_run_turn\n      sampling/createMessage step 1\n        stream\n"
    );
    are_within(&telemetry);
}

#[tokio::test]
async fn codex_s_stream_that_closes_early_is_an_error_of_the_turn() {
    use codex::ResponseEvent::{Created, OutputTextDelta};
    let session = codex::Session { turns: vec![vec![Created, OutputTextDelta("hm")]] };
    let (telemetry, turns) = with_tracing(session.run_turn()).await;
    assert!(turns.is_err());
    let text = tree(&telemetry);
    assert!(text.starts_with("sampling/createMessage: stream closed before response.completed\n"), "{text}");
}
