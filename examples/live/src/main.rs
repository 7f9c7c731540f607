//! Runs the agent, draws what comes out, and sends it where OTLP says.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use opentelemetry::global;
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use samplescope::{Capture, Settings, console};
use samplescope_live::agent::Agent;
use std::env;
use std::error::Error;
use std::process::ExitCode;

const HELP: &str = "\
Asks a model for the weather, with two tools, and draws the telemetry to standard error.

usage: live [--stream] [--content] [QUESTION]

  --stream    read the model's answers in pieces, as they arrive
  --content   capture messages, tool arguments and results, too
  -h, --help  this

OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL say which model.
With OTEL_EXPORTER_OTLP_ENDPOINT set, as in http://localhost:4318, everything is sent there as well.
";

const NO_MODEL: &str = "\
live: no model: set OPENAI_BASE_URL, or OPENAI_API_KEY for OpenAI's own. Any server with the API of OpenAI will do:

  Ollama     ollama pull qwen3 && ollama serve
             OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=qwen3
  llama.cpp  llama-server -hf ggml-org/Qwen3-4B-GGUF --jinja
             OPENAI_BASE_URL=http://localhost:8080/v1
  vLLM       vllm serve Qwen/Qwen3-4B --enable-auto-tool-choice --tool-call-parser hermes
             OPENAI_BASE_URL=http://localhost:8000/v1 OPENAI_MODEL=Qwen/Qwen3-4B
  OpenAI     OPENAI_API_KEY=sk-… OPENAI_MODEL=gpt-4o-mini
  no model   examples/live/run, which starts a server that plays one
";

const QUESTION: &str = "What is the weather like in Oslo, and which time zone is it in?";

/// What was asked for.
#[derive(Default)]
struct Asked {
    streams: bool,
    content: bool,
    question: Option<String>,
}

fn main() -> ExitCode {
    let mut asked = Asked::default();
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--stream" => asked.streams = true,
            "--content" => asked.content = true,
            "-h" | "--help" => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            question if !question.starts_with('-') && asked.question.is_none() => asked.question = Some(argument),
            _ => {
                eprintln!("live: there is no `{argument}`: --help says what there is");
                return ExitCode::from(2);
            }
        }
    }
    let (base, key) = (set("OPENAI_BASE_URL"), set("OPENAI_API_KEY"));
    if base.is_none() && key.is_none() {
        eprint!("{NO_MODEL}");
        return ExitCode::from(2);
    }
    // Servers of one's own want no key, and the client wants some.
    let config = OpenAIConfig::new().with_api_key(key.unwrap_or_else(|| "none".to_owned()));
    let config = base.into_iter().fold(config, OpenAIConfig::with_api_base);
    let agent = Agent {
        client: Client::with_config(config),
        model: set("OPENAI_MODEL").unwrap_or_else(|| "gpt-4o-mini".to_owned()),
        streams: asked.streams,
    };
    match run(&agent, &asked) {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("live: {error}");
            ExitCode::FAILURE
        }
    }
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn run(agent: &Agent, asked: &Asked) -> Result<String, Box<dyn Error>> {
    if asked.content {
        Settings::from_env().with_capture(Capture::Spans).install();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let question = asked.question.as_deref().unwrap_or(QUESTION);
    let ask = || runtime.block_on(agent.run(question)).map_err(Into::into);
    let Some(endpoint) = set("OTEL_EXPORTER_OTLP_ENDPOINT") else {
        let _console = samplescope::console();
        return ask();
    };
    let resource = Resource::builder().with_service_name("samplescope-live").build();
    let tracers = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_span_processor(console::Processor::new())
        .with_batch_exporter(SpanExporter::builder().with_http().build()?)
        .build();
    let exporter = MetricExporter::builder().with_http().build()?;
    let meters = SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(exporter).build();
    global::set_tracer_provider(tracers.clone());
    global::set_meter_provider(meters.clone());
    let answer = ask();
    match tracers.shutdown().and(meters.shutdown()) {
        Ok(()) => eprintln!("live: sent to {endpoint}"),
        Err(error) => eprintln!("live: not sent to {endpoint} (does a collector listen there?): {error}"),
    }
    answer
}
