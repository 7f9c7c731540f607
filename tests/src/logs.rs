//! Log records, as a user's bridge from `tracing` to OpenTelemetry makes them.

use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use std::collections::BTreeMap;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// Everything that this thread says through `tracing`, for as long as this lives.
#[derive(Debug)]
pub struct Logs {
    exporter: InMemoryLogExporter,
    _provider: SdkLoggerProvider,
    _subscriber: tracing::subscriber::DefaultGuard,
}

impl Logs {
    /// Listens from now on.
    pub fn listen() -> Self {
        let exporter = InMemoryLogExporter::default();
        let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let bridge = OpenTelemetryTracingBridge::new(&provider);
        let subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(LevelFilter::INFO).with(bridge));
        Logs { exporter, _provider: provider, _subscriber: subscriber }
    }

    /// Every record so far.
    ///
    /// # Panics
    /// If the exporter was shut down.
    pub fn records(&self) -> Vec<Log> {
        let logs = self.exporter.get_emitted_logs().expect("an in-memory exporter");
        let record = |log: &opentelemetry_sdk::logs::in_memory_exporter::LogDataWithResource| {
            let ids = log.record.trace_context().map(|context| (context.trace_id, context.span_id));
            Log {
                name: log.record.event_name().unwrap_or_default().to_owned(),
                severity: log.record.severity_number(),
                ids,
                body: log.record.body().map(|body| format!("{body:?}")),
                attributes: log.record.attributes_iter().map(|(key, value)| (key.to_string(), typed(value))).collect(),
            }
        };
        logs.iter().map(record).collect()
    }

    /// The records with that event name.
    pub fn named(&self, name: &str) -> Vec<Log> {
        self.records().into_iter().filter(|log| log.name == name).collect()
    }
}

/// A log record as it was exported.
#[derive(Clone, Debug)]
pub struct Log {
    /// The event's name.
    pub name: String,
    /// How severe it is.
    pub severity: Option<Severity>,
    /// The trace and span that it belongs to.
    pub ids: Option<(TraceId, SpanId)>,
    /// Its body.
    pub body: Option<String>,
    /// Its attributes, with their types.
    pub attributes: BTreeMap<String, String>,
}

fn typed(value: &AnyValue) -> String {
    match value {
        AnyValue::Int(value) => format!("I64({value})"),
        AnyValue::Double(value) => format!("F64({value:?})"),
        AnyValue::String(value) => format!("String({:?})", value.as_str()),
        other => format!("{other:?}"),
    }
}
