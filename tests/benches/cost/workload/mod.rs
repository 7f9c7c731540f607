//! What is measured: one loop, 3 steps, in each of them a tool, and a last tool; functions that do nothing, so that what is left is what
//! instrumenting them costs. The loop says provider, model and temperature, a step its stop reason and the response's model, a tool its name
//! and call id: 46 attributes over the 8 spans, and one event. Usage and content come with the request that has them. `chat` is a step alone.
//!
//! `tests/tests/by_hand.rs` holds what is written by hand to what samplescope exports.

pub(crate) mod by_hand;
pub(crate) mod chat;
pub(crate) mod request;

use samplescope::TokenUsage;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) struct Request {
    pub(crate) model: String,
    pub(crate) temperature: f64,
    pub(crate) history: Vec<(&'static str, String)>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) last: ToolCall,
}

pub(crate) struct Turn {
    pub(crate) call: ToolCall,
    pub(crate) response: Response,
}

pub(crate) struct Response {
    pub(crate) stop_reason: String,
    pub(crate) model: String,
    pub(crate) text: String,
    pub(crate) usage: Option<TokenUsage>,
}

pub(crate) struct ToolCall {
    pub(crate) name: String,
    pub(crate) id: String,
}

impl Request {
    /// With that many steps. Neither usage nor history.
    pub(crate) fn of_steps(steps: usize) -> Self {
        let call = |name: &str, number| ToolCall { name: name.to_owned(), id: format!("call_{number}") };
        let turn = |number| Turn {
            call: call("flight_status", number),
            response: Response {
                stop_reason: "tool_use".to_owned(),
                model: "claude-sonnet-4-5-20250929".to_owned(),
                text: "It leaves at nine, and there is a train that meets it.".to_owned(),
                usage: None,
            },
        };
        Request {
            model: "claude-sonnet-4-5".to_owned(),
            temperature: 0.2,
            history: Vec::new(),
            turns: (0..steps).map(turn).collect(),
            last: call("travel_time", steps),
        }
    }

    pub(crate) fn with_usage(mut self) -> Self {
        for turn in &mut self.turns {
            turn.response.usage = Some(TokenUsage::new(512, 46));
        }
        self
    }

    /// With that many messages, which the loop begins with and every step sends.
    pub(crate) fn with_history(mut self, messages: usize) -> Self {
        let text = "Which train do I have to take if I want to be there an hour before the flight leaves?";
        self.history = ["user", "assistant"].into_iter().cycle().take(messages).map(|role| (role, text.to_owned())).collect();
        self
    }
}

/// The functions, once for each way of instrumenting them. The names are given from outside, where the attributes' arguments are.
macro_rules! functions {
    ($module:ident($request:ident, $turn:ident, $call:ident), $run:meta, $step:meta, $tool:meta, $event:expr) => {
        pub(crate) mod $module {
            use super::*;

            #[$run]
            #[inline(never)]
            pub(crate) async fn run($request: &Request) -> usize {
                let mut sum = 0;
                for $turn in &$request.turns {
                    sum += step($request, $turn).await.text.len();
                }
                $event;
                sum + tool(&$request.last).await
            }

            #[$step]
            #[inline(never)]
            pub(crate) async fn step<'a>($request: &Request, $turn: &'a Turn) -> &'a Response {
                black_box($request.temperature);
                tool(&$turn.call).await;
                &$turn.response
            }

            #[$tool]
            #[inline(never)]
            pub(crate) async fn tool($call: &ToolCall) -> usize {
                black_box($call.id.len())
            }
        }
    };
}

// Attributes that are none.
functions!(nothing(request, turn, call), cfg(all()), cfg(all()), cfg(all()), black_box(()));
functions!(
    annotated(request, turn, call),
    samplescope::sampling_loop(
        provider = "anthropic",
        model = request.model,
        temperature = request.temperature,
        messages = request.history
    ),
    samplescope::sampling_step(
        stop_reason = |response| &response.stop_reason,
        response_model = |response| &response.model,
        usage = |response| response.usage,
        messages = request.history,
        message = |response| &response.text
    ),
    samplescope::sampling_tool(name = call.name, call_id = call.id),
    samplescope::current_loop().validation_failure(1)
);
functions!(
    traced(request, turn, call),
    tracing::instrument(
        name = "sampling/createMessage",
        skip_all,
        fields(provider = "anthropic", model = request.model, temperature = request.temperature)
    ),
    tracing::instrument(
        name = "sampling/createMessage step",
        skip_all,
        fields(stop_reason = turn.response.stop_reason, response_model = turn.response.model)
    ),
    tracing::instrument(name = "sampling.execute_tool", skip_all, fields(name = call.name, call_id = call.id)),
    tracing::info!("sampling.validation_failure")
);

/// Nothing that is measured here waits for anything.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
