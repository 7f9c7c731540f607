//! `Settings::with_content_budget`: what a span, or a log event, carries of a conversation that is too long, and what it says of the rest.

use futures::StreamExt as _;
use opentelemetry::Value;
use samplescope::{
    Capture, Chunk, Message, Part, Settings, Vocabulary, current_loop, sampling_loop, sampling_step, sampling_tool,
};
use samplescope_tests::{Logs, Span, Telemetry};
use serde_json::json;
use std::slice;

const OMITTED: &str = "samplescope.input.messages.omitted";

#[sampling_loop(system_prompt = system, messages = history, tools = ["look_up"], answer = String::as_str)]
fn run(system: Option<&str>, history: &[Message], answer: &str) -> String {
    answer.to_owned()
}

/// Numbered, the last one the newest. So long that the SDK's limit of 128 events is not what leaves them out.
fn history(length: usize) -> Vec<Message> {
    (0..length).map(|number| Message::text(format!("message {number:04} {}", ".".repeat(40)))).collect()
}

fn settings(vocabulary: Vocabulary, budget: usize) -> Settings {
    Settings::default().with_vocabulary(vocabulary).with_capture(Capture::SpansAndEvents).with_content_budget(budget)
}

fn is_content(key: &str) -> bool {
    key == "gen_ai.choice"
        || key.ends_with(".message")
        || [
            "gen_ai.system_instructions",
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "gen_ai.tool.definitions",
            "gen_ai.tool.call.arguments",
            "gen_ai.tool.call.result",
        ]
        .contains(&key)
}

/// The content of a span, in attributes and events: by key.
fn content(span: &Span) -> Vec<(String, String)> {
    let events = span.0.events.events.iter().flat_map(|event| &event.attributes);
    let all = span.0.attributes.iter().chain(events);
    all.filter(|said| is_content(said.key.as_str())).map(|said| (said.key.to_string(), said.value.to_string())).collect()
}

/// The content of the one log event, which quotes.
fn logged(logs: &Logs) -> Vec<(String, String)> {
    let [log] = &logs.named("gen_ai.client.inference.operation.details")[..] else { panic!("{:?}", logs.records()) };
    let text = |value: &str| {
        value.strip_prefix("String(\"").and_then(|text| text.strip_suffix("\")")).map(|text| text.replace("\\\"", "\""))
    };
    log.attributes
        .iter()
        .filter(|(key, _)| is_content(key))
        .map(|(key, value)| (key.clone(), text(value).unwrap_or_default()))
        .collect()
}

fn length(content: &[(String, String)]) -> usize {
    content.iter().map(|(_, text)| text.chars().count()).sum()
}

/// The numbers of the messages that are there, in order.
fn numbers(content: &[(String, String)]) -> Vec<usize> {
    let text: String = content
        .iter()
        .filter(|(key, _)| !key.contains("output") && key != "gen_ai.choice")
        .map(|(_, text)| text.as_str())
        .collect();
    text.split("message ").skip(1).filter_map(|text| text.get(..4)?.parse().ok()).collect()
}

#[test]
fn the_system_prompt_and_the_newest_messages_are_kept_and_the_others_counted() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().with(settings(vocabulary, 4_000));
        let logs = Logs::listen();
        run(Some("You are terse."), &history(10_000), "The answer.");
        let span = telemetry.span();
        for content in [content(&span), logged(&logs)] {
            let text = format!("{content:?}");
            assert!(text.contains("You are terse.") && text.contains("The answer."), "{vocabulary:?}: {text}");
            assert!(length(&content) <= 4_000, "{}", length(&content));
            let kept = numbers(&content);
            assert!(kept.len() > 15, "{kept:?}");
            assert_eq!(kept, (10_000 - kept.len()..10_000).collect::<Vec<_>>());
        }
        let omitted = |content: &[(String, String)]| 10_000 - i64::try_from(numbers(content).len()).expect("a count");
        assert_eq!(span.get(OMITTED), Some(Value::I64(omitted(&content(&span)))));
        let log = &logs.named("gen_ai.client.inference.operation.details")[0];
        assert_eq!(log.attributes[OMITTED], format!("I64({})", omitted(&logged(&logs))));
    }
}

#[test]
fn what_fits_is_as_without_a_budget() {
    // Which JSON may write otherwise: escaped, and with a space.
    let history: Vec<_> = history(10).into_iter().chain([Message::text("\u{8}")]).collect();
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let said = |budget: Option<usize>| {
            let telemetry = Telemetry::on().with(settings(vocabulary, 0).with_content_budget(budget));
            run(Some("You are terse."), &history, "The answer.");
            tool(&json!("{ \"words\": [] }"));
            telemetry.spans(2).iter().map(|span| (span.attributes(), span.events())).collect::<Vec<_>>()
        };
        assert_eq!(said(Some(10_000)), said(None));
        assert!(!said(Some(10_000))[0].0.contains_key(OMITTED));
    }
}

