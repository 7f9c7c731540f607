//! Who listens: the providers that the process has now, and what they are told of a call.

#[cfg(feature = "testing")]
mod context;
mod found;
mod instruments;
mod meters;
#[cfg(feature = "mcp")]
mod requests;
mod tracer;

#[cfg(feature = "testing")]
pub(crate) use context::ContextListeners;
pub(crate) use found::report;
pub(crate) use meters::{Measurement, Meters};
#[cfg(feature = "mcp")]
pub(crate) use requests::{is_worth_asking, remember};
#[cfg(feature = "mcp")]
pub(crate) use tracer::start_built;
pub(crate) use tracer::{Beginning, Started, adopt, is_still_there, start};

use crate::settings::Settings;
use crate::vocabulary::{Convention, OperationName};
use opentelemetry::global::BoxedTracer;
use std::sync::Arc;

/// Who is to be told of a run, and how. Asked when its outermost call opens; the calls inside ask nobody.
pub(crate) struct Listeners {
    pub(crate) settings: Arc<Settings>,
    pub(crate) convention: &'static Convention,
    /// None: nobody listens to spans.
    pub(crate) tracer: Option<BoxedTracer>,
    pub(crate) meters: Option<Arc<Meters>>,
}

impl Listeners {
    /// The same, for a run. Nobody is left here.
    pub(crate) fn take(&mut self) -> Self {
        Listeners {
            settings: self.settings.clone(),
            convention: self.convention,
            tracer: self.tracer.take(),
            meters: self.meters.take(),
        }
    }

    /// Whether a meter has an instrument for calls of that operation.
    pub(crate) fn measure(&self, called: OperationName) -> bool {
        self.meters.is_some() && self.convention.operation(called).is_measured()
    }

    /// Those that the process has now. None if it has none, which is asked before anything else.
    #[inline]
    pub(crate) fn ask() -> Option<Self> {
        Self::ask_for(crate::NAME)
    }

    /// Whether there are any, without taking anything from them.
    #[cfg(feature = "mcp")]
    pub(crate) fn is_there() -> bool {
        let somebody = tracer::is_listened_to() || Meters::provider().is_some();
        #[cfg(feature = "testing")]
        let somebody = somebody || ContextListeners::is_here();
        somebody
    }

    /// Those of the instrumentation scope with that name.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it finds is used at once, and in one place for loops and one for requests")]
    pub(crate) fn ask_for(scope: &'static str) -> Option<Self> {
        #[cfg(feature = "testing")]
        if let Some(listeners) = ContextListeners::listeners(scope) {
            return Some(listeners);
        }
        let (spans, provider) = (tracer::is_listened_to(), Meters::provider());
        if !spans && provider.is_none() {
            return None;
        }
        let settings = Settings::current();
        let convention = settings.convention();
        // What a sampler is to see is evaluated before a span could tell that the provider is gone.
        let still_there = |tracer: &_| !settings.arguments_for_sampler() || tracer::is_real(tracer);
        let tracer = spans.then(|| tracer::tracer(scope, convention)).filter(still_there);
        if tracer.is_none() && provider.is_none() {
            return None;
        }
        let meters = provider.map(|provider| Meters::at(&provider, convention));
        Some(Listeners { settings, convention, tracer, meters })
    }
}
