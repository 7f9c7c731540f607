//! How a step finds its loop, and a handle its call.
//!
//! Two things travel together and are put in place on every poll:
//!
//! - the OpenTelemetry context, which carries the [`Scope`] of the loop wherever the user carries the context;
//! - a word of this thread's, the [gate](Gate), which tells the calls inside a loop that nobody listens to without asking again.
//!
//! A thread also knows the innermost of our calls that it is polling, so that `current_step()` works under spans of other instrumentations.

use crate::metrics::Meters;
use crate::settings::Settings;
use crate::span::Live;
use crate::vocabulary::{Kind, Shared};
use opentelemetry::global::BoxedTracer;
use opentelemetry::{Context, ContextGuard, StringValue, Value};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the calls inside an outermost call share, in the one value that we put into a context.
pub(crate) struct Scope {
    /// What kind of call opened it. Only in a loop's scope are there iterations, and something to inherit.
    pub(crate) kind: Kind,
    /// None: no tracer listened when it was opened, and none is asked until it ends.
    pub(crate) tracer: Option<BoxedTracer>,
    /// The span that its own calls do not ask a sampler under, since it is not sampled itself.
    pub(crate) unsampled: Option<Gate>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) meters: Option<Arc<Meters>>,
    pub(crate) inherited: Said,
    steps: AtomicI64,
    tools: AtomicI64,
    /// The finish reason of the step that ended last.
    last_finish_reason: Mutex<Option<StringValue>>,
    /// Every call inside that has not ended, the one that opened the scope first.
    open: Mutex<Vec<Arc<Live>>>,
}

/// What a call says for others, too.
#[derive(Clone, Default)]
pub(crate) struct Said(pub(crate) Vec<(Shared, Value)>);

impl Said {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(shared, _)| shared.key() == key).map(|(_, value)| value)
    }
}

#[derive(Clone)]
struct InScope(Arc<Scope>);

impl Scope {
    pub(crate) fn new(
        kind: Kind,
        tracer: Option<BoxedTracer>,
        unsampled: Option<Gate>,
        settings: Arc<Settings>,
        meters: Option<Arc<Meters>>,
        inherited: Said,
    ) -> Self {
        Scope {
            kind,
            tracer,
            unsampled,
            settings,
            meters,
            inherited,
            steps: AtomicI64::new(0),
            tools: AtomicI64::new(0),
            last_finish_reason: Mutex::default(),
            open: Mutex::default(),
        }
    }

    /// The scope that the context is in.
    pub(crate) fn of(context: &Context) -> Option<Arc<Scope>> {
        context.get::<InScope>().map(|inside| inside.0.clone())
    }

    /// The context, inside this scope.
    pub(crate) fn within(self: &Arc<Self>, context: &Context) -> Context {
        context.with_value(InScope(self.clone()))
    }

    /// Whether a call that begins in this context asks a sampler.
    pub(crate) fn asks_under(&self, context: &Context) -> bool {
        self.tracer.is_some() && self.unsampled != Some(Gate::of(context))
    }

    /// Counts a call that begins. For a step of a loop: which one it is, from 0.
    pub(crate) fn count(&self, kind: Kind) -> Option<i64> {
        match kind {
            Kind::Step => Some(self.steps.fetch_add(1, Relaxed)).filter(|_| self.kind == Kind::Loop),
            Kind::Tool => {
                self.tools.fetch_add(1, Relaxed);
                None
            }
            Kind::Loop => None,
        }
    }

    /// How many steps and tools began.
    pub(crate) fn counts(&self) -> [i64; 2] {
        [self.steps.load(Relaxed), self.tools.load(Relaxed)]
    }

    pub(crate) fn remember_finish_reason(&self, reason: Option<StringValue>) {
        *unpoisoned(&self.last_finish_reason) = reason;
    }

    pub(crate) fn last_finish_reason(&self) -> Option<StringValue> {
        unpoisoned(&self.last_finish_reason).clone()
    }

    pub(crate) fn opened(&self, call: Arc<Live>) {
        unpoisoned(&self.open).push(call);
    }

    pub(crate) fn closed(&self, call: &Arc<Live>) {
        let mut open = unpoisoned(&self.open);
        let position = open.iter().rposition(|other| Arc::ptr_eq(other, call));
        let closed = position.map(|position| open.remove(position));
        // Before what is dropped, which may be the last of something of the user's.
        drop(open);
        drop(closed);
    }

