//! What is learned of a call between its start and its end: from its response, from handles, from the items of a stream.

use crate::call::ending::{Ending, Failure, Label, Refusal};
use crate::content::Captured;
use crate::read::facts::{Counts, answer_bit};
use crate::read::response::{Response, Tokens, stops_to_call};
use crate::value::{Cost, Message, TokenUsage};
use crate::vocabulary::{self, key, usage_of, value};
use opentelemetry::{Key, KeyValue, StringValue, Value};
use std::collections::HashMap;
use std::mem::swap;
use std::time::{Duration, Instant, SystemTime};

/// Who says something of a call. What a later one of these says goes before what an earlier one does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SaidBy {
    #[default]
    Nobody,
    /// The response's own type.
    Response,
    /// What was read of the response, in the shape of its provider.
    Read,
    /// A handle, or an item of a stream.
    Handle,
    /// An argument of the attribute.
    Argument,
}

/// Something that several may say.
#[derive(Debug)]
pub(crate) struct Fact<T> {
    value: Option<T>,
    by: SaidBy,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Fact { value: None, by: SaidBy::Nobody }
    }
}

impl<T> Fact<T> {
    /// A `None` takes nothing back, but an argument that says it has been asked: then no response is.
    pub(crate) fn say(&mut self, by: SaidBy, value: Option<T>) {
        if by < self.by || (by == SaidBy::Handle && value.is_none()) {
            return;
        }
        self.by = by;
        if value.is_some() {
            self.value = value;
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Whether an argument says that there is none, and nobody had said one before.
    pub(crate) fn is_denied(&self) -> bool {
        self.value.is_none() && self.by == SaidBy::Argument
    }

    /// Whether somebody could have said it, and did not.
    fn is_unknown(&self) -> bool {
        self.value.is_none() && self.by != SaidBy::Nobody
    }
}

impl Fact<TokenUsage> {
    /// A handle says some of the counts; what it said before of the others stays.
    fn say_more(&mut self, usage: Option<TokenUsage>) {
        let before = self.value.unwrap_or_default();
        self.say(SaidBy::Handle, usage.map(|usage| usage.over(before)));
    }
}

/// Attributes of which the last value counts, however many there are.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    list: Vec<KeyValue>,
    /// Where each key stands, once there are too many to look through.
    places: Option<HashMap<Key, usize>>,
}

impl Attributes {
    const FEW: usize = 16;

    /// A key that was set before is set anew.
    pub(crate) fn set(&mut self, key: Key, value: Value) {
        if let Some(place) = self.place(&key) {
            self.list[place].value = value;
            return;
        }
        if let Some(places) = &mut self.places {
            places.insert(key.clone(), self.list.len());
        }
        self.list.push(KeyValue::new(key, value));
    }

    fn place(&mut self, key: &Key) -> Option<usize> {
        if self.list.len() < Self::FEW {
            return self.list.iter().position(|attribute| attribute.key == *key);
        }
        let placed = |(place, attribute): (usize, &KeyValue)| (attribute.key.clone(), place);
        self.places.get_or_insert_with(|| self.list.iter().enumerate().map(placed).collect()).get(key).copied()
    }
}

/// How many answers of one response are told apart.
const MOST_ANSWERS: usize = 1_000;

/// What is known of a call, beside what its start said.
#[derive(Default)]
pub(crate) struct Learned {
    pub(crate) stop_reason: Fact<StringValue>,
    /// Why the model stopped giving each answer, by which answer it was, as far as that was read.
    finish_reasons: Vec<(u64, StringValue)>,
    pub(crate) response_model: Fact<StringValue>,
    pub(crate) response_id: Fact<StringValue>,
    pub(crate) usage: Fact<TokenUsage>,
    pub(crate) cost: Fact<Cost>,
    /// `Some(None)`: somebody says that it did not fail.
    pub(crate) failed: Fact<Option<Box<Refusal>>>,
    /// Of a call that is a stream, or is told of the pieces of one.
    stream: Option<Box<Streaming>>,
    /// Code inside it unwound, and whoever holds it has not ended it.
    pub(crate) unwound: bool,
    /// What an argument calls the error.
    pub(crate) error_type: Option<Label>,
    pub(crate) failure: Option<Box<Failure>>,
    pub(crate) attributes: Attributes,
    /// Whether a request to an MCP server has taken its span.
    #[cfg(feature = "mcp")]
    pub(crate) is_forwarded: bool,
    content: Option<Box<Captured>>,
    /// Whether its output is what was read of a response, which another takes the place of.
    is_output_read: bool,
}

/// What is known of a stream beside what its items say.
#[derive(Default)]
struct Streaming {
    /// When the first item was there that carried anything, counted from the start.
    first_chunk: Option<Duration>,
    /// When the last such item was there, while somebody wants to know.
    last_chunk: Option<Instant>,
    /// From each such item to the next, in seconds.
    next_chunks: Vec<f64>,
    /// Whether items are read, and so say themselves whether they carry anything.
    is_read: bool,
    /// What they said of tokens.
    counts: Counts,
    /// In which answers they call a tool, each by its bit.
    calling: u64,
    /// An item said that it was the last that counts.
    last: bool,
    /// When the last item was there, once it is known that nothing needs to follow.
    finished: Option<Moment>,
}

impl Streaming {
    /// A stream may go on for days: the time between its chunks is measured of so many.
    const MOST_CHUNKS: usize = 1 << 16;

