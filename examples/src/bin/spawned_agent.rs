//! A stream that a spawned task feeds: it is only the hand-out, and nothing of the agent runs while it is polled. So the loop is a value that moves
//! into the task, and a reader who leaves cancels nothing that goes on.

use futures::Stream;
use futures::StreamExt as _;
use samplescope::{LoopCall, sampling_step, sampling_tool, start_loop};
use samplescope_examples::client::{Call, Client, MODEL, ModelError, Response, weather};
use samplescope_examples::shown;
use std::error::Error;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

fn answers(client: Client, question: &str) -> (impl Stream<Item = String> + use<>, JoinHandle<()>) {
    let (answers, reader) = mpsc::channel(1);
    let run: LoopCall = start_loop(|run| run.agent("weather"));
    let history = vec![question.to_owned()];
    let task = tokio::spawn(async move {
        match run.scope(work(client, history, answers)).await {
            Ok(()) => run.end(),
            Err(error) => run.fail(&error),
        }
    });
    (ReceiverStream::new(reader), task)
}

async fn work(client: Client, mut history: Vec<String>, answers: mpsc::Sender<String>) -> Result<(), ModelError> {
    loop {
        let response = ask(client, &history).await?;
        if response.calls.is_empty() {
            return Ok(());
        }
        for call in &response.calls {
            let answer = run_tool(call).await;
            // Nobody may be reading any more: the work is worth doing all the same.
            let _ = answers.send(answer.clone()).await;
            history.push(answer);
        }
    }
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
        let (mut answers, task) = answers(Client, "how warm is it in Bern and Oslo?");
        if let Some(first) = answers.next().await {
            println!("{first}, and the reader leaves\n");
        }
        drop(answers);
        task.await
    })
}
