//! The harness: a process has one tracer provider and one meter provider, so each test takes them for itself,
//! and gives them back with the settings as they were.

mod logs;
mod sampler;

pub use logs::{Log, Logs};
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::noop::NoopTextMapPropagator;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry::{Array, Context, KeyValue, Value, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, ShouldSample, Span as SdkSpan, SpanData, SpanProcessor};
pub use sampler::{Shown, Without};
use samplescope::Settings;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static PROVIDERS: Mutex<()> = Mutex::new(());

/// The process's providers, for one test.
#[derive(Debug)]
pub struct Telemetry {
    ledgers: Vec<Ledger>,
    metrics: Option<(InMemoryMetricExporter, SdkMeterProvider)>,
    _alone: MutexGuard<'static, ()>,
}

impl Telemetry {
    /// No provider, as in a program that was not set up.
    pub fn off() -> Self {
        let alone = PROVIDERS.lock().unwrap_or_else(PoisonError::into_inner);
        reset();
        Telemetry { ledgers: Vec::new(), metrics: None, _alone: alone }
    }

    /// Every span is recorded.
    pub fn on() -> Self {
        Self::off().sampled(Sampler::AlwaysOn)
    }

    /// From now on a sampler decides, at a provider of its own.
    #[must_use]
    pub fn sampled(mut self, sampler: impl ShouldSample + 'static) -> Self {
        self.install(sampler);
        self
    }

    /// Installs a new tracer provider. What the ones before it saw is kept.
    pub fn install(&mut self, sampler: impl ShouldSample + 'static) -> SdkTracerProvider {
        let ledger = Ledger::default();
        let provider = SdkTracerProvider::builder().with_sampler(sampler).with_span_processor(ledger.clone()).build();
        global::set_tracer_provider(provider.clone());
        self.ledgers.push(ledger);
        provider
    }

    /// With a meter.
    #[must_use]
    pub fn metered(mut self) -> Self {
        self.install_meter();
        self
    }

    /// Installs a new meter provider.
    pub fn install_meter(&mut self) {
        let exporter = InMemoryMetricExporter::default();
        let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
        global::set_meter_provider(provider.clone());
        self.metrics = Some((exporter, provider));
    }

    /// Trace context and baggage cross processes, as W3C has them.
    #[must_use]
    pub fn propagated(self) -> Self {
        global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        self
    }

    /// With these settings.
    #[must_use]
    pub fn with(self, settings: Settings) -> Self {
        settings.install();
        self
    }

    /// Every span that has ended, in the order in which they started. How many is said, so that nothing is asserted of none.
    ///
    /// # Panics
    /// If there are more or fewer.
    #[track_caller]
    pub fn spans(&self, expected: usize) -> Vec<Span> {
        let spans = self.spans_so_far();
        assert_eq!(spans.len(), expected, "spans:\n{}", self.tree());
        spans
    }

    /// The spans that have ended, where how many there are is what is asked.
    pub fn spans_so_far(&self) -> Vec<Span> {
        self.ledgers.iter().flat_map(Ledger::ended).collect()
    }

    /// The only span there is.
    ///
    /// # Panics
    /// If there is none, or another.
    #[track_caller]
    pub fn span(&self) -> Span {
        self.spans(1).remove(0)
    }

    /// The spans with that name.
    pub fn named(&self, name: &str) -> Vec<Span> {
        self.spans_so_far().into_iter().filter(|span| span.name() == name).collect()
    }

    /// The tree of the spans: each name, indented below its parent's.
    pub fn tree(&self) -> String {
        tree(&self.spans_so_far())
    }

    /// The tree that each of the providers saw.
    pub fn trees(&self) -> Vec<String> {
        self.ledgers.iter().map(|ledger| tree(&ledger.ended())).collect()
    }

    /// Forgets the spans that have ended.
    pub fn forget(&self) {
        for ledger in &self.ledgers {
            ledger.entries().retain(|entry| entry.ended.is_empty());
        }
    }

    /// What was measured so far, cumulatively.
    ///
    /// # Panics
    /// If the exporter was shut down.
    pub fn metrics(&self) -> Vec<Metric> {
        let Some((exporter, provider)) = &self.metrics else { return Vec::new() };
        exporter.reset();
        provider.force_flush().expect("an in-memory exporter");
        let batches = exporter.get_finished_metrics().expect("an in-memory exporter");
        let last = batches.last().into_iter();
        last.flat_map(|batch| {
            let scopes = batch.scope_metrics();
            scopes.flat_map(|scope| scope.metrics().map(|metric| Metric::of(scope.scope().name(), metric))).collect::<Vec<_>>()
        })
        .collect()
    }

    /// One metric's points.
    pub fn points(&self, name: &str) -> Vec<Point> {
        self.metrics().into_iter().find(|metric| metric.name == name).map(|metric| metric.points).unwrap_or_default()
    }
}

fn tree(spans: &[Span]) -> String {
    let mut tree = String::new();
    let roots = spans.iter().filter(|span| !spans.iter().any(|parent| parent.id() == span.parent_id()));
    for root in roots {
        branch(spans, root, 0, &mut tree);
    }
    tree
}

fn branch(spans: &[Span], span: &Span, depth: usize, tree: &mut String) {
    tree.extend([&" ".repeat(depth * 2), span.name(), "\n"]);
    for child in spans.iter().filter(|child| child.parent_id() == span.id()) {
        branch(spans, child, depth + 1, tree);
    }
}

fn reset() {
    global::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
    global::set_meter_provider(opentelemetry::metrics::noop::NoopMeterProvider::new());
    global::set_text_map_propagator(NoopTextMapPropagator::new());
    Settings::default().install();
}