    fn arrived(&mut self, clock: Clock) {
        if self.first_chunk.is_some() && !clock.times_chunks && !clock.times_silence {
            return;
        }
        let now = Instant::now();
        if self.first_chunk.is_none() {
            self.first_chunk = clock.started.map(|started| now.saturating_duration_since(started));
        }
        let before = self.last_chunk.replace(now);
        if clock.times_chunks {
            let before = before.filter(|_| self.next_chunks.len() < Self::MOST_CHUNKS);
            self.next_chunks.extend(before.map(|before| now.saturating_duration_since(before).as_secs_f64()));
        }
    }
}

/// What the items of a stream are timed by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// When the call began. None: nobody wants to know how long anything takes.
    pub(crate) started: Option<Instant>,
    /// Whether the time between the chunks is measured.
    pub(crate) times_chunks: bool,
    /// Whether the time since the last of them may be asked for.
    pub(crate) times_silence: bool,
}

/// A time, by both clocks: the one that spans have, and the one that durations are measured by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) instant: Instant,
    pub(crate) time: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Moment { instant: Instant::now(), time: SystemTime::now() }
    }

    /// The moment that the clock on the wall showed, as far back as the other clock goes.
    pub(crate) fn of(time: SystemTime) -> Self {
        let now = Moment::now();
        let instant = match now.time.duration_since(time) {
            Ok(ago) => now.instant.checked_sub(ago).unwrap_or(now.instant),
            Err(ahead) => now.instant.checked_add(ahead.duration()).unwrap_or(now.instant),
        };
        Moment { instant, time }
    }
}

impl Learned {
    /// The content that there is at the start.
    pub(crate) fn keep(&mut self, content: Box<Captured>) {
        self.content = Some(content);
    }

    /// The content, from now on.
    pub(crate) fn content(&mut self) -> &mut Captured {
        self.content.get_or_insert_default()
    }

    pub(crate) fn captured(&self) -> Option<&Captured> {
        self.content.as_deref()
    }

    /// The content, with why the model stopped giving each answer that came in pieces.
    pub(crate) fn take_content(&mut self) -> Option<Box<Captured>> {
        let mut content = self.content.take()?;
        if self.stop_reason.by == SaidBy::Read {
            content.finish(&self.finish_reasons);
        }
        Some(content)
    }

    /// What somebody says that the model said.
    pub(crate) fn say_output(&mut self, messages: Vec<Message>) {
        self.is_output_read = false;
        self.content().output(messages);
    }

    /// Tokens, and what they cost: others may say the one, and others the other.
    pub(crate) fn say_usage(&mut self, by: SaidBy, usage: Option<TokenUsage>) {
        let Some((counts, cost)) = usage.map(TokenUsage::apart) else { return self.usage.say(by, None) };
        if cost.is_some() {
            self.cost.say(by, cost);
        }
        match counts {
            Some(_) if by == SaidBy::Handle => self.usage.say_more(counts),
            Some(_) => self.usage.say(by, counts),
            None => {}
        }
    }

    /// What was read of the response. What it does not say is not known, and not `unknown`.
    pub(crate) fn read(&mut self, response: Response) {
        if !response.finish_reasons.is_empty() {
            self.finish_reasons.clear();
        }
        self.read_more(response);
    }

