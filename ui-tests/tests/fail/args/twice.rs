//~ `provider` is given twice: remove one of the two
//~ `provider` is given here first
//~ `app.a` is given twice
//~ `app.a` is given here first
use samplescope::sampling_step;

#[sampling_step(provider = "a", model = "b", provider = "c")]
fn arguments() {}

#[sampling_step(attributes("app.a" = 1), unchecked("app.a" = 2))]
fn keys() {}

fn main() {}
