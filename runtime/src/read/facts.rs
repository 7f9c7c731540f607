//! What was read of a value, before anybody has said what it means: one place for everything that is wanted of any provider.

use crate::value::response::Modalities;
use crate::vocabulary::{Modality, Spent};
use opentelemetry::StringValue;
use serde_json::Value;
use std::sync::Arc;

/// What a value is read for, beside what metrics carry (models, tokens, how it ended), which always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// What the span says.
    pub(crate) recorded: bool,
    /// Messages and tool definitions.
    pub(crate) content: bool,
}

impl Uses {
    pub(crate) const CONTENT: Self = Uses { recorded: false, content: true };
}

/// A word that becomes an attribute, or tells what becomes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextField {
    Model,
    Id,
    /// The response that a request goes on from.
    PreviousResponse,
    /// How much the model is to reason.
    ReasoningLevel,
    /// Why a response is not complete.
    Incomplete,
    /// Of the error inside of an error, as most providers have it.
    InnerErrorCode,
    InnerErrorType,
    ErrorCode,
    ErrorType,
    ErrorStatus,
}

/// A number of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    MaxTokens,
    /// The name that came later, and goes first.
    MaxCompletionTokens,
    TopK,
    Seed,
    Choices,
    Input,
    Output,
    CacheRead,
    CacheCreation,
    Reasoning,
    ToolUsePrompt,
    /// What is paid for, where it is not what the model saw.
    BilledInput,
    BilledOutput,
    /// Of an entry of a list that breaks tokens down.
    OfModality,
}

impl Count {
    /// Metrics carry it, too.
    pub(crate) fn is_of_tokens(self) -> bool {
        self as u8 >= Count::Input as u8
    }
}

/// A number that may have a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberField {
    Temperature,
    TopP,
    PresencePenalty,
    FrequencyPenalty,
}

/// A piece of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentField {
    System,
    Messages,
    Tools,
    /// The answer that is being read.
    Choice,
    /// All that a value is.
    Whole,
}

