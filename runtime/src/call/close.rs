//! The end of a call. Everything that is known of it goes out here, on every exit path alike.

use crate::call::core::{Call, Run};
use crate::call::delivery;
use crate::call::ending::{Ending, Failure, Label};
use crate::call::learned::Learned;
use crate::listen::{Measurement, Meters};
use crate::vocabulary::{Kind, Origin, SharedValue, event, key};
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, StringValue, Value};

/// Ends the call. No lock of ours is held: processors, exporters and redactors run in here.
pub(crate) fn close(call: &Call, ending: Ending) {
    let learned = call.learned();
    if let Some(run) = &call.run {
        if call.wants.anything() {
            let error_type = ending.error_type(call.kind);
            if let Some(meters) = run.listeners.meters.as_ref().filter(|_| call.wants.meter()) {
                measure(call, run, meters, learned.as_deref(), error_type.as_ref());
            }
            if let Some(context) = call.recording() {
                describe(call, run, context, learned, &ending, error_type);
                context.span().end();
            }
        }
        run.closed(call);
    }
}

/// End attributes, content behind them, the status once.
fn describe(
    call: &Call,
    run: &Run,
    context: &Context,
    learned: Option<Box<Learned>>,
    ending: &Ending,
    error_type: Option<Label>,
) {
    let span = context.span();
    let Some(mut learned) = learned else {
        // Nobody said anything: there is at most one attribute.
        match call.kind {
            Kind::Loop => span.set_attribute(KeyValue::new(key::ITERATIONS, run.counts()[0])),
            Kind::Step => run.remember_finish_reason(None),
            Kind::Tool => {}
        }
        if let Some(error_type) = error_type {
            span.set_attribute(KeyValue::new(key::ERROR_TYPE, error_type.into_text()));
        }
        return finish(call, context, ending);
    };
    let mut attributes = learned.take_attributes(8);
    let finish_reason = match call.kind {
        Kind::Loop => {
            attributes.push(KeyValue::new(key::ITERATIONS, run.counts()[0]));
            run.last_finish_reason()
        }
        Kind::Step => {
            let finish_reason = learned.describe_response(&mut attributes);
            run.remember_finish_reason(finish_reason.clone());
            finish_reason
        }
        Kind::Tool => None,
    };
    if let Some(error_type) = error_type {
        attributes.push(KeyValue::new(key::ERROR_TYPE, error_type.into_text()));
    }
    let events = match learned.take_content() {
        Some(content) => delivery::at_end(call, context, *content, finish_reason, &mut attributes),
        None => Vec::new(),
    };
    if !attributes.is_empty() {
        span.set_attributes(attributes);
    }
    for (name, attributes) in events {
        span.add_event(name, attributes);
    }
    finish(call, context, ending);
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

fn measure(call: &Call, run: &Run, meters: &Meters, learned: Option<&Learned>, error_type: Option<&Label>) {
    let measurement = Measurement {
        operation: call.operation,
        kind: call.kind,
        duration: call.started.map(|started| started.elapsed()),
        first_chunk: learned.and_then(|learned| learned.first_chunk),
        usage: learned.and_then(|learned| learned.usage.get().copied()).unwrap_or_default(),
        counts: run.counts(),
        error_type: error_type.map(|label| match label {
            Label::Fixed(text) => (text.clone(), Origin::Constant),
            Label::Said(text) => (text.clone(), Origin::Evaluated),
        }),
    };
    let response_model = learned.and_then(|learned| learned.response_model.get());
    meters.record(&measurement, |key| match key {
        key::RESPONSE_MODEL => response_model.map(|model: &StringValue| (Value::String(model.clone()), Origin::Evaluated)),
        key => {
            let said = |said: &SharedValue| (said.value.clone(), said.origin);
            call.operation.constant(key).map(|value| (value.into(), Origin::Constant)).or_else(|| call.shared(key).map(said))
        }
    });
}
