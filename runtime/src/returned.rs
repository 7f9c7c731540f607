//! The response side: what came back, seen by type.
//!
//! Each probe is a chain of `Deref`s: an inherent method on the narrow type wins, the next link is the fallback.
//! So `Result` is recognised through any alias, and a type that says something of itself is asked, without a trait in scope
//! and without a bound on anybody's type.
//!
//! ```text
//! Returned<Result<T, E>>  →  AnyReturned<R>
//! Failed<E: ErrorType + Display>  →  FailedNamed<E: ErrorType>  →  FailedShown<E: Display>  →  FailedAny<E>
//! Success<T: SamplingResponse>  →  SuccessTool<T: ToolOutcome>  →  AnySuccess<T>
//! ```

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::ending::Failure;
use crate::settings::Piece;
use crate::span::Live;
use crate::value::ErrorType;
use crate::value::ToMessages;
use crate::value::error_type;
use crate::value::registered::{Back, Given};
use crate::value::{AttributeValue, Flag, Text};
use crate::value::{SamplingResponse, ToolOutcome, Usage};
use crate::vocabulary::key;
use opentelemetry::StringValue;
use serde::Serialize;
use std::any::type_name;
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Display;
use std::ops::Deref;

/// What the function returned, and the call that it ends.
pub struct Returned<'a, R>(AnyReturned<'a, R>);

/// What is not a `Result` is a success.
pub struct AnyReturned<'a, R> {
    value: &'a R,
    call: &'a Live,
}

impl<'a, R> Returned<'a, R> {
    pub(crate) fn new(value: &'a R, call: &'a Live) -> Self {
        Returned(AnyReturned { value, call })
    }
}

impl<'a, R> Deref for Returned<'a, R> {
    type Target = AnyReturned<'a, R>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T, E> Returned<'a, Result<T, E>> {
    /// The error, if it is one.
    pub fn __ss_error(&self) -> Failed<'a, E> {
        Failed::new(self.0.value.as_ref().err(), self.0.call)
    }

    /// The success value, if it is one.
    pub fn __ss_success(&self) -> Success<'a, T> {
        Success::new(self.0.value.as_ref().ok(), self.0.call)
    }
}

impl<'a, R> AnyReturned<'a, R> {
    /// There is no error.
    pub fn __ss_error(&self) -> Failed<'a, Infallible> {
        Failed::new(None, self.call)
    }

    /// The value.
    pub fn __ss_success(&self) -> Success<'a, R> {
        Success::new(Some(self.value), self.call)
    }
}

/// An error that names its kind and can be shown.
pub struct Failed<'a, E>(FailedNamed<'a, E>);

/// An error that names its kind.
pub struct FailedNamed<'a, E>(FailedShown<'a, E>);

/// An error that can be shown.
pub struct FailedShown<'a, E>(FailedAny<'a, E>);

/// Any error: its type has a name.
pub struct FailedAny<'a, E> {
    error: Option<&'a E>,
    call: &'a Live,
}

impl<'a, E> Failed<'a, E> {
    fn new(error: Option<&'a E>, call: &'a Live) -> Self {
        Failed(FailedNamed(FailedShown(FailedAny { error, call })))
    }
}

impl<'a, E> Deref for Failed<'a, E> {
    type Target = FailedNamed<'a, E>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, E> Deref for FailedNamed<'a, E> {
    type Target = FailedShown<'a, E>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, E> Deref for FailedShown<'a, E> {
    type Target = FailedAny<'a, E>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<E: ErrorType + Display> Failed<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|error| error.error_type().into_owned().into(), |error| Some(error.to_string()));
    }
}

impl<E: ErrorType> FailedNamed<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|error| error.error_type().into_owned().into(), |_| None);
    }
}

impl<E: Display> FailedShown<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|_| error_type::of_type::<E>(), |error| Some(error.to_string()));
    }
}

impl<'a, E> FailedAny<'a, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|_| error_type::of_type::<E>(), |_| None);
    }

    /// `error.type`, for this function: goes before what the error says of itself.
    pub fn __ss_error_type<V: Text>(&self, of: impl FnOnce(&'a E) -> V) {
        if let Some(error) = self.error.filter(|_| self.call.tells_ending()) {
            let kind = of(error).text();
            self.call.facts().error_type = kind.map(|kind| String::from(kind).into());
        }
    }

    fn put(&self, kind: impl FnOnce(&E) -> Cow<'static, str>, message: impl FnOnce(&E) -> Option<String>) {
        let Some(error) = self.error.filter(|_| self.call.tells_ending()) else { return };
        let named = self.call.facts().error_type.take();
        let error_type = named.unwrap_or_else(|| kind(error));
        let settings = &self.call.settings;
        let shown = self.call.records && settings.exports_error_messages();
        let message = shown.then(|| message(error)).flatten().map(|message| settings.text(Piece::ErrorMessage, &message));
        self.call.facts().failure = Some(Failure { error_type, exception_type: type_name::<E>(), message });
    }
}

/// The success value of a response that says something of itself.
pub struct Success<'a, T>(AnySuccess<'a, T>);

