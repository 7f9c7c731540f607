//! The content of one call, from where it is captured to where the vocabulary wants it.

use crate::content::budget::Budget;
use crate::content::document;
use crate::content::exported::Share;
use crate::content::piece;
use crate::content::redaction::Redaction;
use crate::content::streamed::Streamed;
use crate::read::json::Continuation;
use crate::settings::{self, Settings};
use crate::value::{ChunkPieces, Message, Part, Role, Text, ToolDefinition};
use crate::vocabulary::{Content, Kind, Operation, event, key};
use opentelemetry::{KeyValue, StringValue};
use serde::Serialize;
use std::borrow::Cow;

/// Content that was captured. Messages are redacted when it is known where they go, what a tool was given and gave back at once.
#[derive(Default)]
pub(crate) struct Captured {
    system: Vec<Message>,
    input: Vec<Message>,
    /// Whether a handle said it, after the start.
    late_system: bool,
    late_input: bool,
    output: Vec<Message>,
    /// Which of the answers, and as far as it has arrived.
    streamed: Vec<(u64, Streamed)>,
    tools: Vec<ToolDefinition>,
    pub(crate) arguments: Option<String>,
    pub(crate) result: Option<String>,
    pub(crate) query: Option<String>,
    pub(crate) found: Option<String>,
    /// How many characters of the content budget the span's events have taken.
    spent: usize,
    /// How many messages to the model there was no room for there.
    pub(crate) omitted: usize,
    /// Whether the call did not end in success: what the model said may be half of it.
    pub(crate) broke_off: bool,
}

/// How many answers of one stream are kept.
const MOST_ANSWERS: usize = 128;

