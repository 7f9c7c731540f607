//! The user's futures and streams inside their calls.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::core::{Call, is_in_run};
use crate::call::harness::{Held, Running, Then};
use crate::call::here::{Here, HereGuard};
use crate::call::returned::Returned;
use futures_core::Stream;
use pin_project_lite::pin_project;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A loop that nobody listens to tells the calls inside, so that they need not ask.
pub struct Loop;

/// A step or tool that nobody listens to says nothing: outside a loop each call asks for itself.
pub struct Leaf;

/// A loop whose function may call itself. Where it does, it says nothing: it goes on with the loop that it is in.
pub struct RecursiveLoop;

/// What a call of this kind tells the code inside where nobody listens.
pub trait Silence {
    /// Tells it for as long as the guard lives.
    #[doc(hidden)]
    fn silence() -> Option<HereGuard>;
}

impl Silence for Loop {
    #[inline]
    fn silence() -> Option<HereGuard> {
        Some(Here::Off.set())
    }
}

impl Silence for RecursiveLoop {
    fn silence() -> Option<HereGuard> {
        (!is_in_run()).then(|| Here::Off.set())
    }
}

impl Silence for Leaf {
    #[inline]
    fn silence() -> Option<HereGuard> {
        None
    }
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

    /// Of a stream.
    #[inline]
    pub(crate) fn new_stream(inner: F, describe: D, call: Held) -> Self {
        call.goes_on_as_stream();
        Instrumented::new(inner, describe, call)
    }
}

impl<F, D, K> Future for Instrumented<F, D, K>
where
    F: Future,
    D: Fn(Returned<'_, F::Output>) -> Then,
    K: Silence,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let running = this.call.enter();
        let _silence = if running.is_none() { K::silence() } else { None };
        let mut polled = this.inner.poll(task);
        if let Some(running) = running {
            left(running, &mut polled, this.describe);
        }
        polled
    }
}

#[cold]
#[inline]
fn left<T>(running: Running<'_>, polled: &mut Poll<T>, describe: &impl Fn(Returned<'_, T>) -> Then) {
    match polled {
        Poll::Pending => running.leave(Then::GoesOn),
        Poll::Ready(value) => {
            running.leave_with(&mut |call: &Arc<Call>, asks| describe(Returned::new(value, call, asks)), Then::Ends);
        }
    }
}

impl<S, D, K> Stream for Instrumented<S, D, K>
where
    S: Stream,
    D: Fn(Returned<'_, S::Item>),
    K: Silence,
{
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        if this.call.is_none() {
            let _silence = K::silence();
            return this.inner.poll_next(task);
        }
        poll_next(this.call, this.inner, this.describe, task)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

#[cold]
#[inline]
fn poll_next<S: Stream>(
    call: &mut Held,
    stream: Pin<&mut S>,
    describe: &impl Fn(Returned<'_, S::Item>),
    task: &mut Context<'_>,
) -> Poll<Option<S::Item>> {
    let running = call.enter();
    let mut polled = stream.poll_next(task);
    if let Some(running) = running {
        match &mut polled {
            Poll::Pending => running.leave(Then::GoesOn),
            Poll::Ready(None) => running.leave(Then::Ends),
            Poll::Ready(Some(item)) => {
                let arrived = |call: &Arc<Call>, asks| {
                    describe(Returned::new(item, call, asks));
                    if call.item_arrived() { Then::Ends } else { Then::GoesOn }
                };
                running.leave_with(&mut { arrived }, Then::GoesOn);
            }
        }
    }
    polled
}
