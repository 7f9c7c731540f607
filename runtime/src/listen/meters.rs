//! The instruments, taken anew when the meter provider or the vocabulary changes, and what is recorded with them.

use crate::value::TokenUsage;
use crate::vocabulary::{Convention, Histogram, Kind, Operation, Origin, key, value};
use opentelemetry::metrics::{self, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue, Value, global};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

pub(crate) type Provider = dyn MeterProvider + Send + Sync;

/// The instruments of one vocabulary at one meter provider.
pub(crate) struct Meters {
    /// Weak, so that a provider that was replaced can go.
    provider: Weak<Provider>,
    convention: &'static Convention,
    calls: [Instruments; 3],
    /// What was given to it of each attribute that is not a constant.
    seen: RwLock<HashMap<&'static str, HashSet<String>>>,
}

struct Instruments {
    duration: Option<metrics::Histogram<f64>>,
    first_chunk: Option<metrics::Histogram<f64>>,
    tokens: Option<metrics::Histogram<u64>>,
    counts: Option<[metrics::Histogram<u64>; 2]>,
}

/// What one call measured.
pub(crate) struct Measurement<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) kind: Kind,
    pub(crate) duration: Option<Duration>,
    pub(crate) first_chunk: Option<Duration>,
    pub(crate) usage: TokenUsage,
    /// Steps and tools.
    pub(crate) counts: [i64; 2],
    pub(crate) error_type: Option<(Cow<'static, str>, Origin)>,
}

impl Meters {
    /// The global meter provider, if somebody set one.
    pub(crate) fn provider() -> Option<Arc<Provider>> {
        Some(global::meter_provider()).filter(|provider| !is_noop(provider))
    }

