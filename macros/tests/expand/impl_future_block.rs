#[sampling_step]
fn ask(client: Client) -> impl Future<Output = Result<Step, ModelError>> + Send {
    async move { client.send().await }
}
