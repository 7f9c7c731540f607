//! What a user's own types may say of themselves, so that no argument has to.

use crate::value::{Integer, Message, Number};
use std::borrow::Cow;
use std::sync::Arc;

/// What a model's response says of itself. Implemented for the success type of a `#[sampling_step]`, it is read without any argument;
/// an argument that is written goes first.
///
/// Every method may return `None`, and the default does: what is not known is left out.
///
/// ```
/// use samplescope::{SamplingResponse, TokenUsage};
/// use std::borrow::Cow;
///
/// struct Completion {
///     finish_reason: String,
///     prompt_tokens: u32,
///     completion_tokens: u32,
/// }
///
/// impl SamplingResponse for Completion {
///     fn stop_reason(&self) -> Option<Cow<'_, str>> {
///         Some(self.finish_reason.as_str().into())
///     }
///
///     fn usage(&self) -> Option<TokenUsage> {
///         Some(TokenUsage::new(self.prompt_tokens, self.completion_tokens))
///     }
/// }
/// ```
pub trait SamplingResponse {
    /// Why the model stopped, in the provider's own word: `end_turn`, `tool_calls`. `None` is written as `unknown`.
    fn stop_reason(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The model that answered, where it is known to the response.
    fn model(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// The id that the provider gave the response.
    fn id(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// How many tokens the call used.
    fn usage(&self) -> Option<TokenUsage> {
        None
    }

    /// The model's message. Content: called only while it is captured.
    fn message(&self) -> Option<Message> {
        None
    }
}

/// What the outcome of a tool says of itself. Implemented for the success type of a `#[sampling_tool]`, it is read without any argument;
/// an argument that is written goes first.
pub trait ToolOutcome {
    /// Whether the tool failed, although the call to it returned.
    fn failed(&self) -> bool {
        false
    }

    /// What the tool gave back, as JSON. Content: called only while it is captured.
    fn result(&self) -> Option<serde_json::Value> {
        None
    }
}

macro_rules! through_pointers {
    ($($pointer:ty)*) => {$(
        impl<T: SamplingResponse + ?Sized> SamplingResponse for $pointer {
            fn stop_reason(&self) -> Option<Cow<'_, str>> {
                (**self).stop_reason()
            }
            fn model(&self) -> Option<Cow<'_, str>> {
                (**self).model()
            }
            fn id(&self) -> Option<Cow<'_, str>> {
                (**self).id()
            }
            fn usage(&self) -> Option<TokenUsage> {
                (**self).usage()
            }
            fn message(&self) -> Option<Message> {
                (**self).message()
            }
        }

        impl<T: ToolOutcome + ?Sized> ToolOutcome for $pointer {
            fn failed(&self) -> bool {
                (**self).failed()
            }
            fn result(&self) -> Option<serde_json::Value> {
                (**self).result()
            }
        }
    )*};
}

through_pointers!(&T Box<T> Arc<T>);

/// How many tokens one model call used. A count that is not known is left out, never 0.
///
/// ```
/// use samplescope::TokenUsage;
///
/// let usage = TokenUsage::new(1_200_u32, Some(80_u64)).with_cached(1_000);
/// assert_eq!((usage.input(), usage.output(), usage.cached(), usage.reasoning()), (Some(1_200), Some(80), Some(1_000), None));
///
/// let so_far = TokenUsage::default().with_output(12).with_cost(0.002);
/// assert_eq!((so_far.input(), so_far.cost()), (None, Some(0.002)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenUsage {
    pub(crate) input: Option<i64>,
    pub(crate) output: Option<i64>,
    pub(crate) cached: Option<i64>,
    pub(crate) cache_creation: Option<i64>,
    pub(crate) reasoning: Option<i64>,
    pub(crate) cost: Option<Cost>,
}

impl TokenUsage {
    /// The tokens of the prompt, cached ones included, and those of the response, reasoning included: the two that every provider counts.
    /// Each is any integer, or an `Option` of one; what is negative is not a count, and left out.
    pub fn new(input: impl Integer, output: impl Integer) -> Self {
        TokenUsage { input: count(&input), output: count(&output), ..TokenUsage::default() }
    }

    /// The tokens of the prompt, cached ones included.
    #[must_use]
    pub fn with_input(self, tokens: impl Integer) -> Self {
        TokenUsage { input: count(&tokens), ..self }
    }

    /// The tokens of the response, reasoning included.
    #[must_use]
    pub fn with_output(self, tokens: impl Integer) -> Self {
        TokenUsage { output: count(&tokens), ..self }
    }

