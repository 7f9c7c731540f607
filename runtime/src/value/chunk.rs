//! What one item of a stream says.

use crate::caught::caught;
use crate::read::walk::Readable;
use crate::value::{Integer, Message, Text, ToMessages, TokenUsage, Usage};
use crate::vocabulary::stop_reason_word;
use opentelemetry::StringValue;
use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// What one item of a stream says: `chunk = |item| Chunk::new().text(&item.delta).usage(item.usage)`.
///
/// What is `None` says nothing. Of everything but the content, what is said last counts. Content is put together from all items, while it is
/// captured: reasoning, then text, then tool calls. It is the message of a step, the answer of a loop, the result of a tool (its text).
///
/// ```
/// use samplescope::{Chunk, TokenUsage};
///
/// struct Delta {
///     text: Option<String>,
///     finish_reason: Option<String>,
///     output_tokens: Option<u32>,
/// }
///
/// fn chunk(delta: &Delta) -> Chunk<'_> {
///     Chunk::new()
///         .text(&delta.text)
///         .stop_reason(&delta.finish_reason)
///         .usage(delta.output_tokens.map(|tokens| TokenUsage::default().with_output(tokens)))
/// }
/// ```
///
/// # The end of a stream
///
/// A call that lasts as long as a stream ends when the stream does, or with an item that is an `Err`. Whoever reads it may stop earlier: once an
/// item has said a [stop reason](Chunk::stop_reason), or that it is the [last](Chunk::last), dropping the stream is an ordinary end,
/// at the time of the last item. Dropped before that, the call was cancelled.
#[derive(Clone, Debug, Default)]
pub struct Chunk<'a> {
    pub(crate) pieces: ChunkPieces<'a>,
    pub(crate) message: Option<ChunkMessage<'a>>,
    pub(crate) stop_reason: Option<StringValue>,
    pub(crate) model: Option<StringValue>,
    pub(crate) id: Option<StringValue>,
    pub(crate) usage: Option<TokenUsage>,
    pub(crate) failed: Option<FailedItem<'a>>,
    pub(crate) last: bool,
    pub(crate) read: Option<ReadItem<'a>>,
}

/// An item that reports an error.
#[derive(Clone, Debug)]
pub(crate) struct FailedItem<'a> {
    pub(crate) error_type: Option<Cow<'a, str>>,
    pub(crate) description: Option<Cow<'a, str>>,
}

/// An item that is read when it is known what is wanted of it.
#[derive(Clone, Copy)]
pub(crate) struct ReadItem<'a> {
    pub(crate) value: &'a dyn Readable,
    pub(crate) type_name: &'static str,
}

impl fmt::Debug for ReadItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name)
    }
}

/// How the message goes on.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChunkPieces<'a> {
    pub(crate) text: Option<Cow<'a, str>>,
    pub(crate) reasoning: Option<Cow<'a, str>>,
    pub(crate) tool_calls: Vec<ToolCallPiece<'a>>,
}

/// A tool call, or a piece of one.
#[derive(Clone, Debug)]
pub(crate) struct ToolCallPiece<'a> {
    pub(crate) index: Option<i64>,
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) arguments: Option<Cow<'a, str>>,
}

impl<'a> Chunk<'a> {
    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the item itself, in the shape of any provider that [the guide](crate::guide::providers) names: text, reasoning, tool calls, usage,
    /// finish reason, model, id, the terminal event and errors. What is written beside it goes first: `Chunk::read(event).last()`.
    pub fn read<T: Readable>(item: &'a T) -> Self {
        Chunk { read: Some(ReadItem { value: item, type_name: type_name::<T>() }), ..Self::default() }
    }

    /// Content: how the model's text goes on. Nothing is copied while content is off.
    #[must_use]
    pub fn text(mut self, text: impl ChunkText<'a>) -> Self {
        self.pieces.text = text.chunk_text();
        self
    }

    /// Content: how the model's reasoning goes on, where the provider shows it.
    #[must_use]
    pub fn reasoning(mut self, reasoning: impl ChunkText<'a>) -> Self {
        self.pieces.reasoning = reasoning.chunk_text();
        self
    }

    /// Content: a tool call, or how one goes on. Called once for each that the item has.
    ///
    /// - `index`: which of the message's tool calls this belongs to; with another `id` than that, and a `name`, it is another call, since with
    ///   some servers each has the index 0. Without one, it belongs to the call with that `id`; without that either,
    ///   a piece with a `name` is a call of its own, and one without goes on with the call before.
    /// - `id`, `name`: as far as this item says them; most providers say them once, and some again with each piece. An empty one says nothing.
    /// - `arguments`: how their JSON goes on.
    #[must_use]
    pub fn tool_call(
        mut self,
        index: impl Integer,
        id: impl ChunkText<'a>,
        name: impl ChunkText<'a>,
        arguments: impl ChunkText<'a>,
    ) -> Self {
        self.pieces.tool_calls.push(ToolCallPiece {
            index: index.integer(),
            id: id.chunk_text(),
            name: name.chunk_text(),
            arguments: arguments.chunk_text(),
        });
        self
    }

