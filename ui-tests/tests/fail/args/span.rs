//~ `span` takes the word `current`, for the span that is open where the call begins: write `span = current`
//~ `span` needs a value: write `span = current`
//~ `span` belongs on `#[sampling_step]` or `#[sampling_tool]`, not on `#[sampling_loop]`: a client opens spans
//~ `started` says when a span begins, and `span = current` begins none: remove one of the two
use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_step(span = tracing::Span::current())]
fn of_tracing() {}

#[sampling_tool(span = "current")]
fn text() {}

#[sampling_tool(span)]
fn missing() {}

#[sampling_loop(span = current)]
fn a_loop() {}

#[sampling_step(span = current, started = std::time::UNIX_EPOCH)]
fn began() {}

fn main() {}
