//! One request, from when it starts to its one end.

use crate::call::core::{Call, Place, Run};
use crate::call::here::{Here, Id, is_there};
use crate::call::learned::SaidBy;
use crate::call::open::{named, printable, set};
use crate::caught::{Unwinding, caught};
#[cfg(feature = "testing")]
use crate::listen::ContextListeners;
use crate::listen::{Listeners, Meters, Started, is_worth_asking, remember, start_built};
use crate::mcp::described::{AtStart, Delegated, Described, Ending};
use crate::mcp::interned::{self, Tool};
use crate::settings::{Piece, Settings};
use crate::vocabulary::{
    CALL_TOOL, DELEGATE, EXECUTE_TOOL, INVALID_PARAMS, Origin, REQUESTS, Requests, SAMPLING, Side, defined, defined_version,
    is_senders_fault, key, request_key, value,
};
use opentelemetry::trace::{Link, SpanBuilder, SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, Value};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// Whether anybody listens to requests now. Where nobody does, an [`Operation`] is nothing, and what is made for it is made for nothing.
pub fn is_listened_to() -> bool {
    (is_worth_asking() || is_captured()) && is_there() && {
        let somebody = Listeners::is_there();
        remember(somebody);
        somebody
    }
}

/// One request that somebody listens to, or that nobody does: then it is nothing but its parent's context.
///
/// It ends once: with [`end`](Operation::end), or as it is dropped.
pub struct Operation {
    context: Context,
    open: Option<Ongoing>,
}

/// What is known of an operation until it ends. Few words, for it is handed on more than once: what few have is boxed.
struct Ongoing {
    role: SpanRole,
    span: SpanOwner,
    unwinding: Unwinding,
    /// What its span has had since it started.
    said: AtStart,
    settings: Arc<Settings>,
    /// None: no meter listens.
    measured: Option<Box<PendingMeasurement>>,
    later: Option<Box<Later>>,
}

/// A measurement, which is made when it ends.
struct PendingMeasurement {
    meters: Arc<Meters>,
    started: Instant,
    /// What it has had since then.
    said: AtStart,
    attributes: Vec<KeyValue>,
    /// The tool or prompt, of which a measurement has the name only if there is one.
    subject: Option<(&'static str, String)>,
}

/// What its span is given as it ends.
#[derive(Default)]
struct Later {
    attributes: Vec<KeyValue>,
    /// Set last: a backend that drops the tail drops this.
    content: Vec<KeyValue>,
}

/// Whose span a request has.
enum SpanOwner {
    /// None that records.
    Silent,
    /// Its own, in the context.
    Own,
    /// That of the `#[sampling_tool]` which sent it.
    Tool(Arc<Call>),
}

/// A request's side, or a request that stays inside the server.
#[derive(Clone, Copy, PartialEq)]
enum SpanRole {
    Of(Side),
    Delegate,
}

impl Operation {
    /// Starts a request in `parent`: of a receiver, what its `_meta` says ([`extract`](crate::mcp::extract)); of a sender, the current context.
    ///
    /// A receiver's span is linked to the current one, where that is not its parent.
    pub fn start(side: Side, described: &Described<'_>, parent: &Context) -> Self {
        let Some(Listeners { settings, convention, tracer, meters }) = ask() else { return Self::nothing(parent) };
        let method = defined(described.method);
        let measured = meters.map(|meters| Box::new(PendingMeasurement::new(meters, side, described, method)));
        let unwinding = Unwinding::watch();
        let open = |said, span| Ongoing { role: SpanRole::Of(side), span, unwinding, said, settings, measured, later: None };
        let forwarded_by = forwarding(side, described, parent);
        if forwarded_by.is_none() && tracer.is_none() {
            return Self::started(Started::Nothing, parent, |span| open(AtStart::default(), span));
        }
        let requests = Requests::of(convention);
        let tool = described.tool.map(interned::tool);
        let (attributes, said) = attributes(side, described, method, tool.as_deref(), requests);
        if let Some(call) = forwarded_by {
            forward(&call, attributes);
            return Operation { context: parent.clone(), open: Some(open(said, SpanOwner::Tool(call))) };
        }
        let started = tracer.map_or(Started::Nothing, |tracer| {
            let mut builder = SpanBuilder::from_name(name(described, method, tool.as_deref(), requests));
            builder.attributes = Some(attributes);
            if side == Side::Receiver {
                builder.span_kind = Some(SpanKind::Server);
                builder.links = ambient(parent).map(|ambient| vec![ambient]);
            } else {
                builder.span_kind = Some(SpanKind::Client);
            }
            start_built(&tracer, parent, builder)
        });
        Self::started(started, parent, |span| open(said, span))
    }

