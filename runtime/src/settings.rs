//! What the person who runs the program decides: by environment variables, or in code.

use crate::caught::caught;
use crate::value::{Cost, TokenUsage};
use crate::vocabulary::{Convention, GENAI, PRESCRIBED};
use opentelemetry::Context;
use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// What the person who runs the program decides. Unless [installed](Settings::install), the environment decides:
///
/// | setting | environment variable | default |
/// |---|---|---|
/// | [`vocabulary`](Settings::with_vocabulary) | `OTEL_SEMCONV_STABILITY_OPT_IN`: a comma list that may hold `gen_ai_latest_experimental` | [`Vocabulary::FastMcp`] |
/// | [`capture`](Settings::with_capture) | `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`: `SPAN_ONLY` (or `true`, `1`), `EVENT_ONLY`, `SPAN_AND_EVENT`, `NO_CONTENT` (or `false`, `0`) | [`Capture::Off`] |
/// | [`capture_only`](Settings::with_capture_only) | – | every piece |
/// | [`content_budget`](Settings::with_content_budget) | – | none |
/// | [`length_limit`](Settings::with_length_limit) | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`, in characters | none |
/// | [`redactor`](Settings::with_redactor) | – | none |
/// | [`error_messages`](Settings::with_error_messages) | – | `true` |
/// | [`arguments_for_sampler`](Settings::with_arguments_for_sampler) | – | `false` |
/// | [`price`](Settings::with_price) | – | none |
///
/// The environment is read once. A value there that cannot be understood is warned about once, through `tracing`, and the default is taken.
///
/// ```
/// use samplescope::{Capture, Settings};
///
/// Settings::from_env()
///     .with_capture(Capture::Spans)
///     .with_redactor(|_, text| text.replace("hunter2", "[redacted]").into())
///     .install();
/// ```
#[derive(Clone)]
pub struct Settings {
    vocabulary: Vocabulary,
    capture: Capture,
    redactor: Option<Arc<Redactor>>,
    length_limit: Option<usize>,
    content_budget: Option<usize>,
    error_messages: bool,
    arguments_for_sampler: bool,
    price: Option<Arc<Price>>,
    /// None: every piece.
    pieces: Option<PieceSet>,
}

/// Pieces of content, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PieceSet(u16);

impl PieceSet {
    fn has(self, piece: Piece) -> bool {
        self.0 & (1 << piece as u16) != 0
    }
}

type Price = dyn Fn(Option<&str>, Option<&str>, &TokenUsage) -> Option<f64> + Send + Sync;
type Redactor = dyn for<'a> Fn(Piece, &'a str) -> Cow<'a, str> + Send + Sync;

/// Which names spans, attributes and metrics have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vocabulary {
    /// The names of [FastMCP issue #3891](https://github.com/PrefectHQ/fastmcp/issues/3891).
    #[default]
    FastMcp,
    /// The names of the [OpenTelemetry GenAI conventions](https://github.com/open-telemetry/semantic-conventions-genai), as of October 2026.
    GenAi,
}

impl Vocabulary {
    /// What [`FastMcp`](Vocabulary::FastMcp) was called.
    #[deprecated(since = "0.1.0", note = "it is called `Vocabulary::FastMcp`")]
    #[expect(non_upper_case_globals, reason = "it stands where a variant stood")]
    pub const Prescribed: Vocabulary = Vocabulary::FastMcp;
}

/// Whether messages, tool arguments and results are captured, and where they go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capture {
    /// No content at all.
    #[default]
    Off,
    /// On spans: as span events or attributes, as the vocabulary has it.
    Spans,
    /// As log events, sent through `tracing`: one when a loop ends and, in the GenAI vocabulary, when a step does. A bridge such as
    /// opentelemetry-appender-tracing makes OpenTelemetry log records of them, with the ids of the span; every other subscriber,
    /// one that prints to the terminal for instance, sees them, too. What a single tool was given and gave back is on spans only.
    Events,
    /// Both.
    SpansAndEvents,
}

impl Capture {
    pub(crate) fn on_spans(self) -> bool {
        matches!(self, Capture::Spans | Capture::SpansAndEvents)
    }

    pub(crate) fn as_events(self) -> bool {
        matches!(self, Capture::Events | Capture::SpansAndEvents)
    }
}

