//~ expected `Result<String, u8>`, found integer
use samplescope::sampling_step;

use std::pin::Pin;

#[sampling_step]
fn ask() -> Pin<Box<dyn Future<Output = Result<String, u8>> + Send>> {
    Box::pin(async move { 3 })
}

fn main() {}
