//! An item of a stream.

use crate::read::facts::{Facts, Sign, Uses};
use crate::read::json::{self, Continuation};
use crate::read::providers::{EVENT_SIGNS, Finish, recognise};
use crate::read::reading::{Unread, facts, signs, unrecognised, whole};
use crate::read::response::{Response, Tokens, told};
use crate::read::walk::Readable;

/// What an item says.
#[derive(Debug, Default)]
pub(crate) struct StreamEvent {
    /// Model, id, finish reasons, usage and error, as far as they are known with this item. Its messages, where it has any,
    /// are the whole response: they replace what was gathered.
    pub(crate) response: Response,
    /// Something of the model's is in it: the first such item is the first chunk.
    pub(crate) is_chunk: bool,
    /// What it says of tokens, if it says anything: some of what they add up to may be said by others.
    pub(crate) tokens: Option<Tokens>,
    /// In which answers the model calls a tool, each by its bit, where why it stopped in them is no word for that.
    pub(crate) calling: u64,
    /// No item follows, whether or not the stream ends here.
    pub(crate) is_last: bool,
    /// Content: how the model's messages go on.
    pub(crate) pieces: Vec<Continuation>,
}

/// Reads an item of a stream. A value that is null says nothing.
pub(crate) fn event(given: &dyn Readable, uses: Uses) -> Result<StreamEvent, Unread> {
    let seen = signs(given, None, &EVENT_SIGNS)?;
    let Some((provider, shape)) = recognise(seen, |provider| provider.event.as_ref()) else {
        return if seen.has(Sign::Null) { Ok(StreamEvent::default()) } else { Err(unrecognised(given)) };
    };
    let mut said = Facts::new(uses);
    facts(given, None, &shape.wants, &mut said)?;
    let signs = said.signs;
    let is_delta = signs.all(&[Sign::Delta, Sign::DeltaFilled]) || signs.all(&[Sign::ItemAdded, Sign::CallItem]);
    let is_chunk = signs.has(Sign::Filled) || is_delta;
    let pieces = if is_chunk && uses.content { json::pieces(&whole(given, uses)?) } else { Vec::new() };
    let calling = if provider.finish == Finish::SaidOrCall { said.calling() } else { 0 };
    let response = told(provider, &mut said);
    let tokens = response.usage.map(|_| Tokens::of(provider, &said));
    let is_last = signs.has(Sign::Last) || response.error.is_some();
    Ok(StreamEvent { response, is_chunk, tokens, calling, is_last, pieces })
}
