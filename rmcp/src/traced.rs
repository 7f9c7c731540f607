//! The handler's half: a SERVER span for every request that comes in.

use crate::about::{About, request_id};
use crate::answering::Answering;
use crate::connection::{Connection, On};
use crate::inside::Inside;
use crate::role::Role;
use crate::transport::{TracedTransport, network_transport};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use rmcp::model::{Extensions, NotificationMetaObject, ProtocolVersion};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::transport::{IntoTransport, Transport};
use rmcp::{ErrorData, Service};
use samplescope::mcp::{self, Operation, Side};
use std::borrow::Cow;
use std::fmt;
#[cfg(feature = "transport-streamable-http-server")]
use std::net::SocketAddr;
use std::sync::Arc;

/// A handler whose every request is a span: see [`traced`].
pub struct Traced<S> {
    pub(crate) inner: S,
    /// Where no transport of ours says which it is.
    pub(crate) connection: Arc<Connection>,
}

/// Traces a handler of a server or of a client.
///
/// Every request that it answers is a SERVER span, child of the one that the request's `_meta` names, and current in the handler. With
/// [`serve`](Traced::serve), every request that it sends is a CLIENT span, too.
pub fn traced<S>(handler: S) -> Traced<S> {
    Traced { inner: handler, connection: Arc::default() }
}

impl<S> Traced<S> {
    /// Both halves, traced, for rmcp's other ways to serve: `serve_client_with_lifecycle`, `serve_directly`, `serve_with_ct`.
    pub fn over<R, T, E, A>(self, transport: T) -> (Self, TracedTransport<impl Transport<R, Error = E> + use<R, T, E, A, S>>)
    where
        R: Role,
        T: IntoTransport<R, E, A>,
        E: std::error::Error + Send + Sync + 'static,
        A: 'static,
    {
        if let Some(name) = network_transport(std::any::type_name::<T>()) {
            let _ = self.connection.transport.set(name);
        }
        let transport = TracedTransport::new(transport.into_transport(), self.connection.clone());
        (self, transport)
    }

    /// Starts to answer a request. None: nobody listens.
    pub(crate) fn answer<R: Role>(&self, about: &About<'_>, context: &RequestContext<R>) -> Option<Answering> {
        if !mcp::is_listened_to() {
            return None;
        }
        let connection = context.extensions.get::<On>().map_or(&self.connection, |On(connection)| connection);
        let mut described = about.described();
        let head = Head::of(&context.extensions);
        // Until `initialize` is answered, rmcp has what the client asked for.
        let version = if about.method == "initialize" { None } else { R::protocol_version(context) };
        described.request_id = Some(request_id(&context.id));
        described.transport = head.transport.or_else(|| connection.transport.get().copied());
        described.network_protocol = head.network_protocol;
        (described.address, described.port) = head.client.as_ref().map(|(address, port)| (address.as_str(), *port)).unzip();
        described.session_id = head.session_id.or_else(|| connection.session_id.get().map(String::as_str));
        described.protocol_version = version.as_deref().or_else(|| connection.protocol_version.get().map(String::as_str));
        if !R::IS_CLIENT {
            described.server_name = connection.server_name.get().map(String::as_str);
        }
        let ambient = Context::current();
        let mut parent = mcp::extract(&ambient, &context.meta);
        if R::IS_CLIENT && !parent.has_active_span() {
            parent = connection.occasion(&parent).unwrap_or(parent);
        }
        let mut operation = Operation::start(Side::Receiver, &described, &parent);
        if let Some(arguments) = about.arguments {
            operation.arguments(arguments);
        }
        Some(Answering::new(connection.clone(), context.id.clone(), operation))
    }
}

impl<R: Role, S: Service<R>> Service<R> for Traced<S> {
    async fn handle_request(&self, request: R::PeerReq, context: RequestContext<R>) -> Result<R::Resp, ErrorData> {
        match self.answer(&R::incoming(&request), &context) {
            Some(answering) => {
                let cancelled = context.ct.clone();
                answering.run(self.inner.handle_request(request, context), cancelled.cancelled_owned(), R::answer).await
            }
            None => self.inner.handle_request(request, context).await,
        }
    }

