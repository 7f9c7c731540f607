//! Every name that leaves this crate, and where it comes from.
//!
//! | source | what it is |
//! |---|---|
//! | *prescribed* | FastMCP issue #3891 and PR #3892 |
//! | *genai* | OpenTelemetry semantic-conventions-genai, main at a685613 (2026-08-15), with what its `non-normative/migration.md` at 32c328e (2026-10) lists |
//! | *genai, inference* | the same, `docs/gen-ai/client-inference.md` at 024a4f9 and `gen-ai-token-metrics.md` at 066d4a7 (both 2026-10) |
//! | *core* | OpenTelemetry semantic-conventions v1.44.0 |
//! | *own* | none of them has a name for it: in the namespace `samplescope`, but for the cost |
//!
//! The two vocabularies stand side by side as [`PRESCRIBED`] and [`GENAI`]: a second pin of either is a third table, not a branch.
//! CONTRIBUTING says how the next pin is made. No name that leaves stands anywhere else, which `tests/tests/one_place.rs` holds.

use crate::vocabulary::{Modality, OperationName, Shared, Spent};
use opentelemetry::StringValue;
use std::sync::Arc;

/// The keys, those of either vocabulary and those that are ours.
pub(crate) mod key {
    // prescribed
    pub(crate) const HANDLER_MODE: &str = "fastmcp.sampling.handler_mode";
    pub(crate) const ITERATION: &str = "fastmcp.sampling.iteration";
    pub(crate) const ITERATIONS: &str = "fastmcp.sampling.iterations";
    pub(crate) const RESULT_TYPE: &str = "fastmcp.sampling.result_type";
    pub(crate) const STOP_REASON: &str = "fastmcp.sampling.stop_reason";
    pub(crate) const TOOL_COUNT: &str = "fastmcp.sampling.tool_count";
    pub(crate) const CONSECUTIVE_FAILURES: &str = "fastmcp.sampling.consecutive_failures";
    pub(crate) const RETRY_COUNT: &str = "fastmcp.sampling.retry_count";
    pub(crate) const FINISH_REASON: &str = "finish_reason";
    pub(crate) const INDEX: &str = "index";

