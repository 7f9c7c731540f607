#[sampling_step(
    attributes(
        "app.tenant" = tenant.id,
        "app.cached" = |step| step.cached,
        "gen_ai.workflow.name" = request.prompt,
        "gen_ai.embeddings.dimension.count" = 512,
        "gen_ai.response.status" = |step| &step.status,
    ),
    unchecked("gen_ai.brand.new" = request.brand),
)]
async fn ask(tenant: &Tenant, request: &Request) -> Step {
    request.send().await
}
