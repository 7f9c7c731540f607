//! Values that lie, fail, panic or are far too large: nothing breaks, nothing is invented, and what nobody wants is not looked at.

use opentelemetry_sdk::trace::Sampler;
use samplescope::__private::read;
use samplescope::{Settings, Vocabulary, sampling_step};
use samplescope_tests::Telemetry;
use serde::ser::{Error as _, SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::fmt;

/// A value that is not to be serialised.
struct Untouched;

impl Serialize for Untouched {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("nobody wants it")
    }
}

/// A request, or its response, whose content must not be looked at.
#[derive(Serialize)]
struct Large<'a> {
    // What tells the shape stands last.
    messages: Untouched,
    metadata: Untouched,
    model: &'a str,
}

#[derive(Serialize)]
struct Answer {
    message: Untouched,
    logprobs: Untouched,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Completion {
    usage: Value,
    choices: Vec<Answer>,
    system_fingerprint: Untouched,
    /// It would tell another shape, were this one not told.
    #[serde(rename = "usageMetadata")]
    usage_metadata: Untouched,
    model: &'static str,
}

/// A text that is not to be made.
struct Unwritten;

impl fmt::Display for Unwritten {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("nobody wants it")
    }
}

impl Serialize for Unwritten {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Serialize)]
struct Instructed {
    input: Untouched,
    instructions: Unwritten,
    model: &'static str,
}

#[test]
fn what_is_not_wanted_is_not_serialised() {
    let request = Large { messages: Untouched, metadata: Untouched, model: "m" };
    assert_eq!(read::request(&request, false), json!({ "gen_ai.request.model": "m" }));
    let request = Instructed { input: Untouched, instructions: Unwritten, model: "m" };
    assert_eq!(
        read::request(&request, false),
        json!({ "gen_ai.request.model": "m" }),
        "that there are instructions is all that is asked"
    );
    let answer = || Answer { message: Untouched, logprobs: Untouched, finish_reason: "stop" };
    let completion = Completion {
        usage: json!({ "prompt_tokens": 1 }),
        choices: vec![answer(), answer()],
        system_fingerprint: Untouched,
        usage_metadata: Untouched,
        model: "m",
    };
    let expected = json!({ "gen_ai.response.model": "m", "gen_ai.usage.input_tokens": 1, "gen_ai.response.finish_reasons": ["stop", "stop"] });
    assert_eq!(read::response(&completion, false), expected);
    assert_eq!(read::response(&completion, true), expected, "and content that panics takes nothing else with it");
}

/// What a request says beyond what metrics carry.
#[derive(Serialize)]
struct Recorded {
    messages: Untouched,
    model: &'static str,
    max_tokens: Untouched,
    n: Untouched,
    reasoning_effort: Untouched,
    stop: [Untouched; 1],
    temperature: Untouched,
    tools: Untouched,
}

#[sampling_step(request = request)]
async fn step(request: Recorded) {}

#[tokio::test]
async fn what_only_a_span_says_is_not_serialised_without_one() {
    let genai = Settings::default().with_vocabulary(Vocabulary::GenAi);
    let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered().with(genai);
    step(Recorded {
        messages: Untouched,
        model: "m",
        max_tokens: Untouched,
        n: Untouched,
        reasoning_effort: Untouched,
        stop: [Untouched],
        temperature: Untouched,
        tools: Untouched,
    })
    .await;
    let points = telemetry.points("gen_ai.client.inference.duration");
    assert_eq!(points[0].attributes["gen_ai.request.model"], r#"String("m")"#);
}

#[test]
fn content_that_panics_takes_nothing_else_with_it() {
    let request = Large { messages: Untouched, metadata: Untouched, model: "m" };
    assert_eq!(read::request(&request, true), json!({ "gen_ai.request.model": "m" }));
}

/// Fails where it says so.
struct Failing;

impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("hunter2"))
    }
}

