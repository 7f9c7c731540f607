//! Calls in the user's hands: those that the current code is in, and those that it starts itself. Both are told the same.

/// The methods of a handle and of a call as a value: both are told the same. `$function` starts the example.
macro_rules! told {
    (any $handle:ident, $function:literal) => {
        impl $handle {
            /// Adds an event to the span. The attributes are evaluated only if it records.
            ///
            /// ```
            /// use opentelemetry::KeyValue;
            ///
            #[doc = concat!("let call = samplescope::", $function, ";")]
            /// call.event("cache.miss", || [KeyValue::new("cache.size", 12)]);
            /// ```
            pub fn event<A>(&self, name: impl Into<Cow<'static, str>>, attributes: impl FnOnce() -> A)
            where
                A: IntoIterator<Item = KeyValue>,
            {
                self.told().event(name, attributes);
            }

            /// Sets an attribute when the span ends; the last value of a key counts. A `None` sets nothing.
            /// A key that the attribute macro sets at the start cannot be taken back: it would be there twice.
            pub fn set<V: AttributeValue>(&self, key: impl Into<Cow<'static, str>>, value: V) {
                self.told().set(key.into().into(), &value);
            }

            /// What it was found to be worth: the conventions' event `gen_ai.evaluation.result`, on the span and, through `tracing`, as a log event with the
            /// ids of the span. Once the call has ended this says nothing: then its [`reference`](Self::reference) does.
            pub fn evaluated(&self, evaluation: Evaluation<'_>) {
                self.told().evaluated(&evaluation);
            }

            /// What a later evaluation of this call needs to know, in another process, too. Where no span records, it says nothing.
            pub fn reference(&self) -> Reference {
                Reference::of(self.told())
            }

            /// The call fails, whatever comes back in the end: its status is Error with this description, which goes through the redactor.
            /// `error.type` is `tool_error` on a tool and `_OTHER` elsewhere. An argument `failed = …` and an `Err` go first.
            pub fn failed<V: Text>(&self, description: V) {
                self.told().failed(&description);
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($handle)).field("recording", &self.told().recording().is_some()).finish_non_exhaustive()
            }
        }
    };
    (asked $handle:ident) => {
        impl $handle {
            /// Content: what the model is told before everything else, where it is known only inside. The argument of that name goes first.
            pub fn system_prompt<V: ToMessages>(&self, prompt: V) {
                self.told().system(&prompt);
            }

            /// Content: what the model is asked, where it is known only inside. The argument of that name goes first; of several, the last counts.
            pub fn messages<V: ToMessages>(&self, messages: V) {
                self.told().input(&messages);
            }
        }
    };
    (loop $handle:ident, $function:literal) => {
        told!(any $handle, $function);
        told!(asked $handle);

        impl $handle {
            /// The event `sampling.validation_failure`: the model's structured output did not validate, for the `consecutive`-th time in a row,
            /// from 1.
            pub fn validation_failure(&self, consecutive: impl Integer) {
                self.told().count(event::VALIDATION_FAILURE, key::CONSECUTIVE_FAILURES, &consecutive);
            }

            /// The event `sampling.text_response_retry`: the model answered with text instead of calling `final_response`,
            /// and is asked for the `retry`-th time, from 1, to do so.
            pub fn text_response_retry(&self, retry: impl Integer) {
                self.told().count(event::TEXT_RESPONSE_RETRY, key::RETRY_COUNT, &retry);
            }

            /// The event `samplescope.tool_decision`: what a person or a policy decided on a tool call, before it was made or instead. Who decided is said by
            /// [`by`](ToolDecision::by); the event is there at the end of the statement. Name and id are taken only if the loop's span records.
            ///
            /// ```
            /// use samplescope::{Decision, current_loop};
            /// # struct Call { name: String, id: String }
            /// # fn example(call: &Call) {
            /// current_loop().tool_decision(&call.name, &call.id, Decision::Denied).by("user");
            /// # }
            /// ```
            pub fn tool_decision(&self, name: impl Text, call_id: impl Text, decision: Decision) -> ToolDecision {
                ToolDecision::new(self.told(), &name, &call_id, decision)
            }

            /// The event `samplescope.compacted`: the history that the model is sent was made shorter, from `before` messages to `after`. Steps that begin
            /// from now on have `gen_ai.conversation.compacted`; those of loops inside have a history of their own, and have not.
            pub fn compacted(&self, before: impl Integer, after: impl Integer) {
                self.told().compacted(&before, &after);
            }

            /// The response that the loop came to, in the shape of any provider that [the guide](crate::guide::providers) names: its content is the answer.
            #[track_caller]
            pub fn response<V: Readable>(&self, response: V) {
                self.told().response(&response, type_name::<V>(), Location::caller());
            }

            /// Content: what the loop came to. The argument of that name goes first; of several, the last counts.
            pub fn answer<V: ToMessages>(&self, answer: V) {
                self.told().output(&answer);
            }
        }
    };
    (step $handle:ident, $function:literal) => {
        told!(any $handle, $function);
        told!(asked $handle);

        impl $handle {
            /// The tokens of this model call. Called again, counts that are known now replace those from before.
            pub fn usage<V: Usage>(&self, usage: V) {
                self.told().say(Wants::usage, || usage.usage(), |learned, usage| learned.say_usage(SaidBy::Handle, usage));
            }

            /// Why the model stopped, in the provider's own word.
            pub fn stop_reason<V: Text>(&self, reason: V) {
                let reason = || reason.text_as(stop_reason_word);
                self.told().say(Wants::span, reason, |learned, reason| learned.stop_reason.say(SaidBy::Handle, reason));
            }

            /// The model that answered.
            pub fn response_model<V: Text>(&self, model: V) {
                let model = || model.text();
                self.told().say(Wants::tokens, model, |learned, model| learned.response_model.say(SaidBy::Handle, model));
            }

            /// The id that the provider gave the response.
            pub fn response_id<V: Text>(&self, id: V) {
                self.told().say(Wants::span, || id.text(), |learned, id| learned.response_id.say(SaidBy::Handle, id));
            }

            /// The response itself, in the shape of any provider that [the guide](crate::guide::providers) names: whatever of it is not said otherwise.
            #[track_caller]
            pub fn response<V: Readable>(&self, response: V) {
                self.told().response(&response, type_name::<V>(), Location::caller());
            }

            /// Content: what the model said. The argument of that name goes first; of several, the last counts.
            pub fn message<V: ToMessages>(&self, message: V) {
                self.told().output(&message);
            }
        }
    };
    (tool $handle:ident, $function:literal) => {
        told!(any $handle, $function);

        impl $handle {
            /// Content: what the model called the tool with. Of several, the last counts, and the argument of that name among these.
            /// Of an operation that is no tool call it says nothing.
            pub fn arguments<V: Serialize>(&self, arguments: V) {
                self.told().tool_text(Piece::ToolArguments, &arguments, |learned, json| learned.content().arguments_json(json));
            }

            /// Content: what a retrieval or a memory is asked, where it is known only inside. Of several, the last counts, and the argument of that name among
            /// these. Of a tool call it says nothing.
            pub fn query<V: Text>(&self, query: V) {
                self.told().query(&query);
            }

            /// Content: what a retrieval or a memory found: any list that serialises, best of objects with `id` and `score`. The argument of that name goes
            /// first; of several, the last counts. Of a tool call it says nothing.
            pub fn documents<V: Serialize>(&self, documents: V) {
                self.told().tool_text(Piece::ToolResult, &documents, |learned, json| learned.content().found(json));
            }

            /// Content: what the tool gave back. The argument of that name goes first; of several, the last counts. Of an operation that is no tool call it says
            /// nothing.
            pub fn result<V: Serialize>(&self, result: V) {
                self.told().tool_text(Piece::ToolResult, &result, |learned, json| learned.content().result(json));
            }
        }
    };
}

