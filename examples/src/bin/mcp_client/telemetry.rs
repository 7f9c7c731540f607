//! The client's providers.

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;

/// Spans are sent to that endpoint, and contexts carried as W3C has it.
pub(crate) fn install(endpoint: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]));
    let exporter =
        SpanExporter::builder().with_http().with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/'))).build()?;
    let resource = Resource::builder().with_service_name("samplescope-mcp-client").build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}