/// What kind of text a redactor is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// A system prompt, and a message of the role `system` or `developer` wherever it stands.
    System,
    /// A message to the model, but for what is another piece in it.
    Input,
    /// A definition of a tool.
    ToolDefinitions,
    /// A message of the model, and the answer of a loop, likewise.
    Output,
    /// A string, number or name in the arguments of a tool call, those in messages included, or what a retrieval or a memory is
    /// asked.
    ToolArguments,
    /// A string, number or name in the result of a tool call, what a message of the role `tool` says included, or in what a
    /// retrieval or a memory finds.
    ToolResult,
    /// The explanation of a score.
    Explanation,
    /// The text of an error: a span's status description and its `exception.message`.
    ErrorMessage,
}

impl Settings {
    /// What the environment says.
    pub fn from_env() -> Self {
        static ENVIRONMENT: OnceLock<Settings> = OnceLock::new();
        if let Some(settings) = ENVIRONMENT.get() {
            return settings.clone();
        }
        let mut warnings = Vec::new();
        let settings = Settings::read(std::env::var_os, &mut warnings);
        // Whoever warns runs a subscriber's code, which may ask for the settings: they are there by then, and nothing is locked.
        if ENVIRONMENT.set(settings.clone()).is_ok() {
            for warning in warnings {
                tracing::warn!(target: "samplescope", "{warning}");
            }
        }
        settings
    }

    /// Which names spans, attributes and metrics have.
    #[must_use]
    pub fn with_vocabulary(self, vocabulary: Vocabulary) -> Self {
        Settings { vocabulary, ..self }
    }

    /// Whether content is captured, and where it goes.
    #[must_use]
    pub fn with_capture(self, capture: Capture) -> Self {
        Settings { capture, ..self }
    }

    /// Which pieces of content are captured, where content is: the others are left out. [`Piece::ErrorMessage`] is none of them, which
    /// [`with_error_messages`](Settings::with_error_messages) decides on.
    ///
    /// What stands in a history is the piece that it is. Without [`Piece::System`] messages of the roles `system` and `developer`
    /// are not in it. Without [`Piece::ToolArguments`] or [`Piece::ToolResult`] a tool call in a message, or its result, is there
    /// with its id and its name, and `null` for what is left out.
    ///
    /// ```
    /// use samplescope::{Capture, Piece, Settings};
    ///
    /// // What the tools were called with, and nothing that anybody said.
    /// let settings = Settings::default().with_capture(Capture::Spans).with_capture_only([Piece::ToolArguments, Piece::ToolResult]);
    /// # drop(settings);
    /// ```
    #[must_use]
    pub fn with_capture_only(self, pieces: impl IntoIterator<Item = Piece>) -> Self {
        let pieces = pieces.into_iter().fold(0, |all, piece| all | 1 << piece as u16);
        Settings { pieces: Some(PieceSet(pieces)), ..self }
    }

