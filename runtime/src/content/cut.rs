//! What is longer than the length limit is cut, stays valid JSON and says so. What comes here has been redacted.

use crate::warning;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Which of a document's strings are content.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Structure {
    /// The JSON of the GenAI conventions: `content`, `uri`, `file_id`, `arguments`, `response`, `description` and
    /// `parameters` are content, the rest is structure.
    Messages,
    /// The same, where what is somebody's own (`arguments`, `response`, `parameters`) is the text of its JSON once that is too
    /// long.
    Flat,
    /// All of them.
    Anything,
}

impl Structure {
    /// The longest form of the document within the limit: with every text cut to the same length and, where that is not enough,
    /// with what is somebody's own as texts, at last without its first entries. What has no structure of ours becomes one text,
    /// which is cut.
    pub(crate) fn shortened(self, document: Value, limit: usize) -> Option<String> {
        let shortened = match self {
            Structure::Messages | Structure::Flat => {
                let ways = [Structure::Messages, Structure::Flat];
                let whole = ways.iter().find_map(|way| way.with_longest_texts(&document, limit));
                whole.or_else(|| ways.iter().find_map(|way| way.with_last_entries(document.as_array()?, limit)))
            }
            Structure::Anything => self
                .with_longest_texts(&document, limit)
                .or_else(|| self.with_longest_texts(&Value::String(document.to_string()), limit)),
        };
        if shortened.is_none() {
            warning::once!("content was left out: its structure alone is longer than the limit");
        }
        shortened
    }

    fn with_last_entries(self, entries: &[Value], limit: usize) -> Option<String> {
        let fits = |dropped: &usize| self.with_texts_of(1, &without_first(entries, *dropped), limit).is_some();
        // Of a long list most need not be tried.
        let too_few = entries.len().saturating_sub(most_entries(limit));
        let dropped = smallest(too_few.max(1)..entries.len(), fits)?;
        self.with_longest_texts(&without_first(entries, dropped), limit)
    }

    fn with_longest_texts(self, document: &Value, limit: usize) -> Option<String> {
        // Not less than the one character that says that something is missing.
        let mut longest = self.with_texts_of(1, document, limit)?;
        // A text stands in quotes, so that one as long as the limit does not fit.
        let (mut fits, mut too_long) = (1, limit);
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
        if document.as_array().is_some_and(|entries| entries.len() > most_entries(limit)) {
            return None;
        }
        let mut document = document.clone();
        if self != Structure::Anything {
            without_blobs_over(length, &mut document);
        }
        self.cut_texts(length, &mut document);
        Some(document.to_string()).filter(|text| !is_longer(text, limit))
    }

