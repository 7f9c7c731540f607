//! Every argument of the three attributes, in one table: where it belongs, when it is evaluated, what it takes.
//! The grammar reads values by it, the rules and their messages come from it.

use crate::model::Macro::{self, Loop, Step, Tool};

pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) on: &'static [Macro],
    pub(crate) side: Side,
    pub(crate) takes: Takes,
}

/// Which side of the call an argument describes, and so when its expression is evaluated.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    /// `key = expression`: before the body runs.
    Request(Need),
    /// `key = |success| expression`: after it, over `&` the success value.
    Success,
    /// `key = |error| expression`: after it, over `&` the error.
    Error,
    /// Says something to the macro itself and is never evaluated.
    Setting,
}

/// Who has to be listening for a request argument to be evaluated.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Need {
    /// Anybody: it says where the span stands, before anything else is said.
    Placed,
    /// A recording span, or a meter: the value is an attribute of a metric, too.
    Measured,
    /// A recording span, or a meter that measures agents.
    AgentMeasured,
    /// A recording span, or a meter that tells servers apart.
    ServerMeasured,
    /// A recording span.
    Recorded,
    /// A recording span, after everything else that only that needs: the value is content, too, and for that the span has to be there.
    Listed,
    /// As `Measured`, after everything else but content: it says what nothing else has said.
    Read,
    /// A recording span, and somebody who asked for content.
    Captured,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Takes {
    Text,
    Integer,
    Number,
    Flag,
    Usage,
    Type,
    Path,
    Texts,
    Messages,
    Tools,
    Json,
    /// `attributes("key" = value, …)`.
    Attributes,
    /// A flag is its own value.
    Nothing,
    /// The word `current`.
    Current,
    /// What an item of a stream says.
    Chunk,
    /// An OpenTelemetry context.
    Context,
    /// A `SystemTime`.
    Time,
    /// Whatever serialises in the shape of a provider's.
    Provided,
}

use Need::{AgentMeasured, Captured, Listed, Measured, Placed, Read, Recorded, ServerMeasured};
use Side::{Error, Request, Setting, Success};

const ALL: &[Macro] = &[Loop, Step, Tool];
const ASKING: &[Macro] = &[Loop, Step];
const INSIDE: &[Macro] = &[Step, Tool];

pub(crate) const KEYS: &[Key] = &[
    key("name", &[Tool], Request(Measured), Takes::Text),
    key("call_id", &[Tool], Request(Recorded), Takes::Text),
    key("description", &[Tool], Request(Recorded), Takes::Text),
    key("tool_type", &[Tool], Request(Measured), Takes::Text),
    key("agent", &[Loop], Request(AgentMeasured), Takes::Text),
    key("conversation_id", &[Loop], Request(Recorded), Takes::Text),
    key("provider", ALL, Request(Measured), Takes::Text),
    key("model", ASKING, Request(Measured), Takes::Text),
    key("temperature", ASKING, Request(Recorded), Takes::Number),
    key("max_tokens", ASKING, Request(Recorded), Takes::Integer),
    key("tool_count", &[Loop], Request(Recorded), Takes::Integer),
    key("result_type", &[Loop], Request(Recorded), Takes::Type),
    key("result_type_name", &[Loop], Request(Recorded), Takes::Text),
    key("handler_mode", &[Loop], Request(Recorded), Takes::Text),
    key("top_p", &[Step], Request(Recorded), Takes::Number),
    key("top_k", &[Step], Request(Recorded), Takes::Integer),
    key("seed", &[Step], Request(Recorded), Takes::Integer),
    key("stop_sequences", &[Step], Request(Recorded), Takes::Texts),
    key("presence_penalty", &[Step], Request(Recorded), Takes::Number),
    key("frequency_penalty", &[Step], Request(Recorded), Takes::Number),
    key("choice_count", &[Step], Request(Recorded), Takes::Integer),
    key("reasoning_level", &[Step], Request(Recorded), Takes::Text),
    key("previous_response_id", &[Step], Request(Recorded), Takes::Text),
    key("prompt_name", &[Step], Request(Recorded), Takes::Text),
    key("prompt_version", &[Step], Request(Recorded), Takes::Text),
    key("server_address", INSIDE, Request(ServerMeasured), Takes::Text),
    key("server_port", INSIDE, Request(ServerMeasured), Takes::Integer),
    key("iteration", &[Step], Request(Recorded), Takes::Integer),
    key("attempt", &[Step], Request(Recorded), Takes::Integer),
    key("operation", INSIDE, Setting, Takes::Text),
    key("purpose", &[Step], Setting, Takes::Text),
    key("data_source_id", &[Tool], Request(Recorded), Takes::Text),
    key("request", ASKING, Request(Read), Takes::Provided),
    key("system_prompt", ASKING, Request(Captured), Takes::Messages),
    key("messages", ASKING, Request(Captured), Takes::Messages),
    key("tools", ASKING, Request(Listed), Takes::Tools),
    key("arguments", &[Tool], Request(Captured), Takes::Json),
    key("query", &[Tool], Request(Captured), Takes::Text),
    key("response", ASKING, Success, Takes::Provided),
    key("stop_reason", &[Step], Success, Takes::Text),
    key("response_model", &[Step], Success, Takes::Text),
    key("response_id", &[Step], Success, Takes::Text),
    key("usage", &[Step], Success, Takes::Usage),
    key("message", &[Step], Success, Takes::Messages),
    key("tokens", &[Step], Setting, Takes::Flag),
    key("stream", ALL, Setting, Takes::Nothing),
    key("chunk", ALL, Success, Takes::Chunk),
    key("answer", &[Loop], Success, Takes::Messages),
    key("result", &[Tool], Success, Takes::Json),
    key("documents", &[Tool], Success, Takes::Json),
    key("failed", ALL, Success, Takes::Flag),
    key("error_type", ALL, Error, Takes::Text),
    key("inherited", &[Loop], Request(Recorded), Takes::Attributes),
    key("error_attributes", ALL, Error, Takes::Attributes),
    key("attributes", ALL, Request(Recorded), Takes::Attributes),
    key("unchecked", ALL, Request(Recorded), Takes::Attributes),
    key("recursive", &[Loop], Setting, Takes::Nothing),
    key("parent", ALL, Request(Placed), Takes::Context),
    key("link", ALL, Request(Placed), Takes::Context),
    key("started", ALL, Request(Placed), Takes::Time),
    key("span", &[Step, Tool], Setting, Takes::Current),
    key("capture", ALL, Setting, Takes::Flag),
    key("crate", ALL, Setting, Takes::Path),
];

