//! Messages and tools in the JSON that providers speak, brought to the parts of [`Message`].
//!
//! | shape | message | tool call | its result |
//! |---|---|---|---|
//! | OpenAI chat, Ollama | `{role, content, tool_calls?}` | `tool_calls[].function` | `{role: "tool", tool_call_id?, content}` |
//! | OpenAI Responses | `{type: "message", role, content: [{type, …}]}` | a `function_call` item | a `function_call_output` item |
//! | Anthropic messages | `{role, content: [{type, …}]}` | a `tool_use` block | a `tool_result` block |
//! | Gemini | `{role, parts: [{text}]}` | a `functionCall` part | a `functionResponse` part |
//! | Bedrock Converse | `{role, content: [{text}]}` | a `toolUse` block | a `toolResult` block |
//! | MCP sampling | `{role, content: {type, …}}` | `tool_use` content | `tool_result` content |
//! | genai | `{role, content: [{Text}]}` | a `ToolCall` part | a `ToolResponse` part |
//! | rig | `{role, content: [{type, …}]}` | a `toolcall` part | a `toolresult` part |
//!
//! The JSON of the GenAI conventions themselves (`parts` with a `type`) is understood, too. What has none of these shapes is a text: its JSON.

use crate::value::message::{Message, Part, Role, ToolDefinition};
use serde_json::{Map, Value};

/// A message, a list of them, or a part of one. A string is a text, null nothing.
pub(crate) fn messages(value: &Value) -> Vec<Message> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![Message::text(text)],
        Value::Array(entries) if !entries.is_empty() && entries.iter().all(is_part) => vec![of_parts(parts(value))],
        Value::Array(entries) => history(entries),
        value if is_message(value) => vec![message(value)],
        part => vec![of_parts(parts(part))],
    }
}

/// What the model says in one go may stand there as several items: they are one message.
fn history(entries: &[Value]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::with_capacity(entries.len());
    let mut is_models_turn = false;
    for entry in entries {
        let goes_on = is_models_item(entry);
        match messages.pop() {
            Some(turn) if goes_on && is_models_turn => messages.push(items(entry).into_iter().fold(turn, Message::with)),
            before => {
                messages.extend(before);
                if goes_on {
                    messages.push(Message::of(Some(Role::Assistant), items(entry)));
                } else {
                    messages.extend(self::messages(entry));
                }
            }
        }
        is_models_turn = goes_on;
    }
    messages
}

/// What the model is told before everything else.
pub(crate) fn instructions(value: &Value) -> Option<Message> {
    let parts = parts(value.get("parts").or_else(|| value.get("content")).unwrap_or(value));
    (!parts.is_empty()).then(|| Message::of(Some(Role::System), parts))
}

/// One answer of the model's, which a provider may give as a message, as its parts or as items.
pub(crate) fn answer(value: &Value) -> Option<Message> {
    if value.is_null() {
        return None;
    }
    if is_message(value) {
        return Some(message(value)).filter(|message| !message.is_empty());
    }
    let parts = match value {
        Value::Array(entries) => entries.iter().flat_map(items).collect(),
        value => parts(value),
    };
    (!parts.is_empty()).then(|| Message::of(Some(Role::Assistant), parts))
}

/// Others have roles and parts, too: of an engineer, of a machine.
pub(crate) fn is_message(value: &Value) -> bool {
    const SAYS: &[&str] = &[
        "audio",
        "content",
        "function_call",
        "parts",
        "reasoning_content",
        "refusal",
        "tool_call_id",
        "tool_calls",
        "tool_plan",
    ];
    let Value::Object(members) = value else { return false };
    let says = |role: &Value| {
        role.is_string()
            && (SAYS.iter().any(|name| members.contains_key(*name))
                || members.iter().all(|(name, member)| name == "role" || is_nothing(member)))
    };
    let is_parts = |parts: &Value| parts.as_array().is_some_and(|parts| parts.iter().all(Value::is_object));
    members.get("role").is_some_and(says) || members.get("parts").is_some_and(is_parts)
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}