    fn cut_texts(self, length: usize, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(cut) = cut(text, length) {
                    *text = cut;
                }
            }
            Value::Number(number) => {
                if let Cow::Owned(cut) = cut(&number.to_string(), length) {
                    *value = cut.into();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.cut_texts(length, item)),
            Value::Object(members) => {
                for (name, member) in members {
                    match (self, name.as_str()) {
                        (Structure::Anything, _) | (_, "content" | "description" | "uri" | "file_id" | "parts") => {
                            self.cut_texts(length, member);
                        }
                        (_, "arguments" | "response" | "parameters") => {
                            if self == Structure::Flat && (member.is_array() || member.is_object()) {
                                flatten(length, name, member);
                            }
                            Structure::Anything.cut_texts(length, member);
                        }
                        _ => {}
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// A value of somebody's own as the text of its JSON, if that is longer than a text may be. What is a schema stays one.
fn flatten(length: usize, name: &str, value: &mut Value) {
    let json = value.to_string();
    if is_longer(&json, length) {
        *value = if name == "parameters" { json!({ "$comment": json }) } else { json.into() };
    }
}

/// How many entries of a list there may be room for: each is a character at least, and one stands before it.
fn most_entries(limit: usize) -> usize {
    limit / 2
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

/// Whether the text has more characters than `limit`.
pub(crate) fn is_longer(text: &str, limit: usize) -> bool {
    // A character has at least one byte.
    text.len() > limit && text.chars().count() > limit
}

/// The text within `limit` characters. What is cut ends in how much was, if there is room to say so; what was cut before counts.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if !is_longer(text, limit) {
        return text.into();
    }
    let (beginning, missing) = cut_before(text);
    let whole = beginning.chars().count().saturating_add(missing);
    // What would have fitted had never to be cut: somebody wrote that marker, and it is text.
    let (length, beginning) = if whole > limit { (whole, beginning) } else { (text.chars().count(), text) };
    beginning_of(length, beginning, limit).into()
}

/// What is left of a text that was cut once, and how many characters its marker says are missing. A number is as we write it:
/// with a sign or with zeros before it, the marker would be as long as somebody likes.
fn cut_before(text: &str) -> (&str, usize) {
    let marked = text.strip_suffix(" cut]").and_then(|text| text.rsplit_once("…["));
    let ours = marked.filter(|(_, missing)| missing.starts_with(|first| matches!(first, '1'..='9')));
    ours.and_then(|(beginning, missing)| Some((beginning, missing.parse().ok()?))).unwrap_or((text, 0))
}

/// A text of `length` characters, more than `limit`, in `limit` characters. It begins with `beginning`, of which there is enough.
pub(crate) fn beginning_of(length: usize, beginning: &str, limit: usize) -> String {
    let marker = |kept: usize| format!("…[{} cut]", length.saturating_sub(kept));
    let mut kept = limit.saturating_sub(marker(limit).chars().count());
    // The more is cut, the longer the number.
    while kept > 0 && kept + marker(kept).chars().count() > limit {
        kept -= 1;
    }
    let (kept, marker) = match kept {
        0 => (limit.saturating_sub(1), "…".chars().take(limit).collect()),
        kept => (kept, marker(kept)),
    };
    let end = beginning.char_indices().nth(kept).map_or(beginning.len(), |(end, _)| end);
    format!("{}{marker}", &beginning[..end])
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

    /// What is left of the text, and what the marker says, if there is room for one.
    fn kept_and_missing(text: &str) -> (usize, Option<usize>) {
        match text.split_once("…[") {
            Some((kept, marker)) => (kept.chars().count(), marker.trim_end_matches(" cut]").parse().ok()),
            None => (text.trim_end_matches('…').chars().count(), None),
        }
    }

    #[test]
    fn the_marker_counts_what_is_missing_and_leaves_no_room_unused() {
        for length in [20, 108, 109, 110, 111, 112, 113, 120, 1_007, 1_008, 1_009, 1_010, 1_020] {
            let text = "é".repeat(length);
            for limit in 0..length {
                let short = cut(&text, limit);
                assert_eq!(short.chars().count(), limit, "{length} in {limit}: {short}");
                let (kept, missing) = kept_and_missing(&short);
                assert_eq!(missing.unwrap_or(length - kept), length - kept, "{length} in {limit}: {short}");
                assert!(missing.is_some() || limit < 12, "there is room to say it: {short}");
            }
        }
    }

    #[test]
    fn what_was_cut_before_counts() {
        let text = "é".repeat(500);
        for first in 20..500 {
            let once = cut(&text, first);
            for second in [12, 15, 19] {
                assert_eq!(cut(&once, second), cut(&text, second), "{first} and then {second}");
            }
        }
        assert_eq!(cut("of somebody else …[18446744073709551615 cut]", 31), "of s…[18446744073709551611 cut]");
    }

    #[test]
    fn a_marker_that_we_did_not_write_is_text() {
        assert_eq!(cut("aaaaa…[3 cut]", 12), "aaaa…[9 cut]", "with what it says is missing, it would have fitted");
        assert_eq!(cut("aaaaa…[7 cut]", 12), "aaaa…[9 cut]", "likewise, to the character");
        assert_eq!(cut("aaaaa…[8 cut]", 12), "aaaa…[9 cut]", "one more, and it was cut");
        assert_eq!(cut("…[0 cut]", 1), "…");
        for number in ["0", "+99", "0099", ""] {
            let text = format!("{}…[{number} cut]", "a".repeat(90));
            assert_eq!(cut(&text, 20), format!("aaaaaaaaaaa…[{} cut]", text.chars().count() - 11), "{number}");
        }
    }

    #[test]
    fn what_went_before_is_said_where_the_first_that_is_left_has_a_place_for_it() {
        let left = |first: &Value| without_first(&[json!("gone"), json!("gone"), first.clone()], 2);
        let said = json!({ "type": "text", "content": "[2 earlier cut]" });
        let part = json!({ "type": "text", "content": "hi" });
        let tool = json!({ "type": "function", "name": "look" });
        assert_eq!(left(&json!({ "role": "user", "parts": [part] })), json!([{ "role": "user", "parts": [said, part] }]));
        assert_eq!(left(&tool), json!([{ "type": "function", "name": "look", "description": "[2 earlier cut]" }]));
        for other in [part, json!({ "type": "tool_call", "name": "look", "arguments": {} })] {
            assert_eq!(left(&other), json!([said, other]));
        }
    }

    #[test]
    fn a_blob_is_whole_or_a_text_that_says_how_long_it_was() {
        let document = json!([{ "type": "blob", "modality": "image", "content": "AAAA" }]);
        let with_texts_of = |length| Structure::Messages.with_texts_of(length, &document, 1_000);
        assert_eq!(with_texts_of(4), Some(document.to_string()));
        assert!(with_texts_of(3).is_some_and(|text| !text.contains("blob") && text.contains('…')));
    }

    #[test]
    fn what_is_cut_stays_json_within_the_limit() {
        let messages = json!([
            { "role": "user", "parts": [{ "type": "text", "content": "ü".repeat(500) }] },
            { "role": "assistant", "parts": [{ "type": "tool_call", "name": "look", "arguments": { "at": "x".repeat(300) } }] },
        ]);
        for limit in 0..900 {
            let Some(text) = Structure::Messages.shortened(messages.clone(), limit) else {
                assert!(limit < 120, "one message fits into {limit}");
                continue;
            };
            assert!(text.chars().count() <= limit, "{limit}: {text}");
            let value: Value = serde_json::from_str(&text).expect("valid JSON");
            assert!(value[0]["role"].is_string() && value[0]["parts"].is_array(), "{value}");
            assert!(text.contains('…'), "{text}");
        }
    }
}
