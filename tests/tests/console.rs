//! `samplescope::console()` draws every finished trace, whole and by itself, whatever standard error is.

use std::process::{Command, Stdio};

fn program(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_draws"));
    command.env_clear().arg(name);
    command
}

fn drawn_with(name: &str, variables: &[(&str, &str)]) -> String {
    let output = program(name).envs(variables.iter().copied()).output().expect("it is built");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn drawn(name: &str) -> String {
    drawn_with(name, &[])
}

/// The first words of each line of the tree.
fn names(drawing: &str) -> Vec<&str> {
    let lines = drawing.lines().filter(|line| line.contains(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉']));
    lines.map(|line| line.split("  ").next().unwrap_or_default()).collect()
}

#[test]
fn a_loop_is_drawn_with_its_step_and_its_metrics_and_without_content() {
    let drawing = drawn("one");
    assert_eq!(names(&drawing), ["sampling/createMessage", "╰─ sampling/createMessage step"], "{drawing}");
    assert!(drawing.contains("agent.name one") && drawing.contains("mcp.server.operation.duration s"), "{drawing}");
    assert!(!drawing.contains("secret") && !drawing.contains('\x1b'), "{drawing}");
    let asked = drawn_with("one", &[("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")]);
    assert!(asked.contains("secret"), "{asked}");
}

#[test]
fn spans_of_others_are_drawn_too() {
    let drawing = drawn("foreign");
    assert_eq!(names(&drawing), ["GET /weather", "╰─ sampling.execute_tool weather"], "{drawing}");
    assert!(drawing.contains("http.response.status_code 200"), "{drawing}");
    assert_eq!(names(&drawn("processor")), ["own"]);
}

#[test]
fn traces_beside_each_other_are_drawn_one_at_a_time() {
    let drawing = drawn("beside");
    let traces: Vec<&str> = drawing.split("\n\n").filter(|part| part.contains("sampling/createMessage step")).collect();
    assert_eq!(traces.len(), 20, "{drawing}");
    let mut agents: Vec<&str> = Vec::new();
    for trace in traces {
        let said: Vec<&str> = trace.lines().filter(|line| line.contains("agent.name")).collect();
        assert_eq!((said.len(), trace.matches("step  ").count()), (1, 50), "{trace}");
        agents.extend(said);
    }
    agents.sort_unstable();
    agents.dedup();
    assert_eq!(agents.len(), 20);
}

#[test]
fn of_a_huge_trace_the_beginning_is_drawn_and_the_rest_counted() {
    let drawing = drawn("huge");
    assert_eq!(drawing.matches("createMessage step").count(), 999);
    assert!(drawing.contains("\n… more spans, which are not shown: 99001\n"), "{}", &drawing[drawing.len() - 500..]);
    assert!(drawing.contains("iterations 100000"), "the loop itself is among them");
}

#[test]
fn nothing_that_was_said_moves_the_cursor() {
    let genai = ("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental");
    let content = ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true");
    let steers = |character: &char| (character.is_control() && *character != '\n') || *character == '\u{202e}';
    for columns in ["20", "120"] {
        let drawing = drawn_with("steering", &[genai, content, ("COLUMNS", columns)]);
        assert_eq!(drawing.chars().find(steers), None, "{drawing:?}");
        // The name, the error, the description, the attribute, the event, and the metric.
        let said = drawing.lines().filter(|line| line.contains(r"\u{1b}[2J")).count();
        assert!(said >= 6 || columns == "20", "{said}: {drawing}");
    }
}

#[test]
fn twenty_columns_are_enough() {
    let drawing = drawn_with("one", &[("COLUMNS", "20")]);
    assert!(drawing.contains("sampling/… "), "{drawing}");
    assert!(drawing.lines().all(|line| line.chars().count() <= 20), "{drawing}");
    for columns in ["0", "1", "-3", "many", "99999999999999999999"] {
        let drawing = drawn_with("one", &[("COLUMNS", columns)]);
        let times = drawing.lines().filter(|line| [" µs", " ms", " s"].iter().any(|unit| line.ends_with(unit)));
        // Of the loop and of the step; the time line has one, too, where there is room for it.
        assert!(times.count() >= 2, "{columns}: {drawing}");
    }
}

#[test]
fn what_has_not_ended_is_drawn_when_the_console_is_dropped_and_nothing_after_that() {
    let drawing = drawn("unfinished");
    assert!(drawing.contains("sampling/createMessage step") && drawing.contains("… spans that have not ended: 1"), "{drawing}");
    assert_eq!(drawn("dropped"), "");
}

#[test]
fn what_starts_after_its_trace_was_drawn_is_drawn_by_itself() {
    let drawing = drawn("late");
    let traces: Vec<Vec<&str>> = drawing.split("\n\n").map(names).filter(|names| !names.is_empty()).collect();
    assert_eq!(traces, [vec!["root", "╰─ first"], vec!["late"]], "{drawing}");
}

#[test]
fn a_standard_error_that_nobody_reads_is_no_failure() {
    let mut child = program("beside").stderr(Stdio::piped()).spawn().expect("it is built");
    drop(child.stderr.take());
    assert!(child.wait().expect("it ends").success());
}

#[test]
#[cfg(unix)]
fn neither_is_one_that_is_closed_or_full() {
    for redirected in ["2>&-", "2>/dev/full"] {
        let script = format!("exec \"$0\" one {redirected}");
        let status = Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_draws")]).status().expect("sh");
        assert!(status.success(), "{redirected}");
    }
}
