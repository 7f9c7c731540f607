//! A message that arrives in pieces and is kept in bounded memory.

use crate::content::cut::beginning_of;
use crate::content::exported::Share;
use crate::content::redaction::Redaction;
use crate::read::json::{Delta, json_or_text};
use crate::settings::{Piece, Settings};
use crate::value::{ChunkPieces, Message, Part, Role, ToolCallPiece};
use crate::vocabulary::stop_reason;
use opentelemetry::StringValue;
use serde_json::Value;
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How many bytes of a text are kept for the redactor.
const KEPT_WHOLE: usize = 1 << 20;

/// How many tool calls a message has at most: a model may invent them without end.
const MOST_TOOL_CALLS: usize = 256;

/// The message so far.
#[derive(Default)]
pub(crate) struct Streamed {
    text: TextSoFar,
    reasoning: TextSoFar,
    tool_calls: Vec<StreamedCall>,
    /// Why the model stopped, in the provider's word, once that is known.
    pub(crate) finish_reason: Option<StringValue>,
}

/// A tool call so far.
#[derive(Default)]
struct StreamedCall {
    index: Option<i64>,
    /// Of the whole id, of which no more may be kept than is exported.
    id_hash: Option<u64>,
    id: TextSoFar,
    name: TextSoFar,
    arguments: TextSoFar,
}

impl StreamedCall {
    /// An id is said once, or again with each piece.
    fn identify(&mut self, id: Option<&str>, settings: &Settings) {
        if let Some(id) = id {
            self.id_hash = Some(hash(id));
            self.id.replace(Some(id), settings);
        }
    }

    /// A name is said once, in pieces, or as it is again with each piece of the arguments.
    fn say_name(&mut self, name: Option<&str>, settings: &Settings) {
        if name.is_some_and(|name| !self.name.is(name)) {
            self.name.push(name, settings);
        }
    }

    /// Anthropic's begin with an object that is empty: it is one as long as nothing follows.
    fn say_arguments(&mut self, arguments: Option<&str>, settings: &Settings) {
        if arguments.is_some_and(|arguments| !arguments.is_empty()) && self.arguments.is("{}") {
            self.arguments = TextSoFar::default();
        }
        self.arguments.push(arguments, settings);
    }
}

impl Streamed {
    pub(crate) fn push(&mut self, pieces: &ChunkPieces<'_>, settings: &Settings) {
        self.text.push(pieces.text.as_deref(), settings);
        self.reasoning.push(pieces.reasoning.as_deref(), settings);
        for piece in &pieces.tool_calls {
            if let Some(call) = self.call(piece) {
                call.identify(said(piece.id.as_ref()), settings);
                call.say_name(piece.name.as_deref(), settings);
                call.say_arguments(piece.arguments.as_deref(), settings);
            }
        }
    }

    /// As [`push`](Self::push), of a piece that was read.
    pub(crate) fn push_read(&mut self, delta: Delta, settings: &Settings) {
        match delta {
            Delta::Text(text) => self.text.push(Some(&text), settings),
            Delta::Reasoning(text) => self.reasoning.push(Some(&text), settings),
            Delta::ToolCall { index, id, name, arguments } => {
                let index = index.and_then(|index| i64::try_from(index).ok());
                let (id, name) = (id.map(Cow::Owned), name.map(Cow::Owned));
                let piece = ToolCallPiece { index, id, name, arguments: Some(Cow::Owned(arguments)) };
                self.push(&ChunkPieces { tool_calls: vec![piece], ..ChunkPieces::default() }, settings);
            }
            Delta::Part { index, part: Part::ToolCall { id, name, arguments } } => {
                let index = index.and_then(|index| i64::try_from(index).ok());
                let piece = ToolCallPiece { index, id: id.map(Cow::Owned), name: Some(Cow::Owned(name)), arguments: None };
                if let Some(call) = self.call(&piece) {
                    // It is whole: what was there of it goes. Gemini's may go on, which says neither a name nor arguments.
                    call.identify(said(piece.id.as_ref()), settings);
                    call.name.replace(said(piece.name.as_ref()), settings);
                    if !arguments.is_null() {
                        call.arguments.replace(Some(&arguments.to_string()), settings);
                    }
                }
            }
            // Images and the like are not put together: the message of a stream is text, reasoning and tool calls.
            Delta::Part { .. } => {}
        }
    }

