//! Whoever hovers over an attribute, or reads of it on docs.rs, finds each of its arguments, with an example that compiles.

use crate::keys;
use crate::model::Macro::{self, Loop, Step, Tool};
use std::collections::HashSet;

const SOURCE: &str = include_str!("../lib.rs");

/// Where the examples are compiled.
const COMPILED: &str = include_str!("../../../ui-tests/tests/pass/documented.rs");

/// What an IDE shows of the function: the lines above it.
pub(super) fn shown(function: &str) -> Vec<&'static str> {
    let (above, _) =
        SOURCE.split_once(&format!("\n#[proc_macro_attribute]\npub fn {function}(")).expect("a function of that name");
    let mut lines: Vec<&str> = above.lines().rev().map_while(|line| line.strip_prefix("///")).map(str::trim_start).collect();
    lines.reverse();
    lines
}

/// Each argument's line: its name, its example, what it says.
fn arguments(kind: Macro) -> Vec<(String, &'static str, &'static str)> {
    let lines = shown(&kind.to_string()).into_iter().filter_map(|line| line.strip_prefix("- `")?.split_once("`: "));
    let named = lines.map(|(example, says)| {
        let name: String = example.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
        (name, example, says)
    });
    named.collect()
}

#[test]
fn every_argument_has_a_line_and_nothing_else_has() {
    for kind in [Loop, Step, Tool] {
        let documented: Vec<String> = arguments(kind).into_iter().map(|(name, ..)| name).collect();
        let once: HashSet<&str> = documented.iter().map(String::as_str).collect();
        assert_eq!(once.len(), documented.len(), "{kind}: {documented:?}");
        assert_eq!(once, keys::of(kind).map(|key| key.name).collect(), "{kind}");
        assert!(arguments(kind).iter().all(|(_, _, says)| says.len() > 5), "{kind}");
    }
}

#[test]
fn every_example_is_compiled() {
    for kind in [Loop, Step, Tool] {
        for (name, example, _) in arguments(kind) {
            let is_there = COMPILED.match_indices(example).any(|(place, _)| {
                let before = COMPILED[..place].trim_end().ends_with(['(', ',']);
                before && COMPILED[place + example.len()..].starts_with([',', ')'])
            });
            assert!(is_there, "{kind}: `{name}`, `{example}` is not in ui-tests/tests/pass/documented.rs");
        }
    }
}

#[test]
fn what_an_attribute_does_stands_first() {
    for function in ["sampling_loop", "sampling_step", "sampling_tool", "sampling_statements"] {
        let lines = shown(function);
        assert!(lines[0].ends_with('.') && lines.iter().any(|line| line.starts_with("```")), "{function}: {lines:?}");
    }
}
