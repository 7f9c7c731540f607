//! The transport's half: a CLIENT span for every request that leaves, until its response is there.

use crate::about::{Outcome, request_id};
use crate::connection::{Connection, On};
use crate::role::Role;
use crate::sending::{self, Sending, SendingNotification};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use rmcp::model::{CancelledNotification, GetExtensions as _, GetMeta as _, JsonRpcMessage};
use rmcp::service::{OriginatingRequestId, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use samplescope::mcp::{self, Described, Ending, Operation, Session, Side};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// A transport whose every request out is a span: see [`Traced::over`](crate::Traced::over).
pub struct TracedTransport<T> {
    inner: T,
    connection: Arc<Connection>,
    /// Whether the handler learns of its connection from each request: one of HTTP serves many.
    is_of_session: bool,
    /// When the request was there that begins a session.
    initializing: Option<Instant>,
    session: Option<Session>,
}

impl<T> TracedTransport<T> {
    pub(crate) fn new(inner: T, connection: Arc<Connection>) -> Self {
        TracedTransport { inner, connection, is_of_session: false, initializing: None, session: None }
    }

    /// One of streamable HTTP, which has sessions of its own.
    #[cfg(feature = "transport-streamable-http-server")]
    pub(crate) fn of_session(inner: T, id: &str) -> Self {
        let connection = Arc::<Connection>::default();
        let _ = connection.transport.set("tcp");
        let _ = connection.session_id.set(id.to_owned());
        let mut transport = TracedTransport::new(inner, connection);
        transport.is_of_session = true;
        transport
    }

    /// What both sides agreed on: from here on the session lasts.
    fn agreed(&mut self, side: Side, outcome: &dyn Outcome) {
        let Some((version, server)) = outcome.agreed() else { return };
        let _ = self.connection.protocol_version.set(version.to_owned());
        let _ = self.connection.server_name.set(server.to_owned());
        let described = Described {
            protocol_version: Some(version),
            transport: self.connection.transport.get().copied(),
            ..Described::default()
        };
        let session = Session::start(side, &described);
        let session = match self.initializing.take() {
            Some(since) => session.since(since),
            None => session,
        };
        drop(self.session.replace(session));
    }

    /// Starts a request's span, and writes its context into the request. None: nobody listens.
    fn start<R: Role>(&self, id: &rmcp::model::RequestId, request: &mut R::Req) -> Option<Operation> {
        let sending = request.extensions_mut().remove::<Sending>();
        if !mcp::is_listened_to() {
            return None;
        }
        let parent = match &sending {
            Some(sending) => sending.context.clone(),
            None => self.parent::<R>(request),
        };
        // 2026-07-28 says it in every request; before, `initialize` did for all of them.
        let version = request.get_meta().protocol_version().map(|version| version.to_string());
        let about = R::outgoing(request);
        let described = Described {
            request_id: Some(request_id(id)),
            transport: self.connection.transport.get().copied(),
            protocol_version: version.as_deref().or_else(|| self.connection.protocol_version.get().map(String::as_str)),
            session_id: self.connection.session_id.get().map(String::as_str),
            ..about.described()
        };
        let mut operation = Operation::start(Side::Sender, &described, &parent);
        if let Some(arguments) = about.arguments {
            operation.arguments(arguments);
        }
        mcp::inject(operation.context(), request.get_meta_mut());
        if let Some(sending) = sending {
            sending.sent(&self.connection, id);
        }
        Some(operation)
    }

    /// What the request says, else the request that is being answered.
    fn parent<R: Role>(&self, request: &R::Req) -> Context {
        let originating = request.extensions().get::<OriginatingRequestId>();
        let base = originating.and_then(|id| self.connection.serving(&id.0)).unwrap_or_else(Context::current);
        let said = [R::meta_of_params(request), Some(request.get_meta())].into_iter().flatten();
        said.map(|meta| mcp::extract(&base, meta))
            .find(|context| context.span().span_context() != base.span().span_context())
            .map(|context| sending::local(&context).unwrap_or(context))
            .unwrap_or(base)
    }
}

impl<R: Role, T: Transport<R>> Transport<R> for TracedTransport<T> {
    type Error = T::Error;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn send(&mut self, mut item: TxJsonRpcMessage<R>) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let mut sent = None;
        match &mut item {
            JsonRpcMessage::Request(message) => {
                if R::outgoing(&message.request).method == "initialize" {
                    self.initializing = Some(Instant::now());
                }
                if let Some(operation) = self.start::<R>(&message.id, &mut message.request) {
                    self.connection.wait(message.id.clone(), operation);
                    sent = Some(message.id.clone());
                }
            }
            JsonRpcMessage::Notification(message) => {
                if let Some(SendingNotification(context)) = R::notification_extensions(&mut message.notification).remove() {
                    mcp::inject(&context, R::notification_meta(&mut message.notification));
                }
                // Who gives up a request says so: after a timeout, or as its future is dropped.
                let cancelled = TryInto::<CancelledNotification>::try_into(message.notification.clone());
                if let Ok(CancelledNotification { params, .. }) = cancelled
                    && let Some(operation) = params.request_id.as_ref().and_then(|id| self.connection.take(id))
                {
                    operation.end(&match params.reason.as_deref() {
                        Some(reason) if reason.contains("timeout") => Ending::Failed { error_type: "timeout", message: reason },
                        _ => Ending::Cancelled,
                    });
                }
            }
            JsonRpcMessage::Response(message) => self.agreed(Side::Receiver, R::answer(&message.result)),
            JsonRpcMessage::Error(_) => {}
        }
        let sending = self.inner.send(item);
        let connection = sent.is_some().then(|| self.connection.clone());
        async move {
            let result = sending.await;
            if let (Err(error), Some(connection), Some(id)) = (&result, connection, sent)
                && let Some(operation) = connection.take(&id)
            {
                operation.end(&Ending::Failed { error_type: "transport", message: &error.to_string() });
            }
            result
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<R>> {
        let Some(mut item) = self.inner.receive().await else {
            self.connection.close();
            return None;
        };
        match &mut item {
            JsonRpcMessage::Request(message) => {
                if R::incoming(&message.request).method == "initialize" {
                    self.initializing = Some(Instant::now());
                }
                if self.is_of_session && mcp::is_listened_to() {
                    message.request.extensions_mut().insert(On(self.connection.clone()));
                }
            }
            JsonRpcMessage::Response(message) => {
                let outcome = R::answered(&message.result);
                let operation = self.connection.take(&message.id);
                if let Some(mut operation) = operation {
                    if let Some((version, _)) = outcome.agreed() {
                        operation.learn("mcp.protocol.version", version);
                    }
                    outcome.content(&mut operation);
                    operation.end(&if outcome.is_tool_error() { Ending::ToolError } else { Ending::Returned });
                }
                self.agreed(Side::Sender, outcome);
            }
            JsonRpcMessage::Error(message) => {
                if let Some(operation) = message.id.as_ref().and_then(|id| self.connection.take(id)) {
                    operation.end(&Ending::JsonRpcError { code: message.error.code.0, message: &message.error.message });
                }
            }
            JsonRpcMessage::Notification(_) => {}
        }
        Some(item)
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.connection.close();
        drop(self.session.take());
        self.inner.close()
    }
}

/// Nothing more will come.
impl<T> Drop for TracedTransport<T> {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// `network.transport`, by the type that the user names: rmcp has no other word for it.
pub(crate) fn network_transport(type_name: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 7] = [
        ("Stdin", "pipe"),
        ("Stdout", "pipe"),
        ("Stdio", "pipe"),
        ("ChildProcess", "pipe"),
        ("TcpStream", "tcp"),
        ("UnixStream", "unix"),
        ("StreamableHttpClient", "tcp"),
    ];
    KNOWN.into_iter().find_map(|(part, transport)| type_name.contains(part).then_some(transport))
}

impl<T: fmt::Debug> fmt::Debug for TracedTransport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedTransport").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answering::Answering;
    use opentelemetry_sdk::trace::Sampler;
    use rmcp::model::{
        CancelledNotificationParam, ClientNotification, ClientRequest, EmptyResult, NumberOrString, PingRequest, RequestId,
        ServerResult,
    };
    use rmcp::{ErrorData, RoleClient};
    use samplescope_tests::Telemetry;
    use std::collections::VecDeque;
    use std::future::{pending, ready};
    use std::io;

    const REQUESTS: i64 = 100_000;

    /// Answers what it is sent: with a result or an error, or not at all, or it breaks.
    #[derive(Default)]
    struct Answers(VecDeque<RxJsonRpcMessage<RoleClient>>);

    /// What becomes of a request.
    #[derive(Clone, Copy, PartialEq)]
    enum Fate {
        Answered,
        Refused,
        GivenUp,
        Broken,
    }

    fn fate(id: &RequestId) -> Fate {
        let NumberOrString::Number(number) = id else { return Fate::Broken };
        [Fate::Answered, Fate::Answered, Fate::Refused, Fate::GivenUp, Fate::Broken][usize::try_from(number % 5).unwrap_or(0)]
    }

    impl Transport<RoleClient> for Answers {
        type Error = io::Error;

        fn send(&mut self, item: TxJsonRpcMessage<RoleClient>) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
            let JsonRpcMessage::Request(request) = item else { return ready(Ok(())) };
            match fate(&request.id) {
                Fate::Answered => {
                    self.0.push_back(JsonRpcMessage::response(ServerResult::EmptyResult(EmptyResult {}), request.id));
                }
                Fate::Refused => self.0.push_back(JsonRpcMessage::error(ErrorData::internal_error("no", None), Some(request.id))),
                Fate::GivenUp => {}
                Fate::Broken => return ready(Err(io::Error::other("broken"))),
            }
            ready(Ok(()))
        }

        async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
            self.0.pop_front()
        }

        async fn close(&mut self) -> Result<(), io::Error> {
            Ok(())
        }
    }

    fn request(id: &RequestId) -> TxJsonRpcMessage<RoleClient> {
        JsonRpcMessage::request(ClientRequest::PingRequest(PingRequest::default()), id.clone())
    }

    #[tokio::test]
    async fn a_hundred_thousand_requests_leave_no_entry_however_they_end() {
        let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered().propagated();
        let connection = Arc::<Connection>::default();
        let mut transport = TracedTransport::new(Answers::default(), connection.clone());
        for number in 0..REQUESTS {
            let id = RequestId::Number(number);
            let fate = fate(&id);
            // What we send.
            assert_eq!(transport.send(request(&id)).await.is_err(), fate == Fate::Broken);
            if fate == Fate::GivenUp {
                let given_up = CancelledNotification::new(CancelledNotificationParam::new(Some(id.clone()), None));
                let given_up = ClientNotification::CancelledNotification(given_up);
                transport.send(JsonRpcMessage::notification(given_up)).await.expect("it is not broken");
            }
            let is_answered = matches!(fate, Fate::Answered | Fate::Refused);
            assert_eq!(transport.receive().await.is_some(), is_answered);
            // What we answer.
            let described = Described { method: "ping", request_id: Some(request_id(&id)), ..Described::default() };
            let operation = Operation::start(Side::Receiver, &described, &Context::new());
            let answering = Answering::new(connection.clone(), id, operation);
            match fate {
                Fate::Answered => drop(answering.run(ready(Ok(ServerResult::empty(()))), pending(), answer).await),
                Fate::Refused => {
                    drop(answering.run(ready(Err(ErrorData::internal_error("no", None))), pending(), answer).await);
                }
                Fate::GivenUp => drop(answering.run(pending(), pending::<()>(), answer)),
                Fate::Broken => drop(answering),
            }
        }
        assert!(connection.is_idle());
        for name in ["mcp.client.operation.duration", "mcp.server.operation.duration"] {
            let measured: u64 = telemetry.points(name).iter().map(|point| point.count).sum();
            assert_eq!(i64::try_from(measured), Ok(REQUESTS), "{name}");
        }
    }

    fn answer(result: &ServerResult) -> &dyn Outcome {
        result
    }
}
