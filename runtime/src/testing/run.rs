//! What was captured.

use crate::drawing::{Paint, tree};
use crate::recorded::{self, LastExport, Status, Trace};
use crate::testing::text;
use crate::vocabulary::{key, value};
use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{Span as SdkSpan, SpanData, SpanProcessor};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::ops::Index;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What was captured, and what came back. A task that outlives the capture goes on being captured: each look is at what there is by then.
pub struct Run<T> {
    /// What the future or the closure returned.
    pub output: T,
    ledger: Ledger,
    measured: LastExport,
    meters: SdkMeterProvider,
}

impl Run<()> {
    pub(crate) fn new(ledger: Ledger, measured: LastExport, meters: SdkMeterProvider) -> Self {
        Run { output: (), ledger, measured, meters }
    }

    pub(crate) fn with<T>(self, output: T) -> Run<T> {
        let Run { output: (), ledger, measured, meters } = self;
        Run { output, ledger, measured, meters }
    }
}

impl<T> Run<T> {
    /// Every span that has ended, in the order in which they started. How many is said, so that nothing is asserted of none.
    ///
    /// # Panics
    /// If there are more or fewer, with the tree that there is.
    #[track_caller]
    pub fn spans(&self, expected: usize) -> Vec<Span> {
        let trace = self.ledger.trace();
        let found = trace.spans.len();
        assert!(found == expected, "{expected} spans were expected, and there are {found}:\n{}", drawn(&trace));
        trace.spans.into_iter().map(Span).collect()
    }

    /// The spans that have ended, where how many there are is what is asked.
    pub fn spans_so_far(&self) -> Vec<Span> {
        self.ledger.trace().spans.into_iter().map(Span).collect()
    }

    /// The only span that there is.
    ///
    /// # Panics
    /// If there is none, or another, with the tree that there is.
    #[track_caller]
    pub fn span(&self) -> Span {
        self.spans(1).remove(0)
    }

    /// The spans that have ended with that name, in the order in which they started.
    pub fn named(&self, name: &str) -> Vec<Span> {
        self.ledger.trace().spans.into_iter().filter(|span| span.name == name).map(Span).collect()
    }

    /// How many calls have started and not ended.
    pub fn unfinished(&self) -> usize {
        self.ledger.trace().unfinished
    }

    /// What was measured so far, by name.
    pub fn metrics(&self) -> Vec<Metric> {
        self.measured().into_iter().map(Metric).collect()
    }

    /// The spans, drawn as a tree with their times, as `samplescope::console()` draws them.
    pub fn tree(&self) -> String {
        drawn(&self.ledger.trace())
    }

    /// Spans, events and metrics as text that is the same in every run that does the same: for snapshots. Without ids of traces and spans, and without times.
    /// Spans stand below their parents in the order in which they started, attributes in that of their keys. Ids that models and providers give are attributes
    /// as any other.
    pub fn text(&self) -> String {
        text::of(&self.ledger.trace(), &self.measured())
    }

    fn measured(&self) -> Vec<recorded::Metric> {
        // It would say that it was shut down, and it is not.
        let _ = self.meters.force_flush();
        self.measured.metrics()
    }
}

impl<T: fmt::Debug> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("output", &self.output).field("trace", &self.ledger.trace()).finish_non_exhaustive()
    }
}

fn drawn(trace: &Trace) -> String {
    tree::draw(trace, Paint::Plain, tree::WIDTH)
}

/// A span that has ended. `span["key"]` is the value of an attribute, and null where there is none.
#[derive(Clone, Debug)]
pub struct Span(recorded::Span);

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// It returned.
    Success,
    /// It failed, or says so.
    Error {
        /// `error.type`, where there is one.
        error_type: Option<String>,
        /// The error's own text, where there is one.
        message: Option<String>,
    },
    /// It panicked.
    Panicked,
    /// It was dropped unfinished.
    Cancelled,
}

impl Span {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// `INTERNAL`, `CLIENT`, `SERVER`, `PRODUCER` or `CONSUMER`.
    pub fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// Where its parent is in [`Run::spans`]. None if it has none in there.
    pub fn parent(&self) -> Option<usize> {
        self.0.parent
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        let Status::Error(description) = &self.0.status else { return Ending::Success };
        let error_type = self.get(key::ERROR_TYPE).and_then(Value::as_str);
        match (error_type, description.as_str()) {
            (Some(value::PANIC), value::PANICKED) => Ending::Panicked,
            (Some(value::CANCELLED), value::CANCELLED) => Ending::Cancelled,
            (error_type, message) => Ending::Error {
                error_type: error_type.map(str::to_owned),
                message: Some(message.to_owned()).filter(|message| !message.is_empty()),
            },
        }
    }

