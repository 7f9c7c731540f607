//! What the pages say of costs is what was measured: README quotes BENCHMARKS.md, and that is not older than the budget.

use std::collections::BTreeMap;

const README: &str = include_str!("../../README.md");
const BENCHMARKS: &str = include_str!("../../BENCHMARKS.md");
const BUDGET: &str = include_str!("../benches/cost/budget.tsv");

/// The first table below a heading, to the letter.
fn table<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, below) = text.split_once(&format!("# {heading}\n")).expect("the heading is there");
    let start = below.find("\n|").expect("a table is below it") + 1;
    let length = below[start..].split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum::<usize>();
    &below[start..][..length]
}

/// The cells of each row, without the one of titles.
fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().skip(2).map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn number(cell: &str) -> u64 {
    cell.replace(' ', "").parse().expect("a number")
}

#[test]
fn the_readme_quotes_the_benchmarks_to_the_letter() {
    let quoted = table(README, "What it costs");
    assert!(rows(quoted).len() > 3, "states: {quoted}");
    assert_eq!(quoted, table(BENCHMARKS, "In short"), "cargo bench -p samplescope-tests --bench cost -- --write");
}

#[test]
fn what_is_said_in_short_is_of_the_same_run_as_the_rest() {
    let short = table(BENCHMARKS, "In short");
    let titles: Vec<_> = short.lines().next().expect("titles").trim_matches('|').split('|').map(str::trim).collect();
    let states = rows(table(BENCHMARKS, "A loop in each state"));
    let mut compared = 0;
    for row in rows(short) {
        for (way, cell) in titles.iter().zip(&row).skip(1).filter(|(_, cell)| !cell.is_empty()) {
            let state = states.iter().find(|state| state[..2] == [row[0], way]).expect("the state is in the long table");
            assert_eq!(*cell, format!("{} / {}", state[2], state[3]));
            compared += 1;
        }
    }
    assert!(compared > 8, "{compared}");
}

#[test]
fn the_benchmarks_are_within_two_percent_of_the_budget() {
    let lines = BUDGET.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let budget: BTreeMap<_, _> = lines.map(|fields| ((fields[0], fields[1]), number(fields[2]))).collect();
    let states = rows(table(BENCHMARKS, "A loop in each state"));
    let ours: Vec<_> = states.iter().filter(|row| row[1] == "samplescope").collect();
    assert!(ours.len() > 4, "{ours:?}");
    for row in ours {
        for (counted, cell) in [("instructions", row[2]), ("allocations", row[3]), ("bytes", row[4])] {
            let (budget, written) = (budget[&(row[0], counted)], number(cell));
            let apart = budget.abs_diff(written) * 100;
            assert!(apart <= budget * 2, "{} {counted}: {written} in BENCHMARKS.md, {budget} in the budget", row[0]);
        }
    }
}

#[test]
fn the_floor_of_a_state_is_below_its_cost() {
    let states = rows(table(BENCHMARKS, "A loop in each state"));
    let mut floors = BTreeMap::<&str, u64>::new();
    for part in rows(table(BENCHMARKS, "The floor")) {
        *floors.entry(part[0]).or_default() += number(part[2]);
    }
    assert!(floors.len() > 2, "{floors:?}");
    for (name, floor) in floors {
        let state = states.iter().find(|state| state[..2] == [name, "samplescope"]).expect("a state of that name");
        assert!(floor < number(state[2]), "{name}: {floor} of {}", state[2]);
    }
}

#[test]
fn every_plot_is_shown_and_every_plot_shown_is_there() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    let directory = std::fs::read_dir(format!("{root}docs/benchmarks")).expect("the directory of the plots");
    let files = directory.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut files: Vec<_> = files.collect();
    let shown = BENCHMARKS.split("(docs/benchmarks/").skip(1).filter_map(|rest| rest.split_once(')'));
    let mut shown: Vec<_> = shown.map(|(file, _)| file.to_owned()).collect();
    files.sort();
    shown.sort();
    assert!(!shown.is_empty());
    assert_eq!(files, shown);
}
