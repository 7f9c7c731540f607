//! What leaves this crate is called: two vocabularies, side by side.

mod convention;

pub(crate) use convention::{
    Content, Convention, GENAI, Histogram, Kind, Operation, PRESCRIBED, Shared, event, key, stop_reason, value,
};
