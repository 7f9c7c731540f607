//! What is read of a value, under the names of the attributes that it becomes: for the tests with the types of real clients, which live in
//! packages of their own.

use crate::content::Captured;
use crate::read::event::event as read_event;
use crate::read::facts::Uses;
use crate::read::json::{Continuation, Delta};
use crate::read::reading::Unread;
use crate::read::request::request as read_request;
use crate::read::response::{Response, response as read_response};
use crate::read::walk::Readable;
use crate::settings::Settings;
use crate::value::message::Part;
use crate::vocabulary::{key, stop_reason, usage_of};
use opentelemetry::StringValue;
use serde::Serialize;
use serde_json::{Map, Value, json};

fn uses(content: bool) -> Uses {
    Uses { recorded: true, content }
}

/// What is there.
#[derive(Default)]
struct Shown(Map<String, Value>);

impl Shown {
    fn say(&mut self, key: &str, value: Option<impl Into<Value>>) {
        self.0.extend(value.map(|value| (key.to_owned(), value.into())));
    }

    fn word(&mut self, key: &str, word: Option<&StringValue>) {
        self.say(key, word.map(StringValue::as_str));
    }

    fn words(&mut self, key: &str, words: &[StringValue]) {
        let words: Vec<&str> = words.iter().map(StringValue::as_str).collect();
        self.say(key, (!words.is_empty()).then_some(words));
    }

    fn content(&mut self, captured: &Captured) {
        for (key, json) in captured.documents(&Settings::default(), false, &[], None).0 {
            self.say(key, serde_json::from_str::<Value>(&json).ok());
        }
    }

    fn response(&mut self, response: Response) {
        self.word(key::RESPONSE_MODEL, response.model.as_ref());
        self.word(key::RESPONSE_ID, response.id.as_ref());
        let reasons: Vec<StringValue> = response.finish_reasons.into_iter().map(|(_, reason)| stop_reason(reason).1).collect();
        self.words(key::RESPONSE_FINISH_REASONS, &reasons);
        let usage = response.usage.unwrap_or_default();
        self.say(key::USAGE_INPUT, usage.input());
        self.say(key::USAGE_OUTPUT, usage.output());
        self.say(key::USAGE_CACHE_READ, usage.cached());
        self.say(key::USAGE_CACHE_CREATION, usage.cache_creation());
        self.say(key::USAGE_REASONING, usage.reasoning());
        for (spent, modality, count) in usage.modalities.known() {
            self.say(usage_of(spent, modality), Some(count));
        }
        self.word(key::ERROR_TYPE, response.error.as_ref());
        let mut captured = Captured::default();
        captured.output(response.messages);
        self.content(&captured);
    }

    fn unread(unread: Unread) -> Value {
        match unread {
            Unread::Unrecognised(names) => json!({ "unrecognised": names }),
            Unread::Broken => json!({ "broken": true }),
        }
    }
}

/// A request.
pub fn request<T: Serialize + ?Sized>(value: &T, content: bool) -> Value {
    request_of(&value, uses(content))
}

fn request_of(given: &dyn Readable, uses: Uses) -> Value {
    let request = match read_request(given, uses) {
        Ok(request) => request,
        Err(unread) => return Shown::unread(unread),
    };
    let mut shown = Shown::default();
    shown.word(key::REQUEST_MODEL, request.model.as_ref());
    shown.say(key::REQUEST_TEMPERATURE, request.temperature);
    shown.say(key::REQUEST_MAX_TOKENS, request.max_tokens);
    shown.say(key::REQUEST_TOP_P, request.top_p);
    shown.say(key::REQUEST_TOP_K, request.top_k);
    shown.say(key::REQUEST_SEED, request.seed);
    shown.say(key::REQUEST_PRESENCE_PENALTY, request.presence_penalty);
    shown.say(key::REQUEST_FREQUENCY_PENALTY, request.frequency_penalty);
    shown.say(key::REQUEST_CHOICE_COUNT, request.choice_count);
    shown.words(key::REQUEST_STOP_SEQUENCES, &request.stop_sequences);
    shown.word(key::REQUEST_REASONING_LEVEL, request.reasoning_level.as_ref());
    shown.word(key::REQUEST_PREVIOUS_RESPONSE_ID, request.previous_response.as_ref());
    shown.say(key::OUTPUT_TYPE, request.output_type);
    shown.say(key::REQUEST_STREAM, request.stream.then_some(true));
    shown.say(key::TOOL_COUNT, request.tool_count);
    let mut captured = Captured::default();
    captured.system(request.system());
    captured.input(request.messages);
    captured.tools(request.tools);
    shown.content(&captured);
    shown.0.into()
}

/// A response.
pub fn response<T: Serialize + ?Sized>(value: &T, content: bool) -> Value {
    response_of(&value, uses(content))
}

fn response_of(given: &dyn Readable, uses: Uses) -> Value {
    let mut shown = Shown::default();
    match read_response(given, uses) {
        Ok(response) => shown.response(response),
        Err(unread) => return Shown::unread(unread),
    }
    shown.0.into()
}

/// An item of a stream: what it says of the response, `pieces`, and whether it is a `chunk` and the `last`.
pub fn event<T: Serialize + ?Sized>(value: &T, content: bool) -> Value {
    event_of(&value, uses(content))
}

fn event_of(given: &dyn Readable, uses: Uses) -> Value {
    let event = match read_event(given, uses) {
        Ok(event) => event,
        Err(unread) => return Shown::unread(unread),
    };
    let mut shown = Shown::default();
    shown.response(event.response);
    shown.say("chunk", event.is_chunk.then_some(true));
    shown.say("last", event.is_last.then_some(true));
    let pieces: Vec<Value> = event.pieces.into_iter().map(piece).collect();
    shown.say("pieces", (!pieces.is_empty()).then_some(pieces));
    shown.0.into()
}

fn piece(piece: Continuation) -> Value {
    let mut shown = match piece.delta {
        Delta::Text(text) => json!({ "text": text }),
        Delta::Reasoning(text) => json!({ "reasoning": text }),
        Delta::ToolCall { index, id, name, arguments } => {
            json!({ "tool_call": { "index": index, "id": id, "name": name, "arguments": arguments } })
        }
        Delta::Part { index, part: Part::ToolCall { id, name, arguments } } => {
            let mut whole = json!({ "id": id, "name": name, "arguments": arguments });
            if let Some(index) = index {
                whole["index"] = index.into();
            }
            json!({ "whole": whole })
        }
        Delta::Part { part, .. } => json!({ "part": format!("{part:?}") }),
    };
    if piece.choice > 0 {
        shown["choice"] = piece.choice.into();
    }
    shown
}

/// What an error calls its kind.
pub fn error<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    crate::read::error::error(&value).map(Into::into)
}