    // genai
    pub(crate) const AGENT_NAME: &str = "gen_ai.agent.name";
    pub(crate) const CONVERSATION_COMPACTED: &str = "gen_ai.conversation.compacted";
    pub(crate) const CONVERSATION_ID: &str = "gen_ai.conversation.id";
    pub(crate) const DATA_SOURCE_ID: &str = "gen_ai.data_source.id";
    pub(crate) const EVALUATION_EXPLANATION: &str = "gen_ai.evaluation.explanation";
    pub(crate) const EVALUATION_LABEL: &str = "gen_ai.evaluation.score.label";
    pub(crate) const EVALUATION_NAME: &str = "gen_ai.evaluation.name";
    pub(crate) const EVALUATION_SCORE: &str = "gen_ai.evaluation.score.value";
    pub(crate) const MCP_METHOD_NAME: &str = "mcp.method.name";
    pub(crate) const OPERATION_NAME: &str = "gen_ai.operation.name";
    pub(crate) const PROVIDER_NAME: &str = "gen_ai.provider.name";
    pub(crate) const OUTPUT_TYPE: &str = "gen_ai.output.type";
    pub(crate) const PROMPT_NAME: &str = "gen_ai.prompt.name";
    pub(crate) const PROMPT_VERSION: &str = "gen_ai.prompt.version";
    pub(crate) const REQUEST_CHOICE_COUNT: &str = "gen_ai.request.choice.count";
    pub(crate) const REQUEST_FREQUENCY_PENALTY: &str = "gen_ai.request.frequency_penalty";
    pub(crate) const REQUEST_MAX_TOKENS: &str = "gen_ai.request.max_tokens";
    pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
    pub(crate) const REQUEST_PRESENCE_PENALTY: &str = "gen_ai.request.presence_penalty";
    pub(crate) const REQUEST_PREVIOUS_RESPONSE_ID: &str = "gen_ai.request.previous_response.id";
    pub(crate) const REQUEST_REASONING_LEVEL: &str = "gen_ai.request.reasoning.level";
    pub(crate) const REQUEST_SEED: &str = "gen_ai.request.seed";
    pub(crate) const REQUEST_STOP_SEQUENCES: &str = "gen_ai.request.stop_sequences";
    pub(crate) const REQUEST_STREAM: &str = "gen_ai.request.stream";
    pub(crate) const REQUEST_TEMPERATURE: &str = "gen_ai.request.temperature";
    pub(crate) const REQUEST_TOP_K: &str = "gen_ai.request.top_k";
    pub(crate) const REQUEST_TOP_P: &str = "gen_ai.request.top_p";
    pub(crate) const RESPONSE_FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
    pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
    pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
    pub(crate) const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
    pub(crate) const TOKEN_TYPE: &str = "gen_ai.token.type";
    pub(crate) const TOKEN_MODALITY: &str = "gen_ai.token.modality";
    pub(crate) const TOOL_CALL_ID: &str = "gen_ai.tool.call.id";
    pub(crate) const TOOL_DESCRIPTION: &str = "gen_ai.tool.description";
    pub(crate) const TOOL_NAME: &str = "gen_ai.tool.name";
    pub(crate) const TOOL_TYPE: &str = "gen_ai.tool.type";
    pub(crate) const USAGE_CACHE_CREATION: &str = "gen_ai.usage.cache_creation.input_tokens";
    pub(crate) const USAGE_CACHE_WRITE: &str = "gen_ai.usage.cache_write.input_tokens";
    pub(crate) const USAGE_CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
    pub(crate) const USAGE_INPUT: &str = "gen_ai.usage.input_tokens";
    pub(crate) const USAGE_OUTPUT: &str = "gen_ai.usage.output_tokens";
    pub(crate) const USAGE_REASONING: &str = "gen_ai.usage.reasoning.output_tokens";

    // genai, content
    pub(crate) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
    pub(crate) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
    pub(crate) const MEMORY_QUERY: &str = "gen_ai.memory.query.text";
    pub(crate) const MEMORY_RECORDS: &str = "gen_ai.memory.records";
    pub(crate) const RETRIEVAL_DOCUMENTS: &str = "gen_ai.retrieval.documents";
    pub(crate) const RETRIEVAL_QUERY: &str = "gen_ai.retrieval.query.text";
    pub(crate) const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
    pub(crate) const TOOL_CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
    pub(crate) const TOOL_CALL_RESULT: &str = "gen_ai.tool.call.result";
    pub(crate) const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";

    // core
    pub(crate) const ERROR_TYPE: &str = "error.type";
    pub(crate) const EXCEPTION_MESSAGE: &str = "exception.message";
    pub(crate) const EXCEPTION_TYPE: &str = "exception.type";
    pub(crate) const RESEND_COUNT: &str = "http.request.resend_count";
    pub(crate) const SERVER_ADDRESS: &str = "server.address";
    pub(crate) const SERVER_PORT: &str = "server.port";

    // own
    pub(crate) const AGENT_PARENT: &str = "samplescope.agent.parent";
    pub(crate) const DECISION: &str = "samplescope.decision";
    pub(crate) const DECISION_BY: &str = "samplescope.decision.by";
    pub(crate) const INPUT_MESSAGES_OMITTED: &str = "samplescope.input.messages.omitted";
    pub(crate) const MESSAGES_AFTER: &str = "samplescope.messages.after";
    pub(crate) const MESSAGES_BEFORE: &str = "samplescope.messages.before";
    pub(crate) const PURPOSE: &str = "samplescope.purpose";
    pub(crate) const STREAM_SILENCE: &str = "samplescope.stream.silence";
    /// Beside the tokens that it is the price of, where backends look for it.
    pub(crate) const USAGE_COST: &str = "gen_ai.usage.cost";
}

