#[sampling_tool(name = call.name, call_id = &call.id)]
async fn run_tool(call: ToolCall, tools: Arc<Tools>) -> ToolResult {
    tools.run(call).await
}