pub(crate) fn is_part(value: &Value) -> bool {
    (value["type"].is_string() || part_by_key(value).is_some()) && !is_message(value)
}

/// An item of the Responses API that the model said.
fn is_models_item(value: &Value) -> bool {
    match value["type"].as_str() {
        Some("message") => value["role"] == "assistant" && value.get("stop_reason").is_none(),
        Some("reasoning") => !is_message(value),
        Some(kind) => kind.ends_with("_call") && !is_message(value) && kind != "tool_call",
        None => false,
    }
}

/// The parts of an item.
fn items(item: &Value) -> Vec<Part> {
    if item["type"] == "message" { parts(&item["content"]) } else { parts(item) }
}

/// A message whose role follows from what it is.
fn of_parts(parts: Vec<Part>) -> Message {
    let role = match &parts[..] {
        [] => None,
        parts if parts.iter().all(|part| matches!(part, Part::ToolCallResponse { .. })) => Some(Role::Tool),
        parts if parts.iter().any(|part| matches!(part, Part::ToolCall { .. } | Part::Reasoning { .. })) => Some(Role::Assistant),
        _ => None,
    };
    Message::of(role, parts)
}

fn finished(message: Message, reason: &Value) -> Message {
    match reason.as_str() {
        Some(reason) => message.with_finish_reason(reason),
        None => message,
    }
}

fn message(value: &Value) -> Message {
    let content = value.get("parts").unwrap_or(&value["content"]);
    let mut found = Vec::new();
    found.extend(first_text(value, &["reasoning_content", "reasoning", "thinking", "tool_plan"]).map(reasoning));
    let said_by_tool = matches!(value["role"].as_str(), Some("tool" | "function")) && value.get("parts").is_none();
    if said_by_tool {
        found.push(Part::ToolCallResponse { id: text(&value["tool_call_id"]), response: plain(content) });
    } else {
        found.extend(parts(content));
    }
    found.extend(text(&value["refusal"]).map(Part::text));
    found.extend(value["images"].as_array().into_iter().flatten().filter_map(text).map(|content| blob("image", None, content)));
    found.extend(tool_calls(value));
    found.extend(value.get("function_call").filter(|call| call.is_object()).map(|call| named_call(None, call)));
    // A message that is nothing but a tool call has an empty text with some providers.
    if found.len() > 1 {
        found.retain(|part| !matches!(part, Part::Text { content } | Part::Reasoning { content } if content.is_empty()));
    }
    let only_results = !found.is_empty() && found.iter().all(|part| matches!(part, Part::ToolCallResponse { .. }));
    let role = if only_results { Some(Role::Tool) } else { role(&value["role"]) };
    let reasons = ["finish_reason", "stop_reason", "stopReason"].into_iter().filter_map(|key| value.get(key));
    reasons.fold(Message::of(role, found), finished)
}

/// The word for it, which clients that are written in Rust begin with a capital.
fn role(value: &Value) -> Option<Role> {
    let said = value.as_str()?;
    Some(match said.to_ascii_lowercase().as_str() {
        "assistant" | "model" => Role::Assistant,
        "function" | "tool" => Role::Tool,
        "developer" | "system" => Role::System,
        "user" => Role::User,
        _ => said.into(),
    })
}

fn tool_calls(message: &Value) -> impl Iterator<Item = Part> + use<'_> {
    message["tool_calls"].as_array().into_iter().flatten().map(openai_tool_call)
}

/// OpenAI's, whose name and arguments are in `function` or `custom`.
fn openai_tool_call(call: &Value) -> Part {
    let id = id(&call["id"]);
    let called = ["function", "custom"].into_iter().find_map(|key| call.get(key)).unwrap_or(call);
    named_call(id, called)
}