    /// What was read of an item of a stream: what others said of other answers stays.
    pub(crate) fn read_more(&mut self, response: Response) {
        let mut reasons = response.finish_reasons;
        if !reasons.is_empty() {
            if self.finish_reasons.is_empty() {
                reasons.sort_by_key(|said| said.0);
                swap(&mut self.finish_reasons, &mut reasons);
            }
            for (choice, reason) in reasons {
                match self.finish_reasons.binary_search_by_key(&choice, |said| said.0) {
                    Ok(at) => self.finish_reasons[at].1 = reason,
                    Err(at) if self.finish_reasons.len() < MOST_ANSWERS => self.finish_reasons.insert(at, (choice, reason)),
                    Err(_) => {}
                }
            }
            self.say_read_reason();
        }
        if response.model.is_some() {
            self.response_model.say(SaidBy::Read, response.model);
        }
        if response.id.is_some() {
            self.response_id.say(SaidBy::Read, response.id);
        }
        if response.usage.is_some() {
            self.say_usage(SaidBy::Read, response.usage);
        }
        if let Some(error_type) = response.error {
            let error_type = Some(Label::said(String::from(error_type)));
            self.failed.say(SaidBy::Read, Some(Some(Box::new(Refusal { error_type, message: None }))));
        }
        if !response.messages.is_empty() && (self.is_output_read || !self.captured().is_some_and(Captured::has_output)) {
            self.content().output(response.messages);
            self.is_output_read = true;
        }
    }

    /// The first answer's, as all that is read of an item of a stream is known.
    fn say_read_reason(&mut self) {
        if let Some(stream) = self.stream.as_ref().filter(|stream| stream.calling != 0) {
            let calling = |said: &&mut (u64, StringValue)| stream.calling & answer_bit(said.0) != 0;
            self.finish_reasons.iter_mut().filter(calling).for_each(|said| stops_to_call(&mut said.1));
        }
        self.stop_reason.say(SaidBy::Read, self.finish_reasons.first().map(|said| said.1.clone()));
    }

    /// In these answers, each by its bit, an item of a stream calls a tool. Why the model stopped is said there, before or behind.
    pub(crate) fn read_calls(&mut self, calling: u64) {
        if calling != 0 {
            self.stream.get_or_insert_default().calling |= calling;
            if !self.finish_reasons.is_empty() {
                self.say_read_reason();
            }
        }
    }

    /// What an item of a stream says of tokens: it adds up with what those before it said of others.
    pub(crate) fn read_tokens(&mut self, tokens: &Tokens) {
        let stream = self.stream.get_or_insert_default();
        stream.counts = tokens.counts.over(&stream.counts);
        let usage = tokens.usage(&stream.counts);
        self.say_usage(SaidBy::Handle, usage);
    }

    /// An item is read, which carries something or not, and may be the last that counts.
    pub(crate) fn chunk_read(&mut self, carries: bool, last: bool, clock: Clock) {
        let stream = self.stream.get_or_insert_default();
        stream.is_read = true;
        stream.last |= last;
        if carries {
            stream.arrived(clock);
        }
    }

    /// An item has been looked at. Once it is known why the model stopped, whoever reads may stop, too.
    pub(crate) fn item_arrived(&mut self, clock: Clock) {
        let stream = self.stream.get_or_insert_default();
        // An error carries nothing.
        if !stream.is_read && self.failure.is_none() {
            stream.arrived(clock);
        }
        if stream.last || self.stop_reason.get().is_some() || matches!(self.failed.get(), Some(Some(_))) {
            stream.finished = Some(Moment::now());
        }
    }

    /// When the first item was there that carried anything, counted from the start.
    pub(crate) fn first_chunk(&self) -> Option<Duration> {
        self.stream.as_ref()?.first_chunk
    }

    /// What came back is a stream, of which there may never be an item.
    pub(crate) fn streams(&mut self) {
        self.stream.get_or_insert_default();
    }

    /// Of a stream, how long nothing has come that carried anything.
    pub(crate) fn silence(&self, started: Option<Instant>) -> Option<Duration> {
        Some(self.stream.as_ref()?.last_chunk.or(started)?.elapsed())
    }

    /// From each item that carried anything to the next, in seconds.
    pub(crate) fn next_chunks(&self) -> &[f64] {
        self.stream.as_ref().map(|stream| &stream.next_chunks[..]).unwrap_or_default()
    }

    /// What the response and the error said, as an ending, and when that was, if not now.
    pub(crate) fn take_ending(&mut self) -> (Ending, Option<Moment>) {
        let ending = if let Some(mut failure) = self.failure.take() {
            if let Some(error_type) = self.error_type.take() {
                failure.error_type = error_type;
            }
            Ending::Error(failure)
        } else if let Some(refusal) = self.failed.value.take().flatten() {
            Ending::Failed(refusal)
        } else {
            Ending::Success
        };
        (ending, self.stream.as_ref().filter(|stream| stream.last).and_then(|stream| stream.finished))
    }

