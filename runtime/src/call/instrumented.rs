//! The user's futures and streams inside their calls.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::core::Call;
use crate::call::harness::{Held, Then};
use crate::call::here::Here;
use crate::call::returned::Returned;
use crate::caught::caught;
use futures_core::Stream;
use pin_project_lite::pin_project;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A loop that nobody listens to tells the calls inside, so that they need not ask.
pub struct Loop;

/// A step or tool that nobody listens to says nothing: outside a loop each call asks for itself.
pub struct Leaf;

/// What a call of this kind tells the code inside where nobody listens.
pub trait Kind {
    #[doc(hidden)]
    const SILENCES: bool;

    /// Runs code of a call that nobody listens to.
    #[doc(hidden)]
    #[inline]
    fn unheard<R>(code: impl FnOnce() -> R) -> R {
        let _silence = Self::SILENCES.then(|| Here::Off.set());
        code()
    }
}

impl Kind for Loop {
    const SILENCES: bool = true;
}

impl Kind for Leaf {
    const SILENCES: bool = false;
}

pin_project! {
    /// The user's future or stream and, while somebody listens, its call.
    ///
    /// Fields drop in order, with the call entered before the first and left with the last: what the user's locals do
    /// in their destructors happens inside the call.
    pub struct Instrumented<F, D, K> {
        #[pin]
        inner: F,
        describe: D,
        call: Held,
        kind: PhantomData<K>,
    }

    impl<F, D, K> PinnedDrop for Instrumented<F, D, K> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            this.project().call.enter_to_drop();
        }
    }
}

impl<F, D, K> Instrumented<F, D, K> {
    #[inline]
    pub(crate) fn new(inner: F, describe: D, call: Held) -> Self {
        Instrumented { inner, describe, call, kind: PhantomData }
    }
}

impl<F, D, K> Future for Instrumented<F, D, K>
where
    F: Future,
    D: Fn(Returned<'_, F::Output>),
    K: Kind,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.call.is_none() { K::unheard(|| this.inner.poll(task)) } else { poll(this.call, this.inner, this.describe, task) }
    }
}

#[inline(never)]
fn poll<F: Future>(
    call: &mut Held,
    future: Pin<&mut F>,
    describe: &impl Fn(Returned<'_, F::Output>),
    task: &mut Context<'_>,
) -> Poll<F::Output> {
    call.inside(
        || future.poll(task),
        |polled, call| match polled {
            Poll::Pending => Then::GoesOn,
            Poll::Ready(value) => {
                returned(value, call, describe);
                Then::Ends
            }
        },
    )
}

/// What came back is looked at, if anybody wants to know.
pub(crate) fn returned<R>(value: &R, call: &Call, describe: &impl Fn(Returned<'_, R>)) {
    if call.wants.anything() {
        caught("a closure of an attribute", || describe(Returned::new(value, call)));
    }
}

impl<S, D, K> Stream for Instrumented<S, D, K>
where
    S: Stream,
    D: Fn(Returned<'_, S::Item>),
    K: Kind,
{
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if this.call.is_none() { this.inner.poll_next(task) } else { poll_next(this.call, this.inner, this.describe, task) }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

#[inline(never)]
fn poll_next<S: Stream>(
    call: &mut Held,
    stream: Pin<&mut S>,
    describe: &impl Fn(Returned<'_, S::Item>),
    task: &mut Context<'_>,
) -> Poll<Option<S::Item>> {
    call.inside(
        || stream.poll_next(task),
        |polled, call| match polled {
            Poll::Pending => Then::GoesOn,
            Poll::Ready(None) => Then::Ends,
            Poll::Ready(Some(item)) => {
                call.chunk_arrived();
                returned(item, call, describe);
                if call.has_failed() { Then::Ends } else { Then::GoesOn }
            }
        },
    )
}
