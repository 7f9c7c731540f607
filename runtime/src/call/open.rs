//! Opening a call: who listens, what the request says, the sampler's decision, the start of the span.

use crate::call::core::{Call, Inherited, Learning, Place, Recursive, Run, Wants};
use crate::call::delivery;
use crate::call::here::{Here, Id, is_there};
use crate::call::learned::Moment;
use crate::content::{Captured, captures};
use crate::listen::{Beginning, Listeners, Started, adopt, is_still_there, start};
use crate::settings::Capture;
use crate::vocabulary::{Counted, Kind, Operation, OperationName, Origin, Shared, SharedValues, key, value};
use crate::warning;
use opentelemetry::trace::{Link, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, Value};
use std::borrow::Cow;
use std::mem::{replace, take};
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
#[expect(clippy::struct_excessive_bools, reason = "each is worked out once, and asked by itself")]
pub(crate) struct Opening {
    pub(crate) kind: Kind,
    site: &'static Site,
    operation: &'static Operation,
    listening: Listening,
    /// The context that it is opened in.
    parent: Context,
    place: Place,
    /// Of a loop: whether it begins inside of a call.
    is_in_run: bool,
    /// Whether a meter has an instrument for it.
    measured: bool,
    /// Whether content goes anywhere.
    captures: bool,
    /// What somebody has said against that: for the call, or for all that is inside of the loop.
    consent: Consent,
    /// Whether what it says of the shared attributes is kept: a loop's is inherited, metrics and log events have it, and a price depends on it.
    keeps_shared: bool,
    sampling: Sampling,
    beginning: Option<Box<Beginning>>,
    /// What its run counts it as, and whether it has.
    counted: Counted,
    is_counted: bool,
    pub(crate) manner: Manner,
    pub(crate) started: Option<Instant>,
    /// What the span does not have yet. None: it wants nothing more.
    attributes: Option<Vec<KeyValue>>,
    /// Where among these the one stands that the span's name ends in.
    subject: Option<usize>,
    /// What is handed down, or measured.
    said: SharedValues,
    /// Of a loop that others hand something down to, or that does so itself: few are, and what is large is moved.
    lineage: Option<Box<Lineage>>,
    pub(crate) written: Written,
    /// What is said before anybody asks whether it is worth saying is in the program's text.
    origin: Origin,
    content: Option<Box<Captured>>,
}

/// What a loop has from around, and what it hands down.
#[derive(Default)]
struct Lineage {
    /// The run that it begins in.
    around: Option<Arc<Run>>,
    /// The user's attributes.
    handed_down: Vec<KeyValue>,
}

impl Lineage {
    fn of(around: Arc<Run>) -> Self {
        Lineage { around: Some(around), handed_down: Vec::new() }
    }

    /// What the loop hands down in the end: its own, then those of the loop around.
    fn hands_down(mut self) -> Option<Arc<[KeyValue]>> {
        let around = self.around.and_then(|run| run.inherited.attributes.clone());
        if self.handed_down.is_empty() {
            return around;
        }
        push_unsaid(&mut self.handed_down, around.as_deref().unwrap_or_default());
        if self.handed_down.len() > Inherited::MOST {
            too_many();
            self.handed_down.truncate(Inherited::MOST);
        }
        Some(self.handed_down.into())
    }
}

/// What makes a call special, as its attribute, or whoever starts it by hand, says.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manner {
    /// Where the function stands, if it may call itself.
    pub(crate) recursive: Option<&'static Location<'static>>,
    /// Whether it has to bring its own context to whatever runs inside, wherever that is.
    pub(crate) is_detached: bool,
    /// Whether its tokens are reported by somebody else.
    pub(crate) without_tokens: bool,
    /// What a step is for, if for something else than its loop does.
    pub(crate) purpose: Option<&'static str>,
    /// Whether it completes the span that it begins in, and starts none.
    pub(crate) adopts: bool,
}

