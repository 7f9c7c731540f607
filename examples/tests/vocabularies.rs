//! `docs/vocabularies.md` shows one run in both vocabularies, and this is where it comes from:
//! `SAMPLESCOPE_BLESS=1 cargo test -p samplescope-examples --test vocabularies` writes it.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/both_vocabularies.json");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/vocabularies.md");

fn replay(opt_in: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_replay"))
        .arg(SCENARIO)
        .env("OTEL_SEMCONV_STABILITY_OPT_IN", opt_in)
        .env("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
        .output()
        .expect("replay runs");
    serde_json::from_slice(&output.stdout).expect("replay prints JSON")
}

fn heading(span: &Value) -> String {
    let text = |member: &str| span[member].as_str().unwrap_or_default().to_owned();
    format!("{}, {}", text("name"), text("kind"))
}

fn cell(value: Option<&Value>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("`{}`", value.to_string().replace('|', "\\|")))
}

/// Both runs side by side: a table a span, a row an attribute or event, the metrics behind them.
fn page(prescribed: &Value, genai: &Value) -> String {
    let mut page = String::from(
        "# One run in both vocabularies\n\n\
         `examples/scenarios/both_vocabularies.json`, replayed with content on. Left the names of FastMCP issue #3891, which are the default; right those of\n\
         the OpenTelemetry GenAI conventions (`OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental`). Written by a test: `CONTRIBUTING.md` says how.\n\
         What is neither a chat nor a tool call, as `embeddings small` (`sampling.embeddings small` on the left), is in the guide \
         [`records`](../runtime/src/guide/records.md#what-is-no-chat-and-no-tool-call).\n",
    );
    let spans = |run: &Value| run["spans"].as_array().cloned().unwrap_or_default();
    for (left, right) in spans(prescribed).iter().zip(&spans(genai)) {
        let _ = write!(page, "\n| | {} | {} |\n|---|---|---|\n", heading(left), heading(right));
        let members = |span: &Value| span["attributes"].as_object().cloned().unwrap_or_default();
        let (left_members, right_members) = (members(left), members(right));
        let keys: BTreeSet<&String> = left_members.keys().chain(right_members.keys()).collect();
        for key in keys {
            let _ = writeln!(page, "| `{key}` | {} | {} |", cell(left_members.get(key)), cell(right_members.get(key)));
        }
        let events = |span: &Value| -> Vec<String> {
            let events = span["events"].as_array().cloned().unwrap_or_default();
            events.iter().map(|event| format!("`{}`", event["name"].as_str().unwrap_or_default())).collect()
        };
        let (left_events, right_events) = (events(left), events(right));
        if !left_events.is_empty() || !right_events.is_empty() {
            let _ = writeln!(page, "| events | {} | {} |", left_events.join(", "), right_events.join(", "));
        }
    }
    let _ = write!(page, "\n| metrics | | |\n|---|---|---|\n");
    let names = |run: &Value| -> BTreeSet<String> {
        let metrics = run["metrics"].as_array().cloned().unwrap_or_default();
        metrics.iter().map(|metric| metric["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (left, right) = (names(prescribed), names(genai));
    for name in left.union(&right) {
        let mark = |run: &BTreeSet<String>| if run.contains(name) { "●" } else { "" };
        let _ = writeln!(page, "| `{name}` | {} | {} |", mark(&left), mark(&right));
    }
    page
}

#[test]
fn the_docs_show_one_run_in_both_vocabularies() {
    let page = page(&replay(""), &replay("gen_ai_latest_experimental"));
    if std::env::var_os("SAMPLESCOPE_BLESS").is_some() {
        std::fs::write(Path::new(PAGE), &page).expect("the page is written");
    }
    let shown = std::fs::read_to_string(PAGE).expect("the page is there");
    assert!(shown == page, "docs/vocabularies.md is not what replay prints: bless it, then read the diff");
}
