async fn serve() -> ! {
    let __span = ::samplescope::__private::sampling_loop(
        &::samplescope::__private::Site {
            function: "serve",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.agent(&"daemon");
        },
    );
    match __span
        .run(
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
                __returned.error().record();
            },
        )
        .await
    {}
}
