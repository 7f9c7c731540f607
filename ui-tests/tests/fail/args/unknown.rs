//~ unknown argument `modle`, did you mean `model`?
//~ of the request: provider, model,
//~ unknown argument `wibble`
//~ of the request: name, call_id
use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_step(modle = "a")]
fn near() {}

#[sampling_tool(wibble = "a")]
fn far() {}

#[sampling_loop(usages = |it| it)]
fn near_one_of_another() {}

fn main() {}
