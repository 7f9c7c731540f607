//~ `cfg_attr` cannot put `#[sampling_step]` on a statement
use samplescope::sampling_statements;

async fn ask() -> u8 {
    1
}

#[sampling_statements]
async fn run() -> u8 {
    #[cfg_attr(not(feature = "quiet"), samplescope::sampling_step)]
    let response = ask().await;
    response
}

fn main() {
    drop(run());
}
