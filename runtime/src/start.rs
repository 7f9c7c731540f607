//! The request side: what an attribute's `key = expression` arguments call while a span is being opened.

#![expect(missing_debug_implementations, reason = "only generated code names these types")]

use crate::content::{Captured, captures};
use crate::ending::Ending;
use crate::metrics::Meters;
use crate::scope::{Gate, Said, Scope, innermost};
use crate::settings::Settings;
use crate::span::{self, Facts, Live, Measured, Started};
use crate::value::error_type;
use crate::value::registered::Given;
use crate::value::{AttributeValue, Integer, Number, Text};
use crate::value::{ToMessages, ToToolDefinitions};
use crate::vocabulary::{Convention, Kind, Operation, Shared, key, value};
use opentelemetry::global::BoxedTracer;
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use serde::Serialize;
use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What the macro knows of a function at compile time.
#[derive(Debug)]
pub struct Site {
    /// The function's name.
    pub function: &'static str,
    /// How many attributes the request may have.
    pub attributes: usize,
    /// Whether content may be captured here at all.
    pub capture: bool,
}

/// A call that is being described. Attributes are collected until somebody asks whether it records.
pub struct Start {
    kind: Kind,
    site: &'static Site,
    settings: Arc<Settings>,
    convention: &'static Convention,
    parent: Context,
    enclosing: Option<Arc<Scope>>,
    tracer: Tracer,
    meters: Option<Arc<Meters>>,
    started: Option<Instant>,
    /// Which step of its loop it is.
    iteration: Option<i64>,
    /// None until the sampler has decided.
    span: Option<Started>,
    /// What the span does not have yet.
    attributes: Vec<KeyValue>,
    /// What is handed down, or measured.
    said: Said,
    /// The shared attributes that the call has said itself, by their bits.
    own: u16,
    /// Whether an argument said which step of its loop it is.
    is_numbered: bool,
    /// Whether the user said how many tools there are.
    is_counted: bool,
    content: Option<Box<Captured>>,
}

enum Tracer {
    /// Nobody listens to spans.
    None,
    /// Asked for this call.
    Own(BoxedTracer),
    /// The scope's.
    Scope,
}

/// Who is to be told of a call, and how.
struct Listeners {
    settings: Arc<Settings>,
    convention: &'static Convention,
    tracer: Option<Tracer>,
    meters: Option<Arc<Meters>>,
}

impl Listeners {
    /// Those of the outermost call.
    fn of(scope: &Scope) -> Self {
        let settings = scope.settings.clone();
        let tracer = scope.tracer.as_ref().map(|_| Tracer::Scope);
        Listeners { convention: settings.convention(), settings, tracer, meters: scope.meters.clone() }
    }

    /// Those that the process has now. None if it has none, which is asked before anything else.
    fn ask() -> Option<Self> {
        let (spans, provider) = (span::is_listened_to(), Meters::provider());
        if !spans && provider.is_none() {
            return None;
        }
        let settings = Settings::current();
        let convention = settings.convention();
        // What a sampler is to see is evaluated before a span could tell that the provider is gone.
        let still_there = |tracer: &_| !settings.shows_sampler_arguments() || span::is_real(tracer);
        let tracer = spans.then(|| span::tracer(convention)).filter(still_there).map(Tracer::Own);
        let meters = provider.map(|provider| Meters::at(&provider, convention));
        Some(Listeners { settings, convention, tracer, meters })
    }
}

/// Opens a call, if anybody listens to it.
pub(crate) fn open(kind: Kind, site: &'static Site, describe: impl FnOnce(&mut Start)) -> Option<Arc<Live>> {
    let mut start = Start::new(kind, site)?;
    let mut describing = Describing { start: &mut start, finished: false };
    describe(describing.start);
    describing.finished = true;
    describing.start.finish()
}

/// Ends the call truthfully if an argument's expression panics.
struct Describing<'a> {
    start: &'a mut Start,
    finished: bool,
}

impl Drop for Describing<'_> {
    fn drop(&mut self) {
        if !self.finished {
            if let Some(call) = self.start.finish() {
                call.close(&Ending::Panicked);
            }
        }
    }
}

