//! Pieces of content that nobody asked for are nowhere.

use futures::StreamExt as _;
use samplescope::mcp::{Described, Ending, Operation, Side};
use samplescope::{
    Capture, Chunk, Evaluation, Message, Part, Piece, Role, Settings, Vocabulary, current_loop, current_step, current_tool,
    sampling_loop, sampling_step, sampling_tool, start_loop,
};
use samplescope_tests::{Logs, Telemetry};
use serde_json::{Value, json};

/// Each piece by a word of its own, in arguments, by handles, read and in streams.
#[sampling_loop(system_prompt = "word-system", messages = history(), tools = ["word-definition"], answer = |()| answer())]
async fn run() {
    ask();
    read();
    read_history();
    late();
    by_hand();
    assert_eq!(stream_of_messages().count().await, 2);
    assert_eq!(stream().count().await, 1);
    tool();
    assert_eq!(stream_of_a_tool().count().await, 1);
    let described = Described { method: "tools/call", ..Described::default() };
    let mut request = Operation::start(Side::Sender, &described, &opentelemetry::Context::current());
    request.arguments("word-arguments");
    request.result("word-result");
    request.end(&Ending::Returned);
    current_loop().evaluated(Evaluation::new("tone").score(1).explanation("word-explanation"));
}

#[sampling_step(tools = ["word-definition"])]
fn ask() {
    current_step().system_prompt("word-system");
    current_step().messages("word-input");
    current_step().message("word-output");
}

#[sampling_step(request = json!({
    "model": "m", "max_tokens": 1, "system": "word-system", "messages": [{"role": "user", "content": "word-input"}],
    "tools": [{"name": "t", "description": "word-definition", "input_schema": {}}]
}), response = |response| response)]
fn read() -> Value {
    json!({"type": "message", "role": "assistant", "stop_reason": "end_turn", "content": [{"type": "text", "text": "word-output"}]})
}

/// What was said before, in which each piece stands as a message or in one.
fn history() -> Vec<Message> {
    let found = || Part::tool_call_response("c".to_owned(), json!({ "word-result": ["word-result"] }));
    vec![
        Message::system("word-system"),
        Message::new("developer").with(Part::text("word-system")).with(Part::uri("image", "word-system")),
        Message::new("System").with(Part::text("word-system")),
        Message::user("word-input"),
        calling("word-input"),
        Message::new(Role::Tool).with(found()),
        Message::user("word-input").with(found()),
        Message::new(Role::Tool).with(Part::text("word-result")).with(Part::uri("image", "word-result")),
        Message::new("function").with(Part::text("word-result")),
    ]
}

fn calling(said: &str) -> Message {
    Message::assistant(said).with(Part::tool_call("c".to_owned(), "look", json!({ "word-arguments": ["word-arguments"] })))
}

/// Whoever hands back the whole history has the prompt in it.
fn answer() -> Vec<Message> {
    vec![Message::system("word-system"), calling("word-output")]
}

#[sampling_step(request = json!({ "model": "m", "messages": [
    { "role": "system", "content": "word-system" },
    { "role": "developer", "content": [{ "type": "text", "text": "word-system" }] },
    { "role": "user", "content": "word-input" },
    { "role": "assistant", "content": "word-input", "tool_calls": [called()] },
    { "role": "tool", "tool_call_id": "c", "content": "word-result" },
] }), response = |response| response)]
fn read_history() -> Value {
    let message = json!({ "role": "assistant", "content": "word-output", "tool_calls": [called()] });
    json!({ "object": "chat.completion", "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": message }] })
}

fn called() -> Value {
    let arguments = json!({ "word-arguments": "word-arguments" }).to_string();
    json!({ "id": "c", "type": "function", "function": { "name": "look", "arguments": arguments } })
}

#[sampling_loop]
fn late() {
    current_loop().messages(history());
    current_loop().answer(answer());
}

fn by_hand() {
    let run = start_loop(|run| run.messages(&history()));
    let step = run.step(|step| step.messages(&history()));
    step.message(answer());
    step.end();
    run.answer(answer());
    run.end();
}

#[sampling_step(stream, chunk = |message| Chunk::new().message(message))]
fn stream_of_messages() -> impl futures::Stream<Item = Vec<Message>> {
    futures::stream::iter([vec![calling("word-output")], answer()])
}

#[sampling_step(stream, chunk = |text| Chunk::new().text(*text).tool_call(0, "c", "look", r#"{"word-arguments":1}"#))]
fn stream() -> impl futures::Stream<Item = &'static str> {
    futures::stream::iter(["word-output"])
}

#[sampling_tool(arguments = "word-arguments")]
fn tool() {
    current_tool().result("word-result");
}

#[sampling_tool(stream, chunk = |text| Chunk::new().text(*text))]
fn stream_of_a_tool() -> impl futures::Stream<Item = &'static str> {
    futures::stream::iter(["word-result"])
}

