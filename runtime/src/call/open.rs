//! Opening a call: who listens, what the request says, the sampler's decision, the start of the span.

use crate::call::core::{Call, Learning, Place, Recursive, Run, Wants};
use crate::call::delivery;
use crate::call::here::{Here, Id, is_there};
use crate::call::learned::Moment;
use crate::content::{Captured, captures};
use crate::listen::{Beginning, Listeners, Started, start};
use crate::vocabulary::{Kind, Operation, Origin, Shared, SharedValues, key, value};
use crate::warning;
use opentelemetry::trace::{Link, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, Value};
use std::borrow::Cow;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

/// What the macro knows of a function at compile time.
#[derive(Debug)]
pub struct Site {
    /// The function's name.
    pub function: &'static str,
    /// How many attributes the request may have.
    pub attributes: usize,
    /// Whether content may be captured here at all.
    pub capture: bool,
}

/// A call that is being described. Attributes are collected until the sampler decides.
pub(crate) struct Opening {
    pub(crate) kind: Kind,
    site: &'static Site,
    operation: &'static Operation,
    listening: Listening,
    /// The context that it is opened in.
    parent: Context,
    place: Place,
    sampling: Sampling,
    beginning: Option<Box<Beginning>>,
    /// Whether its run has counted it.
    is_counted: bool,
    /// The function, if it may call itself.
    pub(crate) recursive: Option<&'static Location<'static>>,
    /// Whether it has to bring its own context to whatever runs inside, wherever that is.
    pub(crate) is_detached: bool,
    pub(crate) started: Option<Instant>,
    /// What the span does not have yet.
    attributes: Vec<KeyValue>,
    /// Where among these the one stands that the span's name ends in.
    subject: Option<usize>,
    /// What is handed down, or measured.
    said: SharedValues,
    pub(crate) written: Written,
    /// What is said before anybody asks whether it is worth saying is in the program's text.
    origin: Origin,
    content: Option<Box<Captured>>,
}

/// Those who listen to the call: it asked for them itself, or they are its run's.
enum Listening {
    Own(Listeners),
    Within(Arc<Run>),
}

impl Deref for Listening {
    type Target = Listeners;
    fn deref(&self) -> &Listeners {
        match self {
            Listening::Own(listeners) => listeners,
            Listening::Within(run) => &run.listeners,
        }
    }
}

/// When the sampler decides, and what.
enum Sampling {
    /// Once constants and inherited values are there: as soon as somebody asks whether an argument is worth evaluating.
    Early,
    /// When the call is described: inside a run that records, where arguments go into the span as it starts, or if it is to see them all.
    Late,
    Decided(Started),
    /// Nobody listens in the context that it was placed in.
    Nobody,
}

/// What arguments have said, so that neither a default nor the loop says it again.
#[derive(Default)]
pub(crate) struct Written {
    shared: u16,
    pub(crate) iteration: bool,
    pub(crate) tool_count: bool,
}

impl Written {
    fn has(&self, shared: Shared) -> bool {
        self.shared & shared.bit() != 0
    }
}

impl Opening {
    /// None if nobody listens.
    #[inline]
    pub(crate) fn new(kind: Kind, site: &'static Site) -> Option<Self> {
        let (parent, listening) = match kind {
            // Who listens may be said by the context.
            #[cfg(feature = "testing")]
            Kind::Loop if !is_there() => return None,
            Kind::Loop => (None, None),
            Kind::Step | Kind::Tool if is_there() => within(),
            Kind::Step | Kind::Tool => return None,
        };
        let listening = match listening {
            Some(run) => Listening::Within(run),
            None => Listening::Own(Listeners::ask().filter(|_| is_there())?),
        };
        let parent = parent.unwrap_or_else(Context::current);
        let place = Place::of(&parent);
        Opening::at(kind, site, listening, parent, place)
    }

