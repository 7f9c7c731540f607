async fn ask(tenant: &Tenant, request: &Request) -> Step {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 4,
            capture: true,
        },
        |__span| {
            __span.given(&512).integer("gen_ai.embeddings.dimension.count");
            if __span.is_recording() {
                __span.attribute("app.tenant", &tenant.id);
                __span.given(&request.prompt).text("gen_ai.prompt.name");
                __span.attribute("gen_ai.brand.new", &request.brand);
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
                    .given(|step| &step.status)
                    .text("gen_ai.response.status");
                __returned.success().response();
                __returned.error().record();
            },
        )
        .await
}
