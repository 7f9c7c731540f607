//~ `result_type_name` says in a string what `result_type` says as a type: remove one of the two
use samplescope::sampling_loop;

#[sampling_loop(result_type = String, result_type_name = "str")]
fn run() -> String {
    String::new()
}

fn main() {}
