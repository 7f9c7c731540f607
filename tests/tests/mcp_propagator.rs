//! Without a propagator no trace crosses a process, and that is said once. In a binary of its own: once a process.

use opentelemetry::Context;
use samplescope::mcp::{self, Described, Ending, Operation, Side};
use samplescope_tests::{Logs, Telemetry};
use serde_json::{Map, json};

#[test]
fn a_trace_that_cannot_cross_is_a_warning_once() {
    let logs = Logs::listen();
    let warnings = || logs.records().iter().filter(|log| format!("{log:?}").contains("propagator")).count();
    let described = Described { method: "ping", ..Described::default() };

    let off = Telemetry::off();
    let mut meta = Map::new();
    mcp::inject(&Context::new(), &mut meta);
    mcp::extract(&Context::new(), &meta);
    assert_eq!(warnings(), 0, "nothing was to cross");
    drop(off);

    let telemetry = Telemetry::on();
    for _ in 0..3 {
        let operation = Operation::start(Side::Sender, &described, &Context::new());
        mcp::inject(operation.context(), &mut meta);
        operation.end(&Ending::Returned);
    }
    telemetry.spans(3);
    assert_eq!(meta, Map::new());
    assert_eq!(warnings(), 1);
    let traceparent = json!({ "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
    mcp::extract(&Context::new(), traceparent.as_object().expect("an object"));
    assert_eq!(warnings(), 1);
    let said = format!("{:?}", logs.records());
    assert!(said.contains("set_text_map_propagator") && said.contains("TraceContextPropagator"), "{said}");
}
