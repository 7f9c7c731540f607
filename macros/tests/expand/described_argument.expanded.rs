async fn run_tool(call: ToolCall, tools: Arc<Tools>) -> ToolResult {
    {
        let call @ _ = call;
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
                    __span.__ss_call_id(&&call.id);
                }
            },
        );
        __span
            .__ss_run(
                async move {
                    if false {
                        return ::samplescope::__private::returns::<ToolResult>();
                    }
                    let _ = &tools;
                    let _ = &call;
                    {
                        tools.run(call).await
                    }
                },
                |__returned| {
                    __returned.__ss_success().__ss_outcome();
                    __returned.__ss_error().__ss_record();
                    __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
                },
            )
    }
        .await
}
