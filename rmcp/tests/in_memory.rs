//! Rust on both sides, over a transport in memory: one trace, every ending, and nothing left behind.

#![allow(deprecated, reason = "sampling and roots are rmcp's own, until they go")]

use futures::future::join_all;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, global};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::model::*;
use rmcp::service::{NotificationContext, PeerRequestOptions, RequestContext, RunningService};
use rmcp::{ClientHandler, ErrorData, RoleClient, RoleServer, ServerHandler, ServiceError, ServiceExt as _, tool, tool_router};
use samplescope::{Settings, Vocabulary, mcp, sampling_loop, sampling_step, sampling_tool};
use samplescope_rmcp::{InCurrentTrace as _, Peer, Round, Running, Traced, traced};
use samplescope_tests::{Span, Telemetry};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

#[derive(Clone)]
struct Travel {
    router: ToolRouter<Self>,
    /// The trace that each notification came with.
    notified: Arc<Mutex<Vec<String>>>,
}

impl Travel {
    fn new() -> Self {
        Travel { router: Self::router(), notified: Arc::default() }
    }
}

fn question(text: &str) -> CreateMessageRequestParams {
    CreateMessageRequestParams::new(vec![SamplingMessage::user_text(text)], 16)
}

#[sampling_loop(agent = "trip-planner")]
async fn plan(peer: &Peer) -> Result<String, ServiceError> {
    ask(peer, "where to?").await?;
    Ok(ask(peer, "and then?").await?.model)
}

#[sampling_step(response_model = |answer| &answer.model)]
async fn ask(peer: &Peer, text: &str) -> Result<CreateMessageResult, ServiceError> {
    peer.create_message(question(text)).await
}

#[tool_router(router = router)]
impl Travel {
    #[tool(description = "plans, with the client's model")]
    async fn plan_trip(&self, peer: Peer) -> String {
        plan(&peer).await.expect("a client that samples")
    }

    #[tool(description = "asks by rmcp's own peer")]
    async fn plain(&self, peer: rmcp::Peer<RoleServer>) -> String {
        peer.create_message(question("plain")).await.expect("a client that samples").model
    }

    #[tool(description = "asks twice at once")]
    async fn twice(&self, peer: Peer) -> String {
        let models = join_all(["a", "b"].map(|text| ask(&peer, text))).await;
        models.into_iter().map(|answer| answer.expect("a client that samples").model).collect()
    }

    #[tool(description = "asks for everything that a client has")]
    async fn everything(&self, peer: Peer) -> Result<String, ErrorData> {
        let failed = |error: ServiceError| ErrorData::internal_error(error.to_string(), None);
        peer.list_roots().await.map_err(failed)?;
        peer.send_request(ServerRequest::CustomRequest(CustomRequest::new("vendor/own", None))).await.map_err(failed)?;
        peer.notify_progress(ProgressNotificationParam::new(ProgressToken(NumberOrString::Number(1)), 1.0))
            .await
            .map_err(failed)?;
        Ok(String::new())
    }

    #[tool(description = "says what baggage it sees")]
    async fn tenant(&self) -> String {
        Context::current().baggage().get("tenant").map(ToString::to_string).unwrap_or_default()
    }

    #[tool(description = "fails")]
    async fn fails(&self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text("no seat left")])
    }

    #[tool(description = "is an error")]
    async fn is_an_error(&self) -> Result<String, ErrorData> {
        Err(ErrorData::internal_error("what went wrong", None))
    }

    #[tool(description = "panics")]
    async fn panics(&self) -> String {
        panic!("as it should")
    }

    #[tool(description = "never answers")]
    async fn never(&self) -> String {
        std::future::pending().await
    }

    #[tool(description = "gives up what it asked")]
    async fn gives_up(&self, peer: Peer) -> String {
        let asking = peer.create_message(question("never"));
        let _given_up = tokio::time::timeout(Duration::from_millis(20), asking).await;
        "gave up".to_owned()
    }

    #[tool(description = "asks the person")]
    async fn elicits(&self, peer: Peer) -> String {
        by_elicitation(&peer).await
    }

    #[tool(description = "plans in rounds")]
    async fn in_rounds(&self, round: Round) -> CallToolResponse {
        round_of(Before::of(round.state.as_deref()), &round.answers)
    }
}

