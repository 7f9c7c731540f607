//! A secret planted wherever content may be is in nothing that leaves the process while content is off, and never past the redactor:
//! spans, events, log records, metrics and our own warnings, in both vocabularies.

use opentelemetry::trace::FutureExt as _;
use samplescope::{
    Capture, Message, Part, Role, SamplingResponse, Settings, ToolDefinition, ToolOutcome, Vocabulary, sampling_loop,
    sampling_step, sampling_tool,
};
use samplescope_tests::{Logs, Telemetry};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

const SECRET: &str = "hunter2";

/// An error whose text is content.
#[derive(Debug)]
struct Told(String);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model said {}", self.0)
    }
}

/// A message with the secret in every part that carries content.
fn everywhere(role: Role) -> Message {
    let secret = || SECRET.to_owned();
    Message::new(role)
        .with(Part::text(secret()))
        .with(Part::tool_call(None, "look", json!({ SECRET: [SECRET, { "deep": SECRET }] })))
        .with(Part::tool_call_response(None, json!([SECRET, { SECRET: SECRET }])))
        .with(Part::reasoning(secret()))
        .with(Part::blob("image", secret()))
        .with(Part::uri("image", format!("https://example.com/{SECRET}")))
        .with(Part::file("image", secret()))
}

fn in_json() -> Value {
    json!([
        { "role": "user", "content": [{ "type": "text", "text": SECRET }, { "type": "mystery", "value": SECRET }] },
        { "role": "assistant", "tool_calls": [{ "id": "c", "function": { "name": "look", "arguments": format!("{{\"{SECRET}\":1}}") } }] },
        { "role": "tool", "tool_call_id": "c", "content": SECRET },
        { SECRET: SECRET },
    ])
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Fine,
    Failing,
    Panicking,
}

struct Response;

impl SamplingResponse for Response {
    fn message(&self) -> Option<Message> {
        Some(everywhere(Role::Assistant))
    }
}

struct Outcome;

impl ToolOutcome for Outcome {
    fn failed(&self) -> bool {
        true
    }

    fn result(&self) -> Option<Value> {
        Some(json!({ SECRET: SECRET }))
    }
}

#[sampling_loop(
    agent = "weather",
    system_prompt = everywhere(Role::System),
    messages = vec![everywhere(Role::User), Message::text(SECRET)],
    tools = ToolDefinition::new("look").with_description(SECRET).with_parameters(json!({ SECRET: { "const": SECRET } })),
    answer = |()| SECRET,
)]
async fn run(end: End) -> Result<(), Told> {
    ask(end).await?;
    by_type().await;
    outcome().await;
    unserialisable(&BTreeMap::from([((SECRET, 1), SECRET)])).await;
    let _ = look(&json!({ SECRET: [SECRET, 4711] }), end).await;
    Ok(())
}

#[sampling_step(system_prompt = SECRET, messages = in_json(), tools = json!([{ "name": "look", "description": SECRET }]), message = |()| (Role::Assistant, SECRET))]
async fn ask(end: End) -> Result<(), Told> {
    if end == End::Failing { Err(Told(SECRET.to_owned())) } else { Ok(()) }
}

#[sampling_step]
async fn by_type() -> Response {
    Response
}

#[sampling_tool]
async fn outcome() -> Outcome {
    Outcome
}

#[sampling_tool(arguments = arguments, result = |()| [SECRET])]
async fn unserialisable(arguments: &BTreeMap<(&str, u8), &str>) {}

#[sampling_tool(arguments = arguments, result = |text| text)]
async fn look(arguments: &Value, end: End) -> Result<String, Told> {
    assert!(end != End::Panicking, "a payload with {SECRET}");
    if end == End::Failing { Err(Told(arguments.to_string())) } else { Ok(format!("{{\"{SECRET}\": \"{SECRET}\"}}")) }
}

/// Everything that leaves the process, as text.
async fn exported(settings: Settings) -> String {
    let mut exported = Vec::new();
    for end in [End::Fine, End::Failing, End::Panicking] {
        let telemetry = Telemetry::on().metered().with(settings.clone());
        let logs = Logs::listen();
        let ended = tokio::spawn(run(end).with_current_context()).await;
        assert_eq!(ended.is_err(), end == End::Panicking);
        let lone = tokio::spawn(async { look(&json!({}), End::Failing).await.is_err() }.with_current_context());
        assert!(lone.await.is_ok_and(|failed| failed));
        assert!(telemetry.spans_so_far().len() >= 2);
        exported.push(format!("{:?}\n{:?}\n{:?}", telemetry.spans_so_far(), logs.records(), telemetry.metrics()));
    }
    exported.join("\n")
}

const VOCABULARIES: [Vocabulary; 2] = [Vocabulary::FastMcp, Vocabulary::GenAi];
const CAPTURES: [Capture; 4] = [Capture::Off, Capture::Spans, Capture::Events, Capture::SpansAndEvents];

/// That the secret is where it is looked for at all: without this, the other tests prove nothing.
#[tokio::test]
async fn content_that_was_asked_for_is_exported() {
    for vocabulary in VOCABULARIES {
        for capture in [Capture::Spans, Capture::Events, Capture::SpansAndEvents] {
            let settings = Settings::default().with_vocabulary(vocabulary).with_capture(capture).with_error_messages(false);
            assert!(exported(settings).await.contains(SECRET), "{vocabulary:?} {capture:?}");
        }
    }
}

#[tokio::test]
async fn with_content_off_a_secret_is_in_nothing_that_is_exported() {
    for vocabulary in VOCABULARIES {
        let settings = Settings::default().with_vocabulary(vocabulary);
        let without_errors = exported(settings.clone().with_error_messages(false)).await;
        assert!(!without_errors.contains(SECRET), "{vocabulary:?}: {}", around(&without_errors));
        let redacted = exported(settings.with_redactor(|_, text| text.replace(SECRET, "***").into())).await;
        assert!(!redacted.contains(SECRET), "{vocabulary:?}: {}", around(&redacted));
        assert!(redacted.contains("the model said ***"));
    }
}

#[tokio::test]
async fn by_default_an_error_s_own_text_is_exported_and_nothing_else() {
    for vocabulary in VOCABULARIES {
        let exported = exported(Settings::default().with_vocabulary(vocabulary)).await;
        let errors = exported.matches("the model said").count();
        assert_eq!(exported.matches(SECRET).count(), exported.matches(&format!("the model said {SECRET}")).count(), "{exported}");
        assert!(errors > 0);
    }
}

#[tokio::test]
async fn a_secret_never_gets_past_the_redactor() {
    for vocabulary in VOCABULARIES {
        for capture in CAPTURES {
            for limit in [None, Some(60), Some(300), Some(1000)] {
                let settings = Settings::default().with_vocabulary(vocabulary).with_capture(capture).with_length_limit(limit);
                let exported = exported(settings.with_redactor(|_, text| text.replace(SECRET, "***").into())).await;
                assert!(!exported.contains(SECRET), "{vocabulary:?} {capture:?} {limit:?}: {}", around(&exported));
            }
        }
    }
}

fn around(exported: &str) -> String {
    let at = exported.find(SECRET).unwrap_or_default();
    exported.chars().skip(exported[..at].chars().count().saturating_sub(200)).take(300).collect()
}
