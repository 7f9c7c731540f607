//! The response side: what came back, seen by type.
//!
//! Each probe is a chain of `Deref`s: an inherent method on the narrow type wins, the next link is the fallback.
//! So `Result` is recognised through any alias, and a type that says something of itself is asked, without a trait in scope
//! and without a bound on anybody's type.
//!
//! ```text
//! Returned<Result<T, E>>  →  AnyReturned<R>
//! Failed<E: ErrorType + Display>  →  FailedNamed<E: ErrorType>  →  FailedTold<E: Serialize + Display>  →  FailedRead<E: Serialize>
//!   →  FailedShown<E: Display>  →  FailedAny<E>
//! Success<T: SamplingResponse>  →  SuccessTool<T: ToolOutcome>  →  AnySuccess<T>
//! ```

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::core::Call;
use crate::call::ending::Label;
use crate::call::harness::Then;
use crate::call::learned::SaidBy;
use crate::caught::caught;
use crate::content::Captured;
use crate::read::error::error as read_error;
use crate::read::probe::{ContentProbe, chain};
use crate::read::walk::Readable;
use crate::settings::Piece;
use crate::value::registered::{Registered, Sink};
use crate::value::{
    AttributeValue, Chunk, ErrorType, Flag, Message, SamplingResponse, Text, ToMessages as _, ToolOutcome, Usage, error_type,
};
use crate::vocabulary::{Kind, stop_reason_word};
use opentelemetry::{StringValue, Value};
use serde::Serialize;
use std::any::type_name;
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Display;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;

chain! {
    Returned<'a> to AnyReturned
    Failed<'a> to FailedNamed
    FailedNamed<'a> to FailedTold
    FailedTold<'a> to FailedRead
    FailedRead<'a> to FailedShown
    FailedShown<'a> to FailedAny
    Success<'a> to AnySuccess
    Reading<'a> to AnyReading
    Failing<'a> to FailingNamed
    FailingNamed<'a> to FailingShown
    FailingShown<'a> to AnyFailing
}

/// What the function returned, and the call that it ends.
pub struct Returned<'a, R>(AnyReturned<'a, R>);

/// What is not a `Result` is a success.
pub struct AnyReturned<'a, R> {
    value: &'a mut R,
    call: &'a Arc<Call>,
    /// Whether closures are called, and what has a type of the user's is asked.
    asks: bool,
}

impl<'a, R> Returned<'a, R> {
    pub(crate) fn new(value: &'a mut R, call: &'a Arc<Call>, asks: bool) -> Self {
        Returned(AnyReturned { value, call, asks })
    }

    pub(crate) fn into_parts(self) -> (&'a mut R, &'a Arc<Call>) {
        (self.0.value, self.0.call)
    }
}

impl<T, E> Returned<'_, Result<T, E>> {
    /// The error, if it is one.
    pub fn __ss_error(&self) -> Failed<'_, E> {
        Failed::new(self.0.value.as_ref().err(), self.0.call, self.0.asks)
    }

    /// The success value, if it is one.
    pub fn __ss_success(&self) -> Success<'_, T> {
        Success::new(self.0.value.as_ref().ok().filter(|_| self.0.asks), self.0.call)
    }
}

impl<R> AnyReturned<'_, R> {
    /// There is no error.
    pub fn __ss_error(&self) -> Failed<'_, Infallible> {
        Failed::new(None, self.call, self.asks)
    }

    /// The value.
    pub fn __ss_success(&self) -> Success<'_, R> {
        Success::new(Some(&*self.value).filter(|_| self.asks), self.call)
    }

    /// What the model said, or the loop came to.
    pub fn __ss_output(&self, messages: Vec<Message>) {
        self.call.say_output(messages);
    }

    /// What is no stream ends the call.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_then(&self, _: impl Fn(Returned<'_, ()>)) -> Then {
        Then::Ends
    }

    /// Only here to say what is wrong.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_items(&self, _: impl Fn(Returned<'_, R::Item>)) -> Then
    where
        R: ReturnedStream,
    {
        Then::Ends
    }
}

/// A stream that is seen by its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no stream that is seen by its type",
    label = "`stream` needs a stream that this function returns",
    note = "`stream` is for functions that return `impl Stream`, `Pin<Box<dyn Stream>>` with or without `Send`, or a `Result` of one of these",
    note = "for any other stream, open the call in the function and hand the stream on: `samplescope::start_step(|step| …).stream(stream, |item| Chunk::new()…)`"
)]
pub trait ReturnedStream {
    /// What the stream is made of.
    type Item;
}

/// An error that names its kind and can be shown.
pub struct Failed<'a, E>(FailedNamed<'a, E>);

/// An error that names its kind.
pub struct FailedNamed<'a, E>(FailedTold<'a, E>);

