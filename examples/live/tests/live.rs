//! The agent against a server on this machine that answers as recorded: what it sends, what comes out.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use samplescope::testing::{self, Ending, Run};
use samplescope_live::agent::{Agent, AgentError};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

/// An answer: its status, its type and its body.
type Answer = (u16, &'static str, String);

/// Gives one answer a request, and hands back what was asked.
fn serve(answers: Vec<Answer>) -> (String, JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let served = thread::spawn(move || {
        answers.into_iter().map(|answer| answered(&listener.accept().expect("a connection").0, &answer)).collect()
    });
    (base, served)
}

fn answered(mut stream: &TcpStream, (status, kind, body): &Answer) -> Value {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request");
    assert!(line.starts_with("POST /v1/chat/completions "), "{line}");
    let mut length = 0;
    while line.trim() != "" {
        line.clear();
        reader.read_line(&mut line).expect("a header");
        if let Some((_, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut asked = vec![0; length];
    reader.read_exact(&mut asked).expect("the body");
    write!(
        stream,
        "HTTP/1.1 {status} .\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("a reader");
    serde_json::from_slice(&asked).expect("JSON")
}

fn json_of(value: &Value) -> Answer {
    (200, "application/json", value.to_string())
}

fn events_of(events: &[Value]) -> Answer {
    let events = events.iter().map(|event| format!("data: {event}\n\n"));
    (200, "text/event-stream", events.chain(["data: [DONE]\n\n".to_owned()]).collect())
}

fn call(id: &str, name: &str, city: &str) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": name, "arguments": json!({ "city": city }).to_string() } })
}

fn completion(message: &Value, finish_reason: &str, tokens: [u32; 3]) -> Value {
    let [input, cached, output] = tokens;
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_795_000_000, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{ "index": 0, "message": message, "finish_reason": finish_reason, "logprobs": null }],
        "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
            "prompt_tokens_details": { "cached_tokens": cached, "audio_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0 } },
    })
}

fn chunk(delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_795_000_000, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": null }], "usage": null,
    })
}

fn used(tokens: [u32; 2]) -> Value {
    let [input, output] = tokens;
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_795_000_000, "model": "gpt-4o-mini-2024-07-18", "choices": [],
        "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
    })
}

async fn asked(streams: bool, answers: Vec<Answer>) -> (Run<Result<String, AgentError>>, Vec<Value>) {
    let (base, served) = serve(answers);
    let client = Client::with_config(OpenAIConfig::new().with_api_key("none").with_api_base(base));
    let agent = Agent { client, model: "gpt-4o-mini".to_owned(), streams };
    let run = testing::capture(agent.run("How is Oslo, and how is Atlantis?")).await;
    (run, served.join().expect("all was asked for"))
}

/// The loop, two steps and the tools of the first.
fn is_whole(run: &Run<Result<String, AgentError>>, tokens: [[i64; 2]; 2]) {
    let spans = run.spans(5);
    assert_eq!(run.output.as_deref().ok(), Some("Snow in Oslo."));
    let names: Vec<&str> = spans.iter().map(testing::Span::name).collect();
    let (step, tool) = ("sampling/createMessage step", "sampling.execute_tool");
    let weather = format!("{tool} weather");
    assert_eq!(names, ["sampling/createMessage", step, &weather, &weather, step], "{}", run.tree());
    assert!(spans[1..].iter().all(|span| span.parent() == Some(0)), "{}", run.tree());
    assert_eq!(spans[2].ending(), Ending::Success);
    let message = Some("nothing is known of `Atlantis`".to_owned());
    assert_eq!(spans[3].ending(), Ending::Error { error_type: Some("unknown_place".to_owned()), message });
    for (step, [input, output], reason) in [(&spans[1], tokens[0], "tool_call"), (&spans[4], tokens[1], "stop")] {
        assert_eq!(step.ending(), Ending::Success);
        assert_eq!(step["gen_ai.request.model"], "gpt-4o-mini");
        assert_eq!(step["gen_ai.request.temperature"], 0.2);
        assert_eq!(step["gen_ai.request.max_tokens"], 512);
        assert_eq!(step["gen_ai.response.model"], "gpt-4o-mini-2024-07-18");
        assert_eq!(step["gen_ai.response.id"], "chatcmpl-1");
        assert_eq!(step["gen_ai.response.finish_reasons"], json!([reason]));
        assert_eq!(step["gen_ai.usage.input_tokens"], input);
        assert_eq!(step["gen_ai.usage.output_tokens"], output);
    }
    let measured = run.metrics();
    let counted = measured.iter().find(|metric| metric.name() == "gen_ai.client.token.usage").expect("tokens are measured");
    let sum: u64 = counted.points().iter().filter_map(|point| point.sum().as_u64()).sum();
    assert_eq!(i64::try_from(sum), Ok(tokens.iter().flatten().sum()));
}