/// Events on spans.
pub(crate) mod event {
    // prescribed
    pub(crate) const VALIDATION_FAILURE: &str = "sampling.validation_failure";
    pub(crate) const TEXT_RESPONSE_RETRY: &str = "sampling.text_response_retry";
    pub(crate) const CHOICE: &str = "gen_ai.choice";
    // genai
    pub(crate) const EVALUATION_RESULT: &str = "gen_ai.evaluation.result";
    pub(crate) const DETAILS: &str = "gen_ai.client.inference.operation.details";
    pub(crate) const OPERATION_EXCEPTION: &str = "gen_ai.client.operation.exception";
    // core
    pub(crate) const EXCEPTION: &str = "exception";
    // own
    pub(crate) const COMPACTED: &str = "samplescope.compacted";
    pub(crate) const TOOL_DECISION: &str = "samplescope.tool_decision";

    /// The event of a message (prescribed), which is also the key of its text.
    pub(crate) fn message(role: &str) -> String {
        format!("gen_ai.{role}.message")
    }
}

/// Values that a reader of the spans may compare with.
pub(crate) mod value {
    /// The description of a panic's status.
    pub(crate) const PANICKED: &str = "panicked";
    /// `error.type` and description of a call that was dropped unfinished.
    pub(crate) const CANCELLED: &str = "cancelled";
    /// `error.type` of a panic.
    pub(crate) const PANIC: &str = "panic";
    /// `error.type` of a tool whose success value says that it failed (genai).
    pub(crate) const TOOL_ERROR: &str = "tool_error";
    /// `error.type` of what has no name of its own (core).
    pub(crate) const OTHER: &str = "_OTHER";
    /// `fastmcp.sampling.result_type` of a string (prescribed: Python's name for it).
    pub(crate) const STRING_RESULT: &str = "str";
    /// `gen_ai.output.type` of a loop that makes a structured result (genai).
    pub(crate) const JSON_OUTPUT: &str = "json";
    /// `gen_ai.output.type` of any other (genai).
    pub(crate) const TEXT_OUTPUT: &str = "text";
    /// `fastmcp.sampling.stop_reason` of a response that could have named one and did not (prescribed).
    pub(crate) const UNKNOWN_STOP_REASON: &str = "unknown";
    /// `gen_ai.tool.type` unless the user says otherwise (genai).
    pub(crate) const FUNCTION_TOOL: &str = "function";
}

/// `gen_ai.token.modality` (genai), in the order of [`Modality`]; the last is that of tokens which the provider does not break down.
pub(crate) const MODALITIES: [&str; 4] = ["text", "image", "audio", "unknown"];

/// The attribute of the tokens of one modality (genai).
pub(crate) fn usage_of(spent: Spent, modality: Modality) -> &'static str {
    match (modality, spent) {
        (Modality::Text, Spent::Input) => "gen_ai.usage.text.input_tokens",
        (Modality::Text, Spent::Output) => "gen_ai.usage.text.output_tokens",
        (Modality::Text, Spent::CacheRead) => "gen_ai.usage.text.cache_read.input_tokens",
        (Modality::Image, Spent::Input) => "gen_ai.usage.image.input_tokens",
        (Modality::Image, Spent::Output) => "gen_ai.usage.image.output_tokens",
        (Modality::Image, Spent::CacheRead) => "gen_ai.usage.image.cache_read.input_tokens",
        (Modality::Audio, Spent::Input) => "gen_ai.usage.audio.input_tokens",
        (Modality::Audio, Spent::Output) => "gen_ai.usage.audio.output_tokens",
        (Modality::Audio, Spent::CacheRead) => "gen_ai.usage.audio.cache_read.input_tokens",
    }
}

/// One vocabulary.
#[derive(Debug)]
pub(crate) struct Convention {
    pub(crate) schema_url: &'static str,
    /// The key of the prompt tokens that the provider wrote to its cache.
    pub(crate) cache_write: &'static str,
    /// Whether the system's instructions are text, and nothing else.
    pub(crate) text_instructions: bool,
    /// In the order of [`OperationName`]'s numbers.
    operations: [Operation; OperationName::COUNT],
}

