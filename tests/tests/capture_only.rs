//! Pieces of content that nobody asked for are nowhere.

use futures::StreamExt as _;
use samplescope::mcp::{Described, Ending, Operation, Side};
use samplescope::{
    Capture, Chunk, Evaluation, Piece, Settings, Vocabulary, current_loop, current_step, current_tool, sampling_loop,
    sampling_step, sampling_tool,
};
use samplescope_tests::{Logs, Telemetry};

/// Each piece by a word of its own, in arguments, by handles, read and in streams.
#[sampling_loop(system_prompt = "word-system", messages = "word-input", tools = ["word-definition"], answer = |()| "word-output")]
async fn run() {
    ask();
    read();
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

#[sampling_step(request = serde_json::json!({
    "model": "m", "max_tokens": 1, "system": "word-system", "messages": [{"role": "user", "content": "word-input"}],
    "tools": [{"name": "t", "description": "word-definition", "input_schema": {}}]
}), response = |response| response)]
fn read() -> serde_json::Value {
    serde_json::json!({"type": "message", "role": "assistant", "stop_reason": "end_turn", "content": [{"type": "text", "text": "word-output"}]})
}

#[sampling_step(stream, chunk = |text| Chunk::new().text(*text))]
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
    let spans = telemetry.spans(7);
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
        assert_eq!(said(settings().with_capture_only([Piece::ErrorMessage])).await, []);
        for (piece, _) in PIECES {
            assert_eq!(said(settings().with_capture_only([piece])).await, [piece], "{vocabulary:?}");
            assert_eq!(said(settings().with_capture_only([piece, piece])).await, [piece], "said twice");
            assert_eq!(said(settings().with_capture_only([piece]).with_capture(Capture::Off)).await, []);
        }
    }
}
