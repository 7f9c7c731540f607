//! What an expert writes for the spans that samplescope makes of [`annotated`](super::annotated), and for these alone: attributes go into the
//! span as it starts, in a vector that has room for those of the end, one tracer a loop, a text is static wherever it can be, and is
//! copied once where it cannot.

use super::{Request, Response, ToolCall, Turn};
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;

const PROVIDER: &str = "anthropic";

/// What the steps have of their loop.
pub(crate) struct Run {
    pub(crate) tracer: BoxedTracer,
    pub(crate) model: StringValue,
}

#[inline(never)]
pub(crate) async fn run(request: &Request) -> usize {
    let run = Run { tracer: global::tracer("by hand"), model: Arc::<str>::from(request.model.as_str()).into() };
    let context = start(
        &run.tracer,
        "sampling/createMessage",
        1,
        [
            KeyValue::new("mcp.method.name", "sampling/createMessage"),
            KeyValue::new("gen_ai.operation.name", "invoke_agent"),
            KeyValue::new("gen_ai.provider.name", PROVIDER),
            KeyValue::new("gen_ai.request.model", run.model.clone()),
            KeyValue::new("gen_ai.request.temperature", request.temperature),
        ],
    );
    let body = async {
        let mut sum = 0;
        for (iteration, turn) in (0..).zip(&request.turns) {
            sum += step(&run, request, iteration, turn).await.text.len();
        }
        Context::map_current(|context| {
            let failures = KeyValue::new("fastmcp.sampling.consecutive_failures", 1);
            context.span().add_event("sampling.validation_failure", vec![failures]);
        });
        sum + tool(&run.tracer, &request.last).await
    };
    let sum = body.with_context(context.clone()).await;
    let steps = i64::try_from(request.turns.len()).unwrap_or(i64::MAX);
    end(&context, [KeyValue::new("fastmcp.sampling.iterations", steps)]);
    sum
}

#[inline(never)]
pub(crate) async fn step<'a>(run: &Run, request: &Request, iteration: i64, turn: &'a Turn) -> &'a Response {
    let context = start(
        &run.tracer,
        "sampling/createMessage step",
        3,
        [
            KeyValue::new("gen_ai.operation.name", "chat"),
            KeyValue::new("fastmcp.sampling.iteration", iteration),
            KeyValue::new("gen_ai.provider.name", PROVIDER),
            KeyValue::new("gen_ai.request.model", run.model.clone()),
            KeyValue::new("gen_ai.request.temperature", request.temperature),
        ],
    );
    let body = async {
        black_box(request.temperature);
        tool(&run.tracer, &turn.call).await;
        &turn.response
    };
    let response = body.with_context(context.clone()).await;
    let (stop_reason, finish_reason) = match response.stop_reason.as_str() {
        "tool_use" => ("toolUse", "tool_call"),
        _ => ("endTurn", "stop"),
    };
    end(
        &context,
        [
            KeyValue::new("fastmcp.sampling.stop_reason", stop_reason),
            KeyValue::new("gen_ai.response.finish_reasons", Value::Array(Array::String(vec![finish_reason.into()]))),
            KeyValue::new("gen_ai.response.model", response.model.clone()),
        ],
    );
    response
}

#[inline(never)]
pub(crate) async fn tool(tracer: &BoxedTracer, call: &ToolCall) -> usize {
    let context = start(
        tracer,
        ["sampling.execute_tool ", &call.name].concat(),
        0,
        [
            KeyValue::new("gen_ai.operation.name", "execute_tool"),
            KeyValue::new("gen_ai.tool.name", call.name.clone()),
            KeyValue::new("gen_ai.tool.type", "function"),
            KeyValue::new("gen_ai.tool.call.id", call.id.clone()),
        ],
    );
    let value = async { black_box(call.id.len()) }.with_context(context.clone()).await;
    end(&context, []);
    value
}

/// A span with these attributes, and room for `more`.
fn start<const N: usize>(tracer: &BoxedTracer, name: impl Into<Cow<'static, str>>, more: usize, given: [KeyValue; N]) -> Context {
    let mut attributes = Vec::with_capacity(N + more);
    attributes.extend(given);
    let span = tracer.span_builder(name).with_attributes(attributes).start(tracer);
    Context::current_with_span(span)
}

fn end<const N: usize>(context: &Context, attributes: [KeyValue; N]) {
    let span = context.span();
    if N > 0 {
        span.set_attributes(attributes);
    }
    span.end();
}
