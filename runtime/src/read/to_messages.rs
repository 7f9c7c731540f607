//! JSON as messages and as tools: a message, a part of one, a list of these, or a whole request or response of a known provider.

use crate::read::facts::Uses;
use crate::read::json;
use crate::read::request::request;
use crate::read::response::response;
use crate::value::message::{Message, ToMessages, ToToolDefinitions, ToolDefinition};
use serde_json::Value;

/// One message, a list of them, a part of a message, a whole request or response, in the shape of any provider that `request` and `response`
/// know. A string is a text, `null` nothing, and what has none of these shapes a text that is its JSON.
impl ToMessages for Value {
    fn to_messages(&self) -> Vec<Message> {
        if !self.is_object() || json::is_message(self) || json::is_part(self) {
            return json::messages(self);
        }
        match response(self, Uses::CONTENT) {
            Ok(response) if !response.messages.is_empty() => return response.messages,
            _ => {}
        }
        match request(self, Uses::CONTENT) {
            Ok(request) => request.instructions.into_iter().chain(request.messages).collect(),
            Err(_) => json::messages(self),
        }
    }
}

/// The shapes of the providers that `request` knows, lists of these, and whole requests. What has no name is left out.
impl ToToolDefinitions for Value {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        json::definitions(self)
    }
}
