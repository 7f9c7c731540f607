//~ `chunk` reads the items of a stream: write `stream, chunk = …` on a function that returns one
//~ a stream has no success value for `failed`: an item says it, `stream, chunk = |item| Chunk::new().failed(error_type, description)`
//~ for any other stream, open the call in the function and hand the stream on: `samplescope::start_step(|step| …).stream(stream, |item| Chunk::new()…)`
//! Streams: what is said of their items, and what is no stream that can be seen.

use samplescope::{Chunk, sampling_loop, sampling_step, sampling_tool};
use std::pin::Pin;
use std::task::{Context, Poll};

struct Receiver(u8);

impl futures::Stream for Receiver {
    type Item = u8;
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(self.0))
    }
}

#[sampling_step(stream, chunk = |_| Chunk::new())]
fn named() -> Receiver {
    Receiver(1)
}

#[sampling_step(stream)]
async fn nothing() -> Result<u8, u8> {
    Ok(1)
}

#[sampling_step(chunk = |item| Chunk::new().text(item))]
fn unsaid() -> impl futures::Stream<Item = String> {
    futures::stream::empty()
}

#[sampling_step(stop_reason = |response| &response.stop)]
async fn opaque() -> Result<impl futures::Stream<Item = u8>, u8> {
    Ok(futures::stream::empty())
}

#[sampling_tool(stream, failed = |output| output.is_error, result = |output| output, error_type = |_| "e")]
fn with_responses() -> Pin<Box<dyn futures::Stream<Item = u8>>> {
    Box::pin(futures::stream::empty())
}

#[sampling_loop(stream, chunk = |item| item)]
fn no_chunk() -> Pin<Box<dyn futures::Stream<Item = u8>>> {
    Box::pin(futures::stream::empty())
}

#[sampling_step(stream, chunk = |item| Chunk::new().text(item))]
fn no_text() -> Pin<Box<dyn futures::Stream<Item = u8>>> {
    Box::pin(futures::stream::empty())
}

fn main() {}
