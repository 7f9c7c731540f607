//! Handles on the calls that the current code is in.

use crate::scope;
use crate::span::{Facts, Live};
use crate::value::Usage;
use crate::value::{AttributeValue, Integer, Text};
use crate::vocabulary::{Kind, event, key};
use opentelemetry::{Key, KeyValue, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The loop that the current code runs in, however deep: steps and tools of it included, and tasks that were given its context.
/// Outside any loop, or while nobody listens, the handle does nothing.
pub fn current_loop() -> CurrentLoop {
    CurrentLoop(Handle(scope::current_loop()))
}

/// The step that the current code runs in, the tools of it included. Outside any step of the current loop, or while nobody listens,
/// the handle does nothing.
pub fn current_step() -> CurrentStep {
    CurrentStep(Handle(scope::current_call(Kind::Step)))
}

/// The tool that the current code runs in. Outside any tool of the current loop, or while nobody listens, the handle does nothing.
pub fn current_tool() -> CurrentTool {
    CurrentTool(Handle(scope::current_call(Kind::Tool)))
}

/// A handle on a loop, from [`current_loop`].
#[derive(Clone)]
pub struct CurrentLoop(Handle);

/// A handle on a step, from [`current_step`].
#[derive(Clone)]
pub struct CurrentStep(Handle);

/// A handle on a tool, from [`current_tool`].
#[derive(Clone)]
pub struct CurrentTool(Handle);

#[derive(Clone)]
struct Handle(Option<Arc<Live>>);

impl Handle {
    fn recording(&self) -> Option<&Arc<Live>> {
        self.0.as_ref().filter(|call| call.records)
    }

    fn event<A: IntoIterator<Item = KeyValue>>(&self, name: impl Into<Cow<'static, str>>, attributes: impl FnOnce() -> A) {
        if let Some(call) = self.recording() {
            let attributes = attributes().into_iter().collect();
            call.add_event(name, || attributes);
        }
    }

    fn set(&self, key: Key, value: &(impl AttributeValue + ?Sized)) {
        if let Some(call) = self.recording() {
            if let Some(value) = value.attribute() {
                call.facts().set(key, value);
            }
        }
    }

    /// Says something that a meter may want to know, too. What it is comes from the user's code, so no lock is held yet.
    fn say<T>(&self, wanted: impl FnOnce(&Live) -> bool, what: impl FnOnce() -> T, say: impl FnOnce(&mut Facts, T)) {
        if let Some(call) = self.0.as_ref().filter(|call| call.records || wanted(call)) {
            let what = what();
            say(&mut call.facts(), what);
        }
    }
}

impl Facts {
    /// A key that was set before is set anew.
    pub(crate) fn set(&mut self, key: Key, value: Value) {
        match self.attributes.iter_mut().find(|attribute| attribute.key == key) {
            Some(attribute) => attribute.value = value,
            None => self.attributes.push(KeyValue::new(key, value)),
        }
    }
}

macro_rules! any_handle {
    ($($handle:ident)*) => {$(
        impl $handle {
            /// Adds an event to the span. The attributes are evaluated only if it records.
            ///
            /// ```
            /// use opentelemetry::KeyValue;
            #[doc = concat!("use samplescope::", any_handle!(@function $handle), ";")]
            ///
            #[doc = concat!(any_handle!(@function $handle), "().event(\"cache.miss\", || [KeyValue::new(\"cache.size\", 12)]);")]
            /// ```
            pub fn event<A>(&self, name: impl Into<Cow<'static, str>>, attributes: impl FnOnce() -> A)
            where
                A: IntoIterator<Item = KeyValue>,
            {
                self.0.event(name, attributes);
            }

            /// Sets an attribute when the span ends; the last value of a key counts. A `None` sets nothing.
            /// A key that the attribute macro sets at the start cannot be taken back: it would be there twice.
            pub fn set<V: AttributeValue>(&self, key: impl Into<Key>, value: V) {
                self.0.set(key.into(), &value);
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($handle)).field("recording", &self.0.recording().is_some()).finish_non_exhaustive()
            }
        }
    )*};
    (@function CurrentLoop) => { "current_loop" };
    (@function CurrentStep) => { "current_step" };
    (@function CurrentTool) => { "current_tool" };
}

any_handle!(CurrentLoop CurrentStep CurrentTool);

impl CurrentLoop {
    /// The event `sampling.validation_failure`: the model's structured output did not validate, for the `consecutive`-th time in a row, from 1.
    pub fn validation_failure(&self, consecutive: impl Integer) {
        self.count(event::VALIDATION_FAILURE, key::CONSECUTIVE_FAILURES, &consecutive);
    }

    /// The event `sampling.text_response_retry`: the model answered with text instead of calling `final_response`,
    /// and is asked for the `retry`-th time, from 1, to do so.
    pub fn text_response_retry(&self, retry: impl Integer) {
        self.count(event::TEXT_RESPONSE_RETRY, key::RETRY_COUNT, &retry);
    }

    fn count(&self, name: &'static str, key: &'static str, count: &impl Integer) {
        self.0.event(name, || count.integer().map(|count| KeyValue::new(key, count)));
    }
}

impl CurrentStep {
    /// The tokens of this model call. Called again, counts that are known now replace those from before.
    pub fn usage<V: Usage>(&self, usage: V) {
        self.0.say(Live::measures_tokens, || usage.usage(), |facts, usage| facts.usage.say_more(usage));
    }

    /// Why the model stopped, in the provider's own word.
    pub fn stop_reason<V: Text>(&self, reason: V) {
        self.0.say(|_| false, || reason.text(), |facts, reason| facts.stop_reason.say(reason));
    }

    /// The model that answered.
    pub fn response_model<V: Text>(&self, model: V) {
        self.0.say(|call| call.measures(key::RESPONSE_MODEL), || model.text(), |facts, model| facts.response_model.say(model));
    }

    /// The id that the provider gave the response.
    pub fn response_id<V: Text>(&self, id: V) {
        self.0.say(|_| false, || id.text(), |facts, id| facts.response_id.say(id));
    }
}
