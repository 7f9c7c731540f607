//! ollama-rs, which drops why the model stopped.

use ollama_rs::generation::chat::request::ChatMessageRequest;
use ollama_rs::generation::chat::{ChatMessage, ChatMessageResponse};
use ollama_rs::generation::parameters::FormatType;
use ollama_rs::models::ModelOptions;
use samplescope_clients::{events, received, request, response};
use serde_json::{Value, json};

fn received_message(done: bool, message: &Value, counts: &Value) -> ChatMessageResponse {
    let mut all = json!({ "model": "llama3", "created_at": "2026-11-21T00:00:00Z", "done": done, "message": message });
    let counts = counts.as_object().cloned().unwrap_or_default();
    all.as_object_mut().expect("an object").extend(counts);
    received(&all)
}

fn counts() -> Value {
    json!({ "total_duration": 1, "load_duration": 1, "prompt_eval_count": 20, "prompt_eval_duration": 1, "eval_count": 9, "eval_duration": 1 })
}

#[test]
fn a_request() {
    let options =
        ModelOptions::default().temperature(0.7).top_p(0.9).top_k(5).num_predict(100).seed(7).stop(vec!["END".to_owned()]);
    let messages = vec![ChatMessage::system("Be brief.".to_owned()), ChatMessage::user("What is this?".to_owned())];
    let asked = ChatMessageRequest::new("llama3".to_owned(), messages).options(options).format(FormatType::Json);
    assert_eq!(
        request(&asked),
        json!({
            "gen_ai.request.model": "llama3",
            "gen_ai.request.temperature": 0.7,
            "gen_ai.request.top_p": 0.9,
            "gen_ai.request.top_k": 5,
            "gen_ai.request.max_tokens": 100,
            "gen_ai.request.seed": 7,
            "gen_ai.request.stop_sequences": ["END"],
            "gen_ai.output.type": "json",
            "gen_ai.system_instructions": [{ "type": "text", "content": "Be brief." }],
            "gen_ai.input.messages": [
                { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
                { "role": "user", "parts": [{ "type": "text", "content": "What is this?" }] },
            ],
        })
    );
}

#[test]
fn a_response_says_why_it_stopped_only_where_a_tool_call_tells() {
    let usage = json!({ "gen_ai.response.model": "llama3", "gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 9 });
    let with = |more: Value| {
        let mut all = usage.clone();
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    let text = received_message(true, &json!({ "role": "assistant", "content": "A cat." }), &counts());
    // The conventions' document has to have a finish reason: where nobody knows one, `stop` stands there, and only there.
    let message = json!([{ "role": "assistant", "finish_reason": "stop", "parts": [{ "type": "text", "content": "A cat." }] }]);
    assert_eq!(response(&text), with(json!({ "gen_ai.output.messages": message })));
    let calls = json!({ "role": "assistant", "content": "", "tool_calls": [{ "function": { "name": "look", "arguments": { "at": 1 } } }] });
    let part = json!({ "type": "tool_call", "name": "look", "arguments": { "at": 1 } });
    assert_eq!(
        response(&received_message(true, &calls, &counts())),
        with(json!({
            "gen_ai.response.finish_reasons": ["tool_call"],
            "gen_ai.output.messages": [{ "role": "assistant", "finish_reason": "tool_call", "parts": [part] }],
        }))
    );
}

#[test]
fn a_stream() {
    let piece = |content: &str| json!({ "role": "assistant", "content": content });
    let seen = events(&[
        received_message(false, &json!({ "role": "assistant", "content": "", "thinking": "hm" }), &Value::Null),
        received_message(false, &piece("A c"), &Value::Null),
        received_message(true, &piece(""), &counts()),
    ]);
    assert_eq!(
        seen,
        [
            json!({ "gen_ai.response.model": "llama3", "chunk": true, "pieces": [{ "reasoning": "hm" }] }),
            json!({ "gen_ai.response.model": "llama3", "chunk": true, "pieces": [{ "text": "A c" }] }),
            json!({ "gen_ai.response.model": "llama3", "gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 9, "last": true }),
        ]
    );
}
