//! Messages, tool arguments and results: captured only where somebody asked, redacted, then cut.

mod captured;
mod document;

pub(crate) use captured::{Captured, Event, captures};
