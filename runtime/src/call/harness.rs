//! The one choreography: enter the call, run the user's code, leave; then the call goes on, or it has ended. Futures, streams, plain calls and
//! destructors all go through here.

use crate::call::close::{close, close_dropped, close_returned};
use crate::call::core::Call;
use crate::call::ending::Ending;
use crate::call::here::{HereGuard, Id, is_there};
use crate::caught::{Unwinding, caught};
use opentelemetry::{Context, ContextGuard};
use std::cell::RefCell;
use std::sync::Arc;

/// A call in the hands of whoever runs it: one word, none when nobody listens and none when it has ended. Dropped while it is there,
/// the call was cancelled.
pub(crate) struct Held(Option<Arc<Call>>);

/// What becomes of a call when the user's code has come back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// It goes on.
    GoesOn,
    /// It has ended.
    Ends,
    /// What came back goes on with it.
    HandedOn,
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

    /// What came back is a stream, and the call goes on as long.
    #[inline]
    pub(crate) fn goes_on_as_stream(&self) {
        if let Some(call) = &self.0 {
            call.goes_on_as_stream();
        }
    }

    /// Takes the call out and enters it; None if there is none. Then the user's code runs, until [`Running::leave`].
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where nobody listens it is one comparison, in each function's own `poll`")]
    pub(crate) fn enter(&mut self) -> Option<Running<'_>> {
        if self.0.is_some() { self.take_and_enter() } else { None }
    }

    #[cold]
    #[inline(never)]
    fn take_and_enter(&mut self) -> Option<Running<'_>> {
        let call = self.0.take()?;
        let entered = Attached::new(&call);
        Some(Running { held: &mut self.0, call: Some(call), entered })
    }

    /// Enters the call of a future that is about to be dropped. Its fields go in order, the [`Held`] last: what the user's locals do in their
    /// destructors happens inside the call.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where nobody listens it is one comparison, in each function's own destructor")]
    pub(crate) fn enter_to_drop(&self) {
        if let Some(call) = &self.0 {
            park(call);
        }
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            dropped(call);
        }
    }
}

#[cold]
fn dropped(call: Arc<Call>) {
    unpark(&call);
    close_dropped(&call);
}

/// Looks at what came back, with the closures of the attribute or without. A trait of its own, and not `dyn FnMut`, of which three functions are
/// compiled for each closure instead of one.
pub(crate) trait Look {
    fn look(&mut self, call: &Arc<Call>, asks: bool) -> Then;
}

impl<F: FnMut(&Arc<Call>, bool) -> Then> Look for F {
    fn look(&mut self, call: &Arc<Call>, asks: bool) -> Then {
        self(call, asks)
    }
}

/// A call while the user's code runs: taken out of its [`Held`], so that nobody else ends it. Dropped as it is, that code is unwinding.
///
/// Nothing here depends on what the code is, so it is compiled once, not once a function.
pub(crate) struct Running<'a> {
    held: &'a mut Option<Arc<Call>>,
    call: Option<Arc<Call>>,
    entered: Option<Attached>,
}

impl Running<'_> {
    /// The user's code has come back. What came back is looked at inside the call, and says what becomes of it. Where a closure panics, it is looked
    /// at once more without any, for whether it is an error or a stream; where that panics, too, `otherwise`.
    #[inline(never)]
    pub(crate) fn leave_with(self, look: &mut dyn Look, otherwise: Then) {
        let then = self.call.as_ref().map_or(otherwise, |call| {
            let then = caught("a closure of an attribute", || look.look(call, true));
            then.unwrap_or_else(|| look_again(look, call, otherwise))
        });
        self.leave(then);
    }

    /// Leaves the call, which goes on or has ended.
    #[inline]
    pub(crate) fn leave(mut self, then: Then) {
        self.left(then);
        // It holds nothing any more: its destructor is for code that unwinds.
        std::mem::forget(self);
    }

    #[inline(never)]
    fn left(&mut self, then: Then) {
        drop(self.entered.take());
        match (then, self.call.take()) {
            (Then::Ends, Some(call)) => {
                close_returned(&call);
            }
            (Then::HandedOn, call) => drop(call),
            (_, call) => *self.held = call,
        }
    }
}

