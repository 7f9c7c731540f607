//! The two tools. One of them has a bad moment.

use crate::error::ToolError;
use crate::model::ToolCall;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::sleep;

/// What the model may call.
pub(crate) const NAMES: [&str; 2] = ["flight_status", "travel_time"];

/// Runs the tool that the model calls.
pub(crate) async fn run(call: &ToolCall) -> Result<String, ToolError> {
    match call.name {
        "flight_status" => Ok(flight_status().await),
        "travel_time" => travel_time().await,
        name => Err(ToolError::Unknown { name: name.to_owned() }),
    }
}

async fn flight_status() -> String {
    sleep(Duration::from_millis(35)).await;
    "LX 318 is on time, boarding closes at 13:45".to_owned()
}

/// Times out when it is asked for the first time.
async fn travel_time() -> Result<String, ToolError> {
    static AWAKE: AtomicBool = AtomicBool::new(false);
    let after = Duration::from_millis(60);
    if !AWAKE.swap(true, Relaxed) {
        sleep(after).await;
        return Err(ToolError::TimedOut { after });
    }
    sleep(Duration::from_millis(25)).await;
    Ok("42 minutes by train".to_owned())
}