fn named_call(id: Option<String>, call: &Value) -> Part {
    let arguments = ["arguments", "input", "args", "fn_arguments"].into_iter().find_map(|key| call.get(key));
    let arguments = match arguments {
        Some(Value::String(json)) => json_or_text(json),
        arguments => arguments.cloned().unwrap_or_default(),
    };
    Part::ToolCall { id, name: first_text(call, &["name", "fn_name"]).unwrap_or_default(), arguments }
}

/// Arguments as a model wrote them. What was cut, or what the model got wrong, is no JSON; what holds an integer that no number here is
/// exact for stays the text that it is, so that a redactor sees its digits.
pub(crate) fn json_or_text(arguments: &str) -> Value {
    serde_json::from_str(arguments).ok().filter(is_exact).unwrap_or_else(|| arguments.into())
}

/// Whether no integer in it became a float: that happens to those beyond 64 bits.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64() || number.as_f64().is_some_and(|float| float.abs() < 9.2e18),
        Value::Array(entries) => entries.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fn parts(content: &Value) -> Vec<Part> {
    match content {
        Value::Array(blocks) => blocks.iter().filter_map(part).collect(),
        block => part(block).into_iter().collect(),
    }
}

/// One content block; None for what is empty or opaque by design.
fn part(block: &Value) -> Option<Part> {
    // Nothing that was said is lost, whatever its shape.
    known_part(block).unwrap_or_else(|| Some(Part::text(block.to_string())))
}

fn known_part(block: &Value) -> KnownPart {
    match block {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(Part::text(text))),
        _ => match block["type"].as_str() {
            Some(kind) => part_by_type(kind, block),
            None => part_by_key(block),
        },
    }
}

/// What a stream says in parts. What is not known is left out, as images are: it would stand in the midst of a text.
fn streamed_parts(content: &Value) -> Vec<Delta> {
    let blocks = content.as_array().map_or_else(|| std::slice::from_ref(content), Vec::as_slice);
    let parts = blocks.iter().filter_map(known_part).flatten().map(whole);
    parts.filter(|delta| !matches!(delta, Delta::Text(text) | Delta::Reasoning(text) if text.is_empty())).collect()
}

/// None: not known. Some(None): there is nothing to show.
type KnownPart = Option<Option<Part>>;

fn part_by_type(kind: &str, block: &Value) -> KnownPart {
    let found = match kind {
        "text" | "input_text" | "output_text" => first_text(block, &["text", "content"]).map(Part::text),
        "refusal" => text(&block["refusal"]).map(Part::text),
        "thinking" => first_text(block, &["thinking", "text", "content"]).map(reasoning).or_else(|| reasoning_of(block)),
        "reasoning" if REASONING.iter().any(|name| block.get(*name).is_some()) => return Some(reasoning_of(block)),
        "redacted_thinking" | "item_reference" => return Some(None),
        "tool_use" | "server_tool_use" | "mcp_tool_use" | "tool_call" => Some(named_call(text(&block["id"]), block)),
        "toolcall" => Some(openai_tool_call(block)),
        "function_call" | "custom_tool_call" => Some(named_call(first_text(block, &["call_id", "id"]), block)),
        "tool_result" | "toolresult" => Some(tool_result(block)),
        "function_call_output" | "custom_tool_call_output" => {
            Some(Part::ToolCallResponse { id: text(&block["call_id"]), response: plain(&block["output"]) })
        }
        "tool_call_response" => Some(Part::ToolCallResponse { id: text(&block["id"]), response: block["response"].clone() }),
        "image_url" | "input_image" => image_url(block),
        "image" | "audio" | "video" | "document" => source(kind, block),
        "input_audio" => text(&block["input_audio"]["data"]).map(|content| {
            let mime_type = text(&block["input_audio"]["format"]).map(|format| format!("audio/{format}"));
            blob("audio", mime_type, content)
        }),
        "file" | "input_file" | "blob" | "uri" => file(block),
        "resource" => resource(&block["resource"]),
        "resource_link" => resource(block),
        _ => None,
    };
    found.map(Some)
}

