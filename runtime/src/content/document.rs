//! Content as the JSON of the GenAI conventions. It is redacted while it is written: there is no tree in between, and no other path
//! for those who redact nothing.

use crate::content::json::Json;
use crate::content::redaction::Redaction;
use crate::settings::Piece;
use crate::value::{Message, Part, Role, ToolDefinition};
use crate::vocabulary::stop_reason;
use serde_json::Value;
use std::borrow::Cow;

/// How many lists and objects of somebody's own are written inside each other. Readers have their limits: that of `serde_json` is 127.
const DEPTH: usize = 100;

/// Those parts of messages: system instructions, and a message in a span event.
pub(crate) fn parts(messages: &[Message], which: impl Fn(&Part) -> bool, redaction: Redaction<'_>) -> String {
    let mut document = Document::new(redaction);
    let parts = messages.iter().flat_map(|message| message.parts().iter().map(move |part| (message, part)));
    document.list(parts.filter(|(_, part)| which(part)), |document, (message, part)| document.part(message, part));
    document.json.into_text()
}

/// Messages to the model.
pub(crate) fn input(messages: &[Message], redaction: Redaction<'_>) -> String {
    let mut document = Document::new(redaction);
    document.list(messages, |document, message| document.message(message, &Role::User, None));
    document.json.into_text()
}

/// Messages of the model. What a stream said and why the model stopped, where no message says it, have been redacted already.
/// `broke_off`: the call did not succeed, so that nothing tells why the model stopped where nobody said it.
pub(crate) fn output(
    messages: &[Message],
    streamed: &[Message],
    said: Option<&str>,
    broke_off: bool,
    redaction: Redaction<'_>,
) -> String {
    let mut document = Document::new(redaction);
    // Of several answers, it was said of the first.
    let said = said.filter(|_| !broke_off || streamed.len() <= 1);
    let messages = messages.iter().map(|message| (message, redaction));
    let streamed = streamed.iter().map(|message| (message, Redaction::DONE));
    document.list(messages.chain(streamed), |document, (message, redaction)| {
        document.redaction = redaction;
        let reason = finish_reason(message, said, redaction).or_else(|| (!broke_off).then(|| derived(message).into()));
        document.message(message, &Role::Assistant, reason.as_deref());
    });
    document.json.into_text()
}

/// The tools that the model may choose from.
pub(crate) fn tools(tools: &[ToolDefinition], redaction: Redaction<'_>) -> String {
    let mut document = Document::new(redaction);
    document.list(tools, Document::tool);
    document.json.into_text()
}

/// As the message says, or whoever spoke of the call.
fn finish_reason<'a>(message: &Message, said: Option<&'a str>, redaction: Redaction<'_>) -> Option<Cow<'a, str>> {
    let Some(own) = message.finish_reason() else { return said.map(Cow::from) };
    let (_, own) = stop_reason(own.to_owned().into());
    Some(redaction.finish_reason(own.as_str()).into_owned().into())
}

/// The conventions deprecate a finish reason in the message, and allow it; before October 2026 an output message had to have one, and Phoenix
/// 20.26 shows none without. Where nobody said one, it follows from what the message is.
fn derived(message: &Message) -> &'static str {
    let calls_a_tool = message.parts().iter().any(|part| matches!(part, Part::ToolCall { .. }));
    if calls_a_tool { "tool_call" } else { "stop" }
}

/// A document as far as it is written. Members are in the order of their names, as they are in objects of `serde_json`.
struct Document<'a> {
    json: Json,
    redaction: Redaction<'a>,
}

impl<'a> Document<'a> {
    fn new(redaction: Redaction<'a>) -> Self {
        Document { json: Json::default(), redaction }
    }

    fn list<T>(&mut self, entries: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.json.open('[');
        for entry in entries {
            self.json.entry();
            write(self, entry);
        }
        self.json.close(']');
    }