/// What a round gives out as its state, beside what it has to know: which round it was, when it asked, and its span.
struct Before {
    rounds: i64,
    asked: SystemTime,
    round: Context,
}

impl Before {
    fn of(state: Option<&str>) -> Option<Self> {
        let state: JsonObject = serde_json::from_str(state?).ok()?;
        let asked = UNIX_EPOCH + Duration::from_millis(state["asked"].as_u64()?);
        Some(Before { rounds: state["rounds"].as_i64()?, asked, round: mcp::extract(&Context::new(), &state) })
    }

    /// Of the round that runs now.
    fn now(rounds: i64) -> String {
        let asked = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        let mut state = JsonObject::from_iter([("rounds".to_owned(), rounds.into()), ("asked".to_owned(), json!(asked))]);
        mcp::inject(&Context::current(), &mut state);
        Value::Object(state).to_string()
    }
}

#[sampling_loop(agent = "trip-planner", conversation_id = "trip-1", link = before.as_ref().map(|before| &before.round))]
fn round_of(before: Option<Before>, answers: &InputResponses) -> CallToolResponse {
    let rounds = before.as_ref().map_or(0, |before| before.rounds);
    if let (Some(before), Some(answer)) = (before, answers.get("model")) {
        let model = answered(&before, answer);
        if before.rounds == 2 {
            return CallToolResult::success(vec![ContentBlock::text(model)]).into();
        }
    }
    let params = question("where to?").in_current_trace();
    let ask = InputRequest::CreateMessage(CreateMessageRequest::new(params));
    InputRequiredResult::new(Some(InputRequests::from([("model".to_owned(), ask)])), Some(Before::now(rounds + 1))).into()
}

/// The model's answer, for which the round before has asked.
#[sampling_step(started = before.asked, iteration = before.rounds - 1, response_model = |model| model)]
fn answered(before: &Before, answer: &Value) -> String {
    answer["model"].as_str().unwrap_or_default().to_owned()
}

#[rmcp::tool_handler(router = self.router)]
impl ServerHandler for Travel {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("travel", "1.0.0"))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match &*params.uri {
            "trip://1" => Ok(ReadResourceResult::new(vec![ResourceContents::text("Lisbon", params.uri)]).into()),
            _ => Err(ErrorData::resource_not_found("no such trip", None)),
        }
    }

    async fn on_progress(&self, _: ProgressNotificationParam, _: NotificationContext<RoleServer>) {
        let trace = Context::current().span().span_context().trace_id().to_string();
        self.notified.lock().expect("no panic").push(trace);
    }
}

#[derive(Clone, Default)]
struct Host {
    notified: Arc<Mutex<Vec<String>>>,
}

impl ClientHandler for Host {
    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        if format!("{params:?}").contains("never") {
            std::future::pending::<()>().await;
        }
        global::tracer("host").in_span("model", |_| {});
        Ok(CreateMessageResult::new(SamplingMessage::assistant_text("yes"), "m".into()))
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if format!("{params:?}").contains("never") {
            std::future::pending::<()>().await;
        }
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({ "city": "Lisbon" })))
    }

    async fn on_custom_request(&self, _: CustomRequest, _: RequestContext<RoleClient>) -> Result<CustomResult, ErrorData> {
        Ok(CustomResult::new(json!({})))
    }

    async fn on_progress(&self, _: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let trace = Context::current().span().span_context().trace_id().to_string();
        self.notified.lock().expect("no panic").push(trace);
    }

    fn get_info(&self) -> ClientInfo {
        let mut capabilities = ClientCapabilities::builder().enable_sampling().enable_roots().build();
        capabilities.elicitation = Some(serde_json::from_value(json!({ "form": {}, "url": {} })).expect("a capability"));
        let mut info = ClientInfo::new(capabilities, Implementation::new("host", "1.0.0"));
        info.protocol_version = ProtocolVersion::V_2025_11_25;
        info
    }
}

