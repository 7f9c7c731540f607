//! MCP's requests by hand, with `samplescope::mcp`: names, attributes, endings, metrics, and the trace across processes.

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{FutureExt as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::Sampler;
use samplescope::mcp::{self, Delegated, Described, Ending, Operation, RequestId, Session, Side};
use samplescope::{Capture, Settings, Vocabulary, propagation, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Point, Span, Telemetry};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const PRESCRIBED: Vocabulary = Vocabulary::FastMcp;
const GENAI: Vocabulary = Vocabulary::GenAi;
const CLIENT: &str = "mcp.client.operation.duration";
const SERVER: &str = "mcp.server.operation.duration";

fn on(vocabulary: Vocabulary) -> Telemetry {
    Telemetry::on().metered().propagated().with(Settings::default().with_vocabulary(vocabulary))
}

fn method(method: &str) -> Described<'_> {
    Described { method, ..Described::default() }
}

fn call(tool: &str) -> Described<'_> {
    Described { tool: Some(tool), ..method("tools/call") }
}

fn everything() -> Described<'static> {
    Described {
        method: "tools/call",
        tool: Some("plan_trip"),
        request_id: Some(7.into()),
        session_id: Some("session"),
        protocol_version: Some("2025-06-18"),
        transport: Some("tcp"),
        network_protocol: Some(("http", "1.1")),
        address: Some("localhost"),
        port: Some(8765),
        server_name: Some("travel"),
        enduser_id: Some("ada"),
        enduser_scope: Some("read"),
        ..Described::default()
    }
}

