//! One text, or one JSON document, on its way out: redacted, then within the length limit.

use crate::content::cut::{Structure, cut, is_longer};
use crate::content::redaction::{Redaction, is_json};
use crate::settings::{Piece, Settings};
use crate::warning;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// How much of the content budget may be used up once something is written. What one leaves over is there for those that come after it.
#[derive(Clone, Copy)]
pub(crate) enum Share {
    /// Half: a system prompt, what a tool was given, what it gave back.
    Half,
    /// Three quarters: everything that the model was sent.
    Request,
    /// All: the answer.
    Whole,
}

impl Settings {
    /// How many characters there is room for in an empty span, or log event. None: for as many as there are.
    pub(crate) fn room(&self, share: Share) -> Option<usize> {
        let budget = self.content_budget()?;
        Some(match share {
            Share::Half => budget / 2,
            Share::Request => budget - budget / 4,
            Share::Whole => budget,
        })
    }

    /// One text.
    pub(crate) fn text(&self, piece: Piece, text: &str) -> String {
        self.cut(&Redaction::new(self, piece).text(text), None).into_owned()
    }

    /// What is looked for, which is given as a tool's arguments are.
    pub(crate) fn query(&self, text: &str) -> String {
        self.cut(&Redaction::new(self, Piece::ToolArguments).text(text), self.room(Share::Half)).into_owned()
    }

    /// A text that has been redacted. `room`: how much there is left of the content budget.
    pub(crate) fn cut<'t>(&self, text: &'t str, room: Option<usize>) -> Cow<'t, str> {
        self.longest(room).map_or(text.into(), |limit| cut(text, limit))
    }

    /// How long one text or document may be, in characters.
    pub(crate) fn longest(&self, room: Option<usize>) -> Option<usize> {
        self.length_limit().into_iter().chain(room).min()
    }

    /// A document of ours that has been redacted: only what people and models wrote in it is cut. `room`: as for [`cut`](Self::cut).
    /// None, with a warning, if not even the structure of its last entry is within the limit.
    pub(crate) fn cut_document(&self, json: String, room: Option<usize>) -> Option<String> {
        match self.longest(room) {
            Some(limit) if is_longer(&json, limit) => Structure::Messages.shortened(serde_json::from_str(&json).ok()?, limit),
            _ => Some(json),
        }
    }

    /// What a tool was given or gave back: every string and number in it is content, names included.
    /// None if there is none; with a warning, if it does not serialise, or not even its beginning is within the limit.
    pub(crate) fn serialized(&self, piece: Piece, value: &(impl Serialize + ?Sized)) -> Option<String> {
        let Ok(json) = serde_json::to_string(value) else {
            warning::once!("content was left out: it does not serialise to JSON");
            return None;
        };
        if json == "null" {
            return None;
        }
        let redaction = Redaction::new(self, piece);
        let json = match serde_json::from_str::<String>(&json) {
            Ok(text) => in_json(redaction.text(&text)),
            Err(_) => redaction.json(json),
        };
        match self.longest(self.room(Share::Half)) {
            Some(limit) if is_longer(&json, limit) => {
                // What is nested deeper than serde_json reads is cut like a text.
                let document = serde_json::from_str(&json).unwrap_or(Value::String(json));
                Structure::Anything.shortened(document, limit)
            }
            _ => Some(json),
        }
    }
}

/// Most tools speak in text, and text that is JSON already is taken as it is.
fn in_json(text: Cow<'_, str>) -> String {
    if is_json(&text) { text.into_owned() } else { Value::from(text).to_string() }
}
