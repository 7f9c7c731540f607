//~ stands here twice
use samplescope::sampling_step;

#[sampling_step]
#[samplescope::sampling_step(model = "a")]
async fn twice() {}

fn main() {
    drop(twice());
}
