//! Messages, in the JSON that the GenAI conventions give them, and what can be turned into them.

use serde_json::Value;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// Who a message is from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Instructions from whoever runs the program.
    System,
    /// The person, or whatever asks the model.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
    /// A role that a provider has beyond these, in its own word.
    Other(String),
}

impl Role {
    /// The word for it: `system`, `user`, `assistant`, `tool`, or the provider's own.
    pub fn as_str(&self) -> &str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
            Role::Other(role) => role,
        }
    }
}

impl From<&str> for Role {
    fn from(role: &str) -> Self {
        match role {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "tool" => Role::Tool,
            other => Role::Other(other.to_owned()),
        }
    }
}

impl From<&String> for Role {
    fn from(role: &String) -> Self {
        role.as_str().into()
    }
}

impl From<String> for Role {
    fn from(role: String) -> Self {
        role.as_str().into()
    }
}

/// One message: who it is from, and its parts.
///
/// ```
/// use samplescope::{Message, Part, Role};
///
/// let question = Message::user("What is on this picture?")
///     .with(Part::uri("image", "https://example.com/cat.png"));
/// let answer = Message::assistant("A cat.").with_finish_reason("stop");
/// assert_eq!((answer.role(), answer.finish_reason(), answer.parts().len()), (Some(&Role::Assistant), Some("stop"), 1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// None: whose message it is follows from the argument that it is given to.
    role: Option<Role>,
    parts: Vec<Part>,
    finish_reason: Option<String>,
}

impl Message {
    /// An empty message.
    pub fn new(role: impl Into<Role>) -> Self {
        Message::of(Some(role.into()), Vec::new())
    }

    /// A message whose role follows from the argument that it is given to: `messages` is the user, `answer` the assistant.
    pub fn text(text: impl Into<String>) -> Self {
        Message::of(None, vec![Part::text(text)])
    }

    /// With exactly the room that these parts need; most messages have one.
    pub(crate) fn of(role: Option<Role>, parts: Vec<Part>) -> Self {
        Message { role, parts, finish_reason: None }
    }

    /// Keeps the parts that `keep` says so of, and may change them.
    pub(crate) fn retain_parts(&mut self, keep: impl FnMut(&mut Part) -> bool) {
        self.parts.retain_mut(keep);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// A message of the system's.
    pub fn system(text: impl Into<String>) -> Self {
        Message::of(Some(Role::System), vec![Part::text(text)])
    }

    /// A message of the user's.
    pub fn user(text: impl Into<String>) -> Self {
        Message::of(Some(Role::User), vec![Part::text(text)])
    }

    /// A message of the model's.
    pub fn assistant(text: impl Into<String>) -> Self {
        Message::of(Some(Role::Assistant), vec![Part::text(text)])
    }

    /// The message with one more part.
    #[must_use]
    pub fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Why the model stopped, for a message of its own: `stop`, `length`, `tool_call`, `content_filter`, or what a provider calls these.
    #[must_use]
    pub fn with_finish_reason(self, reason: impl Into<String>) -> Self {
        Message { finish_reason: Some(reason.into()), ..self }
    }

    /// Who it is from. `None`: that follows from the argument that it is given to.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// Its parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Why the model stopped, in the words of whoever made the message.
    pub fn finish_reason(&self) -> Option<&str> {
        self.finish_reason.as_deref()
    }

    /// Who it is from; `role`, if it does not say.
    pub(crate) fn role_or<'a>(&'a self, role: &'a Role) -> &'a Role {
        self.role.as_ref().unwrap_or(role)
    }

    /// Whether it says that it is from them.
    pub(crate) fn is_from(&self, role: &Role) -> bool {
        self.role.as_ref() == Some(role)
    }

    /// The text, of a message that is nothing else.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.parts[..] {
            [Part::Text { content }] => Some(content),
            _ => None,
        }
    }
}

/// A part of a message. Each has its constructor; variants and fields may become more, so a pattern ends in `..`.
///
/// ```
/// use samplescope::Part;
///
/// let part = Part::file("image", "file-123").with_mime_type("image/png");
/// assert!(matches!(part, Part::File { file_id, .. } if file_id == "file-123"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// Text.
    #[non_exhaustive]
    Text {
        /// The text.
        content: String,
    },
    /// The model asks for a tool.
    #[non_exhaustive]
    ToolCall {
        /// The call's id, where the provider gives one.
        id: Option<String>,
        /// The tool's name.
        name: String,
        /// What the tool is called with.
        arguments: Value,
    },
    /// What a tool gave back.
    #[non_exhaustive]
    ToolCallResponse {
        /// The call's id, where the provider gives one.
        id: Option<String>,
        /// What it gave back.
        response: Value,
    },
    /// The model's reasoning, where it is shown.
    #[non_exhaustive]
    Reasoning {
        /// The text.
        content: String,
    },
    /// Bytes that are part of the message. Prefer [`Uri`](Part::Uri) or [`File`](Part::File): a backend seldom wants the bytes.
    /// With a length limit, bytes that do not fit into it are left out, and a text says so.
    #[non_exhaustive]
    Blob {
        /// `image`, `audio` or `video`.
        modality: String,
        /// The MIME type, where it is known.
        mime_type: Option<String>,
        /// The bytes in base64.
        content: String,
    },
    /// Bytes that are found elsewhere.
    #[non_exhaustive]
    Uri {
        /// `image`, `audio` or `video`.
        modality: String,
        /// The MIME type, where it is known.
        mime_type: Option<String>,
        /// Where.
        uri: String,
    },
    /// Bytes that the provider keeps.
    #[non_exhaustive]
    File {
        /// `image`, `audio` or `video`.
        modality: String,
        /// The MIME type, where it is known.
        mime_type: Option<String>,
        /// The provider's id for them.
        file_id: String,
    },
}

