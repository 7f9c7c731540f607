//! What the first loop found, for those who see no spans: one line at level debug.

use crate::listen::meters::Meters;
use crate::listen::tracer;
use crate::settings::Settings;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tracing::Level;

/// The versions of the API that we work with, of which Cargo has taken one: the API does not say which. A provider that was set through another one
/// is not seen.
const OPENTELEMETRY: &str = "one of 0.30 to 0.33";

static SAID: AtomicBool = AtomicBool::new(false);

/// Says once what a loop found, as soon as somebody hears it. `recorded`: whether its span is.
#[inline]
pub(crate) fn report(recorded: bool) {
    if !SAID.load(Relaxed) && tracing::enabled!(target: "samplescope", Level::DEBUG) {
        say(recorded);
    }
}

#[cold]
#[inline(never)]
fn say(recorded: bool) {
    if SAID.swap(true, Relaxed) {
        return;
    }
    let settings = Settings::current();
    let installed = |is: bool| if is { "installed" } else { "none" };
    let (traces, metrics) = (tracer::is_listened_to(), Meters::provider().is_some());
    let sampler = match (traces, recorded) {
        (true, true) => "records",
        (true, false) => "said no",
        (false, _) => "not asked",
    };
    tracing::debug!(
        target: "samplescope",
        opentelemetry = OPENTELEMETRY,
        tracer_provider = installed(traces),
        sampler,
        meter_provider = installed(metrics),
        vocabulary = ?settings.vocabulary(),
        content = ?settings.capture(),
        "the first loop"
    );
}
