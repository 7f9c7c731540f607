//! The end of a call. Everything that is known of it goes out here, on every exit path alike.

use crate::call::core::{Call, Run};
use crate::call::delivery;
use crate::call::ending::{Ending, Failure, Label};
use crate::call::learned::{Learned, Moment};
use crate::listen::{Measurement, Meters};
use crate::value::Cost;
use crate::vocabulary::{Kind, Origin, SharedValue, event, key};
use crate::warning;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, StringValue, Value};
use std::time::Instant;

/// Ends a call that has come back, as what came back says.
pub(crate) fn close_returned(call: &Call) {
    if call.run.is_none() {
        return;
    }
    let mut learned = call.take_learned();
    let (ending, at) = learned.as_mut().map_or((Ending::Success, None), |learned| learned.take_ending());
    end(call, learned, &ending, at);
}

/// Ends a call that nobody ended.
pub(crate) fn close_dropped(call: &Call) {
    let (ending, at) = call.look(Learned::take_ending_where_dropped).unwrap_or((Ending::Cancelled, None));
    close(call, ending, at);
}

/// Ends a call in that way, now or as of an earlier moment.
pub(crate) fn close(call: &Call, ending: Ending, at: Option<Moment>) {
    end(call, call.take_learned(), &ending, at);
}

/// No lock of ours is held: processors, exporters and redactors run in here.
fn end(call: &Call, learned: Option<Box<Learned>>, ending: &Ending, at: Option<Moment>) {
    if let Some(run) = &call.run {
        if call.wants.anything() {
            let error_type = ending.error_type(call.operation.called);
            if let Some(meters) = run.listeners.meters.as_ref().filter(|_| call.wants.meter()) {
                measure(call, run, meters, learned.as_deref(), error_type.as_ref(), at);
            }
            if let Some(context) = call.recording_context() {
                describe(call, run, context, learned, ending, error_type);
                match at {
                    _ if call.is_adopted => still_there(context),
                    Some(moment) => context.span().end_with_timestamp(moment.time),
                    None => context.span().end(),
                }
            }
        }
        run.closed(call);
    }
}

/// An adopted span is ended by its owner, who is to do that later.
#[cold]
fn still_there(context: &Context) {
    if !context.span().is_recording() {
        warning::once!(
            "a span that a call completes (`span = current`) had ended before the call: what was known at the call's end is not on it"
        );
    }
}

/// End attributes, content behind them, the status once.
fn describe(
    call: &Call,
    run: &Run,
    context: &Context,
    mut learned: Option<Box<Learned>>,
    ending: &Ending,
    error_type: Option<Label>,
) {
    let span = context.span();
    let mut content = learned.as_mut().and_then(|learned| learned.take_content());
    if let Some(content) = &mut content {
        content.broke_off = !matches!(ending, Ending::Success);
    }
    let cost = learned.as_deref().filter(|_| call.kind == Kind::Step).and_then(|learned| cost(call, learned));
    // A log event says what the span says: then it is collected first, else set as it comes.
    let mut attributes = learned.as_mut().map(|learned| learned.take_attributes());
    attributes = attributes.filter(|attributes| content.is_some() || !attributes.is_empty());
    let mut say = |key: &'static str, value: Value| {
        let attribute = KeyValue::new(key, value);
        match &mut attributes {
            Some(attributes) => attributes.push(attribute),
            None => span.set_attribute(attribute),
        }
    };
    let finish_reason = match call.kind {
        Kind::Loop => {
            let iterations = run.iterations();
            if iterations > 0 {
                say(key::ITERATIONS, iterations.into());
            }
            if content.is_some() { run.last_finish_reason() } else { None }
        }
        Kind::Step => {
            let cache_write = run.listeners.convention.cache_write;
            let finish_reason = learned.as_mut().and_then(|learned| learned.describe_response(cache_write, &mut say));
            if let Some(cost) = cost {
                say(key::USAGE_COST, cost.amount().into());
            }
            let given_up = learned.as_deref().filter(|_| matches!(ending, Ending::Cancelled | Ending::Error(_)));
            if let Some(silence) = given_up.and_then(|learned| learned.silence(call.started)) {
                say(key::STREAM_SILENCE, silence.as_secs_f64().into());
            }
            if call.is_of_loop {
                run.remember_finish_reason(finish_reason.clone());
            }
            finish_reason
        }
        Kind::Tool => None,
    };
    if let Some(error_type) = error_type {
        say(key::ERROR_TYPE, error_type.text.into());
    }
    let events = match (content, &mut attributes) {
        (Some(content), Some(attributes)) => Some(delivery::at_end(call, context, content, finish_reason, attributes)),
        _ => None,
    };
    if let Some(attributes) = attributes {
        span.set_attributes(attributes);
    }
    if let Some(events) = events {
        for (name, attributes) in events {
            span.add_event(name, attributes);
        }
    }
    finish(call, context, ending);
}

/// What a step cost: as somebody said, else as the settings price its tokens.
fn cost(call: &Call, learned: &Learned) -> Option<Cost> {
    if learned.sets(key::USAGE_COST) {
        return None;
    }
    let priced = || {
        let usage = learned.usage.get()?;
        let text = |said: &SharedValue| if let Value::String(text) = &said.value { Some(text.clone()) } else { None };
        let provider = call.shared(key::PROVIDER_NAME).and_then(text);
        let requested = || call.shared(key::REQUEST_MODEL).and_then(text);
        let model = learned.response_model.get().cloned().or_else(requested);
        call.settings()?.priced(provider.as_ref().map(StringValue::as_str), model.as_ref().map(StringValue::as_str), usage)
    };
    learned.cost.get().copied().or_else(priced)
}

fn finish(call: &Call, context: &Context, ending: &Ending) {
    if let Ending::Error(failure) = ending {
        context.span().add_event(event::EXCEPTION, exception(failure));
        delivery::log_exception(call, context, failure);
    }
    if let Some(description) = ending.description() {
        context.span().set_status(Status::error(description));
    }
}

fn exception(failure: &Failure) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new(key::EXCEPTION_TYPE, failure.exception_type)];
    attributes.extend(failure.message.clone().map(|message| KeyValue::new(key::EXCEPTION_MESSAGE, message)));
    attributes
}

fn measure(call: &Call, run: &Run, meters: &Meters, learned: Option<&Learned>, error_type: Option<&Label>, at: Option<Moment>) {
    let until = |started: Instant| at.map_or_else(|| started.elapsed(), |at| at.instant.saturating_duration_since(started));
    let usage = || learned.and_then(|learned| learned.usage.get().copied()).unwrap_or_default();
    let measurement = Measurement {
        operation: call.operation,
        duration: call.started.map(until),
        first_chunk: learned.and_then(Learned::first_chunk),
        next_chunks: learned.map(Learned::next_chunks).unwrap_or_default(),
        usage: call.wants.usage().then(usage),
        counts: run.counts(),
        error_type: error_type.map(|label| (label.text.clone(), label.origin)),
    };
    let response_model = learned.and_then(|learned| learned.response_model.get());
    meters.record(&measurement, |key| match key {
        key::RESPONSE_MODEL => response_model.map(|model: &StringValue| (Value::String(model.clone()), Origin::Evaluated)),
        // Of an address that nobody said.
        key::SERVER_PORT if call.shared(key::SERVER_ADDRESS).is_none() => None,
        key => {
            let said = |said: &SharedValue| (said.value.clone(), said.origin);
            call.operation.constant(key).map(|value| (value.into(), Origin::Constant)).or_else(|| call.shared(key).map(said))
        }
    });
}
