//! What a call is made of, and the run that it belongs to.
//!
//! A run is an outermost call and all calls inside it, up to the next loop. It is the one value that we put into a context, and so travels
//! wherever the user carries the context; the run knows its open calls by their ids. A call is found by its [`Place`]: the id of the span that
//! the context is in, or, where that span is somebody else's, the id in this thread's [word](Here).

use crate::call::ending::{Failure, Label, Refusal};
use crate::call::here::{Here, Id, is_there};
use crate::call::learned::{Clock, Fact, Learned, SaidBy};
use crate::caught::caught;
use crate::content::Captured;
use crate::listen::Listeners;
use crate::read::event::{StreamEvent, event as read_event};
use crate::read::facts::Uses;
use crate::read::response::{Response, response as read_response};
use crate::read::walk::Readable;
use crate::settings::{Piece, Settings};
use crate::value::{AttributeValue, Chunk, ChunkMessage, FailedItem, Flag, Message, Text, TokenUsage, Usage};
use crate::vocabulary::{Counted, Kind, Operation, OperationName, SharedValue, SharedValues, key, stop_reason_word};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue, StringValue, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// A call that somebody listens to: a recording span, a meter, or a sampler that said no and whose decision its callees have to see.
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) operation: &'static Operation,
    /// Whether it is a model call of its loop's own: an iteration, or a retry of one.
    pub(crate) is_of_loop: bool,
    /// What its listeners want to know of it.
    pub(crate) wants: Wants,
    /// Whether its span is somebody else's, who ends it.
    pub(crate) is_adopted: bool,
    pub(crate) id: Id,
    /// What the call runs in; None: in whatever is current.
    pub(crate) context: Option<Context>,
    /// What the code inside is told.
    pub(crate) here: Here,
    /// None: a call that is not sampled, and in which nobody listens to anything.
    pub(crate) run: Option<Arc<Run>>,
    /// Where it was opened.
    pub(crate) place: Place,
    /// The span that is current inside.
    pub(crate) span: Id,
    /// There while a duration is wanted.
    pub(crate) started: Option<Instant>,
    /// What the request said of the attributes that metrics and log events have, too; the run has the rest.
    pub(crate) said: SharedValues,
    pub(crate) learned: Mutex<Learning>,
}

/// What is learned of a call, while it can be.
pub(crate) enum Learning {
    Nothing,
    Something(Box<Learned>),
    /// The call has ended: a handle that is kept says nothing.
    Over,
}

/// What the listeners of a call want to know, worked out when it opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wants(u8);

impl Wants {
    const SPAN: u8 = 1;
    const CONTENT: u8 = 1 << 1;
    const METER: u8 = 1 << 2;
    const ENDING: u8 = 1 << 3;
    const TOKENS: u8 = 1 << 4;
    const USAGE: u8 = 1 << 5;
    const EXPLANATIONS: u8 = 1 << 6;
    const CHUNKS: u8 = 1 << 7;

    /// What a span wants that records, or not, with or without content.
    pub(crate) fn of_span(records: bool, captures: bool) -> Self {
        let wants = if captures { Self::SPAN | Self::USAGE | Self::CONTENT } else { Self::SPAN | Self::USAGE };
        Wants(if records { wants } else { 0 })
    }

    /// What a meter wants, too.
    pub(crate) fn and_meter(self, operation: &Operation) -> Self {
        let bit = |wanted: bool, bit: u8| if wanted { bit } else { 0 };
        let ending = bit(operation.duration.is_some(), Self::ENDING);
        let tokens = bit(operation.called.kind() == Kind::Step, Self::TOKENS) | bit(operation.tokens.is_some(), Self::USAGE);
        let chunks = bit(operation.chunks.is_some(), Self::CHUNKS);
        Wants(self.0 | Self::METER | ending | tokens | chunks)
    }

    fn any_of(self, bits: u8) -> bool {
        self.0 & bits != 0
    }

