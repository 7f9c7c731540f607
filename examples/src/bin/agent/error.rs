//! What may go wrong, and what `error.type` calls it.

use samplescope::ErrorType;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The agent came to nothing.
#[derive(Debug)]
pub(crate) enum AgentError {
    /// The script of the model is over.
    NoTurnLeft,
    /// The model was asked often enough.
    NoPlan { steps: usize },
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AgentError::NoTurnLeft => f.write_str("the script has no turn left"),
            AgentError::NoPlan { steps } => write!(f, "no plan after {steps} steps"),
        }
    }
}

impl Error for AgentError {}

impl ErrorType for AgentError {
    fn error_type(&self) -> Cow<'_, str> {
        match self {
            AgentError::NoTurnLeft => "no_turn_left".into(),
            AgentError::NoPlan { .. } => "no_plan".into(),
        }
    }
}

/// A tool gave no result.
#[derive(Debug)]
pub(crate) enum ToolError {
    TimedOut { after: Duration },
    Unknown { name: String },
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolError::TimedOut { after } => write!(f, "no answer within {after:?}"),
            ToolError::Unknown { name } => write!(f, "there is no tool {name}"),
        }
    }
}

impl Error for ToolError {}

impl ErrorType for ToolError {
    fn error_type(&self) -> Cow<'_, str> {
        match self {
            ToolError::TimedOut { .. } => "timeout".into(),
            ToolError::Unknown { .. } => "unknown_tool".into(),
        }
    }
}