impl Manner {
    fn counted(&self, called: OperationName) -> Counted {
        called.counted(self.purpose.is_some())
    }
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

/// What was said of content, beside the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    NotAsked,
    Given,
    Denied,
}

impl Consent {
    fn allows(self) -> bool {
        self != Consent::Denied
    }

    /// Once denied, it stays so.
    fn and(self, other: Consent) -> Consent {
        if self.allows() { other } else { self }
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
    /// That it asks anew what a step before it asked.
    pub(crate) retries: bool,
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
    pub(crate) fn new(called: OperationName, site: &'static Site, manner: Manner) -> Option<Self> {
        let found = match called {
            // Who listens may be said by the context.
            #[cfg(feature = "testing")]
            OperationName::InvokeAgent if !is_there() => return None,
            OperationName::InvokeAgent => Found::Outside,
            _ if is_there() => find(called, manner),
            _ => return None,
        };
        let (listening, parent) = match found {
            Found::Inside(run, parent) => (Listening::Within(run), parent),
            Found::Unheard => return None,
            Found::Outside => (Listening::Own(Listeners::ask().filter(|_| is_there())?), Context::current()),
        };
        let place = Place::of(&parent);
        Opening::at(called, site, manner, listening, parent, place)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it makes what is large, in place, for every call; who names a parent has a copy")]
    fn at(
        called: OperationName,
        site: &'static Site,
        manner: Manner,
        listening: Listening,
        parent: Context,
        place: Place,
    ) -> Option<Self> {
        let kind = called.kind();
        let operation = listening.convention.operation(called);
        let around = if kind == Kind::Loop { Run::of(&parent) } else { None };
        let consent = match (&listening, around) {
            (Listening::Within(run), _) | (_, Some(run)) if run.inherited.denies_content => Consent::Denied,
            // It was not asked what it allows.
            _ if kind == Kind::Loop && place.here.is_off() => Consent::Denied,
            _ => Consent::NotAsked,
        };
        let is_in_run = around.is_some();
        let around = around.filter(|run| run.hands_down_under(place.span)).cloned();
        let (inherited, asks) = match (&listening, &around) {
            (Listening::Own(listeners), None) => (0, listeners.tracer.is_some()),
            (Listening::Own(listeners), Some(run)) => (run.inherited.len(), listeners.tracer.is_some()),
            (Listening::Within(run), _) => (run.inherited.len(), run.asks_under(place.span)),
        };
        let (measured, counted) = (listening.measure(called), manner.counted(called));
        if !asks && !measured {
            if let Listening::Within(run) = &listening {
                run.count(counted);
            }
            return None;
        }
        let sampling = match &listening {
            _ if !asks => Sampling::Decided(Started::Nothing),
            Listening::Own(listeners) if around.is_none() && !listeners.settings.arguments_for_sampler() => Sampling::Early,
            _ => Sampling::Late,
        };
        let attributes = asks.then(|| {
            // At its end a step says six things more, others two.
            let later = if kind == Kind::Step { 6 } else { 2 };
            let mut attributes = Vec::with_capacity(operation.attributes.len() + site.attributes + inherited + later);
            attributes.extend(operation.attributes.iter().map(|&(key, value)| KeyValue::new(key, value)));
            if let Some(purpose) = manner.purpose {
                attributes.push(KeyValue::new(key::PURPOSE, purpose));
            }
            attributes
        });
        let captures = site.capture && consent != Consent::Denied && captures(&listening.settings, operation, kind);
        let prices = kind == Kind::Step && listening.settings.prices();
        let logs = captures && listening.settings.capture().as_events();
        Some(Opening {
            kind,
            site,
            operation,
            started: (measured && operation.duration.is_some()).then(Instant::now),
            listening,
            parent,
            place,
            is_in_run,
            measured,
            captures,
            consent,
            keeps_shared: kind == Kind::Loop || measured || logs || prices,
            sampling,
            beginning: None,
            counted,
            is_counted: false,
            manner,
            attributes,
            subject: None,
            said: SharedValues::default(),
            lineage: around.map(Lineage::of).map(Box::new),
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
        self.captures && self.consent.allows() && self.decide()
    }

    /// Whether it is worth evaluating who allows content. Until somebody does, nobody has.
    pub(crate) fn asks_consent(&mut self) -> bool {
        let may_be_asked =
            self.consent != Consent::Denied && self.site.capture && self.listening.settings.capture() != Capture::Off;
        self.consent = Consent::Denied;
        // It is no argument that a parent would come too late behind: wherever the call is placed, it stays said.
        let origin = self.origin;
        let asks = may_be_asked && self.is_wanted(|_| false);
        self.origin = origin;
        asks
    }

    /// The answer to that.
    pub(crate) fn consents(&mut self, allowed: bool) {
        self.consent = if allowed { Consent::Given } else { Consent::Denied };
    }

    /// Describing it has panicked: what was not asked by then may have been to deny content.
    #[cold]
    pub(crate) fn was_interrupted(&mut self) {
        if self.consent == Consent::NotAsked {
            self.consent = Consent::Denied;
        }
    }

    /// Whether it is worth working out what a loop produces: for its span, or for the calls inside.
    pub(crate) fn wants_result(&self) -> bool {
        self.attributes.is_some() || self.operation.output_type
    }

    /// Lets the sampler decide, if it has not. Whether the span records.
    #[inline]
    fn decide(&mut self) -> bool {
        match &self.sampling {
            Sampling::Decided(span) => span.is_recording(),
            Sampling::Nobody => false,
            Sampling::Early | Sampling::Late => self.ask_sampler(),
        }
    }

    #[inline(never)]
    fn ask_sampler(&mut self) -> bool {
        self.inherit();
        let name = self.name_of_span().unwrap_or(self.operation.name.into());
        self.subject = None;
        let beginning = self.beginning.take();
        let started = match (&self.listening.tracer, self.attributes.take()) {
            (Some(_), Some(attributes)) if self.manner.adopts => adopt(&self.parent, attributes, beginning),
            (Some(tracer), Some(attributes)) => start(tracer, &self.parent, self.operation, name, attributes, beginning),
            _ => Started::Nothing,
        };
        let records = started.is_recording();
        if records {
            self.attributes = Some(Vec::new());
        }
        self.sampling = Sampling::Decided(started);
        records
    }

    /// Counts the call in its run, once. For a step of a loop: which one it is.
    fn count(&mut self) -> Option<i64> {
        let counted = replace(&mut self.is_counted, true);
        match &self.listening {
            Listening::Within(run) if !counted && self.written.retries && self.is_of_loop() => run.count_retry(),
            Listening::Within(run) if !counted => run.count(self.counted),
            _ => None,
        }
    }

    /// Whether it is a model call of its loop's own.
    fn is_of_loop(&self) -> bool {
        self.counted == Counted::Iteration
    }

    /// Opens it in another context, if nothing was decided yet. Where nobody listens in there, nobody does.
    #[cold]
    pub(crate) fn place_in(&mut self, parent: &Context) {
        if self.is_decided() || self.origin == Origin::Evaluated {
            return warning::once!("a parent was left out: it was said after other arguments");
        }
        let name = self.tool_name();
        let run = if self.kind == Kind::Loop { None } else { Run::of(parent) };
        let listening = match run {
            Some(run) => Some(Listening::Within(run.clone())),
            None => Listeners::ask().map(Listening::Own),
        };
        // What the thread knows is of where it is, not of there.
        let place = Place { span: Id::of(parent), here: Here::Unknown };
        let opened = listening
            .and_then(|listening| Opening::at(self.operation.called, self.site, self.manner, listening, parent.clone(), place));
        if let Some(opened) = opened {
            let consent = opened.consent.and(self.consent);
            let beginning = self.beginning.take();
            let time = beginning.as_ref().and_then(|beginning| beginning.time);
            let started = time.map_or(opened.started, |time| Some(Moment::of(time).instant));
            *self = Opening { consent, beginning, started, ..opened };
            self.share_evaluated(Shared::ToolName, name);
        } else {
            self.sampling = Sampling::Nobody;
        }
    }

    /// What it was called before anything else was said.
    fn tool_name(&self) -> Option<Value> {
        let mut attributes = self.attributes.iter().flatten();
        let name = || attributes.find(|said| said.key.as_str() == key::TOOL_NAME).map(|said| &said.value);
        self.said.get(key::TOOL_NAME).map(|said| &said.value).or_else(name).cloned()
    }

    /// Links it to the span that the context is in.
    pub(crate) fn link(&mut self, context: &Context) {
        let linked = context.span().span_context().clone();
        if !linked.is_valid() {
            return;
        }
        match &mut self.sampling {
            Sampling::Decided(span) => span.link(&self.parent, linked),
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

    /// Completes the span that is current where it is opened, and starts none. That span is somebody else's; where there is none, it starts its own.
    #[cold]
    pub(crate) fn adopt(&mut self) {
        if self.is_decided() {
            return warning::once!(
                "`span = current` was left out: it was said after other arguments, and the call has a span already"
            );
        }
        if !matches!(self.sampling, Sampling::Early | Sampling::Late) {
            return;
        }
        let is_heard = self.listening.tracer.as_ref().is_some_and(is_still_there) && !self.parent.is_telemetry_suppressed();
        match if is_heard { self.around() } else { Around::Unsampled } {
            Around::Recording => {
                self.manner.adopts = true;
                self.place = self.place.around_its_own_span();
            }
            Around::Unsampled => {
                self.sampling = Sampling::Decided(Started::Nothing);
                self.attributes = None;
            }
            Around::Nothing => warning::once!(
                "`span = current` found no span to complete: where the call begins, none is current that records and that somebody else has opened for it. It has a span of its own"
            ),
        }
    }

    /// The span that it begins in, if it may be completed.
    fn around(&self) -> Around {
        let span = self.parent.span();
        let context = span.span_context();
        if self.begins_in_ours() {
            Around::Nothing
        } else if span.is_recording() {
            Around::Recording
        } else if context.is_valid() && !context.is_remote() && !context.is_sampled() {
            Around::Unsampled
        } else {
            Around::Nothing
        }
    }

    /// Whether the current span is that of a call around.
    fn begins_in_ours(&self) -> bool {
        match &self.listening {
            Listening::Own(_) => false,
            Listening::Within(run) => run.has(self.place.span),
        }
    }

    fn is_decided(&self) -> bool {
        self.manner.adopts || matches!(self.sampling, Sampling::Decided(Started::Recording(_) | Started::Unsampled(_)))
    }

    /// What the loop says and the call itself does not, and where in the loop it stands.
    fn inherit(&mut self) {
        let iteration = self.count().filter(|_| !self.written.iteration);
        let is_of_loop = self.is_of_loop();
        if let Some(around) = self.lineage.as_ref().and_then(|lineage| lineage.around.clone()) {
            return self.inherit_from(&around);
        }
        let Some(attributes) = &mut self.attributes else { return };
        if let Some(iteration) = iteration {
            attributes.push(KeyValue::new(key::ITERATION, iteration));
        }
        let Listening::Within(run) = &self.listening else { return };
        if let Some(inherited) = &run.inherited.attributes {
            push_unsaid(attributes, inherited);
        }
        if is_of_loop && run.is_compacted() {
            push_unsaid(attributes, &[KeyValue::new(key::CONVERSATION_COMPACTED, true)]);
        }
        for said in run.inherited.shared.as_slice() {
            if said.shared.reaches(self.operation.called) && !self.written.has(said.shared) {
                if self.operation.subject == Some(said.shared) {
                    self.subject = Some(attributes.len());
                }
                attributes.push(KeyValue::new(said.shared.key(), said.value.clone()));
            }
        }
    }

    /// What a loop has of the loop that it begins in: the conversation, unless it names one, who called it, and what the user hands down.
    fn inherit_from(&mut self, around: &Run) {
        let value = |shared: Shared| around.inherited.shared.get(shared.key()).map(|said| said.value.clone());
        self.share_unless_written(Shared::ConversationId, value(Shared::ConversationId));
        self.push(key::AGENT_PARENT, value(Shared::AgentName));
        if let Some(attributes) = &mut self.attributes {
            push_unsaid(attributes, around.inherited.attributes());
        }
    }

    /// An attribute of the user's, on a loop and on all calls inside. The last value of a key counts.
    pub(crate) fn hand_down(&mut self, key: &'static str, value: Value) {
        let Some(attributes) = &mut self.attributes else { return };
        set(attributes, key, value.clone());
        set(&mut self.lineage.get_or_insert_default().handed_down, key, cheap_to_clone(value));
    }

    /// The operation and what it is done to, where the vocabulary has both in the name.
    fn name_of_span(&self) -> Option<Cow<'static, str>> {
        let Value::String(subject) = &self.attributes.as_ref()?.get(self.subject?)?.value else { return None };
        Some(named(self.operation.name, subject.as_str()))
    }

    /// Everything was said: what was not has its default, and the sampler has decided.
    pub(crate) fn conclude(&mut self) {
        if matches!(self.sampling, Sampling::Nobody) {
            return;
        }
        self.say_defaults();
        if let Sampling::Decided(Started::Recording(_) | Started::Adopted) = &self.sampling {
            // Decided by what was there then; the rest comes now.
            let name = self.name_of_span();
            if let (Sampling::Decided(span), Some(attributes)) = (&mut self.sampling, self.attributes.take()) {
                span.describe(&self.parent, name, attributes);
            }
        } else {
            self.decide();
        }
        self.count();
    }

    /// The call, if there is still somebody who listens to it:
    ///
    /// ```text
    /// its span                listens, too             its run  its context         the code inside is told
    /// records, or is adopted                           its own  the span, the run   Inside
    /// is not sampled          a meter; a loop around;  its own  the span*, the run  Inside
    ///                         who forbids content
    /// is not sampled          nobody                   none     the span*           a loop's: Under, others': Unknown
    /// none                    a meter                  its own  the run             Inside
    /// none                    nobody                   there is no call
    /// ```
    ///
    /// A step or tool in a run has that run and, where it has no span, a context only if it is started by hand: its parent's.
    /// (*) Its parent's, where that has a span that records.
    /// What is large here is not moved: each part is taken, once.
    pub(crate) fn finish(&mut self) -> Option<Arc<Call>> {
        let (kind, operation, parent, place) = (self.kind, self.operation, &self.parent, self.place);
        let (manner, mut started, is_of_loop) = (self.manner, self.started, self.is_of_loop());
        let Sampling::Decided(span) = replace(&mut self.sampling, Sampling::Nobody) else { return None };
        let records = span.is_recording();
        if records && kind == Kind::Step {
            // It may turn out to be a stream, whose first chunk is timed.
            started.get_or_insert_with(Instant::now);
        }
        let (unsampled, is_adopted) = (matches!(span, Started::Unsampled(_)), matches!(span, Started::Adopted));
        let own = span.into_context(parent);
        let allows_content = self.consent.allows();
        let mut wants = Wants::of_span(records, self.captures && allows_content);
        if records && self.site.capture && allows_content {
            wants = wants.and_explanations();
        }
        if self.measured {
            wants = wants.and_meter(operation);
        }
        if manner.without_tokens {
            wants = wants.without_usage();
        }
        // What is inside of a loop that is not sampled may be, and has to know.
        let forbids = kind == Kind::Loop && !allows_content && self.listening.settings.capture() != Capture::Off;
        // What is inside of one that is not sampled is not taken for what the loop around calls.
        let tells = forbids || wants.anything() || (unsampled && self.is_in_run);
        if !tells && own.is_none() && !(unsampled && kind == Kind::Loop) {
            return None;
        }
        let span = own.as_ref().map_or(place.span, Id::of);
        let id = if own.is_some() { span } else { Id::unique() };
        let (run, context, said) = match &mut self.listening {
            Listening::Within(run) => {
                (Some(run.clone()), own.or_else(|| manner.is_detached.then(|| parent.clone())), take(&mut self.said))
            }
            Listening::Own(listeners) if tells => {
                let mut listeners = listeners.take();
                // Nothing was there to ask: nobody asks inside.
                listeners.tracer = listeners.tracer.filter(|_| records || unsampled);
                let said = take(&mut self.said);
                let (shared, said) =
                    if kind == Kind::Loop { (said, SharedValues::default()) } else { (SharedValues::default(), said) };
                let denies_content = kind == Kind::Loop && !allows_content;
                let is_heir = self.lineage.as_ref().is_some_and(|lineage| lineage.around.is_some());
                let attributes = self.lineage.take().and_then(|lineage| lineage.hands_down());
                let inherited = Inherited { shared, attributes, denies_content, is_heir };
                let recursive = manner.recursive.map(|at| Recursive { function: self.site.function, at });
                let run = Run::new(kind, id, recursive, listeners, unsampled.then_some(span), inherited);
                let context = run.within(own.as_ref().unwrap_or(parent));
                (Some(run), Some(context), said)
            }
            // Its word is about the span that is current, which it brings wherever it is polled.
            Listening::Own(_) => (None, Some(own.unwrap_or_else(|| parent.clone())), SharedValues::default()),
        };
        let here = match &run {
            Some(_) => Here::Inside(id),
            None if kind == Kind::Loop => Here::Under(span),
            None => Here::Unknown,
        };
        let call = Arc::new(Call {
            kind,
            operation,
            is_of_loop,
            wants,
            is_adopted,
            id,
            context,
            here,
            run,
            place,
            span,
            started,
            said,
            learned: Mutex::new(Learning::Nothing),
        });
        if let Some(captured) = self.content.take().filter(|_| allows_content) {
            keep(&call, captured);
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
            Kind::Tool if !self.operation.called.is_tool() => {}
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
        if let (Some(attributes), Some(value)) = (&mut self.attributes, value) {
            attributes.push(KeyValue::new(key, value));
        }
    }

    /// Nearly all that a request could say it does not: to ask for that is inlined.
    #[inline]
    pub(crate) fn push_unless(&mut self, written: &[&str], argument: &str, key: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.push_new(written, argument, key, value);
        }
    }

    #[inline(never)]
    fn push_new(&mut self, written: &[&str], argument: &str, key: &'static str, value: Value) {
        if !written.contains(&argument) {
            self.push(key, Some(value));
        }
    }

    pub(crate) fn share_unless_written(&mut self, shared: Shared, value: Option<Value>) {
        if !self.written.has(shared) {
            self.share(shared, value);
        }
    }

    pub(crate) fn share(&mut self, shared: Shared, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.share_value(shared, value.into());
        }
    }

    fn share_value(&mut self, shared: Shared, value: Value) {
        self.written.shared |= shared.bit();
        if self.keeps_shared {
            self.said.push(shared, value.clone(), self.origin, self.site.attributes + 1);
        }
        if self.operation.subject == Some(shared) {
            self.subject = self.attributes.as_ref().map(Vec::len);
        }
        if let Some(attributes) = self.attributes.as_mut().filter(|_| self.operation.hands_on != Some(shared)) {
            attributes.push(KeyValue::new(shared.key(), value));
        }
    }

    /// What is no constant, although it is said before anybody was asked whether it is worth saying.
    pub(crate) fn share_evaluated(&mut self, shared: Shared, value: Option<impl Into<Value>>) {
        let origin = replace(&mut self.origin, Origin::Evaluated);
        self.share(shared, value);
        self.origin = origin;
    }

    pub(crate) fn content(&mut self) -> &mut Captured {
        self.content.get_or_insert_default()
    }
}

/// What of its request is content: said in events now, or kept until it ends.
#[inline(never)]
fn keep(call: &Call, mut captured: Box<Captured>) {
    let Some(settings) = call.settings() else { return };
    captured.narrow(call.kind, settings);
    for (name, attributes) in delivery::request_events(call, settings, &mut captured) {
        call.add_event(name, attributes);
    }
    call.remember(captured);
}

/// Adds those that are not there.
fn push_unsaid(attributes: &mut Vec<KeyValue>, inherited: &[KeyValue]) {
    let said = attributes.len();
    for attribute in inherited {
        if attributes[..said].iter().all(|said| said.key != attribute.key) {
            attributes.push(attribute.clone());
        }
    }
}

/// Sets it anew where it is there.
pub(crate) fn set(attributes: &mut Vec<KeyValue>, key: &'static str, value: Value) {
    match attributes.iter_mut().find(|attribute| attribute.key.as_str() == key) {
        Some(attribute) => attribute.value = value,
        None => attributes.push(KeyValue::new(key, value)),
    }
}

#[cold]
fn too_many() {
    warning::once!("an `inherited` attribute was not handed down: a loop hands down 32 at most");
}

/// A text that every call inside has is not copied for each.
fn cheap_to_clone(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(Arc::<str>::from(text.as_str()).into()),
        other => other,
    }
}

/// What span a call begins in, as far as it may complete it.
enum Around {
    /// None that is somebody else's: none at all, one of ours, one of another process, or one that has ended.
    Nothing,
    Recording,
    /// A sampler has said no to it, and is not asked anew.
    Unsampled,
}

/// What a call that is not a loop begins in.
enum Found {
    /// No run.
    Outside,
    /// A run in which nobody listens to it.
    Unheard,
    Inside(Arc<Run>, Context),
}

/// Where a call of that operation begins.
fn find(called: OperationName, manner: Manner) -> Found {
    Context::map_current(|context| match Run::of(context) {
        None => Found::Outside,
        Some(run) if run.listens_to(called, Id::of(context)) => Found::Inside(run.clone(), context.clone()),
        Some(run) => {
            run.count(manner.counted(called));
            Found::Unheard
        }
    })
}

/// How many characters of a name that a model may have invented are in the name of a span.
const LONGEST_SUBJECT: usize = 128;

/// An operation and what it is done to.
pub(crate) fn named(operation: &str, subject: &str) -> Cow<'static, str> {
    let mut name = String::with_capacity(operation.len() + 1 + subject.len().min(LONGEST_SUBJECT * 4));
    name.push_str(operation);
    name.push(' ');
    if is_printable(subject) {
        name.push_str(subject);
    } else {
        name.extend(printable_of(subject));
    }
    name.into()
}

/// What of a subject may be shown.
#[cfg(feature = "mcp")]
pub(crate) fn printable(subject: &str) -> String {
    if is_printable(subject) { subject.to_owned() } else { printable_of(subject).collect() }
}

/// Whether all of it may be.
fn is_printable(subject: &str) -> bool {
    // All are looked at, without a branch for each.
    subject.len() <= LONGEST_SUBJECT && subject.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'))
}

fn printable_of(subject: &str) -> impl Iterator<Item = char> + '_ {
    subject.chars().filter(|character| !character.is_control()).take(LONGEST_SUBJECT)
}
