//! The instruments, taken anew when the meter provider or the vocabulary changes, and what is recorded with them.

use crate::value::TokenUsage;
use crate::vocabulary::{self, Convention, Kind, key};
use opentelemetry::metrics::{Histogram, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue, Value, global};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

pub(crate) type Provider = dyn MeterProvider + Send + Sync;

/// The instruments of one vocabulary at one meter provider.
pub(crate) struct Meters {
    /// Weak, so that a provider that was replaced can go.
    provider: Weak<Provider>,
    convention: &'static Convention,
    calls: [Instruments; 3],
}

struct Instruments {
    duration: Option<Histogram<f64>>,
    first_chunk: Option<Histogram<f64>>,
    tokens: Option<Histogram<u64>>,
    counts: Option<[Histogram<u64>; 2]>,
}

/// What one call measured.
pub(crate) struct Measurement<'a> {
    pub(crate) kind: Kind,
    pub(crate) duration: Duration,
    pub(crate) first_chunk: Option<Duration>,
    pub(crate) usage: TokenUsage,
    /// Steps and tools.
    pub(crate) counts: [i64; 2],
    pub(crate) error_type: Option<&'a str>,
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
        *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(meters.clone());
        meters
    }

    fn new(provider: &Arc<Provider>, convention: &'static Convention) -> Self {
        let scope = InstrumentationScope::builder(crate::NAME)
            .with_version(crate::VERSION)
            .with_schema_url(convention.schema_url)
            .build();
        let meter = provider.meter_with_scope(scope);
        let calls = [Kind::Loop, Kind::Step, Kind::Tool].map(|kind| Instruments::new(&meter, convention.operation(kind)));
        Meters { provider: Arc::downgrade(provider), convention, calls }
    }

    /// Records what there is. An attribute that `attribute` does not know is left out.
    pub(crate) fn record(&self, measured: &Measurement<'_>, attribute: impl Fn(&str) -> Option<Value>) {
        let operation = self.convention.operation(measured.kind);
        let instruments = &self.calls[measured.kind as usize];
        let attributes = |histogram: &vocabulary::Histogram| -> Vec<KeyValue> {
            histogram.attributes.iter().filter_map(|&key| Some(KeyValue::new(key, attribute(key)?))).collect()
        };
        if let (Some(histogram), Some(duration)) = (operation.duration, &instruments.duration) {
            let mut attributes = attributes(histogram);
            attributes.extend(measured.error_type.map(|kind| KeyValue::new(key::ERROR_TYPE, kind.to_owned())));
            duration.record(measured.duration.as_secs_f64(), &attributes);
        }
        if let (Some(histogram), Some(instrument), Some(first_chunk)) =
            (operation.first_chunk, &instruments.first_chunk, measured.first_chunk)
        {
            instrument.record(first_chunk.as_secs_f64(), &attributes(histogram));
        }
        if let (Some(histogram), Some(tokens)) = (operation.tokens, &instruments.tokens) {
            for (kind, count) in [("input", measured.usage.input), ("output", measured.usage.output)] {
                let Some(count) = count.and_then(|count| u64::try_from(count).ok()) else { continue };
                let mut attributes = attributes(histogram);
                attributes.push(KeyValue::new(key::TOKEN_TYPE, kind));
                tokens.record(count, &attributes);
            }
        }
        if let (Some(histograms), Some(counts)) = (operation.counts, &instruments.counts) {
            for ((histogram, instrument), count) in
                [&histograms.steps, &histograms.tools].into_iter().zip(counts).zip(measured.counts)
            {
                instrument.record(count.unsigned_abs(), &attributes(histogram));
            }
        }
    }
}

impl Instruments {
    fn new(meter: &Meter, operation: &vocabulary::Operation) -> Self {
        let counter = |histogram: &'static vocabulary::Histogram| {
            let builder = meter.u64_histogram(histogram.name).with_unit(histogram.unit).with_description(histogram.description);
            builder.with_boundaries(histogram.boundaries.to_vec()).build()
        };
        let timer = |histogram: &'static vocabulary::Histogram| {
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
