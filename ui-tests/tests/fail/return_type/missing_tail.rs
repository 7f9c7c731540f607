//~ mismatched types
//~ expected `Result<String, u8>`, found `()`
use samplescope::sampling_step;

#[sampling_step]
async fn ask(early: bool) -> Result<String, u8> {
    if early {
        return Ok(String::new());
    }
    let _late = 1;
}

fn main() {}