struct Connected {
    client: Running<RoleClient, Host>,
    server: tokio::task::JoinHandle<()>,
    host: Host,
    travel: Travel,
}

impl Connected {
    async fn new() -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (host, travel) = (Host::default(), Travel::new());
        let server = tokio::spawn(serve(travel.clone(), far));
        let client = traced(host.clone()).serve(near).await.expect("a server");
        Connected { client, server, host, travel }
    }

    async fn call(&self, tool: &'static str) -> Result<CallToolResult, ServiceError> {
        self.client.call_tool(CallToolRequestParams::new(tool)).await
    }

    async fn close(self) {
        self.client.cancel().await.expect("a client that ends");
        self.server.await.expect("a server that ends");
    }
}

async fn serve(travel: Travel, transport: DuplexStream) {
    let running = traced(travel).serve(transport).await.expect("a client");
    running.waiting().await.expect("a server that ends");
}

fn on(vocabulary: Vocabulary) -> Telemetry {
    Telemetry::on().metered().propagated().with(Settings::default().with_vocabulary(vocabulary))
}

/// The spans of one trace, whose root is `root`.
async fn in_a_trace<T>(work: impl Future<Output = T>) -> T {
    let context = Context::new().with_span(global::tracer("test").start("root"));
    let value = work.with_context(context.clone()).await;
    context.span().end();
    value
}

/// The tree below `root`. What begins at the same moment is in the order of its names.
fn tree(telemetry: &Telemetry) -> String {
    let spans = telemetry.spans_so_far();
    let root = spans.iter().find(|span| span.name() == "root").expect("a root");
    let mut tree = String::new();
    branch(&spans, root, 0, &mut tree);
    tree
}

fn branch(spans: &[Span], span: &Span, depth: usize, tree: &mut String) {
    let kind = match span.kind() {
        SpanKind::Client => " CLIENT",
        SpanKind::Server => " SERVER",
        _ => "",
    };
    tree.extend(["  ".repeat(depth).as_str(), span.name(), kind, "\n"]);
    for child in spans.iter().filter(|child| child.parent_id() == span.id()) {
        assert_eq!(child.0.span_context.trace_id(), span.0.span_context.trace_id());
        branch(spans, child, depth + 1, tree);
    }
}

#[track_caller]
fn named(telemetry: &Telemetry, kind: &SpanKind, name: &str) -> Span {
    let mut spans = telemetry.named(name);
    spans.retain(|span| span.kind() == *kind);
    assert_eq!(spans.len(), 1, "{}", telemetry.tree());
    spans.remove(0)
}

