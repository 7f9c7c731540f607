//~ `#[sampling_tool]` goes directly before the call in a match arm
use samplescope::sampling_statements;

fn ask(number: u8) -> Option<u8> {
    Some(number)
}

#[sampling_statements]
fn run() -> Option<u8> {
    match ask(1) {
        #[samplescope::sampling_tool]
        Some(number) => ask(number),
        #[samplescope::sampling_tool]
        None => ask(3),
    }
}

fn main() {
    run();
}
