//! What every MCP server with OpenTelemetry sets up: a tracer and a meter provider, and the propagators that carry a trace across processes.

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use samplescope_examples::paint::Paint;
use samplescope_examples::recording::Recorder;
use samplescope_examples::tree;
use std::env::var_os;

/// The providers of the process.
pub(crate) struct Telemetry {
    /// Where nothing is sent.
    recorder: Option<Recorder>,
    tracer_provider: SdkTracerProvider,
    meter_provider: SdkMeterProvider,
}

impl Telemetry {
    /// Spans and metrics are sent to where `OTEL_EXPORTER_OTLP_ENDPOINT` says, else kept, to be drawn.
    pub(crate) fn install() -> Result<Self, ExporterBuildError> {
        global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        let resource = match var_os("OTEL_SERVICE_NAME") {
            Some(_) => Resource::builder().build(),
            None => Resource::builder().with_service_name("samplescope-mcp-server").build(),
        };
        let tracers = SdkTracerProvider::builder().with_resource(resource.clone());
        let meters = SdkMeterProvider::builder().with_resource(resource);
        let otlp = var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some_and(|endpoint| !endpoint.is_empty());
        let (tracers, meters, recorder) = if otlp {
            let (spans, metrics) = (SpanExporter::builder().build()?, MetricExporter::builder().build()?);
            (tracers.with_batch_exporter(spans), meters.with_periodic_exporter(metrics), None)
        } else {
            let recorder = Recorder::default();
            (tracers.with_span_processor(recorder.spans()), meters.with_periodic_exporter(recorder.metrics()), Some(recorder))
        };
        let telemetry = Telemetry { recorder, tracer_provider: tracers.build(), meter_provider: meters.build() };
        global::set_tracer_provider(telemetry.tracer_provider.clone());
        global::set_meter_provider(telemetry.meter_provider.clone());
        Ok(telemetry)
    }

    /// Sends what is left, or draws it to standard error: standard output is MCP's alone.
    pub(crate) fn finish(self) -> OTelSdkResult {
        let traces = self.tracer_provider.shutdown();
        let metrics = self.meter_provider.shutdown();
        if let Some(recorder) = self.recorder {
            eprint!("{}", tree::draw(&recorder.recording(), Paint::Plain));
        }
        traces.and(metrics)
    }
}