    /// What happened in it, in that order.
    pub fn events(&self) -> Vec<Event> {
        self.0.events.iter().cloned().map(Event).collect()
    }
}

/// Something that happened in a span. `event["key"]` is the value of an attribute, and null where there is none.
#[derive(Clone, Debug)]
pub struct Event(recorded::Event);

impl Event {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

/// A histogram or a counter.
#[derive(Clone, Debug)]
pub struct Metric(recorded::Metric);

impl Metric {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its unit: `s`, `{token}`, …
    pub fn unit(&self) -> &str {
        &self.0.unit
    }

    /// One for each set of attributes, in the order of these.
    pub fn points(&self) -> Vec<Point> {
        self.0.points.iter().cloned().map(Point).collect()
    }
}

/// What was measured under one set of attributes. `point["key"]` is the value of an attribute, and null where there is none.
#[derive(Clone, Debug)]
pub struct Point(recorded::Point);

impl Point {
    /// How many measurements. None of a counter, which does not say.
    pub fn count(&self) -> Option<u64> {
        self.0.count
    }

    /// Their sum, in the metric's unit: an integer, or a float for a metric in seconds.
    pub fn sum(&self) -> &Value {
        &self.0.sum
    }
}

macro_rules! attributed {
    ($($what:ident, $order:literal;)*) => {$(
        impl $what {
            /// The value of an attribute.
            pub fn get(&self, key: &str) -> Option<&Value> {
                self.0.attributes.get(key)
            }

            #[doc = concat!("Every attribute, in the order ", $order, ".")]
            pub fn attributes(&self) -> impl Iterator<Item = (&str, &Value)> {
                self.0.attributes.0.iter().map(|(key, value)| (key.as_str(), value))
            }
        }

        impl Index<&str> for $what {
            type Output = Value;

            fn index(&self, key: &str) -> &Value {
                self.get(key).unwrap_or(&Value::Null)
            }
        }
    )*};
}

attributed! {
    Span, "in which they were set";
    Event, "in which they were given";
    Point, "of the keys";
}

/// Spans as they start, with what they were when they ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    places: HashMap<SpanId, usize>,
    ended: Vec<Option<SpanData>>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trace(&self) -> Trace {
        let entries = self.entries();
        let ended: Vec<SpanData> = entries.ended.iter().flatten().cloned().collect();
        Trace { unfinished: entries.ended.len() - ended.len(), ..Trace::of(&ended) }
    }
}

impl SpanProcessor for Ledger {
    fn on_start(&self, span: &mut SdkSpan, _: &Context) {
        let mut entries = self.entries();
        let place = entries.ended.len();
        entries.places.insert(span.span_context().span_id(), place);
        entries.ended.push(None);
    }

    fn on_end(&self, span: SpanData) {
        let mut entries = self.entries();
        if let Some(&place) = entries.places.get(&span.span_context.span_id()) {
            entries.ended[place] = Some(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{
        SpanContext, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _, TracerProvider as _,
    };
    use opentelemetry_sdk::trace::{IdGenerator, SdkTracerProvider};

    /// Gives the same ids to everybody.
    #[derive(Debug)]
    struct Same;

    impl IdGenerator for Same {
        fn new_trace_id(&self) -> TraceId {
            TraceId::from(1_u128)
        }
        fn new_span_id(&self) -> SpanId {
            SpanId::from(1_u64)
        }
    }

    #[test]
    fn a_span_whose_parent_has_its_own_id_is_a_root() {
        let ledger = Ledger::default();
        let provider = SdkTracerProvider::builder().with_id_generator(Same).with_span_processor(ledger.clone()).build();
        let itself = SpanContext::new(Same.new_trace_id(), Same.new_span_id(), TraceFlags::SAMPLED, true, TraceState::default());
        provider.tracer("").start_with_context("own", &Context::new().with_remote_span_context(itself)).end();
        let trace = ledger.trace();
        assert_eq!(trace.spans.iter().map(|span| span.parent).collect::<Vec<_>>(), [None]);
        assert!(drawn(&trace).contains("own"), "{}", drawn(&trace));
    }
}
