//! What both directions of one connection know of each other.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use rmcp::model::RequestId;
use samplescope::mcp::Operation;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// One connection. The transport knows it, tells it to the handler with each message that comes in, and so there is one, whichever of the two
/// was made first.
#[derive(Default)]
pub(crate) struct Connection {
    /// `network.transport`
    pub(crate) transport: OnceLock<&'static str>,
    /// What `initialize` agreed on.
    pub(crate) protocol_version: OnceLock<String>,
    pub(crate) server_name: OnceLock<String>,
    pub(crate) session_id: OnceLock<String>,
    /// The contexts of the requests that are being answered: parents of what is sent on their behalf.
    serving: Mutex<HashMap<RequestId, Context>>,
    /// The requests that wait for their response.
    waiting: Mutex<HashMap<RequestId, Operation>>,
}

/// A message's connection, in its extensions.
#[derive(Clone)]
pub(crate) struct On(pub(crate) Arc<Connection>);

// Nothing is dropped under these locks: an operation that goes is a span that ends.
impl Connection {
    pub(crate) fn serve(&self, id: RequestId, context: Context) {
        let before = locked(&self.serving).insert(id, context);
        drop(before);
    }

    pub(crate) fn served(&self, id: &RequestId) {
        let context = locked(&self.serving).remove(id);
        drop(context);
    }

    pub(crate) fn serving(&self, id: &RequestId) -> Option<Context> {
        locked(&self.serving).get(id).cloned()
    }

    pub(crate) fn wait(&self, id: RequestId, operation: Operation) {
        let before = locked(&self.waiting).insert(id, operation);
        drop(before);
    }

    /// A request that waits for its response no more. Some peers send a number back as a string.
    pub(crate) fn take(&self, id: &RequestId) -> Option<Operation> {
        let mut waiting = locked(&self.waiting);
        waiting.remove(id).or_else(|| match id {
            RequestId::String(text) => waiting.remove(&RequestId::Number(text.parse().ok()?)),
            RequestId::Number(_) => None,
        })
    }

    /// Nothing more will come: each request was cancelled.
    pub(crate) fn close(&self) {
        let waiting = std::mem::take(&mut *locked(&self.waiting));
        drop(waiting);
    }

    /// The request that one without a trace context was sent on behalf of, if there can be but one: FastMCP 3.4 puts no `_meta` on what it
    /// samples. Its span is the parent, as if it had come with the request.
    pub(crate) fn occasion(&self, base: &Context) -> Option<Context> {
        let waiting = locked(&self.waiting);
        let mut all = waiting.values();
        let only = all.next().filter(|_| all.next().is_none())?;
        let span = only.context().span().span_context().clone();
        drop(waiting);
        span.is_valid().then(|| base.with_remote_span_context(span))
    }

    /// Whether no request is in one of the tables.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        locked(&self.serving).is_empty() && locked(&self.waiting).is_empty()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
