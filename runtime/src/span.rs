//! One call that somebody listens to: its span is opened, described and closed here. The only file on `opentelemetry::trace`.

use crate::content::Captured;
use crate::ending::{Ending, Failure};
use crate::metrics::{Measurement, Meters};
use crate::scope::{Gate, Said, Scope, unpoisoned};
use crate::settings::Settings;
use crate::value::TokenUsage;
use crate::vocabulary::{Convention, Kind, Operation, event, key};
use opentelemetry::global::{self, BoxedSpan, BoxedTracer};
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, StringValue, Value};
use std::borrow::Cow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

/// A call that somebody listens to: a recording span, a meter, or a sampler that said no and whose decision its callees have to see.
pub(crate) struct Live {
    pub(crate) kind: Kind,
    pub(crate) convention: &'static Convention,
    pub(crate) settings: Arc<Settings>,
    /// What the call runs in; None: in whatever is current.
    pub(crate) context: Option<Context>,
    /// Whether the span in `context` is this call's own and records.
    pub(crate) records: bool,
    /// Whether content is taken, and set when the call ends.
    pub(crate) captures: bool,
    pub(crate) gate: Gate,
    pub(crate) scope: Option<Arc<Scope>>,
    /// The call around this one, within the same loop.
    pub(crate) outer: Option<Arc<Live>>,
    /// There while a duration is wanted.
    pub(crate) started: Option<Instant>,
    /// There while a meter listens.
    pub(crate) measured: Option<Measured>,
    pub(crate) facts: Mutex<Facts>,
}

pub(crate) struct Measured {
    pub(crate) meters: Arc<Meters>,
    /// What the request said of the attributes that metrics have.
    pub(crate) attributes: Said,
}

// The user's future keeps its own auto traits: what is not unwind safe here is opentelemetry's context, of which only atomic operations are used.
impl UnwindSafe for Live {}
impl RefUnwindSafe for Live {}

/// What is learned between start and end, from the response, from handles and from the request's content.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) stop_reason: Fact<StringValue>,
    pub(crate) response_model: Fact<StringValue>,
    pub(crate) response_id: Fact<StringValue>,
    pub(crate) usage: Fact<TokenUsage>,
    pub(crate) failed: Fact<bool>,
    /// When the first item of a stream was there, counted from the start.
    pub(crate) first_chunk: Option<Duration>,
    pub(crate) error_type: Option<Cow<'static, str>>,
    pub(crate) failure: Option<Failure>,
    pub(crate) attributes: Vec<KeyValue>,
    /// There once something was captured.
    pub(crate) content: Option<Box<Captured>>,
}

/// Something that an argument, a handle or the response's own type may say. An argument goes first, then the handle.
#[derive(Debug)]
pub(crate) struct Fact<T> {
    value: Option<T>,
    written: bool,
    asked: bool,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Fact { value: None, written: false, asked: false }
    }
}

impl<T> Fact<T> {
    /// An argument says it.
    pub(crate) fn write(&mut self, value: Option<T>) {
        self.written = true;
        self.value = value.or(self.value.take());
    }

    /// A handle says it.
    pub(crate) fn say(&mut self, value: Option<T>) {
        self.value = value.or(self.value.take());
    }

    /// The response's own type says it.
    pub(crate) fn fill(&mut self, value: impl FnOnce() -> Option<T>) {
        self.asked = true;
        if !self.written && self.value.is_none() {
            self.value = value();
        }
    }

    fn was_asked(&self) -> bool {
        self.written || self.asked
    }
}

impl Fact<TokenUsage> {
    /// A handle says some of the counts; what it said before of the others stays.
    pub(crate) fn say_more(&mut self, usage: Option<TokenUsage>) {
        let before = self.value.unwrap_or_default();
        self.say(usage.map(|usage| usage.over(before)));
    }
}

impl Live {
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    pub(crate) fn gate(&self) -> Gate {
        self.gate
    }