    /// The call that opened the scope, if it has not ended.
    fn owner(&self) -> Option<Arc<Live>> {
        unpoisoned(&self.open).first().filter(|first| first.kind() == self.kind).cloned()
    }

    /// The open call whose span the context is in.
    fn call_of(&self, context: &Context) -> Option<Arc<Live>> {
        let span = Gate::of(context);
        unpoisoned(&self.open).iter().rfind(|call| call.span_gate() == Some(span)).cloned()
    }
}

pub(crate) fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The loop that the current context is in.
pub(crate) fn current_loop() -> Option<Arc<Live>> {
    if Gate::current() != Gate::ASK {
        return None;
    }
    let scope = Context::map_current(Scope::of)?;
    scope.owner().filter(|owner| owner.kind() == Kind::Loop)
}

/// The innermost call of that kind that the current context is in, up to the loop that it belongs to.
pub(crate) fn current_call(kind: Kind) -> Option<Arc<Live>> {
    if Gate::current() != Gate::ASK {
        return None;
    }
    let context = Context::current();
    let mut call = innermost(&*Scope::of(&context)?, &context)?;
    while call.kind() != kind {
        call = call.outer()?.clone();
    }
    Some(call)
}

/// The innermost open call of the scope: the one that this thread is polling, else the one whose span the context carries.
pub(crate) fn innermost(scope: &Scope, context: &Context) -> Option<Arc<Live>> {
    let here = THREAD.try_with(|thread| thread.innermost.borrow().clone()).ok()?;
    here.filter(|call| call.is_in(scope)).or_else(|| scope.call_of(context))
}

/// What the calls polled on this thread have to expect: nothing known, nobody listening, or the span of an unsampled loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gate(u64);

thread_local! {
    static GATE: Cell<u64> = const { Cell::new(Gate::ASK.0) };
}

impl Gate {
    pub(crate) const ASK: Gate = Gate(0);
    pub(crate) const OFF: Gate = Gate(u64::MAX);

    #[inline]
    pub(crate) fn current() -> Gate {
        Gate(GATE.get())
    }

    /// The span with this id.
    pub(crate) fn under(span_id: [u8; 8]) -> Gate {
        Gate(u64::from_be_bytes(span_id))
    }

    #[inline]
    pub(crate) fn set(self) -> GateGuard {
        GateGuard(GATE.replace(self.0))
    }
}

/// Puts back the gate that was.
pub(crate) struct GateGuard(u64);

impl Drop for GateGuard {
    #[inline]
    fn drop(&mut self) {
        GATE.set(self.0);
    }
}

#[derive(Default)]
struct Thread {
    innermost: RefCell<Option<Arc<Live>>>,
    /// Calls whose futures are being dropped: see [`park`].
    parked: RefCell<Vec<Entered>>,
}

thread_local! {
    static THREAD: Thread = {
        // Thread locals go in the reverse order of their creation: while this one is there, opentelemetry's own is.
        Context::map_current(|_| ());
        Thread::default()
    };
}

/// A call's context, gate and place, for as long as this lives.
pub(crate) struct Entered {
    outer: Option<Arc<Live>>,
    _context: Option<ContextGuard>,
    _gate: GateGuard,
}

impl Entered {
    /// None where the thread is about to be gone, and its locals with it.
    pub(crate) fn new(call: &Arc<Live>) -> Option<Entered> {
        let outer = THREAD.try_with(|thread| thread.innermost.replace(Some(call.clone()))).ok()?;
        Some(Entered { outer, _context: call.context().cloned().map(Context::attach), _gate: call.gate().set() })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let outer = self.outer.take();
        let inner = THREAD.try_with(|thread| thread.innermost.replace(outer));
        drop(inner);
    }
}

/// Keeps a call entered until [`unpark`], on the stack of this thread's: between the two its future is dropped.
pub(crate) fn park(call: &Arc<Live>) {
    if let Some(entered) = Entered::new(call) {
        // The thread is there: `entered` says so.
        let _ = THREAD.try_with(|thread| thread.parked.borrow_mut().push(entered));
    }
}

pub(crate) fn unpark() {
    let entered = THREAD.try_with(|thread| thread.parked.borrow_mut().pop());
    drop(entered);
}
