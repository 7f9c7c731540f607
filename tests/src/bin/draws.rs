//! Programs with `samplescope::console()`, for `tests/console.rs`: what they draw is on standard error.

use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::SdkTracerProvider;
use samplescope::{current_tool, sampling_loop, sampling_step, sampling_tool};

#[sampling_loop(agent = agent, messages = "a secret")]
fn run(agent: &str, steps: usize) {
    for _ in 0..steps {
        step();
    }
}

#[sampling_step]
fn step() {
    std::thread::yield_now();
}

#[sampling_tool(name = name)]
fn tool(name: &str) {}

/// Says it wherever something can be said.
#[sampling_tool(name = said, description = said, result = |()| said, error_type = String::clone)]
fn says(said: &str) -> Result<(), String> {
    let tool = current_tool();
    tool.set(said.to_owned(), [said, "list"]);
    tool.event(said.to_owned(), || [KeyValue::new(said.to_owned(), said.to_owned())]);
    Err(said.to_owned())
}

/// A span of another instrumentation, with one of ours inside.
fn foreign() {
    global::tracer("foreign").in_span("GET /weather", |context| {
        context.span().set_attribute(KeyValue::new("http.response.status_code", 200));
        tool("weather");
    });
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().unwrap_or_default();
    if program == "processor" {
        let provider = SdkTracerProvider::builder().with_span_processor(samplescope::console::Processor::new()).build();
        provider.tracer("own").in_span("own", |_| {});
        return provider.shutdown().expect("once");
    }
    let console = samplescope::console();
    match program.as_str() {
        "one" => run("one", 1),
        "foreign" => foreign(),
        "beside" => std::thread::scope(|scope| {
            for agent in 0..20 {
                scope.spawn(move || run(&format!("agent {agent}"), 50));
            }
        }),
        "huge" => run("huge", 100_000),
        "steering" => {
            let _ = says("\x1b[2J\x1b[Hevil\r\u{9b}31m\u{202e}");
        }
        "unfinished" => {
            let root = Context::new().with_span(global::tracer("own").start("root"));
            let _entered = root.clone().attach();
            run("inside", 1);
            drop(console);
            return drop(root);
        }
        "late" => {
            let root = Context::new().with_span(global::tracer("own").start("root"));
            drop(global::tracer("own").start_with_context("first", &root));
            root.span().end();
            drop(global::tracer("own").start_with_context("late", &root));
        }
        "dropped" => {
            drop(console);
            return run("dropped", 1);
        }
        other => panic!("there is no `{other}`"),
    }
    drop(console);
}
