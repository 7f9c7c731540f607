//! At level debug, the first loop says in one line what it found.

use std::process::Command;

fn said(program: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_finds"));
    let output = command.env_clear().envs(variables.iter().copied()).arg(program).output().expect("it is built");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The version that Cargo has taken.
fn opentelemetry() -> &'static str {
    let mut lines = include_str!("../../Cargo.lock").lines();
    lines.find(|line| *line == "name = \"opentelemetry\"").expect("it is locked");
    let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.expect("a version stands behind the name")
}

fn line(traces: &str, sampler: &str, metrics: &str, vocabulary: &str, content: &str) -> String {
    format!(
        "DEBUG message=the first loop opentelemetry=\"{}\" tracer_provider=\"{traces}\" sampler=\"{sampler}\" \
         meter_provider=\"{metrics}\" vocabulary={vocabulary} content={content}\n",
        opentelemetry()
    )
}

#[test]
fn the_first_loop_says_who_listens() {
    assert_eq!(said("nothing", &[]), line("none", "not asked", "none", "FastMcp", "Off"));
    assert_eq!(said("traces", &[]), line("installed", "records", "none", "FastMcp", "Off"));
    assert_eq!(said("unsampled", &[]), line("installed", "said no", "none", "FastMcp", "Off"));
    assert_eq!(said("metrics", &[]), line("none", "not asked", "installed", "GenAi", "Off"));
    let asked = [("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")];
    assert_eq!(said("traces", &asked), line("installed", "records", "none", "FastMcp", "Spans"));
}

#[test]
fn the_versions_are_those_that_are_allowed_and_those_that_are_run() {
    let required = include_str!("../../Cargo.toml").lines().find(|line| line.starts_with("opentelemetry = "));
    assert!(required.is_some_and(|line| line.contains("version = \">=0.30, <0.34\"")), "{required:?}");
    assert!(include_str!("../../.ci/opentelemetry/run").contains("for version in 0.30 0.31 0.32 0.33; do"));
}

#[test]
fn a_subscriber_that_comes_later_hears_it_from_the_next_loop_and_one_that_does_not_listen_never() {
    assert_eq!(said("late", &[]), line("none", "not asked", "none", "FastMcp", "Off"));
    assert_eq!(said("deaf", &[]), "");
}
