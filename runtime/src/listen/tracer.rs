//! Whether a tracer provider is there, its tracer, and a span as it starts.

use crate::vocabulary::{Convention, Operation};
use opentelemetry::global::{self, BoxedSpan, BoxedTracer};
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use std::borrow::Cow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::SystemTime;

/// Whether a provider was there when last asked. Only ever a reason not to ask again: a no-op span puts it back.
static SEEN: AtomicBool = AtomicBool::new(false);

/// Whether somebody set a tracer provider.
#[inline]
pub(crate) fn is_listened_to() -> bool {
    SEEN.load(Relaxed) || look()
}

#[inline(never)]
fn look() -> bool {
    let real = is_real(&global::tracer(crate::NAME));
    SEEN.store(real, Relaxed);
    real
}

/// The global provider's tracer. Never kept beyond a run: one that is taken before a provider is set stays silent for ever.
pub(crate) fn tracer(name: &'static str, convention: &'static Convention) -> BoxedTracer {
    global::tracer_with_scope(scope(name, convention))
}

/// What a tracer or a meter is asked for as.
pub(crate) fn scope(name: &'static str, convention: &'static Convention) -> InstrumentationScope {
    InstrumentationScope::builder(name).with_version(crate::VERSION).with_schema_url(convention.schema_url).build()
}

/// Tells a tracer from the API's own no-op without starting anything: with telemetry suppressed an SDK gives an empty context,
/// the no-op gives back its parent's.
pub(crate) fn is_real(tracer: &BoxedTracer) -> bool {
    static PARENT: LazyLock<Context> = LazyLock::new(|| {
        let parent = SpanContext::new(TraceId::from(1), SpanId::from(1), TraceFlags::default(), true, TraceState::default());
        Context::new().with_remote_span_context(parent).with_telemetry_suppressed()
    });
    !tracer.build_with_context(SpanBuilder::from_name(crate::NAME), &PARENT).span_context().is_valid()
}

/// Whether the provider is there that the tracer is of, where nothing is started that would tell.
pub(crate) fn is_still_there(tracer: &BoxedTracer) -> bool {
    let real = is_real(tracer);
    if !real {
        SEEN.store(false, Relaxed);
    }
    real
}

/// A span as it was started.
pub(crate) enum Started {
    Recording(BoxedSpan),
    /// Nothing was: the span that is current where the call begins is somebody else's, and records.
    Adopted,
    /// A sampler said no.
    Unsampled(BoxedSpan),
    /// There is no provider, or none any more, or telemetry is suppressed.
    Nothing,
}

/// What few spans have at their start.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    pub(crate) links: Vec<Link>,
    /// None: now.
    pub(crate) time: Option<SystemTime>,
}

/// Lets the sampler decide, by what it is shown here.
pub(crate) fn start(
    tracer: &BoxedTracer,
    parent: &Context,
    operation: &Operation,
    name: Cow<'static, str>,
    attributes: Vec<KeyValue>,
    beginning: Option<Box<Beginning>>,
) -> Started {
    let mut builder = SpanBuilder::from_name(name);
    builder.span_kind = Some(if operation.client { SpanKind::Client } else { SpanKind::Internal });
    builder.attributes = Some(attributes);
    if let Some(beginning) = beginning {
        let Beginning { links, time } = *beginning;
        builder.links = Some(links);
        builder.start_time = time;
    }
    start_built(tracer, parent, builder)
}

/// The same, of what is built already.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a span's description is 17 words, which are not handed on once more")]
pub(crate) fn start_built(tracer: &BoxedTracer, parent: &Context, builder: SpanBuilder) -> Started {
    let span = tracer.build_with_context(builder, parent);
    if span.is_recording() {
        return Started::Recording(span);
    }
    let context = span.span_context();
    if !context.is_valid() || context == parent.span().span_context() {
        SEEN.store(false, Relaxed);
        return Started::Nothing;
    }
    Started::Unsampled(span)
}

/// Starts nothing: the span that is current there is completed.
#[cold]
pub(crate) fn adopt(parent: &Context, attributes: Vec<KeyValue>, beginning: Option<Box<Beginning>>) -> Started {
    let span = parent.span();
    span.set_attributes(attributes);
    for link in beginning.into_iter().flat_map(|beginning| beginning.links) {
        span.add_link(link.span_context, link.attributes);
    }
    Started::Adopted
}

impl Started {
    pub(crate) fn is_recording(&self) -> bool {
        matches!(self, Started::Recording(_) | Started::Adopted)
    }

    /// A link that is learned after the sampler has decided.
    pub(crate) fn link(&mut self, parent: &Context, link: SpanContext) {
        match self {
            Started::Recording(span) => span.add_link(link, Vec::new()),
            Started::Adopted => parent.span().add_link(link, Vec::new()),
            Started::Unsampled(_) | Started::Nothing => {}
        }
    }

    /// What is learned after the sampler has decided.
    pub(crate) fn describe(&mut self, parent: &Context, name: Option<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        match self {
            Started::Recording(span) => {
                if let Some(name) = name {
                    span.update_name(name);
                }
                span.set_attributes(attributes);
            }
            // Its name is its owner's.
            Started::Adopted => parent.span().set_attributes(attributes),
            Started::Unsampled(_) | Started::Nothing => {}
        }
    }

    /// The context that the call runs in, with the span in it if there is one.
    ///
    /// An unsampled span is put there for its callees to see, but not above a span of the user's that records:
    /// that one would lose what the user sets on it inside.
    #[inline]
    pub(crate) fn into_context(self, parent: &Context) -> Option<Context> {
        match self {
            Started::Recording(span) => Some(parent.with_span(span)),
            Started::Adopted => Some(parent.clone()),
            // Nothing can be said of it: where it stands is enough, and saves the box that opentelemetry puts around a span in a context.
            Started::Unsampled(span) => {
                (!parent.span().is_recording()).then(|| parent.with_remote_span_context(span.span_context().clone()))
            }
            Started::Nothing => None,
        }
    }
}
