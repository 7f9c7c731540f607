//! One value read, whatever its `Serialize` does.

use crate::caught::caught;
use crate::read::facts::{Facts, Signs, Uses};
use crate::read::providers::{CHAT, Provider, Shape};
use crate::read::walk::{self, Readable, Unreadable};
use crate::read::want::{WHOLE, Want};
use serde_json::Value;
use std::collections::BTreeSet;
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Why nothing is known of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It has none of the known shapes. The names of its members, never what they hold.
    Unrecognised(Vec<String>),
    /// It does not serialise. If it panicked, there was a warning.
    Broken,
}

impl Unread {
    /// Says once a place in the code that nothing could be read there; of a place that is generic, once a type. Names of members, never a value.
    pub(crate) fn warn(&self, argument: &'static str, type_name: &'static str, at: &'static Location<'static>) {
        static SAID: Mutex<BTreeSet<(&Location<'_>, &str, &str)>> = Mutex::new(BTreeSet::new());
        let is_first = SAID.lock().unwrap_or_else(PoisonError::into_inner).insert((at, argument, type_name));
        // Not under the lock: a subscriber may call an annotated function.
        match self {
            _ if !is_first => {}
            Unread::Unrecognised(names) => tracing::warn!(
                target: "samplescope",
                "`{argument}` was not read at {at}: `{type_name}` has the shape of no known provider's; its members are {names:?}"
            ),
            Unread::Broken => {
                tracing::warn!(target: "samplescope", "`{argument}` was not read at {at}: `{type_name}` does not serialise");
            }
        }
    }
}

/// What a value is, or one of its members.
pub(crate) fn signs(given: &dyn Readable, under: Option<&'static str>, want: &'static Want) -> Result<Signs, Unread> {
    careful(|| walk::signs(given, under, want))
}

/// What a value says, or one of its members: it is put into the facts, of which nothing is known yet, as they are large.
pub(crate) fn facts(
    given: &dyn Readable,
    under: Option<&'static str>,
    want: &'static Want,
    said: &mut Facts,
) -> Result<(), Unread> {
    let uses = said.uses;
    if careful(|| walk::facts(given, under, want, said)).is_ok() {
        return Ok(());
    }
    // Content that cannot be read takes nothing else with it.
    *said = Facts::new(Uses { content: false, ..uses });
    if uses.content { careful(|| walk::facts(given, under, want, said)) } else { Err(Unread::Broken) }
}

/// Whether the value of a kind that was read last was of OpenAI's chat, as those of most servers are. What is remembered changes what the next one
/// costs, and never what is read.
pub(crate) struct Chats(AtomicBool);

impl Chats {
    pub(crate) const fn new() -> Self {
        Chats(AtomicBool::new(false))
    }

    /// Remembers whose value it was.
    pub(crate) fn remember(&self, provider: &Provider) {
        let is_chat = ptr::eq(provider, CHAT);
        if self.0.load(Ordering::Relaxed) != is_chat {
            self.0.store(is_chat, Ordering::Relaxed);
        }
    }

    /// Takes the value for a chat's, if that is likely: true if it is one, with what it says; else nothing is known yet. Content is not taken for
    /// anybody's: a history would be copied in vain.
    pub(crate) fn facts(
        &self,
        given: &dyn Readable,
        shape: Option<&'static Shape>,
        is: fn(Signs) -> bool,
        said: &mut Facts,
    ) -> bool {
        let Some(shape) = shape.filter(|_| !said.uses.content && self.0.load(Ordering::Relaxed)) else { return false };
        let uses = said.uses;
        if facts(given, None, &shape.wants, said).is_ok() && is(said.signs) {
            return true;
        }
        *said = Facts::new(uses);
        false
    }
}

/// All that a value is, as content.
pub(crate) fn whole(given: &dyn Readable, uses: Uses) -> Result<Value, Unread> {
    let mut said = Facts::new(uses);
    facts(given, None, &WHOLE, &mut said)?;
    Ok(said.content.map(|content| content.whole).unwrap_or_default())
}

/// What is to be said of a value that has none of the known shapes.
pub(crate) fn unrecognised(given: &dyn Readable) -> Unread {
    const MOST: usize = 16;
    match careful(|| walk::names(given)) {
        Ok(names) => Unread::Unrecognised(names.into_iter().filter(|name| is_name(name)).take(MOST).collect()),
        Err(unread) => unread,
    }
}

fn careful<T>(walk: impl FnOnce() -> Result<T, Unreadable>) -> Result<T, Unread> {
    caught("a `Serialize`", walk).and_then(Result::ok).ok_or(Unread::Broken)
}

/// The members of a map may be named by anybody.
fn is_name(text: &str) -> bool {
    const LONGEST: usize = 40;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.len() <= LONGEST && text.bytes().all(is_plain)
}
