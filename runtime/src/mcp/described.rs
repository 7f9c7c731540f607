//! What is known of a request when it starts, and when it ends.

use crate::vocabulary::{key, request_key};
use std::fmt;

/// What is known of a request when it starts. Only the method has to be; what is `None` is left out.
///
/// Which of these are attributes depends on the vocabulary: ids, versions and transports are in the GenAI names only, what begins with
/// `fastmcp` or `enduser` in the default names only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Described<'a> {
    /// `mcp.method.name`, and the beginning of the span's name: `tools/call`.
    pub method: &'a str,
    /// `gen_ai.tool.name`, of a `tools/call`.
    pub tool: Option<&'a str>,
    /// `gen_ai.prompt.name`, of a `prompts/get`.
    pub prompt: Option<&'a str>,
    /// `mcp.resource.uri`, of a `resources/read`, `resources/subscribe` or `resources/unsubscribe`.
    pub resource_uri: Option<&'a str>,
    /// `jsonrpc.request.id`: a string, whatever it was.
    pub request_id: Option<RequestId<'a>>,
    /// `mcp.session.id`, where the transport has sessions. Never one that is made up.
    pub session_id: Option<&'a str>,
    /// `mcp.protocol.version`: the one that both sides agreed on.
    pub protocol_version: Option<&'a str>,
    /// `network.transport`: `pipe` for standard input and output, `tcp` for HTTP, `unix` for a socket.
    pub transport: Option<&'static str>,
    /// `network.protocol.name` and `network.protocol.version`: `("http", "1.1")`.
    pub network_protocol: Option<(&'static str, &'static str)>,
    /// `server.address` of a request that is sent, `client.address` of one that is received.
    pub address: Option<&'a str>,
    /// `server.port` or `client.port`. Left out without an address.
    pub port: Option<u16>,
    /// `fastmcp.server.name`, of a request that is received.
    pub server_name: Option<&'a str>,
    /// `enduser.id`, of a request that is received: who was authenticated.
    pub enduser_id: Option<&'a str>,
    /// `enduser.scope`, of a request that is received: what they may do.
    pub enduser_scope: Option<&'a str>,
}

/// Which attributes were known at the start, and are not learned anew: a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AtStart(u32);

impl AtStart {
    pub(crate) const TOOL: AtStart = AtStart(1);
    pub(crate) const PROMPT: AtStart = AtStart(1 << 1);
    pub(crate) const RESOURCE: AtStart = AtStart(1 << 2);
    pub(crate) const REQUEST: AtStart = AtStart(1 << 3);
    pub(crate) const SESSION: AtStart = AtStart(1 << 4);
    pub(crate) const VERSION: AtStart = AtStart(1 << 5);
    pub(crate) const TRANSPORT: AtStart = AtStart(1 << 6);
    pub(crate) const SERVER: AtStart = AtStart(1 << 7);
    pub(crate) const ENDUSER: AtStart = AtStart(1 << 8);
    pub(crate) const ENDUSER_SCOPE: AtStart = AtStart(1 << 9);
    pub(crate) const OPERATION: AtStart = AtStart(1 << 10);
    pub(crate) const NETWORK_PROTOCOL: AtStart = AtStart(1 << 11);
    pub(crate) const SERVER_ADDRESS: AtStart = AtStart(1 << 12);
    pub(crate) const SERVER_PORT: AtStart = AtStart(1 << 13);
    pub(crate) const CLIENT_ADDRESS: AtStart = AtStart(1 << 14);
    pub(crate) const CLIENT_PORT: AtStart = AtStart(1 << 15);
    pub(crate) const COMPONENT_KEY: AtStart = AtStart(1 << 16);
    pub(crate) const COMPONENT_TYPE: AtStart = AtStart(1 << 17);
    pub(crate) const PROVIDER_TYPE: AtStart = AtStart(1 << 18);

    pub(crate) fn add(&mut self, said: AtStart) {
        self.0 |= said.0;
    }

