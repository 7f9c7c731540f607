fn run_tool<'a>(call: &'a Call) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
    Box::pin(async move {
        let __span = ::samplescope::__private::sampling_tool(
            &::samplescope::__private::Site {
                function: "run_tool",
                attributes: 1,
                capture: true,
            },
            |__span| {
                if __span.__ss_is_measured() {
                    __span.__ss_name(&call.name);
                }
            },
        );
        __span
            .__ss_run(
                async move {
                    if false {
                        return ::samplescope::__private::returns::<Outcome>();
                    }
                    {
                        call.run().await
                    }
                },
                |__returned| {
                    __returned.__ss_success().__ss_outcome();
                    __returned.__ss_error().__ss_record();
                    __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
                },
            )
            .await
    })
}