    async fn handle_notification(&self, notification: R::PeerNot, context: NotificationContext<R>) -> Result<(), ErrorData> {
        if !mcp::is_listened_to() {
            return self.inner.handle_notification(notification, context).await;
        }
        let parent = notified(&context);
        Inside::new(self.inner.handle_notification(notification, context), parent).await
    }

    fn get_info(&self) -> R::Info {
        self.inner.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Service::<R>::supported_protocol_versions(&self.inner)
    }
}

/// The context that a notification comes with. rmcp 3.9 leaves its `_meta` among the extensions.
pub(crate) fn notified<R: Role>(context: &NotificationContext<R>) -> Context {
    let meta = context.extensions.get::<NotificationMetaObject>().unwrap_or(&context.meta);
    mcp::extract(&Context::current(), meta)
}

/// What the head of the HTTP request says that a message came with.
#[derive(Default)]
struct Head<'a> {
    transport: Option<&'static str>,
    network_protocol: Option<(&'static str, &'static str)>,
    session_id: Option<&'a str>,
    /// The client's, where whoever serves HTTP has put it among the request's extensions.
    client: Option<(String, u16)>,
}

impl<'a> Head<'a> {
    #[cfg(feature = "transport-streamable-http-server")]
    fn of(extensions: &'a Extensions) -> Self {
        let Some(parts) = extensions.get::<http::request::Parts>() else { return Head::default() };
        let version = match parts.version {
            http::Version::HTTP_10 => "1.0",
            http::Version::HTTP_2 => "2",
            http::Version::HTTP_3 => "3",
            _ => "1.1",
        };
        Head {
            transport: Some("tcp"),
            network_protocol: Some(("http", version)),
            session_id: parts.headers.get("mcp-session-id").and_then(|id| id.to_str().ok()),
            client: parts.extensions.get::<SocketAddr>().map(|client| (client.ip().to_string(), client.port())),
        }
    }

    #[cfg(not(feature = "transport-streamable-http-server"))]
    fn of(_: &'a Extensions) -> Self {
        Head::default()
    }
}

impl<S: fmt::Debug> fmt::Debug for Traced<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending;
    use opentelemetry::trace::{FutureExt as _, Tracer as _};
    use opentelemetry_sdk::trace::Sampler;
    use rmcp::model::{CallToolRequestParams, ClientRequest, PingRequest};
    use rmcp::{ClientHandler, ServerHandler};
    use samplescope_tests::Telemetry;

    #[derive(Clone)]
    struct Bare;
    impl ServerHandler for Bare {}
    #[derive(Clone)]
    struct Host;
    impl ClientHandler for Host {}

    /// Over a connection. A hundred thousand take a minute and a half: `transport.rs` has them without rmcp between.
    const REQUESTS: u64 = 3_200;

    #[tokio::test]
    async fn thousands_of_requests_leave_nothing_behind() {
        let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered().propagated();
        let (near, far) = tokio::io::duplex(1 << 16);
        let (server, client) = (traced(Bare), traced(Host));
        let connections = [server.connection.clone(), client.connection.clone()];
        let server = tokio::spawn(async move { server.serve(far).await.expect("a client").waiting().await });
        let client = client.serve(near).await.expect("a server");
        let context = Context::new().with_span(opentelemetry::global::tracer("test").start("root"));
        async {
            for _ in 0..REQUESTS / 32 {
                let pings = (0..31).map(|_| client.send_request(ClientRequest::PingRequest(PingRequest::default())));
                let (pings, call) =
                    futures::future::join(futures::future::join_all(pings), client.call_tool(CallToolRequestParams::new("no")))
                        .await;
                assert!(pings.into_iter().all(|ping| ping.is_ok()) && call.is_err());
            }
        }
        .with_context(context)
        .await;
        assert!(connections.iter().all(|connection| connection.is_idle()));
        assert!(sending::is_idle());
        let points = telemetry.points("mcp.client.operation.duration");
        assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), REQUESTS + 1);
        client.cancel().await.expect("a client that ends");
        server.await.expect("no panic").expect("a server that ends");
    }
}
