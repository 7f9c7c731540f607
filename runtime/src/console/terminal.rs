//! Standard error: what it can show, and writing to it.

use crate::drawing::Paint;
use crate::drawing::tree::WIDTH;
use std::io::{IsTerminal as _, Write as _, stderr};
use terminal_size::terminal_size_of;

/// Whether it shows colours, and how many columns it has.
pub(crate) fn of_stderr() -> (Paint, usize) {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let is_terminal = stderr().is_terminal();
    let paint = if is_terminal && set("NO_COLOR").is_none() { Paint::Coloured } else { Paint::Plain };
    let columns = set("COLUMNS").and_then(|columns| columns.parse().ok());
    let columns = columns.or_else(|| terminal_size_of(stderr()).map(|(width, _)| usize::from(width.0)));
    (paint, columns.filter(|&columns| columns > 0).unwrap_or(WIDTH))
}

/// In one piece: nothing that is written to standard error elsewhere comes in between. Where nobody reads it, it is lost, as it should be.
pub(crate) fn print(text: &str) {
    let mut out = stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
