//! The text of a stream, which arrives in pieces and is kept in bounded memory.

use crate::content::cut::beginning_of;
use crate::content::redaction::Redaction;
use crate::settings::{Piece, Settings};

/// How many bytes of a text are kept for the redactor.
const KEPT_WHOLE: usize = 1 << 20;

/// The text so far. Without a redactor no more is kept than can be exported. A redactor has to see a text whole, since its beginning
/// may end in half a secret: so it is kept whole, and what is too long for that is left out whole.
pub(crate) struct Streamed {
    /// None: left out.
    kept: Option<String>,
    /// In characters, of all that arrived.
    length: usize,
}

impl Streamed {
    pub(crate) fn new() -> Self {
        Streamed { kept: Some(String::new()), length: 0 }
    }

    pub(crate) fn push(&mut self, text: &str, settings: &Settings) {
        let before = self.length;
        self.length += text.chars().count();
        let Some(kept) = &mut self.kept else { return };
        if !settings.redacts() {
            // The one character more is what makes it too long.
            let room = settings.limit().map_or(usize::MAX, |limit| limit.saturating_add(1).saturating_sub(before));
            kept.push_str(first(room, text));
        } else if kept.len() + text.len() <= KEPT_WHOLE {
            kept.push_str(text);
        } else {
            self.kept = None;
        }
    }

    /// What may be exported of it.
    pub(crate) fn redacted(self, settings: &Settings) -> String {
        let Some(kept) = self.kept else { return format!("…[{} characters left out]", self.length) };
        match settings.limit() {
            Some(limit) if !settings.redacts() && self.length > limit => beginning_of(self.length, &kept, limit),
            _ => Redaction::new(settings, Piece::Output).text(&kept).into_owned(),
        }
    }
}

/// The first `count` characters of the text.
fn first(count: usize, text: &str) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(settings: &Settings, chunks: &[&str]) -> Streamed {
        let mut streamed = Streamed::new();
        for chunk in chunks {
            streamed.push(chunk, settings);
        }
        streamed
    }

    fn kept(streamed: &Streamed) -> usize {
        streamed.kept.as_ref().map_or(0, |kept| kept.chars().count())
    }

    #[test]
    fn without_a_redactor_one_character_more_than_the_limit_is_kept_and_all_are_counted() {
        let settings = Settings::default().length_limit(20);
        for chunks in [vec!["ü"; 10_000], vec!["üüü"; 7], vec!["ü", "üüüüüüüüüüüüüüüüüüüüüüüüüüüüü"]]
        {
            let streamed = streamed(&settings, &chunks);
            let length = chunks.concat().chars().count();
            assert_eq!(kept(&streamed), 21);
            let text = streamed.redacted(&settings);
            let left = text.trim_start_matches('ü');
            assert_eq!(left, format!("…[{} cut]", length - (20 - left.chars().count())), "{text}");
            assert_eq!(text.chars().count(), 20);
        }
    }

    #[test]
    fn what_is_within_the_limit_is_whole() {
        let settings = Settings::default().length_limit(6);
        assert_eq!(streamed(&settings, &["üü", "", "üüüü"]).redacted(&settings), "üüüüüü");
        let unlimited = Settings::default();
        assert_eq!(streamed(&unlimited, &["ü".repeat(5_000).as_str(), "ü"]).redacted(&unlimited), "ü".repeat(5_001));
        assert_eq!(streamed(&settings, &[""]).redacted(&settings), "");
    }

    #[test]
    fn with_a_redactor_a_text_is_kept_whole_or_not_at_all() {
        let settings = Settings::default().length_limit(6).redactor(|_, text| text.replace("secret", "***").into());
        let full = "ü".repeat(KEPT_WHOLE / 2);
        let streamed_whole = streamed(&settings, &[&full]);
        assert_eq!(kept(&streamed_whole), KEPT_WHOLE / 2);
        assert_eq!(streamed_whole.redacted(&settings), full);

        let mut too_long = streamed(&settings, &[&full, "sec"]);
        too_long.push("ret", &settings);
        assert_eq!(kept(&too_long), 0, "nothing is kept of what is left out, not even its end");
        assert_eq!(too_long.redacted(&settings), "…[524294 characters left out]");
    }
}