fn text(result: Result<CallToolResult, ServiceError>) -> String {
    let content = result.expect("a result").content;
    content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

#[tokio::test]
async fn a_tool_that_samples_from_its_client_is_one_trace() {
    for (vocabulary, exchange, agent, step) in [
        (Vocabulary::FastMcp, "sampling create_message", "sampling/createMessage", "sampling/createMessage step"),
        (Vocabulary::GenAi, "sampling/createMessage", "invoke_agent trip-planner", "chat"),
    ] {
        let telemetry = on(vocabulary);
        let connected = Connected::new().await;
        assert_eq!(text(in_a_trace(connected.call("plan_trip")).await), "m");
        connected.close().await;
        let asked = format!(
            "        {step}{}\n          {exchange} CLIENT\n            {exchange} SERVER\n              model\n",
            if vocabulary == Vocabulary::GenAi { " CLIENT" } else { "" }
        );
        let expected =
            format!("root\n  tools/call plan_trip CLIENT\n    tools/call plan_trip SERVER\n      {agent}\n{asked}{asked}");
        assert_eq!(tree(&telemetry), expected);
    }
}

#[tokio::test]
async fn requests_have_what_is_known_of_them_on_both_sides() {
    let telemetry = on(Vocabulary::GenAi);
    let connected = Connected::new().await;
    in_a_trace(connected.call("tenant")).await.expect("a result");
    connected.close().await;
    for kind in [SpanKind::Client, SpanKind::Server] {
        let call = named(&telemetry, &kind, "tools/call tenant").attributes();
        let expected = json!({
            "mcp.method.name": "String(\"tools/call\")", "gen_ai.tool.name": "String(\"tenant\")", "gen_ai.operation.name": "String(\"execute_tool\")",
            "jsonrpc.request.id": "String(\"1\")", "mcp.protocol.version": "String(\"2025-11-25\")",
        });
        assert_eq!(call.into_iter().collect::<Value>(), expected, "{kind:?}");
        let initialize = named(&telemetry, &kind, "initialize").attributes();
        assert_eq!(initialize["mcp.protocol.version"], "String(\"2025-11-25\")", "what was agreed on, {kind:?}");
    }
    for name in ["mcp.client.operation.duration", "mcp.server.operation.duration"] {
        assert_eq!(telemetry.points(name).len(), 2, "{name}");
    }
    for name in ["mcp.client.session.duration", "mcp.server.session.duration"] {
        let points = telemetry.points(name);
        assert_eq!(points.len(), 1, "{name}");
        assert_eq!(points[0].attributes["mcp.protocol.version"], "String(\"2025-11-25\")");
    }
}

#[tokio::test]
async fn the_server_is_named_in_the_prescribed_names() {
    let telemetry = on(Vocabulary::FastMcp);
    let connected = Connected::new().await;
    connected.call("tenant").await.expect("a result");
    connected.close().await;
    for name in ["initialize", "tools/call tenant"] {
        let server = named(&telemetry, &SpanKind::Server, name);
        assert_eq!(server.get("fastmcp.server.name"), Some("travel".into()), "{name}");
        assert_eq!(named(&telemetry, &SpanKind::Client, name).get("fastmcp.server.name"), None);
    }
}

#[tokio::test]
async fn a_plain_peer_s_request_is_a_child_of_the_request_that_is_answered() {
    let telemetry = on(Vocabulary::FastMcp);
    let connected = Connected::new().await;
    in_a_trace(connected.call("plain")).await.expect("a result");
    connected.close().await;
    let expected = "root\n  tools/call plain CLIENT\n    tools/call plain SERVER\n      sampling create_message CLIENT\n        sampling create_message SERVER\n          model\n";
    assert_eq!(tree(&telemetry), expected);
}

#[tokio::test]
async fn steps_at_once_have_each_a_child_of_its_own() {
    let telemetry = on(Vocabulary::FastMcp);
    let connected = Connected::new().await;
    in_a_trace(connected.call("twice")).await.expect("a result");
    connected.close().await;
    let step = "      sampling/createMessage step\n        sampling create_message CLIENT\n          sampling create_message SERVER\n            model\n";
    assert_eq!(tree(&telemetry), format!("root\n  tools/call twice CLIENT\n    tools/call twice SERVER\n{step}{step}"));
}

#[tokio::test]
async fn every_request_out_is_a_span_and_notifications_carry_context() {
    let telemetry = on(Vocabulary::FastMcp);
    let connected = Connected::new().await;
    in_a_trace(async {
        connected.call("everything").await.expect("a result");
        let client = &connected.client;
        client.list_tools(None).await.expect("tools");
        client.list_all_resources().await.expect("resources");
        client.read_resource(ReadResourceRequestParams::new("trip://1")).await.expect("a trip");
        let prompt = client.get_prompt(GetPromptRequestParams::new("packing")).await;
        prompt.expect_err("there is none");
        client.send_request(ClientRequest::PingRequest(PingRequest::default())).await.expect("an answer");
        client
            .peer()
            .notify_progress(ProgressNotificationParam::new(ProgressToken(NumberOrString::Number(1)), 1.0))
            .await
            .expect("sent");
    })
    .await;
    let (host, travel) = (connected.host.clone(), connected.travel.clone());
    connected.close().await;
    let both = |name: &str, depth: usize| format!("{0}{name} CLIENT\n{0}  {name} SERVER\n", "  ".repeat(depth));
    let inside = format!("{}{}", both("roots/list", 3), both("vendor/own", 3));
    let rest: String =
        ["tools/list", "resources/list", "resources/read", "prompts/get packing", "ping"].map(|name| both(name, 1)).concat();
    assert_eq!(tree(&telemetry), format!("root\n{}{inside}{rest}", both("tools/call everything", 1)));
    let trace = telemetry.named("root")[0].0.span_context.trace_id().to_string();
    for notified in [host.notified, travel.notified] {
        assert_eq!(*notified.lock().expect("no panic"), std::slice::from_ref(&trace));
    }
}

#[tokio::test]
async fn baggage_arrives() {
    let _telemetry = on(Vocabulary::FastMcp);
    let connected = Connected::new().await;
    let context = Context::new().with_baggage([KeyValue::new("tenant", "acme")]).with_span(global::tracer("test").start("root"));
    assert_eq!(text(connected.call("tenant").with_context(context).await), "acme");
    connected.close().await;
}

/// The endings of the one call, the client's before the server's.
async fn endings(vocabulary: Vocabulary, tool: &'static str) -> [(Status, Option<opentelemetry::Value>); 2] {
    let telemetry = on(vocabulary);
    let connected = Connected::new().await;
    let _result = tokio::time::timeout(Duration::from_millis(100), connected.call(tool)).await;
    connected.close().await;
    let name = format!("tools/call {tool}");
    [SpanKind::Client, SpanKind::Server].map(|kind| {
        let span = named(&telemetry, &kind, &name);
        (span.status(), span.get("error.type"))
    })
}

#[tokio::test]
async fn a_tool_error_is_one_on_both_sides() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let tool_error = (Status::error(""), Some("tool_error".into()));
        assert_eq!(endings(vocabulary, "fails").await, [tool_error.clone(), tool_error]);
    }
}

