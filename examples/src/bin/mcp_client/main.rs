//! An MCP client whose model answers what servers sample, and the one trace that both processes make.

#![allow(deprecated, reason = "sampling is what this shows, until MCP has no more of it")]

mod host;
mod receiver;
mod telemetry;

use host::Host;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use opentelemetry::{KeyValue, global};
use receiver::Receiver;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::{ConfigureCommandExt as _, TokioChildProcess};
use samplescope_examples::terminal;
use samplescope_examples::terminal::escaped;
use samplescope_rmcp::traced;
use serde_json::json;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use tokio::process::Command;

const HELP: &str = "\
Starts an MCP server, asks its tool `plan_trip` a question, answers what it samples with a scripted model, and draws the trace of both.

usage: mcp_client [--tool NAME] [--patience MILLISECONDS] COMMAND...

  --tool NAME              asks that tool instead
  --patience MILLISECONDS  gives up then, which the server is told

  COMMAND...               the server: `target/debug/mcp_server`, or any other with a tool `plan_trip(question)` that exports where
                           OTEL_EXPORTER_OTLP_ENDPOINT says

Its own telemetry and the server's are sent to itself, unless OTEL_EXPORTER_OTLP_ENDPOINT says where: then they are there, and nothing is drawn.
";

const QUESTION: &str = "I fly to Lisbon today. When do I have to leave home?";

#[tokio::main]
async fn main() -> ExitCode {
    match main_of(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcp_client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn main_of(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let (mut tool, mut patience) = ("plan_trip".to_owned(), Duration::MAX);
    loop {
        match arguments.next().as_deref() {
            None => return Err("expected the command of a server".into()),
            Some("-h" | "--help") => return Ok(terminal::print(HELP)?),
            Some("--tool") => tool = arguments.next().ok_or("expected the name of a tool")?,
            Some("--patience") => {
                let milliseconds = arguments.next().and_then(|text| text.parse().ok());
                patience = Duration::from_millis(milliseconds.ok_or("expected a number of milliseconds")?);
            }
            Some(program) => return run(program, arguments.collect(), tool, patience).await,
        }
    }
}

async fn run(program: &str, arguments: Vec<String>, tool: String, patience: Duration) -> Result<(), Box<dyn Error>> {
    terminal::show_warnings();
    let elsewhere = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
    let receiver = if elsewhere.is_none() { Some(Receiver::listen().await?) } else { None };
    let endpoint = elsewhere.or_else(|| receiver.as_ref().map(Receiver::endpoint)).unwrap_or_default();
    let tracer_provider = telemetry::install(&endpoint)?;

    let command = Command::new(program).configure(|command| {
        command.args(arguments).env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint).env_remove("OTEL_SERVICE_NAME");
    });
    let client = traced(Host).serve(TokioChildProcess::new(command)?).await?;
    let context = Context::current_with_baggage([KeyValue::new("tenant", "acme")])
        .with_span(global::tracer("travel-app").start("book a trip"));
    let question = json!({ "question": QUESTION }).as_object().cloned().unwrap_or_default();
    let asking = client.call_tool(CallToolRequestParams::new(tool).with_arguments(question)).with_context(context.clone());
    let answer = tokio::time::timeout(patience, asking).await;
    context.span().end();
    // Closes the server's standard input and waits for it to end: by then it has sent what it had.
    client.cancel().await?;
    tokio::task::spawn_blocking(move || tracer_provider.shutdown()).await??;

    if let Some(receiver) = receiver {
        terminal::print(&receiver.tree())?;
    }
    let answer = answer.map_err(|_| "nobody answered in time")??;
    let text = answer.content.iter().filter_map(|block| block.as_text()).map(|text| escaped(&text.text)).collect::<String>();
    terminal::print(&format!("\n{text}\n"))?;
    Ok(())
}
