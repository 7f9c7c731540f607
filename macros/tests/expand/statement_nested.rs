#[sampling_statements]
async fn tools(calls: &[Call]) -> Vec<String> {
    #[sampling_loop(agent = "tools")]
    join_all(calls.iter().map(|call| async move {
        #[sampling_tool(name = call.name)]
        dispatch(call).await
    }))
    .await
}