fn run(side: Side, described: &Described<'_>, ending: &Ending<'_>) {
    Operation::start(side, described, &Context::current()).end(ending);
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn attributes(span: &Span) -> Value {
    span.attributes().into_iter().collect()
}

#[track_caller]
fn point(telemetry: &Telemetry, name: &str) -> Point {
    let mut points: Vec<_> = telemetry
        .metrics()
        .into_iter()
        .filter(|metric| metric.name == name && metric.scope == "samplescope-rmcp")
        .flat_map(|metric| metric.points)
        .collect();
    assert_eq!(points.len(), 1, "{points:?}");
    points.remove(0)
}

fn text(value: &str) -> String {
    format!("String({value:?})")
}

#[test]
fn each_request_has_its_name_and_kind() {
    for (vocabulary, sampling) in [(PRESCRIBED, "sampling create_message"), (GENAI, "sampling/createMessage")] {
        for (described, name) in [
            (call("plan_trip"), "tools/call plan_trip"),
            (Described { prompt: Some("packing"), ..method("prompts/get") }, "prompts/get packing"),
            (Described { resource_uri: Some("trip://1"), ..method("resources/read") }, "resources/read"),
            (method("sampling/createMessage"), sampling),
            (method("initialize"), "initialize"),
            (method("vendor/own"), "vendor/own"),
            (Described { method: "vendor/\u{7}own", tool: Some("x"), ..Described::default() }, "vendor/own"),
        ] {
            for (side, kind) in [(Side::Receiver, SpanKind::Server), (Side::Sender, SpanKind::Client)] {
                let telemetry = on(vocabulary);
                run(side, &described, &Ending::Returned);
                let span = telemetry.span();
                assert_eq!((span.name(), span.kind(), span.status()), (name, kind, Status::Unset));
                assert_eq!(span.get("mcp.method.name"), Some(described.method.to_owned().into()));
                assert_eq!(span.0.instrumentation_scope.name(), "samplescope-rmcp");
            }
        }
    }
}

#[test]
fn a_name_that_a_peer_makes_up_is_cut() {
    let telemetry = on(GENAI);
    run(Side::Receiver, &call(&"x".repeat(5_000)), &Ending::Returned);
    run(Side::Receiver, &method(&"y\n".repeat(5_000)), &Ending::Returned);
    let [tool, method] = telemetry.spans(2).try_into().expect("two");
    assert_eq!(tool.name(), format!("tools/call {}", "x".repeat(128)));
    assert_eq!(method.name(), "y".repeat(128));
}

#[test]
fn the_prescribed_attributes() {
    let telemetry = on(PRESCRIBED);
    run(Side::Receiver, &everything(), &Ending::Returned);
    run(Side::Sender, &everything(), &Ending::Returned);
    let [server, client] = telemetry.spans(2).try_into().expect("two");
    let both = json!({
        "mcp.method.name": text("tools/call"), "gen_ai.tool.name": text("plan_trip"), "mcp.session.id": text("session"),
    });
    let mut of_server = object(&both);
    of_server.extend(object(&json!({
        "fastmcp.component.type": text("tool"), "fastmcp.component.key": text("tool:plan_trip@"), "fastmcp.server.name": text("travel"),
        "enduser.id": text("ada"), "enduser.scope": text("read"),
    })));
    assert_eq!(attributes(&server), Value::Object(of_server));
    let mut of_client = object(&both);
    of_client.insert("fastmcp.component.key".into(), text("plan_trip").into());
    assert_eq!(attributes(&client), Value::Object(of_client));
    drop(telemetry);
    for (described, kind, key) in [
        (Described { prompt: Some("packing"), ..method("prompts/get") }, "prompt", "prompt:packing@"),
        (Described { resource_uri: Some("trip://1"), ..method("resources/read") }, "resource", "resource:trip://1@"),
    ] {
        let telemetry = on(PRESCRIBED);
        run(Side::Receiver, &described, &Ending::Returned);
        let span = telemetry.span();
        assert_eq!(span.get("fastmcp.component.type"), Some(kind.into()));
        assert_eq!(span.get("fastmcp.component.key"), Some(key.into()));
    }
}

#[test]
fn the_attributes_of_the_conventions() {
    let telemetry = on(GENAI);
    run(Side::Receiver, &everything(), &Ending::Returned);
    run(Side::Sender, &everything(), &Ending::Returned);
    let [server, client] = telemetry.spans(2).try_into().expect("two");
    let both = object(&json!({
        "mcp.method.name": text("tools/call"), "gen_ai.tool.name": text("plan_trip"), "mcp.session.id": text("session"),
        "gen_ai.operation.name": text("execute_tool"), "jsonrpc.request.id": text("7"), "mcp.protocol.version": text("2025-06-18"),
        "network.transport": text("tcp"), "network.protocol.name": text("http"), "network.protocol.version": text("1.1"),
    }));
    for (span, keys) in [(server, ["client.address", "client.port"]), (client, ["server.address", "server.port"])] {
        let mut expected = both.clone();
        expected.insert(keys[0].into(), text("localhost").into());
        expected.insert(keys[1].into(), "I64(8765)".into());
        assert_eq!(attributes(&span), Value::Object(expected));
    }
}

#[test]
fn what_is_not_known_is_left_out_and_only_a_tool_is_executed() {
    for (vocabulary, side) in
        [(PRESCRIBED, Side::Receiver), (PRESCRIBED, Side::Sender), (GENAI, Side::Receiver), (GENAI, Side::Sender)]
    {
        let telemetry = on(vocabulary);
        run(side, &Described { port: Some(1), ..method("ping") }, &Ending::Returned);
        assert_eq!(attributes(&telemetry.span()), json!({ "mcp.method.name": text("ping") }));
    }
}

#[test]
fn a_request_id_is_a_string_whatever_it_was() {
    let telemetry = on(GENAI);
    for id in [RequestId::Number(-1), RequestId::Text("a-1"), RequestId::Text("")] {
        run(Side::Receiver, &Described { request_id: Some(id), ..method("ping") }, &Ending::Returned);
    }
    let ids: Vec<_> = telemetry.spans(3).iter().map(|span| span.get("jsonrpc.request.id")).collect();
    assert_eq!(ids, [Some("-1".into()), Some("a-1".into()), Some("".into())]);
}

/// `error.type`, the status code and the description of one that ended so, which are the same on span and metric.
#[track_caller]
fn ended(vocabulary: Vocabulary, side: Side, end: impl FnOnce(Operation)) -> (Option<String>, Option<String>, Status) {
    let telemetry = on(vocabulary);
    end(Operation::start(side, &call("plan_trip"), &Context::current()));
    let span = telemetry.span();
    let text = |key| span.get(key).map(|value| value.as_str().into_owned());
    let (error_type, code) = (text("error.type"), text("rpc.response.status_code"));
    let measured = point(&telemetry, if side == Side::Receiver { SERVER } else { CLIENT });
    assert_eq!(measured.attributes.get("error.type").cloned(), error_type.as_deref().map(self::text));
    if vocabulary == GENAI {
        assert_eq!(measured.attributes.get("rpc.response.status_code").cloned(), code.as_deref().map(self::text));
    }
    (error_type, code, span.status())
}

#[test]
fn a_result_is_no_error_and_one_that_says_so_is() {
    for vocabulary in [PRESCRIBED, GENAI] {
        for side in [Side::Receiver, Side::Sender] {
            assert_eq!(ended(vocabulary, side, |it| it.end(&Ending::Returned)), (None, None, Status::Unset));
            let tool_error = (Some("tool_error".to_owned()), None, Status::error(""));
            assert_eq!(ended(vocabulary, side, |it| it.end(&Ending::ToolError)), tool_error);
        }
    }
}

#[test]
fn every_code_is_an_error_to_its_sender_and_five_are_none_to_the_receiver() {
    for code in [-32700, -32600, -32601, -32602, -32002, -32603, -32000, -1, 0, 404, i32::MIN] {
        let forgiven = [-32700, -32600, -32601, -32602, -32002].contains(&code);
        let failed = Status::error("what went wrong");
        for side in [Side::Receiver, Side::Sender] {
            let fails = side == Side::Sender || !forgiven;
            let status = if fails { failed.clone() } else { Status::Unset };
            let end = |it: Operation| it.end(&Ending::JsonRpcError { code, message: "what went wrong" });
            let genai = (fails.then(|| code.to_string()), Some(code.to_string()), status.clone());
            assert_eq!(ended(GENAI, side, end), genai, "{code} {side:?}");
            let prescribed = (fails.then(|| "McpError".to_owned()), None, status);
            assert_eq!(ended(PRESCRIBED, side, end), prescribed, "{code} {side:?}");
        }
    }
}

#[test]
fn one_that_has_no_response_says_why() {
    let end = |it: Operation| it.end(&Ending::Failed { error_type: "timeout", message: "after 5 s" });
    assert_eq!(ended(GENAI, Side::Sender, end), (Some("timeout".into()), None, Status::error("after 5 s")));
    let end = |it: Operation| it.end(&Ending::Cancelled);
    assert_eq!(ended(GENAI, Side::Sender, end), (Some("cancelled".into()), None, Status::error("cancelled")));
}

#[test]
fn dropped_is_cancelled_and_dropped_while_unwinding_is_a_panic() {
    assert_eq!(ended(GENAI, Side::Receiver, drop), (Some("cancelled".into()), None, Status::error("cancelled")));
    let unwound = |operation: Operation| {
        let run = move || {
            let _operation = operation;
            panic!("in a handler");
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).expect_err("a panic");
    };
    assert_eq!(ended(GENAI, Side::Receiver, unwound), (Some("panic".into()), None, Status::error("panicked")));
}

#[test]
fn one_that_is_dropped_by_a_destructor_of_an_unwinding_thread_was_cancelled() {
    /// Starts a request and gives it up, whether its thread unwinds or not.
    struct Asks;
    impl Drop for Asks {
        fn drop(&mut self) {
            drop(Operation::start(Side::Sender, &method("ping"), &Context::current()));
        }
    }
    let telemetry = on(GENAI);
    std::panic::catch_unwind(|| {
        let _asks = Asks;
        panic!("elsewhere");
    })
    .expect_err("a panic");
    assert_eq!(telemetry.span().get("error.type"), Some("cancelled".into()));
}

#[test]
fn an_error_s_message_is_redacted_cut_or_left_out() {
    let redacts = |piece, text: &str| {
        assert_eq!(piece, samplescope::Piece::ErrorMessage);
        text.replace("hunter2", "[redacted]")
    };
    let settings = Settings::default().with_redactor(move |piece, text| redacts(piece, text).into());
    let telemetry = Telemetry::on().with(settings.clone().with_length_limit(60));
    let message = format!("hunter2 {}", "x".repeat(100));
    run(Side::Sender, &method("ping"), &Ending::JsonRpcError { code: -1, message: &message });
    run(Side::Sender, &method("ping"), &Ending::Failed { error_type: "transport", message: &message });
    run(Side::Sender, &method("ping"), &Ending::Cancelled);
    settings.with_error_messages(false).install();
    run(Side::Sender, &method("ping"), &Ending::JsonRpcError { code: -1, message: &message });
    let descriptions = telemetry.spans(4).into_iter().map(|span| match span.status() {
        Status::Error { description } => description.into_owned(),
        other => panic!("{other:?}"),
    });
    let [json_rpc, failed, cancelled, silent] = descriptions.collect::<Vec<_>>().try_into().expect("four");
    assert!(json_rpc.starts_with("[redacted] xx") && json_rpc.chars().count() <= 60, "{json_rpc}");
    assert_eq!((failed, cancelled.as_str(), silent.as_str()), (json_rpc, "cancelled", ""));
}

#[test]
fn a_measurement_has_the_conventions_attributes_and_none_that_is_unbounded() {
    for vocabulary in [PRESCRIBED, GENAI] {
        let telemetry = on(vocabulary);
        run(Side::Receiver, &everything(), &Ending::Returned);
        run(Side::Sender, &everything(), &Ending::Returned);
        let both = BTreeMap::from(
            [
                ("mcp.method.name", "tools/call"),
                ("gen_ai.operation.name", "execute_tool"),
                ("gen_ai.tool.name", "plan_trip"),
                ("mcp.protocol.version", "2025-06-18"),
                ("network.transport", "tcp"),
                ("network.protocol.name", "http"),
                ("network.protocol.version", "1.1"),
            ]
            .map(|(key, value)| (key.to_owned(), text(value))),
        );
        let server = point(&telemetry, SERVER);
        assert_eq!(server.attributes, both);
        assert_eq!(server.bounds, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]);
        let mut of_client = both;
        of_client.insert("server.address".into(), text("localhost"));
        of_client.insert("server.port".into(), "I64(8765)".into());
        assert_eq!(point(&telemetry, CLIENT).attributes, of_client);
    }
}

