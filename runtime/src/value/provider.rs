//! Messages and tools in the JSON that providers speak, brought to the parts of [`Message`].
//!
//! | shape | message | tool call | its result |
//! |---|---|---|---|
//! | OpenAI chat | `{role, content, tool_calls?}` | `tool_calls[].function` | `{role: "tool", tool_call_id, content}` |
//! | Anthropic messages | `{role, content: [{type, …}]}` | a `tool_use` block | a `tool_result` block |
//! | MCP sampling | `{role, content: {type, …}}` | `tool_use` content | `tool_result` content |
//!
//! A whole request (`messages` with `system` or `systemPrompt`), a whole response (`choices`) and the JSON of the GenAI conventions
//! themselves (`parts`) are understood, too. What has none of these shapes is a text: its JSON.

use crate::value::{Message, Part, Role, ToMessages, ToToolDefinitions, ToolDefinition};
use serde_json::Value;

/// The OpenAI chat, Anthropic messages and MCP sampling shapes: one message, a list of them, a content block, a whole request or response.
/// A string is a text, `null` nothing, and what has none of these shapes a text that is its JSON.
impl ToMessages for Value {
    fn to_messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        self.__ss_append_to(&mut messages);
        messages
    }

    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        match self {
            Value::Null => {}
            Value::String(text) => messages.push(Message::text(text)),
            Value::Array(entries) if !entries.is_empty() && entries.iter().all(is_part) => {
                messages.push(Message::of(None, parts(self)));
            }
            Value::Array(entries) => entries[..].__ss_append_to(messages),
            Value::Object(_) if is_message(self) => messages.push(message(self)),
            Value::Object(_) if self["messages"].is_array() => messages.extend(request(self)),
            Value::Object(_) if self["choices"].is_array() => messages.extend(response(self)),
            Value::Object(_) if is_part(self) => messages.push(Message::of(None, parts(self))),
            other => messages.push(Message::text(other.to_string())),
        }
    }
}

fn is_message(value: &Value) -> bool {
    value["role"].is_string()
}

fn is_part(value: &Value) -> bool {
    value["type"].is_string() && !is_message(value)
}

fn request(request: &Value) -> Vec<Message> {
    let prompts = ["system", "systemPrompt"].into_iter().filter_map(|key| request.get(key));
    let system = prompts.map(|prompt| Message::of(Some(Role::System), parts(prompt)));
    system.filter(|message| !message.is_empty()).chain(request["messages"].to_messages()).collect()
}

fn response(response: &Value) -> Vec<Message> {
    let choices = response["choices"].as_array().into_iter().flatten();
    let messages = choices.map(|choice| finished(message(&choice["message"]), &choice["finish_reason"]));
    messages.collect()
}

fn finished(message: Message, reason: &Value) -> Message {
    match reason.as_str() {
        Some(reason) => message.with_finish_reason(reason),
        None => message,
    }
}

fn message(value: &Value) -> Message {
    let content = value.get("parts").unwrap_or(&value["content"]);
    let mut found: Vec<Part> = [&value["reasoning_content"], &value["reasoning"]]
        .into_iter()
        .filter_map(Value::as_str)
        .take(1)
        .map(|content| Part::Reasoning { content: content.to_owned() })
        .collect();
    let said_by_tool = matches!(value["role"].as_str(), Some("tool" | "function")) && value.get("parts").is_none();
    if said_by_tool {
        found.push(Part::ToolCallResponse { id: text(&value["tool_call_id"]), response: plain(content) });
    } else {
        found.extend(parts(content));
    }
    found.extend(text(&value["refusal"]).map(Part::text));
    found.extend(value["tool_calls"].as_array().into_iter().flatten().map(openai_tool_call));
    found.extend(value.get("function_call").filter(|call| call.is_object()).map(|call| named_call(None, call)));
    let only_results = !found.is_empty() && found.iter().all(|part| matches!(part, Part::ToolCallResponse { .. }));
    let role = if only_results { Some(Role::Tool) } else { role(&value["role"]) };
    let reasons = ["finish_reason", "stop_reason", "stopReason"].into_iter().filter_map(|key| value.get(key));
    reasons.fold(Message::of(role, found), finished)
}

