//~ unknown argument `token_usage`, did you mean `usage`?
//~ unknown argument `finish_reason`, did you mean `stop_reason`?
//~ unknown argument `args`, did you mean `arguments`?
//~ unknown argument `input`, did you mean `arguments`?
//~ unknown argument `input`, did you mean `messages`?
//~ unknown argument `output`, did you mean `result`?
//~ unknown argument `output`, did you mean `answer`?
//~ unknown argument `output`, did you mean `message`?
//~ unknown argument `skip`: nothing is recorded that is not named
//~ unknown argument `err`: an `Err` is recorded by itself
//~ unknown argument `ret`: what comes back is recorded where it is named: `result = |output| output`
//~ unknown argument `fields`: attributes of your own are written `attributes("app.tenant" = tenant.id)`
//~ unknown argument `system`: `system_prompt` takes the instructions, `provider` says whose model it is
use samplescope::{sampling_loop, sampling_step, sampling_tool};

#[sampling_step(token_usage = |it| it.usage, finish_reason = |it| it.stop, input = question, output = |it| it.text, system = "x")]
fn step(question: &str) {}

#[sampling_tool(args = call, input = call, output = |it| it, ret, err, skip(call), fields(app.tenant = call))]
fn tool(call: &str) {}

#[sampling_loop(output = |it| it, token_usage = |it| it.usage)]
fn run() {}

fn main() {}
