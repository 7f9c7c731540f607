//! The request side: what an attribute's `key = expression` arguments call while a call is being opened.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::call::core::{Call, Recursive, is_in_loop_of};
use crate::call::open::{Manner, Opening, Site};
use crate::caught::caught;
use crate::listen::report;
use crate::read::facts::Uses;
use crate::read::request::{Request, request as read_request};
use crate::read::walk::{ByRef, Readable};
use crate::value::registered::{Registered, Sink};
use crate::value::{
    AsContext, AttributeValue, Flag, Integer, Message, Number, SealedInteger, StepOperation, Text, Time, ToToolDefinitions,
    error_type,
};
use crate::vocabulary::{Content, Kind, OperationName, Shared, key, value};
use opentelemetry::{Array, StringValue, Value};
use serde::Serialize;
use std::any::type_name;
use std::panic::Location;
use std::sync::Arc;
use std::time::Instant;

/// A call that is being described.
pub struct Description {
    opening: Opening,
}

/// Describes a call. A trait of its own, and not `dyn Fn`, of which three functions are compiled for each closure instead of one.
pub(crate) trait Describe {
    fn describe(&self, description: &mut Description);
}

impl<F: Fn(&mut Description)> Describe for F {
    fn describe(&self, description: &mut Description) {
        self(description);
    }
}

/// Opens a call, if anybody listens to it. Not generic, so that it is compiled once, and cold, so that
/// where nobody listens nothing is prepared for it.
#[cold]
#[inline(never)]
pub(crate) fn open(called: OperationName, site: &'static Site, describe: &dyn Describe) -> Option<Arc<Call>> {
    open_as(called, site, Manner::default(), describe)
}

/// Opens a step that is made for something else than its loop does.
#[cold]
#[inline(never)]
pub(crate) fn open_for(operation: StepOperation, site: &'static Site, describe: &dyn Describe) -> Option<Arc<Call>> {
    open_as(operation.called, site, Manner { purpose: operation.purpose, ..Manner::default() }, describe)
}

/// Opens a loop that may call itself: None where it does, as where nobody listens.
#[cold]
#[inline(never)]
pub(crate) fn open_recursive(function: Recursive, site: &'static Site, describe: &dyn Describe) -> Option<Arc<Call>> {
    if is_in_loop_of(function) {
        return None;
    }
    open_as(OperationName::InvokeAgent, site, Manner { recursive: Some(function.at), ..Manner::default() }, describe)
}

/// Opens a call that runs wherever it is entered, if anybody listens to it. `purpose`: of a step.
#[cold]
#[inline(never)]
pub(crate) fn open_detached(called: OperationName, purpose: Option<&'static str>, describe: &dyn Describe) -> Option<Arc<Call>> {
    static SITE: Site = Site { function: "", attributes: 6, capture: true };
    open_as(called, &SITE, Manner { is_detached: true, purpose, ..Manner::default() }, describe)
}

#[inline(never)]
fn open_as(called: OperationName, site: &'static Site, manner: Manner, describe: &dyn Describe) -> Option<Arc<Call>> {
    let call = Opening::new(called, site, manner).and_then(|opening| {
        let mut description = Description { opening };
        if caught("an argument of an attribute", || describe.describe(&mut description)).is_none() {
            description.opening.was_interrupted();
        }
        description.opening.conclude();
        description.opening.finish()
    });
    if called == OperationName::InvokeAgent {
        report(call.as_ref().is_some_and(|call| call.wants.span()));
    }
    call
}

/// None if it is empty: then it has its function's.
fn tool_name(name: &(impl Text + ?Sized)) -> Option<StringValue> {
    name.text().filter(|name| !name.as_str().is_empty())
}

/// Whether an argument is worth evaluating.
impl Description {
    /// For a value that metrics carry, too.
    pub fn __ss_is_measured(&mut self) -> bool {
        // A loop's provider and model are measured by its steps.
        let kind = self.opening.kind;
        self.opening.is_wanted(|operation| kind != Kind::Tool || operation.measures(key::TOOL_NAME))
    }

    /// For the agent's name.
    pub fn __ss_is_agent_measured(&mut self) -> bool {
        self.opening.is_wanted(|operation| operation.measures(key::AGENT_NAME))
    }

    /// For where the server is.
    pub fn __ss_is_server_measured(&mut self) -> bool {
        self.opening.is_wanted(|operation| operation.measures(key::SERVER_ADDRESS))
    }