    /// Nobody listens.
    fn nothing(parent: &Context) -> Self {
        Operation { context: parent.clone(), open: None }
    }

    /// Starts a request that this server hands to another that it mounts, in the context of the request that it is part of.
    pub fn delegate(delegated: &Delegated<'_>, parent: &Context) -> Self {
        let Some(Listeners { settings, tracer, .. }) = ask() else { return Self::nothing(parent) };
        let unwinding = Unwinding::watch();
        let open = |span| {
            // There is no instrument for it.
            let (mut said, measured, later) = (AtStart::default(), None, None);
            said.add(AtStart::PROVIDER_TYPE);
            said.add(AtStart::COMPONENT_KEY);
            Ongoing { role: SpanRole::Delegate, span, unwinding, said, settings, measured, later }
        };
        let started = tracer.map_or(Started::Nothing, |tracer| {
            let mut builder = SpanBuilder::from_name(named(DELEGATE, delegated.name));
            builder.span_kind = Some(SpanKind::Internal);
            builder.attributes = Some(vec![
                KeyValue::new(request_key::PROVIDER_TYPE, delegated.provider_type.to_owned()),
                KeyValue::new(request_key::COMPONENT_KEY, delegated.component_key.to_owned()),
                KeyValue::new(key::MCP_METHOD_NAME, text(defined(delegated.method), delegated.method)),
            ]);
            start_built(&tracer, parent, builder)
        });
        Self::started(started, parent, open)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as `ask`")]
    fn started(started: Started, parent: &Context, open: impl FnOnce(SpanOwner) -> Ongoing) -> Self {
        if let Started::Recording(span) = started {
            return Operation { context: parent.with_span(span), open: Some(open(SpanOwner::Own)) };
        }
        let context = started.into_context(parent).unwrap_or_else(|| parent.clone());
        Operation { context, open: Some(open(SpanOwner::Silent)).filter(|open| open.measured.is_some()) }
    }

    /// The context that a receiver's handler runs in, and a sender's request carries.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What is known only later, as the `mcp.protocol.version` that the response to `initialize` settles. Said twice, the last counts.
    ///
    /// A key of [`Described`] that the vocabulary does not have is left out, and so is an attribute that was known at the start.
    pub fn learn(&mut self, key: &'static str, value: impl Into<String>) {
        let Some(open) = &mut self.open else { return };
        let value = Value::from(value.into());
        if let (SpanRole::Of(side), Some(measured)) = (open.role, &mut open.measured) {
            if REQUESTS[side as usize].attributes.contains(&key) && !measured.said.has(key) {
                set(&mut measured.attributes, key, measured.meters.bounded(key, value.clone(), Origin::Evaluated));
            }
        }
        let is_of_span = !matches!(open.span, SpanOwner::Silent) && Requests::of(open.settings.convention()).has(key);
        if is_of_span && !open.said.has(key) {
            set(&mut open.later.get_or_insert_default().attributes, key, value);
        }
    }

    /// What a tool was given, as content: `gen_ai.tool.call.arguments`, JSON text. Nothing is serialised unless content is captured on spans and
    /// the span records; redacted and cut as a `#[sampling_tool]`'s `arguments` are.
    pub fn arguments(&mut self, arguments: &(impl Serialize + ?Sized)) {
        self.content(key::TOOL_CALL_ARGUMENTS, Piece::ToolArguments, arguments);
    }

    /// What a tool gave back, as content: `gen_ai.tool.call.result`, as [`arguments`](Operation::arguments).
    pub fn result(&mut self, result: &(impl Serialize + ?Sized)) {
        self.content(key::TOOL_CALL_RESULT, Piece::ToolResult, result);
    }

    fn content(&mut self, key: &'static str, piece: Piece, content: &(impl Serialize + ?Sized)) {
        let Some(open) = &mut self.open else { return };
        // A loop around may have forbidden it.
        if Run::of(&self.context).is_some_and(|run| run.inherited.denies_content) || Here::current().is_off() {
            return;
        }
        // A tool of ours has its own.
        if !matches!(open.span, SpanOwner::Own) || !open.settings.capture().on_spans() || !open.settings.takes(piece) {
            return;
        }
        if let Some(json) = caught("a tool's content", || open.settings.serialized(piece, content)).flatten() {
            set(&mut open.later.get_or_insert_default().content, key, json.into());
        }
    }

    /// Ends it.
    pub fn end(mut self, ending: &Ending<'_>) {
        self.close(&Outcome::Told(*ending));
    }

    /// Everything that is known goes out. Processors and redactors run in here, and no lock of ours is held.
    fn close(&mut self, end: &Outcome<'_>) {
        let Some(Ongoing { role, span, settings, measured, mut later, .. }) = self.open.take() else { return };
        let requests = Requests::of(settings.convention());
        let failure = failure(role, requests, end);
        let code = if let Outcome::Told(Ending::JsonRpcError { code, .. }) = *end { Some(code) } else { None };
        if let (Some(measured), SpanRole::Of(side)) = (measured, role) {
            measured.record(side, code, failure.as_ref().map(|(error_type, _)| &**error_type));
        }
        if let Some(code) = code.filter(|_| requests.protocol) {
            let code = KeyValue::new(request_key::STATUS_CODE, code.to_string());
            later.get_or_insert_default().attributes.push(code);
        }
        match span {
            SpanOwner::Silent => {}
            SpanOwner::Own => {
                let span = self.context.span();
                let (attributes, content) = later.map(|later| (later.attributes, later.content)).unzip();
                if let Some(attributes) = attributes {
                    span.set_attributes(attributes);
                }
                if let Some((error_type, description)) = failure {
                    span.set_attribute(KeyValue::new(key::ERROR_TYPE, error_type));
                    span.set_status(Status::error(describe(&settings, end, description)));
                }
                if let Some(content) = content {
                    span.set_attributes(content);
                }
                span.end();
            }
            SpanOwner::Tool(tool) => tell(&tool, later, end),
        }
    }
}

/// Dropped unfinished, it was cancelled; while its thread unwinds, it has panicked.
impl Drop for Operation {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            let end = if open.unwinding.has_begun() { Outcome::Panicked } else { Outcome::Told(Ending::Cancelled) };
            self.close(&end);
        }
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("context", &self.context).field("is_listened_to", &self.open.is_some()).finish()
    }
}

