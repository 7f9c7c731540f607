//! Standard error: what it can show, and writing to it.

use crate::drawing::Paint;
use crate::drawing::tree::WIDTH;
use std::io::{IsTerminal as _, Write as _, stderr};
use terminal_size::terminal_size_of;

/// Whether it shows colours, and how many columns it has.
pub(crate) fn of_stderr() -> (Paint, usize) {
    let width = || terminal_size_of(stderr()).map(|(width, _)| usize::from(width.0));
    shown(stderr().is_terminal(), |name| std::env::var(name).ok(), width)
}

fn shown(
    is_terminal: bool,
    variable: impl Fn(&'static str) -> Option<String>,
    width: impl FnOnce() -> Option<usize>,
) -> (Paint, usize) {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let paint = if is_terminal && set("NO_COLOR").is_none() { Paint::Coloured } else { Paint::Plain };
    let asked = set("COLUMNS").and_then(|columns| columns.parse().ok());
    let has_room = |columns: &usize| *columns > 0;
    (paint, asked.filter(has_room).or_else(width).filter(has_room).unwrap_or(WIDTH))
}

/// In one piece: nothing that is written to standard error elsewhere comes in between. Where nobody reads it, it is lost, as it should be.
pub(crate) fn print(text: &str) {
    let mut out = stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(is_terminal: bool, variables: &[(&str, &str)], width: Option<usize>) -> (Paint, usize) {
        let variable = |name| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        shown(is_terminal, variable, || width)
    }

    #[test]
    fn colours_are_for_a_terminal_and_not_if_somebody_wants_none() {
        assert_eq!(with(true, &[], None).0, Paint::Coloured);
        assert_eq!(with(true, &[("NO_COLOR", "")], None).0, Paint::Coloured);
        assert_eq!(with(true, &[("NO_COLOR", "0")], None).0, Paint::Plain);
        assert_eq!(with(false, &[], None).0, Paint::Plain);
    }

    #[test]
    fn the_width_is_what_was_asked_for_else_the_terminal_s() {
        assert_eq!(with(true, &[("COLUMNS", "72")], Some(100)).1, 72);
        for nonsense in ["", "0", "-3", "wide", "99999999999999999999"] {
            assert_eq!(with(true, &[("COLUMNS", nonsense)], Some(100)).1, 100, "{nonsense}");
        }
        assert_eq!((with(true, &[], Some(0)).1, with(false, &[], None).1), (WIDTH, WIDTH));
    }
}
