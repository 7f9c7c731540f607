//! What the examples share, so that each of them is about one thing.

pub mod client;
pub mod shown;
pub mod terminal;