/// How it ended: as somebody said, or it unwound.
enum Outcome<'a> {
    Told(Ending<'a>),
    Panicked,
}

impl PendingMeasurement {
    #[inline(never)]
    fn new(meters: Arc<Meters>, side: Side, described: &Described<'_>, method: Option<&'static str>) -> Self {
        let mut attributes = Vec::with_capacity(REQUESTS[side as usize].attributes.len() + 1);
        let mut constant = |key, value: Option<&'static str>| {
            attributes.extend(value.map(|value| KeyValue::new(key, value)));
        };
        constant(key::MCP_METHOD_NAME, Some(method.unwrap_or(value::OTHER)));
        constant(key::OPERATION_NAME, (described.method == CALL_TOOL).then_some(EXECUTE_TOOL));
        constant(request_key::NETWORK_TRANSPORT, described.transport);
        constant(request_key::NETWORK_PROTOCOL_NAME, described.network_protocol.map(|(name, _)| name));
        constant(request_key::NETWORK_PROTOCOL_VERSION, described.network_protocol.map(|(_, version)| version));
        let mut text = |key, value: Option<&str>| {
            let bounded = |value: &str| KeyValue::new(key, meters.bounded(key, value.to_owned().into(), Origin::Evaluated));
            attributes.extend(value.map(bounded));
        };
        text(request_key::PROTOCOL_VERSION, described.protocol_version);
        if side == Side::Sender {
            text(key::SERVER_ADDRESS, described.address);
            let port = described.address.and(described.port).map(i64::from);
            let few_enough = port.filter(|&port| meters.has_room_for(key::SERVER_PORT, port));
            attributes.extend(few_enough.map(|port| KeyValue::new(key::SERVER_PORT, port)));
        }
        let named = |key| move |name: &str| (key, name.to_owned());
        let subject = described.tool.map(named(key::TOOL_NAME)).or_else(|| described.prompt.map(named(key::PROMPT_NAME)));
        let mut said = AtStart::default();
        for (there, it) in [
            (described.tool.is_some(), AtStart::TOOL),
            (described.prompt.is_some(), AtStart::PROMPT),
            (described.protocol_version.is_some(), AtStart::VERSION),
            (described.transport.is_some(), AtStart::TRANSPORT),
            (described.method == CALL_TOOL, AtStart::OPERATION),
            (described.network_protocol.is_some(), AtStart::NETWORK_PROTOCOL),
            (described.address.is_some(), AtStart::SERVER_ADDRESS),
            (described.address.and(described.port).is_some(), AtStart::SERVER_PORT),
        ] {
            if there {
                said.add(it);
            }
        }
        PendingMeasurement { meters, started: Instant::now(), said, attributes, subject }
    }

    #[inline(never)]
    fn record(self, side: Side, code: Option<i32>, error_type: Option<&str>) {
        let PendingMeasurement { meters, started, mut attributes, subject, .. } = self;
        let mut push = |key: &'static str, value: Value| {
            attributes.push(KeyValue::new(key, meters.bounded(key, value, Origin::Evaluated)));
        };
        // A name that is not there may be anything.
        if let Some((key, name)) = subject.filter(|_| code != Some(INVALID_PARAMS)) {
            push(key, name.into());
        }
        if let Some(code) = code {
            push(request_key::STATUS_CODE, code.to_string().into());
        }
        if let Some(error_type) = error_type {
            push(key::ERROR_TYPE, error_type.to_owned().into());
        }
        if let Some(instruments) = meters.requests() {
            instruments.record_request(side, started.elapsed(), &attributes);
        }
    }
}

