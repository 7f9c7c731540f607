#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod call;
mod caught;
#[cfg(feature = "console")]
pub mod console;
mod content;
#[cfg(any(feature = "console", feature = "testing"))]
mod drawing;
pub mod guide;
mod handle;
mod listen;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "mcp")]
pub mod propagation;
mod read;
#[cfg(any(feature = "console", feature = "testing"))]
mod recorded;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod value;
mod vocabulary;
mod warning;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "console")]
pub use console::console;
pub use handle::{
    CurrentLoop, CurrentStep, CurrentTool, EnteredCall, LoopCall, LoopDescription, StepCall, StepDescription, ToolCall,
    ToolDescription, current_loop, current_step, current_tool, start_loop, start_step, start_tool,
};
/// [`with_current_context`](FutureExt::with_current_context), which keeps a spawned task in its loop: `tokio::spawn(tool().with_current_context())`.
#[doc(no_inline)]
pub use opentelemetry::trace::FutureExt;
pub use samplescope_macros::{ErrorType, sampling_loop, sampling_statements, sampling_step, sampling_tool};

pub use read::given::{Read, read};

pub use settings::{Capture, Piece, Settings, Vocabulary};
pub use value::{
    AsContext, AttributeValue, Chunk, ChunkMessage, ChunkText, ErrorType, Flag, Integer, Message, Number, Part, Role,
    SamplingResponse, Text, ToMessages, ToToolDefinitions, TokenUsage, ToolDefinition, ToolOutcome, Usage,
};
pub use vocabulary::Modality;

/// The name of the instrumentation scope.
const NAME: &str = "samplescope";
/// The name of the scope of MCP's requests, one of whose metrics is named as the loop's is in the prescribed names.
#[cfg(feature = "mcp")]
const MCP_NAME: &str = "samplescope-rmcp";
/// Its version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
