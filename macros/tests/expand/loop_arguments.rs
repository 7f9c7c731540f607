#[sampling_loop(
    agent = "weather",
    model = request.model,
    temperature = request.temperature,
    result_type = Forecast,
    messages = request.messages,
    answer = |forecast| &forecast.text,
)]
async fn forecast(request: &Request) -> Result<Forecast, SampleError> {
    run(request).await
}
