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
        .call(move || {
            let request = client.request();
            async move { request.send().await }
        })
        .future::<
            Result<Step, ModelError>,
        >(|__returned| {
            __returned.success().response();
            __returned.error().record();
        })
}
