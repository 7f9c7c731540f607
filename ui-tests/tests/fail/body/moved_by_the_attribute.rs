//~ cannot move out of value, a captured variable in an `Fn` closure
use samplescope::sampling_step;

#[sampling_step(model = name.into_boxed_str())]
async fn ask(name: String) {}

fn main() {}
