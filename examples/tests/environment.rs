//! What the person who runs the program says in the environment, right and wrong: read once, warned of once, and then safe.

use std::process::{Command, Output};

const CAPTURE: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const LIMIT: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";
const QUESTION: &str = "What is the weather in Seattle?";

fn replay(variables: &[(&str, &str)]) -> (String, String) {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/both_vocabularies.json");
    let mut replay = Command::new(env!("CARGO_BIN_EXE_replay"));
    let output = replay.arg(scenario).env_remove(CAPTURE).env_remove(LIMIT).envs(variables.iter().copied()).output();
    let Output { stdout, stderr, .. } = output.expect("replay runs");
    (String::from_utf8(stdout).expect("UTF-8"), String::from_utf8(stderr).expect("UTF-8"))
}

#[test]
fn content_is_there_for_those_who_ask_in_either_dialect() {
    for value in ["true", "TRUE", "1", "SPAN_ONLY", "SPAN_AND_EVENT"] {
        let (printed, warned) = replay(&[(CAPTURE, value)]);
        assert!(printed.contains(QUESTION) && !warned.contains("WARN"), "{value}: {warned}");
    }
    for value in ["", "false", "0", "NO_CONTENT", "EVENT_ONLY"] {
        let (printed, warned) = replay(&[(CAPTURE, value)]);
        assert!(!printed.contains(QUESTION) && !warned.contains("WARN"), "{value}: {warned}");
    }
}

#[test]
fn a_value_that_cannot_be_understood_is_warned_of_once_and_taken_as_off() {
    let (printed, warned) = replay(&[(CAPTURE, "hunter2")]);
    assert!(!printed.contains(QUESTION));
    assert_eq!(warned.matches(CAPTURE).count(), 1, "{warned}");
    assert!(!warned.contains("hunter2"), "a value may be a secret that was put in the wrong place: {warned}");
}

#[test]
fn a_limit_that_is_no_number_is_warned_of_once_and_no_limit() {
    let (printed, warned) = replay(&[(CAPTURE, "true"), (LIMIT, "many")]);
    assert!(printed.contains(QUESTION));
    assert_eq!(warned.matches(LIMIT).count(), 1, "{warned}");
    let (printed, warned) = replay(&[(CAPTURE, "true"), (LIMIT, "20")]);
    assert!(!printed.contains(QUESTION) && printed.contains("cut]") && !warned.contains("WARN"), "{printed}");
}
