//! Programs for `tests/found.rs`, each with other providers: what samplescope says at level debug is on standard output.

use opentelemetry::global;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use samplescope::{Settings, Vocabulary, sampling_loop};
use std::fmt::{self, Debug, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Prints each event on one line.
struct Prints;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl<S: Subscriber> Layer<S> for Prints {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "samplescope" {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            println!("{}", line.0);
        }
        // Whoever reads may run annotated functions: they say nothing more, and are not waited for.
        run();
    }
}

impl Debug for Prints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prints")
    }
}

#[sampling_loop]
fn run() {}

fn traces(sampler: Sampler) {
    global::set_tracer_provider(SdkTracerProvider::builder().with_sampler(sampler).build());
}

fn main() {
    let program = std::env::args().nth(1).unwrap_or_default();
    match program.as_str() {
        "nothing" | "late" | "deaf" => {}
        "traces" => traces(Sampler::AlwaysOn),
        "unsampled" => traces(Sampler::AlwaysOff),
        "metrics" => {
            let meters = SdkMeterProvider::builder().with_periodic_exporter(InMemoryMetricExporter::default()).build();
            global::set_meter_provider(meters);
            Settings::from_env().with_vocabulary(Vocabulary::GenAi).install();
        }
        other => panic!("there is no `{other}`"),
    }
    if program == "late" {
        run();
    }
    let level = if program == "deaf" { Level::INFO } else { Level::DEBUG };
    let subscriber = tracing_subscriber::registry().with(LevelFilter::from_level(level)).with(Prints);
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    run();
    run();
}
