//~ `capture = true` cannot be: only the person who runs the program turns content on
//~ write `capture = false`
use samplescope::sampling_loop;

#[sampling_loop(capture = true)]
fn on() {}

#[sampling_loop(capture = "no")]
fn neither() {}

fn main() {}
