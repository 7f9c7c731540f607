async fn talk(self: Arc<Self>, mut turns: Vec<Turn>) -> Result<String, SampleError> {
    let __span = crate::telemetry::__private::sampling_loop(
        &crate::telemetry::__private::Site {
            function: "talk",
            attributes: 0,
            capture: false,
        },
        |__span| {
            __span.__ss_returns::<Result<String, SampleError>>();
        },
    );
    __span
        .__ss_run(
            async move {
                if false {
                    return crate::telemetry::__private::returns::<
                        Result<String, SampleError>,
                    >();
                }
                let _ = &turns;
                let _ = &self;
                {
                    turns.pop();
                    run(&self, turns).await
                }
            },
            |__returned| {
                __returned.__ss_error().__ss_record();
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
}
