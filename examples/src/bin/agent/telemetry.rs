//! The set-up that every program with OpenTelemetry has: a tracer and a meter provider. samplescope finds them by itself.

use opentelemetry::global;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use samplescope::console::{self, Console};
use std::env::var_os;

/// The providers of the process.
pub(crate) enum Telemetry {
    /// Everything is drawn.
    Drawn(Console),
    /// Traces are drawn, and all is sent.
    Sent(SdkTracerProvider, SdkMeterProvider),
}

impl Telemetry {
    /// Everything is drawn. With `otlp`, it is sent to where `OTEL_EXPORTER_OTLP_ENDPOINT` says as well, and
    /// the other [variables of OTLP](https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/) are heeded, too.
    ///
    /// # Errors
    /// If they make no sense. Nothing is installed then.
    pub(crate) fn install(otlp: bool) -> Result<Self, ExporterBuildError> {
        if !otlp {
            return Ok(Telemetry::Drawn(samplescope::console()));
        }
        let resource = match var_os("OTEL_SERVICE_NAME") {
            Some(_) => Resource::builder().build(),
            None => Resource::builder().with_service_name("samplescope-agent").build(),
        };
        let tracers = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_span_processor(console::Processor::new())
            .with_batch_exporter(SpanExporter::builder().build()?)
            .build();
        let exporter = MetricExporter::builder().build()?;
        let meters = SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(exporter).build();
        global::set_tracer_provider(tracers.clone());
        global::set_meter_provider(meters.clone());
        Ok(Telemetry::Sent(tracers, meters))
    }

    /// Draws or sends what is left, and whether it could be sent.
    pub(crate) fn finish(self) -> OTelSdkResult {
        match self {
            Telemetry::Drawn(console) => drop(console),
            Telemetry::Sent(tracers, meters) => {
                let traces = tracers.shutdown();
                let metrics = meters.force_flush();
                // Without this the process would end in the middle of an export. What it would say has been said by the flush.
                let _ = meters.shutdown();
                return traces.and(metrics);
            }
        }
        Ok(())
    }
}