    /// For a value for the span alone.
    ///
    /// Inside a loop that records, or if the sampler is to see everything, the answer is yes without asking:
    /// everything then goes into the span as it starts. Else the sampler decides now, by what is there already.
    pub fn __ss_is_recording(&mut self) -> bool {
        self.opening.is_wanted(|_| false)
    }

    /// For content. The macro asks last, since the span has to be started to know.
    pub fn __ss_is_capturing(&mut self) -> bool {
        self.opening.is_capturing()
    }

    /// For whether content may be captured: where the settings have it captured, and a span records.
    pub fn __ss_asks_consent(&mut self) -> bool {
        self.opening.asks_consent()
    }

    /// What the loop produces, and so what it asks its model for.
    fn result(&mut self, name: Option<impl Into<StringValue>>) {
        let name = name.map(Into::into);
        if self.opening.operation().output_type {
            let is_text = |name: &StringValue| name.as_str() == value::STRING_RESULT;
            let output = name.as_ref().map(|name| if is_text(name) { value::TEXT_OUTPUT } else { value::JSON_OUTPUT });
            self.opening.share(Shared::OutputType, output);
        }
        self.opening.push(key::RESULT_TYPE, name);
    }
}

impl Sink for &mut Description {
    fn put(&mut self, key: &'static str, value: Value) {
        self.opening.push(key, Some(value));
    }
}

/// A loop that is being described, as the place where what is inherited goes.
pub struct Heir<'a>(&'a mut Description);

impl Sink for Heir<'_> {
    fn put(&mut self, key: &'static str, value: Value) {
        self.0.opening.hand_down(key, value);
    }
}

/// The arguments. Each is named after its key; an IDE that hovers over the key shows what stands here.
impl Description {
    /// The context that the call is opened in, instead of the current one. A `None` says nothing.
    pub fn __ss_parent(&mut self, parent: &(impl AsContext + ?Sized)) {
        if let Some(parent) = parent.as_context() {
            self.opening.place_in(parent);
        }
    }

    /// A link to the span that the context is in. A `None`, or a context without a span, says nothing.
    pub fn __ss_link(&mut self, context: &(impl AsContext + ?Sized)) {
        if let Some(context) = context.as_context() {
            self.opening.link(context);
        }
    }

    /// When it started, if not now. A `None` says nothing.
    pub fn __ss_started(&mut self, time: &(impl Time + ?Sized)) {
        if let Some(time) = time.time() {
            self.opening.starts_at(time);
        }
    }

    /// No span of its own: it completes the current one, which is somebody else's.
    pub fn __ss_current_span(&mut self) {
        self.opening.adopt();
    }

    /// The name of a tool, which a sampler is to see.
    pub(crate) fn name_early(&mut self, name: &(impl Text + ?Sized)) {
        self.opening.share_evaluated(Shared::ToolName, tool_name(name));
    }

    /// `gen_ai.agent.name`: the agent that runs the loop. Its steps and tools inherit it.
    pub fn __ss_agent(&mut self, name: &(impl Text + ?Sized)) {
        self.opening.share(Shared::AgentName, name.text());
    }

    /// `gen_ai.conversation.id`: the conversation, session or thread that the loop belongs to. Its steps and tools inherit it.
    pub fn __ss_conversation_id(&mut self, id: &(impl Text + ?Sized)) {
        self.opening.share(Shared::ConversationId, id.text());
    }

    /// `gen_ai.provider.name`: who serves the model, as in `anthropic`, `openai`. Steps inherit it.
    pub fn __ss_provider(&mut self, name: &(impl Text + ?Sized)) {
        self.opening.share(Shared::ProviderName, name.text());
    }

    /// `gen_ai.request.model`: the model that is asked for. Steps inherit it.
    pub fn __ss_model(&mut self, name: &(impl Text + ?Sized)) {
        self.opening.share(Shared::RequestModel, name.text());
    }

    /// `gen_ai.request.temperature`. Steps inherit it.
    pub fn __ss_temperature(&mut self, temperature: &(impl Number + ?Sized)) {
        self.opening.share(Shared::Temperature, temperature.number());
    }

    /// `gen_ai.request.max_tokens`: how many tokens a response may have. Steps inherit it.
    pub fn __ss_max_tokens(&mut self, tokens: &(impl Integer + ?Sized)) {
        self.opening.share(Shared::MaxTokens, tokens.integer());
    }

