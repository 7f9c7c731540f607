//~ one call cannot be both `#[sampling_loop]` and `#[sampling_step]`
//~ `#[sampling_tool]` stands here twice
//~ `#[sampling_loop]` stands before this already
use samplescope::sampling_statements;

async fn ask() -> u8 {
    1
}

#[sampling_statements]
async fn run() -> u8 {
    #[samplescope::sampling_loop]
    #[samplescope::sampling_step]
    let first = ask().await;
    #[samplescope::sampling_tool]
    #[samplescope::sampling_tool(name = "ask")]
    let second = ask().await;
    #[samplescope::sampling_loop]
    let third = #[samplescope::sampling_step] ask().await;
    first + second + third
}

fn main() {
    drop(run());
}
