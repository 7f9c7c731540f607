//! What the first loop found, for those who see no spans: one line at level debug.

use crate::listen::meters::Meters;
use crate::listen::tracer;
use crate::settings::Settings;
use opentelemetry::{Key, KeyValue};
use std::borrow::Cow;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tracing::Level;

/// The versions of the API that we work with, of which Cargo has taken one.
const SUPPORTED: &str = "one of 0.30 to 0.33";

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
        opentelemetry = opentelemetry().as_ref(),
        tracer_provider = installed(traces),
        sampler,
        meter_provider = installed(metrics),
        vocabulary = ?settings.vocabulary(),
        content = ?settings.capture(),
        "the first loop"
    );
}

/// The version of the API that we were compiled with: a provider that was set through another one is not seen. The API does not say which it is, but
/// whom it calls can ask for the file that the call stands in, and in cargo's registry that is in a folder with the version in its name.
fn opentelemetry() -> Cow<'static, str> {
    let file = KeyValue::new(CalledFrom, false).key;
    version_in(file.as_str()).map_or(SUPPORTED.into(), |version| version.to_owned().into())
}

struct CalledFrom;

#[expect(clippy::from_over_into, reason = "with a `From`, it is the standard library that calls")]
impl Into<Key> for CalledFrom {
    #[track_caller]
    fn into(self) -> Key {
        Key::from_static_str(Location::caller().file())
    }
}

/// Not of a copy that somebody keeps elsewhere.
fn version_in(file: &str) -> Option<&str> {
    let mut versions = file.rsplit(['/', '\\']).filter_map(|folder| folder.strip_prefix("opentelemetry-"));
    versions.find(|version| version.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn the_version_is_that_of_the_registry_s_folder() {
        assert_eq!(
            version_in("/root/.cargo/registry/src/index.crates.io-1949/opentelemetry-0.33.1/src/common.rs"),
            Some("0.33.1")
        );
        assert_eq!(version_in(r"C:\cargo\registry\src\opentelemetry-0.30.0\src\common.rs"), Some("0.30.0"));
        assert_eq!(version_in("/src/opentelemetry-rust/opentelemetry/src/common.rs"), None);
        assert_eq!(version_in("vendor/opentelemetry/src/common.rs"), None);
    }
}