    /// `fastmcp.sampling.tool_count`: how many tools the model may choose from.
    pub fn __ss_tool_count(&mut self, count: &(impl Integer + ?Sized)) {
        let count = count.integer();
        self.opening.written.tool_count = count.is_some();
        self.opening.push(key::TOOL_COUNT, count);
    }

    /// `fastmcp.sampling.result_type`: the type that the loop produces, by its qualified name; `str` for every string.
    pub fn __ss_result_type<T: ?Sized>(&mut self) {
        self.result(Some(error_type::of_result::<T>()));
    }

    /// `fastmcp.sampling.result_type`: what the loop produces, by a name of its own.
    pub fn __ss_result_type_name(&mut self, name: &(impl Text + ?Sized)) {
        self.result(name.text());
    }

    /// `fastmcp.sampling.result_type`, where nobody said one: `str`, if that is what the function returns.
    pub fn __ss_returns<R: ?Sized>(&mut self) {
        if self.opening.wants_result() {
            self.result(error_type::returns_string::<R>().then_some(value::STRING_RESULT));
        }
    }

    /// `fastmcp.sampling.handler_mode`: `client` or `fallback`.
    pub fn __ss_handler_mode(&mut self, mode: &(impl Text + ?Sized)) {
        self.opening.push(key::HANDLER_MODE, mode.text());
    }

    /// `fastmcp.sampling.iteration`: which step of the run this is, from 0, where the loop does not count right.
    pub fn __ss_iteration(&mut self, iteration: &(impl Integer + ?Sized)) {
        let iteration = iteration.integer();
        self.opening.written.iteration = iteration.is_some();
        self.opening.push(key::ITERATION, iteration);
    }

    /// `http.request.resend_count`: how often it was sent before. Above 0 it is another model call of the same iteration.
    pub fn __ss_attempt(&mut self, attempt: &(impl Integer + ?Sized)) {
        let attempt = attempt.integer().filter(|&attempt| attempt > 0);
        self.opening.written.retries = attempt.is_some();
        self.opening.push(key::RESEND_COUNT, attempt);
    }

    /// `gen_ai.request.stream`: the response comes in pieces, and the time to the first is measured.
    pub fn __ss_stream(&mut self) {
        self.opening.started.get_or_insert_with(Instant::now);
        self.opening.push(key::REQUEST_STREAM, Some(true));
    }

    /// `gen_ai.request.top_p`: how much of the probability mass is sampled from, 0 to 1.
    pub fn __ss_top_p(&mut self, top_p: &(impl Number + ?Sized)) {
        self.opening.push(key::REQUEST_TOP_P, top_p.number());
    }

    /// `gen_ai.request.top_k`: from how many of the likeliest tokens is sampled.
    pub fn __ss_top_k(&mut self, top_k: &(impl Integer + ?Sized)) {
        self.opening.push(key::REQUEST_TOP_K, top_k.integer());
    }

    /// `gen_ai.request.seed`: with the same one, a model may answer the same.
    pub fn __ss_seed(&mut self, seed: &(impl Integer + ?Sized)) {
        self.opening.push(key::REQUEST_SEED, seed.integer());
    }

    /// `gen_ai.request.stop_sequences`: at which texts the model stops. A list of strings; one string is a list of one.
    pub fn __ss_stop_sequences(&mut self, sequences: &(impl AttributeValue + ?Sized)) {
        let sequences = match sequences.attribute() {
            Some(Value::String(one)) => Some(Array::String(vec![one])),
            Some(Value::Array(list @ Array::String(_))) => Some(list),
            _ => None,
        };
        self.opening.push(key::REQUEST_STOP_SEQUENCES, sequences.map(Value::Array));
    }

    /// `gen_ai.request.presence_penalty`.
    pub fn __ss_presence_penalty(&mut self, penalty: &(impl Number + ?Sized)) {
        self.opening.push(key::REQUEST_PRESENCE_PENALTY, penalty.number());
    }

    /// `gen_ai.request.frequency_penalty`.
    pub fn __ss_frequency_penalty(&mut self, penalty: &(impl Number + ?Sized)) {
        self.opening.push(key::REQUEST_FREQUENCY_PENALTY, penalty.number());
    }

    /// `gen_ai.request.choice.count`: how many answers are asked for.
    pub fn __ss_choice_count(&mut self, count: &(impl Integer + ?Sized)) {
        self.opening.push(key::REQUEST_CHOICE_COUNT, count.integer());
    }

