//! Providers and settings that travel in the context, and are asked before the process's: feature `testing`.

use crate::listen::meters::{AnyMeterProvider, Meters};
use crate::listen::{Listeners, tracer};
use crate::settings::Settings;
use opentelemetry::Context;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::sync::Arc;

/// Who listens in a context, whoever listens in the process.
pub(crate) struct ContextListeners {
    settings: Arc<Settings>,
    tracers: SdkTracerProvider,
    meters: Arc<Meters>,
    /// The instruments of requests are taken when the first is measured, from a provider that nothing else holds.
    _meter_provider: Arc<AnyMeterProvider>,
}

struct InCapture(Arc<ContextListeners>);

impl ContextListeners {
    /// A context in which they listen. It is inside of nothing else.
    pub(crate) fn context(settings: Settings, tracers: SdkTracerProvider, meters: SdkMeterProvider) -> Context {
        let provider: Arc<AnyMeterProvider> = Arc::new(meters);
        let meters = Arc::new(Meters::new(&provider, settings.convention()));
        let listeners = ContextListeners { settings: Arc::new(settings), tracers, meters, _meter_provider: provider };
        Context::new().with_value(InCapture(Arc::new(listeners)))
    }

    /// Whether the current context has any. The thread has a context.
    #[cfg(feature = "mcp")]
    pub(crate) fn is_here() -> bool {
        Context::map_current(|context| context.get::<InCapture>().is_some())
    }

    /// Those of the current context, for the instrumentation scope with that name. The thread has a context.
    pub(super) fn listeners(scope: &'static str) -> Option<Listeners> {
        let listeners = Context::map_current(|context| context.get::<InCapture>().map(|inside| inside.0.clone()))?;
        let convention = listeners.settings.convention();
        let tracer = listeners.tracers.tracer_with_scope(tracer::scope(scope, convention));
        Some(Listeners {
            settings: listeners.settings.clone(),
            convention,
            tracer: Some(BoxedTracer::new(Box::new(tracer))),
            meters: Some(listeners.meters.clone()),
        })
    }
}
