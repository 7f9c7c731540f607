//! Random programs of loops, steps and tools, with joins, selects, errors, panics, cancellations at any await, destructors that call,
//! and providers that come and go, below a blanket trait of the user's: what is exported is what a model of a few dozen lines says that happened.
//!
//! A failure prints the smallest program that fails, and its seed goes to `proptest-regressions/properties.txt`, to be run first next time.

use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, join_all, pending, poll_fn, select_all};
use opentelemetry::Value;
use opentelemetry::trace::FutureExt as _;
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry_sdk::trace::Sampler;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError};
use samplescope::{current_loop, current_step, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

mod program {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(super) enum Kind {
        Loop,
        Step,
        Tool,
    }

    /// How the function that is called is written.
    #[derive(Clone, Copy, Debug)]
    pub(super) enum Form {
        Async,
        /// `fn -> Pin<Box<dyn Future>>`, whose span starts at the call.
        Boxed,
        /// A plain function, that polls its body once.
        Plain,
    }

    /// How the body ends, if it gets there.
    #[derive(Clone, Copy, Debug)]
    pub(super) enum End {
        Return,
        Error,
        Panic,
        Wait,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(super) enum Provider {
        None,
        AlwaysOff,
        AlwaysOn,
    }

    #[derive(Clone, Debug)]
    pub(super) struct Call {
        pub(super) kind: Kind,
        pub(super) form: Form,
        pub(super) body: Vec<Node>,
        pub(super) end: End,
        /// After so many polls it is dropped.
        pub(super) polls: Option<u8>,
        /// Whether a panic stops here.
        pub(super) catches: bool,
    }

    #[derive(Clone, Debug)]
    pub(super) enum Node {
        Yield,
        /// An event on the current loop, an attribute on the current step.
        Speak,
        Install(Provider),
        /// Calls a tool or a step when the body is gone.
        Defer(Kind),
        Join(Vec<Node>),
        Select(Vec<Node>),
        /// Begun, and dropped one after the other, from where the number says and by what steps.
        Abandon(Vec<Node>, usize, usize),
        /// Goes on by itself, in a task that was given the context.
        Spawn(Vec<Node>),
        Call(Call),
    }

    fn provider() -> impl Strategy<Value = Provider> {
        prop_oneof![1 => Just(Provider::None), 1 => Just(Provider::AlwaysOff), 4 => Just(Provider::AlwaysOn)]
    }

    fn leaf() -> impl Strategy<Value = Node> {
        prop_oneof![
            4 => Just(Node::Yield),
            2 => Just(Node::Speak),
            1 => provider().prop_map(Node::Install),
            1 => prop_oneof![Just(Kind::Step), Just(Kind::Tool)].prop_map(Node::Defer),
        ]
    }

    fn call(body: impl Strategy<Value = Vec<Node>>) -> impl Strategy<Value = Node> {
        let kind = prop_oneof![2 => Just(Kind::Loop), 3 => Just(Kind::Step), 2 => Just(Kind::Tool)];
        let form = prop_oneof![4 => Just(Form::Async), 1 => Just(Form::Boxed), 1 => Just(Form::Plain)];
        let end = prop_oneof![8 => Just(End::Return), 2 => Just(End::Error), 1 => Just(End::Panic), 1 => Just(End::Wait)];
        let polls = prop_oneof![4 => Just(None), 1 => (0..6_u8).prop_map(Some)];
        (kind, form, body, end, polls, prop::bool::weighted(0.3))
            .prop_map(|(kind, form, body, end, polls, catches)| Node::Call(Call { kind, form, body, end, polls, catches }))
    }

    /// Many at once, that end in an order of their own or not at all.
    fn wide() -> impl Strategy<Value = Node> {
        let kind = prop_oneof![1 => Just(Kind::Step), 3 => Just(Kind::Tool)];
        (kind, 1..60_usize, 1..7_usize, prop::bool::ANY, 0..60_usize).prop_map(|(kind, count, stride, joined, from)| {
            let call = |number: usize| {
                let body = vec![Node::Yield; number * stride % 5];
                Node::Call(Call { kind, form: Form::Async, body, end: End::Return, polls: None, catches: false })
            };
            let calls = (0..count).map(call).collect();
            if joined { Node::Join(calls) } else { Node::Abandon(calls, from, stride) }
        })
    }

    pub(super) fn any() -> impl Strategy<Value = (Provider, Vec<Node>, usize)> {
        let node = leaf().prop_recursive(5, 48, 4, |node| {
            let several = prop::collection::vec(node, 0..4).boxed();
            let some = prop::collection::vec(call(several.clone()), 1..4).boxed();
            prop_oneof![
                12 => call(several),
                2 => some.clone().prop_map(Node::Join),
                2 => some.clone().prop_map(Node::Select),
                2 => (some.clone(), 0..8_usize, 1..8_usize).prop_map(|(nodes, from, by)| Node::Abandon(nodes, from, by)),
                2 => some.prop_map(Node::Spawn),
                1 => wide(),
            ]
        });
        (provider(), prop::collection::vec(node, 1..4), 1..40_usize)
    }
}

use program::{Call, End, Form, Kind, Node, Provider};

/// What is to be exported, worked out beside the program while it runs.
mod model {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(super) enum Ending {
        Success,
        Error,
        Panicked,
        Cancelled,
    }

    /// What surrounds a piece of code.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Around {
        /// The innermost call that records.
        pub(super) parent: Option<usize>,
        pub(super) scope: Scope,
        /// The innermost step of the current loop, or of none.
        pub(super) step: Option<usize>,
        /// In a task of its own: what is around may have ended meanwhile.
        pub(super) spawned: bool,
        /// Whether the next call is the first of its task.
        pub(super) detached: bool,
    }

    #[derive(Clone, Copy, Debug)]
    pub(super) enum Scope {
        /// No loop, nobody who listened so far: the next call asks.
        Outside,
        /// A loop that nobody listens to: only another loop asks.
        Silent,
        /// A call that records, and whether it is a loop.
        Recording(Option<usize>),
    }

    pub(super) const OUTSIDE: Around =
        Around { parent: None, scope: Scope::Outside, step: None, spawned: false, detached: false };

    #[derive(Debug)]
    pub(super) struct Expected {
        pub(super) kind: Kind,
        pub(super) recorded: bool,
        pub(super) parent: Option<usize>,
        pub(super) iteration: Option<i64>,
        /// How many steps began, and how many of these before it ended.
        pub(super) steps: i64,
        pub(super) iterations: i64,
        /// Begun in a task that may outlive its parent.
        pub(super) detached: bool,
        pub(super) events: usize,
        pub(super) said: Option<i64>,
        pub(super) ending: Option<Ending>,
    }

    pub(super) struct World {
        pub(super) telemetry: RefCell<Telemetry>,
        pub(super) provider: Cell<Provider>,
        pub(super) calls: RefCell<Vec<Expected>>,
        pub(super) tasks: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
    }

    impl World {
        pub(super) fn install(&self, provider: Provider) {
            self.provider.set(provider);
            let mut telemetry = self.telemetry.borrow_mut();
            match provider {
                Provider::None => {
                    opentelemetry::global::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
                }
                Provider::AlwaysOff => drop(telemetry.install(Sampler::AlwaysOff)),
                Provider::AlwaysOn => drop(telemetry.install(Sampler::AlwaysOn)),
            }
        }

        /// The call that begins here, and what surrounds its body.
        pub(super) fn begin(&self, kind: Kind, form: Form, around: Around) -> (usize, Around) {
            let mut calls = self.calls.borrow_mut();
            let id = calls.len();
            let provider = match around.scope {
                Scope::Recording(_) if kind != Kind::Loop => Provider::AlwaysOn,
                Scope::Silent if kind != Kind::Loop => Provider::None,
                _ => self.provider.get(),
            };
            let recorded = provider == Provider::AlwaysOn;
            let scope = match (kind, recorded, around.scope) {
                (Kind::Loop, true, _) => Scope::Recording(Some(id)),
                // A boxed future that nobody listens to is not boxed anew, and so tells nothing to what it calls.
                (Kind::Loop, false, scope) if provider == Provider::None && matches!(form, Form::Boxed) => scope,
                (Kind::Loop, false, _) => Scope::Silent,
                (_, true, Scope::Outside) => Scope::Recording(None),
                (_, _, scope) => scope,
            };
            let of_loop = match around.scope {
                Scope::Recording(of_loop) if kind == Kind::Step => of_loop,
                _ => None,
            };
            let iteration = of_loop.filter(|&of_loop| calls[of_loop].ending.is_none()).map(|of_loop| {
                calls[of_loop].steps += 1;
                calls[of_loop].steps - 1
            });
            calls.push(Expected {
                kind,
                recorded,
                parent: around.parent,
                iteration,
                steps: 0,
                iterations: 0,
                detached: around.detached,
                events: 0,
                said: None,
                ending: None,
            });
            let step = match kind {
                Kind::Loop if !matches!(scope, Scope::Silent) && !recorded => around.step,
                Kind::Loop => None,
                Kind::Step if recorded => Some(id),
                _ => around.step,
            };
            // A span that is not sampled is not put above one that records, but it is above one that has ended.
            let hides = |parent: &usize| provider == Provider::AlwaysOff && calls[*parent].ending.is_some();
            let parent = if recorded { Some(id) } else { around.parent.filter(|parent| !hides(parent)) };
            (id, Around { parent, scope, step, spawned: around.spawned, detached: around.detached && !recorded })
        }

        pub(super) fn speak(&self, around: Around) {
            current_loop().validation_failure(1);
            let mut calls = self.calls.borrow_mut();
            let word = i64::try_from(calls.len()).unwrap_or(0);
            current_step().set("app.said", word);
            if let Scope::Recording(Some(of_loop)) = around.scope {
                if calls[of_loop].ending.is_none() {
                    calls[of_loop].events += 1;
                }
            }
            let step = match around.scope {
                Scope::Recording(_) if around.spawned => open_step(&calls, around.parent),
                _ => around.step,
            };
            if let Some(step) = step {
                calls[step].said = Some(word);
            }
        }

        pub(super) fn end(&self, id: usize, ending: Ending) {
            let call = &mut self.calls.borrow_mut()[id];
            call.ending = Some(ending);
            call.iterations = call.steps;
        }
    }

    /// The innermost step around, as far as all between it and here have not ended.
    fn open_step(calls: &[Expected], innermost: Option<usize>) -> Option<usize> {
        let mut next = innermost;
        loop {
            let call = &calls[next?];
            match call.kind {
                _ if call.ending.is_some() => return None,
                Kind::Step => return next,
                Kind::Loop => return None,
                Kind::Tool => next = call.parent,
            }
        }
    }
}

use model::{Around, Ending, Expected, OUTSIDE, Scope, World};

/// Calls the instrumented functions as the program says.
mod interpreter {
    use super::*;

    #[derive(Debug)]
    pub(super) struct Failed;

    impl std::fmt::Display for Failed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("failed")
        }
    }

    type Body = LocalBoxFuture<'static, Result<(), Failed>>;

    /// In scope of all that is called, and for every type: what generated code calls here, without its prefix.
    #[expect(dead_code, reason = "they are there to be found")]
    trait Everything {
        fn attribute(&self) {}
        fn error(&self) {}
        fn is_recording(&self) {}
        fn outcome(&self) {}
        fn record(&self) {}
        fn run(&self) {}
        fn says(&self) {}
        fn success(&self) {}
        fn then(&self) {}
    }

    impl<T: ?Sized> Everything for T {}

    macro_rules! instrumented {
        ($attribute:ident: $asynchronous:ident $boxed:ident $plain:ident) => {
            #[$attribute(attributes("app.call" = id))]
            async fn $asynchronous(id: usize, body: Body) -> Result<(), Failed> {
                body.await
            }

            #[$attribute(attributes("app.call" = id))]
            fn $boxed(id: usize, body: Body) -> Body {
                let body = body;
                body
            }

            #[$attribute(attributes("app.call" = id))]
            fn $plain(id: usize, body: Body) -> Result<(), Failed> {
                body.now_or_never().unwrap_or(Ok(()))
            }
        };
    }

    instrumented!(sampling_loop: async_loop boxed_loop plain_loop);
    instrumented!(sampling_step: async_step boxed_step plain_step);
    instrumented!(sampling_tool: async_tool boxed_tool plain_tool);

    /// Runs the program for so many polls, and drops what is left.
    pub(super) fn run(world: &Rc<World>, nodes: Vec<Node>, polls: usize) {
        let whole = body(world.clone(), OUTSIDE, nodes, End::Return);
        let mut whole = Box::pin(AssertUnwindSafe(whole).catch_unwind());
        let mut task = Context::from_waker(Waker::noop());
        let mut done = false;
        for _ in 0..polls {
            done = done || whole.as_mut().poll(&mut task).is_ready();
            let tasks = world.tasks.take();
            let left =
                tasks.into_iter().filter_map(|mut running| running.as_mut().poll(&mut task).is_pending().then_some(running));
            let left: Vec<_> = left.collect();
            world.tasks.borrow_mut().extend(left);
        }
        drop(whole);
        drop(world.tasks.take());
    }

    fn body(world: Rc<World>, around: Around, nodes: Vec<Node>, end: End) -> Body {
        let body = async move {
            let mut deferred = Vec::new();
            for node in nodes {
                match node {
                    Node::Defer(kind) => deferred.push(Deferred(world.clone(), around, kind)),
                    node => execute(world.clone(), around, node).await,
                }
            }
            match end {
                End::Return => Ok(()),
                End::Error => Err(Failed),
                // Unlike `panic!`, it says nothing on the way.
                End::Panic => resume_unwind(Box::new(())),
                End::Wait => pending().await,
            }
        };
        body.boxed_local()
    }

    fn execute(world: Rc<World>, around: Around, node: Node) -> LocalBoxFuture<'static, ()> {
        let all = |world: &Rc<World>, nodes: Vec<Node>| -> Vec<_> {
            nodes.into_iter().map(|node| execute(world.clone(), around, node)).collect()
        };
        match node {
            Node::Yield => tokio::task::yield_now().boxed_local(),
            Node::Speak => async move { world.speak(around) }.boxed_local(),
            Node::Install(provider) => async move { world.install(provider) }.boxed_local(),
            Node::Defer(_) => async {}.boxed_local(),
            Node::Join(nodes) => join_all(all(&world, nodes)).map(drop).boxed_local(),
            Node::Select(nodes) => select_all(all(&world, nodes)).map(drop).boxed_local(),
            Node::Abandon(nodes, from, by) => {
                let mut begun = all(&world, nodes);
                let abandon = async move {
                    poll_fn(|task| {
                        begun.retain_mut(|future| future.as_mut().poll(task).is_pending());
                        Poll::Ready(())
                    })
                    .await;
                    let mut next = from;
                    while !begun.is_empty() {
                        drop(begun.remove(next % begun.len()));
                        next += by;
                    }
                };
                abandon.boxed_local()
            }
            // What a loop that nobody listens to spawns is outside of it: there is nothing to say of it here.
            Node::Spawn(_) if matches!(around.scope, Scope::Silent) => async {}.boxed_local(),
            Node::Spawn(nodes) => {
                let around = Around { spawned: true, detached: true, ..around };
                let spawn = async move {
                    let calls = nodes.into_iter().map(|node| execute(world.clone(), around, node));
                    let task = AssertUnwindSafe(join_all(calls).with_current_context()).catch_unwind().map(drop);
                    world.tasks.borrow_mut().push(task.boxed_local());
                };
                spawn.boxed_local()
            }
            Node::Call(call) => guarded(world, around, call),
        }
    }

    /// The call, with what the caller does about it.
    fn guarded(world: Rc<World>, around: Around, call: Call) -> LocalBoxFuture<'static, ()> {
        let (polls, catches) = (call.polls, call.catches);
        let called = limited(async move { called(&world, around, call).await }.boxed_local(), polls);
        if catches { AssertUnwindSafe(called).catch_unwind().map(drop).boxed_local() } else { called }
    }

    fn limited(future: LocalBoxFuture<'static, ()>, polls: Option<u8>) -> LocalBoxFuture<'static, ()> {
        let Some(mut left) = polls else { return future };
        let mut future = Some(future);
        let limited = poll_fn(move |task| match &mut future {
            Some(running) if left > 0 => {
                left -= 1;
                running.as_mut().poll(task)
            }
            _ => {
                future = None;
                Poll::Ready(())
            }
        });
        limited.boxed_local()
    }

    async fn called(world: &Rc<World>, around: Around, call: Call) {
        let (id, inside) = world.begin(call.kind, call.form, around);
        let body = body(world.clone(), inside, call.body, call.end);
        let watched = |future: Body| Watched { future: Some(future), watch: Watch(world.clone(), id, Ending::Cancelled) };
        let result = match (call.form, call.kind) {
            (Form::Async, Kind::Loop) => watched(async_loop(id, body).boxed_local()).await,
            (Form::Async, Kind::Step) => watched(async_step(id, body).boxed_local()).await,
            (Form::Async, Kind::Tool) => watched(async_tool(id, body).boxed_local()).await,
            (Form::Boxed, Kind::Loop) => watched(boxed_loop(id, body)).await,
            (Form::Boxed, Kind::Step) => watched(boxed_step(id, body)).await,
            (Form::Boxed, Kind::Tool) => watched(boxed_tool(id, body)).await,
            (Form::Plain, kind) => plain(world, id, kind, body),
        };
        // A failure is handled where it is met.
        drop(result);
    }

    fn plain(world: &Rc<World>, id: usize, kind: Kind, body: Body) -> Result<(), Failed> {
        let mut watch = Watch(world.clone(), id, Ending::Panicked);
        let result = match kind {
            Kind::Loop => plain_loop(id, body),
            Kind::Step => plain_step(id, body),
            Kind::Tool => plain_tool(id, body),
        };
        watch.2 = if result.is_ok() { Ending::Success } else { Ending::Error };
        result
    }

    /// Tells the model how a call ended.
    struct Watch(Rc<World>, usize, Ending);

    impl Drop for Watch {
        fn drop(&mut self) {
            self.0.end(self.1, self.2);
        }
    }

    struct Watched {
        future: Option<Body>,
        watch: Watch,
    }

    impl Future for Watched {
        type Output = Result<(), Failed>;

        fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Result<(), Failed>> {
            self.watch.2 = Ending::Panicked;
            let Some(future) = &mut self.future else { return Poll::Pending };
            let polled = future.as_mut().poll(task);
            self.watch.2 = match &polled {
                Poll::Pending => Ending::Cancelled,
                Poll::Ready(Ok(())) => Ending::Success,
                Poll::Ready(Err(_)) => Ending::Error,
            };
            polled
        }
    }

    /// A destructor that calls, and speaks.
    struct Deferred(Rc<World>, Around, Kind);

    impl Drop for Deferred {
        fn drop(&mut self) {
            // Known: a loop that nobody listens to, dropped unfinished, does not tell what its destructors call.
            if let Scope::Silent = self.1.scope {
                return;
            }
            // A task that is dropped is not in the context that it was given, unless a call in it brings its own.
            if self.1.detached {
                return;
            }
            self.0.speak(self.1);
            let (id, inside) = self.0.begin(self.2, Form::Plain, self.1);
            let world = self.0.clone();
            let speaks = async move {
                world.speak(inside);
                Ok(())
            };
            drop(plain(&self.0, id, self.2, speaks.boxed_local()));
        }
    }
}

