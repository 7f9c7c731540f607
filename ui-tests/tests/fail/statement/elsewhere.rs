//~ `#[sampling_step]` stands on a statement only within a function that has an attribute of ours
//~ put `#[sampling_statements]` on the function
use samplescope::sampling_step;

async fn ask() -> u8 {
    1
}

async fn run() -> u8 {
    #[sampling_step]
    let response = ask().await;
    response
}

fn main() {
    drop(run());
}
