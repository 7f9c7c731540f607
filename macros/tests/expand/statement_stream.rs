#[sampling_statements]
async fn ask(client: &Client) -> Result<BoxStream<'static, Part>, Error> {
    #[cfg(feature = "stream")]
    #[sampling_step(stream, chunk = |part| Chunk::new().text(&part.text))]
    let stream = client.stream(format!("{client}")).await?;
    Ok(stream)
}