#[test]
fn what_fails_says_nothing_and_half_a_sum_is_none() {
    #[derive(Serialize)]
    struct Usage {
        input_tokens: u32,
        cache_read_input_tokens: Failing,
    }
    #[derive(Serialize)]
    struct Response {
        r#type: &'static str,
        model: &'static str,
        usage: Usage,
    }
    let response = Response { r#type: "message", model: "m", usage: Usage { input_tokens: 3, cache_read_input_tokens: Failing } };
    assert_eq!(read::response(&response, true), json!({ "broken": true }));
    assert_eq!(read::request(&Failing, true), json!({ "broken": true }));
    assert_eq!(read::event(&Untouched, true), json!({ "broken": true }));
    assert_eq!(read::error(&Failing), None);
}

#[test]
fn a_count_that_is_none_is_unknown() {
    let usage = |input: Value, output: Value| {
        let seen = read::response(
            &json!({ "type": "message", "usage": { "input_tokens": input, "cache_read_input_tokens": 1, "output_tokens": output } }),
            true,
        );
        (seen.get("gen_ai.usage.input_tokens").cloned(), seen.get("gen_ai.usage.output_tokens").cloned())
    };
    for nonsense in [
        json!(-1),
        json!("12"),
        json!(1.5),
        json!(u64::MAX),
        json!(1e300),
        json!([3]),
        json!({ "n": 3 }),
        json!(null),
        json!(true),
    ] {
        assert_eq!(usage(nonsense.clone(), nonsense.clone()), (None, None), "{nonsense}");
    }
    assert_eq!(
        usage(json!(2.0), json!(i64::MAX)),
        (Some(json!(3)), Some(json!(i64::MAX))),
        "a whole number is one, however it is written"
    );
    assert_eq!(usage(json!(i64::MAX), json!(0)), (None, Some(json!(0))), "a sum that is too large is unknown");
    for nonsense in [json!(-5), json!("5")] {
        let cached = json!({ "type": "message", "usage": { "input_tokens": 10, "cache_read_input_tokens": nonsense } });
        assert_eq!(
            read::response(&cached, true),
            json!({}),
            "what is counted in and no count leaves the sum unknown: {nonsense}"
        );
    }
}

#[test]
fn what_is_no_number_or_word_is_left_out() {
    #[derive(Serialize)]
    struct NotANumber {
        messages: (),
        temperature: f64,
        top_p: f32,
    }
    let request = json!({ "model": ["m"], "temperature": "0.7", "top_p": null, "max_tokens": -3, "seed": "7", "n": 0, "messages": 7,
        "stop": [{ "a": "b" }, 3, ""], "tools": { "look": 1 }, "response_format": "json", "stream": "true" });
    assert_eq!(read::request(&request, false), json!({}));
    let long = json!({ "messages": [], "model": "x".repeat(2_000) });
    assert_eq!(read::request(&long, true), json!({}), "that is no model's name");
    let request = NotANumber { messages: (), temperature: f64::NAN, top_p: 0.7 };
    assert_eq!(read::request(&request, true), json!({ "gen_ai.request.top_p": 0.7 }));
}

/// A list in a list in a list, as deep as it says; a struct would not compile.
struct Deep(usize);

impl Serialize for Deep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(1))?;
        if self.0 > 0 {
            list.serialize_element(&Deep(self.0 - 1))?;
        }
        list.end()
    }
}

/// The same, of options and newtypes, which have no depth in JSON.
struct Wrapped(usize);

impl Serialize for Wrapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            0 => serializer.serialize_str("m"),
            n if n % 2 == 0 => serializer.serialize_some(&Wrapped(n - 1)),
            n => serializer.serialize_newtype_struct("Wrapped", &Wrapped(n - 1)),
        }
    }
}

