//! Runs an example, and draws the spans that come out.

use crate::paint::Paint;
use crate::recording::Recorder;
use crate::{terminal, tree};
use opentelemetry::global;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::error::Error;

/// Runs the agent with a tracer and a meter provider, and draws what they were told.
///
/// # Errors
/// If the agent fails, or nothing can be run or written.
pub fn show<E: Error + 'static>(agent: impl Future<Output = Result<(), E>>) -> Result<(), Box<dyn Error>> {
    terminal::show_warnings();
    let recorder = Recorder::default();
    let tracers = SdkTracerProvider::builder().with_span_processor(recorder.spans()).build();
    let meters = SdkMeterProvider::builder().with_periodic_exporter(recorder.metrics()).build();
    global::set_tracer_provider(tracers.clone());
    global::set_meter_provider(meters.clone());
    let outcome = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(agent);
    tracers.shutdown()?;
    meters.force_flush()?;
    terminal::print(&tree::draw(&recorder.recording(), Paint::for_stdout()))?;
    Ok(outcome?)
}
