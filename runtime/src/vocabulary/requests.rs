//! What MCP's requests are called, in both vocabularies.
//!
//! | source | what it is |
//! |---|---|
//! | *fastmcp* | the spans of FastMCP 3.4, whose exchange is `sampling create_message`, so that `sampling/createMessage` stays the loop's |
//! | *genai* | OpenTelemetry semantic-conventions-genai, main at a685613 (2026-08-15): the page on MCP |

use crate::vocabulary::convention::{Convention, Histogram, PRESCRIBED, REQUEST_DURATIONS, SERVER_OPERATION_DURATION, key};

/// The keys of requests.
pub(crate) mod request_key {
    // both
    pub(crate) const RESOURCE_URI: &str = "mcp.resource.uri";
    pub(crate) const SESSION_ID: &str = "mcp.session.id";
    // fastmcp
    pub(crate) const COMPONENT_KEY: &str = "fastmcp.component.key";
    pub(crate) const COMPONENT_TYPE: &str = "fastmcp.component.type";
    pub(crate) const ENDUSER_ID: &str = "enduser.id";
    pub(crate) const ENDUSER_SCOPE: &str = "enduser.scope";
    pub(crate) const PROVIDER_TYPE: &str = "fastmcp.provider.type";
    pub(crate) const SERVER_NAME: &str = "fastmcp.server.name";
    // genai
    pub(crate) const CLIENT_ADDRESS: &str = "client.address";
    pub(crate) const CLIENT_PORT: &str = "client.port";
    pub(crate) const NETWORK_PROTOCOL_NAME: &str = "network.protocol.name";
    pub(crate) const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
    pub(crate) const NETWORK_TRANSPORT: &str = "network.transport";
    pub(crate) const PROTOCOL_VERSION: &str = "mcp.protocol.version";
    pub(crate) const REQUEST_ID: &str = "jsonrpc.request.id";
    pub(crate) const STATUS_CODE: &str = "rpc.response.status_code";
}

/// Which end of a request a span stands for. It is not which end is "the server": both ask, and both answer.
///
/// The side that sends a request has a CLIENT span, the side that receives it a SERVER span, its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The end that the request leaves, and its response comes back to.
    Sender,
    /// The end that answers it.
    Receiver,
}

/// How one vocabulary writes requests.
#[derive(Debug)]
pub(crate) struct Requests {
    /// The span's name of a sampling exchange.
    pub(crate) sampling: &'static str,
    /// Whether what the protocol underneath says is there: ids, versions, transport, status codes.
    pub(crate) protocol: bool,
    /// Whether FastMCP's own attributes are.
    pub(crate) fastmcp: bool,
    /// `error.type` of a JSON-RPC error. None: its code.
    pub(crate) error: Option<&'static str>,
}

impl Requests {
    /// Those that go with the names of calls.
    pub(crate) fn of(convention: &'static Convention) -> &'static Requests {
        if std::ptr::eq(convention, &raw const PRESCRIBED) { &FASTMCP } else { &GENAI }
    }

    /// Whether a span of this vocabulary may have the attribute. One that neither knows is the user's own.
    pub(crate) fn has(&self, key: &str) -> bool {
        use request_key::{
            CLIENT_ADDRESS, CLIENT_PORT, COMPONENT_KEY, COMPONENT_TYPE, ENDUSER_ID, ENDUSER_SCOPE, NETWORK_PROTOCOL_NAME,
            NETWORK_PROTOCOL_VERSION, NETWORK_TRANSPORT, PROTOCOL_VERSION, PROVIDER_TYPE, REQUEST_ID, SERVER_NAME, STATUS_CODE,
        };
        match key {
            CLIENT_ADDRESS
            | CLIENT_PORT
            | NETWORK_PROTOCOL_NAME
            | NETWORK_PROTOCOL_VERSION
            | NETWORK_TRANSPORT
            | PROTOCOL_VERSION
            | REQUEST_ID
            | STATUS_CODE
            | key::SERVER_ADDRESS
            | key::SERVER_PORT
            | key::OPERATION_NAME => self.protocol,
            COMPONENT_KEY | COMPONENT_TYPE | ENDUSER_ID | ENDUSER_SCOPE | PROVIDER_TYPE | SERVER_NAME => self.fastmcp,
            _ => true,
        }
    }
}

static FASTMCP: Requests =
    Requests { sampling: "sampling create_message", protocol: false, fastmcp: true, error: Some("McpError") };
static GENAI: Requests = Requests { sampling: SAMPLING, protocol: true, fastmcp: false, error: None };

pub(crate) const SAMPLING: &str = "sampling/createMessage";
pub(crate) const CALL_TOOL: &str = "tools/call";
pub(crate) const EXECUTE_TOOL: &str = "execute_tool";
pub(crate) const DELEGATE: &str = "delegate";

/// The requests of MCP 2024-11-05 to 2026-07-28, and of its extensions. Others are `_OTHER` in metrics: whoever sends one may call it anything.
static METHODS: [&str; 26] = [
    CALL_TOOL,
    "tools/list",
    SAMPLING,
    "resources/read",
    "prompts/get",
    "ping",
    "initialize",
    "server/discover",
    "resources/list",
    "resources/templates/list",
    "resources/subscribe",
    "resources/unsubscribe",
    "resources/directory/read",
    "prompts/list",
    "completion/complete",
    "elicitation/create",
    "roots/list",
    "logging/setLevel",
    "subscriptions/listen",
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/update",
    "tasks/cancel",
    "skills/list",
    "skills/get",
];

/// The method as the program's own text, if MCP defines it.
pub(crate) fn defined(method: &str) -> Option<&'static str> {
    METHODS.iter().copied().find(|defined| *defined == method)
}

