//! Spans, put together to traces.

use crate::console::terminal;
use crate::drawing::tree;
use crate::recorded::Trace;
use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanId, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many spans of a trace are kept.
const MOST_SPANS: usize = 1000;

/// Draws every finished trace to standard error: for those who have a tracer provider.
///
/// ```no_run
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use samplescope::console::Processor;
///
/// let provider = SdkTracerProvider::builder().with_span_processor(Processor::new()).build();
/// opentelemetry::global::set_tracer_provider(provider);
/// ```
///
/// [What is drawn](mod@crate::console) is as for [`console`](fn@super::console). Shutting the provider down draws the traces that have not ended.
#[derive(Clone, Debug, Default)]
pub struct Processor(Arc<Mutex<HashMap<TraceId, OpenTrace>>>);

/// A trace that has open spans. What is kept are those that started first: the parents of all that is kept are kept.
#[derive(Debug, Default)]
struct OpenTrace {
    places: HashMap<SpanId, usize>,
    ended: Vec<Option<SpanData>>,
    left_out: usize,
    running: usize,
}

impl Processor {
    /// One that has seen nothing yet.
    pub fn new() -> Self {
        Processor::default()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<TraceId, OpenTrace>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, trace: TraceId, span: SpanId) {
        let mut open = self.open();
        let open = open.entry(trace).or_default();
        open.running += 1;
        if open.ended.len() < MOST_SPANS {
            open.places.insert(span, open.ended.len());
            open.ended.push(None);
        } else {
            open.left_out += 1;
        }
    }

    /// The whole trace, if that was the last of its spans.
    fn ended(&self, span: SpanData) -> Option<OpenTrace> {
        let trace = span.span_context.trace_id();
        let mut all = self.open();
        let open = all.get_mut(&trace)?;
        open.running = open.running.saturating_sub(1);
        if let Some(&place) = open.places.get(&span.span_context.span_id()) {
            open.ended[place] = Some(span);
        }
        if open.running == 0 { all.remove(&trace) } else { None }
    }
}

impl OpenTrace {
    fn draw(self) {
        let ended: Vec<SpanData> = self.ended.into_iter().flatten().collect();
        let trace = Trace { left_out: self.left_out, unfinished: self.running, ..Trace::of(&ended) };
        let (paint, columns) = terminal::of_stderr();
        terminal::print(&(tree::draw(&trace, paint, columns) + "\n"));
    }
}

impl SpanProcessor for Processor {
    fn on_start(&self, span: &mut Span, _: &Context) {
        self.started(span.span_context().trace_id(), span.span_context().span_id());
    }

    fn on_end(&self, span: SpanData) {
        // Not under the lock: whatever reads standard error may take its time.
        if let Some(trace) = self.ended(span) {
            trace.draw();
        }
    }

    /// A trace that has not ended is not drawn for that: standard error is not buffered.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        let unfinished = std::mem::take(&mut *self.open());
        for (_, trace) in unfinished {
            trace.draw();
        }
        Ok(())
    }
}
