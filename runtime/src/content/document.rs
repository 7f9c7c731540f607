//! Content on its way out: every text passes the redactor, then the length limit, and what is cut stays valid JSON and says so.

use crate::settings::{Piece, Settings};
use crate::warning;
use serde::Serialize;
use serde_json::{Value, json};
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
    /// None, with a warning, if it does not serialise, or not even its beginning is within the limit.
    pub(crate) fn serialized(&self, piece: Piece, value: &(impl Serialize + ?Sized)) -> Option<String> {
        let Ok(json) = serde_json::to_string(value) else {
            warning::once!("content was left out: it does not serialise to JSON");
            return None;
        };
        // Most tools speak in text, and text that is JSON already is taken as it is.
        let (json, document) = match serde_json::from_str(&json) {
            Ok(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(document) => (text, document),
                Err(_) => (json, Value::String(text)),
            },
            Ok(document) => (json, document),
            // Nested deeper than serde_json reads.
            Err(_) => (json.clone(), Value::String(json)),
        };
        let fits = self.limit().is_none_or(|limit| json.chars().count() <= limit);
        if fits && !self.redacts() { Some(json) } else { self.json(Structure::Anything, piece, document) }
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
    /// The JSON of the GenAI conventions: `content`, `uri`, `file_id`, `arguments`, `response`, `description` and
    /// `parameters` are content, the rest is structure.
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
                        (Structure::Anything, _) | (_, "content" | "description" | "uri" | "file_id" | "parts") => {
                            self.each_text(member, change);
                        }
                        (_, "arguments" | "response" | "parameters") => Structure::Anything.each_text(member, change),
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
    /// without its first entries. What has no entries that can go becomes one text, which is cut.
    fn shortened(self, mut document: Value, limit: usize) -> Option<String> {
        if let Some(fitting) = self.with_longest_texts(&document, limit) {
            return Some(fitting);
        }
        let shortened = match (self, document.as_array_mut()) {
            (Structure::Messages, Some(entries)) => {
                let fits = |dropped: &usize| self.with_texts_of(1, &without_first(entries, *dropped), limit).is_some();
                let dropped = smallest(1..entries.len(), fits)?;
                self.with_longest_texts(&without_first(entries, dropped), limit)
            }
            _ => self.with_longest_texts(&Value::String(document.to_string()), limit),
        };
        if shortened.is_none() {
            warning::once!("content was left out: its structure alone is longer than the length limit");
        }
        shortened
    }

    fn with_longest_texts(self, document: &Value, limit: usize) -> Option<String> {
        // Not less than the one character that says that something is missing.
        let mut longest = self.with_texts_of(1, document, limit)?;
        let (mut fits, mut too_long) = (1, limit + 1);
        while too_long - fits > 1 {
            let length = usize::midpoint(fits, too_long);
            match self.with_texts_of(length, document, limit) {
                Some(text) => (longest, fits) = (text, length),
                None => too_long = length,
            }
        }
        Some(longest)
    }

    /// The document with every text cut to `length`, if that is within the limit.
    fn with_texts_of(self, length: usize, document: &Value, limit: usize) -> Option<String> {
        let mut document = document.clone();
        if self == Structure::Messages {
            without_blobs_over(length, &mut document);
        }
        self.each_text(&mut document, &mut |text| match cut(text, length) {
            Cow::Borrowed(_) => None,
            Cow::Owned(cut) => Some(cut),
        });
        Some(document.to_string()).filter(|text| text.chars().count() <= limit)
    }
}

/// The first value of an ascending range from which on `fits` holds.
fn smallest(range: std::ops::Range<usize>, fits: impl Fn(&usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = usize::midpoint(low, high);
        if fits(&middle) { high = middle } else { low = middle + 1 }
    }
    range.contains(&low).then_some(low)
}

/// The entries behind the first `dropped`, the first of them marked with how many are missing.
fn without_first(entries: &[Value], dropped: usize) -> Value {
    let mut left = entries[dropped..].to_vec();
    let marker = format!("[{dropped} earlier cut]");
    let as_part = |content: String| json!({ "type": "text", "content": content });
    match left.first_mut() {
        Some(Value::Object(message)) if message.contains_key("parts") => {
            if let Some(Value::Array(parts)) = message.get_mut("parts") {
                parts.insert(0, as_part(marker));
            }
        }
        // A tool definition has no parts, but a description.
        Some(Value::Object(tool)) if tool.contains_key("name") && tool.get("type").is_some_and(|kind| kind == "function") => {
            let described = tool.get("description").and_then(Value::as_str).unwrap_or_default();
            let described = format!("{marker} {described}");
            tool.insert("description".to_owned(), described.trim_end().into());
        }
        _ => left.insert(0, as_part(marker)),
    }
    left.into()
}

/// A part of base64 is none: bytes that are too long make place for a text that says so.
fn without_blobs_over(length: usize, value: &mut Value) {
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(|entry| without_blobs_over(length, entry)),
        Value::Object(members) if members.get("type").is_some_and(|kind| kind == "blob") => {
            let size = members.get("content").and_then(Value::as_str).map_or(0, str::len);
            if size > length {
                *value = json!({ "type": "text", "content": format!("…[{size} cut]") });
            }
        }
        Value::Object(members) => {
            if let Some(parts) = members.get_mut("parts") {
                without_blobs_over(length, parts);
            }
        }
        _ => {}
    }
}

/// The text within `limit` characters. What is cut ends in how much was, if there is room to say so.
fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= limit {
        return text.into();
    }
    let marker = |kept: usize| format!("…[{} cut]", length - kept);
    let mut kept = limit.saturating_sub(marker(limit).chars().count());
    // The more is cut, the longer the number.
    while kept > 0 && kept + marker(kept).chars().count() > limit {
        kept -= 1;
    }
    let (kept, marker) = match kept {
        0 => (limit.saturating_sub(1), "…".chars().take(limit).collect()),
        kept => (kept, marker(kept)),
    };
    let end = text.char_indices().nth(kept).map_or(text.len(), |(end, _)| end);
    format!("{}{marker}", &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_how_much() {
        assert_eq!(cut("short", 5), "short");
        let cut_text = cut("a long text, in fact far too long", 16);
        assert_eq!(cut_text.chars().count(), 16);
        assert_eq!(cut_text, "a long …[26 cut]");
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