    /// Prompt tokens that the provider read from its cache.
    #[must_use]
    pub fn with_cached(self, tokens: impl Integer) -> Self {
        TokenUsage { cached: count(&tokens), ..self }
    }

    /// Prompt tokens that the provider wrote to its cache.
    #[must_use]
    pub fn with_cache_creation(self, tokens: impl Integer) -> Self {
        TokenUsage { cache_creation: count(&tokens), ..self }
    }

    /// Response tokens that the model spent on reasoning.
    #[must_use]
    pub fn with_reasoning(self, tokens: impl Integer) -> Self {
        TokenUsage { reasoning: count(&tokens), ..self }
    }

    /// What the call cost, where the provider says it: `gen_ai.usage.cost`, on the span alone, in the currency that you account in. Said here it goes before
    /// [`Settings::with_price`](crate::Settings::with_price); what is negative or no finite number is left out.
    #[must_use]
    pub fn with_cost(self, amount: impl Number) -> Self {
        TokenUsage { cost: amount.number().and_then(Cost::new), ..self }
    }

    /// The tokens of the prompt, cached ones included.
    pub fn input(&self) -> Option<u64> {
        self.input.and_then(known)
    }

    /// The tokens of the response, reasoning included.
    pub fn output(&self) -> Option<u64> {
        self.output.and_then(known)
    }

    /// Prompt tokens that the provider read from its cache.
    pub fn cached(&self) -> Option<u64> {
        self.cached.and_then(known)
    }

    /// Prompt tokens that the provider wrote to its cache.
    pub fn cache_creation(&self) -> Option<u64> {
        self.cache_creation.and_then(known)
    }

    /// Response tokens that the model spent on reasoning.
    pub fn reasoning(&self) -> Option<u64> {
        self.reasoning.and_then(known)
    }

    /// What the call cost, in the currency that you account in.
    pub fn cost(&self) -> Option<f64> {
        self.cost.map(Cost::amount)
    }

    /// The counts, and the cost: whoever says only that says nothing of the counts.
    pub(crate) fn apart(self) -> (Option<TokenUsage>, Option<Cost>) {
        let counts = TokenUsage { cost: None, ..self };
        (Some(counts).filter(|counts| self.cost.is_none() || *counts != TokenUsage::default()), self.cost)
    }

    /// What is known here, and for the rest what was known before.
    pub(crate) fn over(self, before: TokenUsage) -> TokenUsage {
        TokenUsage {
            input: self.input.or(before.input),
            output: self.output.or(before.output),
            cached: self.cached.or(before.cached),
            cache_creation: self.cache_creation.or(before.cache_creation),
            reasoning: self.reasoning.or(before.reasoning),
            cost: self.cost.or(before.cost),
        }
    }
}

/// An amount that can be one, by its bits: two of them are equal or are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cost(u64);

impl Cost {
    pub(crate) fn new(amount: f64) -> Option<Self> {
        Some(amount).filter(|amount| amount.is_finite() && *amount >= 0.0).map(|amount| Cost(amount.abs().to_bits()))
    }

    pub(crate) fn amount(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// It is what [`count`] let through, or what a provider said as one.
fn known(tokens: i64) -> Option<u64> {
    tokens.try_into().ok()
}

fn count(tokens: &impl Integer) -> Option<i64> {
    tokens.integer().filter(|&tokens| tokens >= 0)
}

/// A [`TokenUsage`], or an `Option` or a reference of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `TokenUsage`",
    label = "expected a `TokenUsage`",
    note = "write `TokenUsage::new(input_tokens, output_tokens)`; an `Option` or a reference of one is fine"
)]
pub trait Usage: SealedUsage {}

/// The counts behind a [`Usage`].
pub trait SealedUsage {
    fn usage(&self) -> Option<TokenUsage>;
}

impl Usage for TokenUsage {}
impl<T: Usage + ?Sized> Usage for &T {}
impl<T: Usage> Usage for Option<T> {}

impl SealedUsage for TokenUsage {
    fn usage(&self) -> Option<TokenUsage> {
        Some(*self)
    }
}

impl<T: Usage + ?Sized> SealedUsage for &T {
    fn usage(&self) -> Option<TokenUsage> {
        (**self).usage()
    }
}

impl<T: Usage> SealedUsage for Option<T> {
    fn usage(&self) -> Option<TokenUsage> {
        self.as_ref().and_then(SealedUsage::usage)
    }
}