const PIECES: [(Piece, &str); 7] = [
    (Piece::System, "word-system"),
    (Piece::Input, "word-input"),
    (Piece::Output, "word-output"),
    (Piece::ToolDefinitions, "word-definition"),
    (Piece::ToolArguments, "word-arguments"),
    (Piece::ToolResult, "word-result"),
    (Piece::Explanation, "word-explanation"),
];

async fn said(settings: Settings) -> Vec<Piece> {
    let telemetry = Telemetry::on().with(settings);
    let logs = Logs::listen();
    run().await;
    let spans = telemetry.spans(12);
    let text = format!("{spans:?}{:?}", logs.records());
    PIECES.into_iter().filter(|(_, word)| text.contains(word)).map(|(piece, _)| piece).collect()
}

#[tokio::test]
async fn each_piece_is_there_alone_and_none_without_capture() {
    let all: Vec<Piece> = PIECES.iter().map(|(piece, _)| *piece).collect();
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let settings = || Settings::default().with_vocabulary(vocabulary).with_capture(Capture::SpansAndEvents);
        assert_eq!(said(settings()).await, all);
        assert_eq!(said(settings().with_capture_only(all.clone())).await, all);
        assert_eq!(said(settings().with_capture_only([])).await, []);
        assert_eq!(said(settings().with_capture_only([Piece::Input, Piece::Input])).await, [Piece::Input]);
        assert_eq!(said(settings().with_capture_only([Piece::ErrorMessage])).await, []);
        for (piece, _) in PIECES {
            assert_eq!(said(settings().with_capture_only([piece])).await, [piece], "{vocabulary:?}");
            assert_eq!(said(settings().with_capture_only([piece, piece])).await, [piece], "said twice");
            assert_eq!(said(settings().with_capture_only([piece]).with_capture(Capture::Off)).await, []);
            let others: Vec<Piece> = all.iter().copied().filter(|other| *other != piece).collect();
            assert_eq!(said(settings().with_capture_only(others.clone())).await, others, "{vocabulary:?}");
        }
    }
}

/// The messages of one step, which are written as one document.
fn documents(pieces: &[Piece], messages: &[Message]) -> [Option<Value>; 2] {
    let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans);
    let telemetry = Telemetry::on().with(settings.with_capture_only(pieces.iter().copied()));
    let run = start_loop(|run| run.messages(messages));
    run.answer(messages);
    run.end();
    ["gen_ai.input.messages", "gen_ai.output.messages"]
        .map(|key| Some(serde_json::from_str(&telemetry.span().get(key)?.as_str()).expect("JSON")))
}

#[test]
fn of_a_tool_call_whose_arguments_nobody_asked_for_its_id_and_its_name_are_there() {
    let text = |text: &str| json!({ "type": "text", "content": text });
    let call = |arguments: Value| json!({ "type": "tool_call", "id": "c", "name": "look", "arguments": arguments });
    let found = |response: Value| json!({ "type": "tool_call_response", "id": "c", "response": response });
    let arguments = || json!({ "word-arguments": ["word-arguments"] });
    let response = || json!({ "word-result": ["word-result"] });
    let input = |pieces: &[Piece]| {
        let [input, output] = documents(pieces, &history());
        assert_eq!(output, None);
        input.expect("captured")
    };
    let neither = input(&[Piece::Input]);
    assert_eq!(
        neither,
        json!([
            { "role": "user", "parts": [text("word-input")] },
            { "role": "assistant", "parts": [text("word-input"), call(Value::Null)] },
            { "role": "tool", "parts": [found(Value::Null)] },
            { "role": "user", "parts": [text("word-input"), found(Value::Null)] },
        ]),
        "a message of a tool's that is nothing but its result is left out with it"
    );
    let [with_arguments, with_result] = [Piece::ToolArguments, Piece::ToolResult].map(|piece| input(&[Piece::Input, piece]));
    assert_eq!((&with_arguments[1]["parts"][1], &with_arguments[2]["parts"][0]), (&call(arguments()), &found(Value::Null)));
    assert_eq!((&with_result[1]["parts"][1], &with_result[2]["parts"][0]), (&call(Value::Null), &found(response())));
    assert_eq!(with_result.as_array().map(Vec::len), Some(6));
    let system = input(&[Piece::System]);
    assert_eq!(
        system.as_array().expect("a list").iter().map(|message| &message["role"]).collect::<Vec<_>>(),
        ["system", "developer", "System"]
    );
    let [input, output] = documents(&[Piece::Output], &answer());
    assert_eq!(input, None);
    assert_eq!(output.expect("captured")[0]["parts"], json!([text("word-output"), call(Value::Null)]));
    assert_eq!(documents(&[Piece::ToolArguments, Piece::ToolResult, Piece::ToolDefinitions], &history()), [None, None]);
}