mod current;
mod decision;
mod description;
mod evaluated;
mod reference;
mod started;

pub use crate::call::owned::EnteredCall;
pub use current::{CurrentLoop, CurrentStep, CurrentTool, current_loop, current_step, current_tool};
pub use decision::ToolDecision;
pub use description::{LoopDescription, StepDescription, ToolDescription};
pub use reference::{InvalidReference, Reference};
pub use started::{LoopCall, StepCall, ToolCall, start_loop, start_step, start_step_as, start_tool, start_tool_as};

use crate::call::core::{Call, Wants};
use crate::call::learned::{Learned, SaidBy};
use crate::caught::caught;
use crate::read::walk::Readable;
use crate::settings::Piece;
use crate::value::{AttributeValue, Chunk, Integer, Message, Text, ToMessages};
use crate::vocabulary::{event, key};
use opentelemetry::{Key, KeyValue};
use serde::Serialize;
use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

/// What a call is told by hand. Nothing is evaluated unless somebody listens to it, and no lock is held while it is.
#[derive(Clone, Copy)]
struct Told<'a>(Option<&'a Arc<Call>>);

impl<'a> Told<'a> {
    fn recording(self) -> Option<&'a Arc<Call>> {
        self.0.filter(|call| call.wants.span())
    }

    fn event<A: IntoIterator<Item = KeyValue>>(self, name: impl Into<Cow<'static, str>>, attributes: impl FnOnce() -> A) {
        if let Some(call) = self.recording() {
            call.add_event(name, attributes().into_iter().collect());
        }
    }

    fn set(self, key: Key, value: &(impl AttributeValue + ?Sized)) {
        let set = |learned: &mut Learned, value: Option<_>| {
            if let Some(value) = value {
                learned.attributes.set(key, value);
            }
        };
        self.say(Wants::span, || value.attribute(), set);
    }

    /// Says something, if a listener wants it.
    fn say<T>(self, wanted: impl FnOnce(Wants) -> bool, what: impl FnOnce() -> T, say: impl FnOnce(&mut Learned, T)) {
        if let Some(call) = self.0.filter(|call| wanted(call.wants)) {
            if let Some(what) = caught("what a handle was given", what) {
                call.learn(|learned| say(learned, what));
            }
        }
    }

    fn failed(self, description: &(impl Text + ?Sized)) {
        if let Some(call) = self.0.filter(|call| call.wants.ending()) {
            let description = caught("what a handle was given", || description.text()).flatten();
            call.say_failed(SaidBy::Handle, Some((None, description.map(String::from))));
        }
    }

    fn system(self, prompt: &(impl ToMessages + ?Sized)) {
        self.say(Wants::content, || prompt.to_messages(), |learned, messages| learned.content().late_system(messages));
    }

    fn input(self, messages: &(impl ToMessages + ?Sized)) {
        self.say(Wants::content, || messages.to_messages(), |learned, messages| learned.content().late_input(messages));
    }

    fn output(self, messages: &(impl ToMessages + ?Sized)) {
        let keep = |learned: &mut Learned, messages: Vec<Message>| {
            if !messages.is_empty() {
                learned.say_output(messages);
            }
        };
        self.say(Wants::content, || messages.to_messages(), keep);
    }

    fn tool_text(self, piece: Piece, value: &(impl Serialize + ?Sized), keep: impl FnOnce(&mut Learned, Option<String>)) {
        let Some(settings) = self.0.and_then(|call| call.settings()) else { return };
        self.say(Wants::content, || settings.serialized(piece, value), keep);
    }

    fn query(self, query: &(impl Text + ?Sized)) {
        let Some(settings) = self.0.and_then(|call| call.settings()) else { return };
        let text = || query.text().map(|text| settings.query(text.as_str()));
        self.say(Wants::content, text, |learned, query| learned.content().query_text(query));
    }

    fn response(self, response: &dyn Readable, type_name: &'static str, at: &'static Location<'static>) {
        if let Some(call) = self.0 {
            call.say_response(response, type_name, at);
        }
    }

    fn chunk(self, chunk: Chunk<'_>, at: &'static Location<'static>) {
        if let Some(call) = self.0.filter(|call| call.wants.anything()) {
            caught("what a handle was given", || call.say_chunk(chunk, at));
        }
    }

    fn compacted(self, before: &impl Integer, after: &impl Integer) {
        let Some(call) = self.recording() else { return };
        let count = |key, count: Option<i64>| count.map(|count| KeyValue::new(key, count));
        let counts = || [count(key::MESSAGES_BEFORE, before.integer()), count(key::MESSAGES_AFTER, after.integer())];
        let counts = caught("what a handle was given", counts).into_iter().flatten().flatten();
        call.add_event(event::COMPACTED, counts.collect());
        if let Some(run) = &call.run {
            run.compacted();
        }
    }

    fn count(self, name: &'static str, key: &'static str, count: &impl Integer) {
        self.event(name, || count.integer().map(|count| KeyValue::new(key, count)));
    }
}