/// Every span of every test ends once.
impl Drop for Telemetry {
    fn drop(&mut self) {
        reset();
        if std::thread::panicking() {
            return;
        }
        for entry in self.ledgers.iter().flat_map(|ledger| ledger.entries().list.clone()) {
            assert_eq!(entry.ended.len(), 1, "`{}` ended {} times", entry.name, entry.ended.len());
        }
    }
}

/// Writes down what starts and what ends.
#[derive(Clone, Debug, Default)]
struct Ledger(Arc<Mutex<Entries>>);

/// In the order in which they started, and where each stands.
#[derive(Debug, Default)]
struct Entries {
    list: Vec<Entry>,
    places: HashMap<SpanId, usize>,
}

impl Entries {
    fn retain(&mut self, keeps: impl FnMut(&Entry) -> bool) {
        self.list.retain(keeps);
        self.places = self.list.iter().enumerate().map(|(place, entry)| (entry.id, place)).collect();
    }
}

#[derive(Clone, Debug)]
struct Entry {
    id: SpanId,
    name: String,
    ended: Vec<SpanData>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> Vec<Span> {
        self.entries().list.iter().flat_map(|entry| entry.ended.clone()).map(Span).collect()
    }
}

impl SpanProcessor for Ledger {
    fn on_start(&self, span: &mut SdkSpan, _: &Context) {
        use opentelemetry::trace::Span as _;
        let name = span.exported_data().map(|data| data.name.into_owned()).unwrap_or_default();
        let mut entries = self.entries();
        let (id, place) = (span.span_context().span_id(), entries.list.len());
        entries.list.push(Entry { id, name, ended: Vec::new() });
        entries.places.insert(id, place);
    }

    fn on_end(&self, span: SpanData) {
        let mut entries = self.entries();
        let id = span.span_context.span_id();
        if let Some(&place) = entries.places.get(&id) {
            entries.list[place].ended.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// What has not ended by now never reaches a processor.
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.entries().retain(|entry| !entry.ended.is_empty());
        Ok(())
    }
}

/// A span as it was exported.
#[derive(Clone, Debug)]
pub struct Span(pub SpanData);

impl Span {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its id.
    pub fn id(&self) -> SpanId {
        self.0.span_context.span_id()
    }

    /// Its parent's id.
    pub fn parent_id(&self) -> SpanId {
        self.0.parent_span_id
    }

    /// Its kind.
    pub fn kind(&self) -> SpanKind {
        self.0.span_kind.clone()
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.0.status.clone()
    }

    /// An attribute.
    ///
    /// # Panics
    /// If it is there twice.
    pub fn get(&self, key: &str) -> Option<Value> {
        let mut values = self.0.attributes.iter().filter(|attribute| attribute.key.as_str() == key);
        let value = values.next().map(|attribute| attribute.value.clone());
        assert!(values.next().is_none(), "{key} is there twice");
        value
    }

    /// Every attribute, with its type: `key: String("value")`.
    ///
    /// # Panics
    /// If a key is there twice.
    pub fn attributes(&self) -> BTreeMap<String, String> {
        let all: BTreeMap<_, _> = self.0.attributes.iter().map(typed).collect();
        assert_eq!(all.len(), self.0.attributes.len(), "a key is there twice: {:?}", self.0.attributes);
        all
    }

    /// Its events: names and attributes.
    pub fn events(&self) -> Vec<(String, BTreeMap<String, String>)> {
        self.0.events.iter().map(|event| (event.name.to_string(), event.attributes.iter().map(typed).collect())).collect()
    }
}

fn typed(attribute: &KeyValue) -> (String, String) {
    let value = match &attribute.value {
        Value::Bool(value) => format!("Bool({value})"),
        Value::I64(value) => format!("I64({value})"),
        Value::F64(value) => format!("F64({value:?})"),
        Value::String(value) => format!("String({:?})", value.as_str()),
        Value::Array(Array::String(values)) => {
            format!("Array({:?})", values.iter().map(opentelemetry::StringValue::as_str).collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    };
    (attribute.key.to_string(), value)
}

/// A metric as it was exported.
#[derive(Clone, Debug)]
pub struct Metric {
    /// The name of its instrumentation scope.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Its points.
    pub points: Vec<Point>,
}

/// One point of a metric.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its attributes, with their types.
    pub attributes: BTreeMap<String, String>,
    /// How many measurements; of a counter 0, since it does not say.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The boundaries of its buckets.
    pub bounds: Vec<f64>,
}

impl Metric {
    #[expect(clippy::cast_precision_loss, reason = "token counts of tests")]
    fn of(scope: &str, metric: &opentelemetry_sdk::metrics::data::Metric) -> Self {
        let points = match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(data)) => data
                .data_points()
                .map(|point| Point {
                    attributes: point.attributes().map(typed).collect(),
                    count: point.count(),
                    sum: point.sum(),
                    bounds: point.bounds().collect(),
                })
                .collect(),
            AggregatedMetrics::U64(MetricData::Histogram(data)) => data
                .data_points()
                .map(|point| Point {
                    attributes: point.attributes().map(typed).collect(),
                    count: point.count(),
                    sum: point.sum() as f64,
                    bounds: point.bounds().collect(),
                })
                .collect(),
            AggregatedMetrics::U64(MetricData::Sum(data)) => {
                assert!(data.is_monotonic(), "a counter");
                let points = data.data_points().map(|point| Point {
                    attributes: point.attributes().map(typed).collect(),
                    count: 0,
                    sum: point.value() as f64,
                    bounds: Vec::new(),
                });
                points.collect()
            }
            _ => panic!("{} is neither a histogram nor a counter", metric.name()),
        };
        Metric { scope: scope.to_owned(), name: metric.name().to_owned(), unit: metric.unit().to_owned(), points }
    }
}