/// The version as the program's own text, if it is one of MCP's until now.
pub(crate) fn defined_version(version: &str) -> Option<&'static str> {
    const VERSIONS: [&str; 5] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
    VERSIONS.into_iter().find(|defined| *defined == version)
}

/// JSON-RPC errors that a receiver is not at fault for (genai #404): what it was sent does not parse, is invalid, or names what is not there.
pub(crate) fn is_senders_fault(code: i32) -> bool {
    matches!(code, -32700 | -32600 | INVALID_METHOD | INVALID_PARAMS | -32002)
}

const INVALID_METHOD: i32 = -32601;
/// Also the answer to the name of a tool that is not there.
pub(crate) const INVALID_PARAMS: i32 = -32602;

const OF_CLIENT: &[&str] = &[
    key::MCP_METHOD_NAME,
    key::OPERATION_NAME,
    key::TOOL_NAME,
    key::PROMPT_NAME,
    request_key::PROTOCOL_VERSION,
    request_key::NETWORK_TRANSPORT,
    request_key::NETWORK_PROTOCOL_NAME,
    request_key::NETWORK_PROTOCOL_VERSION,
    key::SERVER_ADDRESS,
    key::SERVER_PORT,
    request_key::STATUS_CODE,
];
/// Whoever asks a server has an address of its own: there are too many.
const OF_SERVER: &[&str] = &[
    key::MCP_METHOD_NAME,
    key::OPERATION_NAME,
    key::TOOL_NAME,
    key::PROMPT_NAME,
    request_key::PROTOCOL_VERSION,
    request_key::NETWORK_TRANSPORT,
    request_key::NETWORK_PROTOCOL_NAME,
    request_key::NETWORK_PROTOCOL_VERSION,
    request_key::STATUS_CODE,
];
const OF_CLIENT_SESSION: &[&str] = &[
    request_key::PROTOCOL_VERSION,
    request_key::NETWORK_TRANSPORT,
    request_key::NETWORK_PROTOCOL_NAME,
    request_key::NETWORK_PROTOCOL_VERSION,
    key::SERVER_ADDRESS,
    key::SERVER_PORT,
];
const OF_SERVER_SESSION: &[&str] = &[
    request_key::PROTOCOL_VERSION,
    request_key::NETWORK_TRANSPORT,
    request_key::NETWORK_PROTOCOL_NAME,
    request_key::NETWORK_PROTOCOL_VERSION,
];

/// What is measured, and the attributes of its measurements.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) duration: Histogram,
    pub(crate) attributes: &'static [&'static str],
}

const fn measured(name: &'static str, description: &'static str, attributes: &'static [&'static str]) -> Measured {
    Measured { duration: Histogram { name, unit: "s", description, boundaries: REQUEST_DURATIONS }, attributes }
}

/// By [`Side`].
pub(crate) static REQUESTS: [Measured; 2] = [
    measured(
        "mcp.client.operation.duration",
        "The duration of a request, from when it is sent to when its response is there.",
        OF_CLIENT,
    ),
    measured(SERVER_OPERATION_DURATION, "The duration of a request, from when it is there to when it is answered.", OF_SERVER),
];

/// By the [`Side`] of the request that began it.
pub(crate) static SESSIONS: [Measured; 2] = [
    measured("mcp.client.session.duration", "The duration of a session, as its client sees it.", OF_CLIENT_SESSION),
    measured("mcp.server.session.duration", "The duration of a session, as its server sees it.", OF_SERVER_SESSION),
];
