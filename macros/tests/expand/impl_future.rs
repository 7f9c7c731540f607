#[sampling_step]
fn ask(client: &Client) -> impl Future<Output = Result<Step, ModelError>> + use<'_> {
    let request = client.request();
    async move { request.send().await }
}
