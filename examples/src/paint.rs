//! Colour, where somebody sees it.

use std::io::{IsTerminal, stdout};

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Text and nothing else, for files, pipes and tests.
    Plain,
    /// With ANSI escape sequences.
    Coloured,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What a line is about.
    Strong,
    /// What is there if one looks for it.
    Faint,
    /// A loop.
    Loop,
    /// A step.
    Step,
    /// A tool.
    Tool,
    /// Something that happened.
    Event,
    /// Something that went wrong.
    Error,
}

impl Paint {
    /// Coloured if standard output is a terminal, unless `NO_COLOR` says otherwise (<https://no-color.org>).
    pub fn for_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stdout().is_terminal() && !refused { Paint::Coloured } else { Paint::Plain }
    }

    /// The text, so that it looks like that.
    pub fn text(self, look: Look, text: &str) -> String {
        if self == Paint::Plain || text.is_empty() {
            return text.to_owned();
        }
        let code = match look {
            Look::Strong => "1",
            Look::Faint => "2",
            Look::Loop => "35",
            Look::Step => "34",
            Look::Tool => "32",
            Look::Event => "33",
            Look::Error => "1;31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
