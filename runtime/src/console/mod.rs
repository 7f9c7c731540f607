//! Traces on standard error, drawn for a person: to see what one has instrumented before there is a backend.
//!
//! ```no_run
//! let _console = samplescope::console(); // in `main`, before the agent runs
//! ```
//!
//! What is drawn is what would be exported: messages, tool arguments and results are in it only if
//! [content is captured](crate::Capture), and spans of other instrumentations are in it, too.
//!
//! A trace is drawn in one piece when the last of its spans in this process has ended, so that traces of runs beside each other do not mix.
//! What starts in it after that is drawn by itself. Of each trace the first 1000 spans are kept and drawn, and the rest counted.
//! Colours are for a terminal, and not if `NO_COLOR` is set to anything ([no-color.org](https://no-color.org)). The width is that of `COLUMNS`, else the
//! terminal's, else 120 columns. Control characters in names and values are written as escapes.

mod processor;
mod terminal;

pub use processor::Processor;

use crate::drawing::metrics;
use crate::recorded::LastExport;
use opentelemetry::global;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// Installs a global tracer provider that draws every finished trace to standard error, and a global meter provider whose metrics are drawn at the end.
///
/// Keep what it returns until the program ends: when it is dropped, what has not been drawn yet is, and nothing is drawn after that.
/// Providers that were installed before are replaced. To draw beside them, add a [`Processor`] to the tracer provider instead.
///
/// The sampler is the SDK's own, which heeds `OTEL_TRACES_SAMPLER`. Nothing is sent anywhere.
#[must_use = "dropped, it draws what is left and ends: `let _console = samplescope::console();`"]
pub fn console() -> Console {
    let measured = LastExport::default();
    let tracers = SdkTracerProvider::builder().with_span_processor(Processor::new()).build();
    let meters = SdkMeterProvider::builder().with_periodic_exporter(measured.clone()).build();
    global::set_tracer_provider(tracers.clone());
    global::set_meter_provider(meters.clone());
    Console { tracers, meters, measured }
}

/// Draws, as long as it is there: from [`console`].
#[derive(Debug)]
pub struct Console {
    tracers: SdkTracerProvider,
    meters: SdkMeterProvider,
    measured: LastExport,
}

impl Drop for Console {
    fn drop(&mut self) {
        // What they would say is that somebody has shut them down already: then all is drawn.
        let _ = self.tracers.shutdown();
        let _ = self.meters.shutdown();
        let (paint, columns) = terminal::of_stderr();
        terminal::print(&metrics::draw(&self.measured.metrics(), paint, columns));
    }
}
