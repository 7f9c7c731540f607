//! An agent whose work is not in functions of its own: the model is asked in the middle of the loop, tools are closures. The attributes stand on
//! the statements, and nothing is moved.

use futures::future::join_all;
use samplescope::{TokenUsage, sampling_loop, sampling_step, sampling_tool};
use samplescope_examples::terminal;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The loop is a function; what it calls is not.
#[sampling_loop(agent = "weather", provider = "scripted", model = "demo-small")]
async fn answer(client: &mut Client, question: &str) -> Result<String, Refused> {
    let mut history = vec![question.to_owned()];
    loop {
        #[sampling_step(
            stop_reason = |response| response.stop_reason,
            usage = |response| TokenUsage::new(response.input_tokens, response.output_tokens),
        )]
        let response = client.chat(&history).await?;
        if response.calls.is_empty() {
            return Ok(response.text);
        }
        let results = join_all(response.calls.iter().map(|call| async move {
            match #[sampling_tool(name = call.name, call_id = call.id)]
            look_up(call).await
            {
                Ok(text) => text,
                // The span has failed; the model is told, and the loop goes on.
                Err(error) => format!("{} failed: {error}", call.name),
            }
        }));
        history.extend(results.await);
    }
}

async fn look_up(call: &Call) -> Result<String, Refused> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    match call.argument {
        "Bern" => Ok("12 °C, rain".to_owned()),
        _ => Err(Refused("no such place")),
    }
}

struct Call {
    id: &'static str,
    name: &'static str,
    argument: &'static str,
}

struct Response {
    text: String,
    calls: Vec<Call>,
    stop_reason: &'static str,
    input_tokens: u32,
    output_tokens: u32,
}

/// Says what is written down.
struct Client(VecDeque<Response>);

impl Client {
    fn scripted() -> Self {
        let call = |id, argument| Call { id, name: "weather", argument };
        let calls = vec![call("call_1", "Bern"), call("call_2", "Atlantis")];
        let asks = Response { text: String::new(), calls, stop_reason: "tool_use", input_tokens: 40, output_tokens: 24 };
        let text = "It rains in Bern. I know of no Atlantis.".to_owned();
        let says = Response { text, calls: Vec::new(), stop_reason: "end_turn", input_tokens: 91, output_tokens: 12 };
        Client(VecDeque::from([asks, says]))
    }

    async fn chat(&mut self, _history: &[String]) -> Result<Response, Refused> {
        tokio::time::sleep(Duration::from_millis(40)).await;
        self.0.pop_front().ok_or(Refused("nothing is left to say"))
    }
}

#[derive(Debug, samplescope::ErrorType)]
#[error_type("refused")]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Refused {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let console = samplescope::console();
    let text = answer(&mut Client::scripted(), "How is the weather in Bern, and in Atlantis?").await?;
    drop(console);
    terminal::print(&format!("{text}\n"))?;
    Ok(())
}
