async fn serve() -> ! {
    let __span = ::samplescope::__private::sampling_loop(
        &::samplescope::__private::Site {
            function: "serve",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.__ss_agent(&::samplescope::__private::Literal("daemon"));
        },
    );
    match __span
        .__ss_run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<
                        ::core::convert::Infallible,
                    >();
                }
                {
                    loop {
                        wait().await;
                    }
                }
            },
            |__returned| {
                __returned.__ss_error().__ss_record();
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
    {}
}
