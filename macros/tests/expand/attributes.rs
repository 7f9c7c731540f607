#[sampling_step(attributes(
    "app.tenant" = tenant.id,
    "app.cached" = |step| step.cached,
    "gen_ai.request.seed" = request.seed,
    "gen_ai.request.top_p" = 0.9,
    "gen_ai.response.status" = |step| &step.status,
))]
async fn ask(tenant: &Tenant, request: &Request) -> Step {
    request.send().await
}
