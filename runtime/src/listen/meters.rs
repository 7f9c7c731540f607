//! The instruments, taken anew when the meter provider or the vocabulary changes, and what is recorded with them.

use crate::listen::instruments::{counter, distribution, timer};
#[cfg(feature = "mcp")]
use crate::listen::requests::RequestInstruments;
use crate::listen::tracer::scope;
use crate::value::TokenUsage;
use crate::vocabulary::{Convention, InstrumentGroup, MODALITIES, Modality, Operation, Origin, Spent, Tokens, key, value};
use opentelemetry::metrics::{self, Meter, MeterProvider};
use opentelemetry::{KeyValue, Value, global};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
#[cfg(feature = "mcp")]
use std::sync::OnceLock;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

pub(crate) type AnyMeterProvider = dyn MeterProvider + Send + Sync;

/// The instruments of one vocabulary at one meter provider.
pub(crate) struct Meters {
    /// Weak, so that a provider that was replaced can go.
    provider: Weak<AnyMeterProvider>,
    convention: &'static Convention,
    calls: [Instruments; InstrumentGroup::ONE_OF_EACH.len()],
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
    /// To the first chunk, and from each to the next.
    chunks: Option<[metrics::Histogram<f64>; 2]>,
    tokens: Option<TokenInstruments>,
    /// Steps and tools.
    counts: Option<[metrics::Histogram<u64>; 2]>,
}

enum TokenInstruments {
    ByType(metrics::Histogram<u64>),
    Spent(Box<SpentInstruments>),
}

struct SpentInstruments {
    input: metrics::Counter<u64>,
    output: metrics::Counter<u64>,
    cache_read: metrics::Counter<u64>,
    cache_write: metrics::Counter<u64>,
    reasoning: metrics::Counter<u64>,
    /// Input and output.
    each: [metrics::Histogram<u64>; 2],
}

/// What one call measured.
pub(crate) struct Measurement<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) duration: Option<Duration>,
    pub(crate) first_chunk: Option<Duration>,
    /// From each chunk to the next, in seconds.
    pub(crate) next_chunks: &'a [f64],
    /// None: somebody else reports it.
    pub(crate) usage: Option<TokenUsage>,
    /// Steps and tools.
    pub(crate) counts: [i64; 2],
    pub(crate) error_type: Option<(Cow<'static, str>, Origin)>,
}

impl Meters {
    /// The global meter provider, if somebody set one.
    pub(crate) fn provider() -> Option<Arc<AnyMeterProvider>> {
        Some(global::meter_provider()).filter(|provider| !is_noop(provider))
    }