const fn key(name: &'static str, on: &'static [Macro], side: Side, takes: Takes) -> Key {
    Key { name, on, side, takes }
}

pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The arguments of one macro, in the order of the table.
pub(crate) fn of(kind: Macro) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.on.contains(&kind))
}

/// What messages list the arguments under, in the order in which people need them.
pub(crate) const GROUPS: &[&str] = &["of the request", "of the response", "content", "attributes of your own", "besides"];

impl Key {
    pub(crate) fn group(&self) -> &'static str {
        match (self.side, self.takes) {
            (_, Takes::Attributes) => "attributes of your own",
            (Request(Captured | Listed), _) | (Success, Takes::Messages | Takes::Json) => "content",
            (Setting, Takes::Text) => "of the request",
            (Setting | Request(Placed), _) | (_, Takes::Chunk) => "besides",
            (Request(_), _) => "of the request",
            (Success | Error, _) => "of the response",
        }
    }

    /// How the argument is written, for messages that say what to write.
    pub(crate) fn example(&self) -> String {
        let name = self.name;
        let value = match (self.side, self.takes) {
            (Error, Takes::Attributes) => return format!("{name}(\"http.response.status_code\" = |error| error.status())"),
            (Error, _) => "|error| error.kind()",
            (Setting, Takes::Text) if name == "purpose" => "\"compaction\"",
            (Setting, Takes::Text) => "\"embeddings\"",
            (Success, Takes::Json) if name == "documents" => "|found| found",
            (Success, Takes::Usage) => "|response| response.usage",
            (Success, Takes::Flag) => "|output| output.is_error",
            (Success, Takes::Messages) => "|response| &response.text",
            (Success, Takes::Json) => "|output| output",
            (Success, Takes::Provided) => "|response| response",
            (Success, Takes::Chunk) => "|item| Chunk::new().text(&item.text)",
            (Success, _) => return format!("{name} = |response| &response.{name}"),
            (_, Takes::Text | Takes::Texts | Takes::Messages) => return format!("{name} = request.{name}"),
            (_, Takes::Integer) => "512",
            (_, Takes::Number) => "0.7",
            (_, Takes::Type) => "Forecast",
            (_, Takes::Path) => "::my_crate::samplescope",
            (_, Takes::Context) => "job.context",
            (_, Takes::Time) => "job.began",
            (_, Takes::Provided) => "request",
            (_, Takes::Tools) => "request.tools",
            (_, Takes::Json) => "call.arguments",
            (_, Takes::Flag | Takes::Usage) => "false",
            (_, Takes::Current) => "current",
            (_, Takes::Attributes) if name == "inherited" => return String::from("inherited(\"user.id\" = user.id)"),
            (_, Takes::Attributes) if name == "unchecked" => return String::from("unchecked(\"gen_ai.new.key\" = value)"),
            (_, Takes::Attributes) => return format!("{name}(\"app.tenant\" = tenant.id)"),
            (_, Takes::Nothing | Takes::Chunk) => return name.to_owned(),
        };
        format!("{name} = {value}")
    }

    /// The same, where that depends on what it stands on.
    pub(crate) fn example_on(&self, kind: Macro) -> String {
        match (self.name, kind) {
            ("operation", Tool) => String::from("operation = \"retrieval\""),
            _ => self.example(),
        }
    }

    /// Why the argument belongs where it does, where somebody may well have expected it elsewhere.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        Some(match self.name {
            "usage" | "tokens" => "tokens are counted on steps",
            "stop_reason" | "response_model" | "response_id" | "message" => {
                "a response belongs to one model call, which is a step"
            }
            "iteration" => "a loop counts its steps",
            "operation" => "a loop is always an agent's run",
            "purpose" => "it says what one model call is for, which is a step",
            "attempt" => "what is sent again is one model call, which is a step",
            "span" => "a client opens spans for its model calls and tools, and a loop has one of its own",
            "recursive" => "only a loop goes on when its function calls itself",
            "agent" | "conversation_id" | "inherited" => "steps and tools inherit it from their loop",
            "tool_count" | "result_type" | "result_type_name" | "handler_mode" | "answer" => "it describes the whole run",
            "name" | "call_id" | "description" | "tool_type" | "arguments" | "result" => "it describes one tool call",
            "data_source_id" | "query" | "documents" => {
                "it describes one retrieval, which is a tool with `operation = \"retrieval\"`"
            }
            "top_p"
            | "top_k"
            | "seed"
            | "stop_sequences"
            | "presence_penalty"
            | "frequency_penalty"
            | "choice_count"
            | "reasoning_level"
            | "previous_response_id"
            | "prompt_name"
            | "prompt_version" => "it describes one model call, which is a step",
            "server_address" | "server_port" => "it says where one call went",
            "provider" | "model" | "temperature" | "max_tokens" | "system_prompt" | "messages" | "tools" | "request"
            | "response" => "it describes what is asked of the model",
            _ => return None,
        })
    }
}
