async fn ask(tenant: &Tenant, request: &Request) -> Step {
    let __span = ::samplescope::__private::sampling_step(
        &::samplescope::__private::Site {
            function: "ask",
            attributes: 4,
            capture: true,
        },
        |__span| {
            __span
                .__ss_registered(&512)
                .__ss_integer("gen_ai.embeddings.dimension.count");
            if __span.__ss_is_recording() {
                __span.__ss_attribute("app.tenant", &tenant.id);
                __span
                    .__ss_registered(&request.prompt)
                    .__ss_text("gen_ai.workflow.name");
                __span.__ss_attribute("gen_ai.brand.new", &request.brand);
            }
        },
    );
    __span
        .__ss_run(
            async move {
                if false {
                    return ::samplescope::__private::returns::<Step>();
                }
                {
                    request.send().await
                }
            },
            |__returned| {
                __returned
                    .__ss_success()
                    .__ss_attribute("app.cached", |step| &step.cached);
                __returned
                    .__ss_success()
                    .__ss_registered(|step| &step.status)
                    .__ss_text("gen_ai.response.status");
                __returned.__ss_success().__ss_says();
                __returned.__ss_error().__ss_record();
                __returned.__ss_then(|__item| __item.__ss_error().__ss_record())
            },
        )
        .await
}