/// An error that serialises, as a provider's does, and can be shown.
pub struct FailedTold<'a, E>(FailedRead<'a, E>);

/// An error that serialises.
pub struct FailedRead<'a, E>(FailedShown<'a, E>);

/// An error that can be shown.
pub struct FailedShown<'a, E>(FailedAny<'a, E>);

/// Any error: its type has a name.
pub struct FailedAny<'a, E> {
    error: Option<&'a E>,
    call: &'a Call,
    asks: bool,
}

impl<'a, E> Failed<'a, E> {
    fn new(error: Option<&'a E>, call: &'a Call, asks: bool) -> Self {
        Failed(FailedNamed(FailedTold(FailedRead(FailedShown(FailedAny { error, call, asks })))))
    }
}

impl<E: ErrorType + Display> Failed<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|error| Some(error.error_type()), error_type::shown);
    }
}

impl<E: ErrorType> FailedNamed<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|error| Some(error.error_type()), |_| None);
    }
}

impl<E: Readable + Display> FailedTold<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|error| read_error(error).map(|own| String::from(own).into()), error_type::shown);
    }
}

impl<E: Readable> FailedRead<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|error| read_error(error).map(|own| String::from(own).into()), |_| None);
    }
}

impl<E: Display> FailedShown<'_, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|_| None, error_type::shown);
    }
}

impl<'a, E> FailedAny<'a, E> {
    /// The error ends the call.
    pub fn __ss_record(&self) {
        self.put(|_| None, |_| None);
    }

    /// `error.type`, for this function: goes before what the error says of itself.
    pub fn __ss_error_type<V: Text>(&self, of: impl FnOnce(&'a E) -> V) {
        let Some(error) = self.error.filter(|_| self.asks && self.call.wants.ending()) else { return };
        if let Some(label) = of(error).text() {
            self.call.learn(|learned| learned.error_type = Some(Label::said(String::from(label))));
        }
    }

    /// An attribute of the user's own.
    #[inline]
    pub fn __ss_attribute<V: AttributeValue>(&self, key: &'static str, of: impl FnOnce(&'a E) -> V) {
        if let Some(error) = self.error.filter(|_| self.asks && self.call.wants.span()) {
            self.call.say_attribute(key, &of(error));
        }
    }

    /// An attribute of the registry's.
    #[inline]
    pub fn __ss_registered<V>(&self, of: impl FnOnce(&'a E) -> V) -> Registered<V, End<'a>> {
        Registered::new(self.error.filter(|_| self.asks && self.call.wants.span()).map(of), End(self.call))
    }

    /// What is the error's own text is read by its own code, which may panic: then it has its type still.
    fn put(&self, label: impl FnOnce(&E) -> Option<Cow<'_, str>>, message: fn(&E) -> Option<String>) {
        let Some(error) = self.error.filter(|_| self.call.wants.ending()) else { return };
        let label = caught("an error's `ErrorType`", || label(error).map(|label| Label::said(label.into_owned()))).flatten();
        let error_type = label.unwrap_or_else(|| Label::fixed(error_type::of_type::<E>()));
        let message = self.call.displayed(|| message(error));
        self.call.say_failure(error_type, type_name::<E>(), message);
    }
}

/// The success value of a response that says something of itself.
pub struct Success<'a, T>(AnySuccess<'a, T>);

/// Any success value.
pub struct AnySuccess<'a, T> {
    value: Option<&'a T>,
    call: &'a Call,
}

impl<'a, T> Success<'a, T> {
    fn new(value: Option<&'a T>, call: &'a Call) -> Self {
        Success(AnySuccess { value, call })
    }
}

impl<T: SamplingResponse> Success<'_, T> {
    /// What the response says of itself, where nobody has said it yet.
    pub fn __ss_says(&self) {
        let Some(response) = self.0.value else { return };
        let call = self.0.call;
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| StringValue::from(text.into_owned()));
        if call.wants.tokens() {
            let usage = response.usage().filter(|_| call.wants.usage());
            call.learn(|learned| learned.say_usage(SaidBy::Response, usage));
        }
        if call.wants_response_model() {
            let model = owned(response.model());
            call.learn(|learned| learned.response_model.say(SaidBy::Response, model));
        }
        if call.wants.span() {
            let stop_reason = response.stop_reason().map(|said| stop_reason_word(&said));
            let id = owned(response.id());
            call.learn(|learned| {
                learned.stop_reason.say(SaidBy::Response, stop_reason);
                learned.response_id.say(SaidBy::Response, id);
            });
        }
        if call.wants.content() && !call.has_content(Captured::has_output) {
            let messages = response.message().to_messages();
            call.learn(|learned| learned.say_output(messages));
        }
    }
}

