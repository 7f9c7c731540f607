//! What generated code may call, and nothing else. Not public: it changes with the macros, in the same version.

pub use crate::returned::Returned;
pub use crate::run::{Called, Calling, Leaf, Loop, Run, Span};
pub use crate::start::{Site, Start};
pub use crate::value::error_type::Source;
pub use std::borrow::Cow;

use crate::scope::Gate;
use crate::start::open;
use crate::vocabulary::Kind;
use serde::{Serialize, Serializer};

/// Opens a loop. Loops always ask whether anybody listens.
#[inline]
pub fn sampling_loop(site: &'static Site, describe: impl Fn(&mut Start)) -> Span<Loop> {
    Span::new(open(Kind::Loop, site, describe))
}

/// Opens a step.
#[inline]
pub fn sampling_step(site: &'static Site, describe: impl Fn(&mut Start)) -> Span<Leaf> {
    Span::new(if Gate::current().is_closed() { None } else { open(Kind::Step, site, describe) })
}

/// Opens a tool.
#[inline]
pub fn sampling_tool(site: &'static Site, describe: impl Fn(&mut Start)) -> Span<Leaf> {
    Span::new(if Gate::current().is_closed() { None } else { open(Kind::Tool, site, describe) })
}

/// A string that stands in an attribute: as the name of a variant it is `'static`, and need not be copied.
#[derive(Debug)]
pub struct Literal(pub &'static str);

impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("", 0, self.0)
    }
}

/// Never called: its type tells rustc what a body returns.
pub fn returns<T>() -> T {
    unreachable!("behind `if false`")
}
