//! What `replay` prints, held beside what FastMCP's PR #3892 emits for the same runs.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CONTENT: (&str, &str) = ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true");
const GENAI: (&str, &str) = ("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental");

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name)
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
    command.env_clear().envs(environment.iter().copied()).args(arguments).output().expect("replay is built")
}

/// What a scenario prints.
fn replay(name: &str, environment: &[(&str, &str)]) -> Value {
    let file = scenario(&format!("{name}.json"));
    let output = run(&[file.to_str().expect("UTF-8")], environment);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(scenario(name)).expect("a file of this repository");
    serde_json::from_str(&text).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// One line a span, indented below its parent: name, status and kind of error, and its events.
fn summary(replay: &Value) -> Vec<String> {
    let spans = list(&replay["spans"]);
    let lines = spans.iter().map(|span| {
        let mut depth = 0;
        let mut parent = &span["parent"];
        while let Some(index) = parent.as_u64() {
            depth += 1;
            parent = &spans[usize::try_from(index).expect("an index")]["parent"];
        }
        let name = span["name"].as_str().expect("a name").trim_start_matches("sampling/createMessage ");
        let wrong = match span["status"].as_str() {
            Some("Unset") => String::new(),
            _ => format!(" ✗ {}: {}", span["attributes"]["error.type"], span["description"]),
        };
        let events = list(&span["events"]).iter().map(|event| match event["name"].as_str() {
            Some("sampling.validation_failure") => {
                format!(" [invalid {}]", event["attributes"]["fastmcp.sampling.consecutive_failures"])
            }
            Some("sampling.text_response_retry") => format!(" [retry {}]", event["attributes"]["fastmcp.sampling.retry_count"]),
            other => format!(" [{}]", other.unwrap_or_default()),
        });
        format!("{}{name}{wrong}{}", "  ".repeat(depth), events.collect::<String>())
    });
    lines.collect()
}

fn iterations(replay: &Value) -> &Value {
    &replay["spans"][0]["attributes"]["fastmcp.sampling.iterations"]
}

/// Our spans hold all that the reference's hold, but what it invents.
fn assert_covers(name: &str, ours: &Value, reference: &Value) {
    let request = &read(&format!("{name}.json"))["request"];
    assert_eq!(ours["outcome"], reference["outcome"], "{name}");
    assert_eq!(list(&ours["spans"]).len(), list(&reference["spans"]).len(), "{name}");
    for (ours, reference) in list(&ours["spans"]).iter().zip(list(&reference["spans"])) {
        for key in ["name", "kind", "parent", "status", "description"] {
            assert_eq!(ours[key], reference[key], "{name}: {key}");
        }
        for (key, value) in reference["attributes"].as_object().expect("an object") {
            let is_invented = key.strip_prefix("gen_ai.request.").is_some_and(|key| request[key].is_null());
            let expected = if is_invented { &Value::Null } else { value };
            assert_eq!(&ours["attributes"][key], expected, "{name}: {key}");
        }
        let mut events = list(&ours["events"]).iter();
        for event in list(&reference["events"]) {
            let same = events.find(|ours| ours["name"] == event["name"]).expect("the event, in this order");
            for (key, value) in event["attributes"].as_object().expect("an object") {
                let is_module_path = key == "exception.type";
                assert!(is_module_path || same["attributes"][key] == *value, "{name}: {key}");
            }
        }
    }
}

#[test]
fn spans_hold_all_that_the_reference_holds() {
    for name in ["text", "tool", "failing_tool", "invalid_then_valid"] {
        assert_covers(name, &replay(name, &[]), &read(&format!("{name}.reference.json")));
        assert_covers(name, &replay(name, &[CONTENT]), &read(&format!("{name}.reference-content.json")));
    }
}

#[test]
fn an_unset_temperature_is_left_out_and_a_set_one_is_a_number() {
    assert_eq!(replay("tool", &[])["spans"][0]["attributes"].get("gen_ai.request.temperature"), None);
    let text = replay("text", &[]);
    assert_eq!(text["spans"][0]["attributes"]["gen_ai.request.temperature"], json!(0.7));
    assert_eq!(text["spans"][1]["attributes"]["gen_ai.request.max_tokens"], json!(256));
}

#[test]
fn tools_that_run_at_once_are_children_of_their_step_in_call_order() {
    let replay = replay("parallel_tools", &[]);
    assert_eq!(
        summary(&replay),
        [
            "sampling/createMessage",
            "  step",
            "    sampling.execute_tool weather",
            "    sampling.execute_tool time",
            r#"    sampling.execute_tool traffic ✗ "TimeoutError": "no answer" [exception]"#,
            "  step",
        ]
    );
    let run = &replay["spans"][0]["attributes"];
    assert_eq!((&run["fastmcp.sampling.tool_count"], &run["fastmcp.sampling.handler_mode"]), (&json!(3), &json!("client")));
    let step = &replay["spans"][1]["attributes"];
    for (key, value) in [
        ("fastmcp.sampling.stop_reason", json!("toolUse")),
        ("gen_ai.request.model", json!("test")),
        ("gen_ai.response.finish_reasons", json!(["tool_call"])),
        ("gen_ai.response.id", json!("msg_1")),
        ("gen_ai.response.model", json!("test-1")),
        ("gen_ai.usage.input_tokens", json!(100)),
        ("gen_ai.usage.output_tokens", json!(20)),
        ("gen_ai.usage.cache_read.input_tokens", json!(64)),
        ("gen_ai.usage.cache_creation.input_tokens", json!(8)),
    ] {
        assert_eq!(step[key], value, "{key}");
    }
}

#[test]
fn metrics_are_printed_with_their_points() {
    let replay = replay("parallel_tools", &[]);
    let [tokens, duration] = list(&replay["metrics"]) else { panic!("{}", replay["metrics"]) };
    let attributes = |kind| {
        json!({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "test", "gen_ai.response.model": "test-1",
                "gen_ai.token.type": kind })
    };
    assert_eq!(
        *tokens,
        json!({ "name": "gen_ai.client.token.usage", "unit": "{token}", "points": [
            { "attributes": attributes("input"), "count": 2, "sum": 250 },
            { "attributes": attributes("output"), "count": 2, "sum": 30 },
        ] })
    );
    assert_eq!((&duration["name"], &duration["unit"]), (&json!("mcp.server.operation.duration"), &json!("s")));
    let point = &duration["points"][0];
    assert_eq!(point["attributes"], json!({ "mcp.method.name": "sampling/createMessage" }));
    assert!(point["count"] == 1 && point["sum"].is_f64(), "{point}");
}

#[test]
fn content_is_there_if_asked_for_and_only_then() {
    assert!(!replay("parallel_tools", &[]).to_string().contains("Seattle"));
    let replay = replay("parallel_tools", &[CONTENT]);
    assert_eq!(
        replay["spans"][0]["events"],
        json!([
            { "name": "gen_ai.system.message", "attributes": { "gen_ai.system.message": "Be brief." } },
            { "name": "gen_ai.user.message", "attributes": { "gen_ai.user.message": "weather and time?" } },
            { "name": "gen_ai.assistant.message", "attributes": { "gen_ai.assistant.message": "Where?" } },
            { "name": "gen_ai.user.message", "attributes": { "gen_ai.user.message": "Seattle" } },
            { "name": "gen_ai.choice",
              "attributes": { "gen_ai.choice": "Sunny at nine.", "index": 0, "finish_reason": "stop" } },
        ])
    );
    let weather = &replay["spans"][2]["attributes"];
    assert_eq!(weather["gen_ai.tool.call.arguments"], json!(r#"{"city":"Seattle"}"#));
    assert_eq!(weather["gen_ai.tool.call.result"], json!(r#""Sunny""#));
}

#[test]
fn in_the_genai_vocabulary_steps_are_clients_and_messages_are_json() {
    let replay = replay("parallel_tools", &[GENAI, CONTENT]);
    assert_eq!(
        summary(&replay)[..3],
        ["invoke_agent".to_owned(), "  chat test".to_owned(), "    execute_tool weather".to_owned()]
    );
    let parsed = |span: usize, key: &str| -> Value {
        let text = replay["spans"][span]["attributes"][key].as_str().expect("JSON text");
        serde_json::from_str(text).expect("JSON text")
    };
    assert_eq!(replay["spans"][1]["kind"], "CLIENT");
    assert_eq!(parsed(1, "gen_ai.system_instructions"), json!([{ "type": "text", "content": "Be brief." }]));
    assert_eq!(list(&parsed(1, "gen_ai.input.messages")).len(), 3);
    // The second step is told what the first one said and what the tools gave back.
    let input = parsed(5, "gen_ai.input.messages");
    let responses: Vec<&Value> = list(&input[4]["parts"]).iter().map(|part| &part["response"]).collect();
    assert_eq!((list(&input).len(), &input[3]["role"]), (5, &json!("assistant")));
    assert_eq!(responses, [&json!("Sunny"), &json!(r#"{"hour": 9}"#), &json!("The tool failed: no answer")]);
    assert_eq!(parsed(5, "gen_ai.output.messages")[0]["parts"], json!([{ "type": "text", "content": "Sunny at nine." }]));
}

#[test]
fn an_unknown_tool_is_an_error_of_the_tool_and_the_run_goes_on() {
    let replay = replay("unknown_tool", &[]);
    assert_eq!(
        summary(&replay),
        [
            "sampling/createMessage",
            "  step",
            r#"    sampling.execute_tool nope ✗ "unknown_tool": "unknown tool `nope`" [exception]"#,
            "  step",
        ]
    );
    assert_eq!(replay["outcome"], json!({ "ok": "Sorry" }));
}

#[test]
fn a_turn_that_fails_ends_step_and_loop() {
    let replay = replay("failing_turn", &[]);
    assert_eq!(
        summary(&replay),
        [
            r#"sampling/createMessage ✗ "RateLimitError": "slow down" [exception]"#,
            "  step",
            "    sampling.execute_tool look",
            r#"  step ✗ "RateLimitError": "slow down" [exception]"#,
        ]
    );
    assert_eq!((&replay["outcome"], iterations(&replay)), (&json!({ "error": "slow down" }), &json!(2)));
    let duration = list(&replay["metrics"]).last().expect("a metric");
    assert_eq!(duration["points"][0]["attributes"]["error.type"], "RateLimitError");
}

#[test]
fn a_model_without_a_turn_left_is_a_runtime_error() {
    let replay = replay("no_turn_left", &[]);
    let error = r#"✗ "RuntimeError": "the model has no turn left" [exception]"#;
    assert_eq!(
        summary(&replay),
        [
            format!("sampling/createMessage {error}"),
            "  step".to_owned(),
            "    sampling.execute_tool look".to_owned(),
            format!("  step {error}"),
        ]
    );
}

#[test]
fn the_model_is_asked_so_often_and_no_more() {
    let replay = replay("max_iterations", &[]);
    let error = "the model had not answered after 2 iterations";
    assert_eq!(
        summary(&replay),
        [
            &format!("sampling/createMessage ✗ \"RuntimeError\": \"{error}\" [exception]"),
            "  step",
            "    sampling.execute_tool look",
            "  step",
            "    sampling.execute_tool look",
        ]
    );
    assert_eq!((&replay["outcome"], iterations(&replay)), (&json!({ "error": error }), &json!(2)));
}

#[test]
fn a_text_where_an_answer_is_due_is_retried_three_times() {
    let replay = replay("text_retries", &[]);
    let [run, steps @ ..] = &summary(&replay)[..] else { panic!() };
    assert!(run.starts_with(r#"sampling/createMessage ✗ "RuntimeError":"#), "{run}");
    assert!(run.ends_with(" [retry 1] [retry 2] [retry 3] [exception]"), "{run}");
    assert_eq!(steps, ["  step"; 4]);
}

#[test]
fn an_invalid_answer_is_counted_four_times_in_a_row() {
    let replay = replay("validation_failures", &[]);
    let [run, steps @ ..] = &summary(&replay)[..] else { panic!() };
    assert!(run.starts_with(r#"sampling/createMessage ✗ "RuntimeError":"#), "{run}");
    assert!(run.ends_with(" [invalid 1] [invalid 2] [invalid 3] [invalid 4] [exception]"), "{run}");
    assert_eq!(steps.len(), 8);
}

#[test]
fn failures_are_counted_anew_after_a_step_without_an_answer() {
    let replay = replay("failures_in_between", &[]);
    assert_eq!(summary(&replay)[0], "sampling/createMessage [invalid 1] [invalid 1] [retry 1]");
    assert_eq!(replay["outcome"], json!({ "ok": r#"{"name": "Z\u00fcrich", "count": 1}"# }));
    let run = &replay["spans"][0]["attributes"];
    assert_eq!((&run["fastmcp.sampling.tool_count"], &run["fastmcp.sampling.result_type"]), (&json!(2), &json!("Answer")));
}

#[test]
fn a_response_that_does_not_say_why_it_stopped_goes_on_if_it_calls_tools() {
    let replay = replay("unknown_stop_reason", &[]);
    assert_eq!(summary(&replay), ["sampling/createMessage", "  step", "    sampling.execute_tool look", "  step"]);
    assert_eq!(replay["outcome"], json!({ "ok": "Done" }));
    assert_eq!(replay["spans"][1]["attributes"]["fastmcp.sampling.stop_reason"], "unknown");
}

#[test]
fn a_bad_scenario_is_refused_with_the_place_and_what_was_expected() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_scenarios");
    std::fs::create_dir_all(&directory).expect("a directory for temporary files");
    let with = |request: &str, tools: &str, turns: &str, more: &str| {
        format!(r#"{{ "name": "bad", "request": {request}, "tools": {tools}, "turns": {turns} {more} }}"#)
    };
    let request = |member: &str| with(&format!(r#"{{ "messages": [], {member} }}"#), "{}", "[]", "");
    let tool = |tool: &str| with(r#"{ "messages": [] }"#, &format!(r#"{{ "t": {tool} }}"#), "[]", "");
    let turn = |turn: &str| with(r#"{ "messages": [] }"#, "{}", &format!("[{{}}, {turn}]"), "");
    let bad = [
        (String::new(), "EOF while parsing"),
        ("{".to_owned(), "EOF while parsing an object at line 1"),
        ("[]".to_owned(), "expected an object"),
        (r#"{ "name": "bad" }"#.to_owned(), "missing field `request`"),
        (with("{}", "{}", "[]", ""), "request: missing field `messages`"),
        (with(r#"{ "messages": [] }"#, "{}", "[]", "} {"), "expected one JSON object"),
        (
            with(r#"{ "messages": [] }"#, "{}", "[]", r#", "tool_concurency": 1"#),
            "unknown field `tool_concurency`, expected one of",
        ),
        (
            with(r#"{ "messages": [] }"#, "{}", "[]", r#", "tool_concurrency": -1"#),
            "tool_concurrency: invalid value: integer `-1`",
        ),
        (with(r#"{ "messages": "hi" }"#, "{}", "[]", ""), "request.messages: invalid type: string \"hi\", expected a sequence"),
        (with(r#"{ "messages": ["hi", 1] }"#, "{}", "[]", ""), "request.messages[1]: expected a string, or an object of"),
        (
            with(r#"{ "messages": [{ "role": "user" }] }"#, "{}", "[]", ""),
            "request.messages[0]: expected a string, or an object of",
        ),
        (request(r#""temperature": "hot""#), "request.temperature: invalid type: string \"hot\", expected f64"),
        (request(r#""max_tokens": 1.5"#), "request.max_tokens: invalid type: floating point `1.5`"),
        (request(r#""result_schema": { "type": "object" }"#), "request.result_schema: expected a JSON schema with a \"title\""),
        (request(r#""result_schema": { "title": "T", "type": "thing" }"#), "request.result_schema: expected a JSON schema: "),
        (tool("{}"), "tools.t: expected either \"returns\" or \"fails\""),
        (
            tool(r#"{ "returns": "", "fails": { "type": "E", "message": "" } }"#),
            "tools.t: expected either \"returns\" or \"fails\"",
        ),
        (tool(r#"{ "fails": ["E", "boom"] }"#), "tools.t.fails: invalid type: sequence, expected an object"),
        (tool(r#"{ "returns": 1 }"#), "tools.t.returns: invalid type: integer `1`, expected a string"),
        (
            turn(r#"{ "text": "", "fails": { "type": "E", "message": "" } }"#),
            "turns[1]: expected a turn to be a response or \"fails\"",
        ),
        (turn(r#"{ "tool_calls": [{ "id": "1", "name": "t" }] }"#), "turns[1].tool_calls[0]: missing field `arguments`"),
        (
            turn(r#"{ "tool_calls": [{ "id": "1", "name": "t", "arguments": [] }] }"#),
            "turns[1].tool_calls[0].arguments: expected an object",
        ),
        (turn(r#"{ "usage": { "input_tokens": -1 } }"#), "turns[1].usage.input_tokens: invalid value: integer `-1`"),
    ];
    for (number, (text, expected)) in bad.iter().enumerate() {
        let file = directory.join(format!("{number}.json"));
        std::fs::write(&file, text).expect("a temporary file");
        let file = file.to_str().expect("UTF-8");
        let output = run(&[file], &[]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(2), &b""[..]), "{text}: {message}");
        let said = message.strip_prefix(&format!("replay: {file}: "));
        assert!(said.is_some_and(|said| said.contains(expected)), "{text}: {message}");
        assert!(expected.starts_with("EOF") || said.is_some_and(|said| said.contains(" at line 1 column ")), "{text}: {message}");
    }
}

#[test]
fn a_command_line_that_is_none_is_refused() {
    for (arguments, expected) in [
        (&[][..], "expected a scenario"),
        (&["--graph", "x.json"], "there is no `--graph`"),
        (&["a.json", "b.json"], "expected one file"),
        (&["nowhere.json"], "nowhere.json: No such file"),
    ] {
        let output = run(arguments, &[]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(2), &b""[..]), "{message}");
        assert!(message.contains(expected), "{message}");
    }
    let help = run(&["--help"], &[]);
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("usage: replay"));
}

#[test]
fn a_tree_is_drawn_for_a_person() {
    let file = scenario("failing_turn.json");
    let output = run(&["--tree", file.to_str().expect("UTF-8")], &[]);
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), "failing_turn ✗ slow down\n");
    let drawing = String::from_utf8(output.stderr).expect("UTF-8");
    for part in ["╰─ sampling/createMessage step", "✗ RateLimitError: slow down", "mcp.server.operation.duration s"] {
        assert!(drawing.contains(part), "{drawing}");
    }
}
