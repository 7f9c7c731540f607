//~ unknown argument `modle`
//~ `agent` belongs on
//~ `max_tokens` takes an integer
//~ cannot stand on a `const fn`
use samplescope::sampling_step;

#[sampling_step(modle = "a", agent = "b", max_tokens = "many", usage = 3)]
const fn run() {}

fn main() {}
