//! Instruments as the vocabulary describes them.

use crate::vocabulary::{Counter, Histogram};
use opentelemetry::metrics::{self, Meter};

/// Of durations, in seconds.
pub(crate) fn timer(meter: &Meter, histogram: &Histogram) -> metrics::Histogram<f64> {
    let builder = meter.f64_histogram(histogram.name).with_unit(histogram.unit).with_description(histogram.description);
    builder.with_boundaries(histogram.boundaries.to_vec()).build()
}

/// Of how many there were each time.
pub(crate) fn distribution(meter: &Meter, histogram: &Histogram) -> metrics::Histogram<u64> {
    let builder = meter.u64_histogram(histogram.name).with_unit(histogram.unit).with_description(histogram.description);
    builder.with_boundaries(histogram.boundaries.to_vec()).build()
}

/// Of how many there were in all.
pub(crate) fn counter(meter: &Meter, counter: &Counter) -> metrics::Counter<u64> {
    meter.u64_counter(counter.name).with_unit(counter.unit).with_description(counter.description).build()
}
