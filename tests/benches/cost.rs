//! What a loop of 8 spans costs: one loop, 3 steps, 4 tools, functions that do nothing, polled by a waker that does nothing.
//!
//! `cargo bench -p samplescope-tests --bench cost` prints, for each way of instrumenting it and each state of the provider,
//! callgrind instructions (if valgrind is installed), allocations and nanoseconds a loop. Instructions and allocations repeat exactly;
//! the time is the least of many runs and depends on the machine.

use opentelemetry::global;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Poll, Waker};
use std::time::Instant;

/// Counts what is allocated.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator is unsafe by its nature; this one only counts")]
// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Request {
    model: &'static str,
    temperature: f64,
    max_tokens: i64,
}

const REQUEST: Request = Request { model: "claude-sonnet-4-5", temperature: 0.5, max_tokens: 512 };

/// The workload, once for each way of instrumenting it. The names are given from outside, where the attributes' arguments are.
macro_rules! workload {
    ($module:ident($request:ident, $turn:ident, $name:ident), $run:meta, $step:meta, $tool:meta, $event:expr) => {
        mod $module {
            use super::*;

            #[$run]
            #[inline(never)]
            pub(super) async fn run($request: &Request) -> u8 {
                let mut sum = 0;
                for $turn in 0..3 {
                    sum += step($request, $turn).await;
                }
                $event;
                sum + tool("search").await
            }

            #[$step]
            #[inline(never)]
            async fn step($request: &Request, $turn: u8) -> u8 {
                black_box($request.max_tokens);
                $turn + tool("weather").await
            }

            #[$tool]
            #[inline(never)]
            async fn tool($name: &str) -> u8 {
                black_box($name);
                1
            }
        }
    };
}

workload!(bare(request, turn, name), allow(dead_code), allow(dead_code), allow(dead_code), black_box(()));
workload!(
    samplescope_(request, turn, name),
    samplescope::sampling_loop(
        model = request.model,
        temperature = request.temperature,
        max_tokens = request.max_tokens,
        tool_count = 2
    ),
    samplescope::sampling_step(stop_reason = |_| "endTurn"),
    samplescope::sampling_tool(name = name),
    samplescope::current_loop().validation_failure(1)
);
workload!(
    tracing_(request, turn, name),
    tracing::instrument(
        name = "sampling/createMessage",
        skip_all,
        fields(model = request.model, temperature = request.temperature)
    ),
    tracing::instrument(name = "sampling/createMessage step", skip_all, fields(turn = turn)),
    tracing::instrument(name = "sampling.execute_tool", skip_all, fields(name = name)),
    tracing::info!("sampling.validation_failure")
);

/// A careful person's own code, for the attributes that samplescope sets.
mod by_hand {
    use super::{Request, black_box};
    use opentelemetry::global::BoxedTracer;
    use opentelemetry::trace::{FutureExt as _, Span as _, TraceContextExt as _, Tracer as _};
    use opentelemetry::{Array, Context, KeyValue, Value};

    #[inline(never)]
    pub(super) async fn run(tracer: &BoxedTracer, request: &Request) -> u8 {
        let mut span = tracer.start("sampling/createMessage");
        if span.is_recording() {
            span.set_attribute(KeyValue::new("mcp.method.name", "sampling/createMessage"));
            span.set_attribute(KeyValue::new("gen_ai.operation.name", "invoke_agent"));
            span.set_attribute(KeyValue::new("gen_ai.request.model", request.model.to_owned()));
            span.set_attribute(KeyValue::new("gen_ai.request.temperature", request.temperature));
            span.set_attribute(KeyValue::new("gen_ai.request.max_tokens", request.max_tokens));
            span.set_attribute(KeyValue::new("fastmcp.sampling.tool_count", 2));
        }
        let context = Context::current_with_span(span);
        let body = async {
            let mut sum = 0;
            for turn in 0..3 {
                sum += step(tracer, request, turn).await;
            }
            Context::map_current(|context| {
                let failures = KeyValue::new("fastmcp.sampling.consecutive_failures", 1);
                context.span().add_event("sampling.validation_failure", vec![failures]);
            });
            sum + tool(tracer, "search").await
        };
        let sum = body.with_context(context.clone()).await;
        if context.span().is_recording() {
            context.span().set_attribute(KeyValue::new("fastmcp.sampling.iterations", 3));
        }
        context.span().end();
        sum
    }

