//! What users pass, and what their own types may say of themselves.

pub(crate) mod attribute;
mod chunk;
mod context;
mod decision;
pub(crate) mod error_type;
mod evaluation;
pub(crate) mod message;
pub(crate) mod registered;
pub(crate) mod response;

pub use attribute::{AttributeValue, Flag, Integer, Number, Text};
pub use chunk::{Chunk, ChunkMessage, ChunkText};
pub(crate) use chunk::{FailedItem, Pieces, ToolCallPiece};
pub use context::AsContext;
pub use decision::Decision;
pub use error_type::ErrorType;
pub use evaluation::Evaluation;
pub use message::{Message, Part, Role, ToMessages, ToToolDefinitions, ToolDefinition};
pub(crate) use response::Cost;
pub use response::{SamplingResponse, TokenUsage, ToolOutcome, Usage};
