//! How a call ended: exactly one of these, decided once.
//!
//! | ending | status | `error.type` | exception event |
//! |---|---|---|---|
//! | `Success` | Unset | – | – |
//! | `Error` | Error: the error's own text | the error's type | one |
//! | `Failed` | Error | `tool_error` on a tool | – |
//! | `Panicked` | Error: `panicked` | `panic` | – |
//! | `Cancelled` | Error: `cancelled` | `cancelled` | – |

use crate::vocabulary::{OperationName, Origin, value};
use std::borrow::Cow;

/// Most are successes, which are to be small.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It returned.
    Success,
    /// It returned an `Err`.
    Error(Box<Failure>),
    /// It returned a success value that says that it failed.
    Failed(Box<Refusal>),
    /// Our own poll or call unwound. The payload is not ours to read.
    Panicked,
    /// It was dropped unfinished in any other way: a timeout, an abort, a lost `select!`.
    Cancelled,
}

/// What is known of an `Err`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error_type: Label,
    /// The full path of the error's type.
    pub(crate) exception_type: &'static str,
    /// What its `Display` says, redacted and cut. None if it has no `Display`, or if error messages are not exported.
    pub(crate) message: Option<String>,
}

/// What a success value says of its failure.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    pub(crate) error_type: Option<Label>,
    /// Redacted and cut. None if nothing was said, or if error messages are not exported.
    pub(crate) message: Option<String>,
}

/// What an error is called.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) text: Cow<'static, str>,
    pub(crate) origin: Origin,
}

impl Label {
    /// By its type, or by us: there are as many as the program has.
    pub(crate) fn fixed(text: impl Into<Cow<'static, str>>) -> Self {
        Label { text: text.into(), origin: Origin::Constant }
    }

    /// By code of the user's, which may call it anything.
    pub(crate) fn said(text: impl Into<Cow<'static, str>>) -> Self {
        Label { text: text.into(), origin: Origin::Evaluated }
    }
}

impl Ending {
    /// The value of `error.type`, the same on span and metric.
    pub(crate) fn error_type(&self, called: OperationName) -> Option<Label> {
        let fixed = |text: &'static str| Some(Label::fixed(text));
        match self {
            Ending::Success => None,
            Ending::Error(failure) => Some(failure.error_type.clone()),
            Ending::Failed(refusal) => {
                let unnamed = if called.is_tool() { value::TOOL_ERROR } else { value::OTHER };
                refusal.error_type.clone().or_else(|| fixed(unnamed))
            }
            Ending::Panicked => fixed(value::PANIC),
            Ending::Cancelled => fixed(value::CANCELLED),
        }
    }

    /// The description of the status Error; None: the status stays Unset.
    pub(crate) fn description(&self) -> Option<Cow<'static, str>> {
        let said = |message: &Option<String>| Some(message.clone().unwrap_or_default().into());
        match self {
            Ending::Success => None,
            Ending::Error(failure) => said(&failure.message),
            Ending::Failed(refusal) => said(&refusal.message),
            Ending::Panicked => Some(value::PANICKED.into()),
            Ending::Cancelled => Some(value::CANCELLED.into()),
        }
    }
}