impl Start {
    /// None if nobody listens.
    fn new(kind: Kind, site: &'static Site) -> Option<Self> {
        let enclosing = if kind == Kind::Loop { None } else { Context::map_current(Scope::of) };
        let listeners = match &enclosing {
            Some(scope) => Listeners::of(scope),
            None => Listeners::ask()?,
        };
        let parent = Context::current();
        let Listeners { settings, convention, tracer, meters } = listeners;
        let tracer = tracer.filter(|_| enclosing.as_ref().is_none_or(|scope| scope.asks_under(&parent)));
        if tracer.is_none() && meters.is_none() {
            return None;
        }
        let constant = convention.operation(kind).attributes;
        let mut attributes = Vec::with_capacity(constant.len() + site.attributes + 8);
        attributes.extend(constant.iter().map(|&(key, value)| KeyValue::new(key, value)));
        Some(Start {
            kind,
            site,
            settings,
            convention,
            parent,
            iteration: enclosing.as_ref().and_then(|scope| scope.count(kind)),
            enclosing,
            started: meters.as_ref().map(|_| Instant::now()),
            meters,
            span: tracer.is_none().then_some(Started::Nothing),
            tracer: tracer.unwrap_or(Tracer::None),
            attributes,
            said: Said::default(),
            own: 0,
            is_numbered: false,
            is_counted: false,
            content: None,
        })
    }