#[tokio::test]
async fn an_error_has_its_code_on_both_sides() {
    let error = |error_type: &'static str| (Status::error("what went wrong"), Some(error_type.into()));
    assert_eq!(endings(Vocabulary::GenAi, "is_an_error").await, [error("-32603"), error("-32603")]);
    assert_eq!(endings(Vocabulary::FastMcp, "is_an_error").await, [error("McpError"), error("McpError")]);
}

#[tokio::test]
async fn an_unknown_tool_is_the_client_s_mistake_and_no_metric_names_it() {
    let telemetry = on(Vocabulary::GenAi);
    let connected = Connected::new().await;
    connected.call("no_such_tool").await.expect_err("there is none");
    connected.close().await;
    let [client, server] = [SpanKind::Client, SpanKind::Server].map(|kind| named(&telemetry, &kind, "tools/call no_such_tool"));
    assert_eq!((server.status(), server.get("error.type")), (Status::Unset, None));
    assert_eq!(client.get("error.type"), Some("-32602".into()));
    assert_eq!(server.get("rpc.response.status_code"), Some("-32602".into()));
    for name in ["mcp.client.operation.duration", "mcp.server.operation.duration"] {
        assert!(!format!("{:?}", telemetry.points(name)).contains("no_such_tool"), "{name}");
    }
}

#[tokio::test]
async fn a_panic_is_one_and_its_client_gave_up() {
    let [client, server] = endings(Vocabulary::GenAi, "panics").await;
    assert_eq!(server, (Status::error("panicked"), Some("panic".into())));
    assert_eq!(client, (Status::error("cancelled"), Some("cancelled".into())));
}

#[tokio::test]
async fn a_peer_that_never_answers_was_cancelled_on_both_sides() {
    let cancelled = (Status::error("cancelled"), Some("cancelled".into()));
    assert_eq!(endings(Vocabulary::GenAi, "never").await, [cancelled.clone(), cancelled]);
}

#[tokio::test]
async fn a_timeout_is_one() {
    let telemetry = on(Vocabulary::GenAi);
    let connected = Connected::new().await;
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(CallToolRequestParams::new("never")));
    let options = PeerRequestOptions::with_timeout(Duration::from_millis(20));
    let handle = connected.client.peer().send_request_with_option(request, options).await.expect("sent");
    handle.await_response().await.expect_err("a timeout");
    connected.close().await;
    assert_eq!(named(&telemetry, &SpanKind::Client, "tools/call never").get("error.type"), Some("timeout".into()));
    assert_eq!(named(&telemetry, &SpanKind::Server, "tools/call never").get("error.type"), Some("cancelled".into()));
}

