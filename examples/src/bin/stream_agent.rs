//! An agent that hands its user a stream: what the model says, as it says it, while tools run in between. The loop lasts as long as the stream.

use async_stream::try_stream;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use samplescope::{Chunk, TokenUsage, sampling_loop, sampling_step, sampling_tool};
use samplescope_examples::client::{Call, Client, Event, MODEL, ModelError, weather};
use samplescope_examples::shown;
use std::error::Error;

#[sampling_loop(agent = "weather", stream, chunk = |text| Chunk::new().text(text))]
fn reply(client: Client, question: &str) -> impl Stream<Item = Result<String, ModelError>> {
    try_stream! {
        let mut history = vec![question.to_owned()];
        loop {
            let mut calls = Vec::new();
            let mut events = ask(client, &history).await?;
            while let Some(event) = events.try_next().await? {
                match event {
                    Event::Text(text) => yield text,
                    Event::Call(call) => calls.push(call),
                    // The terminal event: what is behind it is of no interest, and the stream is dropped.
                    Event::Stopped(..) => break,
                }
            }
            if calls.is_empty() {
                break;
            }
            for call in calls {
                history.push(run_tool(&call).await);
            }
        }
    }
}

#[sampling_step(model = MODEL, stream, chunk = |event| chunk(event))]
async fn ask(client: Client, history: &[String]) -> Result<BoxStream<'static, Result<Event, ModelError>>, ModelError> {
    client.stream(history).await
}

/// What an event says.
fn chunk(event: &Event) -> Chunk<'_> {
    match event {
        Event::Text(text) => Chunk::new().text(text),
        Event::Call(call) => Chunk::new().tool_call(None::<u8>, &call.id, &call.name, None::<&str>),
        Event::Stopped(why, [input, output]) => Chunk::new().stop_reason(why).usage(TokenUsage::new(input, output)),
    }
}

#[sampling_tool(name = call.name, call_id = call.id)]
async fn run_tool(call: &Call) -> String {
    weather(&call.city).await
}

fn main() -> Result<(), Box<dyn Error>> {
    shown::show(async {
        let mut texts = Box::pin(reply(Client, "how warm is it in Bern and Oslo?"));
        while let Some(text) = texts.next().await {
            print!("{}", text?);
        }
        println!("\n");
        Ok::<_, ModelError>(())
    })
}
