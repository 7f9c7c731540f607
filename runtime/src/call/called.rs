//! What generated code makes: a call that is open, its body inside it, and what came back. That may be a future or a stream, boxed or not,
//! and then the call goes on as long.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::core::Call;
use crate::call::harness::{Held, Then};
use crate::call::instrumented::{Instrumented, Leaf, Silence};
use crate::call::returned::Returned;
use futures_core::Stream;
use pin_project_lite::pin_project;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A call before its body runs. `K` says whether it is a loop.
pub struct Opened<K> {
    call: Held,
    kind: PhantomData<K>,
}

impl<K: Silence> Opened<K> {
    #[inline]
    pub(crate) fn new(call: Option<Arc<Call>>) -> Self {
        Opened { call: Held::new(call), kind: PhantomData }
    }

    #[inline]
    pub(crate) fn into_held(self) -> Held {
        self.call
    }

    /// The future, inside this call.
    #[inline]
    pub fn __ss_run<F: Future, D: Fn(Returned<'_, F::Output>) -> Then>(self, future: F, describe: D) -> Instrumented<F, D, K> {
        Instrumented::new(future, describe, self.call)
    }

    /// The future, inside this call, which goes on when the future is done.
    #[inline]
    pub fn __ss_calling<F: Future>(self, future: F) -> Calling<F, K> {
        Calling::new(future, self.call)
    }

    /// Calls the function inside this call. What it returns may itself be a future: see [`Called`].
    pub fn __ss_call<R>(mut self, function: impl FnOnce() -> R) -> Called<R, K> {
        let Some(running) = self.call.enter() else {
            let _silence = K::silence();
            return Called::new(function(), self.call);
        };
        let value = function();
        running.leave(Then::GoesOn);
        Called::new(value, self.call)
    }
}

pin_project! {
    /// The user's future, whose output its call outlives: as [`Instrumented`], but for the end.
    pub struct Calling<F, K> {
        #[pin]
        future: F,
        call: Held,
        kind: PhantomData<K>,
    }

    impl<F, K> PinnedDrop for Calling<F, K> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            this.project().call.enter_to_drop();
        }
    }
}

impl<F, K> Calling<F, K> {
    #[inline]
    pub(crate) fn new(future: F, call: Held) -> Self {
        Calling { future, call, kind: PhantomData }
    }
}

impl<F: Future, K: Silence> Future for Calling<F, K> {
    type Output = Called<F::Output, K>;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.call.is_none() {
            let _silence = K::silence();
            return this.future.poll(task).map(|value| Called::new(value, Held::new(None)));
        }
        poll(this.call, this.future, task)
    }
}

#[cold]
#[inline(never)]
fn poll<F: Future, K>(call: &mut Held, future: Pin<&mut F>, task: &mut Context<'_>) -> Poll<Called<F::Output, K>> {
    let polled = match call.enter() {
        None => future.poll(task),
        Some(running) => {
            let polled = future.poll(task);
            running.leave(Then::GoesOn);
            polled
        }
    };
    polled.map(|value| Called::new(value, call.take()))
}

/// What came back, and the call itself, which has not ended. `Pin<Box<dyn Future>>` is seen by its type, through any alias;
/// a boxed stream is seen when it is looked at, see [`Returned`].
pub struct Called<R, K>(AnyCalled<R, K>);

/// What is not a boxed future ends the call.
pub struct AnyCalled<R, K> {
    /// There until it is taken, which happens once.
    value: Option<R>,
    call: Held,
    kind: PhantomData<K>,
}

impl<R, K> Called<R, K> {
    pub(crate) fn new(value: R, call: Held) -> Self {
        Called(AnyCalled { value: Some(value), call, kind: PhantomData })
    }

    /// The value: as it is where nobody listens, else as `then` hands it on.
    #[inline]
    pub(crate) fn handed(mut self, then: impl FnOnce(Self) -> R) -> R {
        match self.0.value.take_if(|_| self.0.call.is_none()) {
            Some(value) => value,
            None => then(self),
        }
    }
}

