/// Looks something up.
#[must_use]
async fn look() {
    #![expect(clippy::unused_async)]
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
                    return ::samplescope::__private::returns::<()>();
                }
                {
                    println!("looking");
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
