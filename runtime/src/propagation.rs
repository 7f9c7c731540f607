//! Trace context across processes: out of and into any carrier, by the propagator that the program has set.
//!
//! A carrier is whatever a request has for it: the headers of HTTP, the metadata of an agent protocol, a map of strings. opentelemetry's
//! [`Extractor`] and [`Injector`] are what it implements; `HashMap<String, String>` does, and [`mcp`](crate::mcp) has the two for `params._meta`.
//!
//! A program says once which formats it speaks. Without a propagator nothing crosses, and the first context that would have is a warning:
//!
//! ```
//! use opentelemetry::propagation::TextMapCompositePropagator;
//! use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
//!
//! opentelemetry::global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
//!     Box::new(TraceContextPropagator::new()),
//!     Box::new(BaggagePropagator::new()),
//! ]));
//! ```

use crate::caught::caught;
use crate::warning;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, global};

/// What the carrier says, on top of `base`: its span as a remote one, its baggage.
///
/// What is malformed is not there, and where nothing is, this is `base`: a `traceparent` that is not exactly as W3C Trace Context has it,
/// that is all zeros, or that is longer than any may be (so too a `tracestate` or `baggage` of more than 8 192 bytes).
///
/// ```
/// # use std::collections::HashMap;
/// use opentelemetry::{Context, trace::TraceContextExt as _};
/// use samplescope::propagation;
///
/// # opentelemetry::global::set_text_map_propagator(opentelemetry_sdk::propagation::TraceContextPropagator::new());
/// let headers = HashMap::from([("traceparent".to_owned(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned())]);
/// let parent = propagation::extract(&Context::current(), &headers);
/// assert!(parent.span().span_context().is_remote());
/// ```
pub fn extract(base: &Context, carrier: &dyn Extractor) -> Context {
    let carrier = WellFormed(carrier);
    let extracted = caught("a propagator or a carrier", || {
        global::get_text_map_propagator(|propagator| {
            (!is_noop(propagator))
                .then(|| propagator.extract_with_context(base, &carrier))
                .ok_or_else(|| carrier.0.get(TRACEPARENT).is_some())
        })
    });
    match extracted {
        Some(Ok(context)) => context,
        Some(Err(true)) => {
            warn();
            base.clone()
        }
        Some(Err(false)) | None => base.clone(),
    }
}

/// Writes the context's span and baggage into the carrier. Empty values are not written, such as a `tracestate` where there is none.
pub fn inject(context: &Context, carrier: &mut dyn Injector) {
    inject_into(context, &mut NotEmpty(carrier));
}

/// The same, into a carrier that leaves out by itself what is empty.
pub(crate) fn inject_into(context: &Context, carrier: &mut dyn Injector) {
    let injected = caught("a propagator or a carrier", || {
        global::get_text_map_propagator(|propagator| {
            if is_noop(propagator) {
                return false;
            }
            propagator.inject_context(context, carrier);
            true
        })
    });
    if injected == Some(false) && context.span().span_context().is_valid() {
        warn();
    }
}

/// A propagator without a field reads and writes nothing: the API's own no-op, which is there until another is set.
fn is_noop(propagator: &dyn TextMapPropagator) -> bool {
    propagator.fields().next().is_none()
}

#[cold]
fn warn() {
    warning::once!(
        "no propagator is set, so traces end where their process does: call `opentelemetry::global::set_text_map_propagator`, \
         for example with the `TraceContextPropagator` of `opentelemetry_sdk`"
    );
}

const TRACEPARENT: &str = "traceparent";
/// The most that W3C has a baggage be.
const LONGEST: usize = 8_192;

/// A carrier without what is malformed or too long. `opentelemetry_sdk` 0.33 takes numbers of fewer digits, and signs before them.
struct WellFormed<'a>(&'a dyn Extractor);

impl Extractor for WellFormed<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key)?;
        let is_traced = key == TRACEPARENT || key.eq_ignore_ascii_case(TRACEPARENT);
        let may_pass = value.len() <= LONGEST && (!is_traced || is_traceparent(value) || is_traceparent(value.trim()));
        may_pass.then_some(value)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys()
    }
}

/// `version-trace id-span id-flags`, each of its length in hexadecimal digits. A later version may have more behind a dash.
fn is_traceparent(value: &str) -> bool {
    /// All are looked at, without a branch for each.
    fn are_digits<const N: usize>(bytes: &[u8], from: usize) -> bool {
        let digits = bytes[from..].first_chunk::<N>();
        digits.is_some_and(|digits| digits.iter().fold(true, |all, byte| all & byte.is_ascii_hexdigit()))
    }
    let Some((known, more)) = value.as_bytes().split_first_chunk::<55>() else { return false };
    let are_numbers =
        are_digits::<2>(known, 0) & are_digits::<32>(known, 3) & are_digits::<16>(known, 36) & are_digits::<2>(known, 53);
    let are_divided = known[2] == b'-' && known[35] == b'-' && known[52] == b'-';
    are_numbers && are_divided && (more.is_empty() || more[0] == b'-' && !value.starts_with("00"))
}

/// A carrier that is not given what says nothing.
struct NotEmpty<'a>(&'a mut dyn Injector);

impl Injector for NotEmpty<'_> {
    fn set(&mut self, key: &str, value: String) {
        if !value.is_empty() {
            self.0.set(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, WellFormed, is_traceparent};
    use opentelemetry::propagation::Extractor as _;
    use std::collections::HashMap;

    #[test]
    fn a_traceparent_has_digits_of_exact_lengths() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let span = "b7ad6b7169203331";
        for (value, expected) in [
            (format!("00-{trace}-{span}-01"), true),
            (format!("01-{trace}-{span}-01-what comes next"), true),
            (format!("00-{trace}-{span}-01-"), false),
            (format!("00-{trace}-{span}-01-more"), false),
            (format!("00-{trace}-{span}"), false),
            (format!("00-{trace}-{span}-1"), false),
            (format!("0-{trace}-{span}-01"), false),
            (format!("00-+{}-{span}-01", &trace[1..]), false),
            (format!("00-{}-{span}-01", &trace[1..]), false),
            (format!("00-{trace}-{span}-é"), false),
            ("00-1-1-01".to_owned(), false),
            (String::new(), false),
            ("-".repeat(100_000), false),
            (format!("00_{trace}-{span}-01"), false),
            (format!("00-{trace}_{span}-01"), false),
            (format!("00-{trace}-{span}_01"), false),
            (format!("01-{trace}-{span}-01_more"), false),
        ] {
            assert_eq!(is_traceparent(&value), expected, "{value:.80}");
        }
    }

    #[test]
    fn a_carrier_has_what_is_well_formed_in_whatever_case_it_is_asked_for() {
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (value, expected) in [(traceparent, true), (&format!(" {traceparent}\t"), true), (&traceparent[1..], false)] {
            let headers = HashMap::from([("traceparent".to_owned(), value.to_owned())]);
            for key in ["traceparent", "Traceparent", "TRACEPARENT"] {
                assert_eq!(WellFormed(&headers).get(key), Some(value).filter(|_| expected), "{key}: {value:?}");
            }
        }
        for (length, expected) in [(LONGEST, true), (LONGEST + 1, false)] {
            let headers = HashMap::from([("baggage".to_owned(), "x".repeat(length))]);
            assert_eq!(WellFormed(&headers).get("Baggage").is_some(), expected, "{length}");
        }
    }
}
