//~ mismatched types
//~ expected `Result<String, u8>`, found integer
use samplescope::sampling_step;

#[sampling_step(stop_reason = |text| text)]
async fn ask(early: bool) -> Result<String, u8> {
    if early {
        return 3;
    }
    Ok(String::new())
}

fn main() {}
