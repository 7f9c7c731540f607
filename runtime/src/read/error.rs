//! An error of a provider: its own code, type or status.

use crate::read::facts::{Facts, TextField, Uses};
use crate::read::providers::ANY_ERROR;
use crate::read::reading::facts;
use crate::read::walk::Readable;
use crate::vocabulary::value;
use opentelemetry::StringValue;

/// What an error calls its own kind, if it does.
pub(crate) fn error(given: &dyn Readable) -> Option<StringValue> {
    let mut said = Facts::new(Uses::default());
    facts(given, None, &ANY_ERROR, &mut said).ok()?;
    own_kind(&mut said)
}

/// `error.type` of what says that it is an error.
pub(crate) fn error_type(facts: &mut Facts) -> StringValue {
    own_kind(facts).unwrap_or_else(|| value::OTHER.into())
}

/// The innermost first: what is around it often says no more than `error`.
fn own_kind(facts: &mut Facts) -> Option<StringValue> {
    const KINDS: [TextField; 5] = [
        TextField::InnerErrorCode,
        TextField::InnerErrorType,
        TextField::ErrorCode,
        TextField::ErrorType,
        TextField::ErrorStatus,
    ];
    KINDS.into_iter().filter_map(|kind| facts.take_text(kind)).find(|kind| is_kind(kind.as_str()))
}

/// Metrics carry it: no sentence, and no id.
fn is_kind(text: &str) -> bool {
    const LONGEST: usize = 64;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
    text.len() <= LONGEST && text.bytes().all(is_plain) && text != "error"
}
