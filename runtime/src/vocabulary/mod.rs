//! The names of all that leaves this crate, in two vocabularies.

mod convention;
mod operation_name;
#[cfg(feature = "mcp")]
mod requests;
mod shared;
mod tokens;

pub(crate) use convention::{
    Content, Convention, Counter, GENAI, Histogram, MODALITIES, Operation, PRESCRIBED, Tokens, event, key, stop_reason,
    stop_reason_word, usage_of, value,
};
pub(crate) use operation_name::{Counted, InstrumentGroup, Kind, OperationName};
#[cfg(feature = "mcp")]
pub use requests::Side;
#[cfg(feature = "mcp")]
pub(crate) use requests::{
    CALL_TOOL, DELEGATE, EXECUTE_TOOL, INVALID_PARAMS, REQUESTS, Requests, SAMPLING, SESSIONS, defined, defined_version,
    is_senders_fault, request_key,
};
pub(crate) use shared::{Origin, Shared, SharedValue, SharedValues};
pub use tokens::Modality;
pub(crate) use tokens::Spent;
