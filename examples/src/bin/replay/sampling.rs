//! The loop, the step and the tools of FastMCP's `ctx.sample`, annotated. The rest of this program reads and prints.

use crate::scenario::{Failure, InputMessage, Request, Response, Scenario, Tool, ToolCall, Turn};
use futures::future::join_all;
use samplescope::{
    Message, Part, Role, SamplingResponse, ToMessages, TokenUsage, ToolDefinition, current_loop, sampling_loop, sampling_step,
    sampling_tool,
};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::slice;
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// The tool by which a model gives an answer that has a schema.
const FINAL_RESPONSE: &str = "final_response";
/// So often in a row may an answer not be what the schema says.
const VALIDATION_FAILURES: usize = 3;
/// So often may the model answer with text where the schema asks for a call of `final_response`.
const TEXT_RETRIES: usize = 3;
/// So often is the model asked, unless the request says otherwise.
const ITERATIONS: usize = 100;

/// Asks the model until it has answered: with text, or with what the schema says.
#[sampling_loop(
    model = scenario.request.model,
    temperature = scenario.request.temperature,
    max_tokens = scenario.request.max_tokens,
    tool_count = scenario.tool_count(),
    result_type_name = scenario.request.result_type(),
    handler_mode = scenario.request.handler_mode,
    system_prompt = scenario.request.system_prompt,
    messages = scenario.request.messages,
    answer = |text| text,
)]
pub(crate) async fn sample(scenario: &Scenario) -> Result<String, Failure> {
    let (request, tools) = (&scenario.request, Tools::of(scenario));
    let mut model = Model(scenario.turns.iter());
    let mut history = request.messages.to_messages();
    let (mut failures, mut retries) = (0, 0);
    let iterations = request.max_iterations.unwrap_or(ITERATIONS);
    for _ in 0..iterations {
        let response = sample_step(&mut model, request, &tools, &mut history).await?;
        let calls_tools = response.stops_for_tools();
        let Some(schema) = &request.result_schema else {
            if calls_tools {
                continue;
            }
            return Ok(response.text.unwrap_or_default());
        };
        if !calls_tools {
            failures = 0;
            retries += 1;
            if retries > TEXT_RETRIES {
                let title = &schema.title;
                return Err(Failure::runtime(format!(
                    "expected {title}, but the model answered with text {retries} times instead of calling {FINAL_RESPONSE}"
                )));
            }
            current_loop().text_response_retry(retries);
            history.push(Message::user(format!("Call the tool {FINAL_RESPONSE} to answer; do not answer with text.")));
            continue;
        }
        let mut answers = response.tool_calls.iter().filter(|call| call.name == FINAL_RESPONSE).peekable();
        if answers.peek().is_none() {
            failures = 0;
        }
        for call in answers {
            let error = match schema.validate(&call.arguments) {
                Ok(text) => return Ok(text),
                Err(error) => error,
            };
            failures += 1;
            current_loop().validation_failure(failures);
            if failures > VALIDATION_FAILURES {
                let title = &schema.title;
                return Err(Failure::runtime(format!("the answer was no {title} {failures} times in a row: {error}")));
            }
            history.push(tool_results([(call, format!("This is no valid answer, please try again: {error}"))]));
        }
    }
    Err(Failure::runtime(format!("the model had not answered after {iterations} iterations")))
}

/// Asks the model once and runs the tools that it calls.
#[sampling_step(system_prompt = request.system_prompt, messages = history, tools = tools.definitions())]
async fn sample_step(
    model: &mut Model<'_>,
    request: &Request,
    tools: &Tools<'_>,
    history: &mut Vec<Message>,
) -> Result<Response, Failure> {
    let response = model.answer()?;
    history.extend(response.message());
    if response.stops_for_tools() && !response.tool_calls.is_empty() {
        let results = join_all(response.tool_calls.iter().map(|call| tools.permitted(call))).await;
        history.push(tool_results(response.tool_calls.iter().zip(results)));
    }
    Ok(response)
}

/// Runs one tool.
#[sampling_tool(name = call.name, call_id = call.id, arguments = call.arguments.as_json(), result = |text| text)]
async fn run_tool(tools: &Tools<'_>, call: &ToolCall) -> Result<String, Failure> {
    if tools.is_final_response(call) {
        return Ok(call.arguments.as_json().get().to_owned());
    }
    let Some(tool) = tools.own.get(&call.name) else {
        return Err(Failure { kind: "unknown_tool".to_owned(), message: format!("unknown tool `{}`", call.name) });
    };
    if !tool.takes.is_zero() {
        sleep(tool.takes).await;
    }
    tool.outcome.clone()
}

/// A model that says what the scenario says, whatever it is asked.
struct Model<'a>(slice::Iter<'a, Turn>);

impl Model<'_> {
    fn answer(&mut self) -> Result<Response, Failure> {
        let Turn(outcome) = self.0.next().ok_or_else(|| Failure::runtime("the model has no turn left"))?;
        outcome.clone()
    }
}

/// The scenario's tools and, where an answer has a schema, `final_response`.
struct Tools<'a> {
    own: &'a BTreeMap<String, Tool>,
    final_response: Option<&'a Value>,
    /// As many as tools may run at once.
    permits: Semaphore,
}