    /// Anything at all.
    pub(crate) fn anything(self) -> bool {
        self.0 != 0
    }

    /// Attributes and events: the span records.
    pub(crate) fn span(self) -> bool {
        self.any_of(Self::SPAN)
    }

    pub(crate) fn content(self) -> bool {
        self.any_of(Self::CONTENT)
    }

    pub(crate) fn meter(self) -> bool {
        self.any_of(Self::METER)
    }

    /// How it ended.
    pub(crate) fn ending(self) -> bool {
        self.any_of(Self::SPAN | Self::ENDING)
    }

    /// What a response says of its cost: its tokens, and the model that they are counted by.
    pub(crate) fn tokens(self) -> bool {
        self.any_of(Self::SPAN | Self::TOKENS)
    }

    /// Its tokens themselves.
    pub(crate) fn usage(self) -> bool {
        self.any_of(Self::USAGE)
    }

    /// The time from each chunk of a stream to the next.
    fn chunks(self) -> bool {
        self.any_of(Self::CHUNKS)
    }

    /// Somebody else reports the tokens.
    pub(crate) fn without_usage(self) -> Self {
        Wants(self.0 & !Self::USAGE)
    }

    /// What a score is explained by, too, where the settings have it.
    pub(crate) fn and_explanations(self) -> Self {
        Wants(self.0 | Self::EXPLANATIONS)
    }

    /// What a score is explained by, where the settings have it.
    pub(crate) fn explanations(self) -> bool {
        self.any_of(Self::EXPLANATIONS)
    }

    /// What a response is read for.
    fn of_response(self) -> Uses {
        Uses { recorded: self.span(), content: self.content() }
    }
}

// The user's future keeps its own auto traits: what is not unwind safe here is opentelemetry's context, of which only atomic operations are used.
impl UnwindSafe for Call {}
impl RefUnwindSafe for Call {}

impl Call {
    pub(crate) fn settings(&self) -> Option<&Settings> {
        self.run.as_ref().map(|run| &*run.listeners.settings)
    }

    /// The call's own context, while its span records.
    pub(crate) fn recording_context(&self) -> Option<&Context> {
        self.context.as_ref().filter(|_| self.wants.span())
    }

    /// What the call or, where it says nothing, its run says of a shared attribute.
    pub(crate) fn shared(&self, key: &str) -> Option<&SharedValue> {
        let reaches = |said: &&SharedValue| self.kind == Kind::Loop || said.shared.reaches(self.operation.called);
        let inherited = || self.run.as_ref().and_then(|run| run.inherited.shared.get(key)).filter(reaches);
        self.said.get(key).or_else(inherited)
    }

    /// Which model has answered. Where tokens are all that is measured, and an argument says that there are none, nobody wants to know.
    pub(crate) fn wants_response_model(&self) -> bool {
        let only_tokens = !self.wants.ending();
        self.wants.tokens() && !(only_tokens && self.look(|learned| learned.usage.is_denied()).unwrap_or(false))
    }

    fn clock(&self) -> Clock {
        Clock { started: self.started, times_chunks: self.wants.chunks(), times_silence: self.times_silence() }
    }

    /// Adds to what is known. No code of the user's runs in `learn`: a lock is held.
    pub(crate) fn learn<T>(&self, learn: impl FnOnce(&mut Learned) -> T) -> Option<T> {
        let mut learning = unpoisoned(&self.learned);
        if matches!(*learning, Learning::Nothing) {
            *learning = Learning::Something(Box::default());
        }
        match &mut *learning {
            Learning::Something(learned) => Some(learn(learned)),
            _ => None,
        }
    }

    // What an argument says comes here, and not in the methods that evaluate it: so that is compiled once for each type, not once for each
    // closure; and what no type has of its own is compiled with this crate, once.

