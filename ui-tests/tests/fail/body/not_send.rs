//~ future cannot be sent between threads safely
//~ has type `Rc<u8>` which is not `Send`
use samplescope::sampling_step;

use std::rc::Rc;

async fn wait() {}

#[sampling_step]
async fn ask() -> u8 {
    let shared = Rc::new(1);
    wait().await;
    *shared
}

fn send<T: Send>(_: T) {}

fn main() {
    send(ask());
}
