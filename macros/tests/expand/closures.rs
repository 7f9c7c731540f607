#[sampling_tool]
fn scorer(words: Vec<String>) -> (impl Fn(&str) -> usize, impl Fn(&Self, Step) -> Result<&str, Failed> + Send) {
    (move |word| count(&words, word), |this, step| this.find(step))
}
