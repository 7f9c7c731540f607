#[sampling_loop(agent = "daemon")]
async fn serve() -> ! {
    loop {
        wait().await;
    }
}
