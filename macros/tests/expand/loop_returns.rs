#[sampling_loop(crate = crate::telemetry, capture = false)]
async fn talk(self: Arc<Self>, mut turns: Vec<Turn>) -> Result<String, SampleError> {
    turns.pop();
    run(&self, turns).await
}
