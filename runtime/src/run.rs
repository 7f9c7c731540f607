//! Runs the user's code inside its call: a future on every poll and while it is dropped, a plain function once.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::ending::Ending;
use crate::returned::Returned;
use crate::scope::{Entered, Gate, park, unpark};
use crate::span::Live;
use pin_project_lite::pin_project;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A call before its body runs. `K` says whether it is a loop.
pub struct Span<K> {
    call: Option<Arc<Live>>,
    kind: PhantomData<K>,
}

/// A loop that nobody listens to tells the calls inside, so that they need not ask.
pub struct Loop;

/// A step or tool that nobody listens to says nothing: outside a loop each call asks for itself.
pub struct Leaf;

/// Whether a call of this kind tells the calls inside that nobody listens.
pub trait Kind {
    #[doc(hidden)]
    const CLOSES_GATE: bool;
}

impl Kind for Loop {
    const CLOSES_GATE: bool = true;
}

impl Kind for Leaf {
    const CLOSES_GATE: bool = false;
}

impl<K: Kind> Span<K> {
    #[inline]
    pub(crate) fn new(call: Option<Arc<Live>>) -> Self {
        Span { call, kind: PhantomData }
    }

    /// The future, inside this call.
    #[inline]
    pub fn __ss_run<F: Future, D: Fn(Returned<'_, F::Output>)>(self, future: F, describe: D) -> Run<F, D, K> {
        Run::new(future, describe, self.call)
    }

    /// The future, inside this call, which goes on when the future is done.
    #[inline]
    pub fn __ss_calling<F: Future>(self, future: F) -> Calling<F, K> {
        Calling { future, call: Held(self.call), kind: PhantomData }
    }

    /// Calls the function inside this call. What it returns may itself be a future: see [`Called`].
    pub fn __ss_call<R>(mut self, function: impl FnOnce() -> R) -> Called<R, K> {
        let value = match self.call.take() {
            None => {
                let _closed = K::CLOSES_GATE.then(|| Gate::OFF.set());
                function()
            }
            Some(call) => {
                let unwinding = Unwinding(&mut self.call, Some(call));
                let entered = unwinding.enter();
                let value = function();
                drop(entered);
                unwinding.put_back();
                value
            }
        };
        Called(AnyCalled { value: Some(value), call: self.call, kind: PhantomData })
    }
}

pin_project! {
    /// The user's future and, while somebody listens, its call.
    ///
    /// Fields drop in order, with the call entered before the first and left with the last: what the user's locals do
    /// in their destructors happens inside the call.
    pub struct Run<F, D, K> {
        #[pin]
        pub(crate) future: F,
        pub(crate) describe: D,
        pub(crate) call: Held,
        kind: PhantomData<K>,
    }

    impl<F, D, K> PinnedDrop for Run<F, D, K> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            if let Some(call) = &this.project().call.0 {
                park(call);
            }
        }
    }
}

/// A future's call: one word, none when nobody listens and none when it has ended. Dropped while it is there, the call was cancelled.
pub(crate) struct Held(pub(crate) Option<Arc<Live>>);

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            cancelled(call);
        }
    }
}

#[cold]
fn cancelled(call: Arc<Live>) {
    unpark();
    call.close(&Ending::Cancelled);
}

impl<F, D, K> Run<F, D, K> {
    #[inline]
    pub(crate) fn new(future: F, describe: D, call: Option<Arc<Live>>) -> Self {
        Run { future, describe, call: Held(call), kind: PhantomData }
    }
}

impl<F, D, K> Future for Run<F, D, K>
where
    F: Future,
    D: Fn(Returned<'_, F::Output>),
    K: Kind,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.call.0.take() {
            None => {
                let _closed = K::CLOSES_GATE.then(|| Gate::OFF.set());
                this.future.poll(task)
            }
            Some(call) => poll(&mut this.call.0, call, this.future, this.describe, task),
        }
    }
}

#[inline(never)]
fn poll<F: Future>(
    held: &mut Option<Arc<Live>>,
    call: Arc<Live>,
    future: Pin<&mut F>,
    describe: &impl Fn(Returned<'_, F::Output>),
    task: &mut Context<'_>,
) -> Poll<F::Output> {
    let unwinding = Unwinding(held, Some(call));
    let entered = unwinding.enter();
    let polled = future.poll(task);
    match &polled {
        Poll::Pending => {
            drop(entered);
            unwinding.put_back();
        }
        Poll::Ready(value) => unwinding.returned(entered, value, describe),
    }
    polled
}

pin_project! {
    /// The user's future, whose output its call outlives: as [`Run`], but for the end.
    pub struct Calling<F, K> {
        #[pin]
        future: F,
        call: Held,
        kind: PhantomData<K>,
    }

    impl<F, K> PinnedDrop for Calling<F, K> {
        #[inline]
        fn drop(this: Pin<&mut Self>) {
            if let Some(call) = &this.project().call.0 {
                park(call);
            }
        }
    }
}

impl<F: Future, K: Kind> Future for Calling<F, K> {
    type Output = Called<F::Output, K>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let call = this.call.0.take();
        let unwinding = Unwinding(&mut this.call.0, call);
        let entered = unwinding.enter();
        let polled = this.future.poll(task);
        drop(entered);
        unwinding.put_back();
        polled.map(|value| Called(AnyCalled { value: Some(value), call: this.call.0.take(), kind: PhantomData }))
    }
}

