//! What a user's own types may say of themselves, so that no argument has to.

use crate::value::{Integer, Message, Number};
use crate::vocabulary::{Modality, Spent};
use std::borrow::Cow;
use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};
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
/// Where a provider says how many tokens it bills and how many its model saw, these are the billed ones.
///
/// ```
/// use samplescope::{Modality, TokenUsage};
///
/// let usage = TokenUsage::new(1_200_u32, Some(80_u64)).with_cached(1_000);
/// assert_eq!((usage.input(), usage.output(), usage.cached(), usage.reasoning()), (Some(1_200), Some(80), Some(1_000), None));
///
/// let so_far = TokenUsage::default().with_output(12).with_cost(0.002);
/// assert_eq!((so_far.input(), so_far.cost()), (None, Some(0.002)));
///
/// let seen = TokenUsage::new(1_200, 80).with_modality(Modality::Image, 1_100, None::<u32>);
/// assert_eq!(seen.modality(Modality::Image), (Some(1_100), None));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TokenUsage {
    input: OptionalCount,
    output: OptionalCount,
    cached: OptionalCount,
    cache_creation: OptionalCount,
    reasoning: OptionalCount,
    pub(crate) modalities: Modalities,
    pub(crate) cost: Option<Cost>,
}

impl TokenUsage {
    /// The tokens of the prompt, cached ones included, and those of the response, reasoning included: the two that every provider counts.
    /// Each is any integer, or an `Option` of one; what is negative is not a count, and left out.
    pub fn new(input: impl Integer, output: impl Integer) -> Self {
        TokenUsage { input: OptionalCount::of(&input), output: OptionalCount::of(&output), ..TokenUsage::default() }
    }

    /// The tokens of the prompt, cached ones included.
    #[must_use]
    pub fn with_input(self, tokens: impl Integer) -> Self {
        TokenUsage { input: OptionalCount::of(&tokens), ..self }
    }

    /// The tokens of the response, reasoning included.
    #[must_use]
    pub fn with_output(self, tokens: impl Integer) -> Self {
        TokenUsage { output: OptionalCount::of(&tokens), ..self }
    }

    /// Prompt tokens that the provider read from its cache.
    #[must_use]
    pub fn with_cached(self, tokens: impl Integer) -> Self {
        TokenUsage { cached: OptionalCount::of(&tokens), ..self }
    }

    /// Prompt tokens that the provider wrote to its cache.
    #[must_use]
    pub fn with_cache_creation(self, tokens: impl Integer) -> Self {
        TokenUsage { cache_creation: OptionalCount::of(&tokens), ..self }
    }

    /// Response tokens that the model spent on reasoning.
    #[must_use]
    pub fn with_reasoning(self, tokens: impl Integer) -> Self {
        TokenUsage { reasoning: OptionalCount::of(&tokens), ..self }
    }

    /// How many of the prompt's and of the response's tokens are of that modality, where the provider breaks them down: a part of what
    /// [`new`](Self::new) is given. On the span `gen_ai.usage.image.input_tokens` and the like; with the GenAI names, the counters of tokens
    /// tell them apart by `gen_ai.token.modality`, where what no modality is said of is `unknown`. What is 4 294 967 295 or more is left out.
    #[must_use]
    pub fn with_modality(mut self, modality: Modality, input: impl Integer, output: impl Integer) -> Self {
        self.modalities.set(Spent::Input, modality, input.integer());
        self.modalities.set(Spent::Output, modality, output.integer());
        self
    }

    /// What the call cost, where the provider says it: `gen_ai.usage.cost`, on the span alone, in the currency that you account in. Said here it goes before
    /// [`Settings::with_price`](crate::Settings::with_price); what is negative or no finite number is left out.
    #[must_use]
    pub fn with_cost(self, amount: impl Number) -> Self {
        TokenUsage { cost: amount.number().and_then(Cost::new), ..self }
    }

    /// The tokens of the prompt, cached ones included.
    pub fn input(&self) -> Option<u64> {
        self.input.get()
    }

    /// The tokens of the response, reasoning included.
    pub fn output(&self) -> Option<u64> {
        self.output.get()
    }

    /// Prompt tokens that the provider read from its cache.
    pub fn cached(&self) -> Option<u64> {
        self.cached.get()
    }

