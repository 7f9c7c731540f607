//! Content on its way out: every text passes the redactor, then the length limit, and what is cut stays valid JSON and says so.

use crate::settings::{Piece, Settings};
use crate::warning;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

impl Settings {
    /// One text.
    pub(crate) fn text(&self, piece: Piece, text: &str) -> String {
        let redacted = self.redact(piece, text);
        match self.limit() {
            Some(limit) => cut(&redacted, limit).into_owned(),
            None => redacted.into_owned(),
        }
    }

    /// A list of messages, or anything else whose structure is ours: only what people and models wrote in it is touched.
    /// None, with a warning, if not even the structure of its last entry is within the limit.
    pub(crate) fn document(&self, piece: Piece, document: Value) -> Option<String> {
        self.json(Structure::Messages, piece, document)
    }

    /// What a tool was given or gave back: every string and number in it is content, names included.
    /// None, with a warning, if it does not serialise or its structure alone is over the limit.
    pub(crate) fn serialized(&self, piece: Piece, value: &(impl Serialize + ?Sized)) -> Option<String> {
        match serde_json::to_value(value) {
            // Most tools speak in text, and text that is JSON already is taken as it is.
            Ok(Value::String(text)) => {
                self.json(Structure::Anything, piece, serde_json::from_str(&text).unwrap_or(Value::String(text)))
            }
            Ok(value) => self.json(Structure::Anything, piece, value),
            Err(_) => {
                warning::once!("content was left out: it does not serialise to JSON");
                None
            }
        }
    }

    fn json(&self, structure: Structure, piece: Piece, mut document: Value) -> Option<String> {
        let redact = &mut |text: &str| Some(self.redact(piece, text).into_owned()).filter(|redacted| redacted != text);
        structure.each_text(&mut document, redact);
        structure.each_name(&mut document, redact);
        let whole = document.to_string();
        match self.limit() {
            Some(limit) if whole.chars().count() > limit => structure.shortened(document, limit),
            _ => Some(whole),
        }
    }
}

/// Which of a document's strings are content.
#[derive(Clone, Copy, PartialEq)]
enum Structure {
    /// The JSON of the GenAI conventions: `content`, `arguments`, `response`, `description` and `parameters` are content, the rest is structure.
    Messages,
    /// All of them.
    Anything,
}

/// What is done to each text; None leaves it as it is.
type Change<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

