//~ `parent` needs a value: write `parent = job.context`
//~ expected an `opentelemetry::Context`
//! Where a call stands, and whether it goes on.

use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_loop(parent = 3)]
async fn number() {}

#[sampling_tool(link = |response| response)]
async fn closure() {}

#[sampling_step(recursive)]
async fn step() {}

#[sampling_loop(recursive = true)]
async fn value() {}

#[sampling_loop(parent)]
async fn missing() {}

fn main() {}