    /// Every text of content and every error message passes through `redactor`, whole and unescaped, before the length limit.
    /// It is called while a span is starting or ending, and must not block; if it panics, the text is left out. What it calls is not traced.
    ///
    /// Content are the texts of messages, their URIs, MIME types, ids and file ids, roles, modalities and finish reasons that the
    /// conventions do not know, names, descriptions and schemas of tools, and every string, number and name of a member in
    /// the arguments and results of tools. A text that is JSON, be it what a model wrote, the arguments of a call or a block of unknown type, is shown
    /// from the inside out: each string, number and name in it, JSON in these again, to eight levels, and at last the whole.
    /// What the redactor leaves alone stays as it was written, but for a string with half a surrogate pair, which is left out.
    ///
    /// The text of a stream is put together first, up to 1 MiB. What is longer is left out whole, and a marker says so: its beginning
    /// might end in half a secret.
    #[must_use]
    pub fn with_redactor(self, redactor: impl for<'a> Fn(Piece, &'a str) -> Cow<'a, str> + Send + Sync + 'static) -> Self {
        Settings { redactor: Some(Arc::new(redactor)), ..self }
    }

    /// How long a content value or an error message may be, in characters. What is longer is cut, and says so.
    #[must_use]
    pub fn with_length_limit(self, limit: impl Into<Option<usize>>) -> Self {
        Settings { length_limit: limit.into(), ..self }
    }

    /// How much content a span may carry all in all, in characters; and a log event likewise. What the length limit does to a single value, this does to
    /// a long conversation: the system prompt is kept and the newest messages, as many as there is room for, each whole, and
    /// `samplescope.input.messages.omitted` on the span, or in the log event, says how many older ones are not there.
    ///
    /// The system prompt may take half of the budget, and with it the messages and the definitions of tools, in this order, three quarters; what
    /// they leave over is the answer's. What a tool was given and what it gave back may take half each, what is looked for and found likewise. What is longer than its share is cut as
    /// the length limit cuts it, and so is the newest message. Where no system prompt is given apart, the messages of that role (and of
    /// `developer`) are the system prompt, wherever they stand.
    ///
    /// The texts of errors and the explanations of scores are no part of it.
    #[must_use]
    pub fn with_content_budget(self, characters: impl Into<Option<usize>>) -> Self {
        Settings { content_budget: characters.into(), ..self }
    }

    /// Whether an error's own text is exported, as the status description and `exception.message`. Without it an error still has its type.
    #[must_use]
    pub fn with_error_messages(self, exported: bool) -> Self {
        Settings { error_messages: exported, ..self }
    }

    /// Whether arguments are evaluated before the sampler decides, so that it may decide by them.
    /// They are then evaluated for spans that are not sampled, too.
    ///
    /// A sampler sees in any case, and whether a meter listens or not: the operation, constants, literals (the function's name, where a tool
    /// writes no `name`, is one), what is inherited from the loop, and the span's name made of these. Inside a loop that records it sees
    /// arguments as well, since they go into the span as it starts.
    #[must_use]
    pub fn with_arguments_for_sampler(self, evaluated: bool) -> Self {
        Settings { arguments_for_sampler: evaluated, ..self }
    }

    /// What a model call cost: `gen_ai.usage.cost` of its step, from the provider, the model (the one that answered, else the one that was asked) and
    /// the tokens. It is asked when the span of a step ends that records and whose tokens are known, unless the
    /// [usage](TokenUsage::with_cost) says the cost. What is `None`, negative or no finite number is left out, and so is what panics.
    /// What it calls is not traced. No loop has a total: backends add the steps up.
    ///
    /// ```
    /// use samplescope::Settings;
    ///
    /// Settings::from_env()
    ///     .with_price(|_, model, usage| {
    ///         let (input, output) = match model? {
    ///             model if model.starts_with("demo-large") => (3.0e-6, 15.0e-6),
    ///             _ => return None,
    ///         };
    ///         Some(usage.input()? as f64 * input + usage.output()? as f64 * output)
    ///     })
    ///     .install();
    /// # Settings::default().install();
    /// ```
    #[must_use]
    pub fn with_price(
        self,
        price: impl Fn(Option<&str>, Option<&str>, &TokenUsage) -> Option<f64> + Send + Sync + 'static,
    ) -> Self {
        Settings { price: Some(Arc::new(price)), ..self }
    }

    /// Which names spans, attributes and metrics have.
    pub fn vocabulary(&self) -> Vocabulary {
        self.vocabulary
    }

    /// Whether content is captured, and where it goes.
    pub fn capture(&self) -> Capture {
        self.capture
    }

    /// How long a content value or an error message may be, in characters. `None`: as long as it is.
    pub fn length_limit(&self) -> Option<usize> {
        self.length_limit
    }

    /// How much content a span may carry all in all, in characters. `None`: all that there is.
    pub fn content_budget(&self) -> Option<usize> {
        self.content_budget
    }

    /// Whether an error's own text is exported.
    pub fn error_messages(&self) -> bool {
        self.error_messages
    }

    /// Whether arguments are evaluated before the sampler decides.
    pub fn arguments_for_sampler(&self) -> bool {
        self.arguments_for_sampler
    }

    /// Makes these the settings of the whole process, from the next loop on (or the next step or tool outside one).
    pub fn install(self) {
        let replaced = INSTALLED.write().unwrap_or_else(PoisonError::into_inner).replace(Arc::new(self));
        // Not under the lock: what a redactor has captured may go with it.
        drop(replaced);
    }

    /// What is installed, else what the environment says.
    #[inline]
    pub(crate) fn current() -> Arc<Settings> {
        if let Some(settings) = &*INSTALLED.read().unwrap_or_else(PoisonError::into_inner) {
            return settings.clone();
        }
        Self::first()
    }

    #[cold]
    fn first() -> Arc<Settings> {
        let settings = Arc::new(Settings::from_env());
        INSTALLED.write().unwrap_or_else(PoisonError::into_inner).get_or_insert(settings).clone()
    }

    /// What the environment says. What cannot be understood is a warning, and taken as not there.
    fn read(variable: impl Fn(&'static str) -> Option<OsString>, warnings: &mut Vec<String>) -> Self {
        let mut text = |name| {
            let value = variable(name)?.into_string();
            value.map_err(|_| warnings.push(format!("{name} is not UTF-8: it is ignored"))).ok()
        };
        let [opt_in, capture, limits @ ..] = [OPT_IN, CAPTURE, SPAN_LENGTH_LIMIT, LENGTH_LIMIT].map(|name| (name, text(name)));
        let mut limits = limits.map(|(name, value)| value.and_then(|value| read_limit(name, &value, warnings))).into_iter();
        Settings {
            vocabulary: opt_in.1.map_or_else(Vocabulary::default, |value| read_vocabulary(&value)),
            capture: capture.1.map_or_else(Capture::default, |value| read_capture(&value, warnings)),
            redactor: None,
            length_limit: limits.find_map(|limit| limit),
            content_budget: None,
            error_messages: true,
            arguments_for_sampler: false,
            price: None,
            pieces: None,
        }
    }

    pub(crate) fn convention(&self) -> &'static Convention {
        match self.vocabulary {
            Vocabulary::FastMcp => &PRESCRIBED,
            Vocabulary::GenAi => &GENAI,
        }
    }

    /// Whether that piece is captured, where content is.
    pub(crate) fn takes(&self, piece: Piece) -> bool {
        self.pieces.is_none_or(|pieces| pieces.has(piece))
    }

    /// Whether every piece is.
    pub(crate) fn takes_all(&self) -> bool {
        self.pieces.is_none()
    }

    pub(crate) fn prices(&self) -> bool {
        self.price.is_some()
    }

    pub(crate) fn priced(&self, provider: Option<&str>, model: Option<&str>, usage: &TokenUsage) -> Option<Cost> {
        let price = self.price.as_ref()?;
        let priced = caught("a price", || {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            price(provider, model, usage)
        });
        priced.flatten().and_then(Cost::new)
    }

    pub(crate) fn redacts(&self) -> bool {
        self.redactor.is_some()
    }

    pub(crate) fn redact<'a>(&self, piece: Piece, text: &'a str) -> Cow<'a, str> {
        let Some(redactor) = &self.redactor else { return text.into() };
        let redacted = || {
            // What the redactor calls is not traced: it would be redacted in turn, and so on.
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            redactor(piece, text)
        };
        caught("a redactor", redacted).unwrap_or_default()
    }
}

