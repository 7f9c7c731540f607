async fn ask(tenant: &Tenant, request: &Request) -> Step {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 3,
            capture: true,
        },
        |__span| {
            __span.attribute("gen_ai.request.top_p", &0.9);
            if __span.is_recording() {
                __span.attribute("app.tenant", &tenant.id);
                __span.attribute("gen_ai.request.seed", &request.seed);
            }
        },
    );
    __span
        .run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<Step>();
                }
                { request.send().await }
            },
            |__returned| {
                __returned.success().attribute("app.cached", |step| step.cached);
                __returned
                    .success()
                    .attribute("gen_ai.response.status", |step| &step.status);
                __returned.success().response();
                __returned.error().record();
            },
        )
        .await
}
