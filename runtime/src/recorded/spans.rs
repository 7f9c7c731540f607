//! Spans that have ended, and which is whose parent.

#[cfg(feature = "testing")]
use opentelemetry::trace::SpanKind;
use opentelemetry::trace::{SpanId, Status as SdkStatus};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// Spans in the order in which they started, and what is not among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) spans: Vec<Span>,
    /// How many there were beyond those that are kept.
    pub(crate) left_out: usize,
    /// How many have not ended.
    pub(crate) unfinished: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    #[cfg(feature = "testing")]
    pub(crate) kind: &'static str,
    /// Where its parent is in [`Trace::spans`].
    pub(crate) parent: Option<usize>,
    pub(crate) status: Status,
    pub(crate) attributes: Attributes,
    pub(crate) events: Vec<Event>,
    /// Since the first span of the trace started.
    pub(crate) start: Duration,
    pub(crate) duration: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    Unset,
    Ok,
    /// With its description, which may be empty.
    Error(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) attributes: Attributes,
    /// Since the first span of the trace started.
    pub(crate) at: Duration,
}

/// Keys and values, in the order in which they were set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Attributes(pub(crate) Vec<(String, Json)>);

impl Attributes {
    pub(crate) fn get(&self, key: &str) -> Option<&Json> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn of<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Self {
        Attributes(attributes.into_iter().map(|attribute| (attribute.key.to_string(), json(&attribute.value))).collect())
    }

    /// A set has no order of its own, so that of its keys.
    pub(crate) fn of_set<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Self {
        let mut set = Attributes::of(attributes);
        set.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        set
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

impl Trace {
    /// Of spans in the order in which they started. One whose parent is not among them is a root.
    pub(crate) fn of(ended: &[SpanData]) -> Self {
        let origin = ended.iter().map(|span| span.start_time).min();
        let places: HashMap<SpanId, usize> =
            ended.iter().enumerate().map(|(place, span)| (span.span_context.span_id(), place)).collect();
        let parent = |place: usize, span: &SpanData| {
            // Whoever started after it is not its parent, whatever the ids say: no circle can come of them.
            places.get(&span.parent_span_id).copied().filter(|&parent| parent < place)
        };
        let spans = ended.iter().enumerate();
        let spans = spans.map(|(place, span)| Span::of(span, parent(place, span), origin.unwrap_or(span.start_time)));
        Trace { spans: spans.collect(), left_out: 0, unfinished: 0 }
    }
}

impl Span {
    fn of(span: &SpanData, parent: Option<usize>, origin: SystemTime) -> Self {
        let since = |time: SystemTime, earlier| time.duration_since(earlier).unwrap_or_default();
        let events = span.events.iter().map(|event| Event {
            name: event.name.to_string(),
            attributes: Attributes::of(&event.attributes),
            at: since(event.timestamp, origin),
        });
        Span {
            name: span.name.to_string(),
            #[cfg(feature = "testing")]
            kind: match span.span_kind {
                SpanKind::Client => "CLIENT",
                SpanKind::Server => "SERVER",
                SpanKind::Producer => "PRODUCER",
                SpanKind::Consumer => "CONSUMER",
                SpanKind::Internal => "INTERNAL",
            },
            parent,
            status: match &span.status {
                SdkStatus::Unset => Status::Unset,
                SdkStatus::Ok => Status::Ok,
                SdkStatus::Error { description } => Status::Error(description.to_string()),
            },
            attributes: Attributes::of(&span.attributes),
            events: events.collect(),
            start: since(span.start_time, origin),
            duration: since(span.end_time, span.start_time),
        }
    }
}