/// Nothing captured, the names of [`Vocabulary::FastMcp`], whatever the environment says.
impl Default for Settings {
    fn default() -> Self {
        Settings::read(|_| None, &mut Vec::new())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("vocabulary", &self.vocabulary)
            .field("capture", &self.capture)
            .field("redactor", &self.redactor.as_ref().map(|_| "…"))
            .field("pieces", &self.pieces)
            .field("length_limit", &self.length_limit)
            .field("content_budget", &self.content_budget)
            .field("error_messages", &self.error_messages)
            .field("arguments_for_sampler", &self.arguments_for_sampler)
            .field("price", &self.price.as_ref().map(|_| "…"))
            .finish()
    }
}

static INSTALLED: RwLock<Option<Arc<Settings>>> = RwLock::new(None);

const OPT_IN: &str = "OTEL_SEMCONV_STABILITY_OPT_IN";
const CAPTURE: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const SPAN_LENGTH_LIMIT: &str = "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT";
const LENGTH_LIMIT: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";

/// The list is shared with other instrumentations: what is not ours says nothing to us.
fn read_vocabulary(value: &str) -> Vocabulary {
    let opted_in = value.split(',').any(|word| word.trim() == "gen_ai_latest_experimental");
    if opted_in { Vocabulary::GenAi } else { Vocabulary::FastMcp }
}

