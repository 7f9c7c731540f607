//! What the examples share, so that each of them is about one thing: telemetry kept in the process, and a tree of it for a person.
//!
//! A program of your own needs none of this. It installs a tracer and a meter provider as for any other OpenTelemetry
//! instrumentation, and samplescope finds them.

pub mod client;
pub mod paint;
pub mod recording;
pub mod shown;
pub mod terminal;
pub mod tree;
