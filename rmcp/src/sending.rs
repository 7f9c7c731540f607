//! How the context of whoever sends a message gets to the transport, which runs in a task of its own.

use crate::connection::Connection;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _};
use rmcp::model::{RequestId, RequestMetaObject, RequestParamsMeta};
use samplescope::mcp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// Parameters that carry the current context in their `_meta`: for what [`Peer`](crate::Peer) does not send, such as the requests that an
/// `InputRequiredResult` asks its client to answer.
pub trait InCurrentTrace: RequestParamsMeta + Sized {
    /// The same, with the current context.
    #[must_use]
    fn in_current_trace(mut self) -> Self {
        mcp::inject(&Context::current(), self.meta_or_default());
        self
    }
}

impl<P: RequestParamsMeta> InCurrentTrace for P {}

/// The context of a request's sender, in the extensions of the request, which do not leave the process.
#[derive(Clone)]
pub(crate) struct Sending {
    pub(crate) context: Context,
    slot: Arc<OnceLock<(Weak<Connection>, RequestId)>>,
}

/// That of a notification's.
#[derive(Clone)]
pub(crate) struct SendingNotification(pub(crate) Context);

impl Sending {
    /// In the current context. None: nobody listens.
    pub(crate) fn now() -> Option<Self> {
        mcp::is_listened_to().then(|| Sending { context: Context::current(), slot: Arc::default() })
    }

    pub(crate) fn guard(&self) -> SendingGuard {
        SendingGuard(self.slot.clone())
    }

    /// The transport has sent it.
    pub(crate) fn sent(&self, connection: &Arc<Connection>, id: &RequestId) {
        let _ = self.slot.set((Arc::downgrade(connection), id.clone()));
    }
}

/// Whoever waits for a response. Dropped while the request is still open, it was cancelled: rmcp tells nobody that a server's future is gone.
pub(crate) struct SendingGuard(Arc<OnceLock<(Weak<Connection>, RequestId)>>);

impl Drop for SendingGuard {
    fn drop(&mut self) {
        if let Some((connection, id)) = self.0.get()
            && let Some(connection) = connection.upgrade()
        {
            drop(connection.take(id));
        }
    }
}

/// The contexts that parameters are being sent in, by their span: what is only in a `_meta` has forgotten which loop or tool it is in.
static LOCAL: Mutex<Option<HashMap<SpanId, (Context, usize)>>> = Mutex::new(None);

fn contexts() -> MutexGuard<'static, Option<HashMap<SpanId, (Context, usize)>>> {
    LOCAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Parameters in the current context, as long as the guard lives. Unchanged where nobody listens.
pub(crate) fn in_trace<P: RequestParamsMeta>(mut params: P) -> (P, Option<Local>) {
    let local = mcp::is_listened_to().then(|| Local::written_to(params.meta_or_default())).flatten();
    (params, local)
}

/// The same of a `_meta` that the request has to itself.
pub(crate) fn meta_in_trace(mut meta: RequestMetaObject) -> (RequestMetaObject, Option<Local>) {
    let local = mcp::is_listened_to().then(|| Local::written_to(&mut meta)).flatten();
    (meta, local)
}

/// The same of parameters that need not be there.
pub(crate) fn in_trace_if_listened<P: RequestParamsMeta + Default>(params: Option<P>) -> (Option<P>, Option<Local>) {
    if !mcp::is_listened_to() {
        return (params, None);
    }
    let (params, local) = in_trace(params.unwrap_or_default());
    (Some(params), local)
}

/// The context of this process that a `_meta` names.
pub(crate) fn local(context: &Context) -> Option<Context> {
    let named: SpanContext = context.span().span_context().clone();
    let (local, _) = contexts().as_ref()?.get(&named.span_id())?.clone();
    (local.span().span_context().trace_id() == named.trace_id()).then_some(local)
}

pub(crate) struct Local(SpanId);

impl Local {
    /// Writes the current context. None: it has no span.
    fn written_to(meta: &mut RequestMetaObject) -> Option<Self> {
        let context = Context::current();
        mcp::inject(&context, meta);
        let span = context.span().span_context().span_id();
        if span == SpanId::INVALID {
            return None;
        }
        contexts().get_or_insert_default().entry(span).or_insert((context, 0)).1 += 1;
        Some(Local(span))
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let mut contexts = contexts();
        let Some(all) = contexts.as_mut() else { return };
        let is_last = all.get_mut(&self.0).is_some_and(|(_, users)| {
            *users -= 1;
            *users == 0
        });
        let gone = if is_last { all.remove(&self.0) } else { None };
        // Not under the lock: the last of a span may go with it.
        drop(contexts);
        drop(gone);
    }
}

/// Whether nobody is sending.
#[cfg(test)]
pub(crate) fn is_idle() -> bool {
    contexts().as_ref().is_none_or(HashMap::is_empty)
}
