//! The set-up that every program with OpenTelemetry has: a tracer and a meter provider. samplescope finds them by itself.

use opentelemetry::global;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use samplescope_examples::recording::{Recorder, Recording};
use std::env::var_os;

/// The providers of the process.
pub(crate) struct Telemetry {
    recorder: Recorder,
    tracer_provider: SdkTracerProvider,
    meter_provider: SdkMeterProvider,
}

impl Telemetry {
    /// Spans and metrics are kept, to be drawn, and sent to where `OTEL_EXPORTER_OTLP_ENDPOINT` says, if it does.
    /// The other [variables of OTLP](https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/) are heeded, too.
    ///
    /// # Errors
    /// If they make no sense. Nothing is installed then.
    pub(crate) fn install(otlp: bool) -> Result<Self, ExporterBuildError> {
        let resource = match var_os("OTEL_SERVICE_NAME") {
            Some(_) => Resource::builder().build(),
            None => Resource::builder().with_service_name("samplescope-agent").build(),
        };
        let recorder = Recorder::default();
        let mut tracers = SdkTracerProvider::builder().with_resource(resource.clone()).with_span_processor(recorder.spans());
        let mut meters = SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(recorder.metrics());
        if otlp {
            tracers = tracers.with_batch_exporter(SpanExporter::builder().build()?);
            meters = meters.with_periodic_exporter(MetricExporter::builder().build()?);
        }
        let telemetry = Telemetry { recorder, tracer_provider: tracers.build(), meter_provider: meters.build() };
        global::set_tracer_provider(telemetry.tracer_provider.clone());
        global::set_meter_provider(telemetry.meter_provider.clone());
        Ok(telemetry)
    }

    /// What there is, and whether it could be sent.
    pub(crate) fn finish(self) -> (Recording, OTelSdkResult) {
        let traces = self.tracer_provider.shutdown();
        let metrics = self.meter_provider.force_flush();
        let recording = self.recorder.recording();
        // Without this the process would end in the middle of an export. What it would say has been said by the flush.
        let _ = self.meter_provider.shutdown();
        (recording, traces.and(metrics))
    }
}