#[tokio::test]
async fn what_a_server_gives_up_has_ended() {
    let telemetry = on(Vocabulary::GenAi);
    let connected = Connected::new().await;
    assert_eq!(text(connected.call("gives_up").await), "gave up");
    // Before the connection closes.
    let sent = named(&telemetry, &SpanKind::Client, "sampling/createMessage");
    assert_eq!(sent.get("error.type"), Some("cancelled".into()));
    connected.close().await;
}

#[tokio::test]
async fn a_transport_that_breaks_ends_every_request() {
    let telemetry = on(Vocabulary::GenAi);
    let connected = Connected::new().await;
    let client = connected.client.peer().clone();
    let calling = tokio::spawn(async move { client.call_tool_once(CallToolRequestParams::new("never")).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    connected.server.abort();
    calling.await.expect("no panic").expect_err("there is no server");
    connected.client.cancel().await.expect("a client that ends");
    assert_eq!(named(&telemetry, &SpanKind::Client, "tools/call never").get("error.type"), Some("cancelled".into()));
    assert_eq!(named(&telemetry, &SpanKind::Server, "tools/call never").get("error.type"), Some("cancelled".into()));
}

#[cfg(feature = "elicitation")]
#[derive(Debug, PartialEq, serde::Deserialize, rmcp::schemars::JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct City {
    city: String,
}

#[cfg(feature = "elicitation")]
rmcp::elicit_safe!(City);

/// The router of tools takes all of them or none.
#[cfg(not(feature = "elicitation"))]
fn by_elicitation(_: &Peer) -> std::future::Ready<String> {
    std::future::ready(String::new())
}

/// In each of the ways that rmcp has, the last with a timeout that passes.
#[cfg(feature = "elicitation")]
#[sampling_tool]
async fn by_elicitation(peer: &Peer) -> String {
    let form = |message: &str| ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: message.to_owned(),
        requested_schema: ElicitationSchema::from_type::<City>().expect("a schema"),
    };
    let url = url::Url::parse("https://example.com").expect("a URL");
    peer.create_elicitation(form("where to?")).await.expect("an answer");
    assert_eq!(peer.elicit_url("look", url, "1").await.expect("an answer"), ElicitationAction::Accept);
    let city = peer.elicit::<City>("where to?").await.expect("an answer");
    assert_eq!(city, Some(City { city: "Lisbon".to_owned() }));
    let late = peer.create_elicitation_with_timeout(form("never"), Some(Duration::from_millis(20))).await;
    late.expect_err("a timeout").to_string()
}

#[cfg(feature = "elicitation")]
#[tokio::test]
async fn what_a_person_is_asked_is_part_of_the_step_that_asks() {
    let telemetry = on(Vocabulary::FastMcp);
    let connected = Connected::new().await;
    assert!(text(in_a_trace(connected.call("elicits")).await).contains("timeout"));
    connected.close().await;
    let asked = "        elicitation/create CLIENT\n          elicitation/create SERVER\n".repeat(4);
    let tool = "      sampling.execute_tool by_elicitation\n";
    assert_eq!(tree(&telemetry), format!("root\n  tools/call elicits CLIENT\n    tools/call elicits SERVER\n{tool}{asked}"));
    let mut sent = telemetry.named("elicitation/create");
    sent.retain(|span| span.kind() == SpanKind::Client);
    let ends: Vec<_> = sent.iter().map(|span| span.get("error.type")).collect();
    assert_eq!(ends, [None, None, None, Some("timeout".into())]);
}

#[sampling_tool(name = tool)]
async fn forward(client: &Running<RoleClient, Host>, tool: &'static str) -> Result<CallToolResult, ServiceError> {
    client.call_tool(CallToolRequestParams::new(tool)).await
}

