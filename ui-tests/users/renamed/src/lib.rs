//! The macros where Cargo.toml gives the crate another name: there is no `::samplescope` here.

use telemetry::{ErrorType, sampling_loop, sampling_step, sampling_tool};

/// An error.
#[derive(Debug, ErrorType)]
#[error_type(crate = ::telemetry)]
pub struct Refused;

/// A loop.
#[sampling_loop(crate = ::telemetry, agent = "weather", attributes("gen_ai.prompt.name" = |()| "p"))]
pub async fn run() -> Result<(), Refused> {
    ask().await;
    look()
}

/// A step.
#[sampling_step(crate = telemetry, usage = |()| telemetry::TokenUsage::new(1, 2))]
pub async fn ask() {}

/// A tool.
#[sampling_tool(crate = telemetry)]
pub fn look() -> Result<(), Refused> {
    Err(Refused)
}
