#[sampling_tool(name = call.name)]
fn run_tool<'a>(call: &'a Call) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
    Box::pin(async move { call.run().await })
}