fn role(value: &Value) -> Option<Role> {
    Some(match value.as_str()? {
        "developer" => Role::System,
        "function" => Role::Tool,
        role => role.into(),
    })
}

/// Anthropic and MCP say who spoke, OpenAI's `arguments` are JSON in a string.
fn openai_tool_call(call: &Value) -> Part {
    let id = text(&call["id"]);
    let called = ["function", "custom"].into_iter().find_map(|key| call.get(key)).unwrap_or(call);
    named_call(id, called)
}

fn named_call(id: Option<String>, call: &Value) -> Part {
    let arguments = ["arguments", "input"].into_iter().find_map(|key| call.get(key)).cloned().unwrap_or_default();
    let arguments = match arguments {
        Value::String(json) => serde_json::from_str(&json).unwrap_or(Value::String(json)),
        arguments => arguments,
    };
    Part::ToolCall { id, name: text(&call["name"]).unwrap_or_default(), arguments }
}

fn parts(content: &Value) -> Vec<Part> {
    match content {
        Value::Array(blocks) => blocks.iter().filter_map(part).collect(),
        block => part(block).into_iter().collect(),
    }
}

/// One content block; None for what is empty or opaque by design.
fn part(block: &Value) -> Option<Part> {
    let kind = match block {
        Value::Null => return None,
        Value::String(text) => return Some(Part::text(text)),
        _ => block["type"].as_str().unwrap_or_default(),
    };
    let read = match kind {
        "text" | "input_text" | "output_text" => first_text(block, &["text", "content"]).map(Part::text),
        "refusal" => text(&block["refusal"]).map(Part::text),
        "thinking" | "reasoning" => {
            first_text(block, &["thinking", "text", "content"]).map(|content| Part::Reasoning { content })
        }
        "redacted_thinking" => return None,
        "tool_use" | "server_tool_use" | "tool_call" => Some(named_call(text(&block["id"]), block)),
        "tool_result" => Some(tool_result(block)),
        "tool_call_response" => Some(Part::ToolCallResponse { id: text(&block["id"]), response: block["response"].clone() }),
        "image_url" | "input_image" => image_url(block),
        "image" | "audio" | "video" | "document" => source(kind, block),
        "input_audio" => text(&block["input_audio"]["data"]).map(|content| Part::Blob {
            modality: "audio".to_owned(),
            mime_type: text(&block["input_audio"]["format"]).map(|format| format!("audio/{format}")),
            content,
        }),
        "file" | "input_file" | "blob" | "uri" => file(block),
        "resource" => resource(&block["resource"]),
        "resource_link" => resource(block),
        _ => None,
    };
    // Nothing that was said is lost, whatever its shape.
    Some(read.unwrap_or_else(|| Part::text(block.to_string())))
}

fn tool_result(block: &Value) -> Part {
    let id = first_text(block, &["tool_use_id", "toolUseId"]);
    let structured = block.get("structuredContent").filter(|content| !content.is_null());
    Part::ToolCallResponse { id, response: structured.cloned().unwrap_or_else(|| plain(&block["content"])) }
}

/// A result that is one text, without the block around it.
fn plain(content: &Value) -> Value {
    match content {
        Value::Array(blocks) => match &blocks[..] {
            [block] if block["type"] == "text" && block["text"].is_string() => block["text"].clone(),
            _ => content.clone(),
        },
        content => content.clone(),
    }
}

/// OpenAI: `{"image_url": {"url"}}`, or the URL itself.
fn image_url(block: &Value) -> Option<Part> {
    let image = &block["image_url"];
    match first_text(image, &["url"]).or_else(|| text(image)) {
        Some(url) => Some(located("image", None, url)),
        None => referred("image", None, block),
    }
}