    pub(crate) fn outer(&self) -> Option<&Arc<Live>> {
        self.outer.as_ref()
    }

    /// Whether the call belongs to that scope.
    pub(crate) fn is_in(&self, scope: &Scope) -> bool {
        self.scope.as_ref().is_some_and(|own| std::ptr::eq(Arc::as_ptr(own), scope))
    }

    pub(crate) fn facts(&self) -> std::sync::MutexGuard<'_, Facts> {
        unpoisoned(&self.facts)
    }

    pub(crate) fn operation(&self) -> &'static Operation {
        self.convention.operation(self.kind)
    }

    /// The span in the call's context, by its id, if it is its own.
    pub(crate) fn span_gate(&self) -> Option<Gate> {
        self.context.as_ref().filter(|_| self.records).map(Gate::of)
    }

    /// Whether a meter wants the attribute.
    pub(crate) fn measures(&self, key: &str) -> bool {
        self.measured.is_some() && self.operation().measures(key)
    }

    pub(crate) fn measures_tokens(&self) -> bool {
        self.measured.is_some() && self.operation().tokens.is_some()
    }

    /// Whether the ending goes anywhere.
    pub(crate) fn tells_ending(&self) -> bool {
        self.records || (self.measured.is_some() && self.operation().duration.is_some())
    }

    /// Whether the response is worth looking at.
    pub(crate) fn tells_response(&self) -> bool {
        self.records || self.measured.is_some()
    }

    /// An item of its stream is there.
    pub(crate) fn chunk_arrived(&self) {
        let mut facts = self.facts();
        if facts.first_chunk.is_none() {
            facts.first_chunk = self.started.map(|started| started.elapsed());
        }
    }

    pub(crate) fn add_event(&self, name: impl Into<Cow<'static, str>>, attributes: impl FnOnce() -> Vec<KeyValue>) {
        if let Some(context) = self.context.as_ref().filter(|_| self.records) {
            context.span().add_event(name, attributes());
        }
    }

    /// What the response and the error said, as an ending.
    pub(crate) fn ending(&self) -> Ending {
        let mut facts = self.facts();
        match facts.failure.take() {
            Some(mut failure) => {
                if let Some(error_type) = facts.error_type.take() {
                    failure.error_type = error_type;
                }
                Ending::Error(failure)
            }
            None if facts.failed.value == Some(true) => Ending::Failed,
            None => Ending::Success,
        }
    }

    /// Ends the call. Everything that is known of it goes out here, on every exit path alike.
    pub(crate) fn close(self: Arc<Self>, ending: &Ending) {
        let error_type = ending.error_type(self.kind);
        if let Some(measured) = &self.measured {
            self.measure(measured, error_type.as_deref());
        }
        if let Some(context) = self.context.as_ref().filter(|_| self.records) {
            self.describe_end(context, ending, error_type);
            context.span().end();
        }
        if let Some(scope) = &self.scope {
            scope.closed(&self);
        }
    }

    /// End attributes, content behind them, the status once.
    fn describe_end(&self, context: &Context, ending: &Ending, error_type: Option<Cow<'static, str>>) {
        let mut facts = self.facts();
        let mut attributes = std::mem::take(&mut facts.attributes);
        let finish_reason = match self.kind {
            Kind::Loop => {
                let scope = self.scope.as_ref();
                attributes.extend(scope.map(|scope| KeyValue::new(key::ITERATIONS, scope.counts()[0])));
                scope.and_then(|scope| scope.last_finish_reason())
            }
            Kind::Step => {
                let finish_reason = facts.described(&mut attributes);
                if let Some(scope) = &self.scope {
                    scope.remember_finish_reason(finish_reason.clone());
                }
                finish_reason
            }
            Kind::Tool => None,
        };
        let content = facts.content.take();
        // Before anything of the user's is called.
        drop(facts);
        attributes.extend(error_type.map(|error_type| KeyValue::new(key::ERROR_TYPE, error_type)));
        let events = content.map(|content| self.deliver(context, *content, finish_reason, &mut attributes));
        let span = context.span();
        if !attributes.is_empty() {
            span.set_attributes(attributes);
        }
        for (name, attributes) in events.into_iter().flatten() {
            span.add_event(name, attributes);
        }
        if let Ending::Error(failure) = ending {
            span.add_event(event::EXCEPTION, exception(failure));
            self.log_exception(context, failure);
        }
        if let Some(description) = ending.description() {
            span.set_status(Status::error(description));
        }
    }

    fn measure(&self, measured: &Measured, error_type: Option<&str>) {
        let (usage, response_model, first_chunk) = {
            let facts = self.facts();
            (facts.usage.value.unwrap_or_default(), facts.response_model.value.clone(), facts.first_chunk)
        };
        let measurement = Measurement {
            kind: self.kind,
            duration: self.started.map(|started| started.elapsed()).unwrap_or_default(),
            first_chunk,
            usage,
            counts: self.scope.as_ref().map(|scope| scope.counts()).unwrap_or_default(),
            error_type,
        };
        measured.meters.record(&measurement, |key| match key {
            key::RESPONSE_MODEL => response_model.clone().map(Value::String),
            key => {
                let constant = self.operation().constant(key);
                constant.map(Value::from).or_else(|| measured.attributes.get(key).cloned())
            }
        });
    }
}

