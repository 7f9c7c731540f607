//! Together with attributes that rewrite a function themselves: rmcp's `#[tool]`, tokio's `main` and `test`, on either side.

use opentelemetry::trace::Status;
use rmcp::model::CallToolRequestParams;
use rmcp::{ServerHandler, ServiceExt as _, tool, tool_handler, tool_router};
use samplescope::{sampling_loop, sampling_tool};
use samplescope_tests::Telemetry;

#[derive(Clone)]
struct Server;

#[tool_router]
impl Server {
    #[tool(description = "Ours below.")]
    #[sampling_tool(description = "Ours below.")]
    async fn below(&self) -> String {
        tokio::task::yield_now().await;
        "below".to_owned()
    }

    #[sampling_tool]
    #[tool(description = "Ours above.")]
    async fn above(&self) -> Result<String, String> {
        tokio::task::yield_now().await;
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
    let spans: Vec<_> = telemetry.spans().iter().map(|span| (span.name().to_owned(), span.status())).collect();
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
    tokio::task::yield_now().await;
    1
}

#[tokio::main(flavor = "current_thread")]
#[sampling_loop]
async fn below() -> u8 {
    tokio::task::yield_now().await;
    2
}

#[test]
fn a_main_function_of_tokio_s_is_one_span_on_either_side() {
    let telemetry = Telemetry::on();
    assert_eq!(above() + below(), 3);
    assert_eq!(telemetry.named("sampling/createMessage").len(), 2);
    assert!(telemetry.spans().iter().all(|span| span.status() == Status::Unset));
}
