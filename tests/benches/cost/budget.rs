//! The budget: what each state may cost. Worse by more than [`ALLOWED`] (or [`ALLOWED_OF_MANY`]) fails; better is a reason to renew it, so that it stays.
//!
//! Allocations, bytes and sizes depend on the code alone. Instructions depend on the toolchain, too: the budget names the one they were counted
//! with, and on another one, or without valgrind, they are not checked. That a request takes no more of them than by hand is, wherever valgrind is.

use crate::case::{BY_HAND, OURS, State, WRITTEN, many, reading, requests, states};
use crate::machine::toolchain;
use crate::sizes::{FUTURES, sizes};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// Percent.
const ALLOWED: u64 = 2;

/// Percent, where thousands of calls are open at once. The allocator's lists are long then, and how long it searches them depends on where its heap
/// begins, so on the length of the program's path: by 5 %. What these figures are for is growth, which would be a multiple.
const ALLOWED_OF_MANY: u64 = 10;

/// Percent: what a step that reads its request and its response may take of the instructions of one with every attribute written.
const ALLOWED_TO_READ: u64 = 150;

const HEAD: &str = "\
# What each state may cost: a loop of 8 spans, many calls at once, a step that reads, a request of MCP, and the bytes of futures. Written by
#     cargo bench -p samplescope-tests --bench cost -- --renew-budget
# Instructions are checked with the toolchain that the next line names, and with no other.
";

/// Figures by what they are of and what they count.
type Figures = BTreeMap<[String; 2], u64>;

/// Whether everything is within the budget.
pub(crate) fn check() -> io::Result<bool> {
    let (counted_with, budget) = read()?;
    let now = measure()?;
    let same_toolchain = counted_with == toolchain();
    let instructions = same_toolchain && now.keys().any(|[_, counted]| counted == INSTRUCTIONS);
    if !instructions {
        println!("instructions are not checked: they want valgrind and {counted_with}; this is {}", toolchain());
    }
    let is_checked = |[_, counted]: &&[String; 2]| instructions || counted != INSTRUCTIONS;
    let many_at_once: Vec<_> = many().iter().map(of_many).collect();
    let mut within = true;
    println!("{:<40} {:<12} {:>10} {:>10}", "", "", "budget", "now");
    for what in budget.keys().chain(now.keys().filter(|what| !budget.contains_key(*what))).filter(is_checked) {
        let allowed = if many_at_once.contains(&what[0]) { ALLOWED_OF_MANY } else { ALLOWED };
        let (is_within, verdict) = match (budget.get(what), now.get(what)) {
            (Some(budget), Some(now)) if now * 100 > budget * (100 + allowed) => (false, "WORSE"),
            (Some(budget), Some(now)) if now * (100 + allowed) < budget * 100 => (true, "better: renew the budget"),
            (Some(_), Some(_)) => (true, ""),
            _ => (false, "NOT IN BOTH: renew the budget"),
        };
        within &= is_within;
        let figure = |figures: &Figures| figures.get(what).map_or_else(|| "–".to_owned(), u64::to_string);
        println!("{:<40} {:<12} {:>10} {:>10}  {verdict}", what[0], what[1], figure(&budget), figure(&now));
    }
    within &= is_reading_within(&now);
    let are_no_dearer = are_requests_no_dearer_than_by_hand(&now)?;
    Ok(within && are_no_dearer)
}

/// Whether a step with both words takes no more than its share of one with each attribute written.
fn is_reading_within(now: &Figures) -> bool {
    let mut is_within = true;
    let (written, read): (Vec<_>, Vec<_>) = reading().into_iter().partition(|state| state.case.name == WRITTEN);
    let instructions = |state: &State| now.get(&[of_reading(state), INSTRUCTIONS.to_owned()]).copied();
    if let Some(written) = written.first().and_then(instructions) {
        for (state, instructions) in read.iter().filter_map(|state| Some((state, instructions(state)?))) {
            let percent = (instructions * 100).div_ceil(written);
            let verdict = if percent > ALLOWED_TO_READ { "WORSE" } else { "" };
            is_within &= percent <= ALLOWED_TO_READ;
            println!("{:<40} {:<12} {ALLOWED_TO_READ:>10} {percent:>10}  {verdict}", of_reading(state), "% of written");
        }
    }
    is_within
}

