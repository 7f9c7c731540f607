//! The host: its model answers what servers sample. It is scripted, so that every run is the same.

use rmcp::model::{
    ClientCapabilities, ClientInfo, CreateMessageRequestParams, CreateMessageResult, Implementation, ProtocolVersion, Role,
    SamplingMessage, SamplingMessageContentBlock,
};
use rmcp::service::RequestContext;
use rmcp::{ClientHandler, ErrorData, RoleClient};
use samplescope::{TokenUsage, sampling_step};
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Host;

impl ClientHandler for Host {
    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        Ok(model(&params).await)
    }

    fn get_info(&self) -> ClientInfo {
        let capabilities = ClientCapabilities::builder().enable_sampling().enable_sampling_tools().build();
        let mut info = ClientInfo::new(capabilities, Implementation::new("samplescope-mcp-client", env!("CARGO_PKG_VERSION")));
        info.protocol_version = ProtocolVersion::V_2025_11_25;
        info
    }
}

/// Asks for two tools at once if it was offered any, then answers.
#[sampling_step(
    provider = "scripted",
    model = "scripted-1",
    stop_reason = |answer| answer.stop_reason.as_deref(),
    response_model = |answer| &answer.model,
    usage = |_| TokenUsage::new(512, 40),
)]
async fn model(params: &CreateMessageRequestParams) -> CreateMessageResult {
    tokio::time::sleep(Duration::from_millis(20)).await;
    let called = params
        .messages
        .iter()
        .any(|message| message.content.clone().into_vec().iter().any(|block| block.as_tool_result().is_some()));
    if called || params.tools.as_ref().is_none_or(Vec::is_empty) {
        let answer = SamplingMessage::assistant_text("Leave at 8:20: the flight is on time.");
        return CreateMessageResult::new(answer, "scripted-1".to_owned()).with_stop_reason("endTurn");
    }
    let call = |id: &str, name: &str, arguments: Value| {
        SamplingMessageContentBlock::tool_use(id, name, arguments.as_object().cloned().unwrap_or_default())
    };
    let calls = vec![
        call("call_1", "flight_status", json!({ "flight": "TP 1351" })),
        call("call_2", "travel_time", json!({ "to": "the airport" })),
    ];
    CreateMessageResult::new(SamplingMessage::new_multiple(Role::Assistant, calls), "scripted-1".to_owned())
        .with_stop_reason("toolUse")
}
