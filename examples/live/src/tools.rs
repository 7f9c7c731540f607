//! What the model may call: two tools that answer from a table, so that nothing but the model is asked.

use async_openai::types::chat::{ChatCompletionTool, ChatCompletionTools, FunctionObjectArgs};
use samplescope::ErrorType;
use serde::Deserialize;
use serde_json::json;
use std::fmt;

/// A place that the tools know, its weather and its time zone.
const PLACES: [(&str, &str, &str); 3] =
    [("Lima", "overcast, 17 °C", "UTC-5"), ("Oslo", "snow, -3 °C", "UTC+1"), ("Zurich", "fog, 4 °C", "UTC+1")];

/// A tool that gave no result. The model is told.
#[derive(Debug, ErrorType)]
#[non_exhaustive]
pub enum ToolError {
    /// There is no tool of that name.
    #[error_type("unknown_tool")]
    UnknownTool(String),
    /// It does not know that place.
    #[error_type("unknown_place")]
    UnknownPlace(String),
    /// What the model wrote is not what the tool takes.
    #[error_type("invalid_arguments")]
    InvalidArguments(String),
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolError::UnknownTool(name) => write!(f, "there is no tool `{name}`"),
            ToolError::UnknownPlace(city) => write!(f, "nothing is known of `{city}`"),
            ToolError::InvalidArguments(why) => write!(f, "the arguments are not understood: {why}"),
        }
    }
}

impl std::error::Error for ToolError {}

#[derive(Deserialize)]
struct Arguments {
    city: String,
}

/// Runs the tool of that name.
///
/// # Errors
/// If it has no result.
pub fn run(name: &str, arguments: &str) -> Result<String, ToolError> {
    if !["weather", "time_zone"].contains(&name) {
        return Err(ToolError::UnknownTool(name.to_owned()));
    }
    let Arguments { city } = serde_json::from_str(arguments).map_err(|error| ToolError::InvalidArguments(error.to_string()))?;
    let place = PLACES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(city.trim()));
    let (_, weather, zone) = place.ok_or(ToolError::UnknownPlace(city))?;
    Ok(String::from(if name == "weather" { *weather } else { *zone }))
}

/// What the model is told of them.
pub(crate) fn definitions() -> Vec<ChatCompletionTools> {
    let tool = |name: &str, description: &str| {
        let parameters = json!({
            "type": "object",
            "properties": { "city": { "type": "string" } },
            "required": ["city"],
            "additionalProperties": false,
        });
        let function = FunctionObjectArgs::default().name(name).description(description).parameters(parameters).build();
        ChatCompletionTools::Function(ChatCompletionTool { function: function.unwrap_or_default() })
    };
    vec![
        tool("weather", "What the weather is like in a city: Lima, Oslo or Zurich."),
        tool("time_zone", "The time zone of a city: Lima, Oslo or Zurich."),
    ]
}
