//! An annotated agent on a scripted model: run it to see what samplescope emits.

mod agent;
mod error;
mod model;
mod plan;
mod telemetry;
#[cfg(test)]
mod tests;
mod tools;

use model::Model;
use samplescope::{Capture, Settings};
use samplescope_examples::terminal;
use std::error::Error;
use std::process::ExitCode;
use telemetry::Telemetry;

const HELP: &str = "\
Runs an annotated agent on a scripted model and draws the telemetry that comes out to standard error.

usage: agent [--content]

  --content   capture messages, tool arguments and results, too
  -h, --help  this

With OTEL_EXPORTER_OTLP_ENDPOINT set, as in http://localhost:4318, it is sent there as well;
OTEL_EXPORTER_OTLP_PROTOCOL chooses between http/protobuf (the default) and grpc.
OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental gives the names of the OpenTelemetry GenAI conventions.
";

/// Several runs may belong to one conversation: backends group by it.
const CONVERSATION: &str = "trip-4711";
const QUESTION: &str = "I fly with LX 318 from Zurich today. When do I have to leave home?";

const HINT: &str = "Messages, tool arguments and results are not captured unless you opt in: --content shows what that adds.";

fn main() -> ExitCode {
    let mut content = false;
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--content") => content = true,
            Some("-h" | "--help") => return exit(terminal::print(HELP).map_err(Into::into)),
            _ => {
                eprintln!("agent: there is no `{}`: expected `--content` or `--help`", argument.to_string_lossy());
                return ExitCode::from(2);
            }
        }
    }
    exit(run(content))
}

fn exit(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agent: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(content: bool) -> Result<(), Box<dyn Error>> {
    terminal::show_warnings();
    if content {
        Settings::from_env().with_capture(Capture::Spans).install();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // An exporter over gRPC is built, and sends, in the runtime.
    let entered = runtime.enter();
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
    let telemetry = Telemetry::install(endpoint.is_some())?;
    let outcome = runtime.block_on(agent::plan_trip(&Model::scripted(), CONVERSATION, QUESTION));
    let sent = telemetry.finish();
    drop(entered);

    if !content {
        eprintln!("{HINT}");
    }
    if let Some(endpoint) = endpoint {
        match sent {
            Ok(()) => eprintln!("agent: sent to {endpoint}"),
            Err(error) => eprintln!("agent: not sent to {endpoint} (does a collector listen there?): {error}"),
        }
    }
    outcome.map(drop).map_err(Into::into)
}
