//! What was emitted, kept in the process to be drawn or looked at: features `console` and `testing`.

mod metrics;
mod spans;

#[cfg(any(test, feature = "testing"))]
pub(crate) use metrics::Point;
pub(crate) use metrics::{LastExport, Metric};
#[cfg(any(test, feature = "testing"))]
pub(crate) use spans::Attributes;
pub(crate) use spans::{Event, Span, Status, Trace};
