//~ no field `nope` on type `&Step`
use samplescope::sampling_step;

struct Step;

#[sampling_step(stop_reason = |step| &step.nope)]
async fn ask() -> Result<Step, String> {
    Ok(Step)
}

fn main() {}
