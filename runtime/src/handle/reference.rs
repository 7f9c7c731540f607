//! What names a call when it is long over, and in another process.

use super::Told;
use super::evaluated::ExportedEvaluation;
use crate::settings::Settings;
use crate::value::Evaluation;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Display};
use std::str::FromStr;

/// What names a call when it is over, in another process, too: from `reference` of a handle or a call, for whatever is found of it later.
///
/// It is written as one text, by `Display` and by serde, and read from it: a W3C traceparent, whether content may be said of it, and the
/// provider's id for the response, if that was known. Where no span recorded it is empty, and says nothing.
///
/// ```
/// use samplescope::{Evaluation, Reference};
///
/// let stored = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 content resp_7";
/// let reference: Reference = stored.parse()?;
/// reference.evaluated(Evaluation::new("helpfulness").label("good"));
/// # assert_eq!(reference.to_string(), stored);
/// # Ok::<(), samplescope::InvalidReference>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference(Option<Named>);

#[derive(Clone, Debug, PartialEq)]
struct Named {
    span: SpanContext,
    /// Whether its own attribute leaves content to the settings.
    may_explain: bool,
    response_id: Option<String>,
}

impl Reference {
    pub(super) fn of(told: Told<'_>) -> Self {
        let Some(call) = told.recording() else { return Reference::default() };
        let named = call.recording_context().map(|context| Named {
            span: remote(context.span().span_context()),
            may_explain: call.wants.explanations(),
            response_id: call.response_id().map(String::from),
        });
        Reference(named)
    }

    /// What it was found to be worth: the event `gen_ai.evaluation.result` through `tracing`, with the ids of the span that was. An explanation is
    /// said as the settings of this process have it.
    pub fn evaluated(&self, evaluation: Evaluation<'_>) {
        let Some(named) = self.0.as_ref().filter(|_| !evaluation.says_nothing()) else { return };
        let settings = Settings::current();
        let explains = named.may_explain && settings.capture().as_events();
        let context = Context::new().with_remote_span_context(named.span.clone());
        ExportedEvaluation::new(&evaluation, named.response_id.as_deref(), &settings, explains).log(&context, explains);
    }
}

impl Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Named { span, may_explain, response_id }) = &self.0 else { return Ok(()) };
        let content = if *may_explain { CONTENT } else { NO_CONTENT };
        write!(f, "00-{}-{}-{:02x} {content}", span.trace_id(), span.span_id(), span.trace_flags())?;
        response_id.as_ref().map_or(Ok(()), |id| write!(f, " {id}"))
    }
}

const CONTENT: &str = "content";
const NO_CONTENT: &str = "no_content";

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        if text.is_empty() {
            return Ok(Reference::default());
        }
        let mut words = text.splitn(3, ' ');
        let span = words.next().and_then(traceparent).ok_or(InvalidReference(()))?;
        let may_explain = match words.next() {
            Some(CONTENT) => true,
            Some(NO_CONTENT) => false,
            _ => return Err(InvalidReference(())),
        };
        Ok(Reference(Some(Named { span, may_explain, response_id: words.next().map(str::to_owned) })))
    }
}

fn traceparent(text: &str) -> Option<SpanContext> {
    let mut fields = text.split('-');
    let mut field = |length: usize| {
        let hex = |field: &&str| field.len() == length && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        fields.next().filter(hex)
    };
    let (version, trace, span, flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
    if version != "00" || fields.next().is_some() {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::NONE)).filter(SpanContext::is_valid)
}

/// As it will be read.
fn remote(span: &SpanContext) -> SpanContext {
    SpanContext::new(span.trace_id(), span.span_id(), span.trace_flags(), true, TraceState::NONE)
}

/// As one text.
impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A text that no [`Reference`] was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidReference(());

impl Display for InvalidReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a reference to a call: expected `traceparent content [response id]`")
    }
}

impl Error for InvalidReference {}