    fn at(kind: Kind, site: &'static Site, listening: Listening, parent: Context, place: Place) -> Option<Self> {
        let operation = listening.convention.operation(kind);
        let (inherited, asks) = match &listening {
            Listening::Own(listeners) => (0, listeners.tracer.is_some()),
            Listening::Within(run) => (run.inherited.len(), run.asks_under(place.span)),
        };
        let measured = listening.meters.is_some() && (kind == Kind::Loop || operation.is_measured());
        if !asks && !measured {
            if let Listening::Within(run) = &listening {
                run.count(kind);
            }
            return None;
        }
        let sampling = match &listening {
            _ if !asks => Sampling::Decided(Started::Nothing),
            Listening::Own(listeners) if !listeners.settings.shows_sampler_arguments() => Sampling::Early,
            _ => Sampling::Late,
        };
        let mut attributes = Vec::new();
        if asks {
            // At its end a step says six things more, others two.
            let later = if kind == Kind::Step { 6 } else { 2 };
            attributes.reserve_exact(operation.attributes.len() + site.attributes + inherited + later);
            attributes.extend(operation.attributes.iter().map(|&(key, value)| KeyValue::new(key, value)));
        }
        Some(Opening {
            kind,
            site,
            operation,
            started: measured.then(Instant::now),
            listening,
            parent,
            place,
            sampling,
            beginning: None,
            is_counted: false,
            recursive: None,
            is_detached: false,
            attributes,
            subject: None,
            said: SharedValues::default(),
            written: Written::default(),
            origin: Origin::Constant,
            content: None,
        })
    }

