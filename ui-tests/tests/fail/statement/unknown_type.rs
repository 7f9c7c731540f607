//~ type annotations needed
use samplescope::sampling_statements;

fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn read<T: std::str::FromStr>(text: &str) -> Result<T, T::Err> {
    text.parse()
}

fn takes(_: u8) {}

#[sampling_statements]
fn run() -> Result<(), std::num::ParseIntError> {
    #[samplescope::sampling_tool]
    let told_later = read("3")?;
    takes(told_later);
    #[samplescope::sampling_tool]
    let also = parse("3");
    also.map(takes);
    #[samplescope::sampling_tool]
    let told: u8 = read("3")?;
    takes(told);
    Ok(())
}

fn main() {
    let _ = run();
}
