//! Attributes on statements: one expression in the place of the call, with everything else as it was.

use futures::future::join_all;
use samplescope::{sampling_loop, sampling_statements, sampling_step, sampling_tool};
use samplescope_tests::Telemetry;

struct Call {
    name: String,
    id: String,
}

struct Response {
    calls: Vec<Call>,
    stop: String,
}

struct Client;

impl Client {
    async fn chat(&self, history: &[String]) -> Result<Response, String> {
        tokio::task::yield_now().await;
        let call = |name: &str| Call { name: name.to_owned(), id: format!("call_{name}") };
        let calls = if history.is_empty() { vec![call("search"), call("fetch")] } else { Vec::new() };
        let stop = if history.is_empty() { "tool_use" } else { "end_turn" };
        Ok(Response { calls, stop: stop.to_owned() })
    }
}

async fn dispatch(call: &Call) -> Result<String, String> {
    tokio::task::yield_now().await;
    if call.name == "fetch" { Err("404".to_owned()) } else { Ok("found".to_owned()) }
}

#[sampling_loop(agent = "support")]
async fn run(client: &Client, mut history: Vec<String>) -> Result<String, String> {
    loop {
        #[sampling_step(model = "m", stop_reason = |r| &r.stop)]
        let response = client.chat(&history).await?;
        let results = join_all(response.calls.iter().map(|call| async move {
            #[sampling_tool(name = call.name, call_id = call.id)]
            let result = dispatch(call).await;
            result
        }))
        .await;
        if results.is_empty() {
            return Ok(response.stop);
        }
        history.extend(results.into_iter().map(|result| result.unwrap_or_else(|error| error)));
    }
}

#[tokio::test]
async fn a_loop_with_everything_inline_has_its_tree() {
    let telemetry = Telemetry::on();
    assert_eq!(run(&Client, Vec::new()).await, Ok("end_turn".to_owned()));
    let spans = telemetry.spans(5);
    assert_eq!(telemetry.tree(), "");
}
