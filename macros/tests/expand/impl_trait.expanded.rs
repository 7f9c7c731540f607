async fn look(what: impl AsRef<str>) -> impl Iterator<Item = u8> {
    let __span = ::samplescope::__private::sampling_tool(
        &::samplescope::__private::Site {
            function: "look",
            attributes: 1,
            capture: true,
        },
        |__span| {
            __span.__ss_name(&::samplescope::__private::Literal("look"));
        },
    );
    __span
        .__ss_run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<_>();
                }
                let _ = &what;
                {
                    what.as_ref().to_owned().into_bytes().into_iter()
                }
            },
            |__returned| {
                __returned.__ss_success().__ss_outcome();
                __returned.__ss_error().__ss_record();
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
}
