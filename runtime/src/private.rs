//! What generated code may call, and nothing else. Not public: it changes with the macros, in the same version.

pub use crate::returned::Returned;
pub use crate::run::{Called, Calling, Leaf, Loop, Run, Span};
pub use crate::start::{Site, Start};
pub use crate::value::error_type::Source;
pub use std::borrow::Cow;

use crate::scope::Gate;
use crate::start::open;
use crate::vocabulary::Kind;

/// Opens a loop. Loops always ask whether anybody listens.
#[inline]
pub fn sampling_loop(site: &'static Site, describe: impl FnOnce(&mut Start)) -> Span<Loop> {
    Span::new(open(Kind::Loop, site, describe))
}

/// Opens a step.
#[inline]
pub fn sampling_step(site: &'static Site, describe: impl FnOnce(&mut Start)) -> Span<Leaf> {
    Span::new(if Gate::current().is_closed() { None } else { open(Kind::Step, site, describe) })
}

/// Opens a tool.
#[inline]
pub fn sampling_tool(site: &'static Site, describe: impl FnOnce(&mut Start)) -> Span<Leaf> {
    Span::new(if Gate::current().is_closed() { None } else { open(Kind::Tool, site, describe) })
}

/// Never called: its type tells rustc what a body returns.
pub fn returns<T>() -> T {
    unreachable!("behind `if false`")
}
