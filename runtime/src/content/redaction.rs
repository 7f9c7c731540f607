//! What stands between content and the outside: every text passes the redactor whole and unescaped, before anything is cut.

use crate::content::piece;
use crate::settings::{Piece, Settings};
use crate::value::{Message, Role};
use serde::de::IgnoredAny;
use serde_json::{Number, Value};
use std::borrow::Cow;

/// How often JSON in a string is opened inside JSON in a string. A string further inside passes the redactor as it stands there.
const LEVELS: usize = 8;

/// What the texts of one piece of content pass on their way out.
#[derive(Clone, Copy)]
pub(crate) struct Redaction<'a>(Option<PieceRedactor<'a>>);

#[derive(Clone, Copy)]
struct PieceRedactor<'a> {
    settings: &'a Settings,
    piece: Piece,
}

impl<'a> Redaction<'a> {
    pub(crate) fn new(settings: &'a Settings, piece: Piece) -> Self {
        Redaction(settings.redacts().then_some(PieceRedactor { settings, piece }))
    }

    /// For what has been redacted already.
    pub(crate) const DONE: Redaction<'static> = Redaction(None);

    /// For a message among those of the piece.
    pub(crate) fn of_message(self, message: &Message) -> Self {
        self.of_what(|given| piece::of_message(message, given))
    }

    /// For what it says.
    pub(crate) fn of_what_it_says(self, message: &Message) -> Self {
        self.of_what(|given| piece::of_what_it_says(message, given))
    }

    /// For another piece beside it.
    pub(crate) fn of(self, piece: Piece) -> Self {
        self.of_what(|_| piece)
    }

    fn of_what(self, piece: impl FnOnce(Piece) -> Piece) -> Self {
        Redaction(self.0.map(|redactor| PieceRedactor { piece: piece(redactor.piece), ..redactor }))
    }

    pub(crate) fn text(self, text: &str) -> Cow<'_, str> {
        match self.0 {
            Some(redactor) => redactor.text(text, LEVELS),
            None => text.into(),
        }
    }

    /// None: it stays the number that it is.
    pub(crate) fn number(self, number: &Number) -> Option<String> {
        self.0?;
        let text = number.to_string();
        Some(self.text(&text).into_owned()).filter(|redacted| *redacted != text)
    }

    /// One of the conventions' own words, or a provider's, which is a text.
    pub(crate) fn finish_reason(self, reason: &str) -> Cow<'_, str> {
        self.unless_known(reason, &["stop", "length", "tool_call", "content_filter"])
    }

    /// Likewise.
    pub(crate) fn modality(self, modality: &str) -> Cow<'_, str> {
        self.unless_known(modality, &["image", "audio", "video", "document"])
    }

    fn unless_known<'t>(self, word: &'t str, known: &[&str]) -> Cow<'t, str> {
        if known.contains(&word) { word.into() } else { self.text(word) }
    }

    /// Likewise.
    pub(crate) fn role(self, role: &Role) -> Cow<'_, str> {
        match role {
            Role::Other(role) => self.text(role),
            known => known.as_str().into(),
        }
    }

    /// A whole JSON document, whose strings, numbers and names of members are texts.
    pub(crate) fn json(self, json: String) -> String {
        match self.0 {
            Some(redactor) => redactor.inside(&json, LEVELS),
            None => json,
        }
    }
}

impl PieceRedactor<'_> {
    /// A text; if it is JSON, first what is inside, where a secret may be escaped.
    fn text(self, text: &str, levels: usize) -> Cow<'_, str> {
        let Some(levels) = levels.checked_sub(1).filter(|_| holds_strings(text)) else { return self.whole(text) };
        let inside = self.inside(text, levels);
        self.whole(&inside).into_owned().into()
    }

    fn whole(self, text: &str) -> Cow<'_, str> {
        self.settings.redact(self.piece, text)
    }

    /// The JSON written again. It is not read into a tree: order, spaces and members that are there twice stay as they are,
    /// and so does every string and number that the redactor leaves alone.
    fn inside(self, json: &str, levels: usize) -> String {
        let mut written = String::with_capacity(json.len());
        let mut rest = json;
        while let Some(start) = rest.find(|char| matches!(char, '"' | '-' | '0'..='9')) {
            let (between, from) = rest.split_at(start);
            let (literal, behind) = from.split_at(literal_length(from));
            written.push_str(between);
            written.push_str(&self.literal(literal, levels));
            rest = behind;
        }
        written.push_str(rest);
        written
    }

    fn literal(self, literal: &str, levels: usize) -> Cow<'_, str> {
        let text = if literal.starts_with('"') { serde_json::from_str(literal).ok() } else { Some(literal.to_owned()) };
        // Half a surrogate pair is JSON, but no text that a redactor could be shown: it is left out.
        let Some(text) = text else { return "\"\"".into() };
        let redacted = self.text(&text, levels);
        if redacted == text { literal.into() } else { Value::from(redacted).to_string().into() }
    }
}

