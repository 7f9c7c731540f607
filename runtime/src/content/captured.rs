//! The content of one call, from where it is captured to where the vocabulary wants it.

use crate::settings::{Piece, Settings};
use crate::value::{Message, Role, ToolDefinition};
use crate::vocabulary::{Content, Kind, Operation, event, key};
use opentelemetry::{KeyValue, StringValue};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// Content that was captured, redacted as far as that can be done before it is known where it goes.
#[derive(Default)]
pub(crate) struct Captured {
    system: Vec<Message>,
    input: Vec<Message>,
    output: Vec<Message>,
    /// The text of a stream, so far.
    streamed: Option<String>,
    tools: Vec<ToolDefinition>,
    pub(crate) arguments: Option<String>,
    pub(crate) result: Option<String>,
}

/// A span event: its name and attributes.
pub(crate) type Event = (Cow<'static, str>, Vec<KeyValue>);

/// Whether a call of that kind has somewhere to put its content.
pub(crate) fn captures(settings: &Settings, operation: &Operation, kind: Kind) -> bool {
    let capture = settings.captures();
    operation.content != Content::Nothing && (capture.on_spans() || (capture.as_events() && kind != Kind::Tool))
}

impl Captured {
    pub(crate) fn system(&mut self, messages: Vec<Message>) {
        self.system = messages;
    }

    pub(crate) fn input(&mut self, messages: Vec<Message>) {
        self.input = messages;
    }

    pub(crate) fn output(&mut self, messages: Vec<Message>) {
        self.output = messages;
    }

    /// A message that arrives in pieces; what is far beyond the limit is cut anyway, and not kept.
    pub(crate) fn append(&mut self, text: &str, limit: Option<usize>) {
        match &mut self.streamed {
            // In bytes: a text that long is over the limit in characters, too, and will be cut and say so.
            Some(so_far) if limit.is_some_and(|limit| so_far.len() > limit.saturating_mul(4)) => {}
            Some(so_far) => so_far.push_str(text),
            none => *none = Some(text.to_owned()),
        }
    }

    pub(crate) fn tools(&mut self, tools: Vec<ToolDefinition>) {
        self.tools = tools;
    }

    pub(crate) fn arguments(&mut self, settings: &Settings, arguments: &(impl Serialize + ?Sized)) {
        self.arguments = settings.serialized(Piece::ToolArguments, arguments);
    }

    pub(crate) fn result(&mut self, result: Option<String>) {
        self.result = result;
    }

    pub(crate) fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    pub(crate) fn has_result(&self) -> bool {
        self.result.is_some()
    }

    /// No more of the stream is to come.
    pub(crate) fn end_stream(&mut self) {
        self.output.extend(self.streamed.take().map(Message::text));
    }

    /// The span events of what was asked.
    pub(crate) fn request_events(&self, settings: &Settings) -> Vec<Event> {
        let system = self.system.iter().map(|message| message_event(settings, Piece::System, &Role::System, message));
        let input = self.input.iter().map(|message| message_event(settings, Piece::Input, &Role::User, message));
        system.chain(input).flatten().collect()
    }

    pub(crate) fn choice(&self, settings: &Settings, finish_reason: Option<StringValue>) -> Option<Event> {
        let answer = self.output.last()?;
        let text = text_or_json(settings, Piece::Output, answer)?;
        let mut attributes = vec![KeyValue::new(event::CHOICE, text), KeyValue::new(key::INDEX, 0_i64)];
        attributes.extend(finish_reason.map(|reason| KeyValue::new(key::FINISH_REASON, reason)));
        Some((event::CHOICE.into(), attributes))
    }

    /// The JSON of TELEMETRY §4 under its keys, what is not there left out.
    pub(crate) fn documents(&self, settings: &Settings, finish_reason: Option<&StringValue>) -> Vec<(&'static str, String)> {
        let finish_reason = finish_reason.map(StringValue::as_str);
        let system: Vec<Value> =
            self.system.iter().flat_map(|message| message.parts().as_array().cloned().unwrap_or_default()).collect();
        let input: Vec<Value> = self.input.iter().map(|message| message.input(&Role::User)).collect();
        let output: Vec<Value> = self.output.iter().map(|message| message.output(&Role::Assistant, finish_reason)).collect();
        let tools: Vec<Value> = self.tools.iter().map(ToolDefinition::json).collect();
        let documents = [
            (key::SYSTEM_INSTRUCTIONS, Piece::System, system),
            (key::INPUT_MESSAGES, Piece::Input, input),
            (key::OUTPUT_MESSAGES, Piece::Output, output),
            (key::TOOL_DEFINITIONS, Piece::Input, tools),
        ];
        let present = documents.into_iter().filter(|(_, _, entries)| !entries.is_empty());
        present.filter_map(|(key, piece, entries)| Some((key, settings.document(piece, entries.into())?))).collect()
    }
}

/// `gen_ai.{role}.message`, with the text under the same name.
fn message_event(settings: &Settings, piece: Piece, role: &Role, message: &Message) -> Option<Event> {
    let name = format!("gen_ai.{}.message", message.role_or(role).as_str());
    let text = text_or_json(settings, piece, message)?;
    Some((name.clone().into(), vec![KeyValue::new(name, text)]))
}

fn text_or_json(settings: &Settings, piece: Piece, message: &Message) -> Option<String> {
    match message.as_text() {
        Some(text) => Some(settings.text(piece, text)),
        None => settings.document(piece, message.parts()),
    }
}
