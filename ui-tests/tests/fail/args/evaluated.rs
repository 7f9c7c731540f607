//~ `panic!` has no value: write one, or leave the argument out
//~ `todo!` has no value
//~ `return` cannot stand here: an argument is evaluated for the span, and only if somebody listens
//~ `?` cannot stand here
//~ Write `.ok()`, whose `None` is left out
//~ `.await` cannot stand here
//~ `break` cannot stand here
//~ `continue` cannot stand here
use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_tool(name = panic!(), call_id = (todo!("later")), description = return)]
async fn run_tool() -> Option<u8> {
    None
}

#[sampling_step(model = name.parse::<u8>()?, seed = seed().await, attributes("app.tenant" = if name.is_empty() { return None } else { 1 }))]
async fn ask(name: &str) -> Option<u8> {
    None
}

async fn seed() -> u8 {
    1
}

#[sampling_loop(agent = 'a: { break 'b }, max_tokens = { break; 1 }, temperature = { continue; 1 })]
async fn run() {}

// What stays inside is fine.
#[sampling_loop(
    max_tokens = loop { break 3 },
    tool_count = 'a: { if true { break 'a 1 } 2 },
    model = (|| Some(name.chars().next()?.to_string()))(),
    agent = { fn first(name: &str) -> &str { return name } first(name) },
    temperature = { let mut sum = 0; for one in 0..3 { if one == 1 { continue } sum += one } sum },
    conversation_id = { let _ = async { seed().await }; "id" },
)]
async fn fine(name: &str) {}

fn main() {}