impl<'a> Tools<'a> {
    fn of(scenario: &'a Scenario) -> Self {
        let at_once = match scenario.tool_concurrency {
            None => 1,
            Some(0) => Semaphore::MAX_PERMITS,
            Some(limit) => limit.min(Semaphore::MAX_PERMITS),
        };
        Tools {
            own: &scenario.tools,
            final_response: scenario.request.result_schema.as_ref().map(|result| &result.schema),
            permits: Semaphore::new(at_once),
        }
    }

    fn is_final_response(&self, call: &ToolCall) -> bool {
        self.final_response.is_some() && call.name == FINAL_RESPONSE
    }

    /// What the model is told of them.
    fn definitions(&self) -> Vec<ToolDefinition> {
        let own = self.own.keys().map(ToolDefinition::new);
        let schema = self.final_response.cloned();
        own.chain(schema.map(|schema| ToolDefinition::new(FINAL_RESPONSE).with_parameters(schema))).collect()
    }

    /// Runs a tool as soon as fewer than the limit are running. A failure is something that the model is told.
    async fn permitted(&self, call: &ToolCall) -> String {
        // An error says that the semaphore was closed, which nobody does.
        let _permit = self.permits.acquire().await;
        run_tool(self, call).await.unwrap_or_else(|failure| format!("The tool failed: {failure}"))
    }
}

fn tool_results<'a>(results: impl IntoIterator<Item = (&'a ToolCall, String)>) -> Message {
    results.into_iter().fold(Message::new(Role::Tool), |message, (call, text)| {
        message.with(Part::tool_call_response(call.id.clone(), text.into()))
    })
}

impl Request {
    /// What the answer is called: as its schema is, else as Python calls a string.
    fn result_type(&self) -> &str {
        self.result_schema.as_ref().map_or("str", |schema| &schema.title)
    }
}

impl Response {
    /// Whether the model waits for the results of tools. Providers spell it in several ways; where a response does not say,
    /// it waits if it has called some.
    fn stops_for_tools(&self) -> bool {
        match &self.stop_reason {
            None => !self.tool_calls.is_empty(),
            Some(reason) => matches!(&**reason, "toolUse" | "tool_use" | "tool_calls" | "tool_call" | "function_call"),
        }
    }
}

impl SamplingResponse for Response {
    fn stop_reason(&self) -> Option<Cow<'_, str>> {
        self.stop_reason.as_deref().map(Into::into)
    }

    fn model(&self) -> Option<Cow<'_, str>> {
        self.model.as_deref().map(Into::into)
    }

    fn id(&self) -> Option<Cow<'_, str>> {
        self.id.as_deref().map(Into::into)
    }

    fn usage(&self) -> Option<TokenUsage> {
        let usage = self.usage?;
        Some(
            TokenUsage::new(usage.input, usage.output)
                .with_cached(usage.cache_read)
                .with_cache_creation(usage.cache_creation)
                .with_reasoning(usage.reasoning),
        )
    }

    fn message(&self) -> Option<Message> {
        let text = self.text.iter().map(Part::text);
        let calls = self.tool_calls.iter().map(|call| {
            let arguments = serde_json::from_str(call.arguments.as_json().get()).unwrap_or_default();
            Part::tool_call(call.id.clone(), &call.name, arguments)
        });
        Some(text.chain(calls).fold(Message::new(Role::Assistant), Message::with))
    }
}

impl ToMessages for InputMessage {
    fn to_messages(&self) -> Vec<Message> {
        match self {
            InputMessage::Text(text) => vec![Message::user(text)],
            InputMessage::Said(said) => vec![Message::new(&said.role).with(Part::text(&said.content))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::Instant;

    /// How long three tools of 30, 10 and 20 ms take together.
    async fn three_tools(concurrency: &str) -> Duration {
        let scenario = Scenario::parse(
            &r#"{
                "name": "three", "request": { "messages": [] }, "tool_concurrency": CONCURRENCY,
                "tools": { "a": { "returns": "", "takes_ms": 30 }, "b": { "returns": "", "takes_ms": 10 },
                           "c": { "fails": { "type": "E", "message": "" }, "takes_ms": 20 } },
                "turns": [
                    { "stop_reason": "toolUse", "tool_calls": [
                        { "id": "1", "name": "a", "arguments": {} }, { "id": "2", "name": "b", "arguments": {} },
                        { "id": "3", "name": "c", "arguments": {} } ] },
                    { "text": "done" } ]
            }"#
            .replace("CONCURRENCY", concurrency),
        );
        let start = Instant::now();
        let outcome = sample(&scenario.expect("a scenario")).await;
        assert_eq!(outcome.expect("an answer"), "done");
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_tools_run_at_once_as_the_scenario_says() {
        for (concurrency, milliseconds) in [("null", 60), ("1", 60), ("2", 30), ("3", 30), ("0", 30)] {
            let took = three_tools(concurrency).await.as_millis();
            // A timer of tokio's may be a millisecond late, each.
            assert!((milliseconds..=milliseconds + 3).contains(&took), "{concurrency}: {took}");
        }
    }
}