impl<R, K> Deref for Called<R, K> {
    type Target = AnyCalled<R, K>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R, K> DerefMut for Called<R, K> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<R, K> AnyCalled<R, K> {
    /// The value, which ends the call.
    pub fn __ss_value(&mut self, describe: impl Fn(Returned<'_, R>) -> Then) -> R {
        let (mut value, mut call) = self.take();
        end(&mut call, &mut value, &describe);
        value
    }

    /// What spells a stream in the place of a `Result`'s success, and is no `Result`, ends the call.
    pub fn __ss_opaque_stream_result<T>(&mut self, describe: impl Fn(Returned<'_, R>), _: impl Fn(Returned<'_, T>)) -> R {
        self.__ss_value(|returned| {
            describe(returned);
            Then::Ends
        })
    }

    fn take(&mut self) -> (R, Held) {
        match self.value.take() {
            Some(value) => (value, self.call.take()),
            None => unreachable!("generated code takes it once"),
        }
    }
}

fn end<R>(call: &mut Held, value: &mut R, describe: &impl Fn(Returned<'_, R>) -> Then) {
    if let Some(running) = call.enter() {
        running.leave_with(&mut |call: &Arc<Call>, asks| describe(Returned::new(value, call, asks)), Then::Ends);
    }
}

impl<F: Future, K: Silence> Called<F, K> {
    /// The future, inside the call that made it.
    pub fn __ss_future<O>(mut self, describe: impl Fn(Returned<'_, O>) -> Then) -> impl Future<Output = O>
    where
        F: Future<Output = O>,
    {
        let (future, call) = self.0.take();
        Instrumented::<_, _, K>::new(future, describe, call)
    }

    /// The future, inside the call that made it, which goes on when the future is done.
    pub fn __ss_calling<O>(mut self) -> Calling<F, K>
    where
        F: Future<Output = O>,
    {
        let (future, call) = self.0.take();
        Calling::new(future, call)
    }
}

impl<S: Stream, K: Silence> Called<S, K> {
    /// The stream, inside the call that made it.
    pub fn __ss_opaque_stream<T>(mut self, item: impl Fn(Returned<'_, T>)) -> impl Stream<Item = T>
    where
        S: Stream<Item = T>,
    {
        let (stream, call) = self.0.take();
        Instrumented::<_, _, K>::new_stream(stream, item, call)
    }
}

impl<S: Stream, E, K: Silence> Called<Result<S, E>, K> {
    /// The stream, inside the call that made it, or the error, which ends it.
    pub fn __ss_opaque_stream_result<T>(
        mut self,
        describe: impl Fn(Returned<'_, Result<S, E>>),
        item: impl Fn(Returned<'_, T>),
    ) -> Result<impl Stream<Item = T>, E>
    where
        S: Stream<Item = T>,
    {
        let (mut result, mut call) = self.0.take();
        if result.is_err() {
            end(&mut call, &mut result, &|returned| {
                describe(returned);
                Then::Ends
            });
        }
        result.map(|stream| Instrumented::<_, _, K>::new_stream(stream, item, call))
    }
}

/// A future that comes back in a box is boxed anew if somebody listens, with what the box promises of it: the two types differ in that alone.
macro_rules! boxed {
    ($($future:ident: $($send:ident)*;)*) => {$(
        type $future<'a, O> = Pin<Box<dyn Future<Output = O> $(+ $send)* + 'a>>;

        impl<'a, O: 'a, K: Silence $(+ $send)* + 'a> Called<$future<'a, O>, K> {
            /// The future, boxed anew if somebody listens.
            pub fn __ss_value(&mut self, describe: impl Fn(Returned<'_, O>) -> Then $(+ $send)* + 'a) -> $future<'a, O> {
                let (future, call) = self.0.take();
                if call.is_none() { future } else { Box::pin(Instrumented::<_, _, K>::new(future, describe, call)) }
            }
        }
    )*};
}

boxed! {
    Boxed:;
    BoxedSend: Send;
    BoxedSync: Send Sync;
}

/// A stream that comes back in a box goes on with its call, boxed anew, with what the box promises of it.
macro_rules! boxed_streams {
    ($($stream:ident: $($send:ident)*;)*) => {$(
        type $stream<'a, T> = Pin<Box<dyn Stream<Item = T> $(+ $send)* + 'a>>;

        impl<'a, T: 'a> Returned<'_, $stream<'a, T>> {
            /// The stream goes on with the call.
            pub fn __ss_then(self, item: impl Fn(Returned<'_, T>) $(+ $send)* + 'a) -> Then {
                let (stream, call) = self.into_parts();
                call.says_stream();
                Returned::new(stream, call, true).__ss_items(item)
            }

            /// The stream goes on with the call, and was known to be one.
            pub fn __ss_items(self, item: impl Fn(Returned<'_, T>) $(+ $send)* + 'a) -> Then {
                let (stream, call) = self.into_parts();
                let inner = std::mem::replace(stream, Box::pin(Empty(PhantomData)));
                *stream = Box::pin(Instrumented::<_, _, Leaf>::new_stream(inner, item, Held::new(Some(call.clone()))));
                Then::HandedOn
            }
        }

        impl<'a, T: 'a, E> Returned<'_, Result<$stream<'a, T>, E>> {
            /// The stream goes on with the call, if there is one.
            pub fn __ss_then(self, item: impl Fn(Returned<'_, T>) $(+ $send)* + 'a) -> Then {
                let (value, call) = self.into_parts();
                value.as_mut().map_or(Then::Ends, |stream| Returned::new(stream, call, true).__ss_then(item))
            }

            /// The stream goes on with the call, if there is one, and was known to be one.
            pub fn __ss_items(self, item: impl Fn(Returned<'_, T>) $(+ $send)* + 'a) -> Then {
                let (value, call) = self.into_parts();
                value.as_mut().map_or(Then::Ends, |stream| Returned::new(stream, call, true).__ss_items(item))
            }
        }
    )*};
}

boxed_streams! {
    BoxedStream:;
    BoxedStreamSend: Send;
    BoxedStreamSync: Send Sync;
}

/// Where a stream stood that is being boxed anew.
struct Empty<T>(PhantomData<fn() -> T>);

impl<T> Stream for Empty<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(None)
    }
}