/// How the calls of one operation are written down.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) called: OperationName,
    /// The span's name, or the beginning of it.
    pub(crate) name: &'static str,
    /// The attribute whose value follows the name, where there is one.
    pub(crate) subject: Option<Shared>,
    /// CLIENT rather than INTERNAL.
    pub(crate) client: bool,
    /// Attributes that every such span has.
    pub(crate) attributes: &'static [(&'static str, &'static str)],
    /// Whether the span says what the output is to be.
    pub(crate) output_type: bool,
    pub(crate) content: Content,
    /// Of documents and memories.
    pub(crate) search: Option<&'static Search>,
    /// Whether an error is a log event, too, where content is one.
    pub(crate) logs_exceptions: bool,
    /// What is said of it for the calls inside alone.
    pub(crate) hands_on: Option<Shared>,
    /// The attributes of all its measurements. Some have one more: `error.type` on failure, the type of tokens, their modality.
    pub(crate) metric_attributes: &'static [&'static str],
    /// With `error.type` on failure.
    pub(crate) duration: Option<&'static Histogram>,
    /// Of a stream.
    pub(crate) chunks: Option<&'static Chunks>,
    pub(crate) tokens: Option<&'static Tokens>,
    pub(crate) counts: Option<&'static Counts>,
}

/// Where a call's content goes when spans carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nowhere.
    Nothing,
    /// One span event a message.
    Events,
    /// JSON text in attributes.
    Attributes,
}

/// Where the content goes of what searches: what was looked for, and what was found.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) query: &'static str,
    pub(crate) found: &'static str,
}

/// One histogram.
#[derive(Debug)]
pub(crate) struct Histogram {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) description: &'static str,
    pub(crate) boundaries: &'static [f64],
}

/// One counter.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) description: &'static str,
}

/// How the chunks of a stream are timed.
#[derive(Debug)]
pub(crate) struct Chunks {
    /// From the start to the first.
    pub(crate) first: Histogram,
    /// From each to the next.
    pub(crate) next: Histogram,
}

/// How tokens are measured.
#[derive(Debug)]
pub(crate) enum Tokens {
    /// Input and output in one histogram, with their type.
    ByType(Histogram),
    /// What was spent, and what one call took.
    Spent(&'static Spending),
}

/// What a model call spends.
#[derive(Debug)]
pub(crate) struct Spending {
    // With the modality of the tokens.
    pub(crate) input: Counter,
    pub(crate) output: Counter,
    pub(crate) cache_read: Counter,
    pub(crate) cache_write: Counter,
    pub(crate) reasoning: Counter,
    /// Input and output of one call, with `error.type` on failure.
    pub(crate) each: [Histogram; 2],
}

/// What a loop counted.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) steps: Histogram,
    pub(crate) tools: Histogram,
}

impl Convention {
    pub(crate) fn operation(&self, called: OperationName) -> &Operation {
        &self.operations[called as usize]
    }
}

impl Operation {
    /// An attribute that every such span has.
    pub(crate) fn constant(&self, key: &str) -> Option<&'static str> {
        self.attributes.iter().find(|(name, _)| *name == key).map(|&(_, value)| value)
    }

    /// Whether there is an instrument for it.
    pub(crate) fn is_measured(&self) -> bool {
        !self.metric_attributes.is_empty()
    }

    /// Whether a meter wants to know the attribute.
    pub(crate) fn measures(&self, key: &str) -> bool {
        self.metric_attributes.contains(&key)
    }
}

