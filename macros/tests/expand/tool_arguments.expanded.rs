async fn run_tool(tools: &Tools, call: &ToolCall) -> ToolResult {
    let __span = ::samplescope::__private::sampling_tool(
        &::samplescope::__private::Site {
            function: "run_tool",
            attributes: 2,
            capture: true,
        },
        |__span| {
            if __span.__ss_is_measured() {
                __span.__ss_name(&call.name);
            }
            if __span.__ss_is_recording() {
                __span.__ss_call_id(&call.id);
            }
            if __span.__ss_is_capturing() {
                __span.__ss_arguments(&call.arguments);
            }
        },
    );
    __span
        .__ss_run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<ToolResult>();
                }
                {
                    tools.run(call).await
                }
            },
            |__returned| {
                __returned.__ss_success().__ss_failed(|out| &out.is_error).__ss_said();
                __returned.__ss_success().__ss_result(|out| &out.text);
                __returned.__ss_success().__ss_outcome();
                __returned.__ss_error().__ss_record();
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
}
