//! Running code in a capture.

use crate::call::here::{Here, is_there};
use crate::listen::ContextListeners;
use crate::recorded::LastExport;
use crate::settings::Settings;
use crate::testing::run::{Ledger, Run};
use opentelemetry::Context;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll};

/// Captures what the future emits. It is polled, and dropped, in the capture.
pub fn capture<F: Future>(future: F) -> Captured<F> {
    with(Settings::default()).capture(future)
}

/// Captures what the closure emits.
pub fn capture_plain<T>(work: impl FnOnce() -> T) -> Run<T> {
    with(Settings::default()).capture_plain(work)
}

/// With these settings: another vocabulary, content, a redactor.
///
/// ```
/// use samplescope::{Capture, Settings, Vocabulary, sampling_step, testing};
///
/// #[sampling_step(messages = question, message = |answer| *answer)]
/// fn ask(question: &str) -> &'static str {
///     "42"
/// }
///
/// let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans);
/// let run = testing::with(settings).capture_plain(|| ask("6 times 7?"));
/// assert!(run.text().contains("6 times 7?"));
/// ```
pub fn with(settings: Settings) -> With {
    With { settings }
}

/// Settings to capture with: from [`with`].
#[derive(Clone, Debug)]
pub struct With {
    settings: Settings,
}

impl With {
    /// Captures what the future emits. It is polled, and dropped, in the capture.
    pub fn capture<F: Future>(self, future: F) -> Captured<F> {
        let (context, run) = self.open();
        Captured { dropped_in: DroppedIn { future: Some(future), context }, run: Some(run) }
    }

    /// Captures what the closure emits.
    pub fn capture_plain<T>(self, work: impl FnOnce() -> T) -> Run<T> {
        let (context, run) = self.open();
        let output = inside(&context, work);
        run.with(output)
    }

    fn open(self) -> (Context, Run<()>) {
        let (ledger, measured) = (Ledger::default(), LastExport::default());
        let tracers = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).with_span_processor(ledger.clone()).build();
        let meters = SdkMeterProvider::builder().with_periodic_exporter(measured.clone()).build();
        let context = ContextListeners::context(self.settings, tracers, meters.clone());
        (context, Run::new(ledger, measured, meters))
    }
}

/// Runs the code in the context, and as if this thread knew of no call around it. A thread that is about to end has no context: there it just runs.
fn inside<T>(context: &Context, work: impl FnOnce() -> T) -> T {
    let _entered = is_there().then(|| (context.clone().attach(), Here::Unknown.set()));
    work()
}

pin_project! {
    /// A future whose telemetry is captured: from [`capture`](fn@capture). It gives back a [`Run`].
    ///
    /// # Panics
    /// If the future does, and if it is polled after it has ended.
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Captured<F> {
        #[pin]
        dropped_in: DroppedIn<F>,
        run: Option<Run<()>>,
    }
}

pin_project! {
    struct DroppedIn<F> {
        #[pin]
        future: Option<F>,
        context: Context,
    }

    impl<F> PinnedDrop for DroppedIn<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            inside(this.context, || this.future.set(None));
        }
    }
}

impl<F: Future> Future for Captured<F> {
    type Output = Run<F::Output>;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut inner = this.dropped_in.project();
        let polled = inside(inner.context, || {
            let future = inner.future.as_mut().as_pin_mut().expect("a capture is over when it has given back its run");
            let polled = future.poll(task);
            if polled.is_ready() {
                // What its locals do in their destructors is captured, too.
                inner.future.set(None);
            }
            polled
        });
        polled.map(|output| this.run.take().expect("there as long as the future").with(output))
    }
}

impl<F> fmt::Debug for Captured<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captured").field("run", &self.run).finish_non_exhaustive()
    }
}