    /// How a call ended of which nobody takes the end: a stream that had said everything was not cancelled.
    pub(crate) fn take_ending_where_dropped(&mut self) -> (Ending, Option<Moment>) {
        match self.stream.as_ref().and_then(|stream| stream.finished) {
            _ if self.unwound => (Ending::Panicked, None),
            Some(finished) => (self.take_ending().0, Some(finished)),
            None => (Ending::Cancelled, None),
        }
    }

    /// Whether somebody has set the attribute.
    pub(crate) fn sets(&self, key: &str) -> bool {
        self.attributes.list.iter().any(|attribute| attribute.key.as_str() == key)
    }

    /// The attributes that somebody set.
    pub(crate) fn take_attributes(&mut self) -> Vec<KeyValue> {
        std::mem::take(&mut self.attributes.list)
    }

    /// What the response said, as attributes. Gives back the finish reason.
    pub(crate) fn describe_response(
        &mut self,
        cache_write: &'static str,
        mut say: impl FnMut(&'static str, Value),
    ) -> Option<StringValue> {
        if self.stop_reason.is_unknown() {
            // A response that could have said one and did not, which is no finish reason.
            say(key::STOP_REASON, value::UNKNOWN_STOP_REASON.into());
        }
        let read = if self.stop_reason.by == SaidBy::Read { std::mem::take(&mut self.finish_reasons) } else { Vec::new() };
        let finish_reason = self.stop_reason.value.take().map(|said| {
            let (stop_reason, finish_reason) = vocabulary::stop_reason(said);
            say(key::STOP_REASON, stop_reason.into());
            let mut reasons = vec![finish_reason.clone()];
            // The first of them is the one.
            reasons.extend(read.into_iter().skip(1).map(|(_, said)| vocabulary::stop_reason(said).1));
            say(key::RESPONSE_FINISH_REASONS, Value::Array(reasons.into()));
            finish_reason
        });
        let mut say = |key, value: Option<Value>| {
            if let Some(value) = value {
                say(key, value);
            }
        };
        say(key::RESPONSE_MODEL, self.response_model.value.take().map(Value::String));
        say(key::RESPONSE_ID, self.response_id.value.take().map(Value::String));
        say(key::TIME_TO_FIRST_CHUNK, self.first_chunk().map(|first_chunk| first_chunk.as_secs_f64().into()));
        if let Some(usage) = self.usage.value {
            say(key::USAGE_INPUT, usage.input().map(integer));
            say(key::USAGE_OUTPUT, usage.output().map(integer));
            say(key::USAGE_CACHE_READ, usage.cached().map(integer));
            say(cache_write, usage.cache_creation().map(integer));
            say(key::USAGE_REASONING, usage.reasoning().map(integer));
            for (spent, modality, count) in usage.modalities.known() {
                say(usage_of(spent, modality), Some(integer(count)));
            }
        }
        finish_reason
    }
}

/// As attributes have it.
fn integer(count: u64) -> Value {
    Value::I64(count.try_into().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::SaidBy::{Argument, Handle, Response};
    use super::*;

    #[test]
    fn an_argument_goes_before_a_handle_and_a_handle_before_the_response() {
        let said = |says: &[(SaidBy, Option<u8>)]| {
            let mut fact = Fact::default();
            for &(by, value) in says {
                fact.say(by, value);
            }
            (fact.value, fact.is_unknown())
        };
        assert_eq!(said(&[(Handle, Some(1)), (Argument, Some(2)), (Response, Some(3))]), (Some(2), false));
        assert_eq!(said(&[(Handle, Some(1)), (Argument, None), (Response, Some(3))]), (Some(1), false));
        assert_eq!(said(&[(Handle, None), (Response, Some(3))]), (Some(3), false));
        assert_eq!(said(&[(Argument, None), (Response, Some(3))]), (None, true), "the argument was asked");
        assert_eq!(said(&[(Response, None)]), (None, true));
        assert_eq!(said(&[(Handle, None)]), (None, false), "nobody could have known");
        assert_eq!(said(&[(Handle, Some(1)), (Handle, Some(2)), (Handle, None)]), (Some(2), false));
    }

    #[test]
    fn the_last_value_of_a_key_counts_among_few_and_among_many() {
        for count in [3_i64, 15, 16, 17, 40] {
            let mut attributes = Attributes::default();
            for round in 0..2 {
                (0..count).for_each(|n| attributes.set(Key::from(format!("app.k{n}")), Value::I64(n + round)));
            }
            let values: Vec<Value> = attributes.list.iter().map(|attribute| attribute.value.clone()).collect();
            assert_eq!(values, (0..count).map(|n| Value::I64(n + 1)).collect::<Vec<_>>());
        }
    }
}
