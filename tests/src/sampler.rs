//! A sampler that makes its difference by the name of a span.

use opentelemetry::trace::{Link, SpanKind, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use std::sync::{Arc, Mutex, PoisonError};

/// Says no to spans of one name and yes to all others, and remembers what it was shown.
#[derive(Clone, Debug)]
pub struct Without {
    name: Option<&'static str>,
    shown: Arc<Mutex<Vec<Shown>>>,
}

/// What a sampler was shown of a span.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: SpanKind,
    /// Its attributes, in order.
    pub attributes: Vec<KeyValue>,
}

impl Without {
    /// Says no to spans of that name.
    pub fn new(name: &'static str) -> Self {
        Without { name: Some(name), shown: Arc::default() }
    }

    /// Says yes to everything.
    pub fn nothing() -> Self {
        Without { name: None, shown: Arc::default() }
    }

    /// What it was shown, of each span that it was asked for.
    pub fn shown(&self) -> Vec<Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The names of the spans that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.shown().into_iter().map(|shown| shown.name).collect()
    }
}

impl ShouldSample for Without {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let shown = Shown { name: name.to_owned(), kind: kind.clone(), attributes: attributes.to_vec() };
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
        let decision = if self.name == Some(name) { SamplingDecision::Drop } else { SamplingDecision::RecordAndSample };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::default() }
    }
}
