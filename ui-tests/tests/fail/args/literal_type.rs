//~ `max_tokens` takes an integer: write `max_tokens = 512`
//~ `temperature` takes a number: write `temperature = 0.7`
//~ `agent` takes a string
//~ `tool_count` takes an integer
use samplescope::sampling_loop;

#[sampling_loop(max_tokens = "512", temperature = "hot", agent = 3, tool_count = 1.5, model = true, messages = 7)]
fn run() {}

fn main() {}
