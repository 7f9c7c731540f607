#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod call;
mod caught;
#[cfg(feature = "console")]
pub mod console;
mod content;
#[cfg(any(feature = "console", feature = "testing"))]
mod drawing;
pub mod guide;
mod handle;
mod listen;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "mcp")]
pub mod propagation;
mod read;
#[cfg(any(feature = "console", feature = "testing"))]
mod recorded;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod value;
mod vocabulary;
mod warning;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "console")]
pub use console::console;
pub use handle::{
    CurrentLoop, CurrentStep, CurrentTool, EnteredCall, LoopCall, LoopDescription, StepCall, StepDescription, ToolCall,
    ToolDescription, current_loop, current_step, current_tool, start_loop, start_step, start_tool,
};
/// [`with_current_context`](FutureExt::with_current_context), which keeps a spawned task in its loop: `tokio::spawn(tool().with_current_context())`.
#[doc(no_inline)]
pub use opentelemetry::trace::FutureExt;
pub use samplescope_macros::ErrorType;

/// Instruments a sampling loop: the function that asks a model again and again until it has its answer.
///
/// # The span
///
/// `sampling/createMessage` (`invoke_agent {agent}` in the GenAI names), INTERNAL. The steps and tools that run inside are its children,
/// and are counted; what it says of agent, conversation, provider, model and parameters is theirs, too.
///
/// ```
/// use samplescope::sampling_loop;
/// # struct Request { model: Option<String>, temperature: f32 }
/// # async fn ask(_: &Request) -> Result<Option<String>, std::io::Error> { Ok(None) }
///
/// #[sampling_loop(agent = "weather", model = request.model, temperature = request.temperature)]
/// async fn answer(request: &Request) -> Result<String, std::io::Error> {
///     loop {
///         if let Some(answer) = ask(request).await? {
///             return Ok(answer);
///         }
///     }
/// }
/// ```
///
/// A function that returns a stream is a loop as long as that; [`recursive`](guide::calls) makes a function that calls itself one loop.
///
/// # On a statement
///
/// Within a function that has an attribute of ours it may also stand [on a statement](crate#attributes-on-statements), whose call is then the loop.
///
/// All arguments are in [the crate's table](crate#what-the-attributes-take).
pub use samplescope_macros::sampling_loop;

/// Instruments one step of a sampling loop: one question to the model and its response.
///
/// # The span
///
/// `sampling/createMessage step` (`chat {model}` in the GenAI names, CLIENT), INTERNAL. Best one model call: its success value is then the response,
/// and its duration the time that the model took. If the function returns a stream, the span lasts as long as that.
///
/// ```
/// use samplescope::{TokenUsage, sampling_step};
/// # struct Request { model: String }
/// # struct Response { stop_reason: String, input_tokens: u32, output_tokens: u32 }
/// # async fn send(_: &Request) -> Result<Response, std::io::Error> { unimplemented!() }
///
/// #[sampling_step(
///     model = request.model,
///     stop_reason = |response| &response.stop_reason,
///     usage = |response| TokenUsage::new(response.input_tokens, response.output_tokens),
/// )]
/// async fn ask(request: &Request) -> Result<Response, std::io::Error> {
///     send(request).await
/// }
/// ```
///
/// # On a statement
///
/// Within a function that has an attribute of ours it may also stand [on a statement](crate#attributes-on-statements): the step is then what the
/// statement calls, up to the `.await`.
///
/// ```
/// # use samplescope::{sampling_loop, sampling_step};
/// # struct Response { stop_reason: String, text: String }
/// # async fn send(_: &str) -> Result<Response, std::io::Error> { unimplemented!() }
/// #[sampling_loop]
/// async fn answer(question: &str) -> Result<String, std::io::Error> {
///     #[sampling_step(stop_reason = |response| &response.stop_reason)]
///     let response = send(question).await?;
///     Ok(response.text)
/// }
/// ```
///
/// All arguments are in [the crate's table](crate#what-the-attributes-take).
///
/// # What it expands to
///
/// The function above, as `cargo expand` shows it. `__private` is for generated code alone: it changes with the macros.
///
/// ```
/// # use samplescope::TokenUsage;
/// # struct Request { model: String }
/// # struct Response { stop_reason: String, input_tokens: u32, output_tokens: u32 }
/// # async fn send(_: &Request) -> Result<Response, std::io::Error> { unimplemented!() }
/// async fn ask(request: &Request) -> Result<Response, std::io::Error> {
///     let __span = ::samplescope::__private::sampling_step(
///         &::samplescope::__private::Site { function: "ask", attributes: 1, capture: true },
///         |__span| {
///             if __span.__ss_is_measured() {
///                 __span.__ss_model(&request.model);
///             }
///         },
///     );
///     __span
///         .__ss_run(
///             async move {
///                 if false {
///                     return ::samplescope::__private::returns::<Result<Response, std::io::Error>>();
///                 }
///                 { send(request).await }
///             },
///             |__returned| {
///                 __returned.__ss_success().__ss_stop_reason(|response| &response.stop_reason);
///                 __returned
///                     .__ss_success()
///                     .__ss_usage(|response| TokenUsage::new(response.input_tokens, response.output_tokens));
///                 __returned.__ss_success().__ss_says();
///                 __returned.__ss_error().__ss_record();
///                 __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
///             },
///         )
///         .await
/// }
/// ```
pub use samplescope_macros::sampling_step;

