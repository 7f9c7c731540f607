async fn ask(client: &Client) -> Result<BoxStream<'static, Part>, Error> {
    #[cfg(feature = "stream")]
    let stream = ::samplescope::__private::sampling_step(
            &::samplescope::__private::Site {
                function: "stream",
                attributes: 0,
                capture: true,
            },
            |__span| {
                #[sampling_step(__ss_used)]
                fn __used() {}
                __span.__ss_stream();
            },
        )
        .__ss_entered()
        .__ss_run(
            client.stream(format!("{client}")),
            |mut __called| {
                __called.__ss_known().__ss_known();
                __called
                    .__ss_value(|__returned| {
                        __returned.__ss_error().__ss_record();
                        __returned
                            .__ss_items(|__item| {
                                __item
                                    .__ss_success()
                                    .__ss_chunk(|part| Chunk::new().text(&part.text));
                                __item.__ss_error().__ss_record();
                            })
                    })
            },
        )
        .await?;
    Ok(stream)
}
