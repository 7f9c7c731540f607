//! Streaming steps: the call lasts as long as the stream that the function returned, and learns from its items.

use crate::returned::{AnySuccess, Returned};
use crate::run::{AnyCalled, Called, Kind, Run, Unwinding};
use crate::span::Live;
use crate::value::Text;
use crate::value::{TokenUsage, Usage};
use crate::vocabulary::key;
use futures_core::Stream;
use opentelemetry::StringValue;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What one item of a streaming step says: `chunk = |item| Chunk::new().text(&item.delta).usage(item.usage)`.
///
/// What is `None` says nothing. Of everything but the text, what is said last counts; texts are put together, while content is captured.
///
/// ```
/// use samplescope::{Chunk, TokenUsage};
///
/// struct Delta {
///     text: String,
///     finish_reason: Option<String>,
///     output_tokens: Option<u32>,
/// }
///
/// fn chunk(delta: &Delta) -> Chunk<'_> {
///     Chunk::new()
///         .text(&delta.text)
///         .stop_reason(&delta.finish_reason)
///         .usage(delta.output_tokens.map(|tokens| TokenUsage::new(None::<u32>, tokens)))
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chunk<'a> {
    text: Option<Cow<'a, str>>,
    stop_reason: Option<StringValue>,
    model: Option<StringValue>,
    id: Option<StringValue>,
    usage: Option<TokenUsage>,
}

impl<'a> Chunk<'a> {
    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Content: how the model's message goes on.
    #[must_use]
    pub fn text(self, text: impl Into<Cow<'a, str>>) -> Self {
        Chunk { text: Some(text.into()), ..self }
    }

    /// Why the model stopped, in the provider's own word.
    #[must_use]
    pub fn stop_reason(self, reason: impl Text) -> Self {
        Chunk { stop_reason: reason.text(), ..self }
    }

    /// The model that answers.
    #[must_use]
    pub fn model(self, model: impl Text) -> Self {
        Chunk { model: model.text(), ..self }
    }

    /// The provider's id for the response.
    #[must_use]
    pub fn id(self, id: impl Text) -> Self {
        Chunk { id: id.text(), ..self }
    }

    /// The tokens used so far: providers count up, so what is known last counts.
    #[must_use]
    pub fn usage(self, usage: impl Usage) -> Self {
        Chunk { usage: usage.usage(), ..self }
    }
}

