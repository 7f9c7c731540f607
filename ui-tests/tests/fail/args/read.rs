//~ `&Box<dyn ChatResponse>` cannot be read: it does not implement `serde::Serialize`
//~ say what it says yourself instead: `usage = …`, `stop_reason = …`, `message = …`, or implement `samplescope::SamplingResponse` for its type
//~ tokens are reported unless `tokens = false` says that somebody else does: leave it out
//! What is read has to serialise.

use samplescope::{Chunk, sampling_loop, sampling_step};

trait ChatResponse {}

#[sampling_step(response = |response| response)]
async fn boxed() -> Box<dyn ChatResponse> {
    unimplemented!()
}

struct Request;

#[sampling_loop(request = request)]
async fn requested(request: &Request) {}

struct Event;

#[sampling_step(stream, chunk = |event| Chunk::read(event))]
fn stream() -> impl futures::Stream<Item = Event> {
    futures::stream::empty()
}

struct History;

#[sampling_step(messages = history, message = |history| history)]
async fn neither(history: History) -> History {
    history
}

#[sampling_step(tokens = true)]
async fn tokens() {}

fn main() {}
