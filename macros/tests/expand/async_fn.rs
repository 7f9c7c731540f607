#[sampling_step(model = request.model, stop_reason = |step| &step.stop_reason)]
pub async fn ask(request: &Request) -> Result<Step, ModelError> {
    request.client.send(request).await
}
