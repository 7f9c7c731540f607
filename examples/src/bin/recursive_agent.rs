//! An agent whose function calls itself until the model has no more tools to run. It is one loop, however deep.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use samplescope::{sampling_loop, sampling_step, sampling_tool};
use samplescope_examples::client::{Call, Client, MODEL, ModelError, Response, weather};
use samplescope_examples::shown;
use std::error::Error;

#[sampling_loop(recursive, agent = "weather")]
fn chat(client: Client, mut history: Vec<String>) -> BoxFuture<'static, Result<String, ModelError>> {
    async move {
        let response = ask(client, &history).await?;
        let Some(call) = response.calls.first() else { return Ok(response.text) };
        history.push(run_tool(call).await);
        chat(client, history).await
    }
    .boxed()
}

#[sampling_step(model = MODEL, stop_reason = |response| response.stop)]
async fn ask(client: Client, history: &[String]) -> Result<Response, ModelError> {
    client.chat(history).await
}

#[sampling_tool(name = call.name, call_id = call.id)]
async fn run_tool(call: &Call) -> String {
    weather(&call.city).await
}

fn main() -> Result<(), Box<dyn Error>> {
    shown::show(async {
        println!("{}\n", chat(Client, vec!["how warm is it in Bern and Oslo?".into()]).await?);
        Ok::<_, ModelError>(())
    })
}
