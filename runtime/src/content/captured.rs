//! The content of one call, from where it is captured to where the vocabulary wants it.

use crate::content::document;
use crate::content::redaction::Redaction;
use crate::content::streamed::Streamed;
use crate::ending::Failure;
use crate::scope::Said;
use crate::settings::{Piece, Settings};
use crate::span::Live;
use crate::value::{Message, Role, ToolDefinition};
use crate::vocabulary::{Content, Convention, Kind, event, key};
use opentelemetry::{Context, KeyValue, StringValue};
use serde::Serialize;
use std::borrow::Cow;
use std::slice;

/// Content that was captured. Messages are redacted when it is known where they go, what a tool was given and gave back at once.
#[derive(Default)]
pub(crate) struct Captured {
    system: Vec<Message>,
    input: Vec<Message>,
    output: Vec<Message>,
    streamed: Option<Streamed>,
    tools: Vec<ToolDefinition>,
    arguments: Option<String>,
    result: Option<String>,
    /// What the request said beside it, for a log event.
    pub(crate) request: Said,
}

/// One of the JSON documents of TELEMETRY §4: its key and text.
type Document = (&'static str, String);

/// A span event: its name and attributes.
type Event = (Cow<'static, str>, Vec<KeyValue>);

/// Whether a call of that kind has somewhere to put its content.
pub(crate) fn captures(settings: &Settings, convention: &Convention, kind: Kind) -> bool {
    let content = convention.operation(kind).content;
    let capture = settings.captures();
    content != Content::Nothing && (capture.on_spans() || (capture.as_events() && kind != Kind::Tool))
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

    /// A message that arrives in pieces.
    pub(crate) fn append(&mut self, text: &str, settings: &Settings) {
        self.streamed.get_or_insert_with(Streamed::new).push(text, settings);
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

    /// The span events of what was asked.
    fn request_events(&self, settings: &Settings) -> Vec<Event> {
        let system = self.system.iter().map(|message| message_event(settings, Piece::System, &Role::System, message));
        let input = self.input.iter().map(|message| message_event(settings, Piece::Input, &Role::User, message));
        system.chain(input).flatten().collect()
    }

    /// What may be exported of a stream's text, as the message that it is.
    fn streamed(&mut self, settings: &Settings) -> Option<Message> {
        self.streamed.take().map(|streamed| Message::text(streamed.redacted(settings)))
    }

    fn choice(&self, settings: &Settings, streamed: Option<&Message>, finish_reason: Option<&StringValue>) -> Option<Event> {
        let redaction = Redaction::new(settings, Piece::Output);
        let text = match streamed {
            Some(streamed) => text_or_json(settings, Redaction::DONE, streamed)?,
            None => text_or_json(settings, redaction, self.output.last()?)?,
        };
        let mut attributes = vec![KeyValue::new(event::CHOICE, text), KeyValue::new(key::INDEX, 0_i64)];
        let finish_reason = finish_reason.map(|reason| redaction.finish_reason(reason.as_str()).into_owned());
        attributes.extend(finish_reason.map(|reason| KeyValue::new(key::FINISH_REASON, reason)));
        Some((event::CHOICE.into(), attributes))
    }

    /// Those of which there is anything.
    fn documents(&self, settings: &Settings, streamed: Option<&Message>, finish_reason: Option<&StringValue>) -> Vec<Document> {
        let redaction = |piece| Redaction::new(settings, piece);
        let finish_reason = finish_reason.map(|reason| redaction(Piece::Output).finish_reason(reason.as_str()));
        let has_system = self.system.iter().any(|message| !message.is_empty());
        let has_output = !self.output.is_empty() || streamed.is_some();
        let system = has_system.then(|| document::parts(&self.system, redaction(Piece::System)));
        let input = (!self.input.is_empty()).then(|| document::input(&self.input, redaction(Piece::Input)));
        let output =
            has_output.then(|| document::output(&self.output, streamed, finish_reason.as_deref(), redaction(Piece::Output)));
        let tools = (!self.tools.is_empty()).then(|| document::tools(&self.tools, redaction(Piece::Input)));
        let documents = [
            (key::SYSTEM_INSTRUCTIONS, system),
            (key::INPUT_MESSAGES, input),
            (key::OUTPUT_MESSAGES, output),
            (key::TOOL_DEFINITIONS, tools),
        ];
        documents.into_iter().filter_map(|(key, json)| Some((key, settings.cut_document(json?)?))).collect()
    }
}

/// `gen_ai.{role}.message`, with the text under the same name.
fn message_event(settings: &Settings, piece: Piece, role: &Role, message: &Message) -> Option<Event> {
    let redaction = Redaction::new(settings, piece);
    let name = format!("gen_ai.{}.message", settings.cut(&redaction.role(message.role_or(role))));
    let text = text_or_json(settings, redaction, message)?;
    Some((name.clone().into(), vec![KeyValue::new(name, text)]))
}

fn text_or_json(settings: &Settings, redaction: Redaction<'_>, message: &Message) -> Option<String> {
    match message.as_text() {
        Some(text) => Some(settings.cut(&redaction.text(text)).into_owned()),
        None => settings.cut_document(document::parts(slice::from_ref(message), redaction)),
    }
}

impl Live {
    /// Puts what the request said where it goes at the start: messages as span events, in the order in which things happen.
    pub(crate) fn deliver_request(&self) {
        if self.operation().content != Content::Events || !self.settings.captures().on_spans() {
            return;
        }
        let content = self.facts().content.take();
        let events = content.as_ref().map(|content| content.request_events(&self.settings));
        for (name, attributes) in events.into_iter().flatten() {
            self.add_event(name, || attributes);
        }
        self.facts().content = content;
    }

    /// What a tool gave back. It is serialised and redacted first, with no lock held.
    pub(crate) fn keep_result(&self, result: &(impl Serialize + ?Sized)) {
        let result = self.settings.serialized(Piece::ToolResult, result);
        self.facts().content().result(result);
    }

    /// Puts the content where it goes at the end: attributes behind all others, the events that are returned, and a log event.
    pub(crate) fn deliver(
        &self,
        context: &Context,
        mut captured: Captured,
        finish_reason: Option<StringValue>,
        attributes: &mut Vec<KeyValue>,
    ) -> Vec<Event> {
        let capture = self.settings.captures();
        let content = capture.on_spans().then_some(self.operation().content);
        let streamed = captured.streamed(&self.settings);
        let (streamed, finish_reason) = (streamed.as_ref(), finish_reason.as_ref());
        let documents = if capture.as_events() || content == Some(Content::Attributes) {
            captured.documents(&self.settings, streamed, finish_reason)
        } else {
            Vec::new()
        };
        if capture.as_events() && !documents.is_empty() {
            self.log(context, &captured.request, &documents, finish_reason, attributes);
        }
        match content {
            Some(Content::Events) => return captured.choice(&self.settings, streamed, finish_reason).into_iter().collect(),
            Some(Content::Attributes) => {
                attributes.extend(documents.into_iter().map(|(key, json)| KeyValue::new(key, json)));
                attributes.extend(captured.arguments.map(|json| KeyValue::new(key::TOOL_CALL_ARGUMENTS, json)));
                attributes.extend(captured.result.map(|json| KeyValue::new(key::TOOL_CALL_RESULT, json)));
            }
            Some(Content::Nothing) | None => {}
        }
        Vec::new()
    }

    /// One log event, in the context of the call, so that a bridge to OpenTelemetry logs finds its span. It says what the span says,
    /// as far as `tracing` carries it: it has no lists, so these are JSON text.
    fn log(
        &self,
        context: &Context,
        request: &Said,
        documents: &[Document],
        finish_reason: Option<&StringValue>,
        attributes: &[KeyValue],
    ) {
        let document = |key| documents.iter().find(|(name, _)| *name == key).map(|(_, json)| json.as_str());
        let value = |key| {
            let said = attributes.iter().find(|attribute| attribute.key.as_str() == key);
            said.map(|attribute| &attribute.value).or_else(|| request.get(key))
        };
        let text = |key| value(key).map(opentelemetry::Value::as_str);
        let integer = |key| if let Some(opentelemetry::Value::I64(value)) = value(key) { Some(*value) } else { None };
        let float = |key| if let Some(opentelemetry::Value::F64(value)) = value(key) { Some(*value) } else { None };
        let finish_reasons = finish_reason.map(|reason| serde_json::json!([reason.as_str()]).to_string());
        let _attached = context.clone().attach();
        tracing::event!(
            name: "gen_ai.client.inference.operation.details",
            target: "samplescope",
            tracing::Level::INFO,
            gen_ai.operation.name = self.operation().constant(key::OPERATION_NAME),
            gen_ai.agent.name = text(key::AGENT_NAME).as_deref(),
            gen_ai.conversation.id = text(key::CONVERSATION_ID).as_deref(),
            gen_ai.provider.name = text(key::PROVIDER_NAME).as_deref(),
            gen_ai.output.type = text(key::OUTPUT_TYPE).as_deref(),
            gen_ai.request.model = text(key::REQUEST_MODEL).as_deref(),
            gen_ai.request.temperature = float(key::REQUEST_TEMPERATURE),
            gen_ai.request.max_tokens = integer(key::REQUEST_MAX_TOKENS),
            gen_ai.response.id = text(key::RESPONSE_ID).as_deref(),
            gen_ai.response.model = text(key::RESPONSE_MODEL).as_deref(),
            gen_ai.response.finish_reasons = finish_reasons.as_deref(),
            gen_ai.usage.input_tokens = integer(key::USAGE_INPUT),
            gen_ai.usage.output_tokens = integer(key::USAGE_OUTPUT),
            gen_ai.usage.cache_read.input_tokens = integer(key::USAGE_CACHE_READ),
            gen_ai.usage.cache_creation.input_tokens = integer(key::USAGE_CACHE_CREATION),
            gen_ai.usage.reasoning.output_tokens = integer(key::USAGE_REASONING),
            error.type = text(key::ERROR_TYPE).as_deref(),
            gen_ai.system_instructions = document(key::SYSTEM_INSTRUCTIONS),
            gen_ai.input.messages = document(key::INPUT_MESSAGES),
            gen_ai.output.messages = document(key::OUTPUT_MESSAGES),
            gen_ai.tool.definitions = document(key::TOOL_DEFINITIONS),
        );
    }

    /// The log event of an error, for those who take log events, in the vocabulary that has one.
    pub(crate) fn log_exception(&self, context: &Context, failure: &Failure) {
        if !self.operation().logs_exceptions || !self.settings.captures().as_events() {
            return;
        }
        let _attached = context.clone().attach();
        tracing::event!(
            name: "gen_ai.client.operation.exception",
            target: "samplescope",
            tracing::Level::WARN,
            exception.type = failure.exception_type,
            exception.message = failure.message.as_deref(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_streamed_is_the_choice_redacted_and_cut() {
        let settings = Settings::default().redactor(|_, text| text.replace("hunter2", "***").into()).length_limit(20);
        let mut captured = Captured::default();
        captured.output(vec![Message::text("said before")]);
        for chunk in ["my hun", "ter2 is not for everybody"] {
            captured.append(chunk, &settings);
        }
        let streamed = captured.streamed(&settings);
        let (_, attributes) = captured.choice(&settings, streamed.as_ref(), None).expect("a choice");
        assert_eq!(attributes[0], KeyValue::new("gen_ai.choice", "my *** is n…[16 cut]"));
    }
}
