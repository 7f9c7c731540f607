//! What one item of a stream says.

use crate::value::{Text, TokenUsage, Usage};
use crate::vocabulary::stop_reason_word;
use opentelemetry::StringValue;
use std::borrow::Cow;

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
    pub(crate) text: Option<Cow<'a, str>>,
    pub(crate) stop_reason: Option<StringValue>,
    pub(crate) model: Option<StringValue>,
    pub(crate) id: Option<StringValue>,
    pub(crate) usage: Option<TokenUsage>,
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
        Chunk { stop_reason: reason.text_as(stop_reason_word), ..self }
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