#[test]
fn the_loop_s_metric_of_the_same_name_stays_in_its_own_scope() {
    let telemetry = on(PRESCRIBED);
    answer();
    run(Side::Receiver, &method("ping"), &Ending::Returned);
    let mut scopes: Vec<_> =
        telemetry.metrics().into_iter().filter(|metric| metric.name == SERVER).map(|metric| metric.scope).collect();
    scopes.sort();
    assert_eq!(scopes, ["samplescope", "samplescope-rmcp"]);
}

#[sampling_loop]
fn answer() {
    step();
}

#[sampling_step]
fn step() {}

#[test]
fn what_a_peer_makes_up_fills_no_metric() {
    let telemetry = Telemetry::off().metered();
    for number in 0..1_000 {
        let name = format!("invented {number}");
        run(Side::Receiver, &call(&name), &Ending::JsonRpcError { code: -32602, message: "unknown tool" });
        run(Side::Receiver, &method(&name), &Ending::JsonRpcError { code: -32601, message: "unknown method" });
        let prompt = Described { prompt: Some(&name), ..method("prompts/get") };
        run(Side::Receiver, &prompt, &Ending::JsonRpcError { code: -32602, message: "unknown prompt" });
    }
    let methods: Vec<_> =
        telemetry.points(SERVER).into_iter().map(|point| (point.attributes["mcp.method.name"].clone(), point)).collect();
    assert_eq!(methods.len(), 3);
    for (method, point) in methods {
        assert_eq!(point.count, 1_000);
        assert!([text("tools/call"), text("_OTHER"), text("prompts/get")].contains(&method));
        assert!(!format!("{:?}", point.attributes).contains("invented"), "{point:?}");
    }
    for number in 0..1_000 {
        let name = format!("invented {number}");
        let said = Described { protocol_version: Some(&name), address: Some(&name), ..call(&name) };
        run(Side::Sender, &said, &Ending::JsonRpcError { code: number, message: "" });
    }
    let points = telemetry.points(CLIENT);
    // Two codes were measured above.
    for (key, most) in
        [("gen_ai.tool.name", 200), ("mcp.protocol.version", 200), ("server.address", 200), ("rpc.response.status_code", 198)]
    {
        let values: BTreeSet<_> = points.iter().map(|point| point.attributes[key].clone()).collect();
        assert_eq!(values.len(), most + 1, "{key}");
        assert!(values.contains(&text("_OTHER")));
    }
}

