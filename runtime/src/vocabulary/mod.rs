//! What leaves this crate is called: two vocabularies, side by side.

mod convention;
mod shared;

pub(crate) use convention::{
    Content, Convention, GENAI, Histogram, Kind, Operation, PRESCRIBED, event, key, stop_reason, stop_reason_word, value,
};
pub(crate) use shared::{Origin, Shared, SharedValue, SharedValues};