#[test]
fn instructions_in_the_history_are_the_system_prompt_where_no_other_is_given() {
    let mut history = history(1_000);
    history[0] = Message::system("You are terse.");
    history[500] = Message::new("developer").with(Part::text("Answer in Danish."));
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        for system in [None, Some("Be kind.")] {
            let telemetry = Telemetry::on().with(settings(vocabulary, 1_500));
            run(system, &history, "Ja.");
            let text = format!("{:?}", content(&telemetry.span()));
            assert_eq!(text.contains("You are terse."), system.is_none(), "{text}");
            assert_eq!(text.contains("Answer in Danish."), system.is_none(), "{text}");
            assert!(text.contains("message 0999"), "{text}");
        }
    }
}

#[test]
fn the_newest_message_is_cut_where_it_alone_is_too_long() {
    let history = [Message::text("message 0000"), Message::text("long ".repeat(1_000))];
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().with(settings(vocabulary, 1_000));
        run(None, &history, "The answer.");
        let span = telemetry.span();
        let text = format!("{:?}", content(&span));
        assert!(text.contains("long long") && text.contains(" cut]") && text.contains("The answer."), "{text}");
        assert!(!text.contains("message 0000"), "{text}");
        assert_eq!(span.get(OMITTED), Some(Value::I64(1)));
    }
}

#[test]
fn a_newest_message_of_many_small_values_is_cut_and_one_without_any_room_makes_way_for_those_before_it() {
    let rows = Message::new("tool").with(Part::tool_call_response(None, (0..3_000).collect()));
    let fragments = (0..400).map(|_| Part::text("x")).fold(Message::new("user"), Message::with);
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let said = |newest: &Message| {
            let telemetry = Telemetry::on().with(settings(vocabulary, 8_000));
            run(None, &[&history(3)[..], slice::from_ref(newest)].concat(), "The answer.");
            let span = telemetry.span();
            (content(&span), span.get(OMITTED))
        };
        let (content, omitted) = said(&rows);
        let text = format!("{content:?}").replace('\\', "");
        assert!(text.contains(r#""response":"[0,1,2,3,"#) && text.contains(" cut]"), "{vocabulary:?}: {text}");
        assert_eq!((numbers(&content), omitted), (vec![], Some(Value::I64(3))), "it takes all the room that there is");
        if vocabulary == Vocabulary::GenAi {
            let (content, omitted) = said(&fragments);
            assert_eq!((numbers(&content), omitted), (vec![0, 1, 2], Some(Value::I64(1))), "{content:?}");
        }
    }
}

#[sampling_step(messages = history(50), tools = ["look_up"], message = String::as_str)]
fn step(answer: &str) -> String {
    answer.to_owned()
}

#[sampling_step(messages = history(50), stream, chunk = |text| Chunk::new().text(*text))]
fn stream() -> impl futures::Stream<Item = &'static str> {
    futures::stream::iter(["many words "; 200])
}

#[sampling_tool(arguments = given, result = |result| result)]
fn tool(given: &serde_json::Value) -> serde_json::Value {
    given.clone()
}

#[sampling_loop(system_prompt = "You are very terse. ".repeat(20), answer = String::as_str)]
async fn everything(answer: &str) -> String {
    current_loop().messages(history(100));
    step(answer);
    stream().count().await;
    tool(&json!({ "words": vec!["some words"; 100] }));
    answer.to_owned()
}

#[tokio::test]
async fn no_span_and_no_log_event_has_more_than_the_budget_whatever_it_is() {
    let answer = "Words, words, words. ".repeat(30);
    let redacting =
        |settings: Settings| settings.with_redactor(|_, text| text.replace("words", "[a word that is longer]").into());
    for budget in (0..2_000).step_by(37).chain([1, 2, 3]) {
        for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
            let settings = settings(vocabulary, budget);
            for settings in [settings.clone(), redacting(settings.clone()), settings.with_length_limit(300)] {
                let telemetry = Telemetry::on().with(settings);
                let logs = Logs::listen();
                everything(&answer).await;
                for span in telemetry.spans(4) {
                    let content = content(&span);
                    assert!(length(&content) <= budget, "{budget}: {} in {content:?}", length(&content));
                    assert!(budget > 0 || content.is_empty(), "{content:?}");
                    for (key, text) in content.iter().filter(|(key, _)| !key.ends_with("message") && key != "gen_ai.choice") {
                        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{key}: {text}");
                    }
                }
                for log in logs.named("gen_ai.client.inference.operation.details") {
                    let texts =
                        log.attributes.iter().filter(|(key, _)| is_content(key)).map(|(_, text)| text.replace("\\\"", "\""));
                    let length: usize = texts.map(|text| text.chars().count() - "String(\"\")".len()).sum();
                    assert!(length <= budget, "{budget}: {length} in {log:?}");
                }
            }
        }
    }
}
