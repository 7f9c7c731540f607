#[sampling_tool(
    name = call.name,
    call_id = call.id,
    arguments = call.arguments,
    result = |out| &out.text,
    failed = |out| out.is_error,
)]
async fn run_tool(tools: &Tools, call: &ToolCall) -> ToolResult {
    tools.run(call).await
}
