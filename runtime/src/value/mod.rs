//! What users pass, and what their own types may say of themselves.

mod attribute;
mod chunk;
mod context;
pub(crate) mod error_type;
mod message;
mod provider;
pub(crate) mod registered;
mod response;

pub use attribute::{AttributeValue, Flag, Integer, Number, Text};
pub use chunk::{Chunk, ChunkMessage, ChunkText};
pub(crate) use chunk::{Pieces, ToolCallPiece};
pub use context::AsContext;
pub use error_type::ErrorType;
pub use message::{Message, Part, Role, ToMessages, ToToolDefinitions, ToolDefinition};
pub use response::{SamplingResponse, TokenUsage, ToolOutcome, Usage};
