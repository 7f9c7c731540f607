//~ this is a future, of which only the making would be in the span
//~ write `.await` behind it
use samplescope::sampling_loop;

async fn ask() -> u8 {
    1
}

#[sampling_loop]
async fn run() -> u8 {
    #[samplescope::sampling_step]
    let response = ask();
    let (there,) = tokio::join!(#[samplescope::sampling_step] ask());
    response.await + there
}

fn main() {
    drop(run());
}