/// `error.type`, and the status' description. None: it did not fail.
fn failure<'a>(role: SpanRole, requests: &'static Requests, end: &Outcome<'a>) -> Option<(Cow<'static, str>, &'a str)> {
    match *end {
        Outcome::Panicked => Some((value::PANIC.into(), value::PANICKED)),
        Outcome::Told(ending) => match ending {
            Ending::Returned => None,
            Ending::ToolError => Some((value::TOOL_ERROR.into(), "")),
            Ending::JsonRpcError { code, message } => {
                let forgiven = role == SpanRole::Of(Side::Receiver) && is_senders_fault(code);
                let error_type = || requests.error.map_or_else(|| code.to_string().into(), Cow::Borrowed);
                (!forgiven).then(|| (error_type(), message))
            }
            Ending::Failed { error_type, message } => Some((error_type.into(), message)),
            Ending::Cancelled => Some((value::CANCELLED.into(), value::CANCELLED)),
        },
    }
}

/// What is known of a request goes to the tool that sent it. How that ends is for it to say; where it says nothing, the tool that it forwarded to does.
#[inline(never)]
fn tell(tool: &Call, later: Option<Box<Later>>, end: &Outcome<'_>) {
    let tool_failed = matches!(end, Outcome::Told(Ending::ToolError));
    let attributes = later.map(|later| later.attributes).unwrap_or_default();
    tool.learn(|learned| {
        for KeyValue { key, value, .. } in attributes {
            learned.attributes.set(key, value);
        }
        if tool_failed {
            learned.failed.say(SaidBy::Nobody, Some(Some(Box::default())));
        }
    });
}

