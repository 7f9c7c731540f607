//! rmcp's `RunningService`, whose messages carry the context of who sends them.

use crate::peer::{Peer, requests_of_a_client};
use crate::role::Role;
use crate::sending::in_trace;
use crate::traced::Traced;
#[allow(clippy::wildcard_imports, reason = "one type and more for each request of MCP")]
use rmcp::model::*;
use rmcp::service::{PeerRequestOptions, QuitReason, RequestHandle, RunningService};
use rmcp::transport::IntoTransport;
use rmcp::{RoleClient, Service, ServiceError, ServiceExt};
use std::ops::Deref;
use tokio::task::JoinError;

impl<S> Traced<S> {
    /// As [`ServiceExt::serve`], with the transport traced, too.
    pub async fn serve<R, T, E, A>(self, transport: T) -> Result<Running<R, S>, R::InitializeError>
    where
        R: Role,
        S: Service<R>,
        Self: ServiceExt<R>,
        T: IntoTransport<R, E, A>,
        E: std::error::Error + Send + Sync + 'static,
        A: 'static,
    {
        let (handler, transport) = self.over(transport);
        ServiceExt::serve(handler, transport).await.map(Running::from)
    }
}

/// [`rmcp::service::RunningService`], whose requests are in the trace of whoever sends them. It has the methods of rmcp's.
#[derive(Debug)]
pub struct Running<R: Role, S: Service<R>>(RunningService<R, Traced<S>>);

impl<R: Role, S: Service<R>> From<RunningService<R, Traced<S>>> for Running<R, S> {
    fn from(running: RunningService<R, Traced<S>>) -> Self {
        Running(running)
    }
}

impl<R: Role, S: Service<R>> Deref for Running<R, S> {
    type Target = RunningService<R, Traced<S>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R: Role, S: Service<R>> Running<R, S> {
    /// The peer, whose requests are in the trace of whoever sends them, too.
    pub fn peer(&self) -> Peer<R> {
        self.0.peer().clone().into()
    }

    /// As [`rmcp::Peer::send_request`], in the current trace.
    pub async fn send_request(&self, request: R::Req) -> Result<R::PeerResp, ServiceError> {
        self.peer().send_request(request).await
    }

    /// As [`rmcp::Peer::send_request_with_option`], in the current trace.
    pub async fn send_request_with_option(
        &self,
        request: R::Req,
        options: PeerRequestOptions,
    ) -> Result<RequestHandle<R>, ServiceError> {
        self.peer().send_request_with_option(request, options).await
    }

    /// As [`rmcp::Peer::send_cancellable_request`], in the current trace.
    pub async fn send_cancellable_request(
        &self,
        request: R::Req,
        options: PeerRequestOptions,
    ) -> Result<RequestHandle<R>, ServiceError> {
        self.peer().send_cancellable_request(request, options).await
    }

    /// As [`rmcp::Peer::send_notification`], in the current trace.
    pub async fn send_notification(&self, notification: R::Not) -> Result<(), ServiceError> {
        self.peer().send_notification(notification).await
    }

    /// The handler.
    pub fn service(&self) -> &S {
        &self.0.service().inner
    }

    /// rmcp's own.
    pub fn into_inner(self) -> RunningService<R, Traced<S>> {
        self.0
    }

    /// As [`RunningService::waiting`].
    pub async fn waiting(self) -> Result<QuitReason, JoinError> {
        self.0.waiting().await
    }

    /// As [`RunningService::cancel`].
    pub async fn cancel(self) -> Result<QuitReason, JoinError> {
        self.0.cancel().await
    }

    /// As [`RunningService::close`].
    pub async fn close(&mut self) -> Result<QuitReason, JoinError> {
        self.0.close().await
    }
}

impl<S: Service<RoleClient>> Running<RoleClient, S> {
    requests_of_a_client!();
}