    /// The call that the piece belongs to. An id or a name that is empty is none: Qwen's API has both in every piece but a call's first.
    fn call(&mut self, piece: &ToolCallPiece<'_>) -> Option<&mut StreamedCall> {
        let id_hash = said(piece.id.as_ref()).map(hash);
        let has_id = |call: &StreamedCall| call.id_hash == id_hash;
        let at = match (piece.index, id_hash) {
            (Some(index), None) => self.tool_calls.iter().rposition(|call| call.index == Some(index)),
            // With some servers every call has the index 0, and with some every piece an id of its own: a call begins with its name.
            (Some(index), Some(_)) => {
                let begins = said(piece.name.as_ref()).is_some();
                let is_its = |call: &StreamedCall| call.id_hash.is_none() || has_id(call);
                let there = || self.tool_calls.iter().enumerate().filter(|(_, call)| call.index == Some(index));
                let same = there().find(|(_, call)| has_id(call));
                same.or_else(|| there().next_back().filter(|(_, call)| !begins || is_its(call))).map(|(at, _)| at)
            }
            (None, Some(_)) => self.tool_calls.iter().position(has_id),
            (None, None) if said(piece.name.as_ref()).is_some() => None,
            (None, None) => self.tool_calls.len().checked_sub(1),
        };
        let at = at.unwrap_or(self.tool_calls.len());
        if at == self.tool_calls.len() && at < MOST_TOOL_CALLS {
            self.tool_calls.push(StreamedCall { index: piece.index, ..StreamedCall::default() });
        }
        self.tool_calls.get_mut(at)
    }

    /// The text alone, which is yet to be redacted.
    pub(crate) fn into_text(self, settings: &Settings) -> Option<String> {
        self.text.exported(settings, str::to_owned)
    }