    #[inline(never)]
    pub(crate) fn say_stop_reason(&self, reason: &impl Text) {
        self.say_word(|learned| &mut learned.stop_reason, reason.text_as(stop_reason_word));
    }

    #[inline(never)]
    pub(crate) fn say_response_model(&self, model: &impl Text) {
        self.say_word(|learned| &mut learned.response_model, model.text());
    }

    #[inline(never)]
    pub(crate) fn say_response_id(&self, id: &impl Text) {
        self.say_word(|learned| &mut learned.response_id, id.text());
    }

    fn say_word(&self, fact: fn(&mut Learned) -> &mut Fact<StringValue>, word: Option<StringValue>) {
        self.learn(|learned| fact(learned).say(SaidBy::Argument, word));
    }

    #[inline(never)]
    pub(crate) fn say_usage(&self, usage: &impl Usage) {
        self.say_tokens(usage.usage());
    }

    fn say_tokens(&self, usage: Option<TokenUsage>) {
        self.learn(|learned| learned.say_usage(SaidBy::Argument, usage));
    }

    /// What the response says, in the shape of its provider. Of a loop's, only the answer.
    #[inline(never)]
    pub(crate) fn say_response(&self, response: &dyn Readable, type_name: &'static str, at: &'static Location<'static>) {
        let is_loop = self.kind == Kind::Loop;
        if !self.wants.content() && (is_loop || !self.wants.tokens()) {
            return;
        }
        let uses = if is_loop { Uses::CONTENT } else { self.wants.of_response() };
        match read_response(response, uses) {
            Ok(mut said) => {
                if is_loop {
                    said = Response { messages: said.messages, ..Response::default() };
                }
                if !self.wants.usage() {
                    said.usage = None;
                }
                self.learn(|learned| learned.read(said));
            }
            Err(unread) => unread.warn("response", type_name, at),
        }
    }

    #[inline(never)]
    pub(crate) fn say_flag(&self, failed: &impl Flag) {
        self.say_refused(failed.flag());
    }

    fn say_refused(&self, refused: bool) {
        self.learn(|learned| learned.failed.say(SaidBy::Argument, Some(refused.then(Box::default))));
    }

    /// The error that ended it.
    pub(crate) fn say_failure(&self, error_type: Label, exception_type: &'static str, message: Option<String>) {
        let message = self.error_message(message);
        self.learn(|learned| learned.failure = Some(Box::new(Failure { error_type, exception_type, message })));
    }

    /// It failed, and this is what it is called and what it says of it; None: it did not.
    pub(crate) fn say_failed(&self, by: SaidBy, said: Option<(Option<String>, Option<String>)>) {
        let refusal = said.map(|(error_type, message)| {
            let error_type = error_type.map(Label::said);
            Box::new(Refusal { error_type, message: self.error_message(message) })
        });
        self.learn(|learned| learned.failed.say(by, Some(refusal)));
    }

    fn exports_error_messages(&self) -> bool {
        self.wants.span() && self.settings().is_some_and(Settings::error_messages)
    }

    /// What an error says of itself, if that is exported.
    pub(crate) fn displayed(&self, error: impl FnOnce() -> Option<String>) -> Option<String> {
        if self.exports_error_messages() { caught("an error's `Display`", error).flatten() } else { None }
    }

    /// As far as it is exported.
    pub(crate) fn error_message(&self, message: Option<String>) -> Option<String> {
        let settings = self.settings().filter(|_| self.exports_error_messages())?;
        Some(settings.text(Piece::ErrorMessage, &message?))
    }

    /// Whether it is a model call whose span records, which says how long its stream was silent when that was given up.
    fn times_silence(&self) -> bool {
        self.kind == Kind::Step && self.wants.span()
    }

    /// It goes on as long as a stream.
    #[cold]
    pub(crate) fn goes_on_as_stream(&self) {
        if self.times_silence() {
            self.learn(Learned::streams);
        }
    }