impl Facts {
    /// What the response said, as attributes. Gives back the finish reason.
    fn described(&mut self, attributes: &mut Vec<KeyValue>) -> Option<StringValue> {
        let finish_reason = stopped(&mut self.stop_reason, attributes);
        let texts = [(key::RESPONSE_MODEL, &mut self.response_model), (key::RESPONSE_ID, &mut self.response_id)];
        attributes.extend(texts.into_iter().filter_map(|(key, text)| Some(KeyValue::new(key, text.value.take()?))));
        let first_chunk = self.first_chunk.map(|first_chunk| first_chunk.as_secs_f64());
        attributes.extend(first_chunk.map(|seconds| KeyValue::new(key::TIME_TO_FIRST_CHUNK, seconds)));
        if let Some(usage) = self.usage.value {
            used(usage, attributes);
        }
        finish_reason
    }

    /// The content, from now on.
    pub(crate) fn content(&mut self) -> &mut Captured {
        self.content.get_or_insert_default()
    }
}

/// Both names of a stop reason. A response that could have said one and did not is `unknown`, which is no finish reason.
fn stopped(reason: &mut Fact<StringValue>, attributes: &mut Vec<KeyValue>) -> Option<StringValue> {
    match reason.value.take() {
        Some(said) => {
            let (stop_reason, finish_reason) = crate::vocabulary::stop_reason(said);
            attributes.push(KeyValue::new(key::STOP_REASON, stop_reason));
            attributes.push(KeyValue::new(key::RESPONSE_FINISH_REASONS, Value::Array(vec![finish_reason.clone()].into())));
            Some(finish_reason)
        }
        None if reason.was_asked() => {
            attributes.push(KeyValue::new(key::STOP_REASON, crate::vocabulary::value::UNKNOWN_STOP_REASON));
            None
        }
        None => None,
    }
}

fn used(usage: TokenUsage, attributes: &mut Vec<KeyValue>) {
    let counts = [
        (key::USAGE_INPUT, usage.input),
        (key::USAGE_OUTPUT, usage.output),
        (key::USAGE_CACHE_READ, usage.cached),
        (key::USAGE_CACHE_CREATION, usage.cache_creation),
        (key::USAGE_REASONING, usage.reasoning),
    ];
    attributes.extend(counts.into_iter().filter_map(|(key, count)| Some(KeyValue::new(key, count?))));
}