/// The names of FastMCP issue #3891, which are the default. It has none for what is no inference and no tool: these are formed as its tools' are.
pub(crate) static PRESCRIBED: Convention = Convention {
    schema_url: "https://opentelemetry.io/schemas/1.44.0",
    cache_write: key::USAGE_CACHE_CREATION,
    text_instructions: false,
    operations: [
        Operation {
            called: OperationName::InvokeAgent,
            name: "sampling/createMessage",
            attributes: &[(key::MCP_METHOD_NAME, "sampling/createMessage"), (key::OPERATION_NAME, "invoke_agent")],
            content: Content::Events,
            metric_attributes: &[key::MCP_METHOD_NAME],
            duration: Some(&Histogram {
                name: SERVER_OPERATION_DURATION,
                unit: "s",
                description: "The duration of a sampling loop, from its start to its end.",
                boundaries: REQUEST_DURATIONS,
            }),
            ..PLAIN
        },
        PRESCRIBED_STEP,
        Operation {
            called: OperationName::GenerateContent,
            attributes: &[(key::OPERATION_NAME, "generate_content")],
            ..PRESCRIBED_STEP
        },
        Operation {
            called: OperationName::TextCompletion,
            attributes: &[(key::OPERATION_NAME, "text_completion")],
            ..PRESCRIBED_STEP
        },
        Operation {
            called: OperationName::Embeddings,
            name: "sampling.embeddings",
            subject: Some(Shared::RequestModel),
            attributes: &[(key::OPERATION_NAME, "embeddings")],
            ..PRESCRIBED_STEP
        },
        PRESCRIBED_TOOL,
        Operation {
            called: OperationName::Retrieval,
            name: "sampling.retrieval",
            subject: Some(Shared::DataSourceId),
            attributes: &[(key::OPERATION_NAME, "retrieval")],
            search: Some(RETRIEVAL),
            ..PRESCRIBED_TOOL
        },
        prescribed_memory(OperationName::SearchMemory, "sampling.search_memory", &[(key::OPERATION_NAME, "search_memory")]),
        prescribed_memory(OperationName::CreateMemory, "sampling.create_memory", &[(key::OPERATION_NAME, "create_memory")]),
        prescribed_memory(OperationName::UpdateMemory, "sampling.update_memory", &[(key::OPERATION_NAME, "update_memory")]),
        prescribed_memory(OperationName::UpsertMemory, "sampling.upsert_memory", &[(key::OPERATION_NAME, "upsert_memory")]),
        prescribed_memory(OperationName::DeleteMemory, "sampling.delete_memory", &[(key::OPERATION_NAME, "delete_memory")]),
        prescribed_memory(
            OperationName::CreateMemoryStore,
            "sampling.create_memory_store",
            &[(key::OPERATION_NAME, "create_memory_store")],
        ),
        prescribed_memory(
            OperationName::DeleteMemoryStore,
            "sampling.delete_memory_store",
            &[(key::OPERATION_NAME, "delete_memory_store")],
        ),
    ],
};

/// What an operation is where nothing is said of it: INTERNAL, without content, and not measured.
const PLAIN: Operation = Operation {
    called: OperationName::InvokeAgent,
    name: "",
    subject: None,
    client: false,
    attributes: &[],
    output_type: false,
    content: Content::Nothing,
    search: None,
    logs_exceptions: false,
    hands_on: None,
    metric_attributes: &[],
    duration: None,
    chunks: None,
    tokens: None,
    counts: None,
};

const PRESCRIBED_STEP: Operation = Operation {
    called: OperationName::Chat,
    name: "sampling/createMessage step",
    attributes: &[(key::OPERATION_NAME, "chat")],
    metric_attributes: &[key::OPERATION_NAME, key::PROVIDER_NAME, key::REQUEST_MODEL, key::RESPONSE_MODEL],
    tokens: Some(&Tokens::ByType(Histogram {
        name: "gen_ai.client.token.usage",
        unit: "{token}",
        description: "How many tokens a model call used.",
        boundaries: TOKENS,
    })),
    ..PLAIN
};

const PRESCRIBED_TOOL: Operation = Operation {
    called: OperationName::ExecuteTool,
    name: "sampling.execute_tool",
    subject: Some(Shared::ToolName),
    attributes: &[(key::OPERATION_NAME, "execute_tool")],
    content: Content::Attributes,
    ..PLAIN
};