impl<T: ToolOutcome> Success<'_, T> {
    /// What the outcome says of itself, where nobody has said it yet.
    pub fn __ss_outcome(&self) {
        let Some(outcome) = self.0.value else { return };
        let call = self.0.call;
        if call.wants.ending() {
            let failed = outcome.failed();
            call.learn(|learned| learned.failed.say(SaidBy::Response, Some(failed.then(Box::default))));
        }
        if call.wants.content() && !call.has_content(Captured::has_result) {
            if let Some(result) = outcome.result() {
                keep(call, &result, Captured::result);
            }
        }
    }
}

/// Keeps what a tool gave back, or what was found. It is serialised and redacted first, with no lock held.
fn keep(call: &Call, said: &(impl Serialize + ?Sized), keep: fn(&mut Captured, Option<String>)) {
    if let Some(settings) = call.settings() {
        let said = settings.serialized(Piece::ToolResult, said);
        call.learn(|learned| keep(learned.content(), said));
    }
}

/// The arguments. Each is named after its key; an IDE that hovers over the key shows what stands here.
impl<'a, T> AnySuccess<'a, T> {
    /// The response says nothing of itself.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_says(&self) {}

    /// The outcome says nothing of itself.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_outcome(&self) {}

    /// `fastmcp.sampling.stop_reason` and `gen_ai.response.finish_reasons`: why the model stopped, in the provider's word.
    #[inline]
    pub fn __ss_stop_reason<V: Text>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(success) = self.success(self.call.wants.span()) {
            self.call.say_stop_reason(&of(success));
        }
    }

    /// `gen_ai.response.model`: the model that answered.
    #[inline]
    pub fn __ss_response_model<V: Text>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(success) = self.success(self.call.wants_response_model()) {
            self.call.say_response_model(&of(success));
        }
    }

    /// `gen_ai.response.id`: the provider's id for the response.
    #[inline]
    pub fn __ss_response_id<V: Text>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(success) = self.success(self.call.wants.span()) {
            self.call.say_response_id(&of(success));
        }
    }

    /// `gen_ai.usage.*`, and the metrics of tokens: the tokens of this call.
    #[inline]
    pub fn __ss_usage<V: Usage>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(success) = self.success(self.call.wants.usage()) {
            self.call.say_usage(&of(success));
        }
    }

    /// Whether a value that came back as a success is none, and why.
    #[inline]
    pub fn __ss_failed<V>(&self, of: impl FnOnce(&'a T) -> V) -> Failing<'a, V> {
        Failing::new(self.success(self.call.wants.ending()).map(of), self.call)
    }

    /// Content: what the model said.
    pub fn __ss_message<V>(&self, of: impl FnOnce(&'a T) -> V) -> ContentProbe<V> {
        ContentProbe::new(self.success(self.call.wants.content()).map(of))
    }

    /// Content: what the loop came to.
    pub fn __ss_answer<V>(&self, of: impl FnOnce(&'a T) -> V) -> ContentProbe<V> {
        self.__ss_message(of)
    }

    /// The response itself, in the shape of its provider: whatever of it is not said otherwise. Of a loop, its answer.
    pub fn __ss_response<V>(&self, of: impl FnOnce(&'a T) -> V) -> Reading<'a, V> {
        let wants = self.call.wants;
        let wanted = if self.call.kind == Kind::Loop { wants.content() } else { wants.tokens() };
        Reading(AnyReading { value: self.success(wanted).map(of), call: self.call })
    }

    /// Content: what the tool gave back.
    #[inline]
    pub fn __ss_result<V: Serialize>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(success) = self.success(self.call.wants.content()) {
            keep(self.call, &of(success), Captured::result);
        }
    }

    /// Content: what was found.
    #[inline]
    pub fn __ss_documents<V: Serialize>(&self, of: impl FnOnce(&'a T) -> V) {
        if let Some(success) = self.success(self.call.wants.content()) {
            keep(self.call, &of(success), Captured::found);
        }
    }

    /// What an item of a stream says.
    #[inline]
    #[track_caller]
    pub fn __ss_chunk(&self, of: impl FnOnce(&'a T) -> Chunk<'a>) {
        self.chunk(of, Location::caller());
    }

    /// As [`__ss_chunk`](Self::__ss_chunk), of a closure that stands somewhere else.
    #[inline]
    pub(crate) fn chunk(&self, of: impl FnOnce(&'a T) -> Chunk<'a>, at: &'static Location<'static>) {
        let wants = self.call.wants;
        // An item may say how the call ends, too.
        if let Some(item) = self.success(wants.tokens() || wants.ending()) {
            self.call.say_chunk(of(item), at);
        }
    }

    /// An attribute of the user's own.
    #[inline]
    pub fn __ss_attribute<V: AttributeValue>(&self, key: &'static str, of: impl FnOnce(&'a T) -> V) {
        if let Some(success) = self.success(self.call.wants.span()) {
            self.call.say_attribute(key, &of(success));
        }
    }

    /// An attribute of the registry's.
    #[inline]
    pub fn __ss_registered<V>(&self, of: impl FnOnce(&'a T) -> V) -> Registered<V, End<'a>> {
        Registered::new(self.success(self.call.wants.span()).map(of), End(self.call))
    }

    /// The success value, if there is one and somebody wants to know. No lock of ours is held while a closure looks at it: it may use a handle,
    /// and so may the `Serialize` or `ToMessages` of what it gives.
    #[inline]
    fn success(&self, wanted: bool) -> Option<&'a T> {
        if wanted { self.value } else { None }
    }
}

/// A response that can be read.
pub struct Reading<'a, V>(AnyReading<'a, V>);

/// Anything else cannot.
pub struct AnyReading<'a, V> {
    value: Option<V>,
    call: &'a Call,
}

impl<V: Readable> Reading<'_, V> {
    /// What the response says, where nothing else says it.
    #[track_caller]
    pub fn __ss_said(&self) {
        if let Some(value) = &self.0.value {
            self.0.call.say_response(value, type_name::<V>(), Location::caller());
        }
    }
}

impl<V> AnyReading<'_, V> {
    /// Only here to say what is wrong.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_said(&self)
    where
        V: NeverRead,
    {
    }
}

/// What nothing has: whatever is a response, has `Serialize`. With `Readable` in its place, rustc would look for what a `Box` holds, and say
/// which types have `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read: it does not implement `serde::Serialize`",
    label = "expected something that serialises",
    note = "say what it says yourself instead: `usage = …`, `stop_reason = …`, `message = …`, or implement `samplescope::SamplingResponse` for its type"
)]
pub trait NeverRead {}

/// A flag says whether a success is none.
pub struct Failing<'a, V>(FailingNamed<'a, V>);