impl Part {
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Part::Text { .. })
    }

    /// Text.
    pub fn text(content: impl Into<String>) -> Self {
        Part::Text { content: content.into() }
    }

    /// A call of a tool.
    pub fn tool_call(id: impl Into<Option<String>>, name: impl Into<String>, arguments: Value) -> Self {
        Part::ToolCall { id: id.into(), name: name.into(), arguments }
    }

    /// What a tool gave back.
    pub fn tool_call_response(id: impl Into<Option<String>>, response: Value) -> Self {
        Part::ToolCallResponse { id: id.into(), response }
    }

    /// The model's reasoning.
    pub fn reasoning(content: impl Into<String>) -> Self {
        Part::Reasoning { content: content.into() }
    }

    /// Bytes in base64; `modality` is `image`, `audio` or `video`.
    pub fn blob(modality: impl Into<String>, base64: impl Into<String>) -> Self {
        Part::Blob { modality: modality.into(), mime_type: None, content: base64.into() }
    }

    /// Something that is found elsewhere; `modality` is `image`, `audio` or `video`.
    pub fn uri(modality: impl Into<String>, uri: impl Into<String>) -> Self {
        Part::Uri { modality: modality.into(), mime_type: None, uri: uri.into() }
    }

    /// Something that the provider keeps, by its id; `modality` is `image`, `audio` or `video`.
    pub fn file(modality: impl Into<String>, file_id: impl Into<String>) -> Self {
        Part::File { modality: modality.into(), mime_type: None, file_id: file_id.into() }
    }

    /// The MIME type of a blob, a URI or a file. Other parts have none, and stay as they are.
    #[must_use]
    pub fn with_mime_type(mut self, mime_type: impl Into<String>) -> Self {
        if let Part::Blob { mime_type: place, .. } | Part::Uri { mime_type: place, .. } | Part::File { mime_type: place, .. } =
            &mut self
        {
            *place = Some(mime_type.into());
        }
        self
    }
}

/// A tool as the model is told of it.
///
/// ```
/// use samplescope::ToolDefinition;
///
/// let weather = ToolDefinition::new("weather").with_description("The weather in a city");
/// assert_eq!((weather.name(), weather.description(), weather.parameters()), ("weather", Some("The weather in a city"), None));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) parameters: Option<Value>,
}

impl ToolDefinition {
    /// A function with this name.
    pub fn new(name: impl Into<String>) -> Self {
        ToolDefinition { name: name.into(), description: None, parameters: None }
    }

    /// What the model is told that it does.
    #[must_use]
    pub fn with_description(self, description: impl Into<String>) -> Self {
        ToolDefinition { description: Some(description.into()), ..self }
    }

    /// The JSON schema of its arguments.
    #[must_use]
    pub fn with_parameters(self, schema: Value) -> Self {
        ToolDefinition { parameters: Some(schema), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the model is told that it does.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The JSON schema of its arguments.
    pub fn parameters(&self) -> Option<&Value> {
        self.parameters.as_ref()
    }
}

/// What can be shown as messages: one string, a `(role, text)`, a [`Message`], a [`serde_json::Value`] in the shape of OpenAI (chat and
/// Responses), Anthropic, Gemini, Ollama, Bedrock Converse, Cohere, MCP sampling, genai or rig, whole requests and responses too, and slices, vectors,
/// options and references of these. A string's role follows from the argument: in `messages` it is the user's, in `answer` the assistant's.
///
/// For a type of your own:
///
/// ```
/// use samplescope::{Message, ToMessages};
///
/// struct Turn {
///     from_model: bool,
///     text: String,
/// }
///
/// impl ToMessages for Turn {
///     fn to_messages(&self) -> Vec<Message> {
///         vec![if self.from_model { Message::assistant(&self.text) } else { Message::user(&self.text) }]
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown as messages",
    label = "expected messages",
    note = "messages are a string, `(role, text)`, `samplescope::Message`, `serde_json::Value`, and slices, vectors, `Option`s and references of these; implement `samplescope::ToMessages` for a type of your own"
)]
pub trait ToMessages {
    /// The messages. Called only while content is captured.
    fn to_messages(&self) -> Vec<Message>;

    /// Puts the messages behind others: a long list need not make a list of each of its entries.
    #[doc(hidden)]
    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        messages.extend(self.to_messages());
    }
}