    /// `gen_ai.request.reasoning.level`: how much the model is to reason, in the provider's own word: `low`, `high`.
    pub fn __ss_reasoning_level(&mut self, level: &(impl Text + ?Sized)) {
        self.opening.push(key::REQUEST_REASONING_LEVEL, level.text());
    }

    /// `gen_ai.request.previous_response.id`: the response that this request goes on from, where the provider keeps it.
    pub fn __ss_previous_response_id(&mut self, id: &(impl Text + ?Sized)) {
        self.opening.push(key::REQUEST_PREVIOUS_RESPONSE_ID, id.text());
    }

    /// `gen_ai.prompt.name`: the prompt template that the request was made from.
    pub fn __ss_prompt_name(&mut self, name: &(impl Text + ?Sized)) {
        self.opening.push(key::PROMPT_NAME, name.text());
    }

    /// `gen_ai.prompt.version`: its version, in whatever scheme: `v2`, `2026-10-01`, `prod`.
    pub fn __ss_prompt_version(&mut self, version: &(impl Text + ?Sized)) {
        self.opening.push(key::PROMPT_VERSION, version.text());
    }

    /// `server.address`: the host that serves the model, by name or IP address.
    pub fn __ss_server_address(&mut self, address: &(impl Text + ?Sized)) {
        self.opening.share(Shared::ServerAddress, address.text());
    }

    /// `server.port`: its port.
    pub fn __ss_server_port(&mut self, port: &(impl Integer + ?Sized)) {
        self.opening.share(Shared::ServerPort, port.integer());
    }

    /// `gen_ai.tool.name`. Where it is empty: the function's name.
    pub fn __ss_name(&mut self, name: &(impl Text + ?Sized)) {
        self.opening.share(Shared::ToolName, tool_name(name));
    }

    /// `gen_ai.tool.call.id`: the model's id for this call.
    pub fn __ss_call_id(&mut self, id: &(impl Text + ?Sized)) {
        self.opening.push(key::TOOL_CALL_ID, id.text());
    }

    /// `gen_ai.tool.description`: what the model is told that the tool does.
    pub fn __ss_description(&mut self, description: &(impl Text + ?Sized)) {
        self.opening.push(key::TOOL_DESCRIPTION, description.text());
    }

    /// `gen_ai.tool.type`: `function` unless it is said otherwise, as in `extension`, `datastore`.
    pub fn __ss_tool_type(&mut self, kind: &(impl Text + ?Sized)) {
        self.opening.share(Shared::ToolType, kind.text());
    }

    /// `gen_ai.data_source.id`: what a retrieval looks in, by the id that the system gave it.
    pub fn __ss_data_source_id(&mut self, id: &(impl Text + ?Sized)) {
        self.opening.share(Shared::DataSourceId, id.text());
    }

    /// Whether content may be captured, where the settings have it: here, and of a loop in all that is inside.
    pub fn __ss_capture(&mut self, allowed: &(impl Flag + ?Sized)) {
        self.opening.consents(allowed.flag());
    }

    /// An attribute of the user's own.
    pub fn __ss_attribute(&mut self, key: &'static str, value: &(impl AttributeValue + ?Sized)) {
        self.opening.push(key, value.attribute());
    }

    /// An attribute of the user's own, on the loop and on all that is inside.
    pub fn __ss_inherited(&mut self, key: &'static str, value: &(impl AttributeValue + ?Sized)) {
        if let Some(value) = value.attribute() {
            self.opening.hand_down(key, value);
        }
    }

