//! Messages, tool arguments and results: captured only where somebody asked, redacted while they are written as JSON, then cut.
//!
//! ```text
//! captured → budget ──► document → json → redaction → piece → settings
//!          → streamed ─► exported ───────↗
//!                                → cut
//! ```

mod budget;
mod captured;
mod cut;
mod document;
mod exported;
mod json;
mod piece;
mod redaction;
mod streamed;

pub(crate) use captured::{Captured, ContentEvent, NamedDocument, captures};
