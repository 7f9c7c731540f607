//~ `retrieval` is an operation of `#[sampling_tool]`, not of `#[sampling_step]`
//~ `embeddings` is an operation of `#[sampling_step]`, not of `#[sampling_tool]`
//~ `embedding` is no operation that OpenTelemetry has, did you mean `embeddings`?
//~ `#[sampling_step]` knows: chat, generate_content, text_completion, embeddings
//~ `rerank` is no operation that OpenTelemetry has
//~ `invoke_agent` is no operation of `#[sampling_tool]`: an agent's run is what `#[sampling_loop]` stands on
//~ `operation` is a string that stands here, since it decides what the call is before anything is evaluated
//~ `operation` belongs on `#[sampling_step]` or `#[sampling_tool]`, not on `#[sampling_loop]`: a loop is always an agent's run
//~ `purpose` belongs on `#[sampling_step]`
//~ `purpose` is empty: write it, or leave it out
//~ `purpose` is a string that stands here
//~ what is for a `purpose` of its own is no iteration of its loop: remove one of the two
//~ `query` says nothing here: a tool call has none
//~ `data_source_id` says nothing here: it is where a retrieval looks
//~ `arguments` says nothing here: it is no tool call, which has arguments: what is looked for is `query`
//~ `messages` says nothing here: what is embedded is no message
//~ `iteration` says nothing here: `embeddings` are no iteration of their loop
//~ `gen_ai.retrieval.query.text` is what a macro sets: write the argument `query = request.query`
//~ `gen_ai.operation.name` is what a macro sets: write the argument `operation = "embeddings"`
//~ `operation` needs a value: write `operation = "retrieval"`
use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_loop(operation = "chat", purpose = "title", documents = |found| found)]
fn a_loop() {}

#[sampling_step(operation = "retrieval", data_source_id = "handbook")]
fn of_a_tool() {}

#[sampling_tool(operation = "embeddings", purpose = "index")]
fn of_a_step() {}

#[sampling_step(operation = "embedding", messages = "what was meant is not held against it")]
fn misspelt() {}

#[sampling_step(operation = "rerank")]
fn unknown() {}

#[sampling_tool(operation = "invoke_agent", query = "what was meant is not held against it")]
fn of_a_loop() {}

#[sampling_step(operation = name, purpose = NAME)]
fn evaluated(name: &str) {}

const NAME: &str = "title";

#[sampling_step(purpose = "")]
fn empty() {}

#[sampling_step(operation, purpose)]
fn missing() {}

#[sampling_tool(operation)]
fn missing_on_a_tool() {}

#[sampling_tool(query = "a", documents = |found| found, data_source_id = "b", provider = "c", server_port = 1)]
fn a_tool() {}

#[sampling_tool(operation = "search_memory", data_source_id = "b")]
fn a_memory() {}

#[sampling_tool(operation = "retrieval", arguments = "a", result = |found| found)]
fn a_retrieval() {}

#[sampling_step(operation = "embeddings", messages = "a", tools = ["b"], iteration = 1)]
fn an_embedding() {}

#[sampling_tool(operation = "retrieval", attributes("gen_ai.retrieval.query.text" = "a", "gen_ai.data_source.id" = "b"))]
fn content() {}

#[sampling_step(attributes("gen_ai.operation.name" = "embeddings", "samplescope.purpose" = "title"))]
fn attributes() {}

#[sampling_step(purpose = "title", iteration = 3)]
fn contradiction() {}

fn main() {}
