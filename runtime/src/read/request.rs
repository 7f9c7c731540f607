//! A request to a model.

use crate::read::facts::{Count, Facts, NumberField, Sign, TextField, Uses};
use crate::read::json;
use crate::read::providers::{CHAT, REQUEST_SIGNS, is_chat_request, recognise};
use crate::read::reading::{Chats, Unread, facts, signs, unrecognised};
use crate::read::walk::Readable;
use crate::value::message::{Message, Role, ToolDefinition};
use crate::vocabulary::value;
use opentelemetry::StringValue;
use std::mem::take;

/// What a request says. What it does not say is None, or empty.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) model: Option<StringValue>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<i64>,
    pub(crate) top_p: Option<f64>,
    pub(crate) top_k: Option<i64>,
    pub(crate) seed: Option<i64>,
    pub(crate) presence_penalty: Option<f64>,
    pub(crate) frequency_penalty: Option<f64>,
    /// Not 1, which is what it is where nothing is said.
    pub(crate) choice_count: Option<i64>,
    pub(crate) stop_sequences: Vec<StringValue>,
    pub(crate) reasoning_level: Option<StringValue>,
    /// The id of the response that it goes on from.
    pub(crate) previous_response: Option<StringValue>,
    /// `json` or `text`.
    pub(crate) output_type: Option<&'static str>,
    /// The response is to come in pieces.
    pub(crate) stream: bool,
    pub(crate) tool_count: Option<i64>,
    /// Content: what the model is told before everything else, where it does not stand in the history.
    pub(crate) instructions: Option<Message>,
    /// Content: the history, with the system's messages in it where they stand.
    pub(crate) messages: Vec<Message>,
    /// Content.
    pub(crate) tools: Vec<ToolDefinition>,
}

impl Request {
    /// The system's instructions, those that stand in the history included.
    pub(crate) fn system(&self) -> Vec<Message> {
        let in_history = self.messages.iter().filter(|message| message.is_from(&Role::System));
        self.instructions.iter().chain(in_history).cloned().collect()
    }
}

/// Reads a request. A value that is null says nothing.
pub(crate) fn request(given: &dyn Readable, uses: Uses) -> Result<Request, Unread> {
    static CHATS: Chats = Chats::new();
    let mut said = Facts::new(uses);
    if CHATS.facts(given, CHAT.request.as_ref(), is_chat_request, &mut said) {
        return Ok(told(&mut said));
    }
    let seen = signs(given, None, &REQUEST_SIGNS)?;
    match recognise(seen, |provider| provider.request.as_ref()) {
        Some((provider, shape)) => {
            CHATS.remember(provider);
            facts(given, None, &shape.wants, &mut said)?;
            Ok(told(&mut said))
        }
        None if seen.has(Sign::Null) => Ok(Request::default()),
        None => Err(unrecognised(given)),
    }
}

fn told(facts: &mut Facts) -> Request {
    let mut request = Request {
        model: facts.take_text(TextField::Model),
        temperature: facts.number(NumberField::Temperature),
        max_tokens: facts.count(Count::MaxCompletionTokens).or(facts.count(Count::MaxTokens)),
        top_p: facts.number(NumberField::TopP),
        top_k: facts.count(Count::TopK),
        seed: facts.integer(Count::Seed),
        presence_penalty: facts.number(NumberField::PresencePenalty),
        frequency_penalty: facts.number(NumberField::FrequencyPenalty),
        reasoning_level: facts.take_text(TextField::ReasoningLevel),
        previous_response: facts.take_text(TextField::PreviousResponse),
        choice_count: facts.count(Count::Choices).filter(|&count| count > 1),
        output_type: match facts.signs {
            signs if signs.has(Sign::Json) => Some(value::JSON_OUTPUT),
            signs if signs.has(Sign::PlainText) => Some(value::TEXT_OUTPUT),
            _ => None,
        },
        stream: facts.signs.has(Sign::Stream),
        tool_count: facts.tools.and_then(|tools| tools.try_into().ok()),
        stop_sequences: take(&mut facts.stop_sequences),
        ..Request::default()
    };
    if let Some(content) = &facts.content {
        request.instructions = json::instructions(&content.system);
        request.messages = json::messages(&content.messages);
        request.tools = json::definitions(&content.definitions);
    }
    request
}