macro_rules! signs {
    ($($(#[$meta:meta])* $sign:ident,)*) => {
        /// Something that a value has, or is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Sign {
            $($(#[$meta])* $sign,)*
        }
    };
}

signs! {
    // What tells a shape.
    /// What requests to Anthropic have, and no others with a history and a model.
    AnthropicOnly,
    BedrockEvent,
    ChatHistory,
    Choice,
    ChoiceDelta,
    ChoiceMessage,
    Choices,
    Content,
    Contents,
    Done,
    Error,
    EvalCount,
    FinishReason,
    /// What only responses of Gemini's have.
    GeminiOnly,
    GenAiEvent,
    InferenceConfig,
    Input,
    Instructions,
    MaxTokensCamel,
    Message,
    Messages,
    Model,
    ModelId,
    ModelPreferences,
    /// A member that values of OpenAI's chat do not have.
    NoChat,
    /// Nothing is there, and so nothing is to be recognised.
    Null,
    ObjectChat,
    ObjectChunk,
    ObjectResponse,
    OllamaOnly,
    Output,
    OutputMessage,
    ProviderModel,
    Response,
    RigEvent,
    RigItem,
    RigPart,
    Role,
    Status,
    StopReason,
    StopReasonCamel,
    System,
    /// The member is there, and may be null.
    SystemKey,
    SystemPrompt,
    ToolConfig,
    /// Likewise.
    ToolsKey,
    TypeAnthropicEvent,
    TypeError,
    TypeMessage,
    TypeResponsesEvent,
    Usage,
    UsageTokens,
    // What becomes a fact.
    /// The model calls a tool.
    CallsTool,
    /// A response is complete.
    Completed,
    /// A response, or a stream, says that it failed.
    Failed,
    /// The output is to be JSON.
    Json,
    /// It is to be text.
    PlainText,
    /// The response comes in pieces.
    Stream,
    /// The last item of a stream.
    Last,
    /// An item of a stream with something of the model's in it.
    Filled,
    /// An item that is a piece.
    Delta,
    /// Its piece is not empty.
    DeltaFilled,
    /// An item that begins a part of the response.
    ItemAdded,
    /// The part is a tool call.
    CallItem,
}

/// Each has a bit of its own.
const _: () = assert!((Sign::CallItem as u32) < u64::BITS);

/// Signs that were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signs(u64);

impl Signs {
    pub(crate) fn has(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u8) != 0
    }

    pub(crate) fn all(self, signs: &[Sign]) -> bool {
        signs.iter().all(|&sign| self.has(sign))
    }

    pub(crate) fn any(self, signs: &[Sign]) -> bool {
        signs.iter().any(|&sign| self.has(sign))
    }

    /// Whatever else is there, it is that shape.
    pub(crate) fn are_decisive(self) -> bool {
        self.any(&[Sign::ChoiceMessage, Sign::ChoiceDelta])
    }

    pub(crate) fn see(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u8;
    }
}

/// One of the model's answers.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// Which of them it is, from 0, where it says so.
    pub(crate) index: Option<u64>,
    pub(crate) finish_reason: Option<StringValue>,
    pub(crate) calls_tool: bool,
    pub(crate) message: Value,
}

/// What was said of each number of things: the number, unless it is one of these two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts([i64; 14]);

impl Default for Counts {
    fn default() -> Self {
        Counts([Counts::NOTHING; 14])
    }
}

impl Counts {
    const NOTHING: i64 = i64::MIN;
    /// Something that is no count.
    const NONSENSE: i64 = i64::MIN + 1;

    fn say(&mut self, count: Count, value: Option<i64>) {
        self.0[count as usize] = value.unwrap_or(Counts::NONSENSE);
    }

    /// What was said, whatever it is.
    fn integer(&self, count: Count) -> Option<i64> {
        Some(self.0[count as usize]).filter(|&said| said > Counts::NONSENSE)
    }

    /// What was said, if it can be one.
    pub(crate) fn get(&self, count: Count) -> Option<i64> {
        self.integer(count).filter(|&value| value >= 0)
    }

    pub(crate) fn is_said(&self, count: Count) -> bool {
        self.0[count as usize] != Counts::NOTHING
    }

    /// What was said of these, together; None if nothing was, or one of them is no count.
    pub(crate) fn sum(&self, counts: &[Count]) -> Option<i64> {
        let mut said = counts.iter().filter(|&&count| self.is_said(count)).peekable();
        said.peek()?;
        said.try_fold(0_i64, |sum, &count| sum.checked_add(self.get(count)?))
    }

    /// What was said here, and for the rest what was said before.
    pub(crate) fn over(mut self, before: &Counts) -> Counts {
        for (said, before) in self.0.iter_mut().zip(before.0) {
            if *said == Counts::NOTHING {
                *said = before;
            }
        }
        self
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) uses: Uses,
    pub(crate) signs: Signs,
    texts: [Option<StringValue>; 10],
    pub(crate) counts: Counts,
    numbers: [Option<f64>; 4],
    /// Tokens, as far as they are broken down.
    pub(crate) modalities: Modalities,
    /// That of the entry which is being read.
    pub(crate) modality: Option<Modality>,
    pub(crate) stop_sequences: Vec<StringValue>,
    pub(crate) tools: Option<usize>,
    /// The answer that is being read. Most responses have one.
    choice: Option<Choice>,
    /// Those before it.
    choices: Vec<Choice>,
    pub(crate) content: Option<Box<BuiltContent>>,
}

/// The content of a value that is not one of the model's answers.
#[derive(Debug, Default)]
pub(crate) struct BuiltContent {
    pub(crate) system: Value,
    pub(crate) messages: Value,
    pub(crate) definitions: Value,
    pub(crate) whole: Value,
}

/// How many answers a response may have.
const CHOICES: usize = 1_000;

/// No model, id or reason is longer, in bytes: it is some other text, and left out.
const LONGEST_WORD: usize = 1024;

/// The word as the function makes it.
pub(crate) fn word(text: &str, string: fn(&str) -> StringValue) -> Option<StringValue> {
    (text.len() <= LONGEST_WORD && !text.is_empty()).then(|| string(text))
}

/// As an attribute has it.
pub(crate) fn shared(text: &str) -> StringValue {
    Arc::<str>::from(text).into()
}

/// What stands for an answer where there is a bit for each: the lowest for the first, and none for one that is behind the last.
pub(crate) fn answer_bit(index: u64) -> u64 {
    u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0)
}

