//! What README and guides say of the agent, of each other and of backends is so.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

const README: &str = include_str!("../../README.md");
const GUIDE: &str = include_str!("../../runtime/src/guide/agent.md");
const BACKENDS: &str = include_str!("../../runtime/src/guide/backends.md");
const AGENT: &str = include_str!("../src/bin/agent/agent.rs");

#[test]
fn the_guide_quotes_the_agent_to_the_letter() {
    let start = AGENT.find("/// The loop:").expect("the agent begins with its loop");
    assert!(GUIDE.contains(&AGENT[start..]), "runtime/src/guide/agent.md and examples/src/bin/agent/agent.rs differ");
}

/// A line without its bar and its times, which differ from run to run.
fn timeless(line: &str) -> String {
    let bar = |character: char| ('\u{2588}'..='\u{258f}').contains(&character);
    let words = line.split(|character: char| character.is_whitespace() || bar(character)).filter(|word| !word.is_empty());
    let mut words: Vec<&str> = words.collect();
    if words.last() == Some(&"ms") {
        words.truncate(words.len() - 2);
    }
    words.join(" ")
}

#[test]
fn the_guide_shows_the_tree_that_the_agent_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_agent")).output().expect("the agent runs");
    let printed = String::from_utf8(output.stderr).expect("UTF-8");
    let (tree, _) = printed.split_once("\n\n").expect("the tree ends with an empty line");
    let shown = GUIDE.split("```text\n").nth(1).and_then(|block| block.split("\n```").next()).expect("the guide has a tree");
    let lines = |text: &str| text.lines().map(timeless).collect::<Vec<_>>();
    assert_eq!(lines(shown), lines(tree));
}

/// The guides that a text links to.
fn linked(text: &str) -> BTreeSet<&str> {
    text.split("docs.rs/samplescope/latest/samplescope/guide/").skip(1).filter_map(|rest| rest.split('/').next()).collect()
}

#[test]
fn the_readme_is_short_and_links_every_guide() {
    assert!(README.lines().count() <= 130);
    let modules = include_str!("../../runtime/src/guide/mod.rs").lines();
    let guides = modules.filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(" {}")).collect();
    assert_eq!(linked(README), guides);
    let hover = linked(include_str!("../../macros/src/lib.rs"));
    assert!(hover.len() > 2 && hover.is_subset(&guides), "{hover:?}");
}

/// The variables of each recipe, by the heading that it stands below.
fn recipes() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let blocks = BACKENDS.match_indices("```sh\nexport ").map(|(place, _)| {
        let heading = BACKENDS[..place].lines().rfind(|line| line.starts_with("# ")).expect("a heading");
        let lines = BACKENDS[place..].lines().skip(1).take_while(|line| *line != "```");
        let said = lines.map(|line| line.split("   #").next().unwrap_or(line));
        let variables = said.map(|line| line.strip_prefix("export ").and_then(|line| line.split_once('=')).expect("a variable"));
        (&heading[2..], variables.map(|(name, value)| (name, value.trim_matches('"'))).collect())
    });
    blocks.collect()
}

#[test]
fn with_the_variables_of_each_backend_the_agent_sends_to_the_path_and_with_the_headers_that_it_wants() {
    let recipes = recipes();
    let backends: BTreeSet<&str> = recipes.iter().map(|(backend, _)| *backend).collect();
    let expected = ["Datadog", "Grafana", "Honeycomb", "Jaeger", "Langfuse", "MLflow", "Phoenix"];
    assert_eq!(backends.into_iter().collect::<Vec<_>>(), expected);
    thread::scope(|scope| {
        for (backend, variables) in &recipes {
            scope.spawn(|| sends(backend, variables));
        }
    });
}

/// The agent, with these variables.
fn sends(backend: &str, variables: &[(&str, &'static str)]) {
    let receiver = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", receiver.local_addr().expect("bound"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent"));
    // The agent looks at this one; a recipe for traces alone has another, which goes before it.
    command.env_clear().env("OTEL_EXPORTER_OTLP_ENDPOINT", &address);
    let (mut path, mut headers) = ("", "");
    for (name, value) in variables {
        if name.ends_with("ENDPOINT") {
            let (scheme, place) = value.split_once("://").expect("an address");
            assert!(scheme == "https" || place.starts_with("localhost"), "{backend}: {value}");
            path = place.find('/').map_or("", |start| &place[start..]);
            command.env(name, format!("{address}{path}"));
        } else {
            headers = if name.ends_with("HEADERS") { value } else { headers };
            command.env(name, value);
        }
    }
    let received = thread::spawn(move || {
        let (connection, _) = receiver.accept().expect("a connection");
        head(connection)
    });
    assert!(command.output().expect("the agent runs").status.success(), "{backend}");
    let head = received.join().expect("a request");
    let path = format!("{}/v1/traces", path.trim_end_matches("/v1/traces"));
    assert!(head.starts_with(&format!("POST {path} ")), "{backend}: {head}");
    for header in headers.split(',').filter(|header| !header.is_empty()) {
        let (name, value) = header.split_once('=').expect("a header");
        let line = format!("\r\n{}: {}\r\n", name.to_lowercase(), value.replace("%20", " "));
        assert!(head.contains(&line), "{backend}: {line:?} {head:?}");
    }
}

/// What stands before the body of the request, which is refused.
fn head(mut connection: TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let length = loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let read = connection.read(&mut buffer).expect("a request");
        assert!(read > 0, "it ended within its head");
        request.extend_from_slice(&buffer[..read]);
    };
    request.truncate(length);
    let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    String::from_utf8_lossy(&request).into_owned()
}
