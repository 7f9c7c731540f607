//~ mismatched types
//~ expected `String`, found `Result<String, u8>`
use samplescope::sampling_step;

async fn send() -> Result<String, u8> {
    Ok(String::new())
}

#[sampling_step]
async fn ask() -> Result<String, u8> {
    let text: String = send().await;
    Ok(text)
}

fn main() {}