/// Gemini, Bedrock and genai say by a member's name what a part is.
fn part_by_key(block: &Value) -> KnownPart {
    const CLIENTS: &[&str] = &["Text", "ReasoningContent", "ThoughtSignature", "ToolCall", "ToolResponse", "Binary"];
    const KEYS: &[&str] = &[
        "functionCall",
        "functionResponse",
        "inlineData",
        "fileData",
        "toolUse",
        "toolResult",
        "reasoningContent",
        "cachePoint",
        "image",
        "document",
        "video",
        "json",
        "text",
        "thoughtSignature",
    ];
    let members = block.as_object()?;
    let has = |name: &&&str| members.get(**name).is_some_and(|member| !member.is_null());
    if let (Some(name), 1) = (CLIENTS.iter().find(has), members.len()) {
        return part_of_client(name, &block[*name]);
    }
    let key = *KEYS.iter().find(has)?;
    let inside = &block[key];
    let found = match key {
        "functionCall" => Some(named_call(text(&inside["id"]), inside)),
        "functionResponse" => Some(Part::ToolCallResponse { id: text(&inside["id"]), response: inside["response"].clone() }),
        "inlineData" => {
            let mime_type = text(&inside["mimeType"]);
            let modality = modality_of(mime_type.as_deref()).to_owned();
            text(&inside["data"]).map(|content| Part::Blob { modality, mime_type, content })
        }
        "fileData" => {
            let mime_type = text(&inside["mimeType"]);
            let modality = modality_of(mime_type.as_deref()).to_owned();
            text(&inside["fileUri"]).map(|uri| Part::Uri { modality, mime_type, uri })
        }
        "toolUse" => Some(named_call(text(&inside["toolUseId"]), inside)),
        "toolResult" => Some(tool_result(inside)),
        "reasoningContent" => return Some(text(&inside["reasoningText"]["text"]).map(reasoning)),
        "cachePoint" | "thoughtSignature" => return Some(None),
        "image" | "document" | "video" => bedrock_medium(key, inside),
        "text" if block["thought"] == true => text(inside).map(reasoning),
        "text" => text(inside).map(Part::text),
        _ => None,
    };
    found.map(Some)
}

/// Enums as serde writes them.
fn part_of_client(variant: &str, inside: &Value) -> KnownPart {
    let found = match variant {
        "Text" => text(inside).map(Part::text),
        "ReasoningContent" => text(inside).map(reasoning),
        "ThoughtSignature" => return Some(None),
        "ToolCall" => Some(named_call(text(&inside["call_id"]), inside)),
        "ToolResponse" => Some(Part::ToolCallResponse { id: text(&inside["call_id"]), response: inside["content"].clone() }),
        "Binary" => {
            let mime_type = text(&inside["content_type"]);
            let modality = modality_of(mime_type.as_deref()).to_owned();
            match text(&inside["source"]["Base64"]) {
                Some(content) => Some(Part::Blob { modality, mime_type, content }),
                None => text(&inside["source"]["Url"]).map(|uri| located(&modality, mime_type, uri)),
            }
        }
        _ => None,
    };
    found.map(Some)
}

fn reasoning(content: String) -> Part {
    Part::Reasoning { content }
}

fn blob(modality: &str, mime_type: Option<String>, content: String) -> Part {
    Part::Blob { modality: modality.to_owned(), mime_type, content }
}

/// What the reasoning of providers has, of which some show nothing.
const REASONING: &[&str] = &["content", "encrypted_content", "id", "reasoning", "signature", "summary", "text"];

/// Its text, or what the provider shows of it. Mistral's is a list as well.
fn reasoning_of(block: &Value) -> Option<Part> {
    if let Some(content) = first_text(block, &["text", "content"]) {
        return Some(reasoning(content));
    }
    let lists = ["content", "summary", "reasoning", "thinking"].into_iter().filter_map(|key| block[key].as_array());
    let shown = |list: &Vec<Value>| {
        let texts: Vec<&str> = list.iter().filter_map(|entry| entry["text"].as_str().or(entry.as_str())).collect();
        texts.join("\n\n")
    };
    lists.map(shown).find(|content| !content.is_empty()).map(reasoning)
}

