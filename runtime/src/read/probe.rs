//! What was given as messages or as tools, seen by its type: what says so itself, the success of a `Result`, else whatever serialises.
//!
//! ```text
//! ContentProbe<V: ToMessages>  →  ContentProbeOk<Result<T: ToMessages, E>>
//!   →  ContentProbeOkRead<Result<T: Serialize, E>>  →  ContentProbeRead<V: Serialize>  →  AnyContentProbe<V>
//! ```

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::read::facts::{Facts, Uses};
use crate::read::json;
use crate::read::reading::{facts, whole};
use crate::read::walk::Readable;
use crate::read::want::Want;
use crate::value::message::{Message, ToMessages, ToToolDefinitions, ToolDefinition};
use serde_json::Value;
use std::fmt;
use std::ops::Deref;

/// A value of anybody's, to be taken for messages or for tools: whatever serialises in the shape of a known provider's. From [`read`].
#[derive(Clone, Copy)]
pub struct Read<'a>(&'a dyn Readable);

/// Takes a value for messages, or for tools, that does not say itself what it is: a client's own types, in the shape of any provider that
/// [the guide](crate::guide::providers) names. Generated code does so by itself; by hand it is needed, since a type may have both `Serialize`
/// and [`ToMessages`].
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Turn {
///     role: &'static str,
///     content: String,
/// }
///
/// let history = vec![Turn { role: "user", content: String::from("what now?") }];
/// samplescope::current_step().messages(samplescope::read(&history));
/// ```
pub fn read<T: Readable>(value: &T) -> Read<'_> {
    Read(value)
}

impl Read<'_> {
    fn whole(&self) -> Value {
        whole(self.0, Uses::CONTENT).unwrap_or_default()
    }
}

impl fmt::Debug for Read<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").finish_non_exhaustive()
    }
}

impl ToMessages for Read<'_> {
    fn to_messages(&self) -> Vec<Message> {
        self.whole().to_messages()
    }
}

impl ToToolDefinitions for Read<'_> {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        json::definitions(&self.whole())
    }

    /// They are counted, and not serialised.
    fn tool_count(&self) -> usize {
        let uses = Uses { recorded: true, content: false };
        let mut said = Facts::new(uses);
        facts(self.0, None, &Want::Tools, &mut said).ok().and(said.tools).unwrap_or_default()
    }
}

/// What says of itself which messages or tools it is.
pub struct ContentProbe<V>(ContentProbeOk<V>);

/// A success that does.
pub struct ContentProbeOk<V>(ContentProbeOkRead<V>);

/// A success that serialises.
pub struct ContentProbeOkRead<V>(ContentProbeRead<V>);

/// What serialises.
pub struct ContentProbeRead<V>(AnyContentProbe<V>);

/// Anything else.
pub struct AnyContentProbe<V> {
    value: Option<V>,
}

impl<V> ContentProbe<V> {
    /// None: nobody wants to know.
    pub(crate) fn new(value: Option<V>) -> Self {
        ContentProbe(ContentProbeOk(ContentProbeOkRead(ContentProbeRead(AnyContentProbe { value }))))
    }
}

/// What the first type has no method for, the next one may have.
macro_rules! chain {
    ($($link:ident$(<$lifetime:lifetime>)? to $next:ident)*) => {$(
        impl<$($lifetime,)? V> Deref for $link<$($lifetime,)? V> {
            type Target = $next<$($lifetime,)? V>;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    )*};
}
pub(crate) use chain;

chain!(ContentProbe to ContentProbeOk  ContentProbeOk to ContentProbeOkRead  ContentProbeOkRead to ContentProbeRead  ContentProbeRead to AnyContentProbe);

impl<V: ToMessages> ContentProbe<V> {
    /// What it says.
    pub fn __ss_messages(&self) -> Vec<Message> {
        self.value.to_messages()
    }
}

impl<V: MaybeOk> ContentProbeOk<V>
where
    V::Ok: ToMessages,
{
    /// What the success says, if it is one.
    pub fn __ss_messages(&self) -> Vec<Message> {
        self.value.as_ref().and_then(MaybeOk::ok).to_messages()
    }
}

impl<V: MaybeOk> ContentProbeOkRead<V>
where
    V::Ok: Readable,
{
    /// What is read of the success, if it is one.
    pub fn __ss_messages(&self) -> Vec<Message> {
        self.value.as_ref().and_then(MaybeOk::ok).map(read).to_messages()
    }
}

impl<V: Readable> ContentProbeRead<V> {
    /// What is read of it.
    pub fn __ss_messages(&self) -> Vec<Message> {
        self.value.as_ref().map(read).to_messages()
    }
}

impl<V> AnyContentProbe<V> {
    /// Only here to say what is wrong.
    pub fn __ss_messages(&self) -> Vec<Message>
    where
        V: ToMessages,
    {
        self.value.to_messages()
    }

    /// Only here to say what is wrong.
    pub fn __ss_definitions(&self) -> Option<&V>
    where
        V: ToToolDefinitions,
    {
        self.value.as_ref()
    }
}

impl<V: ToToolDefinitions> ContentProbe<V> {
    /// What it says.
    pub fn __ss_definitions(&self) -> Option<&V> {
        self.value.as_ref()
    }
}

impl<V: MaybeOk> ContentProbeOk<V>
where
    V::Ok: ToToolDefinitions,
{
    /// What the success says, if it is one.
    pub fn __ss_definitions(&self) -> Option<&V::Ok> {
        self.value.as_ref().and_then(MaybeOk::ok)
    }
}

impl<V: Readable> ContentProbeRead<V> {
    /// What is read of it.
    pub fn __ss_definitions(&self) -> Option<Read<'_>> {
        self.value.as_ref().map(read)
    }
}

/// `Result<T, E>`, or a reference of one.
pub trait MaybeOk {
    /// Its success.
    type Ok;

    #[doc(hidden)]
    fn ok(&self) -> Option<&Self::Ok>;
}

impl<T, E> MaybeOk for Result<T, E> {
    type Ok = T;
    fn ok(&self) -> Option<&T> {
        self.as_ref().ok()
    }
}

impl<V: MaybeOk> MaybeOk for &V {
    type Ok = V::Ok;
    fn ok(&self) -> Option<&V::Ok> {
        (**self).ok()
    }
}
