//! Colour, where somebody sees it.

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Text and nothing else, for files, pipes and tests.
    Plain,
    /// With ANSI escape sequences.
    #[cfg(feature = "console")]
    Coloured,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    #[cfg(feature = "console")]
    Plain,
    /// What a line is about.
    Strong,
    /// What is there if one looks for it.
    Faint,
    Loop,
    Step,
    Tool,
    /// Something that happened.
    Event,
    /// Something that went wrong.
    Error,
}

impl Paint {
    /// The text, so that it looks like that.
    pub(crate) fn text(self, style: Style, text: &str) -> String {
        if self == Paint::Plain || text.is_empty() {
            return text.to_owned();
        }
        let code = match style {
            #[cfg(feature = "console")]
            Style::Plain => return text.to_owned(),
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Loop => "35",
            Style::Step => "34",
            Style::Tool => "32",
            Style::Event => "33",
            Style::Error => "1;31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
