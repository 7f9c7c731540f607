//! What every MCP server with OpenTelemetry sets up: a tracer and a meter provider, and the propagators that carry a trace across processes.

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use samplescope::console::Console;
use std::env::var_os;

/// The providers of the process.
pub(crate) enum Telemetry {
    /// Everything is drawn to standard error: standard output is MCP's alone.
    Drawn(Console),
    Sent(SdkTracerProvider, SdkMeterProvider),
}

impl Telemetry {
    /// Spans and metrics are sent to where `OTEL_EXPORTER_OTLP_ENDPOINT` says, else drawn.
    pub(crate) fn install() -> Result<Self, ExporterBuildError> {
        global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        if var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none_or(|endpoint| endpoint.is_empty()) {
            return Ok(Telemetry::Drawn(samplescope::console()));
        }
        let resource = match var_os("OTEL_SERVICE_NAME") {
            Some(_) => Resource::builder().build(),
            None => Resource::builder().with_service_name("samplescope-mcp-server").build(),
        };
        let (spans, metrics) = (SpanExporter::builder().build()?, MetricExporter::builder().build()?);
        let tracers = SdkTracerProvider::builder().with_resource(resource.clone()).with_batch_exporter(spans).build();
        let meters = SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(metrics).build();
        global::set_tracer_provider(tracers.clone());
        global::set_meter_provider(meters.clone());
        Ok(Telemetry::Sent(tracers, meters))
    }

    /// Sends or draws what is left.
    pub(crate) fn finish(self) -> OTelSdkResult {
        match self {
            Telemetry::Drawn(console) => {
                drop(console);
                Ok(())
            }
            Telemetry::Sent(tracers, meters) => {
                let (traces, metrics) = (tracers.shutdown(), meters.shutdown());
                traces.and(metrics)
            }
        }
    }
}
