//! What the agents print and draw whose work is not three functions.

use std::process::Command;

/// The names in the drawing, without bars, times, details and metrics; and all that is printed.
#[track_caller]
fn drawn(program: &str) -> (String, Vec<String>) {
    let output = Command::new(program).env_clear().output().expect("the example is built");
    assert!(output.status.success(), "{output:?}");
    let drawing = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!drawing.contains("WARN"), "{drawing}");
    let text = String::from_utf8(output.stdout).expect("UTF-8") + &drawing;
    let is_span = |line: &&str| line.contains("sampling") && line.contains("█") || line.contains("─ ");
    let name = |line: &str| line.split("  ").find(|part| part.contains("sampling")).unwrap_or(line).to_owned();
    let names = text.lines().filter(is_span).map(name).collect();
    (text, names)
}

const TWO_STEPS: [&str; 5] = [
    "sampling/createMessage",
    "├─ sampling/createMessage step",
    "├─ sampling.execute_tool weather",
    "├─ sampling.execute_tool weather",
    "╰─ sampling/createMessage step",
];

#[test]
fn an_agent_that_returns_a_stream_is_a_loop_as_long_as_it() {
    let (text, names) = drawn(env!("CARGO_BIN_EXE_stream_agent"));
    assert_eq!(names, TWO_STEPS);
    assert!(text.contains("Bern: 14 °C, Oslo: 14 °C") && text.contains("time_to_first_chunk"), "{text}");
    assert!(!text.contains("cancelled"), "its steps' streams are dropped at the terminal event: {text}");
}

#[test]
fn tools_whose_work_outlives_the_function_last_as_long_as_the_work() {
    let (text, names) = drawn(env!("CARGO_BIN_EXE_outliving_tools"));
    assert_eq!(names, TWO_STEPS);
    assert!(text.contains("tool.call.id call_2") && !text.contains("cancelled"), "{text}");
}

#[test]
fn a_recursive_agent_is_one_loop() {
    let (text, names) = drawn(env!("CARGO_BIN_EXE_recursive_agent"));
    let step = "├─ sampling/createMessage step";
    let tool = "├─ sampling.execute_tool weather";
    assert_eq!(names, ["sampling/createMessage", step, tool, step, tool, "╰─ sampling/createMessage step"]);
    assert!(text.contains("iterations 3"), "{text}");
}

#[test]
fn a_reader_who_leaves_a_spawned_agent_cancels_nothing() {
    let (text, names) = drawn(env!("CARGO_BIN_EXE_spawned_agent"));
    assert_eq!(names, TWO_STEPS);
    assert!(text.contains("and the reader leaves") && !text.contains("cancelled"), "{text}");
}
