//! One value read, whatever its `Serialize` does.

use crate::caught::caught;
use crate::read::facts::Wants;
use crate::read::walk::{Readable, Walk};
use crate::read::want::Want;

/// Why nothing is known of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It has none of the known shapes. The names of its members, never what they hold.
    Unrecognised(Vec<String>),
    /// It does not serialise. If it panicked, there was a warning.
    Broken,
}

/// Goes over a value, or over one of its members.
pub(crate) fn read(given: &dyn Readable, under: Option<&'static str>, want: &'static Want, wants: Wants) -> Result<Walk, Unread> {
    let walk = |wants| caught("a `Serialize`", || Walk::over(given, under, want, wants)).and_then(Result::ok);
    // Content that cannot be read takes nothing else with it.
    let without_content = || walk(Wants { content: false, ..wants }).filter(|_| wants.content);
    walk(wants).or_else(without_content).ok_or(Unread::Broken)
}

/// What is to be said of a value that has none of the known shapes.
pub(crate) fn unrecognised(given: &dyn Readable) -> Unread {
    const MOST: usize = 16;
    match read(given, None, &Want::Names, Wants::default()) {
        Ok(walk) => Unread::Unrecognised(walk.names.into_iter().filter(|name| is_name(name)).take(MOST).collect()),
        Err(unread) => unread,
    }
}

/// The members of a map may be named by anybody.
fn is_name(text: &str) -> bool {
    const LONGEST: usize = 40;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.len() <= LONGEST && text.bytes().all(is_plain)
}
