//~ Read it in the body, and say it there: `samplescope::current_step().set(…)`
//~ the body has `history` to itself
//! A closure over what came back cannot use what the body has to itself.

use samplescope::{sampling_step, sampling_tool};

#[sampling_step(stop_reason = |_| history.last(), attributes("app.turns" = |_| history.len()))]
async fn ask(history: &mut Vec<String>) {
    history.push(String::new());
}

#[sampling_tool(failed = |found| found.is_none() && log.is_empty())]
fn find(log: &mut String) -> Option<u8> {
    log.push('a');
    None
}

/// The closure's own name, and one that the body does not use.
#[sampling_step(response_id = |history| history.clone(), response_model = |_| unused.clone())]
async fn free(history: &mut Vec<String>, unused: &mut String) -> String {
    history.pop().unwrap_or_default()
}

fn main() {}
