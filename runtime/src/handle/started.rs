//! Calls as values, for work that is no function: it spans several, outlives one, or is a future inside of a struct.

use super::description::{LoopDescription, StepDescription, ToolDescription};
use super::{Reference, Told, ToolDecision};
use crate::call::core::Wants;
use crate::call::description::{Description, open_detached};
use crate::call::ending::Label;
use crate::call::here::Here;
use crate::call::instrumented::{Leaf, Loop};
use crate::call::learned::SaidBy;
use crate::call::owned::{EnteredCall, Owned};
use crate::caught::caught;
use crate::read::walk::Readable;
use crate::settings::Piece;
use crate::value::{AttributeValue, Chunk, Decision, Evaluation, Integer, StepOperation, Text, ToMessages, ToolOperation, Usage};
use crate::vocabulary::{OperationName, event, key, stop_reason_word};
use futures_core::Stream;
use opentelemetry::{Context, KeyValue};
use serde::Serialize;
use std::any::type_name;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Display};
use std::panic::Location;
use std::pin::Pin;
use std::time::SystemTime;

/// Starts a loop that no function is: `describe` says what `#[sampling_loop(…)]` would, and is called only if somebody listens.
///
/// ```
/// # struct Agent { name: String }
/// # async fn work() -> Result<String, std::io::Error> { Ok(String::new()) }
/// # async fn example(agent: Agent) {
/// let run = samplescope::start_loop(|run| run.agent(&agent.name));
/// tokio::spawn(async move {
///     match run.scope(work()).await {
///         Ok(_) => run.end(),
///         Err(error) => run.fail(&error),
///     }
/// });
/// # }
/// ```
pub fn start_loop(describe: impl FnOnce(&mut LoopDescription<'_>)) -> LoopCall {
    let describe = once(|description| describe(&mut LoopDescription::of(description)));
    LoopCall(Owned::new(open_detached(OperationName::InvokeAgent, None, &describe)))
}

/// Starts a step that no function is, in the loop that the current code is in: `describe` says what `#[sampling_step(…)]` would,
/// and is called only if somebody listens.
///
/// ```
/// # struct Request { model: String, max_tokens: u32 }
/// # struct Response { stop_reason: String }
/// # async fn send(_: &Request) -> Result<Response, std::io::Error> { Ok(Response { stop_reason: String::new() }) }
/// # async fn example(request: Request) {
/// let step = samplescope::start_step(|step| {
///     step.model(&request.model);
///     step.max_tokens(&request.max_tokens);
/// });
/// match step.scope(send(&request)).await {
///     Ok(response) => {
///         step.stop_reason(&response.stop_reason);
///         step.end();
///     }
///     Err(error) => step.fail(&error),
/// }
/// # }
/// ```
pub fn start_step(describe: impl FnOnce(&mut StepDescription<'_>)) -> StepCall {
    start_step_as(StepOperation::CHAT, describe)
}

/// Starts a step that does something else than a chat, or is for something else than its loop does, as [`start_step`] starts any other.
pub fn start_step_as(operation: StepOperation, describe: impl FnOnce(&mut StepDescription<'_>)) -> StepCall {
    let StepOperation { called, purpose } = operation;
    StepCall(inside(called, purpose, |description| describe(&mut StepDescription::of(description))))
}

/// Starts a tool that no function is, in the step or loop that the current code is in: `describe` says what `#[sampling_tool(…)]` would,
/// and is called only if somebody listens. A sampler sees the name.
///
/// ```
/// # struct Call { name: String, id: String }
/// # fn example(call: Call) {
/// let tool = samplescope::start_tool(&call.name, |tool| tool.call_id(&call.id));
/// // Wherever the work is done:
/// tool.result("21 °C");
/// tool.end();
/// # }
/// ```
pub fn start_tool(name: &(impl Text + ?Sized), describe: impl FnOnce(&mut ToolDescription<'_>)) -> ToolCall {
    ToolCall(inside(OperationName::ExecuteTool, None, |description| {
        description.name_early(name);
        describe(&mut ToolDescription::of(description));
    }))
}

/// Starts what is no tool call, but stands where one could: a retrieval, or something that is done to memories. It needs no name.
pub fn start_tool_as(operation: ToolOperation, describe: impl FnOnce(&mut ToolDescription<'_>)) -> ToolCall {
    ToolCall(inside(operation.called, None, |description| describe(&mut ToolDescription::of(description))))
}

/// A step, or what stands where a tool could: where a loop is silent, so are they.
fn inside(called: OperationName, purpose: Option<&'static str>, describe: impl FnOnce(&mut Description)) -> Owned<Leaf> {
    let silent = Here::current().is_silent();
    Owned::new(if silent { None } else { open_detached(called, purpose, &once(describe)) })
}

/// What is called once, as what could be called again.
fn once(describe: impl FnOnce(&mut Description)) -> impl Fn(&mut Description) {
    let describe = Cell::new(Some(describe));
    move |description| {
        if let Some(describe) = describe.take() {
            describe(description);
        }
    }
}

/// A loop, from [`start_loop`]. Dropped without an end it was cancelled, or panicked if the thread is unwinding or code inside it unwound.
pub struct LoopCall(Owned<Loop>);

/// A step, from [`start_step`]. Dropped without an end it was cancelled, or panicked if the thread is unwinding or code inside it unwound;
/// once a [`chunk`](StepCall::chunk) has said why the model stopped, it just ended.
pub struct StepCall(Owned<Leaf>);

/// A tool, from [`start_tool`]. Dropped without an end it was cancelled, or panicked if the thread is unwinding or code inside it unwound.
pub struct ToolCall(Owned<Leaf>);

macro_rules! calls {
    ($($call:ident)*) => {$(
        impl $call {
            fn told(&self) -> Told<'_> {
                Told(self.0.call())
            }

            /// The future, inside this call: what it calls belongs to it. It borrows nothing, so it can be spawned; it does not end the call.
            /// If it unwinds, dropping the call says `panic`.
            pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
                self.0.scope(future)
            }

            /// The code that follows is inside this call, as long as the guard lives. Not across an `.await`: there, use [`scope`](Self::scope).
            pub fn enter(&self) -> EnteredCall<'_> {
                self.0.enter()
            }

            /// Hands the stream on, inside this call, which lasts as long as it does: until its end, or until it is dropped, which is a cancellation
            /// unless an item has said a stop reason or that it is the last. `chunk` says what an item says, an `Err` too: [`Chunk::failed`].
            #[track_caller]
            pub fn stream<'a, S, C>(self, stream: S, chunk: C) -> Pin<Box<dyn Stream<Item = S::Item> + Send + 'a>>
            where
                S: Stream + Send + 'a,
                C: Fn(&S::Item) -> Chunk<'_> + Send + 'a,
            {
                Box::pin(self.0.stream(stream, chunk, Location::caller()))
            }

            /// As [`stream`](Self::stream), for a stream that stays on its thread.
            #[track_caller]
            pub fn stream_local<'a, S, C>(self, stream: S, chunk: C) -> Pin<Box<dyn Stream<Item = S::Item> + 'a>>
            where
                S: Stream + 'a,
                C: Fn(&S::Item) -> Chunk<'_> + 'a,
            {
                Box::pin(self.0.stream(stream, chunk, Location::caller()))
            }

            /// The OpenTelemetry context inside this call; where nobody listens, the current one.
            pub fn context(&self) -> Context {
                self.0.context()
            }

            /// It is done. It failed, if it was told so.
            pub fn end(self) {
                self.0.end(None);
            }

            /// It was done at that time.
            pub fn end_at(self, time: SystemTime) {
                self.0.end(Some(time));
            }

            /// It ended with that error: `error.type` is the name of its type, as of an `Err` that has no `ErrorType`.
            pub fn fail<E: Display + ?Sized>(self, error: &E) {
                self.0.fail(None, error);
            }

            /// It ended with that error, which is called `error_type`: few different values, since metrics carry it.
            pub fn fail_as<E: Display + ?Sized>(self, error_type: impl Text, error: &E) {
                let label = || caught("what a call was given", || error_type.text()).flatten();
                let label = self.told().0.and_then(|_| label()).map(|label| Label::said(String::from(label)));
                self.0.fail(label, error);
            }
        }
    )*};
}

calls!(LoopCall StepCall ToolCall);
told!(loop LoopCall, "start_loop(|_| ())");
told!(step StepCall, "start_step(|_| ())");
told!(tool ToolCall, "start_tool(\"weather\", |_| ())");

impl LoopCall {
    /// Starts a step of this loop, wherever the current code is.
    pub fn step(&self, describe: impl FnOnce(&mut StepDescription<'_>)) -> StepCall {
        let _inside = self.enter();
        start_step(describe)
    }

    /// Starts a step of this loop as [`start_step_as`] does, wherever the current code is.
    pub fn step_as(&self, operation: StepOperation, describe: impl FnOnce(&mut StepDescription<'_>)) -> StepCall {
        let _inside = self.enter();
        start_step_as(operation, describe)
    }

    /// Starts a retrieval of this loop, or what [`start_tool_as`] starts beside it, wherever the current code is.
    pub fn tool_as(&self, operation: ToolOperation, describe: impl FnOnce(&mut ToolDescription<'_>)) -> ToolCall {
        let _inside = self.enter();
        start_tool_as(operation, describe)
    }

    /// Starts a tool of this loop, wherever the current code is.
    pub fn tool(&self, name: &(impl Text + ?Sized), describe: impl FnOnce(&mut ToolDescription<'_>)) -> ToolCall {
        let _inside = self.enter();
        start_tool(name, describe)
    }
}

impl StepCall {
    /// Starts a retrieval of this step, or what [`start_tool_as`] starts beside it, wherever the current code is.
    pub fn tool_as(&self, operation: ToolOperation, describe: impl FnOnce(&mut ToolDescription<'_>)) -> ToolCall {
        self.started(|| start_tool_as(operation, describe))
    }

    /// Starts a tool of this step, wherever the current code is.
    pub fn tool(&self, name: &(impl Text + ?Sized), describe: impl FnOnce(&mut ToolDescription<'_>)) -> ToolCall {
        self.started(|| start_tool(name, describe))
    }

    fn started(&self, start: impl FnOnce() -> ToolCall) -> ToolCall {
        let Some(_) = self.0.call() else { return ToolCall(Owned::new(None)) };
        let _inside = self.enter();
        start()
    }

    /// What one event says, of a response whose events arrive one at a time: a callback, a socket. Pieces of content are put together,
    /// and the time to the first that carries any is measured, as in a stream.
    #[track_caller]
    pub fn chunk(&self, chunk: Chunk<'_>) {
        self.told().chunk(chunk, Location::caller());
        if let Some(call) = self.0.call() {
            call.says_stream();
            call.item_arrived();
        }
    }
}
