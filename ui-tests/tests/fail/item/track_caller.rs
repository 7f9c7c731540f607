//~ `#[track_caller]` would say a place in samplescope
//~ Put `#[track_caller]` on a function that calls this one, and hand it `std::panic::Location::caller()`
use samplescope::{sampling_step, sampling_tool};

#[sampling_tool]
#[track_caller]
fn run_tool() -> u32 {
    std::panic::Location::caller().line()
}

#[sampling_step]
#[track_caller]
fn ask() -> impl Future<Output = ()> {
    let line = std::panic::Location::caller().line();
    async move { drop(line) }
}

fn main() {}
