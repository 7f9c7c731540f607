//! An agent as you would write it, and the three attributes that instrument it.

use crate::error::{AgentError, ToolError};
use crate::model::{Message, Model, Response, ToolCall};
use crate::plan::Plan;
use crate::tools;
use futures::future::join_all;
use samplescope::{TokenUsage, current_loop, sampling_loop, sampling_step, sampling_tool};

const MAX_STEPS: usize = 10;

/// The loop: asks the model until its answer is a plan.
#[sampling_loop(
    agent = "trip-planner",
    conversation_id = conversation,
    provider = "scripted",
    model = model.name,
    temperature = model.temperature,
    tool_count = tools::NAMES.len(),
    result_type = Plan,
    messages = question, // content, as is the answer: evaluated only if whoever runs this asks for it
    answer = |plan| format!("{plan}"),
)]
pub(crate) async fn plan_trip(model: &Model, conversation: &str, question: &str) -> Result<Plan, AgentError> {
    let mut history = vec![Message::User(question.to_owned())];
    let mut failures = 0;
    for _ in 0..MAX_STEPS {
        let response = ask(model, &history).await?;
        let results = join_all(response.tool_calls.iter().map(run_tool)).await;
        if response.tool_calls.is_empty() {
            match response.text.parse::<Plan>() {
                Ok(plan) => return Ok(plan),
                Err(error) => {
                    failures += 1;
                    current_loop().validation_failure(failures);
                    history.push(Message::User(format!("This is no plan, try again: {error}")));
                }
            }
        }
        history.push(Message::Assistant(response));
        history.extend(results.into_iter().map(Message::ToolResult));
    }
    Err(AgentError::NoPlan { steps: MAX_STEPS })
}

/// A step: the model is asked once.
#[sampling_step(
    stop_reason = |response| &response.stop_reason,
    response_model = |response| &response.model,
    usage = |response| TokenUsage::new(response.input_tokens, response.output_tokens),
    message = |response| &response.text,
)]
async fn ask(model: &Model, history: &[Message]) -> Result<Response, AgentError> {
    model.complete(history).await
}

/// A tool call. If it fails, its span does; the model is told, and the loop goes on.
#[sampling_tool(name = call.name, call_id = call.id, arguments = call.arguments, result = |text| text)]
async fn run_tool(call: &ToolCall) -> Result<String, ToolError> {
    tools::run(call).await
}