/// Any success value.
pub struct AnySuccess<'a, T> {
    value: Option<&'a T>,
    call: &'a Live,
}

impl<'a, T> Success<'a, T> {
    fn new(value: Option<&'a T>, call: &'a Live) -> Self {
        Success(AnySuccess { value, call })
    }
}

impl<'a, T> Deref for Success<'a, T> {
    type Target = AnySuccess<'a, T>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: SamplingResponse> Success<'_, T> {
    /// What the response says of itself, where nobody has said it yet.
    pub fn __ss_response(&self) {
        let Some(response) = self.0.value else { return };
        let call = self.0.call;
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| StringValue::from(text.into_owned()));
        if call.records || call.measures_tokens() {
            let usage = response.usage();
            call.facts().usage.fill(|| usage);
        }
        if call.records || call.measures(key::RESPONSE_MODEL) {
            let model = owned(response.model());
            call.facts().response_model.fill(|| model);
        }
        if call.records {
            let (stop_reason, id) = (owned(response.stop_reason()), owned(response.id()));
            let mut facts = call.facts();
            facts.stop_reason.fill(|| stop_reason);
            facts.response_id.fill(|| id);
        }
        if call.captures && !call.facts().content().has_output() {
            let messages = response.message().to_messages();
            call.facts().content().output(messages);
        }
    }
}

impl<T: ToolOutcome> Success<'_, T> {
    /// What the outcome says of itself, where nobody has said it yet.
    pub fn __ss_outcome(&self) {
        let Some(outcome) = self.0.value else { return };
        let call = self.0.call;
        if call.tells_ending() {
            let failed = outcome.failed();
            call.facts().failed.fill(|| Some(failed));
        }
        if call.captures && !call.facts().content().has_result() {
            if let Some(result) = outcome.result() {
                call.keep_result(&result);
            }
        }
    }
}

/// The arguments. Each is named after its key; an IDE that hovers over the key shows what stands here.
impl<'a, T> AnySuccess<'a, T> {
    /// The response says nothing of itself.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_response(&self) {}

    /// The outcome says nothing of itself.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_outcome(&self) {}

    /// `fastmcp.sampling.stop_reason` and `gen_ai.response.finish_reasons`: why the model stopped, in the provider's word.
    pub fn __ss_stop_reason<V: Text>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(reason) = self.ask(self.call.records, |success| of(success).text()) {
            self.call.facts().stop_reason.write(reason);
        }
    }

    /// `gen_ai.response.model`: the model that answered.
    pub fn __ss_response_model<V: Text>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(model) = self.ask(self.call.records || self.call.measures(key::RESPONSE_MODEL), |success| of(success).text())
        {
            self.call.facts().response_model.write(model);
        }
    }

    /// `gen_ai.response.id`: the provider's id for the response.
    pub fn __ss_response_id<V: Text>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(id) = self.ask(self.call.records, |success| of(success).text()) {
            self.call.facts().response_id.write(id);
        }
    }

    /// `gen_ai.usage.*` and `gen_ai.client.token.usage`: the tokens of this call.
    pub fn __ss_usage<V: Usage>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(usage) = self.ask(self.call.records || self.call.measures_tokens(), |success| of(success).usage()) {
            self.call.facts().usage.write(usage);
        }
    }

    /// Whether a value that came back as a success is none.
    pub fn __ss_failed<V: Flag>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(failed) = self.ask(self.call.tells_ending(), |success| of(success).flag()) {
            self.call.facts().failed.write(Some(failed));
        }
    }

    /// Content: what the model said.
    pub fn __ss_message<V: ToMessages>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(messages) = self.ask(self.call.captures, |success| of(success).to_messages()) {
            self.call.facts().content().output(messages);
        }
    }

    /// Content: what the loop came to.
    pub fn __ss_answer<V: ToMessages>(&self, of: impl FnOnce(&'a T) -> V) {
        self.__ss_message(of);
    }

    /// Content: what the tool gave back.
    pub fn __ss_result<V: Serialize>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(result) = self.ask(self.call.captures, of) {
            self.call.keep_result(&result);
        }
    }

    /// An attribute of the user's own.
    pub fn __ss_attribute<V: AttributeValue>(&self, key: &'static str, of: impl FnOnce(&'a T) -> V) {
        if let Some(value) = self.ask(self.call.records, of).and_then(|value| value.attribute()) {
            self.call.facts().set(key.into(), value);
        }
    }

    pub(crate) fn call(&self) -> &'a Live {
        self.call
    }

    /// An attribute of the registry's.
    pub fn __ss_given<V>(&self, of: impl FnOnce(&'a T) -> V) -> Given<V, Back<'a>> {
        Given::new(self.ask(self.call.records, of), Back(self.call))
    }

    /// Evaluates a closure of the user's, if there is a success value and somebody wants to know. No lock of ours is held meanwhile: it may use a handle,
    /// and so may the `Serialize` or `ToMessages` of what it gives.
    pub(crate) fn ask<V>(&self, wanted: bool, of: impl FnOnce(&'a T) -> V) -> Option<V> {
        self.value.filter(|_| wanted).map(of)
    }
}
