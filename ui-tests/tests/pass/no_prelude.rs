//! Nothing of the prelude is needed, and nothing that stands in its place is used.
#![no_implicit_prelude]
#![allow(dead_code)]

use ::samplescope::{ErrorType, sampling_loop, sampling_step, sampling_tool};

mod core {}
mod std {}
mod samplescope {}

struct Result;
struct Option;
struct Some;
struct None;
struct Ok;
struct Err;
struct Future;
struct Box;
struct Cow;
struct String;
trait Fn {}
trait FnOnce {}
trait Deref {}
trait Into {}
trait Send {}
trait Sized {}

type Answer<E> = ::core::result::Result<u8, E>;

#[derive(ErrorType)]
enum Refused {
    Late,
    #[error_type("limit")]
    Limit { after: u8 },
    #[error_type(transparent)]
    Inner(Other),
}

#[derive(ErrorType)]
struct Other;

#[sampling_loop(
    agent = "weather",
    temperature = 0.5,
    result_type = Result,
    answer = |_| "text",
    error_type = |_| "refused",
    attributes("app.tenant" = "acme", "gen_ai.prompt.name" = "p", "gen_ai.conversation.compacted" = |_| true),
)]
async fn run(__span: u8, __returned: u8) -> Answer<Refused> {
    let _ = step(__span + __returned).await;
    let _ = future().await;
    let _ = plain();
    boxed().await
}

#[sampling_step(max_tokens = __span, stop_reason = |__returned| { let _ = __returned; "end" })]
async fn step(__span: u8) -> Result {
    let _ = tool().await;
    Result
}

#[sampling_tool]
async fn tool() {}

#[sampling_step]
fn future() -> impl ::core::future::Future<Output = Result> {
    let result = Result;
    async move { result }
}

#[sampling_step]
fn plain() -> Option {
    Option
}

#[sampling_step(model = "m")]
fn boxed() -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = Answer<Refused>>>> {
    ::std::boxed::Box::pin(async move { Answer::Err(Refused::Late) })
}

#[::samplescope::sampling_statements]
async fn statements(__span: u8, __called: u8) -> Answer<Refused> {
    #[sampling_step(max_tokens = __span, stop_reason = |__returned| { let _ = __returned; "end" })]
    let _ = step(__called).await;
    #[sampling_tool]
    plain();
    #[sampling_tool]
    boxed().await
}

fn main() {
    let _ = run(1, 2);
}
