#[sampling_step(provider = "anthropic", usage = |step| step.usage)]
fn ask(request: Request) -> Result<Step, ModelError> {
    request.send()
}
