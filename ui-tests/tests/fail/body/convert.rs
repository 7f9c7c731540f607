//~ `?` couldn't convert the error to `String`
use samplescope::sampling_step;

async fn send() -> Result<String, u8> {
    Ok(String::new())
}

#[sampling_step]
async fn ask() -> Result<String, String> {
    let text = send().await?;
    Ok(text)
}

fn main() {}
