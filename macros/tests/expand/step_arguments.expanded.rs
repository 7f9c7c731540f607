async fn ask(turn: usize) -> Result<Step, ModelError> {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 3,
            capture: true,
        },
        |__span| {
            __span.provider(&"anthropic");
            __span.max_tokens(&512);
            if __span.is_recording() {
                __span.iteration(&turn);
            }
        },
    );
    __span
        .run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<
                        Result<Step, ModelError>,
                    >();
                }
                { send(turn).await }
            },
            |__returned| {
                __returned.success().stop_reason(|step| &step.stop_reason);
                __returned.success().usage(|step| step.usage);
                __returned.success().response();
                __returned.error().error_type(|error| error.kind());
                __returned.error().record();
            },
        )
        .await
}