    /// What came back is a stream, which nobody had said.
    pub(crate) fn says_stream(&self) {
        if self.kind == Kind::Step && self.wants.span() {
            self.set(key::REQUEST_STREAM, Some(true.into()));
        }
    }

    #[inline(never)]
    pub(crate) fn say_output(&self, messages: Vec<Message>) {
        if !messages.is_empty() {
            self.learn(|learned| learned.say_output(messages));
        }
    }

    #[inline(never)]
    pub(crate) fn say_attribute(&self, key: &'static str, value: &impl AttributeValue) {
        self.set(key, value.attribute());
    }

    pub(crate) fn set(&self, key: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.learn(|learned| learned.attributes.set(key.into(), value));
        }
    }

    pub(crate) fn say_chunk(&self, mut chunk: Chunk<'_>, at: &'static Location<'static>) {
        let event = chunk.read.take().and_then(|event| match read_event(event.value, self.wants.of_response()) {
            Ok(event) => Some(event),
            Err(unread) => {
                unread.warn("chunk", event.type_name, at);
                None
            }
        });
        let carries = chunk.carries_content() || event.as_ref().is_some_and(|event| event.is_chunk);
        let last = chunk.last || event.as_ref().is_some_and(|event| event.is_last);
        let settings = self.settings().filter(|_| self.wants.content());
        let message = settings.and_then(|_| chunk.message.as_ref().map(ChunkMessage::messages));
        if let Some(FailedItem { error_type, description }) = &chunk.failed {
            let owned = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
            self.say_failed(SaidBy::Handle, Some((owned(error_type), owned(description))));
        }
        let usage = chunk.usage.filter(|_| self.wants.usage());
        self.learn(|learned| {
            learned.chunk_read(carries, last, self.clock());
            if let Some(StreamEvent { response, pieces, tokens, calling, .. }) = event {
                if let Some(tokens) = tokens.filter(|_| self.wants.usage()) {
                    learned.read_tokens(&tokens);
                }
                learned.read_calls(calling);
                let messages = response.messages;
                learned.read_more(Response { usage: None, messages: Vec::new(), ..response });
                if let Some(settings) = settings {
                    learned.content().stream_read(messages, pieces, settings);
                }
            }
            learned.stop_reason.say(SaidBy::Handle, chunk.stop_reason);
            learned.response_model.say(SaidBy::Handle, chunk.model);
            learned.response_id.say(SaidBy::Handle, chunk.id);
            learned.say_usage(SaidBy::Handle, usage);
            if let Some(settings) = settings.filter(|_| chunk.pieces.carries() || message.is_some()) {
                learned.content().stream(message, &chunk.pieces, settings);
            }
        });
    }

    /// Keeps what the request said of its content.
    pub(crate) fn remember(&self, captured: Box<Captured>) {
        self.learn(|learned| learned.keep(captured));
    }

    /// What is known, if anything is.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut Learned) -> T) -> Option<T> {
        match &mut *unpoisoned(&self.learned) {
            Learning::Something(learned) => Some(look(learned)),
            _ => None,
        }
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        matches!(*unpoisoned(&self.learned), Learning::Over)
    }

    /// The provider's id for the response, if somebody has said it by now.
    pub(crate) fn response_id(&self) -> Option<StringValue> {
        self.look(|learned| learned.response_id.get().cloned()).flatten()
    }

    /// Whether there is content of that kind already.
    pub(crate) fn has_content(&self, kind: impl FnOnce(&Captured) -> bool) -> bool {
        self.look(|learned| learned.captured().is_some_and(kind)).unwrap_or(false)
    }

    /// What was learned, once it can be no more.
    pub(crate) fn take_learned(&self) -> Option<Box<Learned>> {
        match std::mem::replace(&mut *unpoisoned(&self.learned), Learning::Over) {
            Learning::Something(learned) => Some(learned),
            _ => None,
        }
    }

    /// An item of its stream has been looked at. Whether it was an error.
    pub(crate) fn item_arrived(&self) -> bool {
        let failed = self.learn(|learned| {
            learned.item_arrived(self.clock());
            learned.failure.is_some()
        });
        failed.unwrap_or(false)
    }

    pub(crate) fn add_event(&self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        if let Some(context) = self.recording_context() {
            context.span().add_event(name, attributes);
        }
    }

    /// The call around this one that is of that kind, or this one itself.
    fn outwards(self: Arc<Self>, kind: Kind) -> Option<Arc<Call>> {
        let (mut call, mut hops) = (self, 0_u32);
        let mut mark = call.id;
        while call.kind != kind {
            call = call.run.as_ref()?.call_at(call.place)?;
            // Calls that complete a span one after the other may lead round, and there is none of that kind: the mark goes ahead ever further.
            if call.id == mark {
                return None;
            }
            hops += 1;
            if hops.is_power_of_two() {
                mark = call.id;
            }
        }
        Some(call)
    }
}

