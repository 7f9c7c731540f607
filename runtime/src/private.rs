//! What generated code may call, and nothing else. Not public: it changes with the macros, in the same version.

pub use crate::call::called::{Called, Calling, Opened};
pub use crate::call::description::Description;
pub use crate::call::instrumented::{Instrumented, Leaf, Loop, RecursiveLoop};
pub use crate::call::open::Site;
pub use crate::call::returned::Returned;
pub use crate::call::statement::{Awaited, BoxedFuture, Entered, Expected, Known};
pub use crate::read::probe::ContentProbe;
pub use crate::read::shown as read;
pub use crate::value::error_type::Source;
pub use crate::value::operation::{StepOperation, ToolOperation};
pub use std::borrow::Cow;

use crate::call::core::{Call, Recursive};
use crate::call::description::{Describe, open, open_for, open_recursive};
use crate::call::here::Here;
use crate::vocabulary::OperationName;
use serde::{Serialize, Serializer};
use std::panic::Location;
use std::sync::Arc;

/// Opens a loop. Loops always ask whether anybody listens.
#[inline]
pub fn sampling_loop(site: &'static Site, describe: impl Fn(&mut Description)) -> Opened<Loop> {
    Opened::new(open(OperationName::InvokeAgent, site, &describe))
}

/// Opens a loop whose function may call itself: then the call belongs to the loop that is there.
#[inline]
pub fn sampling_loop_or_on(
    at: &'static Location<'static>,
    site: &'static Site,
    describe: impl Fn(&mut Description),
) -> Opened<RecursiveLoop> {
    Opened::new(open_recursive(Recursive { function: site.function, at }, site, &describe))
}

/// Opens a step.
#[inline]
pub fn sampling_step(site: &'static Site, describe: impl Fn(&mut Description)) -> Opened<Leaf> {
    Opened::new(open_inside(OperationName::Chat, site, &describe))
}

/// Opens a step that does something else, or is for something else.
#[inline]
pub fn sampling_step_as(operation: StepOperation, site: &'static Site, describe: impl Fn(&mut Description)) -> Opened<Leaf> {
    Opened::new(if Here::current().is_silent() { None } else { open_for(operation, site, &describe) })
}

/// Opens a tool.
#[inline]
pub fn sampling_tool(site: &'static Site, describe: impl Fn(&mut Description)) -> Opened<Leaf> {
    Opened::new(open_inside(OperationName::ExecuteTool, site, &describe))
}

/// Opens what is no tool, but stands where one could.
#[inline]
pub fn sampling_tool_as(operation: ToolOperation, site: &'static Site, describe: impl Fn(&mut Description)) -> Opened<Leaf> {
    Opened::new(open_inside(operation.called, site, &describe))
}

/// Inside a loop that nobody listens to, a step or tool asks nobody.
#[inline]
fn open_inside(called: OperationName, site: &'static Site, describe: &dyn Describe) -> Option<Arc<Call>> {
    if Here::current().is_silent() { None } else { open(called, site, describe) }
}

/// A string that stands in an attribute: as the name of a variant it is `'static`, and need not be copied.
#[derive(Debug)]
pub struct Literal(pub &'static str);

impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("", 0, self.0)
    }
}

/// What was given as messages or as tools.
pub fn content_probe<V>(value: V) -> ContentProbe<V> {
    ContentProbe::new(Some(value))
}

/// Never called: its type tells rustc what a body returns.
pub fn returns<T>() -> T {
    unreachable!("behind `if false`")
}