/// Whether a request takes no more instructions than the same span written by hand, as far as the place of the heap leaves that alone.
/// True without valgrind, which nobody can count without.
fn are_requests_no_dearer_than_by_hand(now: &Figures) -> io::Result<bool> {
    let mut are = true;
    println!("{:<53} {:>10} {:>10}", "", "by hand", "now");
    for State { case, size, runs } in requests().into_iter().filter(|state| state.case.name == BY_HAND) {
        let ours = now.get(&[case.group.to_owned(), INSTRUCTIONS.to_owned()]);
        let (Some(ours), Some(by_hand)) = (ours, case.instructions(size, runs)?) else { continue };
        let is_dearer = ours * 100 > by_hand * (100 + ALLOWED);
        are &= !is_dearer;
        let verdict = if is_dearer { "MORE THAN BY HAND" } else { "" };
        println!("{:<40} {INSTRUCTIONS:<12} {by_hand:>10} {ours:>10}  {verdict}", case.group);
    }
    Ok(are)
}

pub(crate) fn renew() -> io::Result<()> {
    let figures = measure()?;
    let lines = figures.iter().map(|([of, counted], figure)| format!("{of}\t{counted}\t{figure}\n"));
    std::fs::write(path(), [HEAD, &toolchain(), "\n", &lines.collect::<String>()].concat())
}

const INSTRUCTIONS: &str = "instructions";

fn measure() -> io::Result<Figures> {
    let mut figures = Figures::new();
    let mut add = |of: &str, counted: &str, figure| figures.insert([of.to_owned(), counted.to_owned()], figure);
    for state in states().into_iter().chain(requests()).filter(|state| state.case.name == OURS) {
        let cost = state.case.cost(state.size, state.runs)?;
        if let Some(instructions) = cost.instructions {
            add(state.case.group, INSTRUCTIONS, instructions);
        }
        add(state.case.group, "allocations", cost.allocations);
        add(state.case.group, "bytes", cost.bytes);
    }
    for state in reading() {
        let of = of_reading(&state);
        let cost = state.case.cost(state.size, state.runs)?;
        if let Some(instructions) = cost.instructions {
            add(&of, INSTRUCTIONS, instructions);
        }
        add(&of, "allocations", cost.allocations);
        add(&of, "bytes", cost.bytes);
    }
    for state in many() {
        if let Some(instructions) = state.case.instructions(state.size, state.runs)? {
            add(&of_many(&state), INSTRUCTIONS, instructions);
        }
    }
    for ours in sizes().into_iter().filter(|sizes| sizes.way == OURS) {
        for (future, bytes) in FUTURES.into_iter().zip(ours.bytes) {
            add(&format!("future: {future}"), "bytes", bytes.unwrap_or_default() as u64);
        }
    }
    Ok(figures)
}

fn of_many(State { case, size, .. }: &State) -> String {
    format!("{size} {}, {}", case.group, case.name)
}

fn of_reading(State { case, size, .. }: &State) -> String {
    format!("{size} messages, {}", case.name)
}

/// The toolchain, and the figures.
fn read() -> io::Result<(String, Figures)> {
    let text = std::fs::read_to_string(path())?;
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let toolchain = lines.next().unwrap_or_default().to_owned();
    let figure = |line: &str| {
        let fields: Vec<_> = line.split('\t').collect();
        let &[of, counted, figure] = &fields[..] else { return Err(io::Error::other(format!("not three fields: {line}"))) };
        Ok(([of.to_owned(), counted.to_owned()], figure.parse().map_err(io::Error::other)?))
    };
    Ok((toolchain, lines.map(figure).collect::<io::Result<_>>()?))
}

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "benches", "cost", "budget.tsv"].iter().collect()
}
