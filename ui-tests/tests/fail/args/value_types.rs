//~ is not an integer
//~ is not a `TokenUsage`
//~ is not a bool
//~ is not a number
use samplescope::sampling_step;

struct Step {
    text: String,
}

#[sampling_step(
    max_tokens = text,
    temperature = text,
    usage = |step| &step.text,
    failed = |step| step.text.len(),
)]
fn ask(text: String) -> Step {
    Step { text }
}

fn main() {}
