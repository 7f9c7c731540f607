//~ `gen_ai.request.top_p` is what a macro sets: write `top_p = 0.7` on `#[sampling_step]`
//~ `gen_ai.agent.name` is what a macro sets: write the argument `agent = request.agent`
//~ `samplescope.agent.parent` is what a macro sets: leave it out, `#[sampling_loop]` sets it by itself
//~ `user.id` takes a string, says the OpenTelemetry registry
//~ `gen_ai.new.key` is not in the OpenTelemetry registry
//~ whoever knows better writes `unchecked("gen_ai.new.key" = …)` on each call
//~ what is inherited is said before the steps are there: write a value, or `attributes("app.answer" = |success| …)`, which is on the loop alone
//~ `user.id` is given twice: remove one of the two
//~ `inherited` needs a value: write `inherited("user.id" = user.id)`
//~ `inherited` takes a list in parentheses: write `inherited("user.id" = user.id)`
//~ `inherited` belongs on `#[sampling_loop]`, not on `#[sampling_step]`: steps and tools inherit it from their loop
use samplescope::{sampling_loop, sampling_step};

#[sampling_loop(inherited("gen_ai.request.top_p" = 0.5, "gen_ai.agent.name" = "a", "samplescope.agent.parent" = "a"))]
fn keys_that_calls_set() {}

#[sampling_loop(inherited("user.id" = 1, "gen_ai.new.key" = "v"))]
fn not_in_the_registry() {}

#[sampling_loop(inherited("app.answer" = |answer| answer.len()))]
fn of_the_answer() -> String {
    String::new()
}

#[sampling_loop(inherited("user.id" = "a"), attributes("user.id" = "c"))]
fn twice() {}

#[sampling_loop(inherited)]
fn missing() {}

#[sampling_loop(inherited = "user.id")]
fn no_list() {}

#[sampling_step(inherited("user.id" = "a"))]
fn on_a_step() {}

fn main() {}
