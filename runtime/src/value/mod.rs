//! What arguments, handles and descriptions take: each trait says which types are such a value, and no other type can be made one.
//!
//! Functions of your own that hand a value on name these as bounds:
//!
//! ```
//! use samplescope::value::Text;
//!
//! fn said(model: impl Text) {
//!     samplescope::current_step().response_model(model);
//! }
//! ```
//!
//! What your own types may say of themselves is beside this: [`SamplingResponse`], [`ToolOutcome`],
//! [`ErrorType`], [`ToMessages`] and [`ToToolDefinitions`].

pub(crate) mod attribute;
pub(crate) mod chunk;
mod context;
pub(crate) mod decision;
pub(crate) mod error_type;
pub(crate) mod evaluation;
pub(crate) mod message;
pub(crate) mod operation;
pub(crate) mod registered;
pub(crate) mod response;
mod time;

pub use attribute::{AttributeValue, Flag, Integer, Number, Text};
pub use chunk::{ChunkMessage, ChunkText};
pub use context::AsContext;
pub use response::Usage;
pub use time::Time;

pub(crate) use attribute::{SealedAttribute, SealedInteger};
pub(crate) use chunk::{Chunk, ChunkPieces, FailedItem, ToolCallPiece};
pub(crate) use decision::Decision;
pub(crate) use error_type::ErrorType;
pub(crate) use evaluation::Evaluation;
pub(crate) use message::{Message, Part, Role, ToMessages, ToToolDefinitions, ToolDefinition};
pub(crate) use operation::{StepOperation, ToolOperation};
pub(crate) use response::{Cost, SamplingResponse, TokenUsage, ToolOutcome};
