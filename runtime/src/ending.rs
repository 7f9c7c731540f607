//! How a call ended: exactly one of these, decided once.
//!
//! | ending | status | `error.type` | exception event |
//! |---|---|---|---|
//! | `Success` | Unset | – | – |
//! | `Error` | Error: the error's own text | the error's type | one |
//! | `Failed` | Error | `tool_error` on a tool | – |
//! | `Panicked` | Error: `panicked` | `panic` | – |
//! | `Cancelled` | Error: `cancelled` | `cancelled` | – |

use crate::vocabulary::{Kind, value};
use std::borrow::Cow;

#[derive(Debug)]
pub(crate) enum Ending {
    /// It returned.
    Success,
    /// It returned an `Err`.
    Error(Failure),
    /// It returned a success value that says that it failed.
    Failed,
    /// Our own poll or call unwound. The payload is not ours to read.
    Panicked,
    /// It was dropped unfinished in any other way: a timeout, an abort, a lost `select!`.
    Cancelled,
}

/// What is known of an `Err`.
#[derive(Debug, Default)]
pub(crate) struct Failure {
    pub(crate) error_type: Cow<'static, str>,
    /// The full path of the error's type.
    pub(crate) exception_type: &'static str,
    /// What its `Display` says, redacted and cut. None if it has no `Display`, or if error messages are not exported.
    pub(crate) message: Option<String>,
}

impl Ending {
    /// The value of `error.type`, the same on span and metric.
    pub(crate) fn error_type(&self, kind: Kind) -> Option<Cow<'static, str>> {
        match self {
            Ending::Success => None,
            Ending::Error(failure) => Some(failure.error_type.clone()),
            Ending::Failed if kind == Kind::Tool => Some(value::TOOL_ERROR.into()),
            Ending::Failed => Some(value::OTHER.into()),
            Ending::Panicked => Some(value::PANIC.into()),
            Ending::Cancelled => Some(value::CANCELLED.into()),
        }
    }

    /// The description of the status Error; None: the status stays Unset.
    pub(crate) fn description(&self) -> Option<Cow<'static, str>> {
        match self {
            Ending::Success => None,
            Ending::Error(failure) => Some(failure.message.clone().unwrap_or_default().into()),
            Ending::Failed => Some("".into()),
            Ending::Panicked => Some(value::PANICKED.into()),
            Ending::Cancelled => Some(value::CANCELLED.into()),
        }
    }
}
