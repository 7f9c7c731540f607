//! rmcp's `RunningService`, whose messages carry the context of who sends them.

use crate::peer::Peer;
use crate::role::Role;
use crate::sending::in_trace;
use crate::traced::Traced;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, GetPromptRequestParams, GetPromptResult, ReadResourceRequestParams, ReadResourceResult,
};
use rmcp::service::{QuitReason, RunningService, RunningServiceCancellationToken};
use rmcp::transport::IntoTransport;
use rmcp::{RoleClient, Service, ServiceError, ServiceExt};
use std::ops::Deref;
use std::time::Duration;
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

/// [`rmcp::service::RunningService`], whose requests are in the trace of whoever sends them. It has the methods of rmcp's, and those of its
/// [`Peer`].
#[derive(Debug)]
pub struct Running<R: Role, S: Service<R>> {
    running: RunningService<R, Traced<S>>,
    peer: Peer<R>,
}

impl<R: Role, S: Service<R>> From<RunningService<R, Traced<S>>> for Running<R, S> {
    fn from(running: RunningService<R, Traced<S>>) -> Self {
        let peer = running.peer().clone().into();
        Running { running, peer }
    }
}

impl<R: Role, S: Service<R>> Deref for Running<R, S> {
    type Target = Peer<R>;

    fn deref(&self) -> &Peer<R> {
        &self.peer
    }
}

impl<R: Role, S: Service<R>> Running<R, S> {
    /// The peer, whose requests are in the trace of whoever sends them, too.
    pub fn peer(&self) -> &Peer<R> {
        &self.peer
    }

    /// The handler.
    pub fn service(&self) -> &S {
        &self.running.service().inner
    }

    /// rmcp's own.
    pub fn into_inner(self) -> RunningService<R, Traced<S>> {
        self.running
    }

    /// As [`RunningService::cancellation_token`].
    pub fn cancellation_token(&self) -> RunningServiceCancellationToken {
        self.running.cancellation_token()
    }

    /// As [`RunningService::is_closed`].
    pub fn is_closed(&self) -> bool {
        self.running.is_closed()
    }

    /// As [`RunningService::waiting`].
    pub async fn waiting(self) -> Result<QuitReason, JoinError> {
        self.running.waiting().await
    }

    /// As [`RunningService::cancel`].
    pub async fn cancel(self) -> Result<QuitReason, JoinError> {
        self.running.cancel().await
    }

    /// As [`RunningService::close`].
    pub async fn close(&mut self) -> Result<QuitReason, JoinError> {
        self.running.close().await
    }

    /// As [`RunningService::close_with_timeout`].
    pub async fn close_with_timeout(&mut self, timeout: Duration) -> Result<Option<QuitReason>, JoinError> {
        self.running.close_with_timeout(timeout).await
    }
}

/// Calls that answer what the server asks for, and are made again with the answers: each round is a request of its own.
macro_rules! in_rounds {
    ($($name:ident, $bounded:ident($params:ty) -> $result:ty;)*) => { $(
        #[doc = concat!("As rmcp's `", stringify!($name), "`, in the current trace: each round is a request of its own.")]
        pub async fn $name(&self, params: $params) -> Result<$result, ServiceError> {
            let (params, _local) = in_trace(params);
            self.running.$name(params).await
        }

        #[doc = concat!("As rmcp's `", stringify!($bounded), "`, in the current trace: each round is a request of its own.")]
        pub async fn $bounded(&self, params: $params, max_rounds: usize) -> Result<$result, ServiceError> {
            let (params, _local) = in_trace(params);
            self.running.$bounded(params, max_rounds).await
        }
    )* };
}

impl<S: Service<RoleClient>> Running<RoleClient, S> {
    in_rounds! {
        call_tool, call_tool_with_mrtr_max_rounds(CallToolRequestParams) -> CallToolResult;
        get_prompt, get_prompt_with_mrtr_max_rounds(GetPromptRequestParams) -> GetPromptResult;
        read_resource, read_resource_with_mrtr_max_rounds(ReadResourceRequestParams) -> ReadResourceResult;
    }
}