const fn prescribed_memory(called: OperationName, name: &'static str, attributes: &'static [(&str, &str)]) -> Operation {
    Operation { called, name, subject: None, attributes, search: Some(MEMORY), ..PRESCRIBED_TOOL }
}

/// The names of the OpenTelemetry GenAI conventions, for those who opt in.
pub(crate) static GENAI: Convention = Convention {
    schema_url: "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev",
    cache_write: key::USAGE_CACHE_WRITE,
    text_instructions: true,
    operations: [
        Operation {
            called: OperationName::InvokeAgent,
            name: "invoke_agent",
            subject: Some(Shared::AgentName),
            attributes: &[(key::OPERATION_NAME, "invoke_agent")],
            output_type: true,
            content: Content::Attributes,
            hands_on: Some(Shared::ProviderName),
            metric_attributes: &[key::OPERATION_NAME, key::AGENT_NAME],
            duration: Some(&Histogram {
                name: "gen_ai.invoke_agent.duration",
                unit: "s",
                description: "The duration of an agent's run, from its start to its end.",
                boundaries: &[0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6],
            }),
            counts: Some(&Counts {
                steps: Histogram {
                    name: "gen_ai.invoke_agent.inference_calls",
                    unit: "{inference_call}",
                    description: "How often an agent asked its model in one run.",
                    boundaries: COUNTS,
                },
                tools: Histogram {
                    name: "gen_ai.invoke_agent.tool_calls",
                    unit: "{tool_call}",
                    description: "How many tools an agent called in one run.",
                    boundaries: COUNTS,
                },
            }),
            ..PLAIN
        },
        CHAT,
        Operation {
            called: OperationName::GenerateContent,
            name: "generate_content",
            attributes: &[(key::OPERATION_NAME, "generate_content")],
            ..CHAT
        },
        Operation {
            called: OperationName::TextCompletion,
            name: "text_completion",
            attributes: &[(key::OPERATION_NAME, "text_completion")],
            ..CHAT
        },
        // Its tokens are on the span: since October 2026 no metric of theirs is for them.
        Operation {
            called: OperationName::Embeddings,
            name: "embeddings",
            subject: Some(Shared::RequestModel),
            client: true,
            attributes: &[(key::OPERATION_NAME, "embeddings")],
            logs_exceptions: true,
            metric_attributes: CLIENT,
            duration: Some(CLIENT_DURATION),
            ..PLAIN
        },
        Operation {
            name: "execute_tool",
            metric_attributes: &[key::OPERATION_NAME, key::TOOL_NAME, key::TOOL_TYPE],
            duration: Some(&Histogram {
                name: "gen_ai.execute_tool.duration",
                unit: "s",
                description: "The duration of a tool call, from its start to its end.",
                boundaries: DURATIONS,
            }),
            ..PRESCRIBED_TOOL
        },
        Operation {
            subject: Some(Shared::DataSourceId),
            search: Some(RETRIEVAL),
            ..memory(OperationName::Retrieval, "retrieval", &[(key::OPERATION_NAME, "retrieval")])
        },
        memory(OperationName::SearchMemory, "search_memory", &[(key::OPERATION_NAME, "search_memory")]),
        memory(OperationName::CreateMemory, "create_memory", &[(key::OPERATION_NAME, "create_memory")]),
        memory(OperationName::UpdateMemory, "update_memory", &[(key::OPERATION_NAME, "update_memory")]),
        memory(OperationName::UpsertMemory, "upsert_memory", &[(key::OPERATION_NAME, "upsert_memory")]),
        memory(OperationName::DeleteMemory, "delete_memory", &[(key::OPERATION_NAME, "delete_memory")]),
        memory(OperationName::CreateMemoryStore, "create_memory_store", &[(key::OPERATION_NAME, "create_memory_store")]),
        memory(OperationName::DeleteMemoryStore, "delete_memory_store", &[(key::OPERATION_NAME, "delete_memory_store")]),
    ],
};