impl Structure {
    fn each_text(self, value: &mut Value, change: Change<'_>) {
        match value {
            Value::String(text) => {
                if let Some(changed) = change(text) {
                    *text = changed;
                }
            }
            Value::Number(number) => {
                if let Some(changed) = change(&number.to_string()) {
                    *value = changed.into();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.each_text(item, change)),
            Value::Object(members) => {
                for (name, member) in members {
                    match (self, name.as_str()) {
                        (Structure::Anything, _) => self.each_text(member, change),
                        (_, "arguments" | "response" | "parameters") => Structure::Anything.each_text(member, change),
                        (_, "content" | "description" | "uri" | "parts") => self.each_text(member, change),
                        _ => {}
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// The names of members, where they are content, too.
    fn each_name(self, value: &mut Value, change: Change<'_>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.each_name(item, change)),
            Value::Object(members) => {
                let renamed = std::mem::take(members).into_iter().map(|(name, mut member)| {
                    let inside =
                        if matches!(&*name, "arguments" | "response" | "parameters") { Structure::Anything } else { self };
                    inside.each_name(&mut member, change);
                    let renamed = if self == Structure::Anything { change(&name) } else { None };
                    (renamed.unwrap_or(name), member)
                });
                *members = renamed.collect();
            }
            _ => {}
        }
    }

    /// The longest form of the document within the limit: with every text cut to the same length and, where that is not enough,
    /// without its first entries.
    fn shortened(self, mut document: Value, limit: usize) -> Option<String> {
        let mut dropped = 0;
        loop {
            if let Some(fitting) = self.with_longest_texts(&document, limit) {
                return Some(fitting);
            }
            match &mut document {
                Value::Array(entries) if entries.len() > 1 && self == Structure::Messages => {
                    entries.remove(0);
                    dropped += 1;
                    says_so(&mut entries[0], dropped);
                }
                _ => {
                    warning::once!("content was left out: its structure alone is longer than the length limit");
                    return None;
                }
            }
        }
    }

    fn with_longest_texts(self, document: &Value, limit: usize) -> Option<String> {
        let at = |length: usize| {
            let mut document = document.clone();
            self.each_text(&mut document, &mut |text| match cut(text, length) {
                Cow::Borrowed(_) => None,
                Cow::Owned(cut) => Some(cut),
            });
            Some(document.to_string()).filter(|text| text.chars().count() <= limit)
        };
        // Not less than the one character that says that something is missing.
        let mut longest = at(1)?;
        let (mut fits, mut too_long) = (1, limit + 1);
        while too_long - fits > 1 {
            let length = usize::midpoint(fits, too_long);
            match at(length) {
                Some(text) => (longest, fits) = (text, length),
                None => too_long = length,
            }
        }
        Some(longest)
    }
}

/// Marks the first message that is left with how many before it are not.
fn says_so(message: &mut Value, dropped: usize) {
    if let Some(Value::Array(parts)) = message.get_mut("parts") {
        let marker = serde_json::json!({ "type": "text", "content": format!("[{dropped} earlier cut]") });
        parts.insert(0, marker);
    }
}

/// The text within `limit` characters. What is cut ends in how much was, if there is room to say so.
fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= limit {
        return text.into();
    }
    let mut marker = format!("…[{} cut]", length - limit);
    if marker.chars().count() >= limit {
        marker = "…".chars().take(limit).collect();
    }
    let kept = limit - marker.chars().count();
    let end = text.char_indices().nth(kept).map_or(text.len(), |(end, _)| end);
    format!("{}{marker}", &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_cut_between_characters_and_says_how_much() {
        assert_eq!(cut("short", 5), "short");
        let cut_text = cut("a long text, in fact far too long", 16);
        assert_eq!(cut_text.chars().count(), 16);
        assert_eq!(cut_text, "a long …[17 cut]");
        assert_eq!(cut("ééééé", 3), "éé…");
        assert_eq!(cut("ééééé", 1), "…");
        assert_eq!(cut("ééééé", 0), "");
    }

    #[test]
    fn what_is_cut_stays_json_within_the_limit() {
        let messages = json!([
            { "role": "user", "parts": [{ "type": "text", "content": "ü".repeat(500) }] },
            { "role": "assistant", "parts": [{ "type": "tool_call", "name": "look", "arguments": { "at": "x".repeat(300) } }] },
        ]);
        for limit in 0..900 {
            let settings = Settings::default().length_limit(limit);
            let Some(text) = settings.document(Piece::Input, messages.clone()) else {
                assert!(limit < 120, "one message fits into {limit}");
                continue;
            };
            assert!(text.chars().count() <= limit, "{limit}: {text}");
            let value: Value = serde_json::from_str(&text).expect("valid JSON");
            assert!(value[0]["role"].is_string() && value[0]["parts"].is_array(), "{value}");
            assert!(text.contains('…'), "{text}");
        }
    }

    #[test]
    fn a_redactor_sees_every_string_number_and_name_that_is_content() {
        let settings = Settings::default().redactor(|_, text| text.replace("secret", "***").replace("4711", "***").into());
        let text = settings.serialized(Piece::ToolArguments, &json!({ "secret": ["a secret", { "pin": 4711 }], "ok": true }));
        assert_eq!(text.as_deref(), Some(r#"{"***":["a ***",{"pin":"***"}],"ok":true}"#));
        let messages = json!([{ "role": "user", "parts": [{ "type": "text", "content": "secret" }] }]);
        assert_eq!(
            settings.document(Piece::Input, messages).as_deref(),
            Some(r#"[{"parts":[{"content":"***","type":"text"}],"role":"user"}]"#)
        );
    }
}
