//! The Model Context Protocol: a span for every request, and one trace across the processes. Free of any MCP library, for a server or
//! client by hand or with a library of one's own choice; for [rmcp](https://docs.rs/rmcp) there is `samplescope-rmcp`, which is made of this.
//!
//! # A request
//!
//! Whoever answers a request finds its parent in `params._meta`, and runs the handler in the operation's context. The sampling loops, steps and
//! tools of this crate that run in there are its children, as are spans of any other instrumentation.
//!
//! ```
//! use opentelemetry::{Context, trace::FutureExt as _};
//! use samplescope::mcp::{self, Described, Ending, Operation, Side};
//! use serde_json::{Map, Value};
//!
//! # async fn run_tool(_: &str) -> Result<(Value, bool), (i32, String)> { Ok((Value::Null, false)) }
//! async fn call_tool(id: i64, tool: &str, params: &Map<String, Value>) -> Result<Value, (i32, String)> {
//!     let ambient = Context::current();
//!     let parent = match params.get("_meta").and_then(Value::as_object) {
//!         Some(meta) => mcp::extract(&ambient, meta),
//!         None => ambient,
//!     };
//!     let described = Described { method: "tools/call", tool: Some(tool), request_id: Some(id.into()), ..Described::default() };
//!     let operation = Operation::start(Side::Receiver, &described, &parent);
//!     let result = run_tool(tool).with_context(operation.context().clone()).await;
//!     operation.end(&match &result {
//!         Ok((_, is_error)) if *is_error => Ending::ToolError,
//!         Ok(_) => Ending::Returned,
//!         Err((code, message)) => Ending::JsonRpcError { code: *code, message },
//!     });
//!     result.map(|(content, _)| content)
//! }
//! ```
//!
//! Whoever sends one starts it as a [`Side::Sender`] in the current context, [`inject`]s the operation's context into the request's `_meta`, and
//! ends it when the response is there. An operation that is dropped was cancelled, or, while its thread unwinds, has panicked.
//!
//! # The spans
//!
//! | | span in the default names | in the GenAI names |
//! |---|---|---|
//! | tool | `tools/call {tool}` | the same |
//! | prompt | `prompts/get {prompt}` | the same |
//! | resource | `resources/read` | the same |
//! | sampling | `sampling create_message` | `sampling/createMessage` |
//! | any other | `{method}` | the same |
//! | [`Operation::delegate`] | `delegate {name}`, INTERNAL | the same |
//!
//! A sender's is a CLIENT span, a receiver's a SERVER span. A `#[sampling_tool]` that forwards to an MCP server is that request's span already:
//! the first `tools/call` sent directly inside it adds its attributes there. Notifications carry context, and have no span.
//!
//! # The metrics
//!
//! `mcp.client.operation.duration`, `mcp.server.operation.duration` and, of a [`Session`], `mcp.client.session.duration` and
//! `mcp.server.session.duration`, in seconds, in the scope `samplescope-rmcp`. A method that MCP does not define is `_OTHER` there. A tool or prompt
//! whose name was answered with -32602 is left out, and of what else a peer may make up there are 200 values at most.
//!
//! # When nobody listens
//!
//! With neither a tracer nor a meter provider an operation is nothing, and its context is its parent. [`is_listened_to`] says so before anything
//! is made for it. A provider that is set later is there from the next request on, or within a second on a thread that has had 32 that nobody listened to.

mod described;
mod interned;
mod meta;
mod operation;
mod session;

pub use crate::vocabulary::Side;
pub use described::{Delegated, Described, Ending, RequestId};
pub use meta::{extract, inject};
pub use operation::{Operation, is_listened_to};
pub use session::Session;
