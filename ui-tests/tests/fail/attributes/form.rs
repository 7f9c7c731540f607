//~ `App.tenantId` is no attribute's key, `app.tenant_id` would be
//~ keys are lowercase words with dots between
//~ `tenant` has no namespace, as `app.tenant` would have
//~ `gen_ai.request.seed` would be
//~ a key is missing
//~ whoever knows better writes `unchecked("tenant" = …)`
use samplescope::sampling_tool;

#[sampling_tool(attributes("App.tenantId" = 1, "tenant" = 2, "genai.request.seed" = 3, "" = 4), unchecked("" = 5))]
fn look() {}

fn main() {}
