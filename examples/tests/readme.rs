//! What the README quotes of the agent is what the agent is and prints.

use std::process::Command;

const README: &str = include_str!("../../README.md");
const AGENT: &str = include_str!("../src/bin/agent/agent.rs");

#[test]
fn the_readme_quotes_the_agent_to_the_letter() {
    let start = AGENT.find("/// The loop:").expect("the agent begins with its loop");
    assert!(README.contains(&AGENT[start..]), "README.md and examples/src/bin/agent/agent.rs differ");
}

/// A line without its bar and its times, which differ from run to run.
fn timeless(line: &str) -> String {
    let bar = |character: char| ('\u{2588}'..='\u{258f}').contains(&character);
    let words = line.split(|character: char| character.is_whitespace() || bar(character)).filter(|word| !word.is_empty());
    let mut words: Vec<&str> = words.collect();
    if words.last() == Some(&"ms") {
        words.truncate(words.len() - 2);
    }
    words.join(" ")
}

#[test]
fn the_readme_shows_the_tree_that_the_agent_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_agent")).output().expect("the agent runs");
    let printed = String::from_utf8(output.stderr).expect("UTF-8");
    let (tree, _) = printed.split_once("\n\n").expect("the tree ends with an empty line");
    let shown = README.split("```text\n").nth(1).and_then(|block| block.split("\n```").next()).expect("the README has a tree");
    let lines = |text: &str| text.lines().map(timeless).collect::<Vec<_>>();
    assert_eq!(lines(shown), lines(tree));
}