/// rig's are `{"provider": …}` or `{"local": …}`.
fn id(value: &Value) -> Option<String> {
    let inside = value.as_object().filter(|members| members.len() == 1).and_then(|members| members.values().next());
    text(inside.unwrap_or(value))
}

fn tool_result(block: &Value) -> Part {
    let id = ["tool_use_id", "toolUseId", "call", "id"].into_iter().find_map(|key| id(&block[key]));
    let structured = block.get("structuredContent").filter(|content| !content.is_null());
    Part::ToolCallResponse { id, response: structured.cloned().unwrap_or_else(|| plain(&block["content"])) }
}

/// A result that is one text or one JSON, without the block around it.
fn plain(content: &Value) -> Value {
    let Some([block]) = content.as_array().map(Vec::as_slice) else { return content.clone() };
    let inside = match block["type"].as_str() {
        None | Some("text" | "input_text" | "output_text") if block["text"].is_string() => &block["text"],
        None if !block["json"].is_null() => &block["json"],
        _ => content,
    };
    inside.clone()
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
        return Some(blob(modality, mime_type, content));
    }
    if let Some(data) = source.get("data").filter(|data| data.is_object()) {
        return rig_medium(modality, mime_type, data);
    }
    match text(&source["url"]) {
        Some(url) => Some(located(modality, mime_type, url)),
        None => referred(modality, mime_type, source),
    }
}

/// rig: `{"type": "url" | "base64" | "fileId" | "text", "value"}`, and of a MIME type its second half.
fn rig_medium(modality: &str, kind: Option<String>, data: &Value) -> Option<Part> {
    let mime_type = kind.filter(|_| modality != "document").map(|kind| format!("{modality}/{kind}"));
    let value = text(&data["value"])?;
    Some(match data["type"].as_str()? {
        "url" => located(modality, mime_type, value),
        "base64" => blob(modality, mime_type, value),
        "fileId" => Part::File { modality: modality.to_owned(), mime_type, file_id: value },
        "text" => Part::text(value),
        _ => return None,
    })
}