/// Only what others wrote passes the redactor: our own words are no content.
fn describe(settings: &Settings, end: &Outcome<'_>, description: &str) -> String {
    match end {
        Outcome::Told(Ending::JsonRpcError { .. } | Ending::Failed { .. }) if !settings.error_messages() => String::new(),
        Outcome::Told(Ending::JsonRpcError { .. } | Ending::Failed { .. }) => settings.text(Piece::ErrorMessage, description),
        Outcome::Told(_) | Outcome::Panicked => description.to_owned(),
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "a request is a few hundred instructions of ours")]
fn ask() -> Option<Listeners> {
    if !(is_worth_asking() || is_captured()) || !is_there() {
        return None;
    }
    let listeners = Listeners::ask_for(crate::MCP_NAME);
    remember(listeners.is_some());
    listeners
}

/// Whether a test listens to what runs here.
fn is_captured() -> bool {
    #[cfg(feature = "testing")]
    let captured = is_there() && ContextListeners::is_here();
    #[cfg(not(feature = "testing"))]
    let captured = false;
    captured
}

/// The `#[sampling_tool]` that the context is directly inside of and that forwards this request, unless another has its span.
fn forwarding(side: Side, described: &Described<'_>, context: &Context) -> Option<Arc<Call>> {
    if side == Side::Receiver || described.method != CALL_TOOL {
        return None;
    }
    let place = Place { span: Id::of(context), here: Here::Unknown };
    let call = Run::of(context)?.call_at(place)?;
    let is_free = call.operation.called.is_tool() && call.wants.span();
    let takes = is_free && call.learn(|learned| !std::mem::replace(&mut learned.is_forwarded, true)) == Some(true);
    takes.then_some(call)
}

/// The current span, where it is another than the parent.
fn ambient(parent: &Context) -> Option<Link> {
    let ambient = Context::map_current(|context| context.span().span_context().clone());
    (ambient.is_valid() && ambient != *parent.span().span_context()).then(|| Link::with_context(ambient))
}

/// What a request says goes onto the span of the tool that sends it. What that says itself stays.
#[inline(never)]
fn forward(tool: &Call, attributes: Vec<KeyValue>) {
    let is_said = |key: &str| matches!(key, key::TOOL_NAME | key::OPERATION_NAME);
    let attributes = attributes.into_iter().filter(|attribute| !is_said(attribute.key.as_str()));
    tool.learn(|learned| attributes.for_each(|KeyValue { key, value, .. }| learned.attributes.set(key, value)));
}

/// `method`: if MCP defines it.
fn name(
    described: &Described<'_>,
    method: Option<&'static str>,
    tool: Option<&Tool>,
    requests: &'static Requests,
) -> Cow<'static, str> {
    match (method, tool, described.prompt) {
        (Some(CALL_TOOL), Some(tool), _) => String::from(&*tool.span).into(),
        (Some(SAMPLING), ..) => requests.sampling.into(),
        (Some(method), None, None) => method.into(),
        (Some(method), Some(tool), _) => named(method, &tool.name),
        (Some(method), None, Some(prompt)) => named(method, prompt),
        (None, ..) => printable(described.method).into(),
    }
}