/// An inference. What is none is timed by [`CLIENT_DURATION`] instead, and counts no tokens this way.
const CHAT: Operation = Operation {
    called: OperationName::Chat,
    name: "chat",
    subject: Some(Shared::RequestModel),
    client: true,
    attributes: &[(key::OPERATION_NAME, "chat")],
    output_type: true,
    content: Content::Attributes,
    logs_exceptions: true,
    metric_attributes: CLIENT,
    duration: Some(&Histogram {
        name: "gen_ai.client.inference.duration",
        unit: "s",
        description: "The duration of a model call, from its start to its end.",
        boundaries: DURATIONS,
    }),
    chunks: Some(&Chunks {
        first: Histogram {
            name: "gen_ai.client.inference.time_to_first_chunk",
            unit: "s",
            description: "The time from the start of a model call to the first piece of its response.",
            boundaries: DURATIONS,
        },
        next: Histogram {
            name: "gen_ai.client.inference.time_per_output_chunk",
            unit: "s",
            description: "The time from one piece of a response to the next.",
            boundaries: DURATIONS,
        },
    }),
    tokens: Some(&Tokens::Spent(&Spending {
        input: Counter {
            name: "gen_ai.client.inference.usage.input_tokens",
            unit: "{token}",
            description: "How many tokens the prompts of model calls had, cached ones included.",
        },
        output: Counter {
            name: "gen_ai.client.inference.usage.output_tokens",
            unit: "{token}",
            description: "How many tokens the responses of model calls had, reasoning included.",
        },
        cache_read: Counter {
            name: "gen_ai.client.inference.usage.cache_read.input_tokens",
            unit: "{token}",
            description: "How many prompt tokens providers read from their caches.",
        },
        cache_write: Counter {
            name: "gen_ai.client.inference.usage.cache_write.input_tokens",
            unit: "{token}",
            description: "How many prompt tokens providers wrote to their caches.",
        },
        reasoning: Counter {
            name: "gen_ai.client.inference.usage.reasoning.output_tokens",
            unit: "{token}",
            description: "How many response tokens models spent on reasoning.",
        },
        each: [
            Histogram {
                name: "gen_ai.client.inference.operation.input_tokens",
                unit: "{token}",
                description: "How many tokens the prompt of one model call had.",
                boundaries: TOKENS,
            },
            Histogram {
                name: "gen_ai.client.inference.operation.output_tokens",
                unit: "{token}",
                description: "How many tokens the response of one model call had.",
                boundaries: TOKENS,
            },
        ],
    })),
    ..PLAIN
};

/// What is done to memories, and much the same as what is done to documents.
const fn memory(called: OperationName, name: &'static str, attributes: &'static [(&str, &str)]) -> Operation {
    Operation {
        called,
        name,
        client: true,
        attributes,
        content: Content::Attributes,
        search: Some(MEMORY),
        logs_exceptions: true,
        metric_attributes: &[key::OPERATION_NAME, key::PROVIDER_NAME, key::SERVER_ADDRESS, key::SERVER_PORT],
        duration: Some(CLIENT_DURATION),
        ..PLAIN
    }
}

/// What is measured of a call to a model's service.
const CLIENT: &[&str] =
    &[key::OPERATION_NAME, key::PROVIDER_NAME, key::REQUEST_MODEL, key::RESPONSE_MODEL, key::SERVER_ADDRESS, key::SERVER_PORT];
const CLIENT_DURATION: &Histogram = &Histogram {
    name: "gen_ai.client.operation.duration",
    unit: "s",
    description: "The duration of a call to a service that is no model call, from its start to its end.",
    boundaries: DURATIONS,
};
const RETRIEVAL: &Search = &Search { query: key::RETRIEVAL_QUERY, found: key::RETRIEVAL_DOCUMENTS };
const MEMORY: &Search = &Search { query: key::MEMORY_QUERY, found: key::MEMORY_RECORDS };

