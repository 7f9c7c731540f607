//! Rust on both sides of streamable HTTP, over loopback: one trace, one session, and what the connection says of itself.

#![allow(deprecated, reason = "sampling is rmcp's own, until it goes")]

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use opentelemetry::trace::{FutureExt as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::model::*;
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpClientTransport, StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ClientHandler, ErrorData, RoleClient, ServerHandler, ServiceError, tool, tool_router};
use samplescope::{Settings, Vocabulary, sampling_step};
use samplescope_rmcp::{Peer, Running, TracedSessions, traced};
use samplescope_tests::{Span, Telemetry};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Clone)]
struct Travel {
    router: ToolRouter<Self>,
}

#[sampling_step(response_model = |answer| &answer.model)]
async fn ask(peer: &Peer) -> Result<CreateMessageResult, ServiceError> {
    peer.create_message(CreateMessageRequestParams::new(vec![SamplingMessage::user_text("where to?")], 16)).await
}

#[tool_router(router = router)]
impl Travel {
    #[tool(description = "asks its client's model")]
    async fn plan_trip(&self, peer: Peer) -> String {
        ask(&peer).await.expect("a client that samples").model
    }

    #[tool(description = "is an error")]
    async fn is_an_error(&self) -> Result<String, ErrorData> {
        Err(ErrorData::internal_error("what went wrong", None))
    }

    #[tool(description = "never answers")]
    async fn never(&self) -> String {
        std::future::pending().await
    }
}

#[rmcp::tool_handler(router = self.router)]
impl ServerHandler for Travel {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("travel", "1.0.0"))
    }
}

#[derive(Clone)]
struct Host;

impl ClientHandler for Host {
    async fn create_message(
        &self,
        _: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        global::tracer("host").in_span("model", |_| {});
        Ok(CreateMessageResult::new(SamplingMessage::assistant_text("yes"), "m".into()))
    }

    fn get_info(&self) -> ClientInfo {
        let capabilities = ClientCapabilities::builder().enable_sampling().build();
        let mut info = ClientInfo::new(capabilities, Implementation::new("host", "1.0.0"));
        info.protocol_version = ProtocolVersion::V_2025_11_25;
        info
    }
}

struct Connected {
    client: Running<RoleClient, Host>,
    server: JoinHandle<()>,
}

impl Connected {
    async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let server = tokio::spawn(serve(listener));
        let client = traced(Host).serve(StreamableHttpClientTransport::from_uri(url)).await.expect("a server");
        Connected { client, server }
    }

    async fn call(&self, tool: &'static str) -> Result<CallToolResult, ServiceError> {
        let context = Context::new().with_span(global::tracer("test").start("root"));
        let result = self.client.call_tool(CallToolRequestParams::new(tool)).with_context(context.clone()).await;
        context.span().end();
        result
    }

    async fn close(self) {
        self.client.cancel().await.expect("a client that ends");
        self.server.abort();
        self.server.await.expect_err("it was aborted");
    }
}

async fn serve(listener: TcpListener) {
    let sessions = Arc::new(TracedSessions(LocalSessionManager::default()));
    let travel = || Ok(traced(Travel { router: Travel::router() }).handler());
    let service = StreamableHttpService::new(travel, sessions, StreamableHttpServerConfig::default());
    loop {
        let (stream, client) = listener.accept().await.expect("a connection");
        let service = service.clone();
        let answer = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            let service = service.clone();
            async move {
                request.extensions_mut().insert::<SocketAddr>(client);
                Ok::<_, Infallible>(service.handle(request).await)
            }
        });
        // A connection that breaks is the client's to see.
        tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await });
    }
}

fn on() -> Telemetry {
    Telemetry::on().metered().propagated().with(Settings::default().with_vocabulary(Vocabulary::GenAi))
}

