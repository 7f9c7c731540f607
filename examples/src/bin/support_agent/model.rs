//! What stands for a provider and its client: it says what is written down.

use opentelemetry::Context;
use opentelemetry::global;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use samplescope::{FutureExt as _, TokenUsage};
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// A tool, and the id of its call.
pub(crate) struct Call(pub(crate) &'static str, pub(crate) &'static str);

pub(crate) struct Response {
    pub(crate) text: String,
    pub(crate) call: Option<Call>,
    pub(crate) usage: TokenUsage,
}

#[derive(Debug, samplescope::ErrorType)]
#[error_type("refused")]
pub(crate) struct Refused(pub(crate) u16);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with status {}", self.0)
    }
}

pub(crate) struct Model(VecDeque<Result<Response, Refused>>);

impl Model {
    pub(crate) fn scripted() -> Self {
        let asks = |id, name| Ok(Response { text: String::new(), call: Some(Call(name, id)), usage: TokenUsage::new(400, 20) });
        let says = |text: &str, usage| Ok(Response { text: text.to_owned(), call: None, usage });
        Model(VecDeque::from([
            Err(Refused(503)),
            asks("call_1", "research"),
            says("The parcel is in Bern.", TokenUsage::new(300, 40).with_cost(0.002)),
            asks("call_2", "refund"),
            says("A parcel, which is in Bern.", TokenUsage::new(90, 10)),
            says("It is in Bern. I cannot refund it.", TokenUsage::new(500, 30)),
        ]))
    }

    pub(crate) async fn next(&mut self) -> Result<Response, Refused> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.0.pop_front().unwrap_or(Err(Refused(410)))
    }
}

/// As a client that traces itself.
pub(crate) async fn in_a_span_of_its_own<T>(request: impl Future<Output = T>) -> T {
    let span = global::tracer("scripted client").start("POST /chat");
    request.with_context(Context::current_with_span(span)).await
}
