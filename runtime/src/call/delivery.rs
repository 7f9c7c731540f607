//! Where a call's content goes, in either vocabulary: span events as the call opens and ends, attributes behind all others, log events.

use crate::call::core::Call;
use crate::call::ending::Failure;
use crate::call::here::is_there;
use crate::content::{Captured, Document, Event};
use crate::settings::Settings;
use crate::vocabulary::{Content, key};
use opentelemetry::{Context, KeyValue, StringValue, Value};

/// What the request said, as span events where the vocabulary has them: at the start, in the order in which things happen.
pub(crate) fn request_events(call: &Call, settings: &Settings, captured: &Captured) -> Vec<Event> {
    let wanted = call.operation.content == Content::Events && settings.capture().on_spans();
    if wanted { captured.request_events(settings, false) } else { Vec::new() }
}

/// What was captured until the end: attributes are added to those that are there, events are handed back, and the log event is sent.
pub(crate) fn at_end(
    call: &Call,
    context: &Context,
    mut captured: Captured,
    finish_reason: Option<StringValue>,
    attributes: &mut Vec<KeyValue>,
) -> Vec<Event> {
    let Some(settings) = call.settings() else { return Vec::new() };
    captured.narrow(call.kind, settings);
    let capture = settings.capture();
    let content = if capture.on_spans() { call.operation.content } else { Content::Nothing };
    let streamed = captured.put_together(call.kind, settings);
    let finish_reason = finish_reason.as_ref();
    let as_json = capture.as_events() || content == Content::Attributes;
    let documents = if as_json { captured.documents(settings, &streamed, finish_reason) } else { Vec::new() };
    if capture.as_events() && !documents.is_empty() && is_there() {
        log(call, context, &documents, finish_reason, attributes);
    }
    match content {
        Content::Nothing => {}
        Content::Events => {
            let mut events = captured.request_events(settings, true);
            events.extend(captured.choice(settings, &streamed, finish_reason));
            return events;
        }
        Content::Attributes => {
            attributes.extend(documents.into_iter().map(|(key, json)| KeyValue::new(key, json)));
            attributes.extend(captured.arguments.map(|json| KeyValue::new(key::TOOL_CALL_ARGUMENTS, json)));
            attributes.extend(captured.result.map(|json| KeyValue::new(key::TOOL_CALL_RESULT, json)));
        }
    }
    Vec::new()
}

/// One log event, in the context of the call, so that a bridge to OpenTelemetry logs finds its span. It says what the span says,
/// as far as `tracing` carries it: it has no lists, so these are JSON text.
fn log(call: &Call, context: &Context, documents: &[Document], finish_reason: Option<&StringValue>, attributes: &[KeyValue]) {
    let document = |key| documents.iter().find(|(name, _)| *name == key).map(|(_, json)| json.as_str());
    let value = |key| {
        let learned = attributes.iter().find(|attribute| attribute.key.as_str() == key);
        learned.map(|attribute| &attribute.value).or_else(|| call.shared(key).map(|said| &said.value))
    };
    let text = |key| value(key).map(Value::as_str);
    let integer = |key| if let Some(Value::I64(value)) = value(key) { Some(*value) } else { None };
    let float = |key| if let Some(Value::F64(value)) = value(key) { Some(*value) } else { None };
    let finish_reasons = finish_reason.map(|reason| serde_json::json!([reason.as_str()]).to_string());
    let _attached = context.clone().attach();
    tracing::event!(
        name: "gen_ai.client.inference.operation.details",
        target: "samplescope",
        tracing::Level::INFO,
        gen_ai.operation.name = call.operation.constant(key::OPERATION_NAME),
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
        gen_ai.usage.cost = float(key::USAGE_COST),
        error.type = text(key::ERROR_TYPE).as_deref(),
        gen_ai.system_instructions = document(key::SYSTEM_INSTRUCTIONS),
        gen_ai.input.messages = document(key::INPUT_MESSAGES),
        gen_ai.output.messages = document(key::OUTPUT_MESSAGES),
        gen_ai.tool.definitions = document(key::TOOL_DEFINITIONS),
    );
}

/// The log event of an error, for those who take log events, in the vocabulary that has one.
pub(crate) fn log_exception(call: &Call, context: &Context, failure: &Failure) {
    let wanted = call.operation.logs_exceptions && call.settings().is_some_and(|settings| settings.capture().as_events());
    if !wanted || !is_there() {
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
