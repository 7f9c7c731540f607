//! Where a call's content goes, in either vocabulary: span events as the call opens and ends, attributes behind all others, log events.

use crate::call::core::Call;
use crate::call::ending::Failure;
use crate::call::here::is_there;
use crate::content::{Captured, ContentEvent, NamedDocument};
use crate::settings::Settings;
use crate::vocabulary::{Content, Shared, event, key};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};

/// What the request said, as span events where the vocabulary has them: at the start, in the order in which things happen.
pub(crate) fn request_events(call: &Call, settings: &Settings, captured: &mut Captured) -> Vec<ContentEvent> {
    let wanted = call.operation.content == Content::Events && settings.capture().on_spans();
    if wanted { captured.request_events(settings, false) } else { Vec::new() }
}

/// What was captured until the end: attributes are added to those that are there, events are handed back, and the log event is sent.
pub(crate) fn at_end(
    call: &Call,
    context: &Context,
    mut captured: Box<Captured>,
    finish_reason: Option<StringValue>,
    attributes: &mut Vec<KeyValue>,
) -> Vec<ContentEvent> {
    let Some(run) = &call.run else { return Vec::new() };
    let (settings, only_text) = (&*run.listeners.settings, run.listeners.convention.text_instructions);
    captured.narrow(call.kind, settings);
    let capture = settings.capture();
    let content = if capture.on_spans() { call.operation.content } else { Content::Nothing };
    let streamed = captured.put_together(call.kind, settings);
    let finish_reason = finish_reason.as_ref();
    let as_json = capture.as_events() || content == Content::Attributes;
    let (documents, omitted) =
        if as_json { captured.documents(settings, only_text, &streamed, finish_reason) } else { (Vec::new(), 0) };
    if capture.as_events() && !documents.is_empty() && is_there() {
        log(call, context, &documents, omitted, finish_reason, attributes);
    }
    match content {
        Content::Nothing => {}
        Content::Events => {
            let mut events = captured.request_events(settings, true);
            events.extend(captured.choice(settings, &streamed, finish_reason));
            attributes.extend(count(captured.omitted).map(|count| KeyValue::new(key::INPUT_MESSAGES_OMITTED, count)));
            return events;
        }
        Content::Attributes => {
            attributes.extend(count(omitted).map(|count| KeyValue::new(key::INPUT_MESSAGES_OMITTED, count)));
            attributes.extend(documents.into_iter().map(|(key, json)| KeyValue::new(key, json)));
            let given = match call.operation.search {
                Some(search) => [(search.query, captured.query), (search.found, captured.found)],
                None => [(key::TOOL_CALL_ARGUMENTS, captured.arguments), (key::TOOL_CALL_RESULT, captured.result)],
            };
            attributes.extend(given.into_iter().filter_map(|(key, text)| Some(KeyValue::new(key, text?))));
        }
    }
    Vec::new()
}

/// None if there is nothing to count.
fn count(omitted: usize) -> Option<i64> {
    (omitted > 0).then(|| omitted.try_into().unwrap_or(i64::MAX))
}

/// One log event, in the context of the call, so that a bridge to OpenTelemetry logs finds its span. It says what the span says,
/// as far as `tracing` carries it: it has no lists, so these are JSON text.
fn log(
    call: &Call,
    context: &Context,
    documents: &[NamedDocument],
    omitted: usize,
    finish_reason: Option<&StringValue>,
    attributes: &[KeyValue],
) {
    let document = |key| documents.iter().find(|(name, _)| *name == key).map(|(_, json)| json.as_str());
    let value = |key| {
        let learned = attributes.iter().find(|attribute| attribute.key.as_str() == key);
        learned.map(|attribute| &attribute.value).or_else(|| call.shared(key).map(|said| &said.value))
    };
    let text = |key| value(key).map(Value::as_str);
    let integer = |key| if let Some(Value::I64(value)) = value(key) { Some(*value) } else { None };
    let float = |key| if let Some(Value::F64(value)) = value(key) { Some(*value) } else { None };
    let finish_reasons = match value(key::RESPONSE_FINISH_REASONS) {
        Some(Value::Array(Array::String(reasons))) => Some(reasons.iter().map(StringValue::as_str).collect()),
        _ => finish_reason.map(|reason| vec![reason.as_str()]),
    };
    let finish_reasons = finish_reasons.map(|reasons: Vec<&str>| serde_json::json!(reasons).to_string());
    let _attached = context.clone().attach();
    tracing::event!(
        name: event::DETAILS,
        target: "samplescope",
        tracing::Level::INFO,
        {
            { key::OPERATION_NAME } = call.operation.constant(key::OPERATION_NAME),
            { key::AGENT_NAME } = text(key::AGENT_NAME).as_deref(),
            { key::CONVERSATION_ID } = text(key::CONVERSATION_ID).as_deref(),
            { key::PROVIDER_NAME } = text(key::PROVIDER_NAME).filter(|_| call.operation.hands_on != Some(Shared::ProviderName)).as_deref(),
            { key::OUTPUT_TYPE } = text(key::OUTPUT_TYPE).as_deref(),
            { key::REQUEST_MODEL } = text(key::REQUEST_MODEL).as_deref(),
            { key::REQUEST_TEMPERATURE } = float(key::REQUEST_TEMPERATURE),
            { key::REQUEST_MAX_TOKENS } = integer(key::REQUEST_MAX_TOKENS),
            { key::RESPONSE_ID } = text(key::RESPONSE_ID).as_deref(),
            { key::RESPONSE_MODEL } = text(key::RESPONSE_MODEL).as_deref(),
            { key::RESPONSE_FINISH_REASONS } = finish_reasons.as_deref(),
            { key::USAGE_INPUT } = integer(key::USAGE_INPUT),
            { key::USAGE_OUTPUT } = integer(key::USAGE_OUTPUT),
            { key::USAGE_CACHE_READ } = integer(key::USAGE_CACHE_READ),
            // One of the two, as the vocabulary has it.
            { key::USAGE_CACHE_CREATION } = integer(key::USAGE_CACHE_CREATION),
            { key::USAGE_CACHE_WRITE } = integer(key::USAGE_CACHE_WRITE),
            { key::USAGE_REASONING } = integer(key::USAGE_REASONING),
            { key::USAGE_COST } = float(key::USAGE_COST),
            { key::ERROR_TYPE } = text(key::ERROR_TYPE).as_deref(),
            { key::SYSTEM_INSTRUCTIONS } = document(key::SYSTEM_INSTRUCTIONS),
            { key::INPUT_MESSAGES } = document(key::INPUT_MESSAGES),
            { key::OUTPUT_MESSAGES } = document(key::OUTPUT_MESSAGES),
            { key::TOOL_DEFINITIONS } = document(key::TOOL_DEFINITIONS),
            { key::INPUT_MESSAGES_OMITTED } = count(omitted),
        }
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
        name: event::OPERATION_EXCEPTION,
        target: "samplescope",
        tracing::Level::WARN,
        {
            { key::EXCEPTION_TYPE } = failure.exception_type,
            { key::EXCEPTION_MESSAGE } = failure.message.as_deref(),
        }
    );
}