/// What the calls of a run share, in the one value that we put into a context.
pub(crate) struct Run {
    /// What kind of call is the outermost. Only in a loop's run are there iterations, and something to inherit.
    kind: Kind,
    outermost: Id,
    /// The function whose loop it is, if that may call itself.
    recursive: Option<Recursive>,
    /// Who listened when it was opened. Nobody else is asked until it ends.
    pub(crate) listeners: Listeners,
    /// The span that its own calls do not ask a sampler under, since it is not sampled itself.
    unsampled: Option<Id>,
    pub(crate) inherited: Inherited,
    steps: AtomicI64,
    /// How many steps are no iteration: they ask anew what one before them asked, or for something else than the loop does.
    beside: AtomicI64,
    tools: AtomicI64,
    /// Whether its outermost call has ended.
    is_over: AtomicBool,
    /// Whether the history that its steps send was made shorter.
    is_compacted: AtomicBool,
    /// The finish reason of the step that ended last.
    last_finish_reason: Mutex<Option<StringValue>>,
    /// Every call inside that has not ended, itself included.
    open: Mutex<OpenCalls>,
}

/// Open calls by their ids. Most runs have but a few at a time, for which a map is dear.
#[derive(Default)]
struct OpenCalls {
    few: [Option<(Id, Weak<Call>)>; OpenCalls::FEW],
    /// Those for which there was no place.
    many: HashMap<Id, Weak<Call>, BuildHasherDefault<Mixed>>,
}

impl OpenCalls {
    const FEW: usize = 6;

    fn insert(&mut self, id: Id, call: Weak<Call>) {
        match self.few.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some((id, call)),
            None => drop(self.many.insert(id, call)),
        }
    }

    fn remove(&mut self, id: Id) {
        match self.place(id) {
            Some(place) => self.few[place] = None,
            None => drop(self.many.remove(&id)),
        }
    }

    fn get(&self, id: Id) -> Option<Arc<Call>> {
        let few = self.place(id).and_then(|place| self.few[place].as_ref()).map(|(_, call)| call);
        few.or_else(|| self.many.get(&id)).and_then(Weak::upgrade)
    }

    fn place(&self, id: Id) -> Option<usize> {
        self.few.iter().position(|place| place.as_ref().is_some_and(|(other, _)| *other == id))
    }
}

/// What a loop says for the calls inside.
#[derive(Default)]
pub(crate) struct Inherited {
    pub(crate) shared: SharedValues,
    /// Attributes of the user's, for spans alone.
    pub(crate) attributes: Option<Arc<[KeyValue]>>,
    /// No content inside, whatever the settings say.
    pub(crate) denies_content: bool,
    /// Whether it has all that from a loop around.
    pub(crate) is_heir: bool,
}

impl Inherited {
    /// How many attributes of the user's are handed down at most: every call inside has them.
    pub(crate) const MOST: usize = 32;