    pub(crate) fn has(self, key: &str) -> bool {
        let bit = match key {
            key::MCP_METHOD_NAME => return true,
            key::TOOL_NAME => AtStart::TOOL,
            key::PROMPT_NAME => AtStart::PROMPT,
            request_key::RESOURCE_URI => AtStart::RESOURCE,
            request_key::REQUEST_ID => AtStart::REQUEST,
            request_key::SESSION_ID => AtStart::SESSION,
            request_key::PROTOCOL_VERSION => AtStart::VERSION,
            request_key::NETWORK_TRANSPORT => AtStart::TRANSPORT,
            request_key::SERVER_NAME => AtStart::SERVER,
            request_key::ENDUSER_ID => AtStart::ENDUSER,
            request_key::ENDUSER_SCOPE => AtStart::ENDUSER_SCOPE,
            key::OPERATION_NAME => AtStart::OPERATION,
            request_key::NETWORK_PROTOCOL_NAME | request_key::NETWORK_PROTOCOL_VERSION => AtStart::NETWORK_PROTOCOL,
            key::SERVER_ADDRESS => AtStart::SERVER_ADDRESS,
            key::SERVER_PORT => AtStart::SERVER_PORT,
            request_key::CLIENT_ADDRESS => AtStart::CLIENT_ADDRESS,
            request_key::CLIENT_PORT => AtStart::CLIENT_PORT,
            request_key::COMPONENT_KEY => AtStart::COMPONENT_KEY,
            request_key::COMPONENT_TYPE => AtStart::COMPONENT_TYPE,
            request_key::PROVIDER_TYPE => AtStart::PROVIDER_TYPE,
            _ => return false,
        };
        self.0 & bit.0 != 0
    }
}

/// The id of a JSON-RPC request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestId<'a> {
    /// A number.
    Number(i64),
    /// A string.
    Text(&'a str),
}

impl From<i64> for RequestId<'_> {
    fn from(number: i64) -> Self {
        RequestId::Number(number)
    }
}

impl<'a> From<&'a str> for RequestId<'a> {
    fn from(text: &'a str) -> Self {
        RequestId::Text(text)
    }
}

impl RequestId<'_> {
    /// What [`Display`](fmt::Display) writes, in a text that has room for no more: an attribute would have any other copied.
    pub(crate) fn into_text(self) -> String {
        match self {
            RequestId::Number(number) => decimal(number),
            RequestId::Text(text) => text.to_owned(),
        }
    }
}

fn decimal(number: i64) -> String {
    let mut rest = number.unsigned_abs();
    let sign = usize::from(number < 0);
    let length = sign + rest.checked_ilog10().map_or(1, |log| log as usize + 1);
    let mut digits = vec![b'-'; length];
    for digit in digits[sign..].iter_mut().rev() {
        *digit = u8::try_from(rest % 10).map_or(b'0', |digit| b'0' + digit);
        rest /= 10;
    }
    String::from_utf8(digits).unwrap_or_default()
}

impl fmt::Display for RequestId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestId::Number(number) => number.fmt(f),
            RequestId::Text(text) => f.write_str(text),
        }
    }
}

/// A request that a server hands to another that it mounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delegated<'a> {
    /// What is asked for, as the mounted server calls it: the end of the span's name.
    pub name: &'a str,
    /// `fastmcp.provider.type`: what kind of server is mounted.
    pub provider_type: &'a str,
    /// `fastmcp.component.key`: what is asked for, as the server that mounts it calls it.
    pub component_key: &'a str,
    /// `mcp.method.name`.
    pub method: &'a str,
}

/// How a request ended.
///
/// | ending | status | `error.type` in the default names | in the GenAI names |
/// |---|---|---|---|
/// | `Returned` | Unset | – | – |
/// | `ToolError` | Error | `tool_error` | `tool_error` |
/// | `JsonRpcError` | Error, with the error's message | `McpError` | the code |
/// | `Failed` | Error, with that message | what is given | what is given |
/// | `Cancelled`, or dropped | Error, `cancelled` | `cancelled` | `cancelled` |
/// | dropped while its thread unwinds | Error, `panicked` | `panic` | `panic` |
///
/// Five codes say that the sender was wrong: -32700, -32600, -32601, -32602 and -32002. With these a receiver has done its work: its status stays Unset.
/// `rpc.response.status_code` has the code in either case, in the GenAI names.
///
/// Messages pass the redactor as [`Piece::ErrorMessage`](crate::Piece::ErrorMessage), and are left out without
/// [`Settings::with_error_messages`](crate::Settings::with_error_messages).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending<'a> {
    /// With a result.
    Returned,
    /// With a result that says that the tool failed: `isError`.
    ToolError,
    /// With an error.
    JsonRpcError {
        /// `error.code`
        code: i32,
        /// `error.message`
        message: &'a str,
    },
    /// With no response at all.
    Failed {
        /// Why, in one word: `timeout`. One of few, since it is on the metric, too.
        error_type: &'static str,
        /// The status' description.
        message: &'a str,
    },
    /// Its sender gave it up, or whoever answered it was cancelled.
    Cancelled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_text_that_display_writes_and_nothing_has_to_be_copied() {
        for number in [0, 1, 9, 10, 99, 100, -1, -10, 1_000_000, 999_999_999_999, i64::MAX, i64::MIN] {
            let text = RequestId::Number(number).into_text();
            assert_eq!(text, number.to_string());
            assert_eq!(text, RequestId::Number(number).to_string());
            assert_eq!(text.capacity(), text.len());
        }
        assert_eq!(RequestId::Text("a7").into_text(), "a7");
    }
}