/// The second request has the model's turn in it, and what the tools said.
fn goes_on(requests: &[Value]) {
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0]["tools"][1]["function"]["name"], "time_zone");
    let said = |request: &Value| -> Vec<String> {
        let messages = request["messages"].as_array().into_iter().flatten();
        messages.map(|message| message["role"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(said(&requests[1]), ["system", "user", "assistant", "tool", "tool"]);
    assert_eq!(requests[1]["messages"][2]["tool_calls"][1]["id"], "call_2");
    assert_eq!(requests[1]["messages"][3]["content"], "snow, -3 °C");
}

#[tokio::test]
async fn a_chat_is_one_loop_with_its_tokens() {
    let calls = json!({ "role": "assistant", "content": null, "refusal": null,
        "tool_calls": [call("call_1", "weather", "Oslo"), call("call_2", "weather", "Atlantis")] });
    let answer = json!({ "role": "assistant", "content": "Snow in Oslo.", "refusal": null });
    let answers =
        vec![json_of(&completion(&calls, "tool_calls", [80, 64, 30])), json_of(&completion(&answer, "stop", [140, 0, 9]))];
    let (run, requests) = asked(false, answers).await;
    is_whole(&run, [[80, 30], [140, 9]]);
    goes_on(&requests);
    let steps = run.named("sampling/createMessage step");
    assert_eq!(steps[0]["gen_ai.usage.cache_read.input_tokens"], 64);
}

#[tokio::test]
async fn a_stream_is_one_loop_with_its_tokens() {
    let piece = |index: u8, call: Value| {
        chunk(
            &json!({ "tool_calls": [{ "index": index, "id": call["id"], "type": call["type"], "function": call["function"] }] }),
            None,
        )
    };
    let begun = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "weather", "arguments": "" } });
    let more = |arguments: &str| json!({ "function": { "arguments": arguments } });
    let calls = [
        chunk(&json!({ "role": "assistant", "content": null }), None),
        piece(0, begun("call_1")),
        piece(0, more("{\"city\":")),
        piece(0, more("\"Oslo\"}")),
        piece(1, begun("call_2")),
        piece(1, more("{\"city\":\"Atlantis\"}")),
        chunk(&json!({}), Some("tool_calls")),
        used([80, 30]),
    ];
    let answer = [
        chunk(&json!({ "role": "assistant", "content": "" }), None),
        chunk(&json!({ "content": "Snow " }), None),
        chunk(&json!({ "content": "in Oslo." }), None),
        chunk(&json!({}), Some("stop")),
        used([140, 9]),
    ];
    let (run, requests) = asked(true, vec![events_of(&calls), events_of(&answer)]).await;
    is_whole(&run, [[80, 30], [140, 9]]);
    goes_on(&requests);
    assert!(requests.iter().all(|request| request["stream"] == true && request["stream_options"]["include_usage"] == true));
    let steps = run.named("sampling/createMessage step");
    assert!(steps.iter().all(|step| step["gen_ai.request.stream"] == true), "{}", run.tree());
    assert!(steps.iter().all(|step| step.get("gen_ai.response.time_to_first_chunk").is_some()), "{}", run.tree());
}

#[tokio::test]
async fn an_error_of_the_provider_s_is_called_as_it_calls_it() {
    let error = json!({ "error": { "message": "Slow down.", "type": "requests", "param": null, "code": "rate_limit_exceeded" } });
    for streams in [false, true] {
        let (run, _) = asked(streams, vec![(400, "application/json", error.to_string())]).await;
        assert!(run.output.is_err());
        for span in run.spans(2) {
            assert_eq!(span["error.type"], "rate_limit_exceeded", "{}", run.tree());
        }
    }
}

#[test]
fn without_a_model_it_says_how_to_get_one() {
    let mut live = std::process::Command::new(env!("CARGO_BIN_EXE_live"));
    let output = live.env_remove("OPENAI_BASE_URL").env_remove("OPENAI_API_KEY").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    for word in ["OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL", "ollama", "llama-server", "examples/live/run"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
