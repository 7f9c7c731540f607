//~ `#[sampling_tool]` goes on a function: the `fn` or `async fn` that runs the tool
//~ `#[sampling_loop]` goes on a function
//~ `#[sampling_step]` goes on a function: the `fn` or `async fn` that asks the model once
use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_tool]
struct Tool;

#[sampling_loop]
impl Tool {
    fn run(&self) {}
}

#[sampling_step]
mod steps {}

#[sampling_step]
trait Ask {
    fn ask(&self);
}

fn main() {
    Tool.run();
}
