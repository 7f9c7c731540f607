//! What the agent is asked for. A model's answer becomes one only if it is one.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// When to leave, and why then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    leave_at: Time,
    because: String,
}

impl FromStr for Plan {
    type Err = serde_json::Error;

    fn from_str(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { leave_at: Time { hour, minute }, because } = self;
        write!(f, "Leave at {hour:02}:{minute:02}: {because}")
    }
}

/// A time of day, written `11:40`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Time {
    hour: u8,
    minute: u8,
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)));
        match parsed {
            Some((hour @ 0..24, minute @ 0..60)) => Ok(Time { hour, minute }),
            _ => Err(format!("`{text}` is no time of day, as 11:40 is one")),
        }
    }
}
