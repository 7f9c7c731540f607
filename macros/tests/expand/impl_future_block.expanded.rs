fn ask(client: Client) -> impl Future<Output = Result<Step, ModelError>> + Send {
    async move {
        let __span = ::samplescope::__private::sampling_step(
            &::samplescope::__private::Site {
                function: "ask",
                attributes: 0,
                capture: true,
            },
            |_| (),
        );
        __span
            .__ss_run(
                async move {
                    if false {
                        return ::samplescope::__private::returns::<
                            Result<Step, ModelError>,
                        >();
                    }
                    {
                        client.send().await
                    }
                },
                |__returned| {
                    __returned.__ss_success().__ss_says();
                    __returned.__ss_error().__ss_record();
                    __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
                },
            )
            .await
    }
}