/// Bedrock: `{"format", "source": {"bytes" | "s3Location": {"uri"} | "text"}}`.
fn bedrock_medium(modality: &str, medium: &Value) -> Option<Part> {
    let mime_type = text(&medium["format"]).filter(|_| modality != "document").map(|format| format!("{modality}/{format}"));
    let source = &medium["source"];
    if let Some(content) = text(&source["bytes"]) {
        return Some(blob(modality, mime_type, content));
    }
    match text(&source["s3Location"]["uri"]) {
        Some(uri) => Some(Part::Uri { modality: modality.to_owned(), mime_type, uri }),
        None => text(&source["text"]).map(Part::text),
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

/// Tools: a name, a tool in the shape of any provider, or a list of these. What has no name is left out.
pub(crate) fn definitions(value: &Value) -> Vec<ToolDefinition> {
    match value {
        Value::String(name) => vec![ToolDefinition::new(name)],
        Value::Array(tools) => tools.iter().flat_map(definitions).collect(),
        Value::Object(tool) => {
            // A request, an entry of Gemini's list, which has a list of its own, or what a tool is wrapped in.
            const AROUND: &[&str] = &["tools", "toolConfig", "functionDeclarations", "function", "custom", "toolSpec"];
            match AROUND.iter().find_map(|key| tool.get(*key).filter(|inside| inside.is_array() || inside.is_object())) {
                Some(inside) => definitions(inside),
                None => definition(value).into_iter().collect(),
            }
        }
        _ => Vec::new(),
    }
}

fn definition(tool: &Value) -> Option<ToolDefinition> {
    const SCHEMAS: &[&str] = &["parameters", "input_schema", "inputSchema", "schema", "parametersJsonSchema"];
    let named = ToolDefinition::new(text(&tool["name"])?);
    let described = match text(&tool["description"]) {
        Some(description) => named.with_description(description),
        None => named,
    };
    let schema = SCHEMAS.iter().find_map(|key| tool.get(*key).filter(|schema| !schema.is_null()));
    Some(
        match schema.map(|schema| schema.get("json").filter(|_| schema.as_object().map_or(0, Map::len) == 1).unwrap_or(schema)) {
            Some(schema) => described.with_parameters(schema.clone()),
            None => described,
        },
    )
}

/// How one of the model's messages goes on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Continuation {
    /// Which of the answers it belongs to, from 0.
    pub(crate) choice: u64,
    pub(crate) delta: Delta,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Delta {
    Text(String),
    Reasoning(String),
    /// A tool call, to be put together with what has the same index: id and name as they are said, arguments appended.
    ToolCall {
        index: Option<u64>,
        id: Option<String>,
        name: Option<String>,
        /// JSON text.
        arguments: String,
    },
    /// A part that is whole. A tool call takes the place of one with the same index, or the same id.
    Part {
        index: Option<u64>,
        part: Part,
    },
}

/// The pieces that an item of a stream has, in the shape of any provider.
pub(crate) fn pieces(event: &Value) -> Vec<Continuation> {
    let first = |deltas: Vec<Delta>| deltas.into_iter().map(|delta| Continuation { choice: 0, delta }).collect();
    match event["type"].as_str() {
        Some(kind) if kind.starts_with("response.") => return first(responses_delta(kind, event)),
        Some(_) => return first(anthropic_delta(event)),
        None => {}
    }
    if let Some(choices) = event["choices"].as_array() {
        return of_choices(choices, openai_delta);
    }
    if let Some(candidates) = event["candidates"].as_array() {
        return of_choices(candidates, |candidate| streamed_parts(&candidate["content"]["parts"]));
    }
    // rig hands on what it does not know, too.
    let rig = if event["item"].is_string() { &event["value"] } else { event };
    match rig["event"].as_str() {
        Some(_) if event["item"] == "unknown" => Vec::new(),
        Some(kind) => first(rig_delta(kind, rig)),
        None if event["contentBlockStart"].is_object() || event["contentBlockDelta"].is_object() => first(bedrock_delta(event)),
        None => first(ollama_or_genai_delta(event)),
    }
}

fn of_choices(choices: &[Value], deltas: impl Fn(&Value) -> Vec<Delta>) -> Vec<Continuation> {
    let of_choice = |(place, choice): (u64, &Value)| {
        let index = choice["index"].as_u64().unwrap_or(place);
        deltas(choice).into_iter().map(move |delta| Continuation { choice: index, delta })
    };
    (0..).zip(choices).flat_map(of_choice).collect()
}

fn whole(part: Part) -> Delta {
    match part {
        Part::Text { content } => Delta::Text(content),
        Part::Reasoning { content } => Delta::Reasoning(content),
        part => Delta::Part { index: None, part },
    }
}

/// What is not empty.
fn texts<'a>(value: &'a Value, keys: &'a [&'a str]) -> impl Iterator<Item = String> + use<'a> {
    keys.iter().filter_map(|key| text(&value[*key])).filter(|text| !text.is_empty())
}

fn openai_delta(choice: &Value) -> Vec<Delta> {
    let delta = &choice["delta"];
    let mut found: Vec<Delta> = texts(delta, &["reasoning_content", "reasoning"]).take(1).map(Delta::Reasoning).collect();
    found.extend(streamed_parts(&delta["content"]));
    found.extend(texts(delta, &["refusal"]).chain(texts(choice, &["text"])).map(Delta::Text));
    found.extend(delta["tool_calls"].as_array().into_iter().flatten().map(|call| Delta::ToolCall {
        index: call["index"].as_u64(),
        id: text(&call["id"]),
        name: text(&call["function"]["name"]),
        arguments: text(&call["function"]["arguments"]).unwrap_or_default(),
    }));
    found
}

