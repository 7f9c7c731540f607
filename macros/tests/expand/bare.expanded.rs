/// Looks something up.
#[must_use]
async fn look() {
    #![expect(clippy::unused_async)]
    let __span = ::samplescope::__private::sampling_tool(
        &::samplescope::__private::Site {
            function: "look",
            attributes: 0,
            capture: true,
        },
        |_| (),
    );
    __span
        .run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<()>();
                }
                {
                    println!("looking");
                }
            },
            |__returned| {
                __returned.success().outcome();
                __returned.error().record();
            },
        )
        .await
}