    /// An attribute of the registry's, on the loop and on all that is inside.
    pub fn __ss_inherited_registered<'a, V: ?Sized>(&'a mut self, value: &'a V) -> Registered<&'a V, Heir<'a>> {
        Registered::new(Some(value), Heir(self))
    }

    /// An attribute of the registry's.
    pub fn __ss_registered<'a, V: ?Sized>(&'a mut self, value: &'a V) -> Registered<&'a V, &'a mut Self> {
        Registered::new(Some(value), self)
    }

    /// Content: what the model is told before everything else.
    pub fn __ss_system_prompt(&mut self, prompt: Vec<Message>) {
        self.opening.content().system(prompt);
    }

    /// Content: what the model is asked.
    pub fn __ss_messages(&mut self, messages: Vec<Message>) {
        self.opening.content().input(messages);
    }

    /// The request itself, in the shape of its provider: whatever of it is not said otherwise. `written`: the arguments that are.
    #[track_caller]
    pub fn __ss_request<T: Readable + ?Sized>(&mut self, request: &T, written: &[&str]) {
        self.read(&ByRef(request), type_name::<T>(), written, Location::caller());
    }

    /// Somebody else reports the tokens of this step.
    pub fn __ss_without_tokens(&mut self) {
        self.opening.manner.without_tokens = true;
    }

    #[inline(never)]
    fn read(&mut self, request: &dyn Readable, type_name: &'static str, written: &[&str], at: &'static Location<'static>) {
        let attributes = Uses { recorded: self.__ss_is_recording(), content: false };
        match read_request(request, attributes) {
            Ok(said) => self.requested(said, written),
            Err(unread) => return unread.warn("request", type_name, at),
        }
        if !self.__ss_is_capturing() {
            return;
        }
        if let Ok(said) = read_request(request, Uses::CONTENT) {
            let said_in_history = self.opening.operation().content == Content::Attributes;
            // Where messages are events of their own, the system's are among those of the history.
            let system = if said_in_history { said.system() } else { said.instructions.into_iter().collect() };
            let is_free = |key| !written.contains(&key);
            let content = self.opening.content();
            if is_free("system_prompt") {
                content.system(system);
            }
            if is_free("messages") {
                content.input(said.messages);
            }
            if is_free("tools") {
                content.tools(said.tools);
            }
        }
    }

    fn requested(&mut self, said: Request, written: &[&str]) {
        let opening = &mut self.opening;
        opening.share_unless_written(Shared::RequestModel, said.model.map(Value::String));
        opening.share_unless_written(Shared::Temperature, said.temperature.map(Value::F64));
        opening.share_unless_written(Shared::MaxTokens, said.max_tokens.map(Value::I64));
        if opening.operation().output_type {
            opening.share_unless_written(Shared::OutputType, said.output_type.map(Value::from));
        }
        if opening.kind == Kind::Loop {
            if !opening.written.tool_count && !written.contains(&"tools") {
                opening.push(key::TOOL_COUNT, said.tool_count);
            }
            return;
        }
        opening.push_unless(written, "top_p", key::REQUEST_TOP_P, said.top_p.map(Value::F64));
        opening.push_unless(written, "top_k", key::REQUEST_TOP_K, said.top_k.map(Value::I64));
        opening.push_unless(written, "seed", key::REQUEST_SEED, said.seed.map(Value::I64));
        opening.push_unless(written, "presence_penalty", key::REQUEST_PRESENCE_PENALTY, said.presence_penalty.map(Value::F64));
        opening.push_unless(written, "frequency_penalty", key::REQUEST_FREQUENCY_PENALTY, said.frequency_penalty.map(Value::F64));
        opening.push_unless(written, "choice_count", key::REQUEST_CHOICE_COUNT, said.choice_count.map(Value::I64));
        opening.push_unless(written, "reasoning_level", key::REQUEST_REASONING_LEVEL, said.reasoning_level.map(Value::String));
        opening.push_unless(
            written,
            "previous_response_id",
            key::REQUEST_PREVIOUS_RESPONSE_ID,
            said.previous_response.map(Value::String),
        );
        opening.push_unless(written, "stream", key::REQUEST_STREAM, said.stream.then_some(Value::Bool(true)));
        let stops = Some(said.stop_sequences).filter(|stops| !stops.is_empty());
        opening.push_unless(
            written,
            "stop_sequences",
            key::REQUEST_STOP_SEQUENCES,
            stops.map(|stops| Value::Array(Array::String(stops))),
        );
    }

    /// The tools that the model may choose from: `fastmcp.sampling.tool_count` of a loop that does not say it otherwise and, as content,
    /// their definitions.
    pub fn __ss_tools(&mut self, tools: impl ToToolDefinitions) {
        if self.opening.kind == Kind::Loop && !self.opening.written.tool_count {
            self.opening.push(key::TOOL_COUNT, tools.tool_count().integer());
        }
        if self.__ss_is_capturing() {
            self.opening.content().tools(tools.to_tool_definitions());
        }
    }

    /// Content: what is looked for.
    pub fn __ss_query(&mut self, query: &(impl Text + ?Sized)) {
        let settings = self.opening.listeners().settings.clone();
        self.opening.content().query(&settings, query);
    }

    /// Content: what the model calls the tool with.
    pub fn __ss_arguments(&mut self, arguments: &(impl Serialize + ?Sized)) {
        let settings = self.opening.listeners().settings.clone();
        self.opening.content().arguments(&settings, arguments);
    }
}