    pub(crate) fn operation(&self) -> &'static Operation {
        self.operation
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.listening
    }

    fn is_measured(&self) -> bool {
        self.listening.meters.is_some() && self.operation.is_measured()
    }

    /// Whether a value for the span is worth evaluating, or for a meter that wants it.
    pub(crate) fn is_wanted(&mut self, by_meter: impl FnOnce(&Operation) -> bool) -> bool {
        self.origin = Origin::Evaluated;
        match self.sampling {
            Sampling::Late => true,
            Sampling::Nobody => false,
            _ => self.decide() || (self.listening.meters.is_some() && by_meter(self.operation)),
        }
    }

    /// Whether content is worth evaluating. The macro asks last, since the span has to be started to know.
    pub(crate) fn is_capturing(&mut self) -> bool {
        self.origin = Origin::Evaluated;
        self.captures() && self.decide()
    }

    /// Whether content becomes a log event, which says what the span says.
    fn logs(&self) -> bool {
        self.listening.settings.captures().as_events() && self.captures()
    }

    fn captures(&self) -> bool {
        self.site.capture && captures(&self.listening.settings, self.operation, self.kind)
    }

    /// Lets the sampler decide, if it has not. Whether the span records.
    fn decide(&mut self) -> bool {
        match &self.sampling {
            Sampling::Decided(span) => return span.is_recording(),
            Sampling::Nobody => return false,
            Sampling::Early | Sampling::Late => {}
        }
        self.inherit();
        let name = self.name_of_span().unwrap_or(self.operation.name.into());
        let attributes = std::mem::take(&mut self.attributes);
        self.subject = None;
        let beginning = self.beginning.take();
        let started = match &self.listening.tracer {
            Some(tracer) => start(tracer, &self.parent, self.operation, name, attributes, beginning),
            None => Started::Nothing,
        };
        let records = started.is_recording();
        self.sampling = Sampling::Decided(started);
        records
    }

    /// Counts the call in its run, once. For a step of a loop: which one it is.
    fn count(&mut self) -> Option<i64> {
        let counted = std::mem::replace(&mut self.is_counted, true);
        match &self.listening {
            Listening::Within(run) if !counted => run.count(self.kind),
            _ => None,
        }
    }

    /// Opens it in another context, if nothing was decided yet. Where nobody listens in there, nobody does.
    pub(crate) fn place_in(&mut self, parent: &Context) {
        if self.is_decided() {
            return warning::once!("a parent was left out: it was said after other arguments, and the span has one already");
        }
        let run = if self.kind == Kind::Loop { None } else { Run::of(parent) };
        let listening = match run {
            Some(run) => Some(Listening::Within(run)),
            None => Listeners::ask().map(Listening::Own),
        };
        // What the thread knows is of where it is, not of there.
        let place = Place { span: Id::of(parent), here: Here::Unknown };
        let opened = listening.and_then(|listening| Opening::at(self.kind, self.site, listening, parent.clone(), place));
        match opened {
            Some(opened) => {
                let (beginning, recursive, is_detached) = (self.beginning.take(), self.recursive, self.is_detached);
                *self = Opening { beginning, recursive, is_detached, ..opened };
            }
            None => self.sampling = Sampling::Nobody,
        }
    }

    /// Links it to the span that the context is in.
    pub(crate) fn link(&mut self, context: &Context) {
        let linked = context.span().span_context().clone();
        if !linked.is_valid() {
            return;
        }
        match &mut self.sampling {
            Sampling::Decided(span) => span.link(linked),
            _ => self.beginning.get_or_insert_default().links.push(Link::with_context(linked)),
        }
    }

    /// It started then, and not now.
    pub(crate) fn starts_at(&mut self, time: SystemTime) {
        if self.is_decided() {
            return warning::once!("a start time was left out: it was said after other arguments, and the span has one already");
        }
        self.beginning.get_or_insert_default().time = Some(time);
        self.started = Some(Moment::of(time).instant);
    }

    fn is_decided(&self) -> bool {
        matches!(self.sampling, Sampling::Decided(Started::Recording(_) | Started::Unsampled(_)))
    }

    /// What the loop says and the call itself does not, and where in the loop it stands.
    fn inherit(&mut self) {
        if let Some(iteration) = self.count().filter(|_| !self.written.iteration) {
            self.attributes.push(KeyValue::new(key::ITERATION, iteration));
        }
        let Listening::Within(run) = &self.listening else { return };
        for said in run.inherited.iter() {
            if said.shared.reaches(self.kind) && !self.written.has(said.shared) {
                if self.operation.subject == Some(said.shared) {
                    self.subject = Some(self.attributes.len());
                }
                self.attributes.push(KeyValue::new(said.shared.key(), said.value.clone()));
            }
        }
    }

    /// The operation and what it is done to, where the vocabulary has both in the name.
    fn name_of_span(&self) -> Option<Cow<'static, str>> {
        let Value::String(subject) = &self.attributes.get(self.subject?)?.value else { return None };
        let operation = self.operation.name;
        let mut name = String::with_capacity(operation.len() + 1 + subject.as_str().len().min(LONGEST_SUBJECT * 4));
        name.push_str(operation);
        name.push(' ');
        push_printable(&mut name, subject.as_str());
        Some(name.into())
    }

    /// The call, if there is still somebody who listens to it.
    pub(crate) fn finish(mut self) -> Option<Arc<Call>> {
        if matches!(self.sampling, Sampling::Nobody) {
            return None;
        }
        self.say_defaults();
        if let Sampling::Decided(Started::Recording(_)) = &self.sampling {
            // Decided by what was there then; the rest comes now.
            let name = self.name_of_span();
            let attributes = std::mem::take(&mut self.attributes);
            if let Sampling::Decided(span) = &mut self.sampling {
                span.describe(name, attributes);
            }
        } else {
            self.decide();
        }
        self.count();
        let captures = self.captures();
        let measured = self.is_measured();
        let keeps_said = measured || self.logs();
        let Opening {
            kind,
            operation,
            listening,
            parent,
            place,
            sampling,
            said,
            mut started,
            content,
            recursive,
            is_detached,
            site,
            ..
        } = self;
        let Sampling::Decided(span) = sampling else { return None };
        let records = span.is_recording();
        if records && kind == Kind::Step {
            // It may turn out to be a stream, whose first chunk is timed.
            started.get_or_insert_with(Instant::now);
        }
        let unsampled = matches!(span, Started::Unsampled(_));
        let own = span.into_context(&parent);
        let mut wants = Wants::of_span(records, captures);
        if measured {
            wants = wants.and_meter(operation);
        }
        let tells = wants.anything() || (kind == Kind::Loop && listening.meters.is_some());
        if !tells && own.is_none() && !(unsampled && kind == Kind::Loop) {
            return None;
        }
        let span = own.as_ref().map_or(place.span, Id::of);
        let id = if own.is_some() { span } else { Id::unique() };
        let (run, context, said) = match listening {
            Listening::Within(run) => (Some(run), own.or_else(|| is_detached.then(|| parent.clone())), said),
            Listening::Own(mut listeners) if tells => {
                // Nothing was there to ask: nobody asks inside.
                listeners.tracer = listeners.tracer.filter(|_| records || unsampled);
                let (inherited, said) =
                    if kind == Kind::Loop { (said, SharedValues::default()) } else { (SharedValues::default(), said) };
                let run = Run::new(
                    kind,
                    id,
                    recursive.map(|at| Recursive { function: site.function, at }),
                    listeners,
                    unsampled.then_some(span),
                    inherited,
                );
                let context = run.within(own.as_ref().unwrap_or(&parent));
                (Some(run), Some(context), said)
            }
            Listening::Own(_) => (None, own, said),
        };
        let here = match &run {
            Some(_) => Here::Inside(id),
            None if kind == Kind::Loop => Here::Under(span),
            None => Here::Unknown,
        };
        let call = Arc::new(Call {
            kind,
            operation,
            wants,
            id,
            context,
            here,
            run,
            place,
            span,
            started,
            said: if keeps_said { said } else { SharedValues::default() },
            learned: Mutex::new(Learning::Nothing),
        });
        if let (Some(captured), Some(settings)) = (content, call.settings()) {
            for (name, attributes) in delivery::request_events(&call, settings, &captured) {
                call.add_event(name, attributes);
            }
            call.remember(captured);
        }
        if let Some(run) = &call.run {
            run.opened(&call);
        }
        Some(call)
    }

    fn say_defaults(&mut self) {
        match self.kind {
            Kind::Loop if self.operation.output_type => self.share_default(Shared::OutputType, Some(value::TEXT_OUTPUT)),
            Kind::Loop | Kind::Step => {}
            Kind::Tool => {
                self.share_default(Shared::ToolName, Some(self.site.function).filter(|name| !name.is_empty()));
                self.share_default(Shared::ToolType, Some(value::FUNCTION_TOOL));
            }
        }
    }

    fn share_default(&mut self, shared: Shared, value: Option<&'static str>) {
        if !self.written.has(shared) {
            self.origin = Origin::Constant;
            self.share(shared, value);
        }
    }

    pub(crate) fn push(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value.filter(|_| self.may_record()) {
            self.attributes.push(KeyValue::new(key, value));
        }
    }

    /// Whether attributes go anywhere.
    fn may_record(&self) -> bool {
        match &self.sampling {
            Sampling::Early | Sampling::Late => true,
            Sampling::Decided(span) => span.is_recording(),
            Sampling::Nobody => false,
        }
    }

    pub(crate) fn share(&mut self, shared: Shared, value: Option<impl Into<Value>>) {
        let Some(value) = value.map(Into::into) else { return };
        self.written.shared |= shared.bit();
        if self.kind == Kind::Loop || self.is_measured() || self.logs() {
            self.said.push(shared, value.clone(), self.origin, self.site.attributes + 1);
        }
        if self.operation.subject == Some(shared) {
            self.subject = Some(self.attributes.len());
        }
        self.push(shared.key(), Some(value));
    }

    /// What is said now is no constant, although nobody was asked whether it is worth saying.
    pub(crate) fn evaluated(&mut self) {
        self.origin = Origin::Evaluated;
    }

    pub(crate) fn content(&mut self) -> &mut Captured {
        self.content.get_or_insert_default()
    }
}

/// The current context, if it is in a run, and the run.
fn within() -> (Option<Context>, Option<Arc<Run>>) {
    Context::map_current(|context| match Run::of(context) {
        Some(run) => (Some(context.clone()), Some(run)),
        None => (None, None),
    })
}

/// How many characters of a name that a model may have invented are in the name of a span.
const LONGEST_SUBJECT: usize = 128;

fn push_printable(name: &mut String, subject: &str) {
    if subject.len() <= LONGEST_SUBJECT && subject.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        name.push_str(subject);
    } else {
        name.extend(subject.chars().filter(|character| !character.is_control()).take(LONGEST_SUBJECT));
    }
}
