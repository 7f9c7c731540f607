//! Code of the user's that we run calls annotated functions itself: from our warnings, our reading of the environment, a processor, what a
//! replaced redactor drops. No lock of ours is held while it runs, so nothing hangs: a test that does is killed by its process.

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use samplescope::{Settings, current_loop, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::Telemetry;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::Level;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

#[sampling_loop(agent = "inner")]
fn run() {
    step(vec![vec![1], vec![2]]);
}

/// Its argument is no attribute value, which is a warning, once.
#[sampling_step(attributes("app.value" = value))]
fn step(value: Vec<Vec<u8>>) {
    tool();
}

#[sampling_tool]
fn tool() {
    current_loop().validation_failure(1);
}

/// Calls annotated functions from each warning that it is told of, and keeps these.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn warnings(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").clone()
    }
}

impl<S: tracing::Subscriber> Layer<S> for Calls {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::WARN {
            self.0.lock().expect("not poisoned").push(format!("{event:?}"));
            if self.warnings().len() < 10 {
                run();
            }
        }
    }
}

/// Each in a process of its own, since a warning is given once and the environment read once.
#[test]
fn a_subscriber_that_calls_annotated_functions_from_within_a_warning() {
    in_a_process("child::warns", &[]);
}

#[test]
fn a_subscriber_that_calls_annotated_functions_while_the_environment_is_read() {
    let wrong =
        [("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "perhaps"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "long")];
    in_a_process("child::reads_a_wrong_environment", &wrong);
}

fn in_a_process(test: &str, environment: &[(&str, &str)]) {
    let this = std::env::current_exe().expect("this test");
    let mut child = Command::new(this);
    let child = child.args(["--exact", test, "--ignored"]).envs(environment.iter().copied()).output().expect("it runs");
    let says = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && says.contains("1 passed"), "{says}");
}

mod child {
    use super::*;

    /// A child that hangs is not waited for.
    fn watched() {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(60));
            std::process::exit(1);
        });
    }

    #[test]
    #[ignore = "run by a test, in a process of its own"]
    fn warns() {
        watched();
        let telemetry = Telemetry::on();
        let calls = Calls::default();
        with_default(tracing_subscriber::registry().with(calls.clone()), run);
        // One, although what warns is called again from within it.
        let [warning] = &calls.warnings()[..] else { panic!("{:?}", calls.warnings()) };
        assert!(warning.contains("an argument was left out: a list of several types is no attribute value"), "{warning}");
        telemetry.spans(6);
    }

    #[test]
    #[ignore = "run by a test, in a process of its own, with the environment that it needs"]
    fn reads_a_wrong_environment() {
        watched();
        // Not the harness, which installs settings.
        opentelemetry::global::set_tracer_provider(SdkTracerProvider::builder().with_span_processor(Silent).build());
        let calls = Calls::default();
        with_default(tracing_subscriber::registry().with(calls.clone()), run);
        assert_eq!(
            calls.warnings().len(),
            2,
            "two values that cannot be understood; `tracing` itself drops what is said from within an event"
        );
    }
}

#[derive(Debug)]
struct Silent;

impl SpanProcessor for Silent {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}
    fn on_end(&self, _: SpanData) {}
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Calls an annotated function at the start and end of every span but its own.
#[derive(Debug, Default)]
struct Meddling(AtomicBool);

impl Meddling {
    fn meddle(&self) {
        if !self.0.swap(true, Relaxed) {
            run();
            self.0.store(false, Relaxed);
        }
    }
}

impl SpanProcessor for Meddling {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {
        self.meddle();
    }
    fn on_end(&self, _: SpanData) {
        self.meddle();
    }
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn a_processor_that_calls_annotated_functions() {
    let telemetry = Telemetry::on();
    let provider = SdkTracerProvider::builder().with_span_processor(Meddling::default()).build();
    opentelemetry::global::set_tracer_provider(provider);
    run();
    drop(telemetry);
}

/// Something that a redactor has captured, whose destructor uses everything.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        run();
        Settings::default().install();
    }
}

#[test]
fn what_a_replaced_redactor_drops_may_ask_for_the_settings() {
    let telemetry = Telemetry::on();
    let last = Last;
    let redacting = Settings::default().with_redactor(move |_, text| {
        let _ = &last;
        text.into()
    });
    redacting.install();
    Settings::default().install();
    telemetry.spans(3);
}