/// The one span of that kind and name, once it has ended: over HTTP nobody waits for the other side.
async fn ended(telemetry: &Telemetry, kind: &SpanKind, name: &str) -> Span {
    for _ in 0..1_000 {
        let mut spans = telemetry.named(name);
        spans.retain(|span| span.kind() == *kind);
        if let Some(span) = spans.pop() {
            assert!(spans.is_empty(), "{}", telemetry.tree());
            return span;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no {name}:\n{}", telemetry.tree());
}

fn text(span: &Span, key: &str) -> Option<String> {
    span.get(key).map(|value| value.as_str().into_owned())
}

#[tokio::test]
async fn over_http_it_is_one_trace_in_one_session() {
    let telemetry = on();
    let connected = Connected::new().await;
    connected.call("plan_trip").await.expect("a result");
    let mut parent = telemetry.named("root").remove(0);
    let chain = [
        (SpanKind::Client, "tools/call plan_trip"),
        (SpanKind::Server, "tools/call plan_trip"),
        (SpanKind::Client, "chat"),
        (SpanKind::Client, "sampling/createMessage"),
        (SpanKind::Server, "sampling/createMessage"),
        (SpanKind::Internal, "model"),
    ];
    let mut spans = Vec::new();
    for (kind, name) in chain {
        let span = ended(&telemetry, &kind, name).await;
        assert_eq!(span.parent_id(), parent.id(), "{kind:?} {name}\n{}", telemetry.tree());
        assert_eq!(span.0.span_context.trace_id(), parent.0.span_context.trace_id());
        spans.push(std::mem::replace(&mut parent, span));
    }
    let [_, call, server, _, sent, answered] = spans.try_into().expect("six");
    for span in [&call, &server, &sent, &answered] {
        assert_eq!(text(span, "network.transport").as_deref(), Some("tcp"), "{}", span.name());
        assert_eq!(text(span, "mcp.protocol.version").as_deref(), Some("2025-11-25"), "{}", span.name());
    }
    let session = text(&server, "mcp.session.id").expect("a session");
    assert_eq!(text(&sent, "mcp.session.id"), Some(session));
    connected.close().await;
}

#[tokio::test]
async fn a_server_knows_its_client_s_address_where_the_http_server_says_it() {
    let telemetry = on();
    let connected = Connected::new().await;
    connected.call("is_an_error").await.expect_err("an error");
    let server = ended(&telemetry, &SpanKind::Server, "tools/call is_an_error").await;
    assert_eq!(text(&server, "client.address").as_deref(), Some("127.0.0.1"));
    assert!(matches!(server.get("client.port"), Some(opentelemetry::Value::I64(1..=65_535))), "{server:?}");
    assert_eq!(text(&server, "network.protocol.name").as_deref(), Some("http"));
    assert_eq!(text(&server, "network.protocol.version").as_deref(), Some("1.1"));
    // What is not known is left out: rmcp tells its client neither where it is nor what session it has.
    let client = ended(&telemetry, &SpanKind::Client, "tools/call is_an_error").await;
    for key in ["server.address", "server.port", "mcp.session.id", "network.protocol.name"] {
        assert_eq!(client.get(key), None, "{key}");
    }
    for span in [client, server] {
        assert_eq!((span.status(), text(&span, "error.type")), (Status::error("what went wrong"), Some("-32603".into())));
    }
    // An address is nothing to measure by.
    assert!(!format!("{:?}", telemetry.points("mcp.server.operation.duration")).contains("127.0.0.1"));
    connected.close().await;
}

#[tokio::test]
async fn over_http_too_what_a_client_gives_up_was_cancelled_on_both_sides() {
    let telemetry = on();
    let connected = Connected::new().await;
    let given_up = tokio::time::timeout(Duration::from_millis(50), connected.call("never")).await;
    given_up.expect_err("nobody answers");
    for kind in [SpanKind::Client, SpanKind::Server] {
        let span = ended(&telemetry, &kind, "tools/call never").await;
        assert_eq!(text(&span, "error.type").as_deref(), Some("cancelled"), "{kind:?}");
    }
    connected.close().await;
}
