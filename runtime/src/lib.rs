#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod capture;
mod content;
mod convention;
mod ending;
mod error_type;
mod handle;
mod message;
mod metrics;
mod response;
mod returned;
mod run;
mod scope;
mod settings;
mod shapes;
mod span;
mod start;
mod stream;
mod value;
mod warning;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error_type::ErrorType;
pub use handle::{CurrentLoop, CurrentStep, CurrentTool, current_loop, current_step, current_tool};
pub use message::{Message, Part, Role, ToMessages, ToToolDefinitions, ToolDefinition};
/// [`with_current_context`](FutureExt::with_current_context), which keeps a spawned task in its loop: `tokio::spawn(tool().with_current_context())`.
#[doc(no_inline)]
pub use opentelemetry::trace::FutureExt;
pub use response::{SamplingResponse, TokenUsage, ToolOutcome, Usage};
pub use samplescope_macros::{ErrorType, sampling_loop, sampling_step, sampling_tool};
pub use settings::{Capture, Piece, Settings, Vocabulary};
pub use stream::Chunk;
pub use value::{AttributeValue, Flag, Integer, Number, Text};

/// The name of the instrumentation scope.
const NAME: &str = "samplescope";
/// Its version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
