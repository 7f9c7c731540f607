fn ask(client: &Client) -> impl Future<Output = Result<Step, ModelError>> + use<'_> {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 0,
            capture: true,
        },
        |_| (),
    );
    __span
        .__ss_call(move || {
            let request = client.request();
            async move { request.send().await }
        })
        .__ss_future::<
            Result<Step, ModelError>,
        >(|__returned| {
            __returned.__ss_success().__ss_says();
            __returned.__ss_error().__ss_record();
            __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
        })
}