fn check(telemetry: &Telemetry, calls: &[Expected]) -> Result<(), TestCaseError> {
    let number = |span: &Span, key: &str| match span.get(key) {
        Some(Value::I64(number)) => Some(number),
        _ => None,
    };
    let spans: BTreeMap<usize, Span> = telemetry
        .spans_so_far()
        .into_iter()
        .map(|span| (number(&span, "app.call").and_then(|id| usize::try_from(id).ok()).expect("each span has its call"), span))
        .collect();
    prop_assert_eq!(spans.len(), telemetry.spans_so_far().len(), "one span a call");
    let recorded: Vec<usize> = (0..calls.len()).filter(|&id| calls[id].recorded).collect();
    prop_assert_eq!(spans.keys().copied().collect::<Vec<_>>(), recorded, "the calls that somebody listens to");
    for (id, span) in &spans {
        let call = &calls[*id];
        let name = match call.kind {
            Kind::Loop => "sampling/createMessage",
            Kind::Step => "sampling/createMessage step",
            Kind::Tool => "sampling.execute_tool ",
        };
        prop_assert!(span.name().starts_with(name), "call {id}: {}", span.name());
        let parent = spans.iter().find(|(_, parent)| parent.id() == span.parent_id()).map(|(id, _)| *id);
        prop_assert_eq!(parent, call.parent, "the parent of call {}", id);
        let (status, error_type) = match call.ending {
            Some(Ending::Success) => (Status::Unset, None),
            Some(Ending::Error) => (Status::error("failed"), Some("Failed")),
            Some(Ending::Panicked) => (Status::error("panicked"), Some("panic")),
            Some(Ending::Cancelled) => (Status::error("cancelled"), Some("cancelled")),
            None => return Err(TestCaseError::fail(format!("call {id} has not ended"))),
        };
        prop_assert_eq!(span.status(), status, "the ending of call {}", id);
        prop_assert_eq!(span.get("error.type"), error_type.map(Value::from));
        prop_assert_eq!(number(span, "fastmcp.sampling.iteration"), call.iteration, "the iteration of call {}", id);
        let iterations = (call.kind == Kind::Loop && call.iterations > 0).then_some(call.iterations);
        prop_assert_eq!(number(span, "fastmcp.sampling.iterations"), iterations, "the iterations of call {}", id);
        prop_assert_eq!(number(span, "app.said"), call.said, "what call {} was told", id);
        let events = span.events().iter().filter(|(name, _)| name == "sampling.validation_failure").count();
        prop_assert_eq!(events, call.events, "the events of call {}", id);
        let last = calls
            .iter()
            .zip(0..)
            .filter(|(other, _)| other.parent == Some(*id) && !other.detached)
            .filter_map(|(_, child)| spans.get(&child));
        for child in last {
            prop_assert!(child.0.end_time <= span.0.end_time, "call {id} ended before what it called");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(3000),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions/properties.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_exported_is_what_happened((provider, nodes, polls) in program::any()) {
        let world = Rc::new(World { telemetry: RefCell::new(Telemetry::off()), provider: Cell::new(Provider::None), calls: RefCell::default(), tasks: RefCell::default() });
        world.install(provider);
        interpreter::run(&world, nodes, polls);
        check(&world.telemetry.borrow(), &world.calls.borrow())?;
        // Nothing is left behind on the thread.
        prop_assert!(!opentelemetry::Context::map_current(TraceContextExt::has_active_span));
        world.telemetry.borrow().forget();
    }
}
