pub async fn ask(request: &Request) -> Result<Step, ModelError> {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 1,
            capture: true,
        },
        |__span| {
            if __span.__ss_is_measured() {
                __span.__ss_model(&request.model);
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
                    request.client.send(request).await
                }
            },
            |__returned| {
                __returned.__ss_success().__ss_stop_reason(|step| &step.stop_reason);
                __returned.__ss_success().__ss_says();
                __returned.__ss_error().__ss_record();
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
}
