//~ unknown argument `modle`, did you mean `model`?
//~ `usage` belongs on `#[sampling_step]`, not on `#[sampling_tool]`
//~ `?` cannot stand here
//~ `#[sampling_statements]` opens nothing, and so describes nothing
use samplescope::{sampling_loop, sampling_statements, sampling_step, sampling_tool};

async fn ask(number: u8) -> Result<u8, String> {
    Ok(number)
}

#[sampling_loop]
async fn run(name: Option<&str>) -> Result<u8, String> {
    #[sampling_step(modle = "m")]
    let first = ask(1).await?;
    #[sampling_tool(usage = |r| r.usage)]
    let second = ask(2).await?;
    #[sampling_tool(name = name?)]
    let third = ask(3).await?;
    Ok(first + second + third)
}

#[sampling_statements(agent = "a")]
async fn other() {}

fn main() {
    drop(run(None));
    drop(other());
}