    fn operation(&self) -> &'static Operation {
        self.convention.operation(self.kind)
    }

    /// Whether a value that metrics carry, too, is worth evaluating.
    pub fn __ss_is_measured(&mut self) -> bool {
        // A loop's provider and model are measured by its steps.
        let by_meter = self.kind != Kind::Tool || self.operation().measures(key::TOOL_NAME);
        (by_meter && self.meters.is_some()) || self.__ss_is_recording()
    }

    /// Whether the agent's name is worth evaluating.
    pub fn __ss_is_agent_measured(&mut self) -> bool {
        let by_meter = self.operation().measures(key::AGENT_NAME);
        (by_meter && self.meters.is_some()) || self.__ss_is_recording()
    }

    /// Whether a value for the span alone is worth evaluating.
    ///
    /// Inside a loop that records, or if the sampler is to see everything, the answer is yes without asking:
    /// everything then goes into the span as it starts. Else the sampler decides now, by what is there already.
    pub fn __ss_is_recording(&mut self) -> bool {
        match &self.span {
            Some(span) => span.is_recording(),
            None if matches!(self.tracer, Tracer::Scope) || self.settings.shows_sampler_arguments() => true,
            None => self.decide(),
        }
    }

    /// Whether content is worth evaluating. The macro asks last, since the span has to be started to know.
    pub fn __ss_is_capturing(&mut self) -> bool {
        self.captures() && self.decide()
    }

    /// Whether content becomes a log event, which says what the span says.
    fn logs(&self) -> bool {
        self.captures() && self.settings.captures().as_events()
    }

    fn captures(&self) -> bool {
        self.site.capture && captures(&self.settings, self.convention, self.kind)
    }

    /// Lets the sampler decide, if it has not. Whether the span records.
    fn decide(&mut self) -> bool {
        if let Some(span) = &self.span {
            return span.is_recording();
        }
        self.inherit();
        let name = self.name_of_span().unwrap_or(self.operation().name.into());
        let attributes = std::mem::take(&mut self.attributes);
        let tracer = match (&self.tracer, &self.enclosing) {
            (Tracer::Own(tracer), _) => Some(tracer),
            (Tracer::Scope, Some(scope)) => scope.tracer.as_ref(),
            _ => None,
        };
        let span =
            tracer.map_or(Started::Nothing, |tracer| span::start(tracer, &self.parent, self.operation(), name, attributes));
        self.span.insert(span).is_recording()
    }

    /// What the loop says and the call itself does not, and where in the loop it stands.
    fn inherit(&mut self) {
        if let Some(iteration) = self.iteration.filter(|_| !self.is_numbered) {
            self.attributes.push(KeyValue::new(key::ITERATION, iteration));
        }
        let Some(scope) = &self.enclosing else { return };
        for (shared, value) in &scope.inherited.0 {
            if shared.reaches(self.kind) && self.own & shared.bit() == 0 {
                self.attributes.push(KeyValue::new(shared.key(), value.clone()));
            }
        }
    }

    /// The operation and what it is done to, where the vocabulary has both in the name.
    fn name_of_span(&self) -> Option<Cow<'static, str>> {
        let operation = self.operation();
        let subject = self.value(operation.subject?)?.as_str();
        let mut name = String::with_capacity(operation.name.len() + 1 + subject.len());
        name.push_str(operation.name);
        name.push(' ');
        name.push_str(&subject);
        Some(name.into())
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
    }

    /// The call, if there is still somebody who listens to it.
    fn finish(&mut self) -> Option<Arc<Live>> {
        match self.kind {
            Kind::Loop => self.complete_loop(),
            Kind::Step => {}
            Kind::Tool => self.complete_tool(),
        }
        let span = if let Some(mut span) = self.span.take() {
            // Decided by what was there then; the rest comes now.
            span.describe(self.name_of_span(), std::mem::take(&mut self.attributes));
            span
        } else {
            self.decide();
            self.span.take()?
        };
        let records = span.is_recording();
        let unsampled = matches!(span, Started::Unsampled(_));
        let own = span.into_context(&self.parent);
        let body = Gate::of(own.as_ref().unwrap_or(&self.parent));
        let tells = records || self.meters.is_some();
        let needed = tells || own.is_some() || (unsampled && self.kind == Kind::Loop);
        if !needed {
            return None;
        }
        let (scope, context) = match self.enclosing.take() {
            None if tells => {
                let scope = self.open_scope(records, unsampled.then_some(body));
                let context = scope.within(own.as_ref().unwrap_or(&self.parent));
                (Some(scope), Some(context))
            }
            scope => (scope, own),
        };
        if self.logs() {
            self.content().request = self.known(scope.as_deref());
        }
        let call = Live {
            kind: self.kind,
            convention: self.convention,
            settings: self.settings.clone(),
            context,
            records,
            captures: records && self.captures(),
            gate: if unsampled && !tells && self.kind == Kind::Loop { body } else { Gate::ASK },
            outer: scope.as_ref().and_then(|scope| innermost(scope, &self.parent)),
            started: self.started,
            measured: self.measured(scope.as_deref()),
            scope,
            facts: Mutex::new(Facts { content: self.content.take(), ..Facts::default() }),
        };
        if call.captures {
            call.deliver_request();
        }
        let call = Arc::new(call);
        if let Some(scope) = &call.scope {
            scope.opened(call.clone());
        }
        Some(call)
    }

    /// What the calls inside an outermost call share. Only a loop hands something down.
    fn open_scope(&mut self, records: bool, unsampled: Option<Gate>) -> Arc<Scope> {
        let tracer = match std::mem::replace(&mut self.tracer, Tracer::None) {
            Tracer::Own(tracer) if records || unsampled.is_some() => Some(tracer),
            _ => None,
        };
        let inherited = if self.kind == Kind::Loop { self.said.clone() } else { Said::default() };
        Arc::new(Scope::new(self.kind, tracer, unsampled, self.settings.clone(), self.meters.clone(), inherited))
    }

    fn complete_loop(&mut self) {
        if self.operation().output_type && self.own & Shared::OutputType.bit() == 0 {
            self.share(Shared::OutputType, Some(value::TEXT_OUTPUT));
        }
    }

    fn complete_tool(&mut self) {
        if self.own & Shared::ToolName.bit() == 0 {
            self.share(Shared::ToolName, Some(self.site.function));
        }
        if self.own & Shared::ToolType.bit() == 0 {
            self.share(Shared::ToolType, Some(value::FUNCTION_TOOL));
        }
    }

    fn measured(&mut self, scope: Option<&Scope>) -> Option<Measured> {
        let meters = self.meters.take()?;
        Some(Measured { meters, attributes: self.known(scope) })
    }

    /// What the call said for others, or its loop did for it.
    fn known(&self, scope: Option<&Scope>) -> Said {
        let mut said = self.said.clone();
        let inherited = scope.map(|scope| scope.inherited.0.iter().filter(|(shared, _)| self.own & shared.bit() == 0).cloned());
        said.0.extend(inherited.into_iter().flatten());
        said
    }

    /// What the loop produces, and so what it asks its model for.
    fn result(&mut self, name: Option<impl Into<StringValue>>) {
        let name = name.map(Into::into);
        if self.operation().output_type {
            let is_text = |name: &StringValue| name.as_str() == value::STRING_RESULT;
            let output = name.as_ref().map(|name| if is_text(name) { value::TEXT_OUTPUT } else { value::JSON_OUTPUT });
            self.share(Shared::OutputType, output);
        }
        self.push(key::RESULT_TYPE, name);
    }

    fn push(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        self.attributes.extend(value.map(|value| KeyValue::new(key, value)));
    }

    fn share(&mut self, shared: Shared, value: Option<impl Into<Value>>) {
        let Some(value) = value.map(Into::into) else { return };
        self.own |= shared.bit();
        if self.kind == Kind::Loop || self.meters.is_some() || self.logs() {
            self.said.0.push((shared, value.clone()));
        }
        self.attributes.push(KeyValue::new(shared.key(), value));
    }

    fn content(&mut self) -> &mut Captured {
        self.content.get_or_insert_default()
    }
}

