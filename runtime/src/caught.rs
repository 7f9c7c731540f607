//! Code of the user's that they would not have run without us: it may panic, and they must not see it.

use crate::warning;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the code gives; None, with a warning, if it panics. `what` says what was left out.
pub(crate) fn caught<T>(what: &'static str, code: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // The payload may panic as it drops.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
            warn(what);
            None
        }
    }
}

#[cold]
fn warn(what: &'static str) {
    warning::once!("{what} panicked: what it would have said was left out");
}
