//~ `&u32` is not a string, and the OpenTelemetry registry says that this attribute is a string
//~ `Turn` is not an attribute value
use samplescope::sampling_loop;

struct Turn;

#[sampling_loop(inherited("user.id" = turn))]
fn of_another_type(turn: u32) {
    assert!(turn > 0);
}

#[sampling_loop(inherited("app.turn" = turn))]
fn no_value(turn: Turn) {
    drop(turn);
}

fn main() {}