/// Anthropic: `{"source": {"type": "base64" | "url" | "file" | "text", …}}`. MCP: `{"data", "mimeType"}`.
fn source(modality: &str, block: &Value) -> Option<Part> {
    let source = block.get("source").unwrap_or(block);
    let mime_type = first_text(source, &["media_type", "mimeType", "mime_type"]);
    if source["type"] == "text" {
        return text(&source["data"]).map(Part::text);
    }
    if let Some(content) = text(&source["data"]) {
        return Some(Part::Blob { modality: modality.to_owned(), mime_type, content });
    }
    match text(&source["url"]) {
        Some(url) => Some(located(modality, mime_type, url)),
        None => referred(modality, mime_type, source),
    }
}

/// OpenAI: `{"file": {"file_id"}}`; the GenAI conventions' own `file`, `blob` and `uri`.
fn file(block: &Value) -> Option<Part> {
    let file = block.get("file").unwrap_or(block);
    let mime_type = text(&block["mime_type"]);
    let modality = text(&block["modality"]).unwrap_or_else(|| modality_of(mime_type.as_deref()).to_owned());
    if let Some(uri) = first_text(file, &["uri", "file_url", "file_data"]) {
        return Some(located(&modality, mime_type, uri));
    }
    match text(&block["content"]) {
        Some(content) => Some(Part::Blob { modality, mime_type, content }),
        None => referred(&modality, mime_type, file),
    }
}

/// MCP: an embedded resource, or a link to one.
fn resource(resource: &Value) -> Option<Part> {
    let mime_type = text(&resource["mimeType"]);
    let modality = modality_of(mime_type.as_deref()).to_owned();
    if let Some(content) = text(&resource["text"]) {
        return Some(Part::text(content));
    }
    match text(&resource["blob"]) {
        Some(content) => Some(Part::Blob { modality, mime_type, content }),
        None => text(&resource["uri"]).map(|uri| located(&modality, mime_type, uri)),
    }
}

fn referred(modality: &str, mime_type: Option<String>, block: &Value) -> Option<Part> {
    text(&block["file_id"]).map(|file_id| Part::File { modality: modality.to_owned(), mime_type, file_id })
}

/// What a URL stands for: bytes, if it is a `data:` one.
fn located(modality: &str, mime_type: Option<String>, uri: String) -> Part {
    let modality = modality.to_owned();
    match uri.strip_prefix("data:").and_then(|data| data.split_once(";base64,")) {
        Some((mime, content)) => {
            let mime_type = Some(mime.to_owned()).filter(|mime| !mime.is_empty()).or(mime_type);
            Part::Blob { modality, mime_type, content: content.to_owned() }
        }
        None => Part::Uri { modality, mime_type, uri },
    }
}

fn modality_of(mime_type: Option<&str>) -> &str {
    let kind = mime_type.and_then(|mime| mime.split('/').next()).unwrap_or_default();
    if matches!(kind, "image" | "audio" | "video") { kind } else { "document" }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn first_text(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(&value[*key]))
}

/// The OpenAI chat (`{"type": "function", "function": …}`), Anthropic (`input_schema`) and MCP (`inputSchema`) shapes, and lists of these.
/// What has no name is left out.
impl ToToolDefinitions for Value {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        match self {
            Value::String(name) => vec![ToolDefinition::new(name)],
            Value::Array(tools) => tools.iter().flat_map(ToToolDefinitions::to_tool_definitions).collect(),
            Value::Object(_) if self["tools"].is_array() => self["tools"].to_tool_definitions(),
            tool => definition(tool.get("function").unwrap_or(tool)).into_iter().collect(),
        }
    }
}

fn definition(tool: &Value) -> Option<ToolDefinition> {
    let named = ToolDefinition::new(text(&tool["name"])?);
    let described = match text(&tool["description"]) {
        Some(description) => named.with_description(description),
        None => named,
    };
    let schema = ["parameters", "input_schema", "inputSchema"].into_iter().find_map(|key| tool.get(key));
    Some(match schema {
        Some(schema) => described.with_parameters(schema.clone()),
        None => described,
    })
}
