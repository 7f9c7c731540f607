async fn run_tool(tools: &Tools, call: &ToolCall) -> ToolResult {
    let __span = ::samplescope::__private::sampling_tool(
        &::samplescope::__private::Site {
            function: "run_tool",
            attributes: 2,
            capture: true,
        },
        |__span| {
            if __span.is_measured() {
                __span.name(&call.name);
            }
            if __span.is_recording() {
                __span.call_id(&call.id);
            }
            if __span.is_capturing() {
                __span.arguments(&call.arguments);
            }
        },
    );
    __span
        .run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<ToolResult>();
                }
                { tools.run(call).await }
            },
            |__returned| {
                __returned.success().result(|out| &out.text);
                __returned.success().failed(|out| out.is_error);
                __returned.success().outcome();
                __returned.error().record();
            },
        )
        .await
}