/// What the span starts with, and what of it may not be learned later.
#[inline(never)]
fn attributes(
    side: Side,
    described: &Described<'_>,
    method: Option<&'static str>,
    tool: Option<&Tool>,
    requests: &'static Requests,
) -> (Vec<KeyValue>, AtStart) {
    let Described { prompt, resource_uri, .. } = *described;
    // With room for what an error says.
    let mut attributes = Vec::with_capacity(match side {
        _ if requests.protocol => {
            9 + 2 * (usize::from(described.network_protocol.is_some()) + usize::from(described.address.is_some()))
        }
        Side::Sender => 5,
        Side::Receiver => 7 + 2 * usize::from(described.enduser_id.is_some()),
    });
    let mut said = AtStart::default();
    let mut say = |key: &'static str, value: Value| attributes.push(KeyValue::new(key, value));
    say(key::MCP_METHOD_NAME, text(method, described.method));
    if let Some(tool) = tool {
        say(key::TOOL_NAME, tool.name.clone().into());
        said.add(AtStart::TOOL);
    }
    if let Some(prompt) = prompt {
        say(key::PROMPT_NAME, owned(prompt));
        said.add(AtStart::PROMPT);
    }
    if let Some(uri) = resource_uri {
        say(request_key::RESOURCE_URI, owned(uri));
        said.add(AtStart::RESOURCE);
    }
    if let Some(id) = described.session_id {
        say(request_key::SESSION_ID, interned::session(id).into());
        said.add(AtStart::SESSION);
    }
    if requests.protocol {
        if method == Some(CALL_TOOL) {
            say(key::OPERATION_NAME, EXECUTE_TOOL.into());
            said.add(AtStart::OPERATION);
        }
        if let Some(id) = described.request_id {
            say(request_key::REQUEST_ID, id.into_text().into());
            said.add(AtStart::REQUEST);
        }
        if let Some(version) = described.protocol_version {
            say(request_key::PROTOCOL_VERSION, text(defined_version(version), version));
            said.add(AtStart::VERSION);
        }
        if let Some(transport) = described.transport {
            say(request_key::NETWORK_TRANSPORT, transport.into());
            said.add(AtStart::TRANSPORT);
        }
        if let Some((name, version)) = described.network_protocol {
            say(request_key::NETWORK_PROTOCOL_NAME, name.into());
            say(request_key::NETWORK_PROTOCOL_VERSION, version.into());
            said.add(AtStart::NETWORK_PROTOCOL);
        }
        if let Some(address) = described.address {
            let [(address_key, its_address), (port_key, its_port)] = match side {
                Side::Sender => [(key::SERVER_ADDRESS, AtStart::SERVER_ADDRESS), (key::SERVER_PORT, AtStart::SERVER_PORT)],
                Side::Receiver => {
                    [(request_key::CLIENT_ADDRESS, AtStart::CLIENT_ADDRESS), (request_key::CLIENT_PORT, AtStart::CLIENT_PORT)]
                }
            };
            say(address_key, owned(address));
            said.add(its_address);
            if let Some(port) = described.port {
                say(port_key, i64::from(port).into());
                said.add(its_port);
            }
        }
    }
    if requests.fastmcp {
        match side {
            Side::Sender => {
                let component = tool.map(|tool| tool.name.clone().into());
                if let Some(component) = component.or_else(|| prompt.or(resource_uri).map(owned)) {
                    say(request_key::COMPONENT_KEY, component);
                    said.add(AtStart::COMPONENT_KEY);
                }
            }
            Side::Receiver => fastmcp_receiver(described, &mut attributes, &mut said),
        }
    }
    (attributes, said)
}

/// What FastMCP's servers say of what is asked for, of themselves and of who asks.
fn fastmcp_receiver(described: &Described<'_>, attributes: &mut Vec<KeyValue>, said: &mut AtStart) {
    let mut say = |key: &'static str, value: Value| attributes.push(KeyValue::new(key, value));
    let component = match (described.tool, described.prompt, described.resource_uri) {
        (Some(name), ..) => Some(("tool", name)),
        (_, Some(name), _) => Some(("prompt", name)),
        (.., Some(name)) => Some(("resource", name)),
        _ => None,
    };
    if let Some((kind, name)) = component {
        say(request_key::COMPONENT_TYPE, kind.into());
        say(request_key::COMPONENT_KEY, component_key(kind, name).into());
        said.add(AtStart::COMPONENT_TYPE);
        said.add(AtStart::COMPONENT_KEY);
    }
    if let Some(name) = described.server_name {
        say(request_key::SERVER_NAME, interned::server(name).into());
        said.add(AtStart::SERVER);
    }
    if let Some(id) = described.enduser_id {
        say(request_key::ENDUSER_ID, owned(id));
        said.add(AtStart::ENDUSER);
    }
    if let Some(scope) = described.enduser_scope {
        say(request_key::ENDUSER_SCOPE, owned(scope));
        said.add(AtStart::ENDUSER_SCOPE);
    }
}

/// As FastMCP writes one that has no version.
fn component_key(kind: &str, name: &str) -> String {
    let mut key = String::with_capacity(kind.len() + name.len() + 2);
    key.push_str(kind);
    key.push(':');
    key.push_str(name);
    key.push('@');
    key
}

fn owned(text: &str) -> Value {
    text.to_owned().into()
}

fn text(constant: Option<&'static str>, text: &str) -> Value {
    constant.map_or_else(|| owned(text), Into::into)
}
