//! Runs an example, and draws what comes out.

use crate::terminal;
use std::error::Error;

/// Runs the agent, and draws what it emits to standard error.
///
/// # Errors
/// If the agent fails, or nothing can be run.
pub fn show<E: Error + 'static>(agent: impl Future<Output = Result<(), E>>) -> Result<(), Box<dyn Error>> {
    terminal::show_warnings();
    let _console = samplescope::console();
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(agent)?)
}
