//~ cannot stand on a `const fn`
//~ remove `const`
use samplescope::sampling_tool;

#[sampling_tool]
const fn look() -> u8 {
    3
}

const LOOKED: u8 = look();

fn main() {
    let _ = LOOKED;
}
