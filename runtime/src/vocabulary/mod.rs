//! What leaves this crate is called: two vocabularies, side by side.

mod convention;
#[cfg(feature = "mcp")]
mod requests;
mod shared;

pub(crate) use convention::{
    Content, Convention, GENAI, Histogram, Kind, Operation, PRESCRIBED, event, key, stop_reason, stop_reason_word, value,
};
#[cfg(feature = "mcp")]
pub use requests::Side;
#[cfg(feature = "mcp")]
pub(crate) use requests::{
    CALL_TOOL, DELEGATE, EXECUTE_TOOL, INVALID_PARAMS, REQUEST_DURATIONS, Requests, SAMPLING, SESSION_DURATIONS, defined,
    is_senders_fault, request_key,
};
pub(crate) use shared::{Origin, Shared, SharedValue, SharedValues};
