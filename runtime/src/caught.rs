//! Code of the user's that they would not have run without us may panic, and they must not see it. Their own code may, and then its span says so.

use crate::warning;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the code gives; None, with a warning, if it panics. `what` says what was left out.
pub(crate) fn caught<T>(what: &'static str, code: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(value) => Some(value),
        Err(payload) => {
            warn(what, payload);
            None
        }
    }
}

/// Whether the thread has begun to unwind since this was made. One that was unwinding before says nothing of what happens now.
#[derive(Clone, Copy)]
pub(crate) struct Unwinding {
    before: bool,
}

impl Unwinding {
    pub(crate) fn watch() -> Self {
        Unwinding { before: std::thread::panicking() }
    }

    pub(crate) fn has_begun(self) -> bool {
        !self.before && std::thread::panicking()
    }
}

#[cold]
fn warn(what: &'static str, payload: Box<dyn Any + Send>) {
    // The payload may panic as it drops.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    warning::once!("{what} panicked: what it would have said was left out");
}