    /// Content: the whole message so far, for clients that hand out that. It replaces what was said before; texts and tool calls of the same item
    /// come behind it. A reference to anything that is [`ToMessages`], a [`Message`], or an `Option` of one of these.
    #[must_use]
    pub fn message(self, message: impl Into<ChunkMessage<'a>>) -> Self {
        Chunk { message: Some(message.into()).filter(|message: &ChunkMessage<'_>| !message.is_missing()), ..self }
    }

    /// Why the model stopped, in the provider's own word. Once one is known, dropping the stream is no cancellation.
    #[must_use]
    pub fn stop_reason(self, reason: impl Text) -> Self {
        Chunk { stop_reason: said(|| reason.text_as(stop_reason_word)), ..self }
    }

    /// The model that answers.
    #[must_use]
    pub fn model(self, model: impl Text) -> Self {
        Chunk { model: said(|| model.text()), ..self }
    }

    /// The provider's id for the response.
    #[must_use]
    pub fn id(self, id: impl Text) -> Self {
        Chunk { id: said(|| id.text()), ..self }
    }

    /// The tokens used so far: providers count up, so what is known last counts.
    #[must_use]
    pub fn usage(self, usage: impl Usage) -> Self {
        Chunk { usage: said(|| usage.usage()), ..self }
    }

    /// The item reports an error, although it is no `Err`: the call fails, with `error_type` as its `error.type` and `description` as the
    /// description of its status. The stream itself goes on. Where both are `None`, nothing failed.
    ///
    /// Without an error type, `error.type` is `tool_error` on a tool and `_OTHER` elsewhere. It goes on metrics, too: few different values,
    /// never a message.
    #[must_use]
    pub fn failed(self, error_type: impl ChunkText<'a>, description: impl ChunkText<'a>) -> Self {
        let (error_type, description) = (error_type.chunk_text(), description.chunk_text());
        let failed = error_type.is_some() || description.is_some();
        Chunk { failed: failed.then_some(FailedItem { error_type, description }), ..self }
    }

    /// The item is the terminal one: whoever reads may drop the stream now. Items behind it are still read, since usage often follows;
    /// the call ends at the time of the last.
    #[must_use]
    pub fn last(self) -> Self {
        Chunk { last: true, ..self }
    }

    /// Whether the model has said anything in it.
    pub(crate) fn carries_content(&self) -> bool {
        self.pieces.carries() || self.message.is_some()
    }
}

/// What is said of an item by code of the user's, which may panic: by hand nothing else catches that.
fn said<T>(what: impl FnOnce() -> Option<T>) -> Option<T> {
    caught("what an item of a stream says", what).flatten()
}

impl ChunkPieces<'_> {
    pub(crate) fn carries(&self) -> bool {
        let carries = |text: &Option<Cow<'_, str>>| text.as_ref().is_some_and(|text| !text.is_empty());
        carries(&self.text) || carries(&self.reasoning) || !self.tool_calls.is_empty()
    }
}

/// A message as a chunk has it: made from a reference to anything that is [`ToMessages`], from a [`Message`], or from an `Option` of one of these.
#[derive(Clone)]
pub struct ChunkMessage<'a>(Whole<'a>);

#[derive(Clone)]
enum Whole<'a> {
    Missing,
    Borrowed(&'a dyn ToMessages),
    Owned(Message),
}

impl ChunkMessage<'_> {
    fn is_missing(&self) -> bool {
        matches!(self.0, Whole::Missing)
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        match &self.0 {
            Whole::Missing => Vec::new(),
            Whole::Borrowed(message) => message.to_messages(),
            Whole::Owned(message) => vec![message.clone()],
        }
    }
}

impl fmt::Debug for ChunkMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkMessage").finish_non_exhaustive()
    }
}

impl<'a, M: ToMessages> From<&'a M> for ChunkMessage<'a> {
    fn from(message: &'a M) -> Self {
        ChunkMessage(Whole::Borrowed(message))
    }
}

impl From<Message> for ChunkMessage<'_> {
    fn from(message: Message) -> Self {
        ChunkMessage(Whole::Owned(message))
    }
}

impl<'a, M: Into<ChunkMessage<'a>>> From<Option<M>> for ChunkMessage<'a> {
    fn from(message: Option<M>) -> Self {
        message.map_or(ChunkMessage(Whole::Missing), Into::into)
    }
}

/// A text that a chunk borrows, where it can: `&str`, `String`, `Cow<str>`, and `Option`s and references of these. `None` says nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no text",
    label = "expected a text",
    note = "a text is `&str`, `String` or `Cow<str>`, and an `Option` or a reference of one of these: lend it out of the item, as in `&item.text`"
)]
pub trait ChunkText<'a>: SealedChunkText<'a> {}

/// The text behind a [`ChunkText`].
pub trait SealedChunkText<'a> {
    fn chunk_text(self) -> Option<Cow<'a, str>>;
}

impl<'a, T: ChunkText<'a>> ChunkText<'a> for Option<T> {}

impl<'a, T: ChunkText<'a>> SealedChunkText<'a> for Option<T> {
    fn chunk_text(self) -> Option<Cow<'a, str>> {
        self.and_then(SealedChunkText::chunk_text)
    }
}

impl<'a, T> ChunkText<'a> for &'a Option<T> where &'a T: ChunkText<'a> {}

impl<'a, T> SealedChunkText<'a> for &'a Option<T>
where
    &'a T: ChunkText<'a>,
{
    fn chunk_text(self) -> Option<Cow<'a, str>> {
        self.as_ref().and_then(SealedChunkText::chunk_text)
    }
}

impl ChunkText<'_> for String {}

impl<'a> SealedChunkText<'a> for String {
    fn chunk_text(self) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(self))
    }
}

impl<'a> ChunkText<'a> for Cow<'a, str> {}

impl<'a> SealedChunkText<'a> for Cow<'a, str> {
    fn chunk_text(self) -> Option<Cow<'a, str>> {
        Some(self)
    }
}

macro_rules! borrowed {
    ($($text:ty)*) => {$(
        impl<'a> ChunkText<'a> for &'a $text {}

        impl<'a> SealedChunkText<'a> for &'a $text {
            fn chunk_text(self) -> Option<Cow<'a, str>> {
                Some(Cow::Borrowed(self))
            }
        }
    )*};
}

borrowed!(str &str &&str String &String Cow<'_, str> Box<str> Arc<str>);
