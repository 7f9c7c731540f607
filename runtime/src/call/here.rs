//! A word of this thread's that says what the code that runs now is inside of, put in place on every poll.
//!
//! It is what "nobody listens" costs: a step inside a loop that is off reads this word and does nothing else.
//! It also says which of our calls is the innermost where the current span is somebody else's.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use std::cell::Cell;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A call's: the id of its span, or a number if it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(u64);

impl Id {
    /// The current span of the context.
    pub(crate) fn of(context: &Context) -> Id {
        Id(u64::from_be_bytes(context.span().span_context().span_id().to_bytes()))
    }

    /// One that no other call has. Spans' ids are random, or count up; these count down.
    pub(crate) fn unique() -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(u64::MAX);
        Id(NEXT.fetch_sub(1, Relaxed))
    }
}

/// What the code that runs now is inside of, as far as this thread knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    /// Nothing is known: ask.
    Unknown,
    /// A loop that nobody listens to.
    Off,
    /// A loop that is not sampled: nobody listens while its span is the current one.
    Under(Id),
    /// A call that somebody listens to.
    Inside(Id),
}

thread_local! {
    static HERE: Cell<Here> = const { Cell::new(Here::Unknown) };
}

impl Here {
    #[inline]
    pub(crate) fn current() -> Here {
        HERE.get()
    }

    /// Whether nobody listens to a step or tool that begins here. Below an unsampled loop another context may have been attached by hand.
    #[inline]
    pub(crate) fn is_silent(self) -> bool {
        // Two comparisons, where a `match` of all would jump through a table.
        matches!(self, Here::Off) || matches!(self, Here::Under(unsampled) if is_current(unsampled))
    }

    /// Whether it is a loop that nobody listened to when it began: it was not asked what it allows, and so allows no content.
    #[inline]
    pub(crate) fn is_off(self) -> bool {
        self == Here::Off
    }

    /// Nothing is known any more.
    pub(crate) fn forget() {
        HERE.set(Here::Unknown);
    }

    /// For as long as the guard lives.
    #[inline]
    pub(crate) fn set(self) -> HereGuard {
        HereGuard(HERE.replace(self))
    }
}

/// Whether that span is the current one. Whoever asks was on this thread a moment ago, and so was its context.
#[cold]
#[inline(never)]
fn is_current(span: Id) -> bool {
    Context::map_current(Id::of) == span
}

/// Puts back what was. Generated code drops it, and nobody names it.
#[expect(missing_debug_implementations, reason = "only generated code has one")]
pub struct HereGuard(Here);

impl Drop for HereGuard {
    #[inline]
    fn drop(&mut self) {
        HERE.set(self.0);
    }
}

/// Whether opentelemetry's own local was there to begin with. Has a destructor, and so is gone when it has run.
struct Witness(bool);

impl Drop for Witness {
    fn drop(&mut self) {}
}

thread_local! {
    static WITNESS: Witness = {
        // Thread locals go in the reverse order of their creation: while this one is there, opentelemetry's own is. But where it is first asked for
        // in the destructor of another, opentelemetry's may be gone already, and has no other way to say so than to panic.
        Witness(catch_unwind(|| Context::map_current(|_| ())).is_ok())
    };
}

/// Whether this thread still has its context. Without it, opentelemetry would panic.
#[inline]
pub(crate) fn is_there() -> bool {
    WITNESS.try_with(|witness| witness.0).unwrap_or(false)
}