#[test]
fn depth_is_bounded() {
    #[derive(Serialize)]
    struct Request {
        messages: Deep,
        model: Wrapped,
        stop: Deep,
        tools: Deep,
    }
    let seen = read::request(&json!({ "messages": [{ "role": "user", "content": "x" }], "model": "m" }), true);
    assert_eq!(seen["gen_ai.request.model"], "m");
    let request = |depth| Request { messages: Deep(depth), model: Wrapped(depth), stop: Deep(depth), tools: Deep(depth) };
    let shallow = read::request(&request(10), true);
    assert_eq!(shallow["gen_ai.request.model"], "m");
    let deep = read::request(&request(1_000_000), true);
    assert_eq!(deep.get("gen_ai.request.model"), None);
    assert_eq!(deep["fastmcp.sampling.tool_count"], 1);
    assert_eq!(read::response(&Deep(1_000_000), true), json!({ "unrecognised": [] }));
    assert_eq!(read::request(&Wrapped(1_000_000), true), json!({ "unrecognised": [] }));
    let arguments = read::response(&json_of_depth(1_000_000), true).to_string();
    assert!(arguments.contains("nested too deeply"), "{} bytes", arguments.len());
}

/// A response whose tool call has arguments as deep as that.
fn json_of_depth(depth: usize) -> impl Serialize {
    #[derive(Serialize)]
    struct Block {
        r#type: &'static str,
        name: &'static str,
        input: Deep,
    }
    #[derive(Serialize)]
    struct Response {
        r#type: &'static str,
        content: [Block; 1],
    }
    Response { r#type: "message", content: [Block { r#type: "tool_use", name: "look", input: Deep(depth) }] }
}

#[test]
fn a_text_of_a_hundred_megabytes_is_one_text() {
    let long = "x".repeat(100 << 20);
    let request = json!({ "model": "m", "messages": [{ "role": "user", "content": long }] });
    assert_eq!(read::request(&request, false), json!({ "gen_ai.request.model": "m" }));
    let seen = read::request(&request, true);
    assert_eq!(seen["gen_ai.input.messages"][0]["parts"][0]["content"].as_str().map(str::len), Some(100 << 20));
}

#[test]
fn a_list_without_an_end_is_cut() {
    struct Endless<T>(T);
    impl<T: Serialize> Serialize for Endless<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            for _ in 0..1_200_000 {
                list.serialize_element(&self.0)?;
            }
            list.end()
        }
    }
    #[derive(Serialize)]
    struct Request<T> {
        messages: [Message<T>; 1],
    }
    #[derive(Serialize)]
    struct Message<T> {
        role: &'static str,
        content: Content<T>,
    }
    #[derive(Serialize)]
    struct Content<T> {
        list: Endless<T>,
        more: u8,
        still_more: u8,
    }
    fn seen(of: impl Serialize) -> Value {
        let content = Content { list: Endless(of), more: 1, still_more: 2 };
        let seen = read::request(&Request { messages: [Message { role: "tool", content }] }, true);
        seen["gen_ai.input.messages"][0]["parts"][0]["response"].clone()
    }
    // What takes room is a value, be it null.
    for seen in [seen(7), seen(())] {
        let entries = seen["list"].as_array().expect("a list");
        let left_out = 1_200_001 - entries.len();
        assert_eq!(entries.last(), Some(&json!(format!("…[{left_out} entries left out]"))));
        assert_eq!(seen["…"], "[2 members left out]");
        assert_eq!(seen.as_object().map(serde_json::Map::len), Some(2), "and they are");
    }
}

#[test]
fn bytes_are_no_text_and_say_how_many_they_are() {
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"hunter2")
        }
    }
    #[derive(Serialize)]
    struct Request {
        messages: [Bytes; 1],
    }
    let seen = read::request(&Request { messages: [Bytes] }, true);
    assert_eq!(seen["gen_ai.input.messages"][0]["parts"][0]["content"], "…[7 bytes left out]");
}

