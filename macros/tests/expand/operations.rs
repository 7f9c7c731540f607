#[sampling_step(operation = "embeddings", purpose = "index", model = "small")]
fn embed(text: &str) -> Vec<f32> {
    vectors(text)
}

#[sampling_step(purpose = "compaction")]
fn summarise() {}

#[sampling_tool(operation = "retrieval", data_source_id = "handbook", query = question, documents = |found| found)]
fn retrieve(question: &str) -> Vec<Document> {
    search(question)
}
