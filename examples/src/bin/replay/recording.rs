//! What one run emitted, as JSON.

use samplescope::testing::{self, Ending, Run};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// What one run emitted.
#[derive(Debug, Serialize)]
pub(crate) struct Recording {
    /// In the order in which they started.
    spans: Vec<Span>,
    /// By name.
    metrics: Vec<Metric>,
}

#[derive(Debug, Serialize)]
struct Span {
    name: String,
    kind: &'static str,
    /// Where its parent is in [`Recording::spans`].
    parent: Option<usize>,
    status: &'static str,
    description: Option<String>,
    attributes: Attributes,
    events: Vec<Event>,
}

#[derive(Debug, Serialize)]
struct Event {
    name: String,
    attributes: Attributes,
}

#[derive(Debug, Serialize)]
struct Metric {
    name: String,
    unit: String,
    points: Vec<Point>,
}

#[derive(Debug, Serialize)]
struct Point {
    attributes: Attributes,
    /// Of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    sum: Value,
}

/// Keys and values, as one object in this order.
#[derive(Debug)]
struct Attributes(Vec<(String, Value)>);

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'a> FromIterator<(&'a str, &'a Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a Value)>>(attributes: I) -> Self {
        Attributes(attributes.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect())
    }
}

impl Recording {
    pub(crate) fn of<T>(run: &Run<T>) -> Self {
        Recording {
            spans: run.spans_so_far().iter().map(Span::of).collect(),
            metrics: run.metrics().iter().map(Metric::of).collect(),
        }
    }
}

impl Span {
    fn of(span: &testing::Span) -> Self {
        let (status, description) = match span.ending() {
            Ending::Success => ("Unset", None),
            Ending::Error { message, .. } => ("Error", message),
            Ending::Panicked => ("Error", Some("panicked".to_owned())),
            Ending::Cancelled => ("Error", Some("cancelled".to_owned())),
            other => ("Error", Some(format!("{other:?}"))),
        };
        let events = span.events().into_iter();
        Span {
            name: span.name().to_owned(),
            kind: span.kind(),
            parent: span.parent(),
            status,
            description,
            attributes: span.attributes().collect(),
            events: events
                .map(|event| Event { name: event.name().to_owned(), attributes: event.attributes().collect() })
                .collect(),
        }
    }
}

impl Metric {
    fn of(metric: &testing::Metric) -> Self {
        let point = |point: testing::Point| Point {
            attributes: point.attributes().collect(),
            count: point.count(),
            sum: point.sum().clone(),
        };
        Metric {
            name: metric.name().to_owned(),
            unit: metric.unit().to_owned(),
            points: metric.points().into_iter().map(point).collect(),
        }
    }
}
