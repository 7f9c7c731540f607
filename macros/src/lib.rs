//! The attribute macros of `samplescope`, which re-exports them; depend on that crate.
//!
//! Compile time is one line, and each word is a file:
//!
//! ```text
//! (arguments, item) → Function → Args → validate → Model → expand → tokens
//! ```
//!
//! Before that, the same is done for each statement of the item's body that has one of the attributes.
//!
//! | file | what it holds |
//! |---|---|
//! | `fragments` | what a macro by example was given as one expression stays one |
//! | `function` | the annotated function: signature typed, body as tokens |
//! | `keys` | every argument there is: where it belongs, when it is evaluated, what it takes |
//! | `args` | the grammar of what stands in the parentheses |
//! | `validate` | every rule a small function; all errors are collected |
//! | `evaluated` | the rules for expressions of the request |
//! | `attributes` | the rules for `attributes("key" = …)` |
//! | `registry` | what OpenTelemetry has attributes for, and of which type |
//! | `operations` | what steps and tools may be instead of a chat or a tool call |
//! | `model` | what expansion may rely on |
//! | `shape` | how the function hands back its result |
//! | `captures` | which arguments the body takes along, and how they drop |
//! | `closures` | what the function says of the closures that it returns |
//! | `conditional` | `cfg_attr` on statements, which rustc has to decide first |
//! | `statements` | attributes on statements: found among the body's tokens, and put to work there |
//! | `spine` | which call a statement's attribute is about |
//! | `stacked` | other attributes below ours |
//! | `expand` | model to tokens: cannot fail, holds the only `quote!` |
//! | `hygiene` | the paths and identifiers that the expansion uses |
//! | `depth` | how deep what syn reads may be |
//! | `level` | the tokens between two brackets, read without recursion |
//! | `places` | closures that name a place in the response, which is read by reference |
//! | `nearest`, `habits` | did you mean …? |
//! | `error_type` | the derive: the same stages, in one file and its `expand` |
//! | `fallback` | errors, with the user's own function untouched beneath them |

#![forbid(unsafe_code)]

mod args;
mod attributes;
mod captures;
mod closures;
mod conditional;
mod depth;
mod error_type;
mod evaluated;
mod expand;
mod fallback;
mod fragments;
mod function;
mod habits;
mod hygiene;
mod keys;
mod level;
mod model;
mod nearest;
mod operations;
mod places;
mod registry;
mod shape;
mod spine;
mod stacked;
mod statements;
#[cfg(test)]
mod tests;
mod validate;