/// How long the JSON string or number is that the text begins with.
fn literal_length(text: &str) -> usize {
    if !text.starts_with('"') {
        return text.find(|char| !matches!(char, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(text.len());
    }
    let mut is_escaped = false;
    let closing = text.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    });
    closing.map_or(text.len(), |closing| closing + 2)
}

/// Whether the text is JSON that may hold strings.
fn holds_strings(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"']) && is_json(text)
}

pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        let settings = Settings::default().with_redactor(|_, text| text.replace("hunter2", "***").into());
        Redaction::new(&settings, Piece::Input).text(text).into_owned()
    }

    #[test]
    fn what_the_redactor_leaves_alone_stays_as_it_was_written() {
        for text in [
            r#" { "b" : [1.50, -2e3, "a\u0062\/\n", true, null], "b": {} } "#,
            r#""\"quoted\" \\""#,
            "[]",
            "12",
            "{ no json",
            r#"["half"#,
            "",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn json_in_a_text_is_redacted_where_a_secret_is_escaped() {
        assert_eq!(redacted(r#"{ "h\u0075nter2": ["\u0068unter2!", 1] }"#), r#"{ "***": ["***!", 1] }"#);
        assert_eq!(redacted(r#"{"a":"h\u0075nter2","a":"twice"}"#), r#"{"a":"***","a":"twice"}"#);
        assert_eq!(redacted(r#""h\u0075nter2""#), r#""***""#);
        assert_eq!(redacted(r#"["\\", "h\u0075nter2", "\"\\\"h\u0075nter2"]"#), r#"["\\", "***", "\"\\\"***"]"#);
        assert_eq!(redacted(r#"["h\u0075nter2 \ud83d", ""]"#), r#"["", ""]"#, "what cannot be read is left out");
    }

    #[test]
    fn a_text_is_seen_whole_as_well_as_it_came() {
        let settings = Settings::default().with_redactor(|_, text| text.replace("[1, 2]", "***").into());
        assert_eq!(Redaction::new(&settings, Piece::Input).text("[1, 2]"), "***");
    }

    /// The secret inside `levels` JSON texts, escaped as JSON need not be, so that only a text that is opened shows it.
    fn nested(levels: usize) -> String {
        let innermost = r#"["h\u0075nter2"]"#.to_owned();
        (1..levels).fold(innermost, |inner, _| Value::from(vec![inner]).to_string())
    }

    #[test]
    fn json_in_json_is_opened_to_eight_levels() {
        for levels in 1..=8 {
            let redacted = redacted(&nested(levels));
            assert!(redacted.contains("***") && !redacted.contains("nter2"), "{levels}: {redacted}");
            assert!(is_json(&redacted), "{redacted}");
        }
        assert_eq!(redacted(&nested(9)), nested(9));
    }

    #[test]
    fn json_is_opened_however_deep_its_lists_are() {
        let deep = format!("{}\"h\\u0075nter2\"{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(redacted(&deep), deep.replace("h\\u0075nter2", "***"));
    }

    #[test]
    fn a_number_is_a_text_too() {
        let settings = Settings::default().with_redactor(|_, text| text.replace("4711", "***").into());
        assert_eq!(Redaction::new(&settings, Piece::Input).text(r#"{"pin": 4711.5, "ok": 12}"#), r#"{"pin": "***.5", "ok": 12}"#);
    }
}
