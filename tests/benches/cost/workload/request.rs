//! A request of MCP: `tools/call`, with what a transport and a session say of it. On the side that receives it, its context comes out of its `_meta`
//! and is entered once; on the side that sends it, its context goes into the `_meta`. What an expert writes for it stands beside what samplescope has.

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{Link, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use samplescope::Vocabulary;
use samplescope::mcp::{self, Described, Ending, Operation, Side};
use serde_json::{Map, Value};
use std::hint::black_box;

pub(crate) struct Call {
    pub(crate) id: i64,
    pub(crate) tool: String,
    pub(crate) server: String,
    pub(crate) session: String,
    pub(crate) protocol: String,
    pub(crate) meta: Map<String, Value>,
}

impl Call {
    pub(crate) fn new() -> Self {
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        Call {
            id: 7,
            tool: "plan_trip".to_owned(),
            server: "travel".to_owned(),
            session: "1868a90c-61e5-4d7f-a5f2-8f3f9d0f2f0a".to_owned(),
            protocol: "2025-11-25".to_owned(),
            meta: Map::from_iter([("traceparent".to_owned(), traceparent.into())]),
        }
    }

    fn described(&self) -> Described<'_> {
        Described {
            method: "tools/call",
            tool: Some(&self.tool),
            request_id: Some(self.id.into()),
            session_id: Some(&self.session),
            protocol_version: Some(&self.protocol),
            transport: Some("pipe"),
            server_name: Some(&self.server),
            ..Described::default()
        }
    }
}

#[inline(never)]
pub(crate) fn received(call: &Call) {
    if !mcp::is_listened_to() {
        black_box(&call.tool);
        return;
    }
    let parent = mcp::extract(&Context::current(), &call.meta);
    let operation = Operation::start(Side::Receiver, &call.described(), &parent);
    let attached = operation.context().clone().attach();
    black_box(&call.tool);
    drop(attached);
    operation.end(&Ending::Returned);
}

/// Gives back what was written.
#[inline(never)]
pub(crate) fn sent(call: &Call) -> Map<String, Value> {
    let mut meta = Map::new();
    if !mcp::is_listened_to() {
        black_box(&call.tool);
        return meta;
    }
    let operation = Operation::start(Side::Sender, &call.described(), &Context::current());
    mcp::inject(operation.context(), &mut meta);
    black_box(&call.tool);
    operation.end(&Ending::Returned);
    meta
}

#[inline(never)]
pub(crate) fn received_by_hand(call: &Call, vocabulary: Vocabulary) {
    let (ambient, base) = Context::map_current(|context| (context.span().span_context().clone(), context.clone()));
    let parent = global::get_text_map_propagator(|propagator| propagator.extract_with_context(&base, &Meta(&call.meta)));
    let is_elsewhere = ambient.is_valid() && ambient != *parent.span().span_context();
    let links = is_elsewhere.then(|| vec![Link::with_context(ambient)]);
    let mut attributes = Vec::with_capacity(7);
    attributes.extend(common(call));
    if vocabulary == Vocabulary::GenAi {
        attributes.extend(genai(call));
    } else {
        attributes.extend([
            KeyValue::new("fastmcp.component.type", "tool"),
            KeyValue::new("fastmcp.component.key", ["tool:", &call.tool, "@"].concat()),
            KeyValue::new("fastmcp.server.name", call.server.clone()),
        ]);
    }
    let span = Open::new(call, SpanKind::Server, attributes, links, &parent);
    let attached = span.context.clone().attach();
    black_box(&call.tool);
    drop(attached);
    span.end();
}

#[inline(never)]
pub(crate) fn sent_by_hand(call: &Call, vocabulary: Vocabulary) -> Map<String, Value> {
    let mut meta = Map::new();
    let mut attributes = Vec::with_capacity(7);
    attributes.extend(common(call));
    if vocabulary == Vocabulary::GenAi {
        attributes.extend(genai(call));
    } else {
        attributes.push(KeyValue::new("fastmcp.component.key", call.tool.clone()));
    }
    let span = Open::new(call, SpanKind::Client, attributes, None, &Context::current());
    global::get_text_map_propagator(|propagator| propagator.inject_context(&span.context, &mut MetaMut(&mut meta)));
    black_box(&call.tool);
    span.end();
    meta
}

fn common(call: &Call) -> [KeyValue; 3] {
    [
        KeyValue::new("mcp.method.name", "tools/call"),
        KeyValue::new("gen_ai.tool.name", call.tool.clone()),
        KeyValue::new("mcp.session.id", call.session.clone()),
    ]
}

fn genai(call: &Call) -> [KeyValue; 4] {
    [
        KeyValue::new("gen_ai.operation.name", "execute_tool"),
        KeyValue::new("jsonrpc.request.id", call.id.to_string()),
        KeyValue::new("mcp.protocol.version", call.protocol.clone()),
        KeyValue::new("network.transport", "pipe"),
    ]
}

/// A span that ends once: dropped, it was cancelled or has panicked.
struct Open {
    context: Context,
    was_panicking: bool,
    has_ended: bool,
}

impl Open {
    fn new(call: &Call, kind: SpanKind, attributes: Vec<KeyValue>, links: Option<Vec<Link>>, parent: &Context) -> Self {
        let tracer = tracer();
        let mut builder = tracer.span_builder(name(&call.tool)).with_kind(kind).with_attributes(attributes);
        builder.links = links;
        let context = parent.with_span(tracer.build_with_context(builder, parent));
        Open { context, was_panicking: std::thread::panicking(), has_ended: false }
    }

    fn end(mut self) {
        self.has_ended = true;
        self.context.span().end();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let panicked = std::thread::panicking() && !self.was_panicking;
        let (error_type, description) = if panicked { ("panic", "panicked") } else { ("cancelled", "cancelled") };
        let span = self.context.span();
        span.set_attribute(KeyValue::new("error.type", error_type));
        span.set_status(Status::error(description));
        span.end();
    }
}

/// Of the tool's name, which a model may have made up, what may be shown.
fn name(tool: &str) -> String {
    let mut name = String::with_capacity("tools/call ".len() + tool.len().min(512));
    name.push_str("tools/call ");
    if tool.len() <= 128 && !tool.bytes().any(|byte| byte.is_ascii_control()) {
        name.push_str(tool);
    } else {
        name.extend(tool.chars().filter(|character| !character.is_control()).take(128));
    }
    name
}

fn tracer() -> BoxedTracer {
    let scope = InstrumentationScope::builder("by hand").with_version("1.0.0");
    global::tracer_with_scope(scope.with_schema_url("https://opentelemetry.io/schemas/1.44.0").build())
}

struct Meta<'a>(&'a Map<String, Value>);

/// Without what is malformed: the SDK takes numbers of fewer digits.
impl Extractor for Meta<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key)?.as_str()?;
        (key != "traceparent" || is_traceparent(value.trim())).then_some(value)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

fn is_traceparent(value: &str) -> bool {
    let bytes = value.as_bytes();
    let fits = bytes.len() == 55 || bytes.len() > 55 && bytes[55] == b'-' && !value.starts_with("00");
    let is_digit = |(place, byte): (usize, &u8)| match place {
        2 | 35 | 52 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    fits && bytes.len() <= 8_192 && bytes.iter().take(55).enumerate().all(is_digit)
}

struct MetaMut<'a>(&'a mut Map<String, Value>);

impl Injector for MetaMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if key == "traceparent" {
            self.0.remove("tracestate");
        }
        if !value.is_empty() {
            self.0.insert(key.to_owned(), Value::String(value));
        }
    }
}
