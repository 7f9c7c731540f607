//! A future inside a context, until it is gone.

use opentelemetry::Context;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::Poll;

pin_project! {
    /// Polled and dropped with its context attached. opentelemetry's own combinator drops what it holds outside, where the spans that a handler's
    /// destructors start would be roots.
    pub(crate) struct Inside<F> {
        #[pin]
        future: Option<F>,
        context: Context,
    }

    impl<F> PinnedDrop for Inside<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _attached = this.context.clone().attach();
            this.future.set(None);
        }
    }
}

impl<F> Inside<F> {
    pub(crate) fn new(future: F, context: Context) -> Self {
        Inside { future: Some(future), context }
    }
}

impl<F: Future> Future for Inside<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _attached = this.context.clone().attach();
        match this.future.as_pin_mut() {
            Some(future) => future.poll(cx),
            None => Poll::Pending,
        }
    }
}