    /// The instruments at that provider.
    pub(crate) fn at(provider: &Arc<Provider>, convention: &'static Convention) -> Arc<Meters> {
        let is_current = |meters: &Arc<Meters>| {
            std::ptr::addr_eq(meters.provider.as_ptr(), Arc::as_ptr(provider)) && std::ptr::eq(meters.convention, convention)
        };
        if let Some(meters) = CURRENT.read().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|meters| is_current(meters))
        {
            return meters.clone();
        }
        let meters = Arc::new(Meters::new(provider, convention));
        let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = current.as_ref().filter(|meters| is_current(meters)) {
            return current.clone();
        }
        let replaced = current.replace(meters.clone());
        // Not under the lock: the last of an instrument of the user's may go with it.
        drop(current);
        drop(replaced);
        meters
    }

    /// Instruments that nobody else is given.
    #[cfg(feature = "testing")]
    pub(crate) fn alone_at(provider: &Arc<Provider>, convention: &'static Convention) -> Arc<Meters> {
        Arc::new(Meters::new(provider, convention))
    }

    fn new(provider: &Arc<Provider>, convention: &'static Convention) -> Self {
        let scope = InstrumentationScope::builder(crate::NAME)
            .with_version(crate::VERSION)
            .with_schema_url(convention.schema_url)
            .build();
        let meter = provider.meter_with_scope(scope);
        let calls = [Kind::Loop, Kind::Step, Kind::Tool].map(|kind| Instruments::new(&meter, convention.operation(kind)));
        Meters { provider: Arc::downgrade(provider), convention, calls, seen: RwLock::default() }
    }

    /// Records what there is. An attribute that `attribute` does not know is left out.
    pub(crate) fn record(&self, measured: &Measurement<'_>, attribute: impl Fn(&str) -> Option<(Value, Origin)>) {
        let Measurement { operation, .. } = measured;
        let instruments = &self.calls[measured.kind as usize];
        let attributes = |histogram: &Histogram| {
            let mut attributes = Vec::with_capacity(histogram.attributes.len() + 1);
            for &key in histogram.attributes {
                if let Some((value, origin)) = attribute(key) {
                    attributes.push(KeyValue::new(key, self.bounded(key, value, origin)));
                }
            }
            attributes
        };
        if let (Some(histogram), Some(instrument), Some(duration)) =
            (operation.duration, &instruments.duration, measured.duration)
        {
            let mut attributes = attributes(histogram);
            if let Some((error_type, origin)) = &measured.error_type {
                let error_type = self.bounded(key::ERROR_TYPE, error_type.clone().into(), *origin);
                attributes.push(KeyValue::new(key::ERROR_TYPE, error_type));
            }
            instrument.record(duration.as_secs_f64(), &attributes);
        }
        if let (Some(histogram), Some(instrument), Some(first_chunk)) =
            (operation.first_chunk, &instruments.first_chunk, measured.first_chunk)
        {
            instrument.record(first_chunk.as_secs_f64(), &attributes(histogram));
        }
        if let (Some(histogram), Some(instrument)) = (operation.tokens, &instruments.tokens) {
            let counts = [("input", measured.usage.input), ("output", measured.usage.output)];
            let mut known = counts.into_iter().filter_map(|(kind, count)| Some((kind, u64::try_from(count?).ok()?))).peekable();
            if known.peek().is_some() {
                let mut attributes = attributes(histogram);
                for (kind, count) in known {
                    attributes.push(KeyValue::new(key::TOKEN_TYPE, kind));
                    instrument.record(count, &attributes);
                    attributes.pop();
                }
            }
        }
        if let (Some(histograms), Some([steps, tools])) = (operation.counts, &instruments.counts) {
            steps.record(measured.counts[0].unsigned_abs(), &attributes(&histograms.steps));
            tools.record(measured.counts[1].unsigned_abs(), &attributes(&histograms.tools));
        }
    }

    /// The value, while there are not too many of them: a model may invent names without end.
    fn bounded(&self, key: &'static str, value: Value, origin: Origin) -> Value {
        let Value::String(text) = &value else { return value };
        if origin == Origin::Constant {
            return value;
        }
        let is_known =
            |seen: &HashMap<&'static str, HashSet<String>>| seen.get(key).is_some_and(|seen| seen.contains(text.as_str()));
        if is_known(&self.seen.read().unwrap_or_else(PoisonError::into_inner)) {
            return value;
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.entry(key).or_default();
        if seen.len() < MOST_VALUES {
            seen.insert(text.as_str().to_owned());
        }
        if seen.contains(text.as_str()) { value } else { value::OTHER.into() }
    }
}

/// How many values of an attribute a meter provider is given, before they are `_OTHER`.
const MOST_VALUES: usize = 200;

impl Instruments {
    fn new(meter: &Meter, operation: &Operation) -> Self {
        let counter = |histogram: &'static Histogram| {
            let builder = meter.u64_histogram(histogram.name).with_unit(histogram.unit).with_description(histogram.description);
            builder.with_boundaries(histogram.boundaries.to_vec()).build()
        };
        let timer = |histogram: &'static Histogram| {
            let builder = meter.f64_histogram(histogram.name).with_unit(histogram.unit).with_description(histogram.description);
            builder.with_boundaries(histogram.boundaries.to_vec()).build()
        };
        Instruments {
            duration: operation.duration.map(timer),
            first_chunk: operation.first_chunk.map(timer),
            tokens: operation.tokens.map(counter),
            counts: operation.counts.map(|counts| [counter(&counts.steps), counter(&counts.tools)]),
        }
    }
}

static CURRENT: RwLock<Option<Arc<Meters>>> = RwLock::new(None);

/// A provider without a field can keep nothing: the API's own no-op. There is no other sign.
fn is_noop(provider: &Arc<Provider>) -> bool {
    size_of_val(&**provider) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::metrics::noop::NoopMeterProvider;

    #[test]
    fn the_api_s_own_provider_is_a_noop() {
        assert!(is_noop(&(Arc::new(NoopMeterProvider::new()) as Arc<Provider>)));
    }
}
