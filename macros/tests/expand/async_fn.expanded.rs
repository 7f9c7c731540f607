pub async fn ask(request: &Request) -> Result<Step, ModelError> {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 1,
            capture: true,
        },
        |__span| {
            if __span.is_measured() {
                __span.model(&request.model);
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
                { request.client.send(request).await }
            },
            |__returned| {
                __returned.success().stop_reason(|step| &step.stop_reason);
                __returned.success().response();
                __returned.error().record();
            },
        )
        .await
}
