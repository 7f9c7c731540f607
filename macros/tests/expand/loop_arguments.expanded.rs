async fn forecast(request: &Request) -> Result<Forecast, SampleError> {
    let __span = ::samplescope::__private::sampling_loop(
        &::samplescope::__private::Site {
            function: "forecast",
            attributes: 4,
            capture: true,
        },
        |__span| {
            __span.agent(&"weather");
            __span.result_type::<Forecast>();
            if __span.is_measured() {
                __span.model(&request.model);
            }
            if __span.is_recording() {
                __span.temperature(&request.temperature);
            }
            if __span.is_capturing() {
                __span.messages(&request.messages);
            }
        },
    );
    __span
        .run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<
                        Result<Forecast, SampleError>,
                    >();
                }
                { run(request).await }
            },
            |__returned| {
                __returned.success().answer(|forecast| &forecast.text);
                __returned.error().record();
            },
        )
        .await
}