fn exception(failure: &Failure) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new(key::EXCEPTION_TYPE, failure.exception_type)];
    attributes.extend(failure.message.clone().map(|message| KeyValue::new(key::EXCEPTION_MESSAGE, message)));
    attributes
}

impl Gate {
    /// The current span of the context.
    pub(crate) fn of(context: &Context) -> Gate {
        Gate::under(context.span().span_context().span_id().to_bytes())
    }

    /// Whether nobody listens to a call that begins here: below an unsampled loop, unless another context was attached by hand.
    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self != Gate::ASK && (self == Gate::OFF || Context::map_current(Gate::of) == self)
    }
}

/// Whether somebody set a tracer provider.
pub(crate) fn is_listened_to() -> bool {
    SEEN.load(Relaxed) || {
        let real = is_real(&global::tracer(crate::NAME));
        SEEN.store(real, Relaxed);
        real
    }
}

/// The global provider's tracer. Never kept beyond a loop: one that is taken before a provider is set stays silent for ever.
pub(crate) fn tracer(convention: &'static Convention) -> BoxedTracer {
    let scope = InstrumentationScope::builder(crate::NAME).with_version(crate::VERSION).with_schema_url(convention.schema_url);
    global::tracer_with_scope(scope.build())
}

/// Whether a provider was there when last asked. Only ever a reason not to ask again: a no-op span puts it back.
static SEEN: AtomicBool = AtomicBool::new(false);

/// Tells a tracer from the API's own no-op without starting anything: with telemetry suppressed an SDK gives an empty context,
/// the no-op gives back its parent's.
pub(crate) fn is_real(tracer: &BoxedTracer) -> bool {
    static PARENT: LazyLock<Context> = LazyLock::new(|| {
        let parent = SpanContext::new(TraceId::from(1), SpanId::from(1), TraceFlags::default(), true, TraceState::default());
        Context::new().with_remote_span_context(parent).with_telemetry_suppressed()
    });
    !tracer.build_with_context(SpanBuilder::from_name(crate::NAME), &PARENT).span_context().is_valid()
}

/// A span as it was started.
pub(crate) enum Started {
    Recording(BoxedSpan),
    /// A sampler said no.
    Unsampled(BoxedSpan),
    /// There is no provider any more, or telemetry is suppressed.
    Nothing,
}

pub(crate) fn start(
    tracer: &BoxedTracer,
    parent: &Context,
    operation: &Operation,
    name: Cow<'static, str>,
    attributes: Vec<KeyValue>,
) -> Started {
    let mut builder = SpanBuilder::from_name(name);
    builder.span_kind = Some(if operation.client { SpanKind::Client } else { SpanKind::Internal });
    builder.attributes = Some(attributes);
    let span = tracer.build_with_context(builder, parent);
    if span.is_recording() {
        return Started::Recording(span);
    }
    let is_noop = !span.span_context().is_valid() || span.span_context() == parent.span().span_context();
    if is_noop {
        SEEN.store(false, Relaxed);
        return Started::Nothing;
    }
    Started::Unsampled(span)
}

impl Started {
    pub(crate) fn is_recording(&self) -> bool {
        matches!(self, Started::Recording(_))
    }

    /// What is learned after the sampler has decided.
    pub(crate) fn describe(&mut self, name: Option<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        if let Started::Recording(span) = self {
            if let Some(name) = name {
                span.update_name(name);
            }
            span.set_attributes(attributes);
        }
    }

    /// The context that the call runs in, with the span in it if there is one.
    ///
    /// An unsampled span is put there for its callees to see, but not above a span of the user's that records:
    /// that one would lose what the user sets on it inside.
    pub(crate) fn into_context(self, parent: &Context) -> Option<Context> {
        match self {
            Started::Recording(span) => Some(parent.with_span(span)),
            Started::Unsampled(span) => (!parent.span().is_recording()).then(|| parent.with_span(span)),
            Started::Nothing => None,
        }
    }
}
