//! What `inline` draws.

use std::process::Command;

#[test]
fn statements_of_one_function_are_its_steps_and_tools() {
    let output = Command::new(env!("CARGO_BIN_EXE_inline")).env_clear().output().expect("inline is built");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "It rains in Bern. I know of no Atlantis.\n");
    let drawing = String::from_utf8(output.stderr).expect("UTF-8");
    let names = drawing.lines().filter(|line| line.contains("─ ") || line.starts_with("sampling/"));
    let names: Vec<&str> = names.map(|line| line.split("  ").next().unwrap_or(line)).collect();
    assert_eq!(
        names,
        [
            "sampling/createMessage",
            "├─ sampling/createMessage step",
            "├─ sampling.execute_tool weather",
            "├─ sampling.execute_tool weather",
            "╰─ sampling/createMessage step",
        ],
        "{drawing}"
    );
    for part in [
        "agent.name weather",
        "iterations 2",
        "✗ refused: no such place",
        "tool.call.id call_1",
        "stop_reason toolUse",
        "input_tokens 91",
    ] {
        assert!(drawing.contains(part), "{part}: {drawing}");
    }
}
