//! The macros in a crate of edition 2021: `Future` is not in its prelude.

use samplescope::{sampling_loop, sampling_step, sampling_tool, ErrorType};
use std::future::Future;
use std::pin::Pin;

/// An error.
#[derive(Debug, ErrorType)]
pub enum Refused {
    /// It has a label of its own.
    #[error_type("late")]
    Late,
}

/// Its body is a future's.
#[sampling_loop(agent = "weather", attributes("app.tenant" = tenant, "gen_ai.prompt.name" = "p"), answer = |text| text)]
pub async fn run(tenant: &str) -> Result<String, Refused> {
    let _ = (boxed(tenant).await, future(tenant).await);
    tool(tenant)
}

/// Its body is a future in a box.
#[sampling_step(model = name)]
pub fn boxed<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { name.len() })
}

/// It has code of its own before the future.
#[sampling_step(stop_reason = |_| "end_turn")]
pub fn future<'a>(name: &'a str) -> impl Future<Output = usize> + 'a {
    let length = name.len();
    async move { length + name.len() }
}

/// It is no future at all.
#[sampling_tool(failed = |text| text.is_empty())]
pub fn tool(name: &str) -> Result<String, Refused> {
    if name.is_empty() {
        return Err(Refused::Late);
    }
    Ok(name.to_owned())
}

macro_rules! generated {
    ($name:ident, $ty:ty, $body:block) => {
        /// A macro wrote it.
        #[sampling_tool]
        pub async fn $name() -> $ty $body
    };
}

generated!(three, u8, { 3 });

/// Its calls are statements.
#[sampling_loop(agent = "weather")]
pub async fn inline(names: &[&str]) -> Result<usize, Refused> {
    let mut sum = 0;
    for name in names {
        #[sampling_step(model = *name)]
        let length = boxed(name).await;
        #[sampling_tool(failed = |text| text.is_empty())]
        let text = tool(name)?;
        sum += length + text.len();
    }
    #[sampling_tool]
    future(names[0]).await;
    Ok(sum)
}
