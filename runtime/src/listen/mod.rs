//! Who listens: the providers that the process has now, and what they are told of a call.

#[cfg(feature = "testing")]
mod captured;
mod meters;
mod tracer;

#[cfg(feature = "testing")]
pub(crate) use captured::Captured;
pub(crate) use meters::{Measurement, Meters};
pub(crate) use tracer::{Beginning, Started, start};

use crate::settings::Settings;
use crate::vocabulary::Convention;
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
    /// Those that the process has now. None if it has none, which is asked before anything else.
    pub(crate) fn ask() -> Option<Self> {
        #[cfg(feature = "testing")]
        if let Some(listeners) = Captured::listeners() {
            return Some(listeners);
        }
        let (spans, provider) = (tracer::is_listened_to(), Meters::provider());
        if !spans && provider.is_none() {
            return None;
        }
        let settings = Settings::current();
        let convention = settings.convention();
        // What a sampler is to see is evaluated before a span could tell that the provider is gone.
        let still_there = |tracer: &_| !settings.shows_sampler_arguments() || tracer::is_real(tracer);
        let tracer = spans.then(|| tracer::tracer(convention)).filter(still_there);
        if tracer.is_none() && provider.is_none() {
            return None;
        }
        let meters = provider.map(|provider| Meters::at(&provider, convention));
        Some(Listeners { settings, convention, tracer, meters })
    }
}
