fn ask(request: Request) -> Result<Step, ModelError> {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.__ss_provider(&::samplescope::__private::Literal("anthropic"));
        },
    );
    __span
        .__ss_call(move || {
            if false {
                return ::samplescope::__private::returns::<Result<Step, ModelError>>();
            }
            let _ = &request;
            {
                request.send()
            }
        })
        .__ss_value(|__returned| {
            __returned.__ss_success().__ss_usage(|step| &step.usage);
            __returned.__ss_success().__ss_says();
            __returned.__ss_error().__ss_record();
            __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
        })
}
