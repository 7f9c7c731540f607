//~ `#[sampling_step]` finds no call here yet
//~ mismatched types
use samplescope::{sampling_loop, sampling_step};

struct Client {
    chat: u8,
}

#[sampling_loop]
async fn run(client: Client) -> u8 {
    #[sampling_step]
    let first: &str = client.chat();
    let second: &str = client.chat;
    #[sampling_step]
    client.
}

fn main() {
    drop(run(Client { chat: 1 }));
}
