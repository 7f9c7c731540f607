//! What one run emitted, kept in the process.

use opentelemetry::trace::{Span as _, SpanId, SpanKind, Status};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::InMemoryMetricExporter;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, HistogramDataPoint, Metric as SdkMetric, MetricData};
use opentelemetry_sdk::trace::{Span as SdkSpan, SpanData, SpanProcessor};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// What one run emitted. Serialises to the output format of `replay`.
#[derive(Debug, Serialize)]
pub struct Recording {
    /// In the order in which they started.
    pub spans: Vec<Span>,
    /// By name.
    pub metrics: Vec<Metric>,
}

/// A span that has ended.
#[derive(Debug, Serialize)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// `INTERNAL`, `CLIENT`, …
    pub kind: &'static str,
    /// Where its parent is in [`Recording::spans`].
    pub parent: Option<usize>,
    /// `Unset`, `Ok` or `Error`.
    pub status: &'static str,
    /// What went wrong, where the status says so.
    pub description: Option<String>,
    /// In the order in which they were set.
    pub attributes: Attributes,
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// Since the first span of the recording started.
    #[serde(skip)]
    pub start: Duration,
    /// How long it took.
    #[serde(skip)]
    pub duration: Duration,
}

/// Something that happened inside a span.
#[derive(Debug, Serialize)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// In the order in which they were given.
    pub attributes: Attributes,
    /// Since the first span of the recording started.
    #[serde(skip)]
    pub at: Duration,
}

/// A histogram.
#[derive(Debug, Serialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// One for each set of attributes, by these.
    pub points: Vec<Point>,
}

/// What was measured under one set of attributes.
#[derive(Debug, Serialize)]
pub struct Point {
    /// By key.
    pub attributes: Attributes,
    /// How many measurements.
    pub count: u64,
    /// Their sum: an integer or a float, as the instrument is.
    pub sum: Json,
}

/// Keys and values, serialised as one object in this order.
#[derive(Debug, Default)]
pub struct Attributes(pub Vec<(String, Json)>);

impl Attributes {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    fn of<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Self {
        Attributes(attributes.into_iter().map(|attribute| (attribute.key.to_string(), json(&attribute.value))).collect())
    }

    /// A set has no order of its own, so that of its keys.
    fn of_set<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Self {
        let mut set = Attributes::of(attributes);
        set.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        set
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Numbers stay numbers and lists lists. JSON has no NaN: that is null.
fn json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::I64(value) => (*value).into(),
        Value::F64(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::Array(Array::Bool(values)) => values.clone().into(),
        Value::Array(Array::I64(values)) => values.clone().into(),
        Value::Array(Array::F64(values)) => values.clone().into(),
        Value::Array(Array::String(values)) => values.iter().map(StringValue::as_str).collect(),
        other => other.to_string().into(),
    }
}

/// Keeps what a tracer and a meter provider are given: add [`spans`](Recorder::spans) and [`metrics`](Recorder::metrics) to them.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    ledger: Ledger,
    metrics: InMemoryMetricExporter,
}

impl Recorder {
    /// For the tracer provider.
    pub fn spans(&self) -> impl SpanProcessor + 'static {
        self.ledger.clone()
    }

    /// For the meter provider.
    pub fn metrics(&self) -> InMemoryMetricExporter {
        self.metrics.clone()
    }

    /// Every span that has ended and every metric that was exported so far: flush the providers before.
    pub fn recording(&self) -> Recording {
        Recording { spans: self.ledger.spans(), metrics: self.measured() }
    }

    /// Exports are cumulative, so the last one says it all.
    fn measured(&self) -> Vec<Metric> {
        let exports = self.metrics.get_finished_metrics().unwrap_or_default();
        let mut metrics: Vec<Metric> = exports
            .last()
            .map(|export| export.scope_metrics().flat_map(|scope| scope.metrics().map(Metric::of)).collect())
            .unwrap_or_default();
        metrics.sort_by(|one, other| one.name.cmp(&other.name));
        metrics
    }
}

impl Metric {
    fn of(metric: &SdkMetric) -> Self {
        let mut points = match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(data)) => data.data_points().map(Point::of).collect(),
            AggregatedMetrics::U64(MetricData::Histogram(data)) => data.data_points().map(Point::of).collect(),
            // samplescope has histograms only.
            _ => Vec::new(),
        };
        points.sort_by_key(|point: &Point| format!("{:?}", point.attributes));
        Metric { name: metric.name().to_owned(), unit: metric.unit().to_owned(), points }
    }
}

impl Point {
    fn of<T: Copy + Into<Json>>(point: &HistogramDataPoint<T>) -> Self {
        Point { attributes: Attributes::of_set(point.attributes()), count: point.count(), sum: point.sum().into() }
    }
}

/// Spans as they start, with what they were when they ended.
#[derive(Clone, Debug, Default)]
struct Ledger(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    id: SpanId,
    ended: Option<SpanData>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spans(&self) -> Vec<Span> {
        let entries = self.entries();
        let ended: Vec<&SpanData> = entries.iter().filter_map(|entry| entry.ended.as_ref()).collect();
        let origin = ended.iter().map(|span| span.start_time).min();
        let index = |id: SpanId| ended.iter().position(|span| span.span_context.span_id() == id);
        ended.iter().map(|span| Span::of(span, index(span.parent_span_id), origin.unwrap_or(span.start_time))).collect()
    }
}

impl Span {
    fn of(span: &SpanData, parent: Option<usize>, origin: SystemTime) -> Self {
        let since = |time: SystemTime, earlier| time.duration_since(earlier).unwrap_or_default();
        let (status, description) = match &span.status {
            Status::Unset => ("Unset", None),
            Status::Ok => ("Ok", None),
            Status::Error { description } => ("Error", Some(description.to_string()).filter(|text| !text.is_empty())),
        };
        let events = span.events.iter().map(|event| Event {
            name: event.name.to_string(),
            attributes: Attributes::of(&event.attributes),
            at: since(event.timestamp, origin),
        });
        Span {
            name: span.name.to_string(),
            kind: match span.span_kind {
                SpanKind::Client => "CLIENT",
                SpanKind::Server => "SERVER",
                SpanKind::Producer => "PRODUCER",
                SpanKind::Consumer => "CONSUMER",
                SpanKind::Internal => "INTERNAL",
            },
            parent,
            status,
            description,
            attributes: Attributes::of(&span.attributes),
            events: events.collect(),
            start: since(span.start_time, origin),
            duration: since(span.end_time, span.start_time),
        }
    }
}

impl SpanProcessor for Ledger {
    fn on_start(&self, span: &mut SdkSpan, _: &Context) {
        self.entries().push(Entry { id: span.span_context().span_id(), ended: None });
    }

    fn on_end(&self, span: SpanData) {
        let id = span.span_context.span_id();
        if let Some(entry) = self.entries().iter_mut().find(|entry| entry.id == id) {
            entry.ended = Some(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
