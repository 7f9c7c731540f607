fn answer(tool: &dyn Tool, call: &Call) -> Result<String, Error> {
    match ::samplescope::__private::sampling_tool(
            &::samplescope::__private::Site {
                function: "execute",
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
        .__ss_leave(
            tool.execute(&call.arguments),
            |mut __called| {
                __called.__ss_known().__ss_known();
                __called.__ss_boxed();
                __called
                    .__ss_value(|__returned| {
                        __returned.__ss_success().__ss_outcome();
                        __returned.__ss_error().__ss_record();
                        __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
                    })
            },
        )?
    {
        Some(text) => Ok(text),
        None => {
            Ok(
                ::samplescope::__private::sampling_tool(
                        &::samplescope::__private::Site {
                            function: "fallback",
                            attributes: 1,
                            capture: true,
                        },
                        |__span| {
                            #[samplescope::sampling_tool(__ss_used)]
                            fn __used() {}
                            __span
                                .__ss_name(&::samplescope::__private::Literal("fallback"));
                        },
                    )
                    .__ss_entered()
                    .__ss_leave(
                        fallback::<Tool>(call),
                        |mut __called| {
                            __called.__ss_known().__ss_known();
                            __called.__ss_boxed();
                            __called
                                .__ss_value(|__returned| {
                                    __returned.__ss_success().__ss_outcome();
                                    __returned.__ss_error().__ss_record();
                                    __returned
                                        .__ss_then(|__item| __item.__ss_error().__ss_record())
                                })
                        },
                    ),
            )
        }
    }
}
