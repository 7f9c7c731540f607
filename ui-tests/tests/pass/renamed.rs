//! `crate = path`, for whoever re-exports the crate.
#![deny(warnings)]

mod telemetry {
    pub mod inner {
        pub use samplescope::*;
    }
}

use telemetry::inner::{ErrorType, sampling_loop, sampling_statements, sampling_step, sampling_tool};

#[derive(Debug, ErrorType)]
#[error_type("refused", crate = crate::telemetry::inner)]
struct Refused;

#[derive(ErrorType)]
#[error_type(crate = telemetry::inner)]
enum Wrapped {
    #[error_type(transparent)]
    Inner(Refused),
}

#[sampling_loop(crate = telemetry::inner, agent = "a")]
async fn run() -> Result<(), Wrapped> {
    #[sampling_tool(name = "step")]
    step().await;
    #[cfg_attr(all(), sampling_tool(crate = crate::telemetry::inner))]
    let result = tool();
    result
}

#[sampling_statements(crate = telemetry::inner)]
fn statements() {
    #[cfg_attr(all(), sampling_step)]
    drop(tool());
}

#[sampling_step(crate = crate::telemetry::inner, attributes("gen_ai.workflow.name" = "p"))]
async fn step() {}

#[sampling_tool(crate = self::telemetry::inner, failed = |()| false)]
fn tool() -> Result<(), Wrapped> {
    Err(Wrapped::Inner(Refused))
}

fn main() {
    drop(run());
    statements();
    assert_eq!(Wrapped::Inner(Refused).error_type(), "refused");
    assert_eq!(format!("{Refused:?}"), "Refused");
}