    pub(crate) fn attributes(&self) -> &[KeyValue] {
        self.attributes.as_deref().unwrap_or_default()
    }

    /// How many attributes a call inside may have from here.
    pub(crate) fn len(&self) -> usize {
        self.shared.as_slice().len() + self.attributes().len()
    }
}

struct InRun(Arc<Run>);

/// A function that may call itself, by its name and where it stands: compared by value, since equal constants may share an address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Recursive {
    pub(crate) function: &'static str,
    pub(crate) at: &'static Location<'static>,
}

impl Run {
    pub(crate) fn new(
        kind: Kind,
        outermost: Id,
        recursive: Option<Recursive>,
        listeners: Listeners,
        unsampled: Option<Id>,
        inherited: Inherited,
    ) -> Arc<Self> {
        Arc::new(Run {
            kind,
            outermost,
            recursive,
            listeners,
            unsampled,
            inherited,
            steps: AtomicI64::new(0),
            beside: AtomicI64::new(0),
            tools: AtomicI64::new(0),
            is_over: AtomicBool::new(false),
            is_compacted: AtomicBool::new(false),
            last_finish_reason: Mutex::default(),
            open: Mutex::default(),
        })
    }

    /// The run that the context is in.
    pub(crate) fn of(context: &Context) -> Option<&Arc<Run>> {
        context.get::<InRun>().map(|inside| &inside.0)
    }

    /// The context, inside this run.
    pub(crate) fn within(self: &Arc<Self>, context: &Context) -> Context {
        context.with_value(InRun(self.clone()))
    }

    /// Whether a call that begins under that span asks a sampler.
    pub(crate) fn asks_under(&self, span: Id) -> bool {
        self.listeners.tracer.is_some() && self.unsampled != Some(span)
    }

    /// Whether anybody listens to a call of that operation that begins under that span.
    pub(crate) fn listens_to(&self, called: OperationName, span: Id) -> bool {
        self.asks_under(span) || self.listeners.measure(called)
    }

    /// Whether a loop that begins under that span has something of it: it is in a loop that records.
    pub(crate) fn hands_down_under(&self, span: Id) -> bool {
        self.kind == Kind::Loop && (self.inherited.is_heir || self.asks_under(span))
    }

    /// Counts a call that begins. For a step of a loop: which one it is, from 0. What begins after the loop is below it, and not of it.
    pub(crate) fn count(&self, counted: Counted) -> Option<i64> {
        let counter = match counted {
            _ if self.is_over.load(Relaxed) => return None,
            Counted::Iteration => return Some(self.steps.fetch_add(1, Relaxed)).filter(|_| self.kind == Kind::Loop),
            Counted::ModelCall => &self.beside,
            Counted::Tool => &self.tools,
            Counted::Nothing => return None,
        };
        counter.fetch_add(1, Relaxed);
        None
    }

    /// Counts a step that begins, and asks anew what the last one asked. Which one that is, from 0.
    pub(crate) fn count_retry(&self) -> Option<i64> {
        match self.steps.load(Relaxed) {
            // The first is none.
            0 => self.count(Counted::Iteration),
            _ if self.is_over.load(Relaxed) => None,
            steps => {
                self.beside.fetch_add(1, Relaxed);
                Some(steps - 1).filter(|_| self.kind == Kind::Loop)
            }
        }
    }

    /// How often the loop went round.
    pub(crate) fn iterations(&self) -> i64 {
        self.steps.load(Relaxed)
    }

    /// How many model calls and tools began.
    pub(crate) fn counts(&self) -> [i64; 2] {
        [self.iterations() + self.beside.load(Relaxed), self.tools.load(Relaxed)]
    }

    pub(crate) fn compacted(&self) {
        self.is_compacted.store(true, Relaxed);
    }

    pub(crate) fn is_compacted(&self) -> bool {
        self.is_compacted.load(Relaxed)
    }

