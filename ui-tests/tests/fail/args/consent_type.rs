//~ `str` is not a bool
use samplescope::sampling_tool;

#[sampling_tool(capture = consent)]
fn no_flag(consent: &str) {
    assert!(!consent.is_empty());
}

fn main() {}
