//! Together with attributes that rewrite a function themselves: rmcp's `#[tool]`, tokio's `main` and `test`, on either side.

use opentelemetry::trace::Status;
use rmcp::model::CallToolRequestParams;
use rmcp::{ServerHandler, ServiceExt as _, tool, tool_handler, tool_router};
use samplescope::{sampling_loop, sampling_tool};
use samplescope_tests::Telemetry;
use std::pin::Pin;
use tokio::task::yield_now;
use tracing::instrument::WithSubscriber as _;

#[derive(Clone)]
struct Server;

#[tool_router]
impl Server {
    #[tool(description = "Ours below.")]
    #[sampling_tool(description = "Ours below.")]
    async fn below(&self) -> String {
        yield_now().await;
        "below".to_owned()
    }

    #[sampling_tool]
    #[tool(description = "Ours above.")]
    async fn above(&self) -> Result<String, String> {
        yield_now().await;
        Err("above".to_owned())
    }
}

#[tool_handler]
impl ServerHandler for Server {}

#[tokio::test]
async fn an_mcp_tool_that_is_called_by_a_client_is_one_span() {
    let telemetry = Telemetry::on();
    let (near, far) = tokio::io::duplex(4_096);
    let server = tokio::spawn(async move { Server.serve(far).await.map(rmcp::service::RunningService::waiting) });
    let client = ().serve(near).await.expect("a client");
    for name in ["below", "above"] {
        client.call_tool(CallToolRequestParams::new(name)).await.expect("the tool answers");
    }
    client.cancel().await.expect("the client ends");
    drop(server.await);
    let spans: Vec<_> = telemetry.spans(2).iter().map(|span| (span.name().to_owned(), span.status())).collect();
    assert_eq!(
        spans,
        [
            ("sampling.execute_tool below".to_owned(), Status::Unset),
            ("sampling.execute_tool above".to_owned(), Status::error("above")),
        ]
    );
}

#[sampling_loop]
#[tokio::main(flavor = "current_thread")]
async fn above() -> u8 {
    yield_now().await;
    1
}

#[tokio::main(flavor = "current_thread")]
#[sampling_loop]
async fn below() -> u8 {
    yield_now().await;
    2
}

#[test]
fn a_main_function_of_tokio_s_is_one_span_on_either_side() {
    let telemetry = Telemetry::on();
    assert_eq!(above() + below(), 3);
    assert_eq!(telemetry.named("sampling/createMessage").len(), 2);
    assert!(telemetry.spans(2).iter().all(|span| span.status() == Status::Unset));
}

mod a_future_that_tracing_follows {
    use super::*;

    type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    /// Which span of `tracing`'s the body is in, before and after it was suspended.
    async fn around() -> [Option<&'static str>; 2] {
        let name = || tracing::Span::current().metadata().map(tracing::Metadata::name);
        let before = name();
        yield_now().await;
        [before, name()]
    }

    #[tracing::instrument]
    fn bare(words: &str) -> Pin<Box<dyn Future<Output = [Option<&'static str>; 2]> + Send + '_>> {
        assert!(!words.is_empty());
        Box::pin(async move { around().await })
    }

    #[sampling_tool]
    #[tracing::instrument]
    fn boxed(words: &str) -> Pin<Box<dyn Future<Output = [Option<&'static str>; 2]> + Send + '_>> {
        assert!(!words.is_empty());
        Box::pin(async move { around().await })
    }

    #[sampling_tool]
    #[tracing::instrument]
    fn opaque(words: &str) -> impl Future<Output = [Option<&'static str>; 2]> + Send {
        assert!(!words.is_empty());
        async move { around().await }
    }

    #[sampling_tool]
    #[tracing::instrument(name = "boxed", skip(words))]
    fn by_value(words: String) -> Pin<Box<dyn Future<Output = [Option<&'static str>; 2]> + Send>> {
        assert!(!words.is_empty());
        Box::pin(async move {
            assert!(!words.is_empty());
            around().await
        })
    }

    /// `tracing` records the argument when the future is polled, and the call has it by then.
    #[sampling_tool]
    #[tracing::instrument]
    fn recorded(words: String) -> Pin<Box<dyn Future<Output = [Option<&'static str>; 2]> + Send>> {
        assert!(!words.is_empty());
        Box::pin(async move { around().await })
    }

    #[sampling_tool]
    #[tracing::instrument(skip_all)]
    fn failing() -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send>> {
        let text = "failed".to_owned();
        Box::pin(async move { Err(text) })
    }

    #[sampling_tool]
    #[tracing::instrument(skip_all)]
    fn alias<'a>(words: &'a str) -> Fut<'a, usize> {
        let length = words.len();
        Box::pin(async move { length })
    }

    /// `tracing` takes no future for its own that is not made in the last expression, nor does it then hold the arguments.
    #[sampling_tool]
    #[tracing::instrument]
    fn by_another(words: &str) -> Pin<Box<dyn Future<Output = [Option<&'static str>; 2]> + Send>> {
        assert!(!words.is_empty());
        Box::pin(around())
    }

    #[tokio::test]
    async fn is_in_its_span_with_ours_and_without() {
        let telemetry = Telemetry::on();
        let all = async {
            let name = |name: &'static str| [Some(name); 2];
            assert_eq!(bare("a").await, name("bare"));
            assert_eq!(boxed("a").await, name("boxed"));
            assert_eq!(opaque("a").await, name("opaque"));
            assert_eq!(by_value("a".to_owned()).await, name("boxed"));
            assert_eq!(recorded("a".to_owned()).await, [None; 2]);
            assert_eq!(failing().await, Err("failed".to_owned()));
            assert_eq!(alias("a").await, 1);
            assert_eq!(by_another("a").await, [None; 2]);
            drop(boxed("a"));
        };
        all.with_subscriber(tracing_subscriber::registry()).await;
        let spans: Vec<_> = telemetry.spans(8).iter().map(|span| (span.name().to_owned(), span.status())).collect();
        let tool = |name: &str, status| (format!("sampling.execute_tool {name}"), status);
        assert_eq!(
            spans,
            [
                tool("boxed", Status::Unset),
                tool("opaque", Status::Unset),
                tool("by_value", Status::Unset),
                tool("recorded", Status::Unset),
                tool("failing", Status::error("failed")),
                tool("alias", Status::Unset),
                tool("by_another", Status::Unset),
                tool("boxed", Status::error("cancelled")),
            ]
        );
    }
}
