//! The user's futures and streams inside their calls.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::core::{Call, is_in_run};
use crate::call::harness::{Held, Then};
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
pub trait Kind {
    #[doc(hidden)]
    const IS_LOOP: bool;

    /// Tells it for as long as the guard lives.
    #[doc(hidden)]
    #[inline]
    fn silence() -> Option<HereGuard> {
        Self::IS_LOOP.then(|| Here::Off.set())
    }
}

impl Kind for Loop {
    const IS_LOOP: bool = true;
}

impl Kind for RecursiveLoop {
    const IS_LOOP: bool = true;

    fn silence() -> Option<HereGuard> {
        (!is_in_run()).then(|| Here::Off.set())
    }
}

impl Kind for Leaf {
    const IS_LOOP: bool = false;
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
    D: Fn(Returned<'_, F::Output>) -> Then,
    K: Kind,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.call.is_none() {
            let _silence = K::silence();
            return this.inner.poll(task);
        }
        poll(this.call, this.inner, this.describe, task)
    }
}

#[cold]
#[inline(never)]
fn poll<F: Future>(
    call: &mut Held,
    future: Pin<&mut F>,
    describe: &impl Fn(Returned<'_, F::Output>) -> Then,
    task: &mut Context<'_>,
) -> Poll<F::Output> {
    let running = call.enter();
    let mut polled = future.poll(task);
    if let Some(running) = running {
        let then = match &mut polled {
            Poll::Pending => Then::GoesOn,
            Poll::Ready(value) => {
                running.returned(&mut |call: &Arc<Call>| describe(Returned::new(value, call))).unwrap_or(Then::Ends)
            }
        };
        running.leave(then);
    }
    polled
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
#[inline(never)]
fn poll_next<S: Stream>(
    call: &mut Held,
    stream: Pin<&mut S>,
    describe: &impl Fn(Returned<'_, S::Item>),
    task: &mut Context<'_>,
) -> Poll<Option<S::Item>> {
    let running = call.enter();
    let mut polled = stream.poll_next(task);
    if let Some(running) = running {
        let then = match &mut polled {
            Poll::Pending => Then::GoesOn,
            Poll::Ready(None) => Then::Ends,
            Poll::Ready(Some(item)) => {
                let arrived = |call: &Arc<Call>| {
                    describe(Returned::new(item, call));
                    if call.item_arrived() { Then::Ends } else { Then::GoesOn }
                };
                running.returned(&mut { arrived }).unwrap_or(Then::GoesOn)
            }
        };
        running.leave(then);
    }
    polled
}