use model::Macro;
use proc_macro::TokenStream;
use validate::Subject;

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
/// A function that returns a stream is a loop as long as that; [`recursive`](https://docs.rs/samplescope/latest/samplescope/guide/calls/index.html) makes a function that calls itself one loop.
///
/// # Arguments
///
/// `key = expression` describes the request, and is evaluated before the body runs; `key = |value| expression` reads what came back, and is evaluated after it.
/// Either is evaluated only if somebody listens. Everything may be a reference or an `Option`, whose `None` is left out.
///
/// What most want:
///
/// - `agent = "weather"`: the agent's name; steps and tools have it, too
/// - `conversation_id = session.id`: what several runs belong to; steps, tools and the loops inside have it, too
/// - `provider = "anthropic"`: whose model is asked; steps have it unless they say their own
/// - `model = request.model`: which model is asked for; steps have it unless they say their own
///
/// Content, which is captured only if whoever runs the program asks for it:
///
/// - `messages = question`: what the run was asked
/// - `answer = |answer| answer.as_str()`: what it came to
/// - `system_prompt = request.system`: the instructions
/// - `tools = request.tools`: the tools that the model may call; how many there are is no content
///
/// What the request says besides:
///
/// - `request = body`: a client's own request, which says all that no other argument does: any type that serialises as a known provider's
/// - `response = |response| response`: a client's own response likewise, for content
/// - `temperature = request.temperature`: the temperature; steps have it unless they say their own
/// - `max_tokens = 512`: how many tokens a response may have; steps have it unless they say their own
/// - `tool_count = request.tools.len()`: how many tools there are, where `tools` does not say it
/// - `result_type = Forecast`: the type of the answer; not given, `str` if the function returns a string
/// - `result_type_name = request.schema`: the same by a name
/// - `handler_mode = "client"`: who samples in MCP: `client` or `fallback`
///
/// Errors, and attributes of your own:
///
/// - `failed = |output| output.is_error`: a success value that is none, by a `bool`, or by an `Option` of an error or a text that says why
/// - `error_type = |error| error.kind()`: what the error is called, instead of by its type or its `ErrorType`
/// - `error_attributes("http.response.status_code" = |error| error.status())`: attributes that are read from the error, checked likewise
/// - `inherited("user.id" = user.id)`: attributes of your own on the loop, its steps and tools, and the loops inside; on spans, never on a metric
/// - `attributes("app.tenant" = tenant.id)`: attributes of your own, checked against OpenTelemetry's registry; a closure reads what came back
/// - `unchecked("gen_ai.new.key" = 1)`: the same, and the registry is not asked
///
/// Streams:
///
/// - `stream`: says that the function returns a stream, where `chunk` is to read its items
/// - `chunk = |item| Chunk::new().text(&item.text)`: what one item of the stream says
///
/// Where it stands:
///
/// - `recursive`: a call of the function from within its own loop goes on with that loop
/// - `parent = job.context`: the OpenTelemetry context that the span is placed in, instead of the current one
/// - `link = job.context`: a context whose span it is linked to
/// - `started = job.received`: when the work began, a `SystemTime`; not given: now
/// - `capture = false`: no content here, whatever the settings say; `capture = tenant.consents`: where that is false, none in what is inside either
/// - `crate = ::samplescope`: where samplescope is found, for a macro or a facade that re-exports it
///
/// The attributes that they become are in [the guide's table](https://docs.rs/samplescope/latest/samplescope/guide/arguments/index.html).
///
/// # On a statement
///
/// Within a function that has an attribute of ours it may also stand [on a statement](https://docs.rs/samplescope/latest/samplescope/guide/statements/index.html), whose call is then the loop.
#[proc_macro_attribute]
pub fn sampling_loop(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument(Macro::Loop, arguments.into(), item.into()).into()
}

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
/// # Arguments
///
/// `key = expression` describes the request, and is evaluated before the body runs; `key = |value| expression` reads what came back, and is evaluated after it.
/// Either is evaluated only if somebody listens. Everything may be a reference or an `Option`, whose `None` is left out.
///
/// What most want:
///
/// - `model = request.model`: which model is asked for; not given, the loop's
/// - `usage = |response| TokenUsage::new(response.input, response.output)`: the tokens, on the span and as a metric
/// - `stop_reason = |response| &response.stop_reason`: why the model stopped, in the provider's word
/// - `request = body`: a client's own request, which says all that no other argument does: any type that serialises as a known provider's
/// - `response = |response| response`: a client's own response likewise: model, id, stop reason, tokens, message
///
/// Content, which is captured only if whoever runs the program asks for it:
///
/// - `messages = request.messages`: what the model is asked
/// - `message = |response| &response.text`: what it answers
/// - `system_prompt = request.system`: the instructions
/// - `tools = request.tools`: the tools that it may call; how many there are is no content
///
/// What the response says besides:
///
/// - `response_model = |response| &response.model`: which model has answered
/// - `response_id = |response| &response.id`: the response's id
/// - `tokens = false`: the client reports its tokens itself: not here, too
///
/// What the request says besides:
///
/// - `operation = "embeddings"`: what it does, if no `chat`: `generate_content`, `text_completion` or, which is no iteration, `embeddings`
/// - `purpose = "compaction"`: what it is for, if for something else than the loop does: then it is no iteration
/// - `provider = "anthropic"`: whose model is asked; not given, the loop's
/// - `temperature = request.temperature`: the temperature; not given, the loop's
/// - `max_tokens = 512`: how many tokens the response may have; not given, the loop's
/// - `top_p = 0.9`: nucleus sampling
/// - `top_k = 40`: how many tokens are chosen from
/// - `seed = 7`: the seed
/// - `stop_sequences = request.stop`: texts that end the response
/// - `presence_penalty = 0.1`: the presence penalty
/// - `frequency_penalty = 0.1`: the frequency penalty
/// - `choice_count = 2`: how many responses are asked for
/// - `reasoning_level = "low"`: how much the model is to reason, in the provider's own word
/// - `previous_response_id = request.previous`: the response that it goes on from, where the provider keeps it
/// - `prompt_name = "trip-planner"`: the prompt template that it was made from
/// - `prompt_version = "v2"`: the template's version
/// - `server_address = "api.example.com"`: where the request goes
/// - `server_port = 443`: to which port
/// - `iteration = turn`: which step of its loop it is; not given, it is counted from 0
/// - `attempt = retries`: how often it was sent before; above 0 it is another model call of the same iteration
///
/// Errors, and attributes of your own:
///
/// - `failed = |output| output.is_error`: a success value that is none, by a `bool`, or by an `Option` of an error or a text that says why
/// - `error_type = |error| error.kind()`: what the error is called, instead of by its type or its `ErrorType`
/// - `error_attributes("http.response.status_code" = |error| error.status())`: attributes that are read from the error, checked likewise
/// - `attributes("app.tenant" = tenant.id)`: attributes of your own, checked against OpenTelemetry's registry; a closure reads what came back
/// - `unchecked("gen_ai.new.key" = 1)`: the same, and the registry is not asked
///
/// Streams:
///
/// - `stream`: says that the function returns a stream, where `chunk` is to read its items
/// - `chunk = |item| Chunk::new().text(&item.text)`: what one item of the stream says
///
/// Where it stands:
///
/// - `parent = job.context`: the OpenTelemetry context that the span is placed in, instead of the current one
/// - `link = job.context`: a context whose span it is linked to
/// - `started = job.received`: when the work began, a `SystemTime`; not given: now
/// - `span = current`: no span of its own: it completes the current one, which a client has opened that traces itself
/// - `capture = false`: no content here, whatever the settings say; `capture = tenant.consents`: none where that is false
/// - `crate = ::samplescope`: where samplescope is found, for a macro or a facade that re-exports it
///
/// The attributes that they become are in [the guide's table](https://docs.rs/samplescope/latest/samplescope/guide/arguments/index.html).
///
/// # On a statement
///
/// Within a function that has an attribute of ours it may also stand [on a statement](https://docs.rs/samplescope/latest/samplescope/guide/statements/index.html): the step is then what the
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
///                 { ; send(request).await }
///             },
///             |__returned| {
///                 __returned
///                     .__ss_success()
///                     .__ss_usage(|response| TokenUsage::new(response.input_tokens, response.output_tokens));
///                 __returned.__ss_success().__ss_stop_reason(|response| &response.stop_reason);
///                 __returned.__ss_success().__ss_says();
///                 __returned.__ss_error().__ss_record();
///                 __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
///             },
///         )
///         .await
/// }
/// ```
#[proc_macro_attribute]
pub fn sampling_step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument(Macro::Step, arguments.into(), item.into()).into()
}

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
/// # Arguments
///
/// `key = expression` describes the request, and is evaluated before the body runs; `key = |value| expression` reads what came back, and is evaluated after it.
/// Either is evaluated only if somebody listens. Everything may be a reference or an `Option`, whose `None` is left out.
///
/// What most want:
///
/// - `name = call.name`: the tool; not given or empty, the function's name
/// - `call_id = call.id`: the id that the model gave the call
///
/// Content, which is captured only if whoever runs the program asks for it:
///
/// - `arguments = call.arguments`: what the tool is called with: anything that serialises
/// - `result = |output| &output.text`: what it gives back
/// - `query = question`: what a retrieval looks for
/// - `documents = |found| found`: what it finds
///
/// What it is:
///
/// - `description = "Looks it up."`: what the model is told of it
/// - `tool_type = "datastore"`: `function`, unless it is something else
///
/// What is no tool call, and not counted as one, but stands where one could:
///
/// - `operation = "retrieval"`: what it does: `retrieval`, `search_memory`, `create_memory`, `update_memory`, `upsert_memory`, `delete_memory`, `create_memory_store` or
///   `delete_memory_store`
/// - `data_source_id = "handbook"`: what a retrieval looks in
/// - `provider = "pinecone"`: whose service that is
/// - `server_address = "db.example.com"`: where it is
/// - `server_port = 443`: at which port
///
/// Errors, and attributes of your own:
///
/// - `failed = |output| output.is_error`: a success value that is none, by a `bool`, or by an `Option` of an error or a text that says why
/// - `error_type = |error| error.kind()`: what the error is called, instead of by its type or its `ErrorType`
/// - `error_attributes("http.response.status_code" = |error| error.status())`: attributes that are read from the error, checked likewise
/// - `attributes("app.tenant" = tenant.id)`: attributes of your own, checked against OpenTelemetry's registry; a closure reads what came back
/// - `unchecked("gen_ai.new.key" = 1)`: the same, and the registry is not asked
///
/// Streams:
///
/// - `stream`: says that the function returns a stream, where `chunk` is to read its items
/// - `chunk = |item| Chunk::new().text(&item.text)`: what one item of the stream says
///
/// Where it stands:
///
/// - `parent = job.context`: the OpenTelemetry context that the span is placed in, instead of the current one
/// - `link = job.context`: a context whose span it is linked to
/// - `started = job.received`: when the work began, a `SystemTime`; not given: now
/// - `span = current`: no span of its own: it completes the current one, which a client has opened that traces itself
/// - `capture = false`: no content here, whatever the settings say; `capture = tenant.consents`: none where that is false
/// - `crate = ::samplescope`: where samplescope is found, for a macro or a facade that re-exports it
///
/// The attributes that they become are in [the guide's table](https://docs.rs/samplescope/latest/samplescope/guide/arguments/index.html).
///
/// # On a statement
///
/// Within a function that has an attribute of ours it may also stand [on a statement](https://docs.rs/samplescope/latest/samplescope/guide/statements/index.html), or directly before a call.
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
#[proc_macro_attribute]
pub fn sampling_tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument(Macro::Tool, arguments.into(), item.into()).into()
}