/// Both dialects: older instrumentations test for `true`, newer ones know four words.
fn read_capture(value: &str, warnings: &mut Vec<String>) -> Capture {
    match value.trim().to_ascii_lowercase().as_str() {
        "" | "false" | "0" | "no_content" => Capture::Off,
        "true" | "1" | "span_only" => Capture::Spans,
        "event_only" => Capture::Events,
        "span_and_event" => Capture::SpansAndEvents,
        _ => {
            let words = "true, false, NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT";
            warnings.push(format!("{CAPTURE} is none of {words}: no content is captured"));
            Capture::Off
        }
    }
}

fn read_limit(name: &'static str, value: &str, warnings: &mut Vec<String>) -> Option<usize> {
    let limit = value.trim().parse().ok();
    if limit.is_none() && !value.trim().is_empty() {
        warnings.push(format!("{name} is not a number of characters: it is ignored"));
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Settings {
        Settings::read(|asked| (asked == name).then(|| value.into()), &mut Vec::new())
    }

    #[test]
    fn content_is_captured_in_either_dialect_and_in_no_other() {
        for (value, expected) in [
            ("", Capture::Off),
            ("false", Capture::Off),
            ("False", Capture::Off),
            ("0", Capture::Off),
            ("NO_CONTENT", Capture::Off),
            ("no_content", Capture::Off),
            ("true", Capture::Spans),
            ("TRUE", Capture::Spans),
            ("1", Capture::Spans),
            (" true ", Capture::Spans),
            ("SPAN_ONLY", Capture::Spans),
            ("event_only", Capture::Events),
            ("SPAN_AND_EVENT", Capture::SpansAndEvents),
            ("yes", Capture::Off),
            ("on", Capture::Off),
            ("span", Capture::Off),
        ] {
            assert_eq!(read(CAPTURE, value).capture, expected, "{value:?}");
        }
        assert_eq!(Settings::default().capture, Capture::Off);
    }

    #[test]
    fn what_was_set_can_be_asked_for() {
        let settings = Settings::default()
            .with_vocabulary(Vocabulary::GenAi)
            .with_capture(Capture::Events)
            .with_length_limit(12)
            .with_content_budget(34)
            .with_error_messages(false)
            .with_arguments_for_sampler(true);
        assert_eq!(
            (settings.vocabulary(), settings.capture(), settings.length_limit()),
            (Vocabulary::GenAi, Capture::Events, Some(12))
        );
        assert_eq!(settings.content_budget(), Some(34));
        assert_eq!((settings.error_messages(), settings.arguments_for_sampler()), (false, true));
    }

    #[test]
    fn the_vocabulary_is_one_word_of_a_list() {
        for (value, expected) in [
            ("gen_ai_latest_experimental", Vocabulary::GenAi),
            ("http, gen_ai_latest_experimental ,database", Vocabulary::GenAi),
            ("http/dup", Vocabulary::FastMcp),
            ("gen_ai", Vocabulary::FastMcp),
            ("", Vocabulary::FastMcp),
        ] {
            assert_eq!(read(OPT_IN, value).vocabulary, expected, "{value:?}");
        }
    }

    #[test]
    fn the_span_limit_goes_before_the_general_one_and_nonsense_before_neither() {
        let both = |span: &str, general: &str| {
            let variable = |name| match name {
                SPAN_LENGTH_LIMIT => Some(span.into()),
                LENGTH_LIMIT => Some(general.into()),
                _ => None,
            };
            Settings::read(variable, &mut Vec::new()).length_limit
        };
        assert_eq!(both("10", "20"), Some(10));
        assert_eq!(both("", "20"), Some(20));
        assert_eq!(both("ten", "20"), Some(20));
        assert_eq!(both("-1", "many"), None);
    }

    #[test]
    #[cfg(unix)]
    fn what_is_not_utf_8_is_a_warning_and_as_if_it_were_not_there() {
        use std::os::unix::ffi::OsStringExt as _;
        let mut warnings = Vec::new();
        let settings = Settings::read(|_| Some(OsString::from_vec(vec![b't', 0xff])), &mut warnings);
        assert_eq!((settings.capture, settings.length_limit), (Capture::Off, None));
        assert_eq!(warnings.len(), 4);
        assert!(warnings[1].starts_with(CAPTURE) && warnings[1].contains("UTF-8"), "{warnings:?}");
        assert!(warnings.iter().all(|warning| warning.is_ascii()), "{warnings:?}");
    }
}