    /// The instruments at that provider.
    pub(crate) fn at(provider: &Arc<AnyMeterProvider>, convention: &'static Convention) -> Arc<Meters> {
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
    pub(super) fn new(provider: &Arc<AnyMeterProvider>, convention: &'static Convention) -> Self {
        let meter = provider.meter_with_scope(scope(crate::NAME, convention));
        let calls = InstrumentGroup::ONE_OF_EACH.map(|called| Instruments::new(&meter, convention.operation(called)));
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
    pub(crate) fn record(&self, measurement: &Measurement<'_>, attribute: impl Fn(&str) -> Option<(Value, Origin)>) {
        let instruments = &self.calls[measurement.operation.called.instrument_group() as usize];
        if !instruments.have_something_of(measurement) {
            return;
        }
        let mut few = Few::new();
        for &key in measurement.operation.metric_attributes {
            if let Some(value) = attribute(key).and_then(|(value, origin)| self.few_enough(key, value, origin)) {
                few.push(key, value);
            }
        }
        if let (Some([first, next]), Some(first_chunk)) = (&instruments.chunks, measurement.first_chunk) {
            first.record(first_chunk.as_secs_f64(), few.as_slice());
            for &seconds in measurement.next_chunks {
                next.record(seconds, few.as_slice());
            }
        }
        if let Some([steps, tools]) = &instruments.counts {
            steps.record(measurement.counts[0].unsigned_abs(), few.as_slice());
            tools.record(measurement.counts[1].unsigned_abs(), few.as_slice());
        }
        match (&instruments.tokens, &measurement.usage) {
            (Some(TokenInstruments::ByType(histogram)), Some(usage)) => {
                for (kind, count) in [("input", usage.input()), ("output", usage.output())] {
                    if let Some(count) = count {
                        few.with(key::TOKEN_TYPE, kind, |attributes| histogram.record(count, attributes));
                    }
                }
            }
            (Some(TokenInstruments::Spent(instruments)), Some(usage)) => instruments.add(usage, &mut few),
            _ => {}
        }
        // What goes before is the same of a call that failed.
        if let Some((error_type, origin)) = &measurement.error_type {
            few.push(key::ERROR_TYPE, self.bounded(key::ERROR_TYPE, error_type.clone().into(), *origin));
        }
        if let (Some(instrument), Some(duration)) = (&instruments.duration, measurement.duration) {
            instrument.record(duration.as_secs_f64(), few.as_slice());
        }
        if let (Some(TokenInstruments::Spent(instruments)), Some(usage)) = (&instruments.tokens, &measurement.usage) {
            for (histogram, count) in instruments.each.iter().zip([usage.input(), usage.output()]) {
                if let Some(count) = count {
                    histogram.record(count, few.as_slice());
                }
            }
        }
    }

    /// The value of an attribute of a call. A number of which there are too many is left out: no other stands for it.
    fn few_enough(&self, key: &'static str, value: Value, origin: Origin) -> Option<Value> {
        match value {
            Value::I64(number) if origin == Origin::Evaluated => self.has_room_for(key, number).then_some(value),
            value => Some(self.bounded(key, value, origin)),
        }
    }

    /// Whether the number is one of the first.
    #[inline(never)]
    pub(crate) fn has_room_for(&self, key: &'static str, number: i64) -> bool {
        self.has_room(key, &number.to_string())
    }

    /// The value, while there are not too many of them: a model may invent names without end.
    pub(crate) fn bounded(&self, key: &'static str, value: Value, origin: Origin) -> Value {
        match &value {
            Value::String(text) if origin == Origin::Evaluated && !self.has_room(key, text.as_str()) => value::OTHER.into(),
            _ => value,
        }
    }

    /// Whether the value is one of the first.
    fn has_room(&self, key: &'static str, text: &str) -> bool {
        let is_known = |seen: &Seen| seen.get(key).is_some_and(|seen| seen.contains(text));
        if is_known(&self.seen.read().unwrap_or_else(PoisonError::into_inner)) {
            return true;
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.entry(key).or_default();
        if seen.len() < MOST_VALUES {
            seen.insert(text.to_owned());
        }
        seen.contains(text)
    }
}

/// How many values of an attribute a meter provider is given, before they are `_OTHER`.
const MOST_VALUES: usize = 200;

/// The attributes of a measurement, for which no memory is asked.
struct Few {
    attributes: [KeyValue; Few::MOST],
    count: usize,
}

impl Few {
    /// Those of any call, and the error's type, the token's, or its modality.
    const MOST: usize = 7;

    fn new() -> Self {
        Few { attributes: std::array::from_fn(|_| KeyValue::new("", false)), count: 0 }
    }

    fn push(&mut self, key: &'static str, value: Value) {
        if let Some(attribute) = self.attributes.get_mut(self.count) {
            *attribute = KeyValue::new(key, value);
            self.count += 1;
        }
    }

    /// With one more.
    fn with(&mut self, key: &'static str, value: &'static str, record: impl FnOnce(&[KeyValue])) {
        let count = self.count;
        self.push(key, value.into());
        record(self.as_slice());
        self.count = count;
    }

    fn as_slice(&self) -> &[KeyValue] {
        &self.attributes[..self.count]
    }
}

impl Instruments {
    fn new(meter: &Meter, operation: &Operation) -> Self {
        Instruments {
            duration: operation.duration.map(|histogram| timer(meter, histogram)),
            chunks: operation.chunks.map(|chunks| [timer(meter, &chunks.first), timer(meter, &chunks.next)]),
            tokens: operation.tokens.map(|tokens| TokenInstruments::new(meter, tokens)),
            counts: operation.counts.map(|counts| [distribution(meter, &counts.steps), distribution(meter, &counts.tools)]),
        }
    }

    /// Whether there is anything to record.
    fn have_something_of(&self, measurement: &Measurement<'_>) -> bool {
        self.duration.is_some()
            || self.counts.is_some()
            || (self.tokens.is_some()
                && measurement.usage.as_ref().is_some_and(|usage| usage.input().or(usage.output()).is_some()))
    }
}

impl TokenInstruments {
    fn new(meter: &Meter, tokens: &Tokens) -> Self {
        match tokens {
            Tokens::ByType(histogram) => TokenInstruments::ByType(distribution(meter, histogram)),
            Tokens::Spent(spending) => TokenInstruments::Spent(Box::new(SpentInstruments {
                input: counter(meter, &spending.input),
                output: counter(meter, &spending.output),
                cache_read: counter(meter, &spending.cache_read),
                cache_write: counter(meter, &spending.cache_write),
                reasoning: counter(meter, &spending.reasoning),
                each: spending.each.each_ref().map(|histogram| distribution(meter, histogram)),
            })),
        }
    }
}

impl SpentInstruments {
    /// Adds what was spent. Of input and output 0 where nobody said how much; of the others, which are parts of these, nothing.
    fn add(&self, usage: &TokenUsage, few: &mut Few) {
        let parts = |spent| Modality::ALL.map(|modality| usage.modalities.get(spent, modality));
        let (input, output, cache_read) = (parts(Spent::Input), parts(Spent::Output), parts(Spent::CacheRead));
        add(&self.input, Some(total(usage.input(), &input).unwrap_or(0)), &input, few);
        add(&self.output, Some(total(usage.output(), &output).unwrap_or(0)), &output, few);
        add(&self.cache_read, total(usage.cached(), &cache_read), &cache_read, few);
        add(&self.cache_write, usage.cache_creation(), &Parts::default(), few);
        add(&self.reasoning, usage.reasoning(), &Parts::default(), few);
    }
}

/// How many tokens are of each [`Modality`].
type Parts = [Option<u64>; Modality::ALL.len()];

/// What is said of all, or else of the parts.
fn total(said: Option<u64>, parts: &Parts) -> Option<u64> {
    said.or_else(|| parts.iter().any(Option::is_some).then(|| sum(parts)))
}

fn sum(parts: &Parts) -> u64 {
    parts.iter().flatten().fold(0, |sum, part| sum.saturating_add(*part))
}

/// Adds tokens under their modalities, and what is not broken down as unknown. Parts that are more than the whole are none.
fn add(counter: &metrics::Counter<u64>, total: Option<u64>, parts: &Parts, few: &mut Few) {
    let Some(total) = total else { return };
    let mut add = |modality, count| few.with(key::TOKEN_MODALITY, modality, |attributes| counter.add(count, attributes));
    let [names @ .., unknown] = MODALITIES;
    let mut rest = Some(total);
    if let Some(left) = total.checked_sub(sum(parts)) {
        for (modality, count) in names.into_iter().zip(parts) {
            if let Some(count) = count {
                add(modality, *count);
                rest = Some(left).filter(|&left| left > 0);
            }
        }
    }
    if let Some(rest) = rest {
        add(unknown, rest);
    }
}

static CURRENT: RwLock<Option<Arc<Meters>>> = RwLock::new(None);

/// A provider without a field can keep nothing: the API's own no-op. There is no other sign.
fn is_noop(provider: &Arc<AnyMeterProvider>) -> bool {
    size_of_val(&**provider) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{GENAI, Kind, OperationName, PRESCRIBED};
    use opentelemetry::metrics::noop::NoopMeterProvider;

    fn operations() -> impl Iterator<Item = &'static Operation> {
        [&PRESCRIBED, &GENAI].into_iter().flat_map(|convention| OperationName::all().map(|called| convention.operation(called)))
    }

    #[test]
    fn a_measurement_has_room_for_the_attributes_of_any_call_and_one_more() {
        for operation in operations() {
            let mut few = Few::new();
            operation.metric_attributes.iter().for_each(|key| few.push(key, (*key).into()));
            few.with(key::ERROR_TYPE, value::PANIC, |attributes| {
                assert_eq!(attributes.len(), operation.metric_attributes.len() + 1, "{}", operation.name);
            });
            assert_eq!(few.as_slice().last().map(|last| last.key.as_str()), operation.metric_attributes.last().copied());
        }
    }

    #[test]
    fn a_call_has_attributes_of_measurements_if_it_is_measured() {
        for operation in operations() {
            let instruments = operation.duration.is_some() || operation.tokens.is_some();
            assert_eq!(operation.is_measured(), instruments, "{}", operation.name);
            // What is inside of a loop finds its meter through it.
            assert!(instruments || operation.called.kind() != Kind::Loop, "{}", operation.name);
            assert!(instruments || (operation.chunks.is_none() && operation.counts.is_none()), "{}", operation.name);
            // Only what asks a model is told of the model that answered.
            assert_eq!(operation.measures(key::RESPONSE_MODEL), operation.called.kind() == Kind::Step, "{}", operation.name);
        }
    }

    #[test]
    fn an_inference_is_measured_as_one_and_nothing_else_is() {
        for operation in OperationName::all().map(|called| GENAI.operation(called)) {
            let is_inference = |name| ["chat", "generate_content", "text_completion"].contains(&name);
            let is_timed_as_one = operation.duration.is_some_and(|duration| duration.name.contains(".inference."));
            assert_eq!(operation.constant(key::OPERATION_NAME).is_some_and(is_inference), is_timed_as_one, "{}", operation.name);
            assert_eq!(matches!(operation.tokens, Some(Tokens::Spent(_))), is_timed_as_one, "{}", operation.name);
            assert_eq!(operation.called.is_inference(), is_timed_as_one, "{}", operation.name);
        }
    }

    #[test]
    fn what_shares_its_instruments_has_the_same() {
        fn names(operation: &Operation) -> [Option<&'static str>; 4] {
            let tokens = operation.tokens.map(|tokens| match tokens {
                Tokens::ByType(histogram) => histogram.name,
                Tokens::Spent(spending) => spending.input.name,
            });
            let duration = operation.duration.map(|histogram| histogram.name);
            [duration, operation.chunks.map(|chunks| chunks.first.name), tokens, operation.counts.map(|counts| counts.steps.name)]
        }
        for convention in [&PRESCRIBED, &GENAI] {
            for called in OperationName::all() {
                let shared = InstrumentGroup::ONE_OF_EACH[called.instrument_group() as usize];
                assert_eq!(shared.instrument_group(), called.instrument_group());
                assert_eq!(names(convention.operation(called)), names(convention.operation(shared)), "{called:?}");
            }
        }
    }

    #[test]
    fn the_api_s_own_provider_is_a_noop() {
        assert!(is_noop(&(Arc::new(NoopMeterProvider::new()) as Arc<AnyMeterProvider>)));
    }
}
