//~ expected an argument, as in `#[sampling_step(
//~ expected `,` between arguments
//~ expected an attribute's key as a string
//~ `attributes` takes a list in parentheses
//~ write `model = request.model`
use samplescope::sampling_step;

#[sampling_step("gpt")]
fn no_key() {}

#[sampling_step(model = "a" provider = "b")]
fn no_comma() {}

#[sampling_step(attributes(tenant = 3))]
fn no_string() {}

#[sampling_step(attributes = 3)]
fn no_list() {}

#[sampling_step(model("a"))]
fn a_list() {}

fn main() {}