#[test]
fn a_port_is_measured_of_so_many_and_then_left_out() {
    let telemetry = Telemetry::off().metered();
    for port in 0..500 {
        let described = Described { address: Some("server"), port: Some(port), ..method("initialize") };
        run(Side::Sender, &described, &Ending::Returned);
        drop(Session::start(Side::Sender, &described));
    }
    for metric in [CLIENT, "mcp.client.session.duration"] {
        let points = telemetry.points(metric);
        let without = points.iter().filter(|point| !point.attributes.contains_key("server.port"));
        assert_eq!(without.map(|point| point.count).collect::<Vec<_>>(), [300], "{metric}");
        assert_eq!(points.len(), 201, "{metric}");
    }
}

#[test]
fn metrics_do_not_depend_on_the_sampler() {
    let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered();
    run(Side::Sender, &method("ping"), &Ending::Returned);
    assert_eq!(telemetry.spans(0).len(), 0);
    assert_eq!(point(&telemetry, CLIENT).count, 1);
}

#[test]
fn a_session_is_measured_when_it_is_over() {
    let telemetry = on(PRESCRIBED);
    let described = Described { method: "initialize", ..everything() };
    let sessions = [Session::start(Side::Receiver, &described), Session::start(Side::Sender, &described)];
    assert_eq!(telemetry.metrics().len(), 0);
    drop(sessions);
    let mut expected = BTreeMap::from(
        [
            ("mcp.protocol.version", "2025-06-18"),
            ("network.transport", "tcp"),
            ("network.protocol.name", "http"),
            ("network.protocol.version", "1.1"),
        ]
        .map(|(key, value)| (key.to_owned(), text(value))),
    );
    assert_eq!(point(&telemetry, "mcp.server.session.duration").attributes, expected);
    expected.insert("server.address".into(), text("localhost"));
    expected.insert("server.port".into(), "I64(8765)".into());
    assert_eq!(point(&telemetry, "mcp.client.session.duration").attributes, expected);
}

#[test]
fn what_is_learned_later_is_on_span_and_metric_the_last_time_it_is_said() {
    let telemetry = on(GENAI);
    let described = Described { session_id: Some("first"), ..method("initialize") };
    let mut operation = Operation::start(Side::Sender, &described, &Context::current());
    operation.learn("mcp.protocol.version", "2024-11-05");
    operation.learn("mcp.protocol.version", "2025-06-18");
    operation.learn("mcp.session.id", "second");
    operation.learn("fastmcp.server.name", "of the other vocabulary");
    operation.learn("app.own", "own");
    operation.end(&Ending::Returned);
    let span = telemetry.span();
    let expected = json!({
        "mcp.method.name": text("initialize"), "mcp.session.id": text("first"), "mcp.protocol.version": text("2025-06-18"), "app.own": text("own"),
    });
    assert_eq!(attributes(&span), expected);
    let measured = point(&telemetry, CLIENT).attributes;
    assert_eq!(measured["mcp.protocol.version"], text("2025-06-18"));
    assert!(!measured.contains_key("app.own"), "{measured:?}");
    drop(telemetry);

    let telemetry = on(PRESCRIBED);
    let mut operation = Operation::start(Side::Receiver, &method("initialize"), &Context::current());
    operation.learn("mcp.protocol.version", "2025-06-18");
    operation.learn("fastmcp.server.name", "travel");
    operation.end(&Ending::Returned);
    let expected = json!({ "mcp.method.name": text("initialize"), "fastmcp.server.name": text("travel") });
    assert_eq!(attributes(&telemetry.span()), expected);
    assert_eq!(point(&telemetry, SERVER).attributes["mcp.protocol.version"], text("2025-06-18"));
}

