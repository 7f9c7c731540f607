//! Thousands of concurrent loops through the SDK's batch processor to an OTLP receiver on this machine: every span is accounted for.
//!
//! `cargo bench -p samplescope-tests --bench load` runs 4 000 loops at a time, 320 000 spans in all, thrice: with the SDK's own queue, with a longer
//! one, and with a longer one that is given the time to empty.
//! It prints how many spans were started, ended, received and dropped (by the SDK's own count), and how much memory the process had
//! over the run. It fails if a span is missing or if the second half of the run needed more memory than the first.

use futures::future::join_all;
use opentelemetry::Context;
use opentelemetry::global;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, Span, SpanData, SpanProcessor};
use prost::Message as _;
use samplescope::{TokenUsage, sampling_loop, sampling_step, sampling_tool};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt as _};

const LOOPS_AT_A_TIME: usize = 4_000;
const ROUNDS: usize = 16;

#[sampling_loop(agent = "load", model = "scripted")]
async fn run(number: usize) -> usize {
    let mut sum = 0;
    for _ in 0..2 {
        sum += ask(number).await;
    }
    sum
}

#[sampling_step(stop_reason = |_| "toolUse", usage = |tokens| TokenUsage::new(*tokens, 1))]
async fn ask(number: usize) -> usize {
    tokio::task::yield_now().await;
    look_up(number).await + 1
}

#[sampling_tool(call_id = number)]
async fn look_up(number: usize) -> usize {
    tokio::task::yield_now().await;
    number
}

/// Counts what starts and what ends.
#[derive(Clone, Debug, Default)]
struct Counter(Arc<[AtomicUsize; 2]>);

impl SpanProcessor for Counter {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.0[0].fetch_add(1, SeqCst);
    }

    fn on_end(&self, _: SpanData) {
        self.0[1].fetch_add(1, SeqCst);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A collector that counts, and throws away.
fn receiver() -> std::io::Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let endpoint = format!("http://{}/v1/traces", listener.local_addr()?);
    let received = Arc::new(AtomicUsize::new(0));
    let count = received.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let count = count.clone();
            std::thread::spawn(move || answer(connection, &count));
        }
    });
    Ok((endpoint, received))
}

/// HTTP as far as one client of our own speaks it: requests with a length, on a connection that is kept.
fn answer(connection: TcpStream, count: &AtomicUsize) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let request = ExportTraceServiceRequest::decode(&*body).map_err(std::io::Error::other)?;
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        count.fetch_add(scopes.map(|scope| scope.spans.len()).sum(), SeqCst);
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}

/// The SDK says how many spans it dropped when it is shut down, in a log record of its own.
#[derive(Clone, Default)]
struct Dropped(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Dropped {
    fn on_event(&self, event: &tracing::Event<'_>, _: LayerContext<'_, S>) {
        event.record(&mut &*self);
    }
}

impl Visit for &Dropped {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "dropped_span_count" {
            self.0.fetch_add(usize::try_from(value).unwrap_or(usize::MAX), SeqCst);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Resident memory in MiB, from /proc.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) / 1024
}

async fn load(queue: usize, paced: bool, dropped: &Dropped) -> Result<bool, Box<dyn std::error::Error>> {
    let (endpoint, received) = receiver()?;
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
    let batch = BatchConfigBuilder::default().with_max_queue_size(queue).build();
    let counter = Counter::default();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(counter.clone())
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batch).build())
        .build();
    global::set_tracer_provider(provider.clone());

    let before = dropped.0.load(SeqCst);
    let mut memory = Vec::new();
    for _ in 0..ROUNDS {
        let loops: Vec<_> = (0..LOOPS_AT_A_TIME).map(|number| tokio::spawn(run(number))).collect();
        join_all(loops).await;
        memory.push(resident());
        if paced {
            let provider = provider.clone();
            tokio::task::spawn_blocking(move || provider.force_flush()).await??;
        }
    }
    tokio::task::spawn_blocking(move || provider.shutdown()).await??;

    let [started, ended] = [0, 1].map(|index| counter.0[index].load(SeqCst));
    let (received, dropped) = (received.load(SeqCst), dropped.0.load(SeqCst) - before);
    let pace = if paced { "paced" } else { "at once" };
    println!(
        "queue {queue:>6}, {pace:<7}: {started} started, {ended} ended, {received} received, {dropped} dropped; MiB by round {memory:?}"
    );
    let accounted = started == ended && ended == received + dropped;
    let half = ROUNDS / 2;
    let peak = |rounds: &[usize]| rounds.iter().max().copied().unwrap_or(0);
    // A tenth more is an allocator's mood, not a leak: at this rate one would be several times that.
    let flat = peak(&memory[half..]) <= peak(&memory[..half]) * 11 / 10 + 8;
    if !accounted {
        println!("spans are missing");
    }
    if !flat {
        println!("memory grows");
    }
    Ok(accounted && flat)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dropped = Dropped::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(dropped.clone()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut all = true;
    for (queue, paced) in [(2_048, false), (65_536, false), (65_536, true)] {
        all &= runtime.block_on(load(queue, paced, &dropped))?;
    }
    if all { Ok(()) } else { Err("see above".into()) }
}