impl ToMessages for Message {
    fn to_messages(&self) -> Vec<Message> {
        vec![self.clone()]
    }

    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        messages.push(self.clone());
    }
}

impl ToMessages for str {
    fn to_messages(&self) -> Vec<Message> {
        vec![Message::text(self)]
    }

    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        messages.push(Message::text(self));
    }
}

impl<R: Clone + Into<Role>, T: AsRef<str>> ToMessages for (R, T) {
    fn to_messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        self.__ss_append_to(&mut messages);
        messages
    }

    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        messages.push(Message::of(Some(self.0.clone().into()), vec![Part::text(self.1.as_ref())]));
    }
}

impl<T: ToMessages> ToMessages for [T] {
    fn to_messages(&self) -> Vec<Message> {
        let mut messages = Vec::with_capacity(self.len());
        self.__ss_append_to(&mut messages);
        messages
    }

    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        for entry in self {
            entry.__ss_append_to(messages);
        }
    }
}

impl<T: ToMessages, const N: usize> ToMessages for [T; N] {
    fn to_messages(&self) -> Vec<Message> {
        self[..].to_messages()
    }

    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        self[..].__ss_append_to(messages);
    }
}

impl<T: ToMessages> ToMessages for Option<T> {
    fn to_messages(&self) -> Vec<Message> {
        self.as_ref().map(ToMessages::to_messages).unwrap_or_default()
    }

    fn __ss_append_to(&self, messages: &mut Vec<Message>) {
        if let Some(entry) = self {
            entry.__ss_append_to(messages);
        }
    }
}

/// What is shown as what it holds.
macro_rules! as_what_it_holds {
    ($trait:ident, $methods:tt: $([$($of:tt)*] $holder:ty;)*) => {$(
        impl<$($of)*> $trait for $holder $methods
    )*};
}

as_what_it_holds! {
    ToMessages, {
        fn to_messages(&self) -> Vec<Message> {
            (**self).to_messages()
        }

        fn __ss_append_to(&self, messages: &mut Vec<Message>) {
            (**self).__ss_append_to(messages);
        }
    }:
    [T: ToMessages + ?Sized] &T; [T: ToMessages + ?Sized] &mut T; [T: ToMessages + ?Sized] Box<T>; [T: ToMessages + ?Sized] Rc<T>;
    [T: ToMessages + ?Sized] Arc<T>; [T: ToMessages] Vec<T>; [] String; [] Cow<'_, str>;
}

/// What can be shown as tool definitions: a [`ToolDefinition`], a name, a [`serde_json::Value`] in the shape of any of the same providers,
/// and slices, vectors, options and references of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shown as tool definitions",
    label = "expected tool definitions",
    note = "tool definitions are `samplescope::ToolDefinition`, a name, `serde_json::Value`, and slices, vectors, `Option`s and references of these; implement `samplescope::ToToolDefinitions` for a type of your own"
)]
pub trait ToToolDefinitions {
    /// The definitions. Called while content is captured, and by the default of [`tool_count`](Self::tool_count).
    fn to_tool_definitions(&self) -> Vec<ToolDefinition>;

    /// How many there are: called whenever the span records. Worth writing where definitions are dear.
    fn tool_count(&self) -> usize {
        self.to_tool_definitions().len()
    }
}

impl ToToolDefinitions for ToolDefinition {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        vec![self.clone()]
    }

    fn tool_count(&self) -> usize {
        1
    }
}

impl ToToolDefinitions for str {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        vec![ToolDefinition::new(self)]
    }

    fn tool_count(&self) -> usize {
        1
    }
}

impl<T: ToToolDefinitions> ToToolDefinitions for [T] {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        self.iter().flat_map(ToToolDefinitions::to_tool_definitions).collect()
    }

    fn tool_count(&self) -> usize {
        self.iter().map(ToToolDefinitions::tool_count).sum()
    }
}

impl<T: ToToolDefinitions, const N: usize> ToToolDefinitions for [T; N] {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        self[..].to_tool_definitions()
    }

    fn tool_count(&self) -> usize {
        self[..].tool_count()
    }
}

impl<T: ToToolDefinitions> ToToolDefinitions for Option<T> {
    fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
        self.as_ref().map(ToToolDefinitions::to_tool_definitions).unwrap_or_default()
    }

    fn tool_count(&self) -> usize {
        self.as_ref().map_or(0, ToToolDefinitions::tool_count)
    }
}

as_what_it_holds! {
    ToToolDefinitions, {
        fn to_tool_definitions(&self) -> Vec<ToolDefinition> {
            (**self).to_tool_definitions()
        }

        fn tool_count(&self) -> usize {
            (**self).tool_count()
        }
    }:
    [T: ToToolDefinitions + ?Sized] &T; [T: ToToolDefinitions + ?Sized] &mut T; [T: ToToolDefinitions + ?Sized] Box<T>;
    [T: ToToolDefinitions + ?Sized] Rc<T>; [T: ToToolDefinitions + ?Sized] Arc<T>; [T: ToToolDefinitions] Vec<T>; [] String;
}
