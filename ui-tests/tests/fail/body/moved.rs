//~ use of moved value
//~ value used here after move
use samplescope::sampling_step;

#[sampling_step(model = name)]
async fn ask(name: String) -> usize {
    let a = name;
    let b = name;
    a.len() + b.len()
}

fn main() {}
