//~ `error_attributes` reads the error, when there is one: write a closure, `"http.response.status_code" = |error| …`
//~ `error_attributes` takes a closure over one thing, a reference to the error: write `"http.response.status_code" = |error| error.status()`
//~ `app.request` is given twice: remove one of the two
//~ `app.code` is given twice: remove one of the two
//~ `error.type` is what a macro sets: write the argument `error_type = |error| error.kind()`
//~ `http.request.resend_count` is what a macro sets: write the argument `attempt = 512`
//~ `error_attributes` needs a value: write `error_attributes("http.response.status_code" = |error| error.status())`
//~ a stream and its items may have errors of different types: say it where the error is, `samplescope::current_step().set(key, value)`
//~ `attempt` belongs on `#[sampling_step]`, not on `#[sampling_loop]`: what is sent again is one model call, which is a step
//~ `attempt` takes an integer: write `attempt = 512`
use samplescope::{sampling_loop, sampling_step};

#[sampling_step(error_attributes("http.response.status_code" = 503, "app.code" = |error, code| code))]
fn no_closure() -> Result<(), u8> {
    Ok(())
}

#[sampling_step(attributes("app.request" = "a"), error_attributes("app.request" = |_| "b", "app.code" = |_| 1, "app.code" = |_| 2))]
fn twice() -> Result<(), u8> {
    Ok(())
}

#[sampling_step(error_attributes("error.type" = |_| "a", "http.request.resend_count" = |_| 1))]
fn set_by_us() -> Result<(), u8> {
    Ok(())
}

#[sampling_step(error_attributes)]
fn missing() {}

#[sampling_step(stream, error_attributes("app.code" = |_| 1))]
fn stream() {}

#[sampling_loop(attempt = 1)]
fn on_a_loop() {}

#[sampling_step(attempt = "second")]
fn no_integer() {}

fn main() {}
