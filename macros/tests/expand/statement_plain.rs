#[sampling_statements]
fn answer(tool: &dyn Tool, call: &Call) -> Result<String, Error> {
    match #[sampling_tool(name = call.name)] tool.execute(&call.arguments)? {
        Some(text) => Ok(text),
        None => Ok(#[samplescope::sampling_tool] fallback::<Tool>(call)),
    }
}
