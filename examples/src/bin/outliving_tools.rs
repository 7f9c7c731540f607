//! Tools whose work outlives the function that starts it: a registry hands out a receiver at once, and a worker does the work.
//! The call is a value: it goes with the work, and says when that is done.

use samplescope::{ToolCall, sampling_loop, sampling_step, start_tool};
use samplescope_examples::client::{Call, Client, MODEL, ModelError, Response, weather};
use samplescope_examples::shown;
use std::error::Error;
use tokio::sync::{mpsc, oneshot};

/// A tool call on its way to the worker, with the span that it lasts as long as.
struct Job {
    call: Call,
    span: ToolCall,
    done: oneshot::Sender<String>,
}

struct Registry {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Registry {
    /// Returns at once: what comes back is a promise.
    fn dispatch(&self, call: Call) -> oneshot::Receiver<String> {
        let span = start_tool(&call.name, |tool| tool.call_id(&call.id));
        let (done, result) = oneshot::channel();
        // A worker that is gone drops the job, and with it the span: cancelled.
        let _ = self.jobs.send(Job { call, span, done });
        result
    }
}

async fn work(mut jobs: mpsc::UnboundedReceiver<Job>) {
    while let Some(Job { call, span, done }) = jobs.recv().await {
        let result = span.scope(weather(&call.city)).await;
        span.result(&result);
        span.end();
        let _ = done.send(result);
    }
}

#[sampling_loop(agent = "weather")]
async fn run(client: Client, registry: &Registry, question: &str) -> Result<String, ModelError> {
    let mut history = vec![question.to_owned()];
    loop {
        let response = ask(client, &history).await?;
        if response.calls.is_empty() {
            return Ok(response.text);
        }
        for call in response.calls {
            history.push(registry.dispatch(call).await.map_err(|_| ModelError)?);
        }
    }
}

#[sampling_step(model = MODEL, stop_reason = |response| response.stop)]
async fn ask(client: Client, history: &[String]) -> Result<Response, ModelError> {
    client.chat(history).await
}

fn main() -> Result<(), Box<dyn Error>> {
    shown::show(async {
        let (jobs, worker) = mpsc::unbounded_channel();
        let worker = tokio::spawn(work(worker));
        println!("{}\n", run(Client, &Registry { jobs }, "how warm is it in Bern and Oslo?").await?);
        worker.await.map_err(|_| ModelError)
    })
}
