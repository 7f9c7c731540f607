//~ `capture` describes the request, before there is anything to look at
use samplescope::{sampling_loop, sampling_step};

#[sampling_loop(capture = |answer| answer.is_public)]
fn of_the_answer() {}

#[sampling_step(capture = ask()?)]
fn that_returns() -> Option<u8> {
    None
}

fn main() {}
