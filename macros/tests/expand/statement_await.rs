#[sampling_statements]
async fn ask(client: &Client, history: &[Message]) -> Result<Response, Error> {
    #[sampling_step(model = client.model, stop_reason = |r| &r.stop)]
    let Response { text, stop }: Response = client.chat(history).await?;
    Ok(Response { text, stop })
}