    /// Prompt tokens that the provider wrote to its cache.
    pub fn cache_creation(&self) -> Option<u64> {
        self.cache_creation.get()
    }

    /// Response tokens that the model spent on reasoning.
    pub fn reasoning(&self) -> Option<u64> {
        self.reasoning.get()
    }

    /// How many of the prompt's and of the response's tokens are of that modality.
    pub fn modality(&self, modality: Modality) -> (Option<u64>, Option<u64>) {
        (self.modalities.get(Spent::Input, modality), self.modalities.get(Spent::Output, modality))
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
            modalities: self.modalities.over(before.modalities),
            cost: self.cost.or(before.cost),
        }
    }
}

impl fmt::Debug for TokenUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut usage = f.debug_struct("TokenUsage");
        usage.field("input", &self.input()).field("output", &self.output()).field("cached", &self.cached());
        usage.field("cache_creation", &self.cache_creation()).field("reasoning", &self.reasoning());
        usage.field("modalities", &self.modalities).field("cost", &self.cost.map(Cost::amount)).finish()
    }
}

/// A count, if it is known: one more than it is, so that it has the room of a number. Every call that learns anything has these.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct OptionalCount(Option<NonZeroU64>);

impl OptionalCount {
    fn of(tokens: &impl Integer) -> Self {
        OptionalCount(tokens.integer().and_then(|tokens| NonZeroU64::MIN.checked_add(u64::try_from(tokens).ok()?)))
    }

    fn get(self) -> Option<u64> {
        Some(self.0?.get() - 1)
    }

    fn or(self, other: Self) -> Self {
        OptionalCount(self.0.or(other.0))
    }
}

/// Tokens by what they were spent on and what they stand for, each likewise one more.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Modalities([[Option<NonZeroU32>; Modality::ALL.len()]; Spent::ALL.len()]);

impl fmt::Debug for Modalities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known()).finish()
    }
}

impl Modalities {
    pub(crate) fn get(&self, spent: Spent, modality: Modality) -> Option<u64> {
        Some(u64::from(self.0[spent as usize][modality as usize]?.get()) - 1)
    }

    /// What is no count, or none that a model call can have, is not known.
    pub(crate) fn set(&mut self, spent: Spent, modality: Modality, count: Option<i64>) {
        let known = count.and_then(|count| NonZeroU32::MIN.checked_add(u32::try_from(count).ok()?));
        self.0[spent as usize][modality as usize] = known;
    }

    /// All that is known.
    pub(crate) fn known(self) -> impl Iterator<Item = (Spent, Modality, u64)> {
        let all = Spent::ALL.into_iter().flat_map(|spent| Modality::ALL.map(|modality| (spent, modality)));
        all.filter_map(move |(spent, modality)| Some((spent, modality, self.get(spent, modality)?)))
    }

    /// What is known here, and for the rest what was known before.
    fn over(mut self, before: Modalities) -> Modalities {
        for (known, before) in self.0.as_flattened_mut().iter_mut().zip(before.0.as_flattened()) {
            *known = known.or(*before);
        }
        self
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_what_was_said() {
        let usage =
            TokenUsage::new(0, i64::MAX).with_cached(-1).with_reasoning(Some(3_u8)).with_modality(Modality::Image, 0, u32::MAX);
        assert_eq!(
            (usage.input(), usage.output(), usage.cached(), usage.reasoning()),
            (Some(0), Some(9_223_372_036_854_775_807), None, Some(3))
        );
        assert_eq!(usage.modalities.known().collect::<Vec<_>>(), [(Spent::Input, Modality::Image, 0)]);
        let shown = "TokenUsage { input: Some(0), output: Some(9223372036854775807), cached: None, cache_creation: None, reasoning: Some(3), \
            modalities: [(Input, Image, 0)], cost: None }";
        assert_eq!(format!("{usage:?}"), shown);
        assert_eq!(TokenUsage::default().with_input(0).with_output(1), TokenUsage::new(0, 1));
        let more = TokenUsage::default().with_output(1).with_modality(Modality::Audio, 5, 6).over(usage);
        assert_eq!((more.input(), more.output(), more.modalities.known().count()), (Some(0), Some(1), 3));
    }

    #[test]
    fn it_has_the_room_of_twelve_numbers() {
        assert!(size_of::<TokenUsage>() <= 96);
    }
}
