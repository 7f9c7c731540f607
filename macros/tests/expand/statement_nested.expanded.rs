async fn tools(calls: &[Call]) -> Vec<String> {
    ::samplescope::__private::sampling_loop(
            &::samplescope::__private::Site {
                function: "join_all",
                attributes: 1,
                capture: true,
            },
            |__span| {
                #[sampling_loop(__ss_used)]
                fn __used() {}
                __span.__ss_agent(&::samplescope::__private::Literal("tools"));
            },
        )
        .__ss_entered()
        .__ss_run(
            join_all(
                calls
                    .iter()
                    .map(|call| async move {
                        ::samplescope::__private::sampling_tool(
                                &::samplescope::__private::Site {
                                    function: "dispatch",
                                    attributes: 1,
                                    capture: true,
                                },
                                |__span| {
                                    #[sampling_tool(__ss_used)]
                                    fn __used() {}
                                    if __span.__ss_is_measured() {
                                        __span.__ss_name(&call.name);
                                    }
                                },
                            )
                            .__ss_entered()
                            .__ss_run(
                                dispatch(call),
                                |mut __called| {
                                    __called.__ss_known().__ss_known();
                                    __called
                                        .__ss_value(|__returned| {
                                            __returned.__ss_success().__ss_outcome();
                                            __returned.__ss_error().__ss_record();
                                            __returned
                                                .__ss_then(|__item| __item.__ss_error().__ss_record())
                                        })
                                },
                            )
                            .await
                    }),
            ),
            |mut __called| {
                __called.__ss_known().__ss_known();
                __called
                    .__ss_value(|__returned| {
                        __returned.__ss_error().__ss_record();
                        __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
                    })
            },
        )
        .await
}
