//~ needs a function with a body: put it on the method in the `impl` block, or give this one a default body
use samplescope::sampling_step;

trait Ask {
    #[sampling_step]
    async fn ask(&self) -> String;
}

impl Ask for () {
    async fn ask(&self) -> String {
        String::new()
    }
}

fn main() {}