#[test]
fn what_was_known_at_the_start_is_not_learned_anew() {
    let described = Described { prompt: Some("packing"), resource_uri: Some("trip://1"), ..everything() };
    for vocabulary in [PRESCRIBED, GENAI] {
        for (side, duration) in [(Side::Receiver, SERVER), (Side::Sender, CLIENT)] {
            let said = |keys: Vec<String>| {
                let telemetry = on(vocabulary);
                let mut operation = Operation::start(side, &described, &Context::current());
                for key in keys {
                    operation.learn(String::leak(key), "another");
                }
                operation.end(&Ending::Returned);
                (telemetry.span().attributes(), point(&telemetry, duration).attributes)
            };
            let known = said(Vec::new());
            let keys = known.0.keys().chain(known.1.keys()).cloned().collect();
            assert_eq!(said(keys), known, "{vocabulary:?} {side:?}");
        }
    }
}

#[test]
fn a_mounted_server_is_delegated_to() {
    for vocabulary in [PRESCRIBED, GENAI] {
        let telemetry = on(vocabulary);
        let operation = Operation::start(Side::Receiver, &call("travel_plan"), &Context::current());
        let delegated =
            Delegated { name: "plan", provider_type: "FastMCPProvider", component_key: "travel_plan", method: "tools/call" };
        let mut delegate = Operation::delegate(&delegated, operation.context());
        let inside = global::tracer("mounted").start_with_context("inside", delegate.context());
        drop(inside);
        for key in ["fastmcp.provider.type", "fastmcp.component.key", "mcp.method.name"] {
            delegate.learn(key, "another");
        }
        delegate.end(&Ending::Returned);
        operation.end(&Ending::Returned);
        assert_eq!(telemetry.tree(), "tools/call travel_plan\n  delegate plan\n    inside\n");
        let span = telemetry.named("delegate plan").remove(0);
        assert_eq!(span.kind(), SpanKind::Internal);
        let expected = json!({
            "fastmcp.provider.type": text("FastMCPProvider"), "fastmcp.component.key": text("travel_plan"), "mcp.method.name": text("tools/call"),
        });
        assert_eq!(attributes(&span), expected);
        assert_eq!(telemetry.points(SERVER).iter().map(|point| point.count).sum::<u64>(), 1, "a delegate is no request");
    }
}