impl Drop for Running<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            drop(self.entered.take());
            close(&call, Ending::Panicked, None);
        }
    }
}

#[cold]
fn look_again(look: &mut dyn Look, call: &Arc<Call>, otherwise: Then) -> Then {
    caught("what came back", || look.look(call, false)).unwrap_or(otherwise)
}

/// A call in the middle of the user's own code, which may leave it at any time: by `?`, `return` or `break`, and then it was cancelled, or by a panic.
pub(crate) struct Evaluating {
    call: Option<(Arc<Call>, Unwinding)>,
    entered: Option<Attached>,
}

impl Evaluating {
    /// Enters the call.
    #[inline]
    pub(crate) fn inside(held: Held) -> Self {
        let entered = held.0.as_deref().and_then(Attached::new);
        let mut evaluating = Self::outside(held);
        evaluating.entered = entered;
        evaluating
    }

    /// Does not enter it.
    #[inline]
    pub(crate) fn outside(mut held: Held) -> Self {
        Evaluating { call: held.0.take().map(|call| (call, Unwinding::watch())), entered: None }
    }

    /// Leaves the call, which goes on.
    #[inline]
    pub(crate) fn leave(mut self) -> Held {
        drop(self.entered.take());
        Held(self.call.take().map(|(call, _)| call))
    }
}

impl Drop for Evaluating {
    #[inline]
    fn drop(&mut self) {
        if let Some((call, unwinding)) = self.call.take() {
            drop(self.entered.take());
            left_early(&call, unwinding);
        }
    }
}

#[cold]
fn left_early(call: &Call, unwinding: Unwinding) {
    close(call, if unwinding.has_begun() { Ending::Panicked } else { Ending::Cancelled }, None);
}

/// A call that code runs in which does not decide how it ends. None when nobody listens. If it was entered for a destructor, it is left
/// when this is dropped.
pub(crate) struct Lent(Option<Arc<Call>>);

impl Lent {
    pub(crate) fn new(call: Option<Arc<Call>>) -> Self {
        Lent(call)
    }

    /// Inside the call for as long as the guard lives; None if there is none.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        self.0.as_deref().map(Inside::new)
    }

    /// Enters the call of a future that is about to be dropped, as [`Held::enter_to_drop`] does.
    #[inline]
    pub(crate) fn enter_to_drop(&self) {
        if let Some(call) = &self.0 {
            park(call);
        }
    }
}

impl Drop for Lent {
    #[inline]
    fn drop(&mut self) {
        if let Some(call) = &self.0 {
            unpark(call);
        }
    }
}

/// Code inside a call. If it unwinds, the call remembers: dropped without an end, it has panicked.
pub(crate) struct Inside<'a> {
    call: &'a Call,
    unwinding: Unwinding,
    _entered: Option<Attached>,
}

impl<'a> Inside<'a> {
    pub(crate) fn new(call: &'a Call) -> Self {
        Inside { call, unwinding: Unwinding::watch(), _entered: Attached::new(call) }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if self.unwinding.has_begun() {
            self.call.learn(|learned| learned.unwound = true);
        }
    }
}

/// A call's context and place, for as long as this lives.
struct Attached {
    _context: Option<ContextGuard>,
    _here: HereGuard,
}

impl Attached {
    /// None where the thread is about to be gone, and its locals with it.
    #[inline]
    fn new(call: &Call) -> Option<Attached> {
        is_there().then(|| Attached { _context: call.context.clone().map(Context::attach), _here: call.here.set() })
    }
}

thread_local! {
    /// The calls whose futures are being dropped right now, each inside the one before.
    static DROPPING: RefCell<Vec<(Id, Attached)>> = RefCell::default();
}

#[cold]
fn park(call: &Call) {
    if let Some(entered) = Attached::new(call) {
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
