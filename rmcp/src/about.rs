//! What a message says of itself, in the words of `samplescope::mcp`.

use rmcp::model::{CallToolResponse, ClientRequest, JsonObject, RequestId, ServerRequest, ServerResult};
use samplescope::mcp;

/// What a request says of itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) method: &'a str,
    pub(crate) tool: Option<&'a str>,
    pub(crate) prompt: Option<&'a str>,
    pub(crate) resource_uri: Option<&'a str>,
    /// Of a tool. Content.
    pub(crate) arguments: Option<&'a JsonObject>,
}

impl<'a> About<'a> {
    pub(crate) fn method(method: &'a str) -> Self {
        About { method, ..About::default() }
    }

    pub(crate) fn described(&self) -> mcp::Described<'a> {
        let About { method, tool, prompt, resource_uri, .. } = *self;
        mcp::Described { method, tool, prompt, resource_uri, ..mcp::Described::default() }
    }
}

/// A request to a server.
pub(crate) fn to_server(request: &ClientRequest) -> About<'_> {
    let about = About::method(request.method());
    match request {
        ClientRequest::CallToolRequest(request) => {
            About { tool: Some(&request.params.name), arguments: request.params.arguments.as_ref(), ..about }
        }
        ClientRequest::GetPromptRequest(request) => About { prompt: Some(&request.params.name), ..about },
        ClientRequest::ReadResourceRequest(request) => About { resource_uri: Some(&request.params.uri), ..about },
        ClientRequest::SubscribeRequest(request) => About { resource_uri: Some(&request.params.uri), ..about },
        ClientRequest::UnsubscribeRequest(request) => About { resource_uri: Some(&request.params.uri), ..about },
        _ => about,
    }
}

/// A request to a client.
pub(crate) fn to_client(request: &ServerRequest) -> About<'_> {
    About::method(match request {
        ServerRequest::PingRequest(_) => "ping",
        ServerRequest::CreateMessageRequest(_) => "sampling/createMessage",
        ServerRequest::ListRootsRequest(_) => "roots/list",
        ServerRequest::ElicitRequest(_) => "elicitation/create",
        ServerRequest::CustomRequest(request) => &request.method,
        // One that a newer rmcp has.
        _ => "_OTHER",
    })
}

pub(crate) fn request_id(id: &RequestId) -> mcp::RequestId<'_> {
    match id {
        RequestId::Number(number) => mcp::RequestId::Number(*number),
        RequestId::String(text) => mcp::RequestId::Text(text),
    }
}

/// What is to be known of a result.
pub(crate) trait Outcome {
    /// `isError`, of a tool's.
    fn is_tool_error(&self) -> bool {
        false
    }

    /// What a tool gave back. Content.
    fn content(&self, _operation: &mut mcp::Operation) {}

    /// The protocol version that `initialize` settles, and the server's name.
    fn agreed(&self) -> Option<(&str, &str)> {
        None
    }
}

impl Outcome for rmcp::model::CallToolResult {
    fn is_tool_error(&self) -> bool {
        self.is_error == Some(true)
    }

    fn content(&self, operation: &mut mcp::Operation) {
        match &self.structured_content {
            Some(structured) => operation.result(structured),
            None => operation.result(&self.content),
        }
    }
}

impl Outcome for CallToolResponse {
    fn is_tool_error(&self) -> bool {
        matches!(self, CallToolResponse::Complete(result) if result.is_tool_error())
    }

    fn content(&self, operation: &mut mcp::Operation) {
        if let CallToolResponse::Complete(result) = self {
            result.content(operation);
        }
    }
}

impl Outcome for rmcp::model::InitializeResult {
    fn agreed(&self) -> Option<(&str, &str)> {
        Some((self.protocol_version.as_str(), &self.server_info.name))
    }
}

impl Outcome for ServerResult {
    fn is_tool_error(&self) -> bool {
        matches!(self, ServerResult::CallToolResult(result) if result.is_tool_error())
    }

    fn content(&self, operation: &mut mcp::Operation) {
        if let ServerResult::CallToolResult(result) = self {
            result.content(operation);
        }
    }

    fn agreed(&self) -> Option<(&str, &str)> {
        if let ServerResult::InitializeResult(result) = self { result.agreed() } else { None }
    }
}

impl Outcome for rmcp::model::ClientResult {}
