//! What generated code makes: a call that is open, its body inside it, and what came back. That may be a future or a stream, boxed or not,
//! and then the call goes on as long.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::core::Call;
use crate::call::harness::{Held, Then};
use crate::call::instrumented::{Instrumented, Kind};
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

impl<K: Kind> Opened<K> {
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
    pub fn __ss_run<F: Future, D: Fn(Returned<'_, F::Output>)>(self, future: F, describe: D) -> Instrumented<F, D, K> {
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

impl<F: Future, K: Kind> Future for Calling<F, K> {
    type Output = Called<F::Output, K>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = match this.call.enter() {
            None => this.future.poll(task),
            Some(running) => {
                let polled = this.future.poll(task);
                running.leave(Then::GoesOn);
                polled
            }
        };
        polled.map(|value| Called::new(value, this.call.take()))
    }
}

/// What came back, and the call itself, which has not ended. `Pin<Box<dyn Future>>` is seen by its type, through any alias.
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
    pub fn __ss_value(&mut self, describe: impl Fn(Returned<'_, R>)) -> R {
        let (value, mut call) = self.take();
        end(&mut call, &value, &describe);
        value
    }

    fn take(&mut self) -> (R, Held) {
        match self.value.take() {
            Some(value) => (value, self.call.take()),
            None => unreachable!("generated code takes it once"),
        }
    }
}

fn end<R>(call: &mut Held, value: &R, describe: &impl Fn(Returned<'_, R>)) {
    if let Some(running) = call.enter() {
        running.returned(&|call: &Call| describe(Returned::new(value, call)));
        running.leave(Then::Ends);
    }
}

impl<F: Future, K: Kind> Called<F, K> {
    /// The future, inside the call that made it.
    pub fn __ss_future<O>(mut self, describe: impl Fn(Returned<'_, O>)) -> impl Future<Output = O>
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

impl<S: Stream, K: Kind> Called<S, K> {
    /// The stream, inside the call that made it.
    pub fn __ss_opaque_stream<T>(mut self, _: impl Fn(Returned<'_, S>), item: impl Fn(Returned<'_, T>)) -> impl Stream<Item = T>
    where
        S: Stream<Item = T>,
    {
        let (stream, call) = self.0.take();
        Instrumented::<_, _, K>::new(stream, item, call)
    }
}

impl<S: Stream, E, K: Kind> Called<Result<S, E>, K> {
    /// The stream, inside the call that made it, or the error, which ends it.
    pub fn __ss_opaque_stream_result<T>(
        mut self,
        describe: impl Fn(Returned<'_, Result<S, E>>),
        item: impl Fn(Returned<'_, T>),
    ) -> Result<impl Stream<Item = T>, E>
    where
        S: Stream<Item = T>,
    {
        let (stream, call) = self.0.opened(describe);
        stream.map(|stream| Instrumented::<_, _, K>::new(stream, item, call))
    }
}

impl<S, E, K> AnyCalled<Result<S, E>, K> {
    /// What came back, and the call, unless an error has ended it.
    fn opened(&mut self, describe: impl Fn(Returned<'_, Result<S, E>>)) -> (Result<S, E>, Held) {
        let (result, mut call) = self.take();
        if result.is_err() {
            end(&mut call, &result, &describe);
        }
        (result, call)
    }
}

/// What comes back in a box is boxed anew if somebody listens, with what the box promises of it: the two types differ in that alone.
macro_rules! boxed {
    ($($future:ident $stream:ident: $($send:ident)?;)*) => {$(
        type $future<'a, O> = Pin<Box<dyn Future<Output = O> $(+ $send)? + 'a>>;
        type $stream<'a, T> = Pin<Box<dyn Stream<Item = T> $(+ $send)? + 'a>>;

        impl<'a, O: 'a, K: Kind $(+ $send)? + 'a> Called<$future<'a, O>, K> {
            /// The future, boxed anew if somebody listens.
            pub fn __ss_value(&mut self, describe: impl Fn(Returned<'_, O>) $(+ $send)? + 'a) -> $future<'a, O> {
                let (future, call) = self.0.take();
                if call.is_none() { future } else { Box::pin(Instrumented::<_, _, K>::new(future, describe, call)) }
            }
        }

        impl<'a, T: 'a, K: Kind $(+ $send)? + 'a> Called<$stream<'a, T>, K> {
            /// The stream, boxed anew if somebody listens.
            pub fn __ss_stream(
                &mut self,
                _: impl Fn(Returned<'_, $stream<'a, T>>),
                item: impl Fn(Returned<'_, T>) $(+ $send)? + 'a,
            ) -> $stream<'a, T> {
                let (stream, call) = self.0.take();
                if call.is_none() { stream } else { Box::pin(Instrumented::<_, _, K>::new(stream, item, call)) }
            }
        }

        impl<'a, T: 'a, E, K: Kind $(+ $send)? + 'a> Called<Result<$stream<'a, T>, E>, K> {
            /// The stream, boxed anew if somebody listens, or the error, which ends the call.
            pub fn __ss_stream(
                &mut self,
                describe: impl Fn(Returned<'_, Result<$stream<'a, T>, E>>),
                item: impl Fn(Returned<'_, T>) $(+ $send)? + 'a,
            ) -> Result<$stream<'a, T>, E> {
                let (result, call) = self.0.opened(describe);
                match result {
                    Ok(stream) if !call.is_none() => Ok(Box::pin(Instrumented::<_, _, K>::new(stream, item, call))),
                    result => result,
                }
            }
        }
    )*};
}

boxed! {
    Boxed BoxedStream:;
    BoxedSend BoxedStreamSend: Send;
}

/// What a streaming step can return so that its stream is seen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no stream that a streaming step can return",
    label = "this function returns `{Self}`",
    note = "a streaming step returns `impl Stream`, `Pin<Box<dyn Stream>>` with or without `Send`, or a `Result` of one of these"
)]
pub trait StepStream {
    /// What the stream is made of.
    type Item;
}

impl<R: StepStream, K> AnyCalled<R, K> {
    /// Only here to say what is wrong.
    pub fn __ss_stream(&mut self, _: impl Fn(Returned<'_, R>), _: impl Fn(Returned<'_, R::Item>)) -> R {
        self.take().0
    }
}