#[tokio::test]
async fn a_tool_that_forwards_is_the_request_s_span() {
    let telemetry = on(Vocabulary::GenAi);
    let connected = Connected::new().await;
    in_a_trace(forward(&connected.client, "tenant")).await.expect("a result");
    in_a_trace(forward(&connected.client, "fails")).await.expect("a result");
    connected.close().await;
    assert_eq!(tree(&telemetry), "root\n  execute_tool tenant\n    tools/call tenant SERVER\n");
    let tool = telemetry.named("execute_tool tenant").remove(0);
    assert_eq!(tool.get("mcp.method.name"), Some("tools/call".into()));
    assert_eq!(tool.get("jsonrpc.request.id"), Some("1".into()));
    assert_eq!(telemetry.named("execute_tool fails")[0].get("error.type"), Some("tool_error".into()));
}

/// A client that speaks 2026-07-28: the server asks nothing, and is called again with the answers.
async fn discovered(transport: DuplexStream) -> Running<RoleClient, Host> {
    let (handler, transport) = traced(Host::default()).over(transport);
    let lifecycle = rmcp::service::ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    let running: RunningService<RoleClient, Traced<Host>> =
        rmcp::service::serve_client_with_lifecycle(handler, transport, lifecycle).await.expect("a server");
    running.into()
}

