fn scorer(
    words: Vec<String>,
) -> (impl Fn(&str) -> usize, impl Fn(&Self, Step) -> Result<&str, Failed> + Send) {
    let __span = ::samplescope::__private::sampling_tool(
        &::samplescope::__private::Site {
            function: "scorer",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.__ss_name(&::samplescope::__private::Literal("scorer"));
        },
    );
    __span
        .__ss_call(move || {
            if false {
                return ::samplescope::__private::returns::<(_, _)>();
            }
            let _ = &words;
            fn __bound<
                __T0: ?Sized,
                __T1,
                __T2,
                __R0: Fn(&str) -> usize,
                __R1: Fn(&__T0, __T1) -> Result<&str, __T2>,
            >(__returned: (__R0, __R1)) -> (__R0, __R1) {
                __returned
            }
            __bound::<
                Self,
                Step,
                Failed,
                _,
                _,
            >({
                (move |word| count(&words, word), |this, step| this.find(step))
            })
        })
        .__ss_value(|__returned| {
            __returned.__ss_success().__ss_outcome();
            __returned.__ss_error().__ss_record();
            __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
        })
}
