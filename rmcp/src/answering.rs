//! A request that is being answered: its handler in its context, and its one end.

use crate::about::Outcome;
use crate::connection::Connection;
use crate::inside::Inside;
use opentelemetry::Context;
use pin_project_lite::pin_project;
use rmcp::ErrorData;
use rmcp::model::RequestId;
use samplescope::mcp::{Ending, Operation};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

/// A request that somebody listens to, in the table of its connection until it has ended.
pub(crate) struct Answering {
    connection: Arc<Connection>,
    id: RequestId,
    operation: Option<Operation>,
}

impl Answering {
    pub(crate) fn new(connection: Arc<Connection>, id: RequestId, operation: Operation) -> Self {
        connection.serve(id.clone(), operation.context().clone());
        Answering { connection, id, operation: Some(operation) }
    }

    /// Runs the handler in the request's context, until it is done or `cancelled` is.
    pub(crate) fn run<F, C, T, O>(self, handler: F, cancelled: C, outcome: O) -> Answer<F, C, O>
    where
        F: Future<Output = Result<T, ErrorData>>,
        C: Future<Output = ()>,
        O: Fn(&T) -> &dyn Outcome,
    {
        let context = self.operation.as_ref().map_or_else(Context::new, |operation| operation.context().clone());
        Answer { handler: Inside::new(handler, context), cancelled, answering: self, outcome }
    }

    fn end<'r>(&mut self, ending: impl FnOnce(&mut Operation) -> Ending<'r>) {
        self.connection.served(&self.id);
        if let Some(mut operation) = self.operation.take() {
            let ending = ending(&mut operation);
            operation.end(&ending);
        }
    }
}

/// However its handler ends. The operation, dropped, says how.
impl Drop for Answering {
    fn drop(&mut self) {
        self.connection.served(&self.id);
    }
}

pin_project! {
    /// A handler, in the context of its request.
    pub(crate) struct Answer<F, C, O> {
        #[pin]
        handler: Inside<F>,
        #[pin]
        cancelled: C,
        answering: Answering,
        outcome: O,
    }
}

impl<F, C, T, O> Future for Answer<F, C, O>
where
    F: Future<Output = Result<T, ErrorData>>,
    C: Future<Output = ()>,
    O: Fn(&T) -> &dyn Outcome,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = this.handler.poll(cx);
        // rmcp lets the handler of a request run on that was cancelled, but sends its response to nobody: the request has ended here.
        if this.answering.operation.is_some() && this.cancelled.poll(cx).is_ready() {
            this.answering.end(|_| Ending::Cancelled);
        }
        if let Poll::Ready(result) = &result {
            this.answering.end(|operation| ending(operation, result, &*this.outcome));
        }
        result
    }
}

fn ending<'r, T>(
    operation: &mut Operation,
    result: &'r Result<T, ErrorData>,
    outcome: impl Fn(&T) -> &dyn Outcome,
) -> Ending<'r> {
    match result {
        Ok(response) => {
            let outcome = outcome(response);
            if let Some((version, server)) = outcome.agreed() {
                operation.learn("mcp.protocol.version", version);
                operation.learn("fastmcp.server.name", server);
            }
            outcome.content(operation);
            if outcome.is_tool_error() { Ending::ToolError } else { Ending::Returned }
        }
        Err(error) => Ending::JsonRpcError { code: error.code.0, message: &error.message },
    }
}
