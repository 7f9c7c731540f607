//~ unknown argument `modle`
use samplescope::{sampling_loop, sampling_step};

#[sampling_step(modle = "a")]
async fn ask(question: &str) -> Result<usize, String> {
    Ok(question.len())
}

#[sampling_loop(agent = 3)]
fn run() -> usize {
    4
}

// All that is wrong is said above: what calls the functions is checked, and is right.
fn main() {
    let asked = ask("why");
    drop(async { asked.await.map(|length: usize| length + 1) });
    let _: usize = run();
}
