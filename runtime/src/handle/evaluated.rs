//! Where an evaluation goes: to the span, as long as it is open, and into the log.

use super::Told;
use crate::call::here::is_there;
use crate::settings::{Piece, Settings};
use crate::value::Evaluation;
use crate::vocabulary::{event, key};
use opentelemetry::{Context, KeyValue};

impl Told<'_> {
    pub(super) fn evaluated(self, evaluation: &Evaluation<'_>) {
        let Some(call) = self.recording().filter(|call| !evaluation.says_nothing() && !call.is_over()) else { return };
        let (Some(context), Some(settings)) = (call.recording_context(), call.settings()) else { return };
        let response_id = call.response_id();
        let (on_span, in_log) = (settings.capture().on_spans(), settings.capture().as_events());
        let explains = call.wants.explanations() && (on_span || in_log);
        let said =
            ExportedEvaluation::new(evaluation, response_id.as_ref().map(opentelemetry::StringValue::as_str), settings, explains);
        call.add_event(event::EVALUATION_RESULT, said.attributes(on_span));
        said.log(context, in_log);
    }
}

/// An evaluation as it is exported: what is content is redacted, and then cut.
pub(super) struct ExportedEvaluation<'a> {
    evaluation: &'a Evaluation<'a>,
    response_id: Option<&'a str>,
    explanation: Option<String>,
}

impl<'a> ExportedEvaluation<'a> {
    /// `response_id`: as far as the call knows it.
    pub(super) fn new(evaluation: &'a Evaluation<'a>, response_id: Option<&'a str>, settings: &Settings, explains: bool) -> Self {
        let explanation = evaluation.explanation.as_deref().filter(|_| explains && settings.takes(Piece::Explanation));
        ExportedEvaluation {
            evaluation,
            response_id: evaluation.response_id.as_deref().or(response_id),
            explanation: explanation.map(|text| settings.text(Piece::Explanation, text)),
        }
    }

    fn attributes(&self, explained: bool) -> Vec<KeyValue> {
        let text = |key, text: Option<&str>| text.map(|text| KeyValue::new(key, text.to_owned()));
        let said = [
            text(key::EVALUATION_NAME, Some(&self.evaluation.name)),
            self.evaluation.score.map(|score| KeyValue::new(key::EVALUATION_SCORE, score)),
            text(key::EVALUATION_LABEL, self.evaluation.label.as_deref()),
            text(key::RESPONSE_ID, self.response_id),
            text(key::EVALUATION_EXPLANATION, self.explanation.as_deref().filter(|_| explained)),
        ];
        said.into_iter().flatten().collect()
    }

    /// One log event, in a context of which a bridge to OpenTelemetry logs takes the ids.
    pub(super) fn log(&self, context: &Context, explained: bool) {
        if !is_there() {
            return;
        }
        let _attached = context.clone().attach();
        tracing::event!(
            name: event::EVALUATION_RESULT,
            target: "samplescope",
            tracing::Level::INFO,
            {
                { key::EVALUATION_NAME } = &*self.evaluation.name,
                { key::EVALUATION_SCORE } = self.evaluation.score,
                { key::EVALUATION_LABEL } = self.evaluation.label.as_deref(),
                { key::RESPONSE_ID } = self.response_id,
                { key::EVALUATION_EXPLANATION } = self.explanation.as_deref().filter(|_| explained),
            }
        );
    }
}
