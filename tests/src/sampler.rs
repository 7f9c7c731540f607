//! A sampler that makes its difference by the name of a span.

use opentelemetry::trace::{Link, SpanKind, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};
use std::sync::{Arc, Mutex, PoisonError};

/// Says no to spans of one name and yes to all others, and remembers which it was asked for.
#[derive(Clone, Debug)]
pub struct Without {
    name: &'static str,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Without {
    /// Says no to spans of that name.
    pub fn new(name: &'static str) -> Self {
        Without { name, asked: Arc::default() }
    }

    /// The names of the spans that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ShouldSample for Without {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        name: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        let decision = if name == self.name { SamplingDecision::Drop } else { SamplingDecision::RecordAndSample };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::default() }
    }
}