/// The arguments. Each is named after its key; an IDE that hovers over the key shows what stands here.
impl Start {
    /// `gen_ai.agent.name`: the agent that runs the loop. Its steps and tools inherit it.
    pub fn __ss_agent(&mut self, name: &(impl Text + ?Sized)) {
        self.share(Shared::AgentName, name.text());
    }

    /// `gen_ai.conversation.id`: the conversation, session or thread that the loop belongs to. Its steps and tools inherit it.
    pub fn __ss_conversation_id(&mut self, id: &(impl Text + ?Sized)) {
        self.share(Shared::ConversationId, id.text());
    }

    /// `gen_ai.provider.name`: who serves the model, as in `anthropic`, `openai`. Steps inherit it.
    pub fn __ss_provider(&mut self, name: &(impl Text + ?Sized)) {
        self.share(Shared::ProviderName, name.text());
    }

    /// `gen_ai.request.model`: the model that is asked for. Steps inherit it.
    pub fn __ss_model(&mut self, name: &(impl Text + ?Sized)) {
        self.share(Shared::RequestModel, name.text());
    }

    /// `gen_ai.request.temperature`. Steps inherit it.
    pub fn __ss_temperature(&mut self, temperature: &(impl Number + ?Sized)) {
        self.share(Shared::Temperature, temperature.number());
    }

    /// `gen_ai.request.max_tokens`: how many tokens a response may have. Steps inherit it.
    pub fn __ss_max_tokens(&mut self, tokens: &(impl Integer + ?Sized)) {
        self.share(Shared::MaxTokens, tokens.integer());
    }

    /// `fastmcp.sampling.tool_count`: how many tools the model may choose from.
    pub fn __ss_tool_count(&mut self, count: &(impl Integer + ?Sized)) {
        let count = count.integer();
        self.is_counted = count.is_some();
        self.push(key::TOOL_COUNT, count);
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
        self.result(error_type::returns_string::<R>().then_some(value::STRING_RESULT));
    }

    /// `fastmcp.sampling.handler_mode`: `client` or `fallback`.
    pub fn __ss_handler_mode(&mut self, mode: &(impl Text + ?Sized)) {
        self.push(key::HANDLER_MODE, mode.text());
    }

    /// `fastmcp.sampling.iteration`: which step of the run this is, from 0, where the loop does not count right.
    pub fn __ss_iteration(&mut self, iteration: &(impl Integer + ?Sized)) {
        let iteration = iteration.integer();
        self.is_numbered = iteration.is_some();
        self.push(key::ITERATION, iteration);
    }

    /// `gen_ai.request.stream`: the response comes in pieces, and the time to the first is measured.
    pub fn __ss_stream(&mut self) {
        self.started.get_or_insert_with(Instant::now);
        self.push(key::REQUEST_STREAM, Some(true));
    }

    /// `gen_ai.request.top_p`: how much of the probability mass is sampled from, 0 to 1.
    pub fn __ss_top_p(&mut self, top_p: &(impl Number + ?Sized)) {
        self.push(key::REQUEST_TOP_P, top_p.number());
    }

    /// `gen_ai.request.top_k`: from how many of the likeliest tokens is sampled.
    pub fn __ss_top_k(&mut self, top_k: &(impl Integer + ?Sized)) {
        self.push(key::REQUEST_TOP_K, top_k.integer());
    }

    /// `gen_ai.request.seed`: with the same one, a model may answer the same.
    pub fn __ss_seed(&mut self, seed: &(impl Integer + ?Sized)) {
        self.push(key::REQUEST_SEED, seed.integer());
    }

