//! Every argument as the documentation of its attribute writes it. `macros/src/tests/documented.rs` holds the two together.
#![deny(warnings)]

use samplescope::{Chunk, StepCall, TokenUsage, sampling_loop, sampling_step, sampling_tool, start_step};
use std::fmt::{self, Display};
use std::time::SystemTime;

struct Request {
    model: &'static str,
    system: &'static str,
    messages: Vec<(&'static str, &'static str)>,
    tools: Vec<&'static str>,
    temperature: f32,
    schema: Option<&'static str>,
    previous: Option<&'static str>,
    stop: Vec<&'static str>,
}

fn request() -> Request {
    Request {
        model: "large",
        system: "Be brief.",
        messages: vec![("user", "hello")],
        tools: vec![],
        temperature: 0.5,
        schema: None,
        previous: None,
        stop: vec![],
    }
}

struct Session {
    id: u64,
}

impl Session {
    fn named(&self) -> Named {
        Named { id: self.id.to_string() }
    }
}

struct Named {
    id: String,
}

struct Output {
    text: String,
    is_error: bool,
}

fn output() -> Output {
    Output { text: String::new(), is_error: false }
}

struct Response {
    text: String,
    model: String,
    id: String,
    stop_reason: String,
    input: u32,
    output: u32,
}

fn answered() -> Response {
    let text = String::from("hello");
    Response { model: text.clone(), id: text.clone(), stop_reason: text.clone(), text, input: 40, output: 2 }
}

#[derive(Debug)]
struct Failure;

impl Failure {
    fn kind(&self) -> &'static str {
        "timeout"
    }

    fn status(&self) -> u16 {
        504
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too late")
    }
}

struct Forecast;

struct Job {
    context: opentelemetry::Context,
    received: SystemTime,
}

struct Call {
    name: &'static str,
    id: &'static str,
    arguments: Vec<u8>,
}

#[sampling_loop(
    agent = "weather",
    conversation_id = session.id,
    provider = "anthropic",
    model = request.model,
    messages = question,
    answer = |answer| answer.as_str(),
    system_prompt = request.system,
    tools = request.tools,
    temperature = request.temperature,
    max_tokens = 512,
    result_type_name = request.schema,
    handler_mode = "client",
    error_type = |error| error.kind(),
    attributes("app.tenant" = tenant.id),
    unchecked("gen_ai.new.key" = 1),
    error_attributes("http.response.status_code" = |error| error.status()),
    parent = job.context,
    link = job.context,
    started = job.received,
    capture = false,
    crate = ::samplescope,
)]
fn of_a_loop(request: &Request, question: &str, session: &Named, tenant: &Named, job: &Job) -> Result<String, Failure> {
    Ok(String::new())
}

#[sampling_loop(
    request = body,
    response = |response| response,
    tool_count = request.tools.len(),
    result_type = Forecast,
    inherited("user.id" = user.id),
    recursive,
)]
fn of_a_loop_besides(request: &Request, body: &[(&str, &str)], user: &Named) -> String {
    let _ = Forecast;
    String::new()
}

#[sampling_loop(failed = |output| output.is_error)]
fn that_fails() -> Output {
    output()
}

#[sampling_step(
    model = request.model,
    usage = |response| TokenUsage::new(response.input, response.output),
    stop_reason = |response| &response.stop_reason,
    messages = request.messages,
    message = |response| &response.text,
    system_prompt = request.system,
    tools = request.tools,
    response_model = |response| &response.model,
    response_id = |response| &response.id,
    tokens = false,
    provider = "anthropic",
    temperature = request.temperature,
    max_tokens = 512,
    top_p = 0.9,
    top_k = 40,
    seed = 7,
    stop_sequences = request.stop,
    presence_penalty = 0.1,
    frequency_penalty = 0.1,
    choice_count = 2,
    reasoning_level = "low",
    previous_response_id = request.previous,
    prompt_name = "trip-planner",
    prompt_version = "v2",
    server_address = "api.example.com",
    server_port = 443,
    iteration = turn,
    attempt = retries,
    error_type = |error| error.kind(),
    attributes("app.tenant" = tenant.id),
    unchecked("gen_ai.new.key" = 1),
    error_attributes("http.response.status_code" = |error| error.status()),
    parent = job.context,
    link = job.context,
    started = job.received,
    capture = false,
    crate = ::samplescope,
)]
fn of_a_step(request: &Request, turn: usize, retries: u8, tenant: &Named, job: &Job) -> Result<Response, Failure> {
    Ok(answered())
}

#[sampling_step(span = current, request = body, response = |response| response)]
fn of_a_step_besides(body: &[(&str, &str)]) -> String {
    String::new()
}

#[sampling_step(failed = |output| output.is_error)]
fn of_a_step_that_fails() -> Output {
    output()
}

#[sampling_step(stream, chunk = |item| Chunk::new().text(&item.text))]
fn of_a_stream() -> impl futures::Stream<Item = Output> {
    futures::stream::iter([output()])
}

#[sampling_tool(
    name = call.name,
    call_id = call.id,
    arguments = call.arguments,
    result = |output| &output.text,
    description = "Looks it up.",
    tool_type = "datastore",
    failed = |output| output.is_error,
    error_type = |error| error.kind(),
    attributes("app.tenant" = tenant.id),
    unchecked("gen_ai.new.key" = 1),
    error_attributes("http.response.status_code" = |error| error.status()),
    parent = job.context,
    link = job.context,
    started = job.received,
    capture = false,
    crate = ::samplescope,
)]
fn of_a_tool(call: &Call, tenant: &Named, job: &Job) -> Result<Output, Failure> {
    Err(Failure)
}

#[sampling_tool(span = current)]
fn of_a_tool_besides() {}

#[sampling_step(operation = "embeddings")]
fn of_embeddings() {}

#[sampling_step(purpose = "compaction")]
fn of_a_summary() {}

#[sampling_tool(
    operation = "retrieval",
    data_source_id = "handbook",
    provider = "pinecone",
    server_address = "db.example.com",
    server_port = 443,
    query = question,
    documents = |found| found,
)]
fn of_a_retrieval(question: &str) -> Vec<String> {
    Vec::new()
}

fn main() {
    let step: StepCall = start_step(|_| {});
    let job = Job { context: step.context(), received: SystemTime::now() };
    let session = Session { id: 7 }.named();
    let _ = of_a_loop(&request(), "hello", &session, &session, &job);
    of_a_loop_besides(&request(), &[], &session);
    that_fails();
    let _ = of_a_step(&request(), 0, 0, &session, &job);
    of_a_step_besides(&[]);
    of_a_step_that_fails();
    drop(of_a_stream());
    of_a_tool_besides();
    of_embeddings();
    of_a_summary();
    of_a_retrieval("refunds");
    let _ = of_a_tool(&Call { name: "look", id: "1", arguments: Vec::new() }, &session, &job);
}
