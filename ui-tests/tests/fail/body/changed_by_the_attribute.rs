//~ as it is a captured variable in a `Fn` closure
use samplescope::sampling_step;

#[sampling_step(max_tokens = { count += 1; count })]
async fn ask(mut count: u32) -> u32 {
    count += 1;
    count
}

#[sampling_step(max_tokens = words.pop().map(|word| word.len()))]
async fn pop(words: &mut Vec<String>) -> usize {
    words.len()
}

fn main() {}