/// The call while the user's code runs. Dropped before it is taken back, that code is unwinding.
pub(crate) struct Unwinding<'a>(pub(crate) &'a mut Option<Arc<Live>>, pub(crate) Option<Arc<Live>>);

impl Unwinding<'_> {
    pub(crate) fn enter(&self) -> Option<Entered> {
        self.1.as_ref().and_then(Entered::new)
    }

    pub(crate) fn put_back(mut self) {
        *self.0 = self.1.take();
    }

    pub(crate) fn returned<R>(mut self, entered: Option<Entered>, value: &R, describe: &impl Fn(Returned<'_, R>)) {
        if let Some(call) = self.1.as_deref().filter(|call| call.tells_response()) {
            describe(Returned::new(value, call));
        }
        drop(entered);
        self.end();
    }

    /// Ends the call by what is known.
    pub(crate) fn end(&mut self) {
        if let Some(call) = self.1.take() {
            let ending = call.ending();
            call.close(&ending);
        }
    }
}

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.1.take() {
            call.close(&Ending::Panicked);
        }
    }
}

/// What a plain call gave back, and the call itself, which has not ended: it goes on as long as a future that came back.
/// `Pin<Box<dyn Future>>` is seen by its type, through any alias.
pub struct Called<R, K>(pub(crate) AnyCalled<R, K>);

/// What is not a boxed future ends the call.
pub struct AnyCalled<R, K> {
    /// There until it is taken, which happens once.
    value: Option<R>,
    call: Option<Arc<Live>>,
    kind: PhantomData<K>,
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

type Boxed<'a, O> = Pin<Box<dyn Future<Output = O> + 'a>>;
type BoxedSend<'a, O> = Pin<Box<dyn Future<Output = O> + Send + 'a>>;

impl<'a, O: 'a, K: Kind + Send + 'a> Called<BoxedSend<'a, O>, K> {
    /// The future, boxed anew if somebody listens.
    pub fn __ss_value(&mut self, describe: impl Fn(Returned<'_, O>) + Send + 'a) -> BoxedSend<'a, O> {
        match self.0.take() {
            (future, None) => future,
            (future, call) => Box::pin(Run::<_, _, K>::new(future, describe, call)),
        }
    }
}

impl<'a, O: 'a, K: Kind + 'a> Called<Boxed<'a, O>, K> {
    /// The future, boxed anew if somebody listens.
    pub fn __ss_value(&mut self, describe: impl Fn(Returned<'_, O>) + 'a) -> Boxed<'a, O> {
        match self.0.take() {
            (future, None) => future,
            (future, call) => Box::pin(Run::<_, _, K>::new(future, describe, call)),
        }
    }
}

impl<F: Future, K: Kind> Called<F, K> {
    /// The future, inside the call that made it.
    pub fn __ss_future<O>(mut self, describe: impl Fn(Returned<'_, O>)) -> impl Future<Output = O>
    where
        F: Future<Output = O>,
    {
        let (future, call) = self.0.take();
        Run::<_, _, K>::new(future, describe, call)
    }
}

impl<F: Future, K: Kind> Called<F, K> {
    /// The future, inside the call that made it, which goes on when the future is done.
    pub fn __ss_calling<O>(mut self) -> Calling<F, K>
    where
        F: Future<Output = O>,
    {
        let (future, call) = self.0.take();
        Calling { future, call: Held(call), kind: PhantomData }
    }
}

impl<R, K> AnyCalled<R, K> {
    /// The value, which ends the call.
    pub fn __ss_value(&mut self, describe: impl Fn(Returned<'_, R>)) -> R {
        let (value, mut call) = self.take();
        let open = call.take();
        if open.is_some() {
            let unwinding = Unwinding(&mut call, open);
            let entered = unwinding.enter();
            unwinding.returned(entered, &value, &describe);
        }
        value
    }

    pub(crate) fn take(&mut self) -> (R, Option<Arc<Live>>) {
        match self.value.take() {
            Some(value) => (value, self.call.take()),
            None => unreachable!("generated code takes it once"),
        }
    }
}