/// Labels for `error.type`: one for each variant, or one for a struct.
#[proc_macro_derive(ErrorType, attributes(error_type))]
pub fn derive_error_type(item: TokenStream) -> TokenStream {
    error_type::derive(item.into()).into()
}

/// Makes `#[sampling_loop]`, `#[sampling_step]` and `#[sampling_tool]` work on the statements of a function that is none of these itself. It opens nothing.
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
/// What a statement may be is in [the guide's page](https://docs.rs/samplescope/latest/samplescope/guide/statements/index.html).
#[proc_macro_attribute]
pub fn sampling_statements(arguments: TokenStream, item: TokenStream) -> TokenStream {
    only_statements(arguments.into(), item.into()).into()
}

/// The whole pipeline. On any error the user gets every error there is, and their own function back.
fn instrument(kind: Macro, arguments: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    if statements::is_used_up(&arguments) {
        return proc_macro2::TokenStream::new();
    }
    let (args, mut errors) = args::parse(kind, arguments.clone());
    if let Some(twice) = conditional::twice(&kind.to_string(), &arguments, &item, args::facade(&args)) {
        return twice;
    }
    let (item, said) = statements::expand(item, args::facade(&args));
    let function = function::parse(&kind.to_string(), kind.role(), item.clone()).map_err(|error| errors.push(error)).ok();
    if let Some(function) = &function {
        validate::function(kind, function, &mut errors);
    }
    let subject = function.as_ref().map(Subject::of);
    let model = validate::arguments(kind, args, subject.as_ref(), &mut errors);
    let expanded = match (function, errors.into_result()) {
        (Some(function), Ok(())) => expand::expand(&model, &function),
        (_, errors) => fallback::fallback(errors.err(), item),
    };
    fallback::fallback(said.into_result().err(), expanded)
}

/// The same without a call of the function's own.
fn only_statements(arguments: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let (renamed, mut errors) = args::only_facade(arguments.clone());
    if let Some(twice) = conditional::twice("sampling_statements", &arguments, &item, renamed.as_ref()) {
        return twice;
    }
    let (item, said) = statements::expand(item, renamed.as_ref());
    if let Err(error) = function::parse("sampling_statements", "has such statements", item.clone()) {
        errors.push(error);
    }
    fallback::fallback(said.into_result().err(), fallback::fallback(errors.into_result().err(), item))
}
