//! The one choreography: enter the call, run the user's code, leave; then the call goes on, or it has ended. Futures, streams, plain calls and
//! destructors all go through here.

use crate::call::close::close;
use crate::call::core::Call;
use crate::call::ending::Ending;
use crate::call::here::{HereGuard, Id, is_there};
use crate::call::learned::Learned;
use opentelemetry::{Context, ContextGuard};
use std::cell::RefCell;
use std::sync::Arc;

/// A call in the hands of whoever runs it: one word, none when nobody listens and none when it has ended. Dropped while it is there,
/// the call was cancelled.
pub(crate) struct Held(Option<Arc<Call>>);

/// What becomes of a call when the user's code has come back.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Then {
    GoesOn,
    Ends,
}

impl Held {
    #[inline]
    pub(crate) fn new(call: Option<Arc<Call>>) -> Self {
        Held(call)
    }

    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    pub(crate) fn take(&mut self) -> Held {
        Held(self.0.take())
    }

    /// Runs code of the user's inside the call. If it unwinds, that is the call's end; else `then` looks at what came back, still inside.
    #[inline]
    pub(crate) fn inside<R>(&mut self, code: impl FnOnce() -> R, then: impl FnOnce(&R, &Call) -> Then) -> R {
        let Some(call) = self.0.take() else { return code() };
        let running = Running { call: Some(call), held: &mut self.0 };
        let entered = running.call.as_deref().and_then(Entered::new);
        let value = code();
        let then = running.call.as_deref().map_or(Then::GoesOn, |call| then(&value, call));
        drop(entered);
        running.come_back(then);
        value
    }

    #[cold]
    fn cancel(&mut self) {
        if let Some(call) = self.0.take() {
            unpark(&call);
            close(&call, Ending::Cancelled);
        }
    }

    /// Enters the call of a future that is about to be dropped. Its fields go in order, the [`Held`] last: what the user's locals do in their
    /// destructors happens inside the call.
    #[inline]
    pub(crate) fn enter_to_drop(&self) {
        if let Some(call) = &self.0 {
            park(call);
        }
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.cancel();
        }
    }
}

/// A call while the user's code runs: taken out of its [`Held`], so that nobody else ends it. Dropped as it is, that code is unwinding.
struct Running<'a> {
    call: Option<Arc<Call>>,
    held: &'a mut Option<Arc<Call>>,
}

impl Running<'_> {
    fn come_back(mut self, then: Then) {
        match (then, self.call.take()) {
            (Then::Ends, Some(call)) => {
                let ending = call.look(Learned::take_ending).unwrap_or(Ending::Success);
                close(&call, ending);
            }
            (_, call) => *self.held = call,
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            close(&call, Ending::Panicked);
        }
    }
}

/// A call's context and place, for as long as this lives.
struct Entered {
    _context: Option<ContextGuard>,
    _here: HereGuard,
}

impl Entered {
    /// None where the thread is about to be gone, and its locals with it.
    #[inline]
    fn new(call: &Call) -> Option<Entered> {
        is_there().then(|| Entered { _context: call.context.clone().map(Context::attach), _here: call.here.set() })
    }
}

thread_local! {
    /// The calls whose futures are being dropped right now, each inside the one before.
    static DROPPING: RefCell<Vec<(Id, Entered)>> = RefCell::default();
}

#[cold]
fn park(call: &Call) {
    if let Some(entered) = Entered::new(call) {
        // The thread is there: `entered` says so.
        let _ = DROPPING.try_with(|dropping| dropping.borrow_mut().push((call.id, entered)));
    }
}

/// Leaves the call, if it was entered to be dropped.
#[cold]
fn unpark(call: &Call) {
    let entered = DROPPING.try_with(|dropping| {
        let mut dropping = dropping.borrow_mut();
        let is_innermost = dropping.last().is_some_and(|(innermost, _)| *innermost == call.id);
        if is_innermost { dropping.pop() } else { None }
    });
    drop(entered);
}