    /// `gen_ai.request.stop_sequences`: at which texts the model stops. A list of strings; one string is a list of one.
    pub fn __ss_stop_sequences(&mut self, sequences: &(impl AttributeValue + ?Sized)) {
        let sequences = match sequences.attribute() {
            Some(Value::String(one)) => Some(Array::String(vec![one])),
            Some(Value::Array(list @ Array::String(_))) => Some(list),
            _ => None,
        };
        self.push(key::REQUEST_STOP_SEQUENCES, sequences.map(Value::Array));
    }

    /// `gen_ai.request.presence_penalty`.
    pub fn __ss_presence_penalty(&mut self, penalty: &(impl Number + ?Sized)) {
        self.push(key::REQUEST_PRESENCE_PENALTY, penalty.number());
    }

    /// `gen_ai.request.frequency_penalty`.
    pub fn __ss_frequency_penalty(&mut self, penalty: &(impl Number + ?Sized)) {
        self.push(key::REQUEST_FREQUENCY_PENALTY, penalty.number());
    }

    /// `gen_ai.request.choice.count`: how many answers are asked for.
    pub fn __ss_choice_count(&mut self, count: &(impl Integer + ?Sized)) {
        self.push(key::REQUEST_CHOICE_COUNT, count.integer());
    }

    /// `server.address`: the host that serves the model, by name or IP address.
    pub fn __ss_server_address(&mut self, address: &(impl Text + ?Sized)) {
        self.push(key::SERVER_ADDRESS, address.text());
    }

    /// `server.port`: its port.
    pub fn __ss_server_port(&mut self, port: &(impl Integer + ?Sized)) {
        self.push(key::SERVER_PORT, port.integer());
    }

    /// `gen_ai.tool.name`. Where it is empty: the function's name.
    pub fn __ss_name(&mut self, name: &(impl Text + ?Sized)) {
        self.share(Shared::ToolName, name.text().filter(|name| !name.as_str().is_empty()));
    }

    /// `gen_ai.tool.call.id`: the model's id for this call.
    pub fn __ss_call_id(&mut self, id: &(impl Text + ?Sized)) {
        self.push(key::TOOL_CALL_ID, id.text());
    }

    /// `gen_ai.tool.description`: what the model is told that the tool does.
    pub fn __ss_description(&mut self, description: &(impl Text + ?Sized)) {
        self.push(key::TOOL_DESCRIPTION, description.text());
    }

    /// `gen_ai.tool.type`: `function` unless it is said otherwise, as in `extension`, `datastore`.
    pub fn __ss_tool_type(&mut self, kind: &(impl Text + ?Sized)) {
        self.share(Shared::ToolType, kind.text());
    }

    /// An attribute of the user's own.
    pub fn __ss_attribute(&mut self, key: &'static str, value: &(impl AttributeValue + ?Sized)) {
        self.push(key, value.attribute());
    }

    /// An attribute of the registry's.
    pub fn __ss_given<'a, V: ?Sized>(&'a mut self, value: &'a V) -> Given<&'a V, &'a mut Self> {
        Given::new(Some(value), self)
    }

    pub(crate) fn set(&mut self, key: &'static str, value: Value) {
        self.push(key, Some(value));
    }

    /// Content: what the model is told before everything else.
    pub fn __ss_system_prompt(&mut self, prompt: &(impl ToMessages + ?Sized)) {
        self.content().system(prompt.to_messages());
    }

    /// Content: what the model is asked.
    pub fn __ss_messages(&mut self, messages: &(impl ToMessages + ?Sized)) {
        self.content().input(messages.to_messages());
    }

    /// The tools that the model may choose from: `fastmcp.sampling.tool_count` of a loop that does not say it otherwise and, as content,
    /// their definitions.
    pub fn __ss_tools(&mut self, tools: &(impl ToToolDefinitions + ?Sized)) {
        if self.kind == Kind::Loop && !self.is_counted {
            self.push(key::TOOL_COUNT, tools.tool_count().integer());
        }
        if self.__ss_is_capturing() {
            self.content().tools(tools.to_tool_definitions());
        }
    }

    /// Content: what the model calls the tool with.
    pub fn __ss_arguments(&mut self, arguments: &(impl Serialize + ?Sized)) {
        self.content.get_or_insert_default().arguments(&self.settings, arguments);
    }
}
