#[sampling_step(
    iteration = turn,
    provider = "anthropic",
    max_tokens = 512,
    stop_reason = |step| &step.stop_reason,
    usage = |step| step.usage,
    error_type = |error| error.kind(),
)]
async fn ask(turn: usize) -> Result<Step, ModelError> {
    send(turn).await
}
