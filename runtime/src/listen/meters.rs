//! The instruments, taken anew when the meter provider or the vocabulary changes, and what is recorded with them.

#[cfg(feature = "mcp")]
use crate::listen::requests::RequestInstruments;
use crate::value::TokenUsage;
use crate::vocabulary::{Convention, Histogram, Kind, Operation, Origin, key, value};
use opentelemetry::metrics::{self, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue, Value, global};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
#[cfg(feature = "mcp")]
use std::sync::OnceLock;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

pub(crate) type Provider = dyn MeterProvider + Send + Sync;

/// The instruments of one vocabulary at one meter provider.
pub(crate) struct Meters {
    /// Weak, so that a provider that was replaced can go.
    provider: Weak<Provider>,
    convention: &'static Convention,
    calls: [Instruments; 3],
    /// Those of requests, once there is one.
    #[cfg(feature = "mcp")]
    requests: OnceLock<RequestInstruments>,
    /// What was given to it of each attribute that is not a constant.
    seen: RwLock<Seen>,
}

/// The values of each key. In order, since there are few, which are found sooner than hashed.
type Seen = BTreeMap<&'static str, BTreeSet<String>>;

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
        let calls = KINDS.map(|kind| Instruments::new(&meter, convention.operation(kind)));
        Meters {
            provider: Arc::downgrade(provider),
            convention,
            calls,
            #[cfg(feature = "mcp")]
            requests: OnceLock::new(),
            seen: RwLock::default(),
        }
    }

    /// The instruments of requests. None if their provider is gone.
    #[cfg(feature = "mcp")]
    pub(crate) fn requests(&self) -> Option<&RequestInstruments> {
        if self.requests.get().is_none() {
            // Not under the lock of `OnceLock`: a provider's code runs. Made twice, they are the same instruments.
            let instruments = RequestInstruments::new(&*self.provider.upgrade()?, self.convention);
            let _ = self.requests.set(instruments);
        }
        self.requests.get()
    }

    /// Records what there is. An attribute that `attribute` does not know is left out.
    pub(crate) fn record(&self, measured: &Measurement<'_>, attribute: impl Fn(&str) -> Option<(Value, Origin)>) {
        let Measurement { operation, .. } = measured;
        let instruments = &self.calls[measured.kind as usize];
        let describe = |few: &mut Few, histogram: &Histogram| {
            for &key in histogram.attributes {
                if let Some((value, origin)) = attribute(key) {
                    few.push(key, self.bounded(key, value, origin));
                }
            }
        };
        if let (Some(histogram), Some(instrument), Some(duration)) =
            (operation.duration, &instruments.duration, measured.duration)
        {
            let mut few = Few::new();
            describe(&mut few, histogram);
            if let Some((error_type, origin)) = &measured.error_type {
                few.push(key::ERROR_TYPE, self.bounded(key::ERROR_TYPE, error_type.clone().into(), *origin));
            }
            instrument.record(duration.as_secs_f64(), few.as_slice());
        }
        if let (Some(histogram), Some(instrument), Some(first_chunk)) =
            (operation.first_chunk, &instruments.first_chunk, measured.first_chunk)
        {
            let mut few = Few::new();
            describe(&mut few, histogram);
            instrument.record(first_chunk.as_secs_f64(), few.as_slice());
        }
        if let (Some(histogram), Some(instrument)) = (operation.tokens, &instruments.tokens) {
            let counts = [("input", measured.usage.input), ("output", measured.usage.output)];
            let mut known = counts.into_iter().filter_map(|(kind, count)| Some((kind, u64::try_from(count?).ok()?))).peekable();
            if known.peek().is_some() {
                let mut few = Few::new();
                describe(&mut few, histogram);
                for (kind, count) in known {
                    few.push(key::TOKEN_TYPE, kind.into());
                    instrument.record(count, few.as_slice());
                    few.pop();
                }
            }
        }
        if let (Some(histograms), Some([steps, tools])) = (operation.counts, &instruments.counts) {
            for (instrument, histogram, count) in
                [(steps, &histograms.steps, measured.counts[0]), (tools, &histograms.tools, measured.counts[1])]
            {
                let mut few = Few::new();
                describe(&mut few, histogram);
                instrument.record(count.unsigned_abs(), few.as_slice());
            }
        }
    }

    /// The value, while there are not too many of them: a model may invent names without end.
    pub(crate) fn bounded(&self, key: &'static str, value: Value, origin: Origin) -> Value {
        let Value::String(text) = &value else { return value };
        if origin == Origin::Constant {
            return value;
        }
        let is_known = |seen: &Seen| seen.get(key).is_some_and(|seen| seen.contains(text.as_str()));
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

/// As the instruments stand.
const KINDS: [Kind; 3] = [Kind::Loop, Kind::Step, Kind::Tool];

/// The attributes of a measurement, for which no memory is asked.
struct Few {
    attributes: [KeyValue; Few::MOST],
    count: usize,
}

impl Few {
    /// Those of any histogram, and the error's type or the token's.
    const MOST: usize = 5;

    fn new() -> Self {
        Few { attributes: std::array::from_fn(|_| KeyValue::new("", false)), count: 0 }
    }

    fn push(&mut self, key: &'static str, value: Value) {
        if let Some(attribute) = self.attributes.get_mut(self.count) {
            *attribute = KeyValue::new(key, value);
            self.count += 1;
        }
    }

    fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    fn as_slice(&self) -> &[KeyValue] {
        &self.attributes[..self.count]
    }
}

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
    use crate::vocabulary::{GENAI, PRESCRIBED};
    use opentelemetry::metrics::noop::NoopMeterProvider;

    #[test]
    fn a_measurement_has_room_for_the_attributes_of_any_histogram_and_one_more() {
        for operation in [&PRESCRIBED, &GENAI].into_iter().flat_map(|convention| KINDS.map(|kind| convention.operation(kind))) {
            let counts = operation.counts.into_iter().flat_map(|counts| [&counts.steps, &counts.tools]);
            let histograms = [operation.duration, operation.first_chunk, operation.tokens].into_iter().flatten().chain(counts);
            for histogram in histograms {
                let mut few = Few::new();
                for &key in histogram.attributes.iter().chain([&key::ERROR_TYPE]) {
                    few.push(key, key.into());
                }
                assert_eq!(few.as_slice().len(), histogram.attributes.len() + 1, "{}", histogram.name);
                few.pop();
                assert_eq!(few.as_slice().last().map(|last| last.key.as_str()), histogram.attributes.last().copied());
            }
            // Only those who want tokens are told of the model that answered.
            assert_eq!(operation.measures(key::RESPONSE_MODEL), operation.tokens.is_some(), "{}", operation.name);
        }
    }

    #[test]
    fn the_api_s_own_provider_is_a_noop() {
        assert!(is_noop(&(Arc::new(NoopMeterProvider::new()) as Arc<Provider>)));
    }
}
