async fn forecast(request: &Request) -> Result<Forecast, SampleError> {
    let __span = ::samplescope::__private::sampling_loop(
        &::samplescope::__private::Site {
            function: "forecast",
            attributes: 4,
            capture: true,
        },
        |__span| {
            __span.__ss_agent(&::samplescope::__private::Literal("weather"));
            __span.__ss_result_type::<Forecast>();
            if __span.__ss_is_measured() {
                __span.__ss_model(&request.model);
            }
            if __span.__ss_is_recording() {
                __span.__ss_temperature(&request.temperature);
            }
            if __span.__ss_is_capturing() {
                __span
                    .__ss_messages(
                        ::samplescope::__private::content_probe(&request.messages)
                            .__ss_messages(),
                    );
            }
        },
    );
    __span
        .__ss_run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<
                        Result<Forecast, SampleError>,
                    >();
                }
                {
                    run(request).await
                }
            },
            |__returned| {
                __returned
                    .__ss_output(
                        __returned
                            .__ss_success()
                            .__ss_answer(|forecast| &forecast.text)
                            .__ss_messages(),
                    );
                __returned.__ss_error().__ss_record();
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
}