    pub(crate) fn remember_finish_reason(&self, reason: Option<StringValue>) {
        *unpoisoned(&self.last_finish_reason) = reason;
    }

    pub(crate) fn last_finish_reason(&self) -> Option<StringValue> {
        unpoisoned(&self.last_finish_reason).clone()
    }

    pub(crate) fn opened(&self, call: &Arc<Call>) {
        let call_in_run = Arc::downgrade(call);
        unpoisoned(&self.open).insert(call.id, call_in_run);
    }

    pub(crate) fn closed(&self, call: &Call) {
        if call.id == self.outermost {
            self.is_over.store(true, Relaxed);
        }
        unpoisoned(&self.open).remove(call.id);
    }

    /// The innermost call that has not ended, for code at that place. No call is dropped under the lock: with it may go the last of something of the user's.
    pub(crate) fn call_at(&self, place: Place) -> Option<Arc<Call>> {
        let open = unpoisoned(&self.open);
        let on_thread = if let Here::Inside(id) = place.here { open.get(id) } else { None };
        let in_context = open.get(place.span);
        drop(open);
        // The thread knows better, unless another context was attached inside its call.
        match on_thread {
            Some(call) if call.span == place.span => Some(call),
            on_thread => in_context.or(on_thread),
        }
    }

    /// Whether that is the span of one of its open calls.
    pub(crate) fn has(&self, span: Id) -> bool {
        unpoisoned(&self.open).get(span).is_some()
    }

    fn outermost(&self) -> Option<Arc<Call>> {
        unpoisoned(&self.open).get(self.outermost)
    }
}

/// Where code stands: the current span, and what the thread knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) span: Id,
    pub(crate) here: Here,
}

impl Place {
    pub(crate) fn of(context: &Context) -> Self {
        Place { span: Id::of(context), here: Here::current() }
    }

    /// The place of a call that completes the span which is current there: found by that span it would be inside of itself.
    #[cold]
    pub(crate) fn around_its_own_span(self) -> Self {
        Place { span: Id::unique(), ..self }
    }
}

/// The loop that the current code is in.
pub(crate) fn current_loop() -> Option<Arc<Call>> {
    let (run, _) = current_run()?;
    run.outermost().filter(|call| call.kind == Kind::Loop)
}

/// Whether the current code is in a loop of that function that somebody listens to, and in no step or tool of it.
pub(crate) fn is_in_loop_of(function: Recursive) -> bool {
    let innermost = current_run().filter(|(run, _)| run.recursive == Some(function));
    innermost.and_then(|(run, place)| run.call_at(place)).is_some_and(|call| call.kind == Kind::Loop && call.wants.anything())
}

/// Whether the current code is in a run at all.
pub(crate) fn is_in_run() -> bool {
    current_run().is_some()
}

/// The innermost call of that kind that the current code is in, up to the loop that it belongs to.
pub(crate) fn current_call(kind: Kind) -> Option<Arc<Call>> {
    let (run, place) = current_run()?;
    run.call_at(place)?.outwards(kind)
}

#[inline]
fn current_run() -> Option<(Arc<Run>, Place)> {
    if Here::current().is_silent() || !is_there() {
        return None;
    }
    Context::map_current(|context| Some((Run::of(context)?.clone(), Place::of(context))))
}

pub(crate) fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ids are random, or count: one multiplication spreads either.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = (self.0 ^ id).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_call_that_has_ended_its_run_keeps_nothing() {
        let mut open = OpenCalls::default();
        let ids: Vec<Id> = (0..3 * OpenCalls::FEW).map(|_| Id::unique()).collect();
        for &id in &ids {
            open.insert(id, Weak::new());
        }
        assert_eq!((open.few.iter().flatten().count(), open.many.len()), (OpenCalls::FEW, 2 * OpenCalls::FEW));
        for &id in &ids {
            open.remove(id);
        }
        assert_eq!((open.few.iter().flatten().count(), open.many.len()), (0, 0));
    }
}