#[test]
fn content_is_for_those_who_opt_in() {
    let run = || {
        let mut operation = Operation::start(Side::Receiver, &call("plan_trip"), &Context::current());
        operation.arguments(&json!({ "question": "hunter2?" }));
        operation.result(&json!([{ "type": "text", "text": "hunter2!" }]));
        operation.end(&Ending::JsonRpcError { code: -32603, message: "" });
    };
    for vocabulary in [PRESCRIBED, GENAI] {
        let settings =
            Settings::default().with_vocabulary(vocabulary).with_redactor(|_, text| text.replace("hunter2", "[redacted]").into());
        let telemetry = Telemetry::on().with(settings.clone());
        run();
        assert_eq!(telemetry.span().get("gen_ai.tool.call.arguments"), None);
        drop(telemetry);
        let telemetry = Telemetry::on().with(settings.with_capture(Capture::Spans));
        run();
        let span = telemetry.span();
        assert_eq!(span.get("gen_ai.tool.call.arguments"), Some(r#"{"question":"[redacted]?"}"#.into()));
        assert_eq!(span.get("gen_ai.tool.call.result"), Some(r#"[{"text":"[redacted]!","type":"text"}]"#.into()));
        let last: Vec<_> = span.0.attributes.iter().rev().take(2).map(|attribute| attribute.key.as_str()).collect();
        assert_eq!(last, ["gen_ai.tool.call.result", "gen_ai.tool.call.arguments"]);
    }
}

#[test]
fn a_request_and_its_answer_are_one_trace_and_baggage_travels() {
    let telemetry = on(PRESCRIBED);
    let client = Context::current_with_baggage([KeyValue::new("tenant", "acme")]);
    let sent = Operation::start(Side::Sender, &call("plan_trip"), &client);
    let mut meta = object(&json!({ "progressToken": 1 }));
    mcp::inject(sent.context(), &mut meta);
    let keys: Vec<_> = meta.keys().map(String::as_str).collect();
    assert_eq!(keys, ["baggage", "progressToken", "traceparent"], "and no empty tracestate");

    let parent = mcp::extract(&Context::new(), &meta);
    let received = Operation::start(Side::Receiver, &call("plan_trip"), &parent);
    assert_eq!(received.context().baggage().get("tenant").map(opentelemetry::StringValue::as_str), Some("acme"));
    futures::executor::block_on(async { answer() }.with_context(received.context().clone()));
    received.end(&Ending::Returned);
    sent.end(&Ending::Returned);
    let tree = "tools/call plan_trip\n  tools/call plan_trip\n    sampling/createMessage\n      sampling/createMessage step\n";
    assert_eq!(telemetry.tree(), tree);
    let spans = telemetry.spans(4);
    assert!(spans.iter().all(|span| span.0.span_context.trace_id() == spans[0].0.span_context.trace_id()));
    assert!(spans[1].0.parent_span_is_remote);
}

#[test]
fn what_a_forwarded_request_brought_along_goes() {
    let telemetry = on(PRESCRIBED);
    let operation = Operation::start(Side::Sender, &method("ping"), &Context::current());
    let mut meta =
        object(&json!({ "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "other=1" }));
    mcp::inject(operation.context(), &mut meta);
    operation.end(&Ending::Returned);
    let span = telemetry.span();
    assert_eq!(meta["traceparent"], format!("00-{}-{}-01", span.0.span_context.trace_id(), span.id()));
    assert!(!meta.contains_key("tracestate"));

    let brought = object(&json!({
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "of=1", "baggage": "tenant=acme",
    }));
    mcp::inject(&mcp::extract(&Context::new(), &brought), &mut meta);
    assert_eq!(meta, brought, "and what there is of this one comes");
}

#[test]
fn a_propagator_may_look_through_all_that_a_carrier_has() {
    /// As Jaeger's, whose baggage is a key for each entry.
    #[derive(Debug)]
    struct ByPrefix;
    impl TextMapPropagator for ByPrefix {
        fn inject_context(&self, _: &Context, _: &mut dyn Injector) {}
        fn extract_with_context(&self, base: &Context, carrier: &dyn Extractor) -> Context {
            let named = |key: &&str| key.starts_with("uberctx-");
            let entries = carrier.keys().into_iter().filter(named).map(|key| KeyValue::new(key.to_owned(), "said"));
            base.with_baggage(entries)
        }
        fn fields(&self) -> FieldIter<'_> {
            static FIELDS: [String; 1] = [String::new()];
            FieldIter::new(&FIELDS)
        }
    }
    let _telemetry = on(PRESCRIBED);
    global::set_text_map_propagator(ByPrefix);
    let context = mcp::extract(&Context::new(), &object(&json!({ "uberctx-tenant": "acme", "progressToken": 1 })));
    let keys: Vec<_> = context.baggage().iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["uberctx-tenant"]);
}

#[test]
fn a_context_without_a_span_writes_nothing() {
    let _telemetry = on(PRESCRIBED);
    let mut meta = Map::new();
    mcp::inject(&Context::new(), &mut meta);
    assert_eq!(meta, Map::new());
}

#[test]
fn what_is_malformed_is_as_if_it_were_not_there() {
    let telemetry = on(PRESCRIBED);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let span = "b7ad6b7169203331";
    let oversized = format!("01-{trace}-{span}-01-{}", "x".repeat(1 << 20));
    for traceparent in [
        json!(null),
        json!(12),
        json!(["00"]),
        json!({}),
        json!(""),
        json!("nonsense"),
        json!(format!("00-{trace}-{span}")),
        json!(format!("00-{}-{span}-01", "0".repeat(32))),
        json!(format!("00-{trace}-{}-01", "0".repeat(16))),
        json!(format!("00-{}-{span}-01", trace.to_uppercase())),
        json!(format!("ff-{trace}-{span}-01")),
        json!(format!("00-{trace}-{span}-01-more")),
        json!("00-1-1-01"),
        json!(oversized),
    ] {
        let meta = object(&json!({ "traceparent": traceparent, "tracestate": 7, "baggage": ["no"] }));
        let parent = mcp::extract(&Context::new(), &meta);
        assert!(!parent.has_active_span(), "{traceparent:.80}");
        Operation::start(Side::Receiver, &method("ping"), &parent).end(&Ending::Returned);
    }
    assert!(telemetry.spans(14).iter().all(|span| span.parent_id() == opentelemetry::trace::SpanId::INVALID));
    let oversized =
        object(&json!({ "traceparent": format!("00-{trace}-{span}-01"), "baggage": format!("tenant={}", "x".repeat(9_000)) }));
    let context = mcp::extract(&Context::new(), &oversized);
    assert_eq!(context.span().span_context().trace_id().to_string(), trace);
    assert_eq!(context.baggage().len(), 0);
}

#[test]
fn any_carrier_will_do() {
    let telemetry = on(PRESCRIBED);
    let operation = Operation::start(Side::Sender, &method("ping"), &Context::current());
    let mut headers = HashMap::<String, String>::new();
    propagation::inject(operation.context(), &mut headers);
    operation.end(&Ending::Returned);
    let received = propagation::extract(&Context::new(), &headers);
    assert_eq!(received.span().span_context().span_id(), telemetry.span().id());
    assert!(received.span().span_context().is_remote());
}

#[test]
fn a_carrier_that_panics_is_one_that_says_nothing() {
    struct Panics;
    impl Extractor for Panics {
        fn get(&self, key: &str) -> Option<&str> {
            panic!("{key}")
        }
        fn keys(&self) -> Vec<&str> {
            Vec::new()
        }
    }
    impl Injector for Panics {
        fn set(&mut self, key: &str, _: String) {
            panic!("{key}")
        }
    }
    let telemetry = on(PRESCRIBED);
    let base = Context::current_with_baggage([KeyValue::new("kept", "yes")]);
    assert_eq!(propagation::extract(&base, &Panics).baggage().len(), 1);
    let operation = Operation::start(Side::Sender, &method("ping"), &base);
    propagation::inject(operation.context(), &mut Panics);
    operation.end(&Ending::Returned);
    assert_eq!(telemetry.span().status(), Status::Unset);
}

#[test]
fn the_ambient_span_is_linked_where_it_is_not_the_parent() {
    let telemetry = on(PRESCRIBED);
    let meta = object(&json!({ "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }));
    global::tracer("http").in_span("POST /mcp", |ambient| {
        let parent = mcp::extract(&ambient, &meta);
        run_in(Side::Receiver, &parent);
        run_in(Side::Receiver, &ambient);
        run_in(Side::Sender, &parent);
    });
    let spans = telemetry.spans(4);
    let links: Vec<Vec<_>> =
        spans.iter().map(|span| span.0.links.iter().map(|link| link.span_context.span_id()).collect()).collect();
    assert_eq!(links, [vec![], vec![spans[0].id()], vec![], vec![]]);
    assert_eq!(spans[1].parent_id().to_string(), "b7ad6b7169203331");
    assert_eq!(spans[2].parent_id(), spans[0].id());
}

fn run_in(side: Side, parent: &Context) {
    Operation::start(side, &method("ping"), parent).end(&Ending::Returned);
}

#[sampling_tool(name = "flight_status")]
fn forwarding_tool(endings: &[Ending<'static>]) -> Vec<Option<String>> {
    let send = |ending: &Ending<'static>| {
        let described = Described { session_id: Some("session"), ..call("flight_status") };
        let operation = Operation::start(Side::Sender, &described, &Context::current());
        let mut meta = Map::new();
        mcp::inject(operation.context(), &mut meta);
        operation.end(ending);
        meta.get("traceparent").and_then(Value::as_str).map(|traceparent| traceparent[36..52].to_owned())
    };
    endings.iter().map(send).collect()
}

#[test]
fn a_tool_that_forwards_is_the_span_of_the_first_request() {
    for vocabulary in [PRESCRIBED, GENAI] {
        let telemetry = on(vocabulary);
        let sent = forwarding_tool(&[Ending::Returned, Ending::Returned]);
        let [tool, second] = telemetry.spans(2).try_into().expect("two");
        assert_eq!(second.name(), "tools/call flight_status");
        assert_eq!((second.parent_id(), second.kind()), (tool.id(), SpanKind::Client));
        assert_eq!(sent, [Some(tool.id().to_string()), Some(second.id().to_string())]);
        let of_tool = tool.attributes();
        assert_eq!(of_tool["mcp.method.name"], text("tools/call"));
        assert_eq!(of_tool["mcp.session.id"], text("session"));
        assert_eq!(of_tool["gen_ai.tool.name"], text("flight_status"));
        assert_eq!(tool.status(), Status::Unset);
        assert_eq!(point(&telemetry, CLIENT).count, 2, "each is measured");
    }
}

#[sampling_tool(failed = |()| false)]
fn recovers() {
    run(Side::Sender, &call("flight_status"), &Ending::ToolError);
}

#[test]
fn a_tool_that_is_told_of_a_tool_error_has_one_unless_it_says_otherwise() {
    let telemetry = on(GENAI);
    forwarding_tool(&[Ending::ToolError]);
    let span = telemetry.span();
    assert_eq!((span.status(), span.get("error.type")), (Status::error(""), Some("tool_error".into())));
    drop(telemetry);

    let telemetry = on(GENAI);
    recovers();
    let span = telemetry.span();
    assert_eq!((span.status(), span.get("error.type")), (Status::Unset, None));
}

#[sampling_tool]
fn tool_of_other_requests() {
    run(Side::Sender, &method("resources/read"), &Ending::Returned);
    global::tracer("own").in_span("own", |_| run(Side::Sender, &call("flight_status"), &Ending::Returned));
    run(Side::Receiver, &call("flight_status"), &Ending::Returned);
}

#[test]
fn a_tool_takes_no_other_request_and_none_that_is_not_directly_inside() {
    let telemetry = on(PRESCRIBED);
    tool_of_other_requests();
    let tree = "sampling.execute_tool tool_of_other_requests\n  resources/read\n  own\n    tools/call flight_status\n  tools/call flight_status\n";
    assert_eq!(telemetry.tree(), tree);
    assert_eq!(telemetry.spans(5)[0].get("mcp.method.name"), None);
}

#[test]
fn an_unsampled_request_tells_its_receiver() {
    let telemetry = Telemetry::off().sampled(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))).propagated();
    let operation = Operation::start(Side::Sender, &method("ping"), &Context::current());
    let mut meta = Map::new();
    mcp::inject(operation.context(), &mut meta);
    assert!(meta["traceparent"].as_str().is_some_and(|traceparent| traceparent.ends_with("-00")), "{meta:?}");
    run_in(Side::Receiver, &mcp::extract(&Context::new(), &meta));
    operation.end(&Ending::Returned);
    assert_eq!(telemetry.spans(0).len(), 0);
}

#[test]
fn without_a_provider_a_request_is_its_parent_s_context() {
    let _telemetry = Telemetry::off().propagated();
    let meta = object(&json!({ "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }));
    let parent = mcp::extract(&Context::new(), &meta);
    let operation = Operation::start(Side::Receiver, &call("plan_trip"), &parent);
    assert_eq!(operation.context().span().span_context(), parent.span().span_context());
    operation.end(&Ending::Returned);
}

#[test]
fn a_provider_that_comes_later_is_there_from_the_next_request_on() {
    let mut telemetry = Telemetry::off();
    run(Side::Receiver, &method("ping"), &Ending::Returned);
    assert!(!mcp::is_listened_to());
    let early = Operation::start(Side::Receiver, &method("ping"), &Context::current());
    telemetry.install(Sampler::AlwaysOn);
    assert!(format!("{early:?}").ends_with("is_listened_to: false }"), "{early:?}");
    early.end(&Ending::Returned);
    assert!(mcp::is_listened_to());
    run(Side::Receiver, &method("initialize"), &Ending::Returned);
    assert_eq!(telemetry.span().name(), "initialize");
    telemetry.install_meter();
    run(Side::Receiver, &method("initialize"), &Ending::Returned);
    assert_eq!(point(&telemetry, SERVER).count, 1);
}

#[test]
fn a_request_outlives_its_provider() {
    let mut telemetry = on(PRESCRIBED);
    let operation = Operation::start(Side::Receiver, &call("plan_trip"), &Context::current());
    telemetry.install(Sampler::AlwaysOn);
    telemetry.install_meter();
    operation.end(&Ending::Returned);
    assert_eq!(telemetry.trees(), ["tools/call plan_trip\n", ""]);
}

#[test]
fn a_thread_s_last_destructors_send_nothing_and_do_not_panic() {
    struct Sends;
    impl Drop for Sends {
        fn drop(&mut self) {
            run_in(Side::Sender, &Context::new());
            assert!(!mcp::is_listened_to());
        }
    }
    thread_local!(static SENDS: Sends = const { Sends });
    let telemetry = on(PRESCRIBED);
    std::thread::spawn(|| {
        SENDS.with(|_| ());
        run_in(Side::Sender, &Context::new());
    })
    .join()
    .expect("no panic");
    telemetry.spans(1);
}

#[test]
fn the_receiver_of_the_prescribed_names_says_what_kind_of_component_is_asked_for() {
    let telemetry = on(PRESCRIBED);
    for described in [
        call("look"),
        Described { prompt: Some("greet"), ..method("prompts/get") },
        Described { resource_uri: Some("file:///a"), ..method("resources/read") },
        method("ping"),
    ] {
        run(Side::Receiver, &described, &Ending::Returned);
    }
    let said = |key: &str| -> Vec<String> {
        telemetry.spans(4).iter().map(|span| span.get(key).map(|value| value.to_string()).unwrap_or_default()).collect()
    };
    assert_eq!(said("fastmcp.component.type"), ["tool", "prompt", "resource", ""]);
    assert_eq!(said("fastmcp.component.key"), ["tool:look@", "prompt:greet@", "resource:file:///a@", ""]);
}

#[test]
fn a_trace_s_own_state_and_baggage_go_along() {
    let _telemetry = on(PRESCRIBED);
    let meta = json!({
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "own=1", "baggage": "user=ada",
    });
    let context = mcp::extract(&Context::new(), &object(&meta));
    let mut forwarded = object(&json!({ "traceparent": "another", "tracestate": "other=1", "progressToken": 1 }));
    mcp::inject(&context, &mut forwarded);
    let mut expected = object(&meta);
    expected.insert("progressToken".to_owned(), 1.into());
    assert_eq!(forwarded, expected);
}

/// As Jaeger's does, whose baggage has a key of its own for each entry.
#[test]
fn a_propagator_may_ask_which_keys_there_are() {
    #[derive(Debug)]
    struct Lists;
    #[derive(Debug, PartialEq)]
    struct Listed(Vec<String>);
    impl TextMapPropagator for Lists {
        fn inject_context(&self, _: &Context, _: &mut dyn Injector) {}
        fn extract_with_context(&self, context: &Context, carrier: &dyn Extractor) -> Context {
            context.with_value(Listed(carrier.keys().into_iter().map(str::to_owned).collect()))
        }
        fn fields(&self) -> FieldIter<'_> {
            static FIELDS: [String; 1] = [String::new()];
            FieldIter::new(&FIELDS)
        }
    }
    let _telemetry = Telemetry::on();
    global::set_text_map_propagator(Lists);
    let meta = object(&json!({ "uberctx-a": "1", "uberctx-b": "2" }));
    let context = mcp::extract(&Context::new(), &meta);
    assert_eq!(context.get::<Listed>(), Some(&Listed(vec!["uberctx-a".to_owned(), "uberctx-b".to_owned()])));
}
