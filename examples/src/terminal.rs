//! Standard output and standard error.

use std::io::{self, ErrorKind, Write, stderr, stdout};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Writes to standard output. A reader that has seen enough, as `head` has, is no error.
///
/// # Errors
/// If standard output cannot be written to for another reason.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// The text without control characters: what a model or a server says must not steer the terminal.
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, character| {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
        shown
    })
}

/// Shows what samplescope warns of on standard error: an environment variable that it cannot understand, content that it left out.
pub fn show_warnings() {
    let layer = fmt::layer().with_writer(stderr).with_ansi(false).without_time();
    tracing_subscriber::registry().with(layer).with(Targets::new().with_target("samplescope", Level::WARN)).init();
}