    #[inline(never)]
    async fn step(tracer: &BoxedTracer, request: &Request, turn: u8) -> u8 {
        let mut span = tracer.start("sampling/createMessage step");
        if span.is_recording() {
            span.set_attribute(KeyValue::new("gen_ai.operation.name", "chat"));
            span.set_attribute(KeyValue::new("fastmcp.sampling.iteration", i64::from(turn)));
            span.set_attribute(KeyValue::new("gen_ai.request.model", request.model.to_owned()));
            span.set_attribute(KeyValue::new("gen_ai.request.temperature", request.temperature));
            span.set_attribute(KeyValue::new("gen_ai.request.max_tokens", request.max_tokens));
        }
        let context = Context::current_with_span(span);
        let body = async {
            black_box(request.max_tokens);
            turn + tool(tracer, "weather").await
        };
        let sum = body.with_context(context.clone()).await;
        if context.span().is_recording() {
            context.span().set_attribute(KeyValue::new("fastmcp.sampling.stop_reason", "endTurn"));
            let finish_reasons = Value::Array(Array::String(vec!["stop".into()]));
            context.span().set_attribute(KeyValue::new("gen_ai.response.finish_reasons", finish_reasons));
        }
        context.span().end();
        sum
    }

    #[inline(never)]
    async fn tool(tracer: &BoxedTracer, name: &str) -> u8 {
        let mut span = tracer.start(format!("sampling.execute_tool {name}"));
        if span.is_recording() {
            span.set_attribute(KeyValue::new("gen_ai.operation.name", "execute_tool"));
            span.set_attribute(KeyValue::new("gen_ai.tool.name", name.to_owned()));
            span.set_attribute(KeyValue::new("gen_ai.tool.type", "function"));
        }
        let context = Context::current_with_span(span);
        let body = async {
            black_box(name);
            1
        };
        let sum = body.with_context(context.clone()).await;
        context.span().end();
        sum
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = std::task::Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

const WAYS: &[&str] = &["bare", "tracing", "samplescope", "by hand"];
const PROVIDERS: &[&str] = &["none", "off", "on"];

fn run(way: &str, loops: usize) {
    let tracer = global::tracer("by hand");
    for _ in 0..loops {
        black_box(match way {
            "bare" => block_on(bare::run(black_box(&REQUEST))),
            "tracing" => block_on(tracing_::run(black_box(&REQUEST))),
            "samplescope" => block_on(samplescope_::run(black_box(&REQUEST))),
            _ => block_on(by_hand::run(&tracer, black_box(&REQUEST))),
        });
    }
}

fn install(provider: &str) {
    let sampler = match provider {
        "off" => Sampler::AlwaysOff,
        "on" => Sampler::AlwaysOn,
        _ => return,
    };
    global::set_tracer_provider(SdkTracerProvider::builder().with_sampler(sampler).build());
}

const MEASURED: usize = 1_000;

/// The difference between many loops and few, which leaves out what happens once.
fn instructions(way: &str, provider: &str) -> Option<usize> {
    let counted = |loops: usize| -> Option<usize> {
        let program = std::env::current_exe().ok()?;
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program)
            .args(["--measure", way, provider, &loops.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8(output.stderr).ok()?;
        text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
    };
    Some((counted(2 * MEASURED)? - counted(MEASURED)?) / MEASURED)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, way, provider, loops] = &arguments[..] {
        if flag == "--measure" {
            install(provider);
            run(way, loops.parse().unwrap_or(MEASURED));
            return;
        }
    }
    println!("{:<12} {:<9} {:>13} {:>12} {:>8}", "way", "provider", "instructions", "allocations", "ns");
    for provider in PROVIDERS {
        install(provider);
        for way in WAYS {
            if *provider != "none" && !["samplescope", "by hand"].contains(way) {
                continue;
            }
            run(way, MEASURED);
            let before = ALLOCATIONS.load(Relaxed);
            run(way, MEASURED);
            let allocations = (ALLOCATIONS.load(Relaxed) - before) / MEASURED;
            let fastest = (0..200)
                .map(|_| {
                    let start = Instant::now();
                    run(way, 100);
                    start.elapsed().as_nanos() / 100
                })
                .min()
                .unwrap_or_default();
            let instructions = instructions(way, provider).map_or_else(|| "-".to_owned(), |count| count.to_string());
            println!("{way:<12} {provider:<9} {instructions:>13} {allocations:>12} {fastest:>8}");
        }
    }
}