    /// The message, redacted.
    pub(crate) fn into_message(self, settings: &Settings) -> Message {
        let text = |kept: TextSoFar| kept.redacted(settings);
        let reasoning = text(self.reasoning).map(|content| Part::Reasoning { content });
        let said = text(self.text).map(|content| Part::Text { content });
        let calls = self.tool_calls.into_iter().map(|call| Part::ToolCall {
            id: text(call.id),
            name: text(call.name).unwrap_or_default(),
            arguments: call.arguments.redacted_as(Piece::ToolArguments, settings).map_or(Value::Null, |json| json_or_text(&json)),
        });
        let message = Message::of(Some(Role::Assistant), reasoning.into_iter().chain(said).chain(calls).collect());
        match self.finish_reason.map(|said| stop_reason(said).1) {
            Some(reason) => message.with_finish_reason(Redaction::new(settings, Piece::Output).finish_reason(reason.as_str())),
            None => message,
        }
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

fn said<'a>(text: Option<&'a Cow<'_, str>>) -> Option<&'a str> {
    text.map(|text| &**text).filter(|text| !text.is_empty())
}

/// One text so far. Without a redactor no more is kept than can be exported. A redactor has to see a text whole, since its beginning
/// may end in half a secret: so it is kept whole, and what is too long for that is left out whole.
#[derive(Default)]
struct TextSoFar {
    text: String,
    /// In characters, of all that arrived.
    length: usize,
    is_left_out: bool,
}

impl TextSoFar {
    fn push(&mut self, text: Option<&str>, settings: &Settings) {
        let Some(text) = text else { return };
        let before = self.length;
        self.length += text.chars().count();
        if self.is_left_out {
            return;
        }
        if !settings.redacts() {
            // The one character more is what makes it too long.
            let room = longest(settings).map_or(usize::MAX, |limit| limit.saturating_add(1).saturating_sub(before));
            self.text.push_str(first(room, text));
        } else if self.text.len() + text.len() <= KEPT_WHOLE {
            self.text.push_str(text);
        } else {
            self.text = String::new();
            self.is_left_out = true;
        }
    }

    fn replace(&mut self, text: Option<&str>, settings: &Settings) {
        if text.is_some_and(|text| !self.is(text)) {
            *self = TextSoFar::default();
            self.push(text, settings);
        }
    }

    /// Whether it is that text, as far as it is kept.
    fn is(&self, text: &str) -> bool {
        !self.is_left_out && text.starts_with(self.text.as_str()) && text.chars().count() == self.length
    }

    fn redacted(self, settings: &Settings) -> Option<String> {
        self.redacted_as(Piece::Output, settings)
    }

    fn redacted_as(self, piece: Piece, settings: &Settings) -> Option<String> {
        self.exported(settings, |text| Redaction::new(settings, piece).text(text).into_owned())
    }

    /// What may be exported of it; None if nothing arrived.
    fn exported(self, settings: &Settings, redact: impl FnOnce(&str) -> String) -> Option<String> {
        match longest(settings) {
            _ if self.length == 0 => None,
            _ if self.is_left_out => Some(format!("…[{} characters left out]", self.length)),
            Some(limit) if !settings.redacts() && self.length > limit => Some(beginning_of(self.length, &self.text, limit)),
            _ => Some(redact(&self.text)),
        }
    }
}

/// How long a text of an answer may be, in characters.
fn longest(settings: &Settings) -> Option<usize> {
    settings.longest(settings.room(Share::Whole))
}

/// The first `count` characters of the text.
fn first(count: usize, text: &str) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(settings: &Settings, chunks: &[&str]) -> TextSoFar {
        let mut kept = TextSoFar::default();
        for chunk in chunks {
            kept.push(Some(chunk), settings);
        }
        kept
    }

    fn text(settings: &Settings, chunks: &[&str]) -> String {
        kept(settings, chunks).redacted(settings).unwrap_or_default()
    }

    #[test]
    fn without_a_redactor_one_character_more_than_the_limit_is_kept_and_all_are_counted() {
        let settings = Settings::default().with_length_limit(20);
        for chunks in [vec!["ü"; 10_000], vec!["üüü"; 7], vec!["ü", "üüüüüüüüüüüüüüüüüüüüüüüüüüüüü"]]
        {
            let kept = kept(&settings, &chunks);
            let length = chunks.concat().chars().count();
            assert_eq!(kept.text.chars().count(), 21);
            let text = kept.redacted(&settings).expect("a text");
            let left = text.trim_start_matches('ü');
            assert_eq!(left, format!("…[{} cut]", length - (20 - left.chars().count())), "{text}");
            assert_eq!(text.chars().count(), 20);
        }
    }

    #[test]
    fn what_is_within_the_limit_is_whole() {
        let settings = Settings::default().with_length_limit(6);
        assert_eq!(text(&settings, &["üü", "", "üüüü"]), "üüüüüü");
        let unlimited = Settings::default();
        assert_eq!(text(&unlimited, &["ü".repeat(5_000).as_str(), "ü"]), "ü".repeat(5_001));
        assert_eq!(kept(&settings, &[""]).redacted(&settings), None);
    }

    #[test]
    fn with_a_redactor_a_text_is_kept_whole_or_not_at_all() {
        let settings = Settings::default().with_length_limit(6).with_redactor(|_, text| text.replace("secret", "***").into());
        let full = "ü".repeat(KEPT_WHOLE / 2);
        let whole = kept(&settings, &[&full]);
        assert_eq!(whole.text.len(), KEPT_WHOLE);
        assert_eq!(whole.redacted(&settings), Some(full.clone()));

        let too_long = kept(&settings, &[&full, "sec", "ret"]);
        assert_eq!(too_long.text, "", "nothing is kept of what is left out, not even its end");
        assert_eq!(too_long.redacted(&settings).as_deref(), Some("…[524294 characters left out]"));
    }

    fn call<'a>(index: Option<i64>, id: &'a str, name: &'a str, arguments: &'a str) -> ToolCallPiece<'a> {
        let said = |text: &'a str| Some(text.into()).filter(|_| !text.is_empty());
        ToolCallPiece { index, id: said(id), name: said(name), arguments: said(arguments) }
    }

    fn calls(pieces: Vec<ToolCallPiece<'_>>, settings: &Settings) -> Vec<(Option<String>, String, Value)> {
        let mut streamed = Streamed::default();
        for piece in pieces {
            streamed.push(&ChunkPieces { tool_calls: vec![piece], ..ChunkPieces::default() }, settings);
        }
        let parts = streamed.into_message(settings).parts().to_vec();
        let calls = parts.into_iter().map(|part| match part {
            Part::ToolCall { id, name, arguments } => (id, name, arguments),
            other => panic!("{other:?}"),
        });
        calls.collect()
    }

    #[test]
    fn tool_calls_are_put_together_by_index_else_by_id_else_in_order() {
        let paris = serde_json::json!({"city": "Paris"});
        let rome = serde_json::json!({"city": "Rome"});
        let expected = |ids: [Option<&str>; 2]| {
            let [one, two] = ids.map(|id| id.map(str::to_owned));
            vec![(one, "weather".to_owned(), paris.clone()), (two, "weather".to_owned(), rome.clone())]
        };
        let settings = Settings::default();
        let by_index = vec![
            call(Some(0), "a", "weather", ""),
            call(Some(1), "b", "weather", "{\"city\":"),
            call(Some(0), "", "", "{\"city\": \"Paris\"}"),
            call(Some(1), "", "", "\"Rome\"}"),
        ];
        assert_eq!(calls(by_index, &settings), expected([Some("a"), Some("b")]));
        let by_id = vec![
            call(None, "a", "weather", "{\"city\":"),
            call(None, "b", "weather", "{\"city\": \"Rome\"}"),
            call(None, "a", "", "\"Paris\"}"),
        ];
        assert_eq!(calls(by_id, &settings), expected([Some("a"), Some("b")]));
        let in_order = vec![
            call(None, "", "weather", "{\"city\":"),
            call(None, "", "", "\"Paris\"}"),
            call(None, "", "weather", "{\"city\": \"Rome\"}"),
        ];
        assert_eq!(calls(in_order, &settings), expected([None, None]));
    }

    #[test]
    fn ids_that_begin_alike_are_two_however_little_of_them_is_kept() {
        let settings = Settings::default().with_length_limit(16);
        let ids = ["call_of_the_tool_weather_1", "call_of_the_tool_weather_2"];
        let pieces = ids.map(|id| call(None, id, "weather", "{\"n\":1}")).into_iter().chain([call(None, ids[0], "", " ")]);
        let calls = calls(pieces.collect(), &settings);
        assert_eq!(calls.iter().map(|(_, name, _)| name.as_str()).collect::<Vec<_>>(), ["weather"; 2]);
    }

    #[test]
    fn the_same_index_with_another_id_and_a_name_is_another_call() {
        let settings = Settings::default();
        let two = vec![
            call(Some(0), "a", "look", "{\"n\":"),
            call(Some(0), "b", "find", "{\"n\":2}"),
            call(Some(0), "a", "", "1}"),
            call(Some(0), "", "", " "),
        ];
        let one = serde_json::json!({"n": 1});
        let expected = |id: &str, name: &str, n: u8| (Some(id.to_owned()), name.to_owned(), serde_json::json!({ "n": n }));
        assert_eq!(calls(two, &settings), [expected("a", "look", 1), expected("b", "find", 2)]);
        // Servers invent an id for each piece, and say the name once.
        let renamed = vec![call(Some(0), "a", "look", "{\"n\":"), call(Some(0), "b", "", "1}")];
        assert_eq!(calls(renamed, &settings), [(Some("b".to_owned()), "look".to_owned(), one)]);
    }

    #[test]
    fn a_name_that_is_said_again_is_the_same_name_and_one_in_pieces_is_put_together() {
        let settings = Settings::default();
        for (index, id) in [(Some(0), "a"), (Some(0), ""), (None, "a")] {
            let again = vec![call(index, id, "look", "{\"n\":"), call(index, id, "look", "1}")];
            let calls = calls(again, &settings);
            assert_eq!((calls.len(), calls[0].1.as_str(), &calls[0].2), (1, "look", &serde_json::json!({"n": 1})));
        }
        let pieces = vec![call(Some(0), "a", "lo", ""), call(Some(0), "a", "ok", "{}")];
        assert_eq!(calls(pieces, &settings)[0].1, "look");
    }

    #[test]
    fn an_id_or_a_name_that_is_empty_is_none() {
        let piece = |index, id: &'static str, name: &'static str, arguments: &'static str| {
            let [id, name, arguments] = [id, name, arguments].map(|text| Some(text.into()));
            ToolCallPiece { index, id, name, arguments }
        };
        let paris = serde_json::json!({"city": "Paris"});
        for index in [Some(0), None] {
            let pieces = vec![piece(index, "a", "weather", "{\"city\":"), piece(index, "", "", "\"Paris\"}")];
            assert_eq!(calls(pieces, &Settings::default()), [(Some("a".to_owned()), "weather".to_owned(), paris.clone())]);
        }
    }

    #[test]
    fn arguments_that_are_no_json_are_text_and_calls_without_end_are_not_kept() {
        let settings = Settings::default();
        let broken = calls(vec![call(Some(0), "a", "weather", "{\"city\": ")], &settings);
        assert_eq!(broken[0].2, Value::from("{\"city\": "));
        let many = (0..10_000).map(|index| call(Some(index), "", "weather", "{}")).collect();
        assert_eq!(calls(many, &settings).len(), MOST_TOOL_CALLS);
    }
}