/// Instruments a tool that the model may call.
///
/// # The span
///
/// `sampling.execute_tool {tool}` (`execute_tool {tool}` in the GenAI names), INTERNAL: a child of the step it runs in, else of the loop.
///
/// ```
/// use samplescope::sampling_tool;
/// # struct Call { name: String, id: String, arguments: serde_json::Value }
/// # struct Output { text: String, is_error: bool }
///
/// #[sampling_tool(
///     name = call.name,
///     call_id = call.id,
///     arguments = call.arguments,
///     result = |output| &output.text,
///     failed = |output| output.is_error,
/// )]
/// async fn run_tool(call: &Call) -> Output {
///     Output { text: format!("{} is not known", call.name), is_error: true }
/// }
/// ```
///
/// # On a statement
///
/// Within a function that has an attribute of ours it may also stand [on a statement](crate#attributes-on-statements), or directly before a call.
/// Without a `name`, the tool is called like the function or method that is called there.
///
/// ```
/// # use samplescope::{sampling_loop, sampling_tool};
/// # struct Call { name: String }
/// # async fn dispatch(_: &Call) -> Result<String, std::io::Error> { unimplemented!() }
/// #[sampling_loop]
/// async fn run_tools(calls: &[Call]) -> Vec<String> {
///     let mut results = Vec::new();
///     for call in calls {
///         results.push(match #[sampling_tool(name = call.name)] dispatch(call).await {
///             Ok(text) => text,
///             Err(error) => error.to_string(),
///         });
///     }
///     results
/// }
/// ```
///
/// All arguments are in [the crate's table](crate#what-the-attributes-take).
pub use samplescope_macros::sampling_tool;

pub use read::given::{Read, read};
/// Makes [`sampling_loop`], [`sampling_step`] and [`sampling_tool`] work on the statements of a function that is none of these itself. It opens nothing.
///
/// In a function that has one of the three it is not needed.
///
/// ```
/// use samplescope::{sampling_statements, sampling_tool};
/// # async fn dispatch(_: &str) -> Result<String, std::io::Error> { Ok(String::new()) }
///
/// #[sampling_statements]
/// async fn handle(name: &str) -> Result<String, std::io::Error> {
///     #[sampling_tool(name = name)]
///     let result = dispatch(name).await?;
///     Ok(result)
/// }
/// ```
///
/// What a statement may be is in [the crate's page](crate#attributes-on-statements).
pub use samplescope_macros::sampling_statements;

pub use settings::{Capture, Piece, Settings, Vocabulary};
pub use value::{
    AsContext, AttributeValue, Chunk, ChunkMessage, ChunkText, ErrorType, Flag, Integer, Message, Number, Part, Role,
    SamplingResponse, Text, ToMessages, ToToolDefinitions, TokenUsage, ToolDefinition, ToolOutcome, Usage,
};

/// The name of the instrumentation scope.
const NAME: &str = "samplescope";
/// The name of the scope of MCP's requests, one of whose metrics is named as the loop's is in the prescribed names.
#[cfg(feature = "mcp")]
const MCP_NAME: &str = "samplescope-rmcp";
/// Its version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