/// An error in an `Option`, which names its kind and can be shown.
pub struct FailingNamed<'a, V>(FailingShown<'a, V>);

/// An error in an `Option` that can be shown.
pub struct FailingShown<'a, V>(AnyFailing<'a, V>);

/// Anything else is no such answer.
pub struct AnyFailing<'a, V> {
    value: Option<V>,
    call: &'a Call,
}

impl<'a, V> Failing<'a, V> {
    fn new(value: Option<V>, call: &'a Call) -> Self {
        Failing(FailingNamed(FailingShown(AnyFailing { value, call })))
    }
}

impl<V: Flag> Failing<'_, V> {
    /// A `true` fails the call.
    pub fn __ss_said(&self) {
        let AnyFailing { value, call } = &self.0.0.0;
        if let Some(value) = value {
            call.say_flag(value);
        }
    }
}

impl<V: MaybeError> FailingNamed<'_, V>
where
    V::Error: ErrorType + Display,
{
    /// An error fails the call.
    pub fn __ss_said(&self) {
        self.0.0.put(|error| Some(error.error_type().into_owned()));
    }
}

impl<V: MaybeError> FailingShown<'_, V>
where
    V::Error: Display,
{
    /// An error fails the call.
    pub fn __ss_said(&self) {
        self.0.put(|_| None);
    }
}

impl<V> AnyFailing<'_, V> {
    /// Only here to say what is wrong.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_said(&self)
    where
        V: Flag,
    {
    }

    fn put(&self, error_type: impl FnOnce(&V::Error) -> Option<String>)
    where
        V: MaybeError,
        V::Error: Display,
    {
        let Some(value) = &self.value else { return };
        let said = value.error().map(|error| {
            let label = caught("an error's `ErrorType`", || error_type(error)).flatten();
            (label, caught("an error's `Display`", || error_type::shown(error)).flatten())
        });
        self.call.say_failed(SaidBy::Argument, said);
    }
}

/// `Option<E>`, or a reference of one.
pub trait MaybeError {
    /// What is in it.
    type Error;

    #[doc(hidden)]
    fn error(&self) -> Option<&Self::Error>;
}

impl<E> MaybeError for Option<E> {
    type Error = E;
    fn error(&self) -> Option<&E> {
        self.as_ref()
    }
}

impl<V: MaybeError> MaybeError for &V {
    type Error = V::Error;
    fn error(&self) -> Option<&V::Error> {
        (**self).error()
    }
}

/// A call that has come back, as the place where an attribute goes.
pub struct End<'a>(&'a Call);

impl Sink for End<'_> {
    fn put(&mut self, key: &'static str, value: Value) {
        self.0.set(key, Some(value));
    }
}
