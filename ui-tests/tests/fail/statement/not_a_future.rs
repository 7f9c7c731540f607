//~ `u8` is not a future
//~ `Model` is not a string
//~ no field `stopped` on type `&u8`
use samplescope::sampling_statements;

struct Model;

fn ask() -> u8 {
    1
}

#[sampling_statements]
async fn run(model: Model) -> u8 {
    #[samplescope::sampling_step]
    let first = ask().await;
    #[samplescope::sampling_step(model = model)]
    let second = ask();
    #[samplescope::sampling_step(stop_reason = |r| &r.stopped)]
    let third = ask();
    first + second + third
}

fn main() {
    drop(run(Model));
}