impl Facts {
    pub(crate) fn new(uses: Uses) -> Self {
        Facts { uses, ..Facts::default() }
    }

    pub(crate) fn say_text(&mut self, text: TextField, value: &str) {
        let said = &mut self.texts[text as usize];
        // What is said first counts: of the models that may be taken, the first is asked for.
        if said.is_none() {
            *said = word(value, shared);
        }
    }

    pub(crate) fn take_text(&mut self, text: TextField) -> Option<StringValue> {
        self.texts[text as usize].take()
    }

    pub(crate) fn say_count(&mut self, count: Count, value: Option<i64>) {
        self.counts.say(count, value);
    }

    /// What was said, whatever it is.
    pub(crate) fn integer(&self, count: Count) -> Option<i64> {
        self.counts.integer(count)
    }

    /// What was said, if it can be one.
    pub(crate) fn count(&self, count: Count) -> Option<i64> {
        self.counts.get(count)
    }

    /// More tokens of that modality. That there are none is said of modalities that the model does not have, and no breakdown.
    pub(crate) fn say_modality(&mut self, spent: Spent, modality: Modality, more: Option<i64>) {
        if let Some(more) = more.filter(|&more| more > 0) {
            let before = self.modalities.get(spent, modality).unwrap_or(0);
            self.modalities.set(spent, modality, more.checked_add_unsigned(before));
        }
    }

    /// An entry of a list that breaks tokens down begins.
    pub(crate) fn begin_entry(&mut self) {
        self.modality = None;
        self.counts.0[Count::OfModality as usize] = Counts::NOTHING;
    }

    /// It has been read.
    pub(crate) fn end_entry(&mut self, spent: Spent) {
        if let Some(modality) = self.modality {
            self.say_modality(spent, modality, self.count(Count::OfModality));
        }
    }

    pub(crate) fn say_number(&mut self, number: NumberField, value: f64) {
        self.numbers[number as usize] = Some(value).filter(|value| value.is_finite());
    }

    pub(crate) fn number(&self, number: NumberField) -> Option<f64> {
        self.numbers[number as usize]
    }

    /// The answer that is being read. Where a response has no list of them, it is one.
    pub(crate) fn choice(&mut self) -> &mut Choice {
        self.choice.get_or_insert_default()
    }

    /// Another answer begins, unless there are as many as may be.
    pub(crate) fn begin_choice(&mut self) -> bool {
        let has_room = self.choices.len() + 1 < CHOICES || self.choice.is_none();
        if has_room {
            self.choices.extend(self.choice.replace(Choice::default()));
        }
        has_room
    }

    pub(crate) fn choices(&mut self) -> impl Iterator<Item = &mut Choice> {
        self.choices.iter_mut().chain(&mut self.choice)
    }

    /// Those in which the model calls a tool, each by its bit.
    pub(crate) fn calling(&mut self) -> u64 {
        let calling = (0..).zip(self.choices()).filter(|(_, choice)| choice.calls_tool);
        calling.fold(0, |calling, (place, choice)| calling | answer_bit(choice.index.unwrap_or(place)))
    }

    pub(crate) fn take_choices(&mut self) -> impl Iterator<Item = Choice> + use<> {
        std::mem::take(&mut self.choices).into_iter().chain(self.choice.take())
    }

    pub(crate) fn place(&mut self, place: ContentField) -> &mut Value {
        if place == ContentField::Choice {
            return &mut self.choice().message;
        }
        let content = self.content.get_or_insert_default();
        match place {
            ContentField::System => &mut content.system,
            ContentField::Messages => &mut content.messages,
            ContentField::Tools => &mut content.definitions,
            ContentField::Choice | ContentField::Whole => &mut content.whole,
        }
    }
}
