//! A response of a model.

use crate::read::error::error_type;
use crate::read::facts::{Choice, Count, Counts, Facts, Sign, Signs, TextField, Uses};
use crate::read::json;
use crate::read::providers::{CHAT, Finish, Provider, RESPONSE_SIGNS, TokenSums, is_chat_response, recognise};
use crate::read::reading::{Chats, Unread, facts, signs, unrecognised};
use crate::read::walk::Readable;
use crate::value::message::Message;
use crate::value::response::{Modalities, TokenUsage};
use crate::vocabulary::stop_reason_word;
use opentelemetry::StringValue;

/// What a response says. What it does not say is None, or empty.
#[derive(Debug, Default)]
pub(crate) struct Response {
    pub(crate) model: Option<StringValue>,
    pub(crate) id: Option<StringValue>,
    /// Which answer it was, from 0, and why the model stopped giving it, as `stop_reason_word` has it.
    pub(crate) finish_reasons: Vec<(u64, StringValue)>,
    pub(crate) usage: Option<TokenUsage>,
    /// The response is an error: its `error.type`.
    pub(crate) error: Option<StringValue>,
    /// Content: each answer is a message.
    pub(crate) messages: Vec<Message>,
}

impl Response {
    /// What is said here, and for the rest what is said there.
    fn or(self, other: Response) -> Response {
        let several = |said: Vec<_>, other| if said.is_empty() { other } else { said };
        Response {
            model: self.model.or(other.model),
            id: self.id.or(other.id),
            finish_reasons: several(self.finish_reasons, other.finish_reasons),
            usage: self.usage.map(|usage| usage.over(other.usage.unwrap_or_default())).or(other.usage),
            error: self.error.or(other.error),
            messages: if self.messages.is_empty() { other.messages } else { self.messages },
        }
    }
}

/// Reads a response. A value that is null says nothing.
pub(crate) fn response(given: &dyn Readable, uses: Uses) -> Result<Response, Unread> {
    static CHATS: Chats = Chats::new();
    let mut said = Facts::new(uses);
    if CHATS.facts(given, CHAT.response.as_ref(), is_chat_response, &mut said) {
        return Ok(told(CHAT, &mut said));
    }
    match inside(given, None, Some(&CHATS), &mut said)? {
        (Some(own), seen) if seen.has(Sign::Choice) => {
            // A client's own type, which may keep what the provider said.
            Ok(match inside(given, Some("raw"), None, &mut Facts::new(uses)) {
                Ok((Some(raw), _)) => raw.or(own),
                _ => own,
            })
        }
        (Some(response), _) => Ok(response),
        (None, seen) if seen.has(Sign::Null) => Ok(Response::default()),
        (None, _) => Err(unrecognised(given)),
    }
}

fn inside(
    given: &dyn Readable,
    under: Option<&'static str>,
    chats: Option<&Chats>,
    said: &mut Facts,
) -> Result<(Option<Response>, Signs), Unread> {
    let seen = signs(given, under, &RESPONSE_SIGNS)?;
    let Some((provider, shape)) = recognise(seen, |provider| provider.response.as_ref()) else { return Ok((None, seen)) };
    if let Some(chats) = chats {
        chats.remember(provider);
    }
    facts(given, under, &shape.wants, said)?;
    Ok((Some(told(provider, said)), seen))
}

/// What the facts mean to that provider.
pub(crate) fn told(provider: &'static Provider, facts: &mut Facts) -> Response {
    derive_finish_reasons(provider.finish, facts);
    let usage = usage(&provider.tokens, &facts.counts, &facts.counts, facts.modalities);
    let error = facts.signs.has(Sign::Failed).then(|| error_type(facts));
    let mut messages = Vec::new();
    let mut finish_reasons = Vec::with_capacity(facts.choices().count());
    for (place, choice) in (0..).zip(facts.take_choices()) {
        messages.extend(answer(&choice));
        if let Some(reason) = choice.finish_reason {
            finish_reasons.push((choice.index.unwrap_or(place), reason));
        }
    }
    Response {
        model: facts.take_text(TextField::Model),
        id: facts.take_text(TextField::Id),
        finish_reasons,
        usage,
        error,
        messages,
    }
}

fn answer(choice: &Choice) -> Option<Message> {
    let message = json::answer(&choice.message)?;
    Some(match &choice.finish_reason {
        Some(reason) => message.with_finish_reason(reason.as_str()),
        None => message,
    })
}

/// What the model calls a tool for, where a provider says `STOP` all the same.
pub(crate) fn stops_to_call(reason: &mut StringValue) {
    if *reason == stop_reason_word("STOP") {
        *reason = stop_reason_word(CALL);
    }
}

const CALL: &str = "tool_call";

fn derive_finish_reasons(finish: Finish, facts: &mut Facts) {
    let call = || Some(stop_reason_word(CALL));
    match finish {
        Finish::Said => {}
        Finish::SaidOrCall => {
            let calls = facts.choices().filter(|choice| choice.calls_tool);
            calls.filter_map(|choice| choice.finish_reason.as_mut()).for_each(stops_to_call);
        }
        Finish::CallUnlessSaid => {
            let silent = facts.choices().filter(|choice| choice.calls_tool && choice.finish_reason.is_none());
            silent.for_each(|choice| choice.finish_reason = call());
        }
        Finish::Derived => {
            let incomplete = facts.take_text(TextField::Incomplete);
            let derived = if facts.signs.has(Sign::CallsTool) {
                call()
            } else if let Some(reason) = incomplete {
                Some(stop_reason_word(reason.as_str()))
            } else if facts.signs.has(Sign::Completed) {
                Some(stop_reason_word("stop"))
            } else {
                None
            };
            if derived.is_some() {
                facts.choice().finish_reason = derived;
            }
        }
    }
}

/// What was said of tokens, and how that provider's counts add up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens {
    sums: &'static TokenSums,
    pub(crate) counts: Counts,
    modalities: Modalities,
}

impl Tokens {
    pub(crate) fn of(provider: &'static Provider, facts: &Facts) -> Self {
        Tokens { sums: &provider.tokens, counts: facts.counts, modalities: facts.modalities }
    }

    /// As usage, where all that was said so far is that.
    pub(crate) fn usage(&self, so_far: &Counts) -> Option<TokenUsage> {
        usage(self.sums, &self.counts, so_far, self.modalities)
    }
}

/// What is said of tokens. Of a sum some may have been said before: it is one of all that were said so far, if any of it is said here.
fn usage(sums: &TokenSums, said: &Counts, so_far: &Counts, modalities: Modalities) -> Option<TokenUsage> {
    let known = |&count: &i64| !(sums.zero_is_unknown && count == 0);
    let sum = |counts: &[Count]| if counts.iter().any(|&count| said.is_said(count)) { so_far.sum(counts) } else { None };
    let input = if so_far.is_said(Count::Input) { sum(sums.input) } else { None };
    let input = said.get(Count::BilledInput).or(input).filter(known);
    let output = said.get(Count::BilledOutput).or_else(|| sum(sums.output)).filter(known);
    let mut usage = TokenUsage::new(input, output)
        .with_cached(said.get(Count::CacheRead).filter(known))
        .with_cache_creation(said.get(Count::CacheCreation).filter(known))
        .with_reasoning(said.get(Count::Reasoning).filter(known));
    usage.modalities = modalities;
    (usage != TokenUsage::default()).then_some(usage)
}
