// rustdoc shows no file that lies beside the README: the picture, and the first definition of a link counts.
#![cfg_attr(doc, doc = include_str!("guide/picture.md"))]
#![doc = ""]
// Its first example has `console`.
#![cfg_attr(any(not(doctest), feature = "console"), doc = include_str!("../README.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]
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
pub mod value;
mod vocabulary;
mod warning;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "console")]
pub use console::console;
pub use handle::{
    CurrentLoop, CurrentStep, CurrentTool, EnteredCall, InvalidReference, LoopCall, LoopDescription, Reference, StepCall,
    StepDescription, ToolCall, ToolDecision, ToolDescription, current_loop, current_step, current_tool, start_loop, start_step,
    start_step_as, start_tool, start_tool_as,
};
/// [`with_current_context`](FutureExt::with_current_context), which keeps a spawned task in its loop: `tokio::spawn(tool().with_current_context())`.
#[doc(no_inline)]
pub use opentelemetry::trace::FutureExt;
pub use samplescope_macros::{ErrorType, sampling_loop, sampling_statements, sampling_step, sampling_tool};

pub use read::probe::{Read, read};
pub use read::walk::Readable;

pub use settings::{Capture, Piece, Settings, Vocabulary};
pub use value::chunk::Chunk;
pub use value::decision::Decision;
pub use value::error_type::ErrorType;
pub use value::evaluation::Evaluation;
pub use value::message::{Message, Part, Role, ToMessages, ToToolDefinitions, ToolDefinition};
pub use value::operation::{StepOperation, ToolOperation};
pub use value::response::{SamplingResponse, TokenUsage, ToolOutcome};
pub use vocabulary::Modality;

/// The name of the instrumentation scope.
const NAME: &str = "samplescope";
/// The name of the scope of MCP's requests, one of whose metrics is named as the loop's is in the prescribed names.
#[cfg(feature = "mcp")]
const MCP_NAME: &str = "samplescope-rmcp";
/// The version of either.
const VERSION: &str = env!("CARGO_PKG_VERSION");