#[tokio::test]
async fn without_requests_from_the_server_each_round_is_a_loop_linked_to_the_one_before() {
    let telemetry = on(Vocabulary::FastMcp);
    let (near, far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(serve(Travel::new(), far));
    let client = discovered(near).await;
    let result = in_a_trace(client.call_tool(CallToolRequestParams::new("in_rounds"))).await;
    assert_eq!(text(result), "m");
    client.cancel().await.expect("a client that ends");
    server.await.expect("a server that ends");
    let call = "  tools/call in_rounds CLIENT\n    tools/call in_rounds SERVER\n      sampling/createMessage\n";
    let step = "        sampling/createMessage step\n";
    let host = "        sampling create_message SERVER\n          model\n";
    // The step began when it was asked for, and so before the loop that it is part of.
    assert_eq!(tree(&telemetry), format!("root\n{call}{host}{call}{step}{host}{call}{step}"));

    let rounds = telemetry.named("sampling/createMessage");
    assert!(rounds.iter().all(|round| round.get("gen_ai.conversation.id") == Some("trip-1".into())));
    let links: Vec<Vec<_>> =
        rounds.iter().map(|round| round.0.links.iter().map(|link| link.span_context.span_id()).collect()).collect();
    assert_eq!(links, [vec![], vec![rounds[0].id()], vec![rounds[1].id()]]);
    let steps = telemetry.named("sampling/createMessage step");
    let iterations: Vec<_> = steps.iter().map(|step| step.get("fastmcp.sampling.iteration")).collect();
    assert_eq!(iterations, [Some(0.into()), Some(1.into())]);
    for (step, round) in steps.iter().zip(&rounds[1..]) {
        assert_eq!(step.parent_id(), round.id());
        assert!(step.0.start_time < round.0.start_time, "{:?} {:?}", step.0.start_time, round.0.start_time);
    }
}

#[tokio::test]
async fn a_peer_that_is_not_traced_and_a_meta_that_is_malformed_change_nothing() {
    let telemetry = on(Vocabulary::FastMcp);
    let (near, far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(serve(Travel::new(), far));
    let client = Host::default().serve(near).await.expect("a server");
    for value in [
        json!("00-zz-1-01"),
        json!(42),
        json!(null),
        json!("00-00000000000000000000000000000000-0000000000000000-01"),
        json!("x".repeat(1 << 15)),
    ] {
        let mut params = CallToolRequestParams::new("tenant");
        params.meta_or_default().insert("traceparent".into(), value);
        client.call_tool(params).await.expect("a result");
    }
    client.cancel().await.expect("a client that ends");
    server.await.expect("a server that ends");
    let spans = telemetry.named("tools/call tenant");
    assert_eq!(spans.len(), 5);
    assert!(spans.iter().all(|span| span.parent_id() == opentelemetry::trace::SpanId::INVALID));
}

/// What a server writes when it is sent these lines, in no order: it answers them at once.
async fn written(mut transport: DuplexStream, lines: &[Value]) -> Vec<String> {
    let initialize = json!({
        "jsonrpc": "2.0", "id": "first", "method": "initialize",
        "params": { "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "raw", "version": "1" } },
    });
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let last = json!({ "jsonrpc": "2.0", "id": "last", "method": "ping" });
    for line in [&initialize, &initialized].into_iter().chain(lines).chain([&last]) {
        transport.write_all(format!("{line}\n").as_bytes()).await.expect("it is open");
    }
    let mut lines = BufReader::new(transport).lines();
    let mut written = Vec::new();
    while let Some(line) = lines.next_line().await.expect("it is open") {
        let is_last = line.contains("\"last\"");
        written.push(line);
        if is_last {
            break;
        }
    }
    written.sort();
    written
}

#[tokio::test]
async fn what_is_malformed_is_answered_as_without_us_and_every_span_ends() {
    let call = |id: i64, params: Value| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
    let lines = [
        call(1, json!({ "name": "tenant", "_meta": 7 })),
        call(2, json!({ "name": "tenant", "_meta": [] })),
        call(3, json!({ "name": "tenant", "_meta": null })),
        call(4, json!({ "name": "tenant", "_meta": { "traceparent": { "00": 1 }, "baggage": [1], "tracestate": null } })),
        call(5, json!(3)),
        call(6, json!({ "name": 4 })),
        json!({ "jsonrpc": "2.0", "id": 7, "method": "no/such", "params": { "_meta": { "traceparent": "00" } } }),
        json!({ "jsonrpc": "2.0", "id": 8, "method": "no/such", "params": [] }),
        json!({ "jsonrpc": "2.0", "id": null, "method": "ping" }),
        json!({ "jsonrpc": "2.0", "id": 99, "result": {} }),
        json!({ "what": "is this" }),
    ];
    let bare = {
        let _telemetry = Telemetry::off();
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(async move { Travel::new().serve(far).await.expect("a client").waiting().await });
        let bare = written(near, &lines).await;
        server.await.expect("no panic").expect("a server that ends");
        bare
    };
    assert!(bare.len() > 5, "{bare:#?}");
    let telemetry = on(Vocabulary::GenAi);
    let (near, far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(serve(Travel::new(), far));
    assert_eq!(written(near, &lines).await, bare);
    server.await.expect("a server that ends");
    // One for each answer that a handler was asked for, by the ids that were given.
    let ids = telemetry.spans_so_far().into_iter().filter_map(|span| span.get("jsonrpc.request.id"));
    let ids: BTreeSet<String> = ids.map(|id| id.as_str().into_owned()).collect();
    let expected = bare.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get("id").cloned());
    let expected: BTreeSet<String> =
        expected.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).filter(|id| id != "null").collect();
    assert_eq!(ids, expected);
    assert_eq!(telemetry.spans(ids.len()).len(), ids.len());
}

#[tokio::test]
async fn without_a_provider_everything_works() {
    let telemetry = Telemetry::off();
    let connected = Connected::new().await;
    assert_eq!(text(connected.call("plan_trip").await), "m");
    connected.call("fails").await.expect("a result");
    connected.call("no_such_tool").await.expect_err("there is none");
    connected.close().await;
    assert_eq!(telemetry.spans(0).len(), 0);
}

#[tokio::test]
async fn a_provider_that_comes_later_is_there_from_the_next_request_on() {
    let mut telemetry = Telemetry::off().propagated();
    let connected = Connected::new().await;
    connected.call("tenant").await.expect("a result");
    telemetry.install(opentelemetry_sdk::trace::Sampler::AlwaysOn);
    connected.call("plan_trip").await.expect("a result");
    connected.close().await;
    let expected = "tools/call plan_trip\n  tools/call plan_trip\n";
    assert!(telemetry.tree().starts_with(expected), "{}", telemetry.tree());
}
