#[sampling_tool]
async fn look(what: impl AsRef<str>) -> impl Iterator<Item = u8> {
    what.as_ref().to_owned().into_bytes().into_iter()
}
