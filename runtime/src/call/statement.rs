//! The call of a statement: an expression among the user's own, and not a function. It is entered while that expression is evaluated, which may do
//! the work, or leave early.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::called::{AnyCalled, Called, Calling, Opened};
use crate::call::harness::{Evaluating, Held};
use crate::call::here::HereGuard;
use crate::call::instrumented::Silence;
use pin_project_lite::pin_project;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A call whose expression is being evaluated. Dropped as it is, that expression was left early, or it unwinds.
pub struct Entered<K> {
    call: Evaluating,
    silence: Option<HereGuard>,
    kind: PhantomData<K>,
}

impl<K: Silence> Opened<K> {
    /// Inside the call from now on.
    #[inline]
    pub fn __ss_entered(self) -> Entered<K> {
        let call = self.into_held();
        let silence = if call.is_none() { K::silence() } else { None };
        Entered { call: Evaluating::inside(call), silence, kind: PhantomData }
    }

    /// Not inside: what is evaluated may be interrupted, and a thread must not be left inside.
    #[inline]
    pub fn __ss_outside(self) -> Entered<K> {
        Entered { call: Evaluating::outside(self.into_held()), silence: None, kind: PhantomData }
    }
}

impl<K: Silence> Entered<K> {
    /// What the expression is, is to be awaited. `then` looks at what comes of that, and hands it on.
    #[inline]
    pub fn __ss_run<F: IntoFuture, T: Fn(Called<F::Output, K>) -> F::Output>(
        self,
        future: F,
        then: T,
    ) -> Awaited<F::IntoFuture, T, K> {
        let future = future.into_future();
        Awaited { calling: Calling::new(future, self.left()), then }
    }

    /// The expression has been evaluated. `then` looks at what it is, and hands it on.
    #[inline]
    pub fn __ss_leave<R>(self, value: R, then: impl FnOnce(Called<R, K>) -> R) -> R {
        Called::new(value, self.left()).handed(then)
    }

    #[inline]
    fn left(self) -> Held {
        let Entered { call, silence, .. } = self;
        drop(silence);
        call.leave()
    }
}

pin_project! {
    /// The future of a statement's call, and what looks at what comes of it.
    pub struct Awaited<F, T, K> {
        #[pin]
        calling: Calling<F, K>,
        then: T,
    }
}

impl<F: Future, T: Fn(Called<F::Output, K>) -> F::Output, K: Silence> Future for Awaited<F, T, K> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.calling.poll(task).map(|called| called.handed(this.then))
    }
}

/// What a statement without `.await` can have made so that its call goes on with it.
#[diagnostic::on_unimplemented(
    message = "this is a future, of which only the making would be in the span",
    label = "a future that nobody has awaited yet",
    note = "write `.await` behind it (where a macro such as `join!` awaits it, `async {{ #[sampling_tool] call().await }}`), or box it: \
            `Pin<Box<dyn Future>>`, with or without `Send`, is seen by its type, and the span lasts as long"
)]
pub trait BoxedFuture {}

impl<O> BoxedFuture for Pin<Box<dyn Future<Output = O> + '_>> {}

impl<O> BoxedFuture for Pin<Box<dyn Future<Output = O> + Send + '_>> {}

impl<O> BoxedFuture for Pin<Box<dyn Future<Output = O> + Send + Sync + '_>> {}

impl<F: Future, K> Called<F, K> {
    /// A future has to be boxed.
    pub fn __ss_boxed(&self)
    where
        F: BoxedFuture,
    {
    }
}

impl<R, K> AnyCalled<R, K> {
    /// It is no future.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_boxed(&self) {}

    /// What it is.
    #[expect(clippy::unused_self, reason = "only its type is looked at")]
    pub fn __ss_known(&self) -> Known<R> {
        Known(PhantomData)
    }

    /// What it is, beside what the user says that it is.
    #[expect(clippy::unused_self, reason = "only its type is looked at")]
    pub fn __ss_given<T>(&self) -> Expected<R, T> {
        Expected(AnyExpected(PhantomData))
    }

    /// What is no `Result` is not looked into.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_tried<T>(&self) -> Expected<(), T> {
        Expected(AnyExpected(PhantomData))
    }
}

impl<S, E, K> Called<Result<S, E>, K> {
    /// What it is if it is no error.
    pub fn __ss_known(&self) -> Known<S> {
        Known(PhantomData)
    }

    /// What it is if it is no error, beside what the user says that it is.
    pub fn __ss_tried<T>(&self) -> Expected<S, T> {
        Expected(AnyExpected(PhantomData))
    }
}

/// A type that has to be known where what came back is looked at: through a `Deref` to what nobody knows, rustc asks for an annotation.
pub struct Known<T>(PhantomData<fn() -> T>);

impl<T> Known<T> {
    /// It is.
    pub fn __ss_known(&self) {}
}

impl<T> Deref for Known<T> {
    type Target = T;
    fn deref(&self) -> &T {
        unreachable!("there is no value: only the type is looked at")
    }
}

/// A type and the one that a `let` wants. A type that only the `let` tells is told here, where what came back is looked at; two that differ,
/// and of which the one becomes the other, stay as they are.
pub struct Expected<R, T>(AnyExpected<R, T>);

/// Two types that differ.
pub struct AnyExpected<R, T>(PhantomData<fn() -> (R, T)>);

impl<A> Expected<A, A> {
    /// They are one.
    pub fn __ss_same(&self) {}
}

impl<R, T> AnyExpected<R, T> {
    /// They are two.
    #[expect(clippy::unused_self, reason = "only its type is looked at")]
    pub fn __ss_same(&self) {}
}

impl<R, T> Deref for Expected<R, T> {
    type Target = AnyExpected<R, T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
