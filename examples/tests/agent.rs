//! What `agent` draws, and where it sends it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent"));
    command.env_clear().envs(environment.iter().copied()).args(arguments).output().expect("agent is built")
}

fn drawing(arguments: &[&str]) -> String {
    let output = run(arguments, &[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!text.contains('\x1b'), "no colour where nobody sees it");
    text
}

/// The names in it, without bars, times, details and metrics.
fn names(drawing: &str) -> Vec<&str> {
    let is_name = |line: &&str| line.contains("─ ") || line.starts_with("sampling/");
    // Two spaces are between a name and its bar.
    drawing.lines().filter(is_name).map(|line| line.split("  ").find(|part| part.contains("sampling")).unwrap_or(line)).collect()
}

#[test]
fn the_tree_shows_steps_tools_a_failure_and_a_retry() {
    let drawing = drawing(&[]);
    assert_eq!(
        names(&drawing),
        [
            "sampling/createMessage",
            "├─ sampling/createMessage step",
            "├─ sampling.execute_tool flight_status",
            "├─ sampling.execute_tool travel_time",
            "├─ sampling/createMessage step",
            "├─ sampling.execute_tool travel_time",
            "├─ sampling/createMessage step",
            "├─ ◆ sampling.validation_failure",
            "╰─ sampling/createMessage step",
        ]
    );
    for part in [
        "agent.name trip-planner · provider.name scripted",
        "result_type Plan",
        "✗ timeout: no answer within 60ms",
        "consecutive_failures 1",
        "stop_reason endTurn",
        "gen_ai.client.token.usage {token}  provider.name scripted",
        "   4 measured,    2639 in all   token.type input",
        "mcp.server.operation.duration s",
    ] {
        assert!(drawing.contains(part), "{part}: {drawing}");
    }
}

#[test]
fn content_is_shown_only_if_asked_for() {
    const CONTENT: [&str; 4] = ["When do I have to leave home?", r#"{"flight":"LX 318"}"#, "by train", "Leave at 11:45"];
    let without = drawing(&[]);
    let with = drawing(&["--content"]);
    for part in CONTENT {
        assert!(!without.contains(part), "{without}");
        assert!(with.contains(part), "{with}");
    }
    assert!(without.contains("--content") && !with.contains("--content"));
}

#[test]
fn a_flag_that_does_not_exist_is_refused() {
    let output = run(&["--contents"], &[]);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(2), &b""[..]));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no `--contents`: expected `--content`"));
    let help = run(&["--help"], &[]);
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("usage: agent"));
}

#[test]
fn a_collector_that_is_not_there_is_a_message() {
    for protocol in ["http/protobuf", "grpc"] {
        let output =
            run(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{protocol}: {message}");
        assert!(
            message.contains("\nagent: not sent to http://127.0.0.1:1") && !message.contains("panicked"),
            "{protocol}: {message}"
        );
        assert!(message.starts_with("  ") && message.contains("\nsampling/createMessage  "), "{message}");
    }
}

#[test]
fn with_an_endpoint_traces_and_metrics_are_sent_there() {
    let collector = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", collector.local_addr().expect("bound"));
    let received = thread::spawn(move || {
        let mut requests = Vec::new();
        // The exporters close their connections when the agent ends; a request for each signal is all that is waited for.
        while !["/v1/traces", "/v1/metrics"].iter().all(|path| requests.iter().any(|(seen, _)| seen == path)) {
            let (connection, _) = collector.accept().expect("a connection");
            requests.extend(answer(connection));
        }
        // What comes after is answered by nobody, and needs to be refused at once.
        drop(collector);
        requests
    });
    let output = run(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && message.contains(&format!("agent: sent to {endpoint}")), "{message}");
    let requests = received.join().expect("the collector");
    let body = |path: &str| requests.iter().find(|(seen, _)| seen == path).map(|(_, body)| body.clone()).unwrap_or_default();
    let holds = |body: &[u8], text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&body("/v1/traces"), "sampling.execute_tool flight_status"));
    assert!(holds(&body("/v1/traces"), "samplescope-agent"));
    assert!(holds(&body("/v1/metrics"), "gen_ai.client.token.usage"));
}

/// Reads one request, and says that all is well. Its path and body.
fn answer(mut connection: TcpStream) -> Option<(String, Vec<u8>)> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        read_some(&mut connection, &mut request)?;
    };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length: usize = text.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    while request.len() < head + length {
        read_some(&mut connection, &mut request)?;
    }
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    Some((text.split(' ').nth(1)?.to_owned(), request.split_off(head)))
}

fn read_some(connection: &mut TcpStream, into: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 4096];
    let read = connection.read(&mut buffer).ok().filter(|&read| read > 0)?;
    into.extend_from_slice(&buffer[..read]);
    Some(())
}
