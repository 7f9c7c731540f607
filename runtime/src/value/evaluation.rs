//! What a call was found to be worth.

use crate::caught::caught;
use crate::value::{ChunkText, Number};
use std::borrow::Cow;

/// What a call was found to be worth, by a person, a metric or another model: `gen_ai.evaluation.*`.
///
/// It is given to `evaluated` of a handle or a call, or to a [`Reference`](crate::Reference). What is `None` is left out, and so is a score that
/// is no finite number; without score and label it says nothing.
///
/// ```
/// use samplescope::{Evaluation, current_loop};
///
/// current_loop().evaluated(Evaluation::new("relevance").score(0.8).label("pass").explanation("It names the city."));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) score: Option<f64>,
    pub(crate) label: Option<Cow<'a, str>>,
    pub(crate) explanation: Option<Cow<'a, str>>,
    pub(crate) response_id: Option<Cow<'a, str>>,
}

impl<'a> Evaluation<'a> {
    /// `gen_ai.evaluation.name`: what was looked for, as in `relevance`, `toxicity`.
    pub fn new(name: impl Into<Cow<'a, str>>) -> Self {
        Evaluation { name: name.into(), score: None, label: None, explanation: None, response_id: None }
    }

    /// `gen_ai.evaluation.score.value`: on whatever scale the evaluation has.
    #[must_use]
    pub fn score(self, score: impl Number) -> Self {
        let score = caught("a score", || score.number()).flatten();
        Evaluation { score: score.filter(|score| score.is_finite()), ..self }
    }

    /// `gen_ai.evaluation.score.label`: the same in a word, as in `pass`, `relevant`.
    #[must_use]
    pub fn label(self, label: impl ChunkText<'a>) -> Self {
        Evaluation { label: label.chunk_text(), ..self }
    }

    /// Content: `gen_ai.evaluation.explanation`, why it was found to be so.
    #[must_use]
    pub fn explanation(self, explanation: impl ChunkText<'a>) -> Self {
        Evaluation { explanation: explanation.chunk_text(), ..self }
    }

    /// `gen_ai.response.id`: the response that it is about, where the call does not know it.
    #[must_use]
    pub fn response_id(self, id: impl ChunkText<'a>) -> Self {
        Evaluation { response_id: id.chunk_text(), ..self }
    }

    pub(crate) fn says_nothing(&self) -> bool {
        self.score.is_none() && self.label.is_none()
    }
}
