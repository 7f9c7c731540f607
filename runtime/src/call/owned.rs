//! A call as a value: in the hands of the user, who says when it ends.

use crate::call::close::{close, close_dropped};
use crate::call::core::Call;
use crate::call::ending::{Ending, Failure, Label};
use crate::call::harness::{Held, Inside, Lent};
use crate::call::here::{Here, HereGuard};
use crate::call::instrumented::{Instrumented, Silence};
use crate::call::learned::{Learned, Moment};
use crate::call::returned::Returned;
use crate::value::{Chunk, error_type};
use futures_core::Stream;
use opentelemetry::Context;
use pin_project_lite::pin_project;
use std::any::type_name;
use std::fmt::Display;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::SystemTime;

/// One word, none when nobody listens. Dropped, it was cancelled, or panicked if code inside it or around it unwinds.
pub(crate) struct Owned<K> {
    call: Option<Arc<Call>>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Owned<K> {
    pub(crate) fn new(call: Option<Arc<Call>>) -> Self {
        Owned { call, kind: PhantomData }
    }

    pub(crate) fn call(&self) -> Option<&Arc<Call>> {
        self.call.as_ref()
    }

    /// The context inside it; the current one where nobody listens.
    pub(crate) fn context(&self) -> Context {
        self.call.as_ref().and_then(|call| call.context.clone()).unwrap_or_else(Context::current)
    }

    /// What it was told says how it ended.
    pub(crate) fn end(mut self, at: Option<SystemTime>) {
        if let Some(call) = self.call.take() {
            let (ending, _) = call.look(Learned::take_ending).unwrap_or((Ending::Success, None));
            close(&call, ending, at.map(Moment::of));
        }
    }

    pub(crate) fn fail<E: Display + ?Sized>(mut self, label: Option<Label>, error: &E) {
        let Some(call) = self.call.take() else { return };
        let error_type = label.unwrap_or_else(|| Label::fixed(error_type::of_type::<E>()));
        let message = call.error_message(call.displayed(|| error_type::shown(error)));
        let failure = Failure { error_type, exception_type: type_name::<E>(), message };
        close(&call, Ending::Error(Box::new(failure)), None);
    }
}

impl<K: Silence> Owned<K> {
    /// Inside it for as long as the guard lives.
    pub(crate) fn enter(&self) -> EnteredCall<'_> {
        let inside = self.call.as_deref().map(Inside::new);
        let silence = if inside.is_none() { K::silence() } else { None };
        EnteredCall { inside, silence, here: Here::current(), not_send: PhantomData }
    }

    pub(crate) fn scope<F>(&self, future: F) -> Scoped<F, K> {
        Scoped { future, call: Lent::new(self.call.clone()), kind: PhantomData }
    }

    pub(crate) fn stream<S, C>(
        mut self,
        stream: S,
        chunk: C,
        at: &'static Location<'static>,
    ) -> impl Stream<Item = S::Item> + use<S, C, K>
    where
        S: Stream,
        C: Fn(&S::Item) -> Chunk<'_>,
    {
        if let Some(call) = &self.call {
            call.says_stream();
        }
        let read = move |returned: Returned<'_, S::Item>| returned.__ss_success().chunk(&chunk, at);
        Instrumented::<_, _, K>::new_stream(stream, read, Held::new(self.call.take()))
    }
}

impl<K> Drop for Owned<K> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            dropped(&call);
        }
    }
}

#[cold]
fn dropped(call: &Call) {
    if std::thread::panicking() {
        return close(call, Ending::Panicked, None);
    }
    close_dropped(call);
}

/// The code that runs now is inside a call, until this is dropped. Not `Send`: it is this thread that is inside.
#[must_use = "the call is left again when this is dropped"]
#[expect(missing_debug_implementations, reason = "it is only there to be dropped")]
pub struct EnteredCall<'a> {
    inside: Option<Inside<'a>>,
    silence: Option<HereGuard>,
    /// What it has told the thread.
    here: Here,
    not_send: PhantomData<*const ()>,
}

impl Drop for EnteredCall<'_> {
    fn drop(&mut self) {
        let is_innermost = Here::current() == self.here;
        drop((self.inside.take(), self.silence.take()));
        // Those in a `Vec` go in another order than the reverse: what each of them found may be what another had told.
        if !is_innermost {
            Here::forget();
        }
    }
}

pin_project! {
    /// A future inside a call, which it does not end.
    pub(crate) struct Scoped<F, K> {
        #[pin]
        future: F,
        call: Lent,
        kind: PhantomData<fn() -> K>,
    }

    impl<F, K> PinnedDrop for Scoped<F, K> {
        fn drop(this: Pin<&mut Self>) {
            this.project().call.enter_to_drop();
        }
    }
}

impl<F: Future, K: Silence> Future for Scoped<F, K> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<F::Output> {
        let this = self.project();
        let inside = this.call.enter();
        let _silence = if inside.is_none() { K::silence() } else { None };
        this.future.poll(task)
    }
}
