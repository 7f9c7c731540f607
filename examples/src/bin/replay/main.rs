//! Runs a scenario (a scripted model, its tools and a request) through an annotated sampling loop, and prints what was emitted.

mod json;
mod recording;
mod sampling;
mod scenario;

use recording::Recording;
use samplescope::{Settings, testing};
use samplescope_examples::terminal;
use scenario::{Failure, Scenario};
use serde::Serialize;
use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Runs a scenario through an annotated sampling loop and prints what was emitted, as one JSON object.

usage: replay [--tree] FILE

  --tree      draw it to standard error instead
  -h, --help  this

The environment variables of samplescope apply:
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true       messages, tool arguments and results, too
  OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental      the names of the OpenTelemetry GenAI conventions
";

fn main() -> ExitCode {
    let (message, code) = match run(std::env::args_os().skip(1)) {
        Err(Refused(message)) => (message, ExitCode::from(2)),
        Ok(text) => match terminal::print(&text) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => (format!("standard output: {error}"), ExitCode::FAILURE),
        },
    };
    eprintln!("replay: {message}");
    code
}

/// Nothing was run, for this reason.
struct Refused(String);

enum Command {
    Help,
    Replay { file: PathBuf, as_tree: bool },
}

/// What there is to print.
fn run(arguments: impl Iterator<Item = OsString>) -> Result<String, Refused> {
    let (file, as_tree) = match Command::parse(arguments)? {
        Command::Help => return Ok(HELP.to_owned()),
        Command::Replay { file, as_tree } => (file, as_tree),
    };
    let refused = |error: Box<dyn Error>| Refused(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(&file).map_err(|error| refused(error.into()))?;
    let scenario = Scenario::parse(&text).map_err(refused)?;
    terminal::show_warnings();
    if as_tree { draw(&scenario) } else { Replay::of(&scenario).and_then(|replay| replay.json()) }.map_err(refused)
}

impl Command {
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, Refused> {
        let (mut file, mut as_tree) = (None, false);
        for argument in arguments {
            match argument.to_str() {
                Some("-h" | "--help") => return Ok(Command::Help),
                Some("--tree") => as_tree = true,
                Some(flag) if flag.starts_with('-') => {
                    return Err(Refused(format!("there is no `{flag}`: expected `--tree`, `--help` or a file")));
                }
                _ if file.is_some() => return Err(Refused("expected one file, not several".to_owned())),
                _ => file = Some(PathBuf::from(argument)),
            }
        }
        match file {
            Some(file) => Ok(Command::Replay { file, as_tree }),
            None => Err(Refused("expected a scenario: replay [--tree] FILE".to_owned())),
        }
    }
}

/// What a scenario emitted, and what it came to.
#[derive(Serialize)]
struct Replay {
    #[serde(flatten)]
    recording: Recording,
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok(String),
    Error(String),
}

impl Replay {
    fn of(scenario: &Scenario) -> Result<Self, Box<dyn Error>> {
        let run = testing::with(Settings::from_env()).capture_plain(|| Outcome::of(scenario));
        Ok(Replay { recording: Recording::of(&run), outcome: run.output? })
    }

    fn json(&self) -> Result<String, Box<dyn Error>> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Outcome {
    fn of(scenario: &Scenario) -> Result<Self, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(match runtime.block_on(sampling::sample(scenario)) {
            Ok(text) => Outcome::Ok(text),
            Err(Failure { message, .. }) => Outcome::Error(message),
        })
    }
}

/// Draws what is emitted, and returns what it came to.
fn draw(scenario: &Scenario) -> Result<String, Box<dyn Error>> {
    let _console = samplescope::console();
    let outcome = match Outcome::of(scenario)? {
        Outcome::Ok(text) => format!("→ {}", terminal::escaped(&text)),
        Outcome::Error(message) => format!("✗ {}", terminal::escaped(&message)),
    };
    Ok(format!("{} {outcome}\n", terminal::escaped(&scenario.name)))
}
