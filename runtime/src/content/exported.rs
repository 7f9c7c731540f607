//! One text, or one JSON document, on its way out: redacted, then within the length limit.

use crate::content::cut::{Structure, cut, is_longer};
use crate::content::redaction::{Redaction, is_json};
use crate::settings::{Piece, Settings};
use crate::warning;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

impl Settings {
    /// One text.
    pub(crate) fn text(&self, piece: Piece, text: &str) -> String {
        self.cut(&Redaction::new(self, piece).text(text)).into_owned()
    }

    /// A text that has been redacted.
    pub(crate) fn cut<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.length_limit().map_or(text.into(), |limit| cut(text, limit))
    }

    /// A document of ours that has been redacted: only what people and models wrote in it is cut.
    /// None, with a warning, if not even the structure of its last entry is within the limit.
    pub(crate) fn cut_document(&self, json: String) -> Option<String> {
        match self.length_limit() {
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
        match self.length_limit() {
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