/// One of the JSON documents that the GenAI conventions have for content: its key and text.
pub(crate) type NamedDocument = (&'static str, String);

/// A span event: its name and attributes.
pub(crate) type ContentEvent = (Cow<'static, str>, Vec<KeyValue>);

/// Whether a call of that kind has somewhere to put its content.
pub(crate) fn captures(settings: &Settings, operation: &Operation, kind: Kind) -> bool {
    let capture = settings.capture();
    operation.content != Content::Nothing && (capture.on_spans() || (capture.as_events() && kind != Kind::Tool))
}

impl Captured {
    pub(crate) fn system(&mut self, messages: Vec<Message>) {
        self.system = messages;
    }

    pub(crate) fn input(&mut self, messages: Vec<Message>) {
        self.input = messages;
    }

    /// As [`system`](Self::system), by a handle: the argument goes first.
    pub(crate) fn late_system(&mut self, messages: Vec<Message>) {
        if self.late_system || self.system.is_empty() {
            self.late_system = true;
            self.system = messages;
        }
    }

    /// As [`input`](Self::input), likewise.
    pub(crate) fn late_input(&mut self, messages: Vec<Message>) {
        if self.late_input || self.input.is_empty() {
            self.late_input = true;
            self.input = messages;
        }
    }

    pub(crate) fn output(&mut self, messages: Vec<Message>) {
        self.output = messages;
    }

    /// A message that arrives in pieces, or whole, again and again.
    pub(crate) fn stream(&mut self, message: Option<Vec<Message>>, pieces: &ChunkPieces<'_>, settings: &Settings) {
        if let Some(message) = message {
            self.output = message;
            self.streamed.clear();
        }
        if let Some(answer) = self.answer(0) {
            answer.push(pieces, settings);
        }
    }

    /// As [`stream`](Self::stream), of an item that was read.
    pub(crate) fn stream_read(&mut self, messages: Vec<Message>, pieces: Vec<Continuation>, settings: &Settings) {
        if !messages.is_empty() {
            self.output = messages;
            self.streamed.clear();
        }
        for Continuation { choice, delta } in pieces {
            if let Some(answer) = self.answer(choice) {
                answer.push_read(delta, settings);
            }
        }
    }

    /// One of the answers; None if there are too many.
    fn answer(&mut self, choice: u64) -> Option<&mut Streamed> {
        let at = self.streamed.iter().position(|(other, _)| *other == choice).unwrap_or(self.streamed.len());
        if at == self.streamed.len() && at < MOST_ANSWERS {
            self.streamed.push((choice, Streamed::default()));
        }
        self.streamed.get_mut(at).map(|(_, answer)| answer)
    }

    /// Why the model stopped giving each answer.
    pub(crate) fn finish(&mut self, reasons: &[(u64, StringValue)]) {
        for (choice, streamed) in &mut self.streamed {
            let reason = reasons.iter().find(|(other, _)| other == choice);
            streamed.finish_reason = reason.map(|(_, reason)| reason.clone());
        }
    }

    pub(crate) fn tools(&mut self, tools: Vec<ToolDefinition>) {
        self.tools = tools;
    }

    pub(crate) fn arguments(&mut self, settings: &Settings, arguments: &(impl Serialize + ?Sized)) {
        self.arguments = settings.serialized(settings::Piece::ToolArguments, arguments);
    }

    pub(crate) fn arguments_json(&mut self, arguments: Option<String>) {
        self.arguments = arguments.or(self.arguments.take());
    }

    /// Nothing takes nothing back.
    pub(crate) fn result(&mut self, result: Option<String>) {
        self.result = result.or(self.result.take());
    }

    pub(crate) fn query(&mut self, settings: &Settings, query: &(impl Text + ?Sized)) {
        self.query_text(query.text().map(|text| settings.query(text.as_str())));
    }

    /// Nothing takes nothing back.
    pub(crate) fn query_text(&mut self, query: Option<String>) {
        self.query = query.or(self.query.take());
    }

    /// Likewise.
    pub(crate) fn found(&mut self, found: Option<String>) {
        self.found = found.or(self.found.take());
    }

    /// Leaves out the pieces that nobody asked for. `kind`: what is put together of a stream is a tool's result, and else an answer.
    pub(crate) fn narrow(&mut self, kind: Kind, settings: &Settings) {
        if settings.takes_all() {
            return;
        }
        let leaves_out = |piece| !settings.takes(piece);
        piece::narrow(&mut self.system, settings::Piece::System, settings);
        piece::narrow(&mut self.input, settings::Piece::Input, settings);
        let said = if kind == Kind::Tool { settings::Piece::ToolResult } else { settings::Piece::Output };
        if leaves_out(said) {
            self.output.clear();
            self.streamed.clear();
        } else {
            piece::narrow(&mut self.output, said, settings);
        }
        if leaves_out(settings::Piece::ToolDefinitions) {
            self.tools.clear();
        }
        if leaves_out(settings::Piece::ToolArguments) {
            self.arguments = None;
            self.query = None;
        }
        if leaves_out(settings::Piece::ToolResult) {
            self.result = None;
            self.found = None;
        }
    }

    pub(crate) fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    pub(crate) fn has_result(&self) -> bool {
        self.result.is_some()
    }

    /// The span events of what was asked, as far as it was known at the start; `late`: as far as it was not.
    pub(crate) fn request_events(&mut self, settings: &Settings, late: bool) -> Vec<ContentEvent> {
        let mut budget = Budget::new(settings, self.spent);
        let mut events = Vec::new();
        if self.late_system == late {
            let redaction = Redaction::new(settings, settings::Piece::System);
            for message in &self.system {
                let text = budget.message(Share::Half, message, redaction);
                events.extend(text.map(|text| message_event(settings, redaction, &Role::System, message, text)));
            }
        }
        if self.late_input == late {
            let redaction = Redaction::new(settings, settings::Piece::Input);
            let input = budget.texts(&self.input, self.system.is_empty(), redaction);
            events
                .extend(input.into_iter().map(|(message, text)| message_event(settings, redaction, &Role::User, message, text)));
        }
        (self.spent, self.omitted) = (budget.spent, self.omitted + budget.omitted);
        events
    }

    /// What arrived in pieces: messages, redacted, or the result of a tool.
    pub(crate) fn put_together(&mut self, kind: Kind, settings: &Settings) -> Vec<Message> {
        let mut streamed = std::mem::take(&mut self.streamed);
        streamed.sort_by_key(|(choice, _)| *choice);
        let answers = streamed.into_iter().map(|(_, streamed)| streamed);
        if kind == Kind::Tool {
            let text = { answers }.find_map(|answer| answer.into_text(settings));
            let text = text.or_else(|| self.output.last().and_then(Message::as_text).map(str::to_owned));
            if let Some(text) = text {
                self.result = settings.serialized(settings::Piece::ToolResult, &text);
            }
            return Vec::new();
        }
        let mut messages = answers.map(|answer| answer.into_message(settings)).filter(|message| !message.is_empty()).collect();
        if !settings.takes_all() {
            piece::narrow(&mut messages, settings::Piece::Output, settings);
        }
        messages
    }

    pub(crate) fn choice(
        &self,
        settings: &Settings,
        streamed: &[Message],
        finish_reason: Option<&StringValue>,
    ) -> Option<ContentEvent> {
        let redaction = Redaction::new(settings, settings::Piece::Output);
        let mut budget = Budget::new(settings, self.spent);
        let text = match streamed.first() {
            Some(streamed) => budget.message(Share::Whole, streamed, Redaction::DONE)?,
            None => budget.message(Share::Whole, self.output.last()?, redaction)?,
        };
        let mut attributes = vec![KeyValue::new(event::CHOICE, text), KeyValue::new(key::INDEX, 0_i64)];
        let finish_reason = finish_reason.map(|reason| redaction.finish_reason(reason.as_str()).into_owned());
        attributes.extend(finish_reason.map(|reason| KeyValue::new(key::FINISH_REASON, reason)));
        Some((event::CHOICE.into(), attributes))
    }

    /// Those of which there is anything, and how many messages to the model there was no room for. `only_text`: of the system's instructions.
    pub(crate) fn documents(
        &self,
        settings: &Settings,
        only_text: bool,
        streamed: &[Message],
        finish_reason: Option<&StringValue>,
    ) -> (Vec<NamedDocument>, usize) {
        let redaction = |piece| Redaction::new(settings, piece);
        let finish_reason = finish_reason.map(|reason| redaction(settings::Piece::Output).finish_reason(reason.as_str()));
        let says = |part: &Part| !only_text || part.is_text();
        let has_system = self.system.iter().flat_map(Message::parts).any(says);
        let has_output = !self.output.is_empty() || !streamed.is_empty();
        let mut budget = Budget::new(settings, 0);
        let system = has_system.then(|| document::parts(&self.system, says, redaction(settings::Piece::System)));
        let system = system.and_then(|json| budget.document(Share::Half, json));
        let input = budget.input(&self.input, !has_system, redaction(settings::Piece::Input));
        let tools = (!self.tools.is_empty()).then(|| document::tools(&self.tools, redaction(settings::Piece::ToolDefinitions)));
        let tools = tools.and_then(|json| budget.document(Share::Request, json));
        let output = has_output.then(|| {
            document::output(&self.output, streamed, finish_reason.as_deref(), self.broke_off, redaction(settings::Piece::Output))
        });
        let output = output.and_then(|json| budget.document(Share::Whole, json));
        let documents = [
            (key::SYSTEM_INSTRUCTIONS, system),
            (key::INPUT_MESSAGES, input),
            (key::OUTPUT_MESSAGES, output),
            (key::TOOL_DEFINITIONS, tools),
        ];
        (documents.into_iter().filter_map(|(key, json)| Some((key, json?))).collect(), budget.omitted)
    }
}

/// `gen_ai.{role}.message`, with the text under the same name.
fn message_event(settings: &Settings, redaction: Redaction<'_>, role: &Role, message: &Message, text: String) -> ContentEvent {
    let name = event::message(&settings.cut(&redaction.role(message.role_or(role)), settings.room(Share::Request)));
    (name.clone().into(), vec![KeyValue::new(name, text)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::json::Delta;

    #[test]
    fn answers_without_end_are_not_kept() {
        let settings = Settings::default();
        let mut captured = Captured::default();
        for choice in 0..1_000 {
            captured.stream_read(Vec::new(), vec![Continuation { choice, delta: Delta::Text("said".to_owned()) }], &settings);
        }
        assert_eq!(captured.put_together(Kind::Step, &settings).len(), MOST_ANSWERS);
    }

    #[test]
    fn of_a_response_s_answers_the_first_ones_are_kept() {
        let mut captured = Captured::default();
        for choice in (0..2 * MOST_ANSWERS as u64).chain([0]) {
            assert_eq!(captured.answer(choice).is_some(), choice < MOST_ANSWERS as u64);
        }
        assert_eq!(captured.streamed.len(), MOST_ANSWERS);
    }

    #[test]
    fn what_was_streamed_is_the_choice_redacted_and_cut() {
        let settings = Settings::default().with_redactor(|_, text| text.replace("hunter2", "***").into()).with_length_limit(20);
        let mut captured = Captured::default();
        captured.output(vec![Message::text("said before")]);
        for text in ["my hun", "ter2 is not for everybody"] {
            captured.stream(None, &ChunkPieces { text: Some(text.into()), ..ChunkPieces::default() }, &settings);
        }
        let streamed = captured.put_together(Kind::Step, &settings);
        let (_, attributes) = captured.choice(&settings, &streamed, None).expect("a choice");
        assert_eq!(attributes[0], KeyValue::new("gen_ai.choice", "my *** is n…[16 cut]"));
    }
}