    fn message(&mut self, message: &Message, role: &Role, finish_reason: Option<&str>) {
        self.json.open('{');
        if let Some(finish_reason) = finish_reason {
            self.word("finish_reason", finish_reason);
        }
        self.json.name("parts");
        self.list(message.parts(), |document, part| document.part(message, part));
        self.word("role", &self.redaction.role(message.role_or(role)));
        self.json.close('}');
    }

    fn part(&mut self, message: &Message, part: &Part) {
        let given = self.redaction;
        self.redaction = given.of_message(message);
        let said = given.of_what_it_says(message);
        self.json.open('{');
        match part {
            Part::Text { content } => {
                self.text_of(said, "content", content);
                self.json.kind("text");
            }
            Part::Reasoning { content } => {
                self.text_of(said, "content", content);
                self.json.kind("reasoning");
            }
            Part::ToolCall { id, name, arguments } => {
                self.value_of(given.of(Piece::ToolArguments), "arguments", arguments);
                self.optional("id", id.as_deref());
                self.text("name", name);
                self.json.kind("tool_call");
            }
            Part::ToolCallResponse { id, response } => {
                self.optional("id", id.as_deref());
                self.value_of(given.of(Piece::ToolResult), "response", response);
                self.json.kind("tool_call_response");
            }
            Part::Blob { modality, mime_type, content } => {
                self.text_of(said, "content", content);
                self.medium(mime_type.as_deref(), modality);
                self.json.kind("blob");
            }
            Part::Uri { modality, mime_type, uri } => {
                self.medium(mime_type.as_deref(), modality);
                self.json.kind("uri");
                self.text_of(said, "uri", uri);
            }
            Part::File { modality, mime_type, file_id } => {
                self.text_of(said, "file_id", file_id);
                self.medium(mime_type.as_deref(), modality);
                self.json.kind("file");
            }
        }
        self.json.close('}');
        self.redaction = given;
    }

    fn tool(&mut self, tool: &ToolDefinition) {
        self.json.open('{');
        self.optional("description", tool.description.as_deref());
        self.text("name", &tool.name);
        if let Some(parameters) = &tool.parameters {
            self.value("parameters", parameters);
        }
        self.json.kind("function");
        self.json.close('}');
    }

    fn medium(&mut self, mime_type: Option<&str>, modality: &str) {
        self.optional("mime_type", mime_type);
        self.word("modality", &self.redaction.modality(modality));
    }

    /// A member that people or models wrote.
    fn text(&mut self, name: &'static str, text: &str) {
        self.text_of(self.redaction, name, text);
    }

    /// Likewise, another piece than what is around it.
    fn text_of(&mut self, redaction: Redaction<'_>, name: &'static str, text: &str) {
        self.word(name, &redaction.text(text));
    }

    fn optional(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A member that is structure, or has been redacted.
    fn word(&mut self, name: &'static str, word: &str) {
        self.json.name(name);
        self.json.string(word);
    }

    fn value(&mut self, name: &'static str, value: &Value) {
        self.json.name(name);
        self.any(value, DEPTH);
    }

    fn value_of(&mut self, redaction: Redaction<'a>, name: &'static str, value: &Value) {
        let around = std::mem::replace(&mut self.redaction, redaction);
        self.value(name, value);
        self.redaction = around;
    }

    /// What has no structure of ours: every string and number in it, names of members included, is a text.
    fn any(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => self.json.plain("null"),
            Value::Bool(value) => self.json.plain(value),
            Value::Number(number) => match self.redaction.number(number) {
                Some(redacted) => self.json.string(&redacted),
                None => self.json.plain(number),
            },
            Value::String(text) => self.json.string(&self.redaction.text(text)),
            // What is deeper is the text of its JSON.
            Value::Array(_) | Value::Object(_) if depth == 0 => self.json.string(&self.redaction.text(&value.to_string())),
            Value::Array(entries) => self.list(entries, |document, entry| document.any(entry, depth - 1)),
            Value::Object(members) => {
                self.json.open('{');
                for (name, member) in members {
                    self.json.any_name(&self.redaction.text(name));
                    self.any(member, depth - 1);
                }
                self.json.close('}');
            }
        }
    }
}