/// The loop's (prescribed), and that of a request that a server answers (genai).
pub(crate) const SERVER_OPERATION_DURATION: &str = "mcp.server.operation.duration";
/// The boundaries of all that MCP measures.
pub(crate) const REQUEST_DURATIONS: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];
const TOKENS: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const DURATIONS: &[f64] = &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The names of one stop reason: the prescribed one (where there is none, it is written as said), the GenAI one, and how providers spell it.
struct StopReason {
    prescribed: Option<&'static str>,
    genai: &'static str,
    spellings: &'static [&'static str],
}

/// Spellings are compared without case, `_` and `-`, so that a Rust variant's name is one, too.
/// OpenAI: `finish_reason` of chat completions. Anthropic: `stop_reason` of messages. MCP: `stopReason`. Google and Cohere: `finish_reason`.
static STOP_REASONS: &[StopReason] = &[
    StopReason {
        prescribed: Some("toolUse"),
        genai: "tool_call",
        spellings: &["tooluse", "toolcalls", "toolcall", "functioncall"],
    },
    StopReason { prescribed: Some("endTurn"), genai: "stop", spellings: &["endturn", "stop", "complete"] },
    StopReason { prescribed: Some("maxTokens"), genai: "length", spellings: &["maxtokens", "length", "maxoutputtokens"] },
    StopReason { prescribed: Some("stopSequence"), genai: "stop", spellings: &["stopsequence"] },
    StopReason { prescribed: None, genai: "content_filter", spellings: &["contentfilter", "refusal", "safety"] },
];

/// What a provider said, in the prescribed words and in GenAI's. What is not known is written as said.
pub(crate) fn stop_reason(said: StringValue) -> (StringValue, StringValue) {
    match known(said.as_str()) {
        Some(known) => (known.prescribed.map_or(said, StringValue::from), known.genai.into()),
        None => (said.clone(), said),
    }
}

/// What a provider said, as [`stop_reason`] understands it just as well: most often the prescribed word, which is not copied.
pub(crate) fn stop_reason_word(said: &str) -> StringValue {
    known(said).and_then(|known| known.prescribed).map_or_else(|| Arc::<str>::from(said).into(), StringValue::from)
}

fn known(said: &str) -> Option<&'static StopReason> {
    // What was brought to the prescribed word before.
    if let Some(reason) = STOP_REASONS.iter().find(|reason| reason.prescribed == Some(said)) {
        return Some(reason);
    }
    STOP_REASONS.iter().find(|reason| reason.spellings.iter().any(|spelling| is_spelled(said, spelling)))
}

fn is_spelled(said: &str, spelling: &str) -> bool {
    let mut letters = said.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    spelling.bytes().all(|letter| letters.next().is_some_and(|said| said.to_ascii_lowercase() == letter))
        && letters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_stands_where_it_is_looked_for_and_says_its_own_name() {
        for called in OperationName::all() {
            let [prescribed, genai] = [&PRESCRIBED, &GENAI].map(|convention| convention.operation(called));
            assert_eq!((prescribed.called, genai.called), (called, called));
            let name = genai.constant(key::OPERATION_NAME);
            assert_eq!((Some(genai.name), prescribed.constant(key::OPERATION_NAME)), (name, name));
        }
    }

    #[test]
    fn every_spelling_is_short_enough_to_be_found() {
        for spelling in STOP_REASONS.iter().flat_map(|reason| reason.spellings) {
            assert!(known(spelling).is_some(), "{spelling}");
            assert!(known(&format!("{spelling}x")).is_none(), "{spelling}");
        }
    }

    #[test]
    fn the_word_for_what_was_said_means_the_same() {
        for said in ["tool_calls", "ToolUse", "end_turn", "length", "stop-sequence", "refusal", "a word of its own", ""] {
            assert_eq!(stop_reason(stop_reason_word(said)), stop_reason(said.to_owned().into()), "{said}");
        }
    }
}
