async fn ask(turn: usize) -> Result<Step, ModelError> {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 3,
            capture: true,
        },
        |__span| {
            __span.__ss_provider(&::samplescope::__private::Literal("anthropic"));
            __span.__ss_max_tokens(&512);
            if __span.__ss_is_recording() {
                __span.__ss_iteration(&turn);
            }
        },
    );
    __span
        .__ss_run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<
                        Result<Step, ModelError>,
                    >();
                }
                {
                    send(turn).await
                }
            },
            |__returned| {
                __returned.__ss_success().__ss_usage(|step| &step.usage);
                __returned.__ss_success().__ss_stop_reason(|step| &step.stop_reason);
                __returned.__ss_success().__ss_says();
                __returned.__ss_error().__ss_record();
                __returned.__ss_error().__ss_error_type(|error| error.kind());
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
}
