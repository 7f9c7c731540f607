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
use tokio::process::Command;

const HELP: &str = "\
Starts an MCP server, asks its tool `plan_trip` a question, answers what it samples with a scripted model, and draws the trace of both.

usage: mcp_client COMMAND...

  COMMAND...  the server: `target/debug/mcp_server`, or any other with a tool `plan_trip(question)` that exports where
              OTEL_EXPORTER_OTLP_ENDPOINT says

Its own telemetry and the server's are sent to itself, unless OTEL_EXPORTER_OTLP_ENDPOINT says where: then they are there, and nothing is drawn.
";

const QUESTION: &str = "I fly to Lisbon today. When do I have to leave home?";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let result = match arguments.next() {
        None => Err("expected the command of a server".into()),
        Some(argument) if argument == "-h" || argument == "--help" => terminal::print(HELP).map_err(Into::into),
        Some(program) => run(program, arguments.collect()).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcp_client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(program: String, arguments: Vec<String>) -> Result<(), Box<dyn Error>> {
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
    let answer =
        client.call_tool(CallToolRequestParams::new("plan_trip").with_arguments(question)).with_context(context.clone()).await;
    context.span().end();
    // Closes the server's standard input and waits for it to end: by then it has sent what it had.
    client.cancel().await?;
    tokio::task::spawn_blocking(move || tracer_provider.shutdown()).await??;

    if let Some(receiver) = receiver {
        terminal::print(&receiver.tree())?;
    }
    let answer = answer?;
    let text = answer.content.iter().filter_map(|block| block.as_text()).map(|text| escaped(&text.text)).collect::<String>();
    terminal::print(&format!("\n{text}\n"))?;
    Ok(())
}
