//~ `model` needs a value: write `model = request.model`
//~ `usage` needs a value: write `usage = |response| response.usage`
//~ missing value: write `"app.a" = …`
//~ `attributes` needs a value: write `attributes("app.tenant" = tenant.id)`
use samplescope::sampling_step;

#[sampling_step(model, usage =, attributes)]
fn arguments() {}

#[sampling_step(attributes("app.a"))]
fn keys() {}

fn main() {}
