//~ name
use samplescope::sampling_step;

#[sampling_step(response_model = |_| name.clone())]
async fn ask(name: String) -> usize {
    name.len()
}

fn main() {}