fn responses_delta(kind: &str, event: &Value) -> Vec<Delta> {
    let index = event["output_index"].as_u64();
    let delta = text(&event["delta"]);
    let item = &event["item"];
    let found = match kind {
        "response.output_item.added" => Some(Delta::ToolCall {
            index,
            id: text(&item["call_id"]),
            name: text(&item["name"]),
            arguments: first_text(item, &["arguments", "input"]).unwrap_or_default(),
        }),
        "response.output_text.delta" | "response.refusal.delta" => delta.map(Delta::Text),
        "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => delta.map(Delta::Reasoning),
        _ => delta.map(|arguments| Delta::ToolCall { index, id: None, name: None, arguments }),
    };
    found.into_iter().collect()
}

fn anthropic_delta(event: &Value) -> Vec<Delta> {
    let index = event["index"].as_u64();
    let (block, delta) = (&event["content_block"], &event["delta"]);
    let mut found: Vec<Delta> = texts(block, &["text"]).chain(texts(delta, &["text"])).map(Delta::Text).collect();
    found.extend(texts(block, &["thinking"]).chain(texts(delta, &["thinking"])).map(Delta::Reasoning));
    if matches!(block["type"].as_str(), Some("tool_use" | "server_tool_use" | "mcp_tool_use")) {
        let arguments = block.get("input").filter(|input| input.is_object()).map(Value::to_string).unwrap_or_default();
        found.push(Delta::ToolCall { index, id: text(&block["id"]), name: text(&block["name"]), arguments });
    }
    found.extend(texts(delta, &["partial_json"]).map(|arguments| Delta::ToolCall { index, id: None, name: None, arguments }));
    found
}

fn rig_delta(kind: &str, event: &Value) -> Vec<Delta> {
    let index = event["part"].as_u64();
    let fragment = text(&event["text"]);
    let found = match kind {
        "text" => fragment.map(Delta::Text),
        "reasoning" => fragment.map(Delta::Reasoning),
        "start" => Some(Delta::ToolCall { index, id: None, name: text(&event["name"]), arguments: String::new() }),
        "arguments" => text(&event["json"]).map(|arguments| Delta::ToolCall { index, id: None, name: None, arguments }),
        // Of a text, all has been said.
        _ => return parts(&event["content"]).into_iter().map(|part| Delta::Part { index, part }).collect(),
    };
    found.into_iter().collect()
}

fn bedrock_delta(event: &Value) -> Vec<Delta> {
    let (start, delta) = (&event["contentBlockStart"], &event["contentBlockDelta"]);
    let (started, delta_of) = (&start["start"]["toolUse"], &delta["delta"]);
    let mut found: Vec<Delta> = texts(delta_of, &["text"]).map(Delta::Text).collect();
    found.extend(texts(&delta_of["reasoningContent"], &["text"]).map(Delta::Reasoning));
    found.extend(started.is_object().then(|| Delta::ToolCall {
        index: start["contentBlockIndex"].as_u64(),
        id: text(&started["toolUseId"]),
        name: text(&started["name"]),
        arguments: String::new(),
    }));
    let index = delta["contentBlockIndex"].as_u64();
    let arguments = texts(&delta_of["toolUse"], &["input"]);
    found.extend(arguments.map(|arguments| Delta::ToolCall { index, id: None, name: None, arguments }));
    found
}

fn ollama_or_genai_delta(event: &Value) -> Vec<Delta> {
    let message = &event["message"];
    let thought = texts(message, &["thinking"]).chain(texts(event, &["thinking"]));
    let thought = thought.chain(texts(&event["ReasoningChunk"], &["content"]));
    let said = texts(message, &["content"]).chain(texts(&event["Chunk"], &["content"])).chain(texts(event, &["response"]));
    let mut found: Vec<Delta> = thought.map(Delta::Reasoning).chain(said.map(Delta::Text)).collect();
    found.extend(tool_calls(message).map(whole));
    let call = &event["ToolCallChunk"]["tool_call"];
    found.extend(call.is_object().then(|| whole(named_call(text(&call["call_id"]), call))));
    found
}
