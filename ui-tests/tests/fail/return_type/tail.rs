//~ mismatched types
//~ expected `Result<String, u8>`, found integer
use samplescope::sampling_step;

#[sampling_step]
async fn ask() -> Result<String, u8> {
    3
}

fn main() {}
