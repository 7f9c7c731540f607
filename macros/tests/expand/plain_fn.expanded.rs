fn ask(request: Request) -> Result<Step, ModelError> {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.provider(&"anthropic");
        },
    );
    __span
        .call(move || {
            if false {
                return ::samplescope::__private::returns::<Result<Step, ModelError>>();
            }
            { request.send() }
        })
        .value(|__returned| {
            __returned.success().usage(|step| step.usage);
            __returned.success().response();
            __returned.error().record();
        })
}