impl<'a, T> AnySuccess<'a, T> {
    /// What an item of a stream says.
    pub fn __ss_chunk(&self, of: impl FnOnce(&'a T) -> Chunk<'a>) {
        let call = self.call();
        let Some(chunk) = self.ask(call.records || call.measures_tokens() || call.measures(key::RESPONSE_MODEL), of) else {
            return;
        };
        let mut facts = call.facts();
        facts.stop_reason.say(chunk.stop_reason);
        facts.response_model.say(chunk.model);
        facts.response_id.say(chunk.id);
        facts.usage.say_more(chunk.usage);
        if let Some(text) = chunk.text.filter(|_| call.captures) {
            facts.content().append(&text, &call.settings);
        }
    }
}

impl<S, D, K> Stream for Run<S, D, K>
where
    S: Stream,
    D: Fn(Returned<'_, S::Item>),
    K: Kind,
{
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        match this.call.0.take() {
            None => this.future.poll_next(task),
            Some(call) => poll_next(&mut this.call.0, call, this.future, this.describe, task),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future.size_hint()
    }
}

#[inline(never)]
fn poll_next<S: Stream>(
    held: &mut Option<Arc<Live>>,
    call: Arc<Live>,
    stream: Pin<&mut S>,
    describe: &impl Fn(Returned<'_, S::Item>),
    task: &mut Context<'_>,
) -> Poll<Option<S::Item>> {
    let mut unwinding = Unwinding(held, Some(call));
    let entered = unwinding.enter();
    let polled = stream.poll_next(task);
    let mut erred = false;
    if let (Poll::Ready(Some(item)), Some(call)) = (&polled, unwinding.1.as_deref()) {
        call.chunk_arrived();
        describe(Returned::new(item, call));
        erred = call.facts().failure.is_some();
    }
    drop(entered);
    if erred || matches!(polled, Poll::Ready(None)) {
        unwinding.end();
    }
    unwinding.put_back();
    polled
}

type Boxed<'a, T> = Pin<Box<dyn Stream<Item = T> + 'a>>;
type BoxedSend<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

impl<S: Stream, K: Kind> Called<S, K> {
    /// The stream, inside the call that made it.
    pub fn __ss_opaque_stream<T>(mut self, _: impl Fn(Returned<'_, S>), item: impl Fn(Returned<'_, T>)) -> impl Stream<Item = T>
    where
        S: Stream<Item = T>,
    {
        let (stream, call) = self.0.take();
        Run::<_, _, K>::new(stream, item, call)
    }
}

impl<S: Stream, E, K: Kind> Called<Result<S, E>, K> {
    /// The stream, inside the call that made it, or the error, which ends it.
    pub fn __ss_opaque_stream_result<T>(
        mut self,
        returned: impl Fn(Returned<'_, Result<S, E>>),
        item: impl Fn(Returned<'_, T>),
    ) -> Result<impl Stream<Item = T>, E>
    where
        S: Stream<Item = T>,
    {
        let (stream, call) = self.0.opened(returned);
        stream.map(|stream| Run::<_, _, K>::new(stream, item, call))
    }
}

impl<'a, T: 'a, K: Kind + Send + 'a> Called<BoxedSend<'a, T>, K> {
    /// The stream, boxed anew if somebody listens.
    pub fn __ss_stream(
        &mut self,
        _: impl Fn(Returned<'_, BoxedSend<'a, T>>),
        item: impl Fn(Returned<'_, T>) + Send + 'a,
    ) -> BoxedSend<'a, T> {
        match self.0.take() {
            (stream, None) => stream,
            (stream, call) => Box::pin(Run::<_, _, K>::new(stream, item, call)),
        }
    }
}

impl<'a, T: 'a, K: Kind + 'a> Called<Boxed<'a, T>, K> {
    /// The stream, boxed anew if somebody listens.
    pub fn __ss_stream(&mut self, _: impl Fn(Returned<'_, Boxed<'a, T>>), item: impl Fn(Returned<'_, T>) + 'a) -> Boxed<'a, T> {
        match self.0.take() {
            (stream, None) => stream,
            (stream, call) => Box::pin(Run::<_, _, K>::new(stream, item, call)),
        }
    }
}

impl<'a, T: 'a, E, K: Kind + Send + 'a> Called<Result<BoxedSend<'a, T>, E>, K> {
    /// The stream, boxed anew if somebody listens, or the error, which ends the call.
    pub fn __ss_stream(
        &mut self,
        returned: impl Fn(Returned<'_, Result<BoxedSend<'a, T>, E>>),
        item: impl Fn(Returned<'_, T>) + Send + 'a,
    ) -> Result<BoxedSend<'a, T>, E> {
        match self.0.opened(returned) {
            (Ok(stream), Some(call)) => Ok(Box::pin(Run::<_, _, K>::new(stream, item, Some(call)))),
            (result, _) => result,
        }
    }
}

impl<'a, T: 'a, E, K: Kind + 'a> Called<Result<Boxed<'a, T>, E>, K> {
    /// The stream, boxed anew if somebody listens, or the error, which ends the call.
    pub fn __ss_stream(
        &mut self,
        returned: impl Fn(Returned<'_, Result<Boxed<'a, T>, E>>),
        item: impl Fn(Returned<'_, T>) + 'a,
    ) -> Result<Boxed<'a, T>, E> {
        match self.0.opened(returned) {
            (Ok(stream), Some(call)) => Ok(Box::pin(Run::<_, _, K>::new(stream, item, Some(call)))),
            (result, _) => result,
        }
    }
}

/// What a streaming step can return so that its stream is seen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no stream that a streaming step can return",
    label = "this function returns `{Self}`",
    note = "a streaming step returns `impl Stream`, `Pin<Box<dyn Stream>>` with or without `Send`, or a `Result` of one of these"
)]
pub trait StepStream {
    /// What the stream is made of.
    type Item;
}

impl<R: StepStream, K> AnyCalled<R, K> {
    /// Only here to say what is wrong.
    pub fn __ss_stream(&mut self, _: impl Fn(Returned<'_, R>), _: impl Fn(Returned<'_, R::Item>)) -> R {
        self.take().0
    }
}

impl<S, E, K> AnyCalled<Result<S, E>, K> {
    /// What came back, and the call, unless an error has ended it.
    fn opened(&mut self, returned: impl Fn(Returned<'_, Result<S, E>>)) -> (Result<S, E>, Option<Arc<Live>>) {
        let (result, mut call) = self.take();
        if let Some(open) = call.take_if(|_| result.is_err()) {
            let unwinding = Unwinding(&mut call, Some(open));
            let entered = unwinding.enter();
            unwinding.returned(entered, &result, &returned);
        }
        (result, call)
    }
}
