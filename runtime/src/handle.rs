//! Handles on the calls that the current code is in.

use crate::call::core::{Call, Wants, current_call, current_loop as find_loop};
use crate::call::here::Here;
use crate::call::learned::{Learned, Source};
use crate::caught::caught;
use crate::value::{AttributeValue, Integer, Text, Usage};
use crate::vocabulary::{Kind, event, key, stop_reason_word};
use opentelemetry::{Key, KeyValue};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The loop that the current code runs in, however deep: steps and tools of it included, and tasks that were given its context.
/// Outside any loop, or while nobody listens, the handle does nothing.
#[inline]
pub fn current_loop() -> CurrentLoop {
    CurrentLoop(Handle(if is_off() { None } else { find_loop() }))
}

/// The step that the current code runs in, the tools of it included. Outside any step of the current loop, or while nobody listens,
/// the handle does nothing.
#[inline]
pub fn current_step() -> CurrentStep {
    CurrentStep(Handle(if is_off() { None } else { current_call(Kind::Step) }))
}

/// The tool that the current code runs in. Outside any tool of the current loop, or while nobody listens, the handle does nothing.
#[inline]
pub fn current_tool() -> CurrentTool {
    CurrentTool(Handle(if is_off() { None } else { current_call(Kind::Tool) }))
}

/// Inside a loop that nobody listens to: most often all there is to know.
#[inline]
fn is_off() -> bool {
    Here::current() == Here::Off
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
struct Handle(Option<Arc<Call>>);

impl Handle {
    fn recording(&self) -> Option<&Arc<Call>> {
        self.0.as_ref().filter(|call| call.wants.span())
    }

    fn event<A: IntoIterator<Item = KeyValue>>(&self, name: impl Into<Cow<'static, str>>, attributes: impl FnOnce() -> A) {
        if let Some(call) = self.recording() {
            call.add_event(name, attributes().into_iter().collect());
        }
    }

    fn set(&self, key: Key, value: &(impl AttributeValue + ?Sized)) {
        if let Some(call) = self.recording() {
            if let Some(value) = caught("what a handle was given", || value.attribute()).flatten() {
                call.learn(|learned| learned.attributes.set(key, value));
            }
        }
    }

    /// Says something that a meter may want to know, too. What it is comes from the user's code, so no lock is held yet.
    fn say<T>(&self, wanted: impl FnOnce(Wants) -> bool, what: impl FnOnce() -> T, say: impl FnOnce(&mut Learned, T)) {
        if let Some(call) = self.0.as_ref().filter(|call| wanted(call.wants)) {
            if let Some(what) = caught("what a handle was given", what) {
                call.learn(|learned| say(learned, what));
            }
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
        self.0.say(Wants::tokens, || usage.usage(), |learned, usage| learned.usage.say_more(usage));
    }

    /// Why the model stopped, in the provider's own word.
    pub fn stop_reason<V: Text>(&self, reason: V) {
        self.0.say(
            Wants::span,
            || reason.text_as(stop_reason_word),
            |learned, reason| learned.stop_reason.say(Source::Handle, reason),
        );
    }

    /// The model that answered.
    pub fn response_model<V: Text>(&self, model: V) {
        self.0.say(Wants::response_model, || model.text(), |learned, model| learned.response_model.say(Source::Handle, model));
    }

    /// The id that the provider gave the response.
    pub fn response_id<V: Text>(&self, id: V) {
        self.0.say(Wants::span, || id.text(), |learned, id| learned.response_id.say(Source::Handle, id));
    }
}
