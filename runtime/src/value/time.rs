//! Times, as `started` takes them.

use std::time::SystemTime;

/// A [`SystemTime`], or an `Option` or a reference of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no time",
    label = "expected a `std::time::SystemTime`",
    note = "a `SystemTime` is fine, and an `Option` or a reference of one; an `Instant` says nothing to a trace"
)]
pub trait Time: SealedTime {}

/// The time behind a [`Time`].
pub trait SealedTime {
    fn time(&self) -> Option<SystemTime>;
}

impl Time for SystemTime {}
impl<T: Time + ?Sized> Time for &T {}
impl<T: Time> Time for Option<T> {}

impl SealedTime for SystemTime {
    fn time(&self) -> Option<SystemTime> {
        Some(*self)
    }
}

impl<T: Time + ?Sized> SealedTime for &T {
    fn time(&self) -> Option<SystemTime> {
        (**self).time()
    }
}

impl<T: Time> SealedTime for Option<T> {
    fn time(&self) -> Option<SystemTime> {
        self.as_ref().and_then(SealedTime::time)
    }
}
