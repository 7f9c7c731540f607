//! What expansion may rely on: everything here has been checked.

use crate::registry::Takes;
use proc_macro2::{Ident, Span};
use std::fmt;
use syn::spanned::Spanned as _;
use syn::{Expr, LitStr, Path, Type};

/// Which of the three attributes stands on the function.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Macro {
    Loop,
    Step,
    Tool,
}

impl Macro {
    pub(crate) const ALL: [Macro; 3] = [Macro::Loop, Macro::Step, Macro::Tool];

    /// What a function does that this attribute stands on.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Macro::Loop => "runs the sampling loop",
            Macro::Step => "asks the model once",
            Macro::Tool => "runs the tool",
        }
    }
}

/// The attribute's name, which is also the name of the runtime function that opens its span.
impl fmt::Display for Macro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Macro::Loop => "sampling_loop",
            Macro::Step => "sampling_step",
            Macro::Tool => "sampling_tool",
        })
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own in the attribute")]
pub(crate) struct Model {
    pub(crate) kind: Macro,
    /// The path of the facade, where it is not `::samplescope`.
    pub(crate) renamed: Option<Path>,
    /// Whether content may be captured at all.
    pub(crate) capture: bool,
    /// Asked whether it may be, where the settings have it.
    pub(crate) consent: Option<Description>,
    /// Whether the tokens of a step are reported by it.
    pub(crate) tokens: bool,
    /// Whether it completes the current span, and starts none.
    pub(crate) adopts: bool,
    /// Whether a loop goes on when its function calls itself.
    pub(crate) recursive: bool,
    /// The runtime's constant for what a step or a tool does, if it is not what these do by themselves.
    pub(crate) operation: Option<&'static str>,
    /// What a step is for, if for something else than its loop does.
    pub(crate) purpose: Option<LitStr>,
    /// What is said of the items, if the function says that it returns a stream.
    pub(crate) stream: Option<Items>,
    pub(crate) request: Request,
    pub(crate) response: Response,
}

/// `stream`, and what `chunk` reads.
pub(crate) struct Items {
    pub(crate) said: Span,
    pub(crate) read: Vec<Description>,
}

/// What is described before the body runs, sorted by who has to be listening.
#[derive(Default)]
pub(crate) struct Request {
    /// Where the span stands.
    pub(crate) placed: Vec<Description>,
    /// Literals and constants cost nothing and go to the sampler.
    pub(crate) constant: Vec<Description>,
    pub(crate) measured: Vec<Description>,
    pub(crate) agent_measured: Vec<Description>,
    pub(crate) server_measured: Vec<Description>,
    pub(crate) recorded: Vec<Description>,
    /// Attributes and content at once.
    pub(crate) listed: Vec<Description>,
    pub(crate) read: Vec<Description>,
    pub(crate) captured: Vec<Description>,
}

impl Request {
    /// How many attributes there are at most, content aside: it is set when the span ends.
    pub(crate) fn attributes(&self) -> usize {
        // Of a request that is read, as many as most have.
        let read = self.read.len() * 4;
        let said = [&self.constant, &self.measured, &self.agent_measured, &self.server_measured, &self.recorded, &self.listed];
        said.iter().map(|group| group.len()).sum::<usize>() + read
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Description> {
        let groups = [
            &self.placed,
            &self.constant,
            &self.measured,
            &self.agent_measured,
            &self.server_measured,
            &self.recorded,
            &self.listed,
            &self.read,
            &self.captured,
        ];
        groups.into_iter().flatten()
    }

    /// Whether an inherited result type would contradict the user.
    pub(crate) fn names_result_type(&self) -> bool {
        let mut all = self.constant.iter().chain(&self.recorded);
        all.any(|one| one.method == "result_type" || one.method == "result_type_name")
    }
}

/// What is described after the body has run.
#[derive(Default)]
pub(crate) struct Response {
    pub(crate) success: Vec<Description>,
    pub(crate) error: Vec<Description>,
}

/// One call of a describing method of the runtime. `method` is the argument's key with its own span, which is where an IDE looks.
pub(crate) struct Description {
    pub(crate) method: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    /// A value of the request, taken by reference.
    Requested(Requested),
    /// A value of the request that is seen by its type, and what the type then says.
    RequestedByType(Requested, &'static str),
    /// The request itself.
    RequestItself(Requested),
    /// A type of the request.
    Type(Type),
    /// A closure over what came back.
    Read(Expr),
    /// A closure over what came back, whose value may be of several kinds.
    ReadByType(Expr),
    /// The same, whose value are messages.
    ReadMessages(Expr),
    /// `attributes("key" = value)`, and what the registry says that the value is.
    RequestedAttribute(LitStr, Takes, Requested),
    /// `attributes("key" = |success| value)`.
    ReadAttribute(LitStr, Takes, Expr),
}

pub(crate) enum Requested {
    Expression(Expr),
    /// A string that stands there, where a string may stand: exported as it is, and not copied.
    Literal(LitStr),
}

impl Requested {
    pub(crate) fn span(&self) -> Span {
        match self {
            Requested::Expression(value) => value.span(),
            Requested::Literal(text) => text.span(),
        }
    }
}
