//~ mismatched types
//~ expected `Result<String, u8>`, found integer
use samplescope::sampling_step;

#[sampling_step]
fn ask(early: bool) -> Result<String, u8> {
    if early {
        return 3;
    }
    4
}

fn main() {}
