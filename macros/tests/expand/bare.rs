/// Looks something up.
#[sampling_tool]
#[must_use]
async fn look() {
    #![expect(clippy::unused_async)]
    println!("looking");
}