#[test]
fn an_unknown_shape_says_its_members_names_and_no_value() {
    let unknown = json!({ "answer": "hunter2", "tokens": 3, "a name that somebody made up": 1 });
    assert_eq!(read::response(&unknown, true), json!({ "unrecognised": ["answer", "tokens"] }));
    assert_eq!(read::request(&unknown, true), json!({ "unrecognised": ["answer", "tokens"] }));
    assert_eq!(read::event(&unknown, true), json!({ "unrecognised": ["answer", "tokens"] }));
    assert_eq!(read::response("hunter2", true), json!({ "unrecognised": [] }));
    assert_eq!(read::request(&None::<Value>, true), json!({}), "nothing is no unknown shape");
    assert_eq!(read::response(&None::<Value>, true), json!({}), "nor is it there");
    assert_eq!(
        read::response(&json!({ "error": null }), true),
        json!({ "unrecognised": ["error"] }),
        "what has nothing in it is one"
    );
    for name in ["system", "systemPrompt"] {
        let alone = json!({ name: "hunter2" });
        assert_eq!(read::request(&alone, true), json!({ "unrecognised": [name] }), "no request is without what it asks");
    }
    assert_eq!(
        read::response(&Some(json!({ "choices": [{ "message": {} }], "model": "m" })), true)["gen_ai.response.model"],
        "m"
    );
}

/// A map whose keys are no strings, or come twice, or are texts that only `Display` has.
struct Odd;

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Shown;
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("shown")
            }
        }
        impl Serialize for Shown {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(&7, "seven")?;
        map.serialize_entry(&[1, 2], "a list")?;
        map.serialize_entry("messages", &[b'x'; 3].as_slice())?;
        map.serialize_entry("model", &Shown)?;
        map.serialize_entry("model", "again")?;
        map.end()
    }
}

#[test]
fn an_odd_map_is_read_as_far_as_it_goes() {
    let seen = read::request(&Odd, true);
    assert_eq!(seen["gen_ai.request.model"], "shown", "what is said first counts");
}

/// As `serde_json` writes numbers where somebody turned `arbitrary_precision` on.
struct Exact(&'static str);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut number = serializer.serialize_struct("$serde_json::private::Number", 1)?;
        number.serialize_field("$serde_json::private::Number", self.0)?;
        number.end()
    }
}

#[test]
fn numbers_of_any_precision_are_numbers() {
    #[derive(Serialize)]
    struct Request {
        messages: [Exact; 1],
        temperature: Exact,
        max_tokens: Exact,
    }
    let request = Request { messages: [Exact("12")], temperature: Exact("0.7"), max_tokens: Exact("100") };
    let seen = read::request(&request, true);
    assert_eq!((&seen["gen_ai.request.temperature"], &seen["gen_ai.request.max_tokens"]), (&json!(0.7), &json!(100)));
    assert_eq!(seen["gen_ai.input.messages"][0]["parts"][0]["content"], "12");
}

#[test]
fn a_response_with_endless_answers_has_a_thousand() {
    let choice = json!({ "finish_reason": "stop", "message": {} });
    let seen = read::response(&json!({ "choices": vec![choice; 5_000] }), false);
    assert_eq!(seen["gen_ai.response.finish_reasons"].as_array().map(Vec::len), Some(1_000));
}

#[test]
fn a_boolean_is_a_name_as_serde_json_has_it() {
    #[derive(Serialize)]
    struct Call<T> {
        #[serde(flatten)]
        call: Value,
        input: T,
    }
    #[derive(Serialize)]
    struct Response<T> {
        r#type: &'static str,
        content: [T; 1],
    }
    let input = std::collections::BTreeMap::from([(false, "off"), (true, "on")]);
    let call = json!({ "type": "tool_use", "id": "t", "name": "look" });
    let seen = read::response(&Response { r#type: "message", content: [Call { call, input }] }, true);
    assert_eq!(seen["gen_ai.output.messages"][0]["parts"][0]["arguments"], json!({ "false": "off", "true": "on" }));
}
