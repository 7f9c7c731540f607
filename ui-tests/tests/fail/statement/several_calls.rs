//~ two `.await`s are not one call
//~ `while` is not one call
//~ `for` is not one call
//~ `loop` is not one call
//~ a block is not one call
//~ `if` is not one call
//~ a literal is not one call
//~ a variable is not one call
//~ a closure is not one call
//~ a struct is not one call
//~ an array is not one call
//~ an `async` block without `.await` is not one call
//~ what stands here makes it more than one call
//~ put it directly before the call
use samplescope::{sampling_loop, sampling_step, sampling_tool};

struct Pair {
    first: u8,
}

async fn ask() -> u8 {
    1
}

async fn client() -> std::future::Ready<u8> {
    std::future::ready(1)
}

#[sampling_loop]
async fn run() -> u8 {
    #[sampling_step]
    let first = client().await.await;
    #[sampling_step]
    while ask().await > 3 {}
    #[sampling_tool]
    for _ in 0..ask().await {}
    #[sampling_loop]
    loop {
        break;
    }
    #[sampling_step]
    {
        ask().await;
    }
    #[sampling_step]
    if ask().await == 3 {}
    #[sampling_tool]
    let number = 3;
    #[sampling_tool]
    let same = number;
    #[sampling_tool]
    let later = || 3;
    #[sampling_tool]
    let pair = Pair { first };
    #[sampling_tool]
    let list = [first];
    #[sampling_tool]
    let future = async { ask().await };
    #[sampling_tool]
    let sum = ask().await + ask().await;
    drop(future);
    same + later() + pair.first + list[0] + sum
}

fn main() {
    drop(run());
}
