//! Handles on the calls that the current code is in.

use super::{Reference, Told, ToolDecision};
use crate::call::core::{Call, Wants, current_call, current_loop as find_loop};
use crate::call::here::Here;
use crate::call::learned::SaidBy;
use crate::read::walk::Readable;
use crate::settings::Piece;
use crate::value::{AttributeValue, Chunk, Decision, Evaluation, Integer, Text, ToMessages, Usage};
use crate::vocabulary::{Kind, event, key, stop_reason_word};
use opentelemetry::KeyValue;
use serde::Serialize;
use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// The loop that the current code runs in, however deep: steps and tools of it included, and tasks that were given its context.
/// Outside any loop, or while nobody listens, the handle does nothing.
#[inline]
pub fn current_loop() -> CurrentLoop {
    CurrentLoop(if Here::current().is_off() { None } else { find_loop() })
}

/// The step that the current code runs in, the tools of it included. Outside any step of the current loop, or while nobody listens,
/// the handle does nothing.
#[inline]
pub fn current_step() -> CurrentStep {
    CurrentStep(if Here::current().is_off() { None } else { current_call(Kind::Step) })
}

/// The tool that the current code runs in. Outside any tool of the current loop, or while nobody listens, the handle does nothing.
#[inline]
pub fn current_tool() -> CurrentTool {
    CurrentTool(if Here::current().is_off() { None } else { current_call(Kind::Tool) })
}

/// A handle on a loop, from [`current_loop`].
#[derive(Clone)]
pub struct CurrentLoop(Option<Arc<Call>>);

/// A handle on a step, from [`current_step`].
#[derive(Clone)]
pub struct CurrentStep(Option<Arc<Call>>);

/// A handle on a tool, from [`current_tool`].
#[derive(Clone)]
pub struct CurrentTool(Option<Arc<Call>>);

macro_rules! handles {
    ($($handle:ident)*) => {$(
        impl $handle {
            fn told(&self) -> Told<'_> {
                Told(self.0.as_ref())
            }
        }
    )*};
}

handles!(CurrentLoop CurrentStep CurrentTool);
told!(loop CurrentLoop, "current_loop()");
told!(step CurrentStep, "current_step()");
told!(tool CurrentTool, "current_tool()");

impl CurrentStep {
    /// What one event says, of a response whose events arrive one at a time: a callback, a socket. Pieces of content are put together,
    /// and the time to the first that carries any is measured, as in a stream.
    #[track_caller]
    pub fn chunk(&self, chunk: Chunk<'_>) {
        self.told().chunk(chunk, Location::caller());
    }
}
