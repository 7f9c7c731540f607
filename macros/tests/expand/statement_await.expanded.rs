async fn ask(client: &Client, history: &[Message]) -> Result<Response, Error> {
    let Response { text, stop }: Response = ::samplescope::__private::sampling_step(
            &::samplescope::__private::Site {
                function: "chat",
                attributes: 1,
                capture: true,
            },
            |__span| {
                #[sampling_step(__ss_used)]
                fn __used() {}
                if __span.__ss_is_measured() {
                    __span.__ss_model(&client.model);
                }
            },
        )
        .__ss_entered()
        .__ss_run(
            client.chat(history),
            |mut __called| {
                __called.__ss_tried::<Response>().__ss_same();
                __called.__ss_known().__ss_known();
                __called
                    .__ss_value(|__returned| {
                        __returned.__ss_success().__ss_stop_reason(|r| &r.stop);
                        __returned.__ss_success().__ss_says();
                        __returned.__ss_error().__ss_record();
                        __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
                    })
            },
        )
        .await?;
    Ok(Response { text, stop })
}
