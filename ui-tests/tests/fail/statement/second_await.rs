//~ a second `.await` within the call
//~ give what it waits for a name before
use samplescope::sampling_statements;

async fn ask(number: u8) -> u8 {
    number
}

#[sampling_statements]
async fn run() -> u8 {
    #[samplescope::sampling_step]
    let response = ask(ask(1).await).await;
    #[samplescope::sampling_tool]
    let sum = usize::from(response.max(ask(2).await));
    #[samplescope::sampling_tool]
    let all = ask(tokio::join!(ask(1)).0).await;
    response + all + u8::try_from(sum).unwrap_or(0)
}

fn main() {
    drop(run());
}
