//! Content in the prescribed vocabulary, and when it is evaluated.

use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::Sampler;
use samplescope::{
    Capture, Message, Part, Role, Settings, ToMessages, ToolDefinition, Vocabulary, current_loop, current_step, sampling_loop,
    sampling_step, sampling_tool,
};
use samplescope_tests::{Logs, Span, Telemetry};
use serde::{Deserialize as _, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

const DETAILS: &str = "gen_ai.client.inference.operation.details";

fn capturing(capture: Capture) -> Telemetry {
    Telemetry::on().with(Settings::default().with_capture(capture))
}

/// Name and attributes, each event on one line.
fn events(span: &Span) -> Vec<String> {
    span.events()
        .into_iter()
        .map(|(name, attributes)| format!("{name} {attributes:?}").replace('"', "").replace('\\', ""))
        .collect()
}

fn text(span: &Span, key: &str) -> Option<String> {
    span.get(key).map(|value| value.to_string())
}

struct Answer {
    text: String,
}

#[sampling_loop(system_prompt = prompt, messages = messages, answer = |answer| &answer.text)]
async fn run(prompt: Option<&str>, messages: &impl ToMessages, stop_reason: Option<&'static str>) -> Result<Answer, String> {
    if let Some(stop_reason) = stop_reason {
        step(stop_reason).await;
        current_loop().validation_failure(1);
    }
    Ok(Answer { text: "Sunny.".to_owned() })
}

#[sampling_step(stop_reason = |said| *said, messages = "asked", message = |_| "said")]
async fn step(stop_reason: &'static str) -> &'static str {
    tool(&json!({ "city": "Paris" })).await;
    stop_reason
}

#[sampling_tool(arguments = arguments, result = |result| result, attributes("app.last" = |_| true))]
async fn tool(arguments: &Value) -> BTreeMap<&'static str, f32> {
    let _ = arguments;
    BTreeMap::from([("degrees", 20.1)])
}

fn conversation() -> [(&'static str, &'static str); 3] {
    [("user", "Weather?"), ("assistant", "Where?"), ("user", "Paris")]
}

#[tokio::test]
async fn messages_are_events_in_the_order_in_which_things_happen_with_the_choice_at_the_end() {
    let telemetry = capturing(Capture::Spans);
    let logs = Logs::listen();
    assert!(run(Some("Be brief."), &conversation(), Some("end_turn")).await.is_ok());
    let [run, step, tool] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
    assert_eq!(
        events(run),
        [
            "gen_ai.system.message {gen_ai.system.message: String(Be brief.)}",
            "gen_ai.user.message {gen_ai.user.message: String(Weather?)}",
            "gen_ai.assistant.message {gen_ai.assistant.message: String(Where?)}",
            "gen_ai.user.message {gen_ai.user.message: String(Paris)}",
            "sampling.validation_failure {fastmcp.sampling.consecutive_failures: I64(1)}",
            "gen_ai.choice {finish_reason: String(stop), gen_ai.choice: String(Sunny.), index: I64(0)}",
        ]
    );
    assert!(step.events().is_empty(), "a step's content belongs to the other vocabulary");
    assert!(!step.attributes().keys().any(|key| key.contains("messages")));
    let keys: Vec<&str> = tool.0.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert!(keys.ends_with(&["app.last", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"]), "content is last: {keys:?}");
    assert_eq!(text(tool, "gen_ai.tool.call.arguments").as_deref(), Some(r#"{"city":"Paris"}"#));
    assert_eq!(text(tool, "gen_ai.tool.call.result").as_deref(), Some(r#"{"degrees":20.1}"#), "as a person would write an f32");
    assert!(logs.records().is_empty());
}

#[tokio::test]
async fn a_choice_has_no_finish_reason_where_none_is_known() {
    let telemetry = capturing(Capture::Spans);
    assert!(run(None, &"Weather?", None).await.is_ok());
    assert_eq!(
        events(&telemetry.span()),
        [
            "gen_ai.user.message {gen_ai.user.message: String(Weather?)}",
            "gen_ai.choice {gen_ai.choice: String(Sunny.), index: I64(0)}",
        ]
    );
}

#[tokio::test]
async fn without_an_opt_in_nothing_is_captured() {
    let telemetry = capturing(Capture::Off);
    let logs = Logs::listen();
    assert!(run(Some("Be brief."), &conversation(), Some("end_turn")).await.is_ok());
    let [run, step, tool] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
    assert_eq!(events(run), ["sampling.validation_failure {fastmcp.sampling.consecutive_failures: I64(1)}"]);
    assert!([step, tool].iter().all(|span| span.events().is_empty()));
    assert!(!tool.attributes().keys().any(|key| key.contains("tool.call")), "{:?}", tool.attributes());
    assert!(logs.records().is_empty());
}

#[tokio::test]
async fn as_an_event_the_whole_run_is_one_log_record_of_the_loop_s_span() {
    for (capture, events) in [(Capture::Events, 1), (Capture::SpansAndEvents, 6)] {
        let telemetry = capturing(capture);
        let logs = Logs::listen();
        assert!(run(Some("Be brief."), &conversation(), Some("end_turn")).await.is_ok());
        let [run, _, tool] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
        assert_eq!(run.events().len(), events, "{capture:?}");
        assert_eq!(tool.get("gen_ai.tool.call.arguments").is_some(), capture == Capture::SpansAndEvents);
        let [log] = &logs.records()[..] else { panic!("{:?}", logs.records()) };
        assert_eq!(log.name, DETAILS);
        assert_eq!(log.ids, Some((run.0.span_context.trace_id(), run.id())));
        let get = |key: &str| log.attributes.get(key).map(String::as_str);
        assert_eq!(get("gen_ai.operation.name"), Some(r#"String("invoke_agent")"#));
        assert_eq!(
            get("gen_ai.output.messages").map(|text| text.replace('\\', "")),
            Some(
                r#"String("[{"finish_reason":"stop","parts":[{"content":"Sunny.","type":"text"}],"role":"assistant"}]")"#
                    .to_owned()
            )
        );
        assert!(get("gen_ai.system_instructions").is_some_and(|text| text.contains("Be brief.")));
        assert!(get("gen_ai.input.messages").is_some_and(|text| text.contains("Where?")));
    }
}

mod not_here {
    use super::*;

    #[sampling_loop(capture = false, system_prompt = seen(), messages = seen(), answer = |()| seen())]
    async fn run() {
        tool().await;
    }

    #[sampling_tool(capture = false, arguments = seen(), result = |()| seen())]
    async fn tool() {}

    fn seen() -> &'static str {
        unreachable!("content that nobody may see")
    }

    #[tokio::test]
    async fn capture_false_turns_content_off_for_good() {
        for capture in [Capture::Spans, Capture::Events, Capture::SpansAndEvents] {
            let telemetry = capturing(capture);
            let logs = Logs::listen();
            run().await;
            assert!(telemetry.spans(2).iter().all(|span| span.events().is_empty()));
            assert!(logs.records().is_empty());
        }
    }

    mod off {
        use super::*;

        #[sampling_loop(system_prompt = seen(), messages = seen(), answer = |()| seen())]
        async fn run() {
            tool().await;
        }

        #[sampling_tool(arguments = seen(), result = |()| seen())]
        async fn tool() {}

        #[tokio::test]
        async fn content_is_not_evaluated_unless_it_is_captured_and_the_span_records() {
            let on = Settings::default().with_capture(Capture::SpansAndEvents);
            let unsampled = || Telemetry::off().sampled(Sampler::AlwaysOff);
            let listening: [&dyn Fn() -> Telemetry; 6] = [
                &Telemetry::on,
                &|| Telemetry::on().metered(),
                &|| Telemetry::off().with(on.clone()),
                &|| Telemetry::off().metered().with(on.clone()),
                &|| unsampled().with(on.clone()),
                &|| unsampled().metered().with(on.clone().with_arguments_for_sampler(true)),
            ];
            for listen in listening {
                let telemetry = listen();
                run().await;
                tool().await;
                drop(telemetry);
            }
        }
    }
}

mod failing_to_serialise {
    use super::*;

    #[sampling_tool(arguments = arguments, result = |result| result)]
    async fn tool(arguments: &BTreeMap<(u8, u8), u8>) -> BTreeMap<Vec<u8>, u8> {
        let _ = arguments;
        BTreeMap::from([(vec![1], 1)])
    }

    #[tokio::test]
    async fn what_does_not_serialise_is_left_out_with_one_warning_and_the_call_goes_on() {
        let telemetry = capturing(Capture::Spans);
        let logs = Logs::listen();
        for _ in 0..2 {
            assert_eq!(tool(&BTreeMap::from([((1, 2), 3)])).await.len(), 1);
        }
        for span in telemetry.spans(2) {
            assert!(!span.attributes().keys().any(|key| key.contains("tool.call")), "{:?}", span.attributes());
            assert_eq!(span.get("gen_ai.tool.name"), Some("tool".into()));
        }
        let [warning] = &logs.records()[..] else { panic!("{:?}", logs.records()) };
        assert_eq!(warning.body.as_deref(), Some(r#"String(Owned("content was left out: it does not serialise to JSON"))"#));
    }
}

mod cut {
    use super::*;

    #[derive(Debug)]
    struct Refused;

    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("überlang: the model refused, and said why at some length")
        }
    }

    #[sampling_tool(arguments = json!({ "question": "ü".repeat(200), "short": "ok" }), result = |()| "unreached")]
    async fn refused() -> Result<(), Refused> {
        Err(Refused)
    }

    #[sampling_loop(system_prompt = "ß".repeat(200), messages = Message::user("one").with(Part::text("two".repeat(100))))]
    async fn run() {}

    #[tokio::test]
    async fn what_is_too_long_is_cut_between_characters_stays_json_and_says_so() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans).with_length_limit(100));
        assert!(refused().await.is_err());
        run().await;
        let [tool, run] = &telemetry.spans(2)[..] else { panic!("{}", telemetry.tree()) };
        let arguments = text(tool, "gen_ai.tool.call.arguments").expect("it fits when cut");
        assert_eq!(arguments.chars().count(), 100, "{arguments}");
        let arguments: Value = serde_json::from_str(&arguments).expect("valid JSON");
        assert_eq!(arguments["short"], "ok");
        assert!(
            arguments["question"].as_str().is_some_and(|text| text.starts_with("üü") && text.ends_with(" cut]")),
            "{arguments}"
        );
        let [(_, system), (_, user)] = &run.events()[..] else { panic!("{:?}", run.events()) };
        let system = &system["gen_ai.system.message"];
        assert_eq!(system, &format!("String(\"{}…[110 cut]\")", "ß".repeat(90)));
        let parts = user["gen_ai.user.message"].trim_start_matches("String(\"").trim_end_matches("\")").replace('\\', "");
        let parts: Value = serde_json::from_str(&parts).expect("a message of several parts is JSON, cut or not");
        assert_eq!(parts[0], json!({ "type": "text", "content": "one" }));
        assert!(parts[1]["content"].as_str().is_some_and(|text| text.starts_with("two") && text.ends_with(" cut]")), "{parts}");
    }

    /// What ends as if it had been cut before: nothing is missing, less than was, or a number that nobody writes.
    fn endings() -> Vec<String> {
        let zeros = "0".repeat(1_000);
        ["0", "3", "+9", "007", &zeros].map(|number| format!("a text …[{number} cut]")).into()
    }

    #[sampling_step(messages = history)]
    fn ask(history: &[String]) {}

    #[sampling_tool]
    fn fail(text: &str) -> Result<(), String> {
        Err(text.to_owned())
    }

    #[test]
    fn a_text_that_ends_as_if_it_had_been_cut_is_a_text_like_others() {
        for (ending, limit) in endings().iter().flat_map(|ending| [12, 100, 500, 1_000].map(|limit| (ending, limit))) {
            let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans);
            let telemetry = Telemetry::on().with(settings.with_length_limit(limit));
            ask(&["x".repeat(1_000), ending.clone()]);
            assert!(fail(ending).is_err());
            let [step, tool] = &telemetry.spans(2)[..] else { panic!("{}", telemetry.tree()) };
            let Status::Error { description } = tool.status() else { panic!("{:?}", tool.status()) };
            assert!(description.starts_with('a') && description.chars().count() <= limit, "{ending} in {limit}: {description}");
            assert!(ending.chars().count() > limit || description == *ending, "{ending} in {limit}: {description}");
            let messages = text(step, "gen_ai.input.messages");
            assert!(limit < 100 || messages.is_some_and(|messages| messages.contains("a text")), "{ending} in {limit}");
        }
    }

    #[sampling_loop(messages = history, tools = tools)]
    fn work(history: &[Message], tools: &[ToolDefinition]) {}

    #[test]
    fn a_value_that_is_too_long_for_its_structure_alone_is_the_text_of_its_json_and_the_rest_stays() {
        let rows: Value = (0..3_000).collect();
        let asked = || Message::user("Which rows match?");
        let called =
            Message::assistant("").with(Part::tool_call("c".to_owned(), "match", json!({ "like": "Oslo", "rows": rows })));
        let found = Message::new(Role::Tool).with(Part::tool_call_response("c".to_owned(), rows.clone()));
        let tools = [ToolDefinition::new("match").with_parameters(json!({ "type": "object", "enum": rows }))];
        for limit in [400, 1_000, 4_000, 12_000] {
            let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans);
            let telemetry = Telemetry::on().with(settings.with_length_limit(limit));
            work(&[asked(), called.clone(), found.clone()], &tools);
            let document = |key| {
                let json = text(&telemetry.span(), key).expect("captured");
                assert!(json.chars().count() <= limit, "{limit}: {json}");
                serde_json::from_str::<Value>(&json).expect("JSON")
            };
            let (messages, tools) = (document("gen_ai.input.messages"), document("gen_ai.tool.definitions"));
            assert!(
                messages[0]["parts"][0]["content"].as_str().is_some_and(|text| text.starts_with("Which")),
                "{limit}: {messages}"
            );
            let begins = |value: &Value, json: &str| {
                value.as_str().is_some_and(|text| text.starts_with(json) && text.contains('…') && text.ends_with(" cut]"))
            };
            assert!(begins(&messages[1]["parts"][1]["arguments"], r#"{"like":"Oslo","rows":[0,1,2,"#), "{limit}: {messages}");
            assert_eq!(messages[1]["parts"][1]["name"], "match");
            assert!(begins(&messages[2]["parts"][0]["response"], "[0,1,2,"), "{limit}: {messages}");
            assert!(begins(&tools[0]["parameters"]["$comment"], r#"{"enum":[0,1,"#), "still a schema: {tools}");
        }
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans).with_length_limit(100));
        work(&[asked(), found], &[]);
        let [user, tool] = &events(&telemetry.span())[..] else { panic!("{:?}", telemetry.span().events()) };
        assert_eq!(user, "gen_ai.user.message {gen_ai.user.message: String(Which rows match?)}");
        assert!(tool.contains("response:[0,1,2") && tool.contains(" cut]"), "{tool}");
    }

    #[test]
    fn a_short_value_beside_one_that_is_too_long_keeps_its_structure() {
        let call = |arguments| Message::new(Role::Assistant).with(Part::tool_call(None, "look", arguments));
        let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans);
        let telemetry = Telemetry::on().with(settings.with_length_limit(1_000));
        let rows: Value = (0..3_000).collect();
        work(&[call(json!({ "city": "Paris" })), call(json!({ "rows": rows }))], &[]);
        let messages = text(&telemetry.span(), "gen_ai.input.messages").expect("captured");
        let messages: Value = serde_json::from_str(&messages).expect("JSON");
        assert_eq!(messages[0]["parts"][0]["arguments"], json!({ "city": "Paris" }));
        assert!(messages[1]["parts"][0]["arguments"].is_string(), "{messages}");
    }

    #[tokio::test]
    async fn an_error_message_is_cut_like_content() {
        let telemetry = Telemetry::on().with(Settings::default().with_length_limit(20));
        assert!(refused().await.is_err());
        let span = telemetry.span();
        assert_eq!(span.status(), Status::error("überlang: t…[45 cut]"));
        assert_eq!(span.events()[0].1["exception.message"], r#"String("überlang: t…[45 cut]")"#);
    }
}

mod redacted {
    use super::*;

    #[sampling_loop(system_prompt = "system", messages = Message::user("input").with(Part::uri("image", "input")), answer = |()| "output")]
    async fn run() -> Result<(), String> {
        let _ = tool().await;
        Ok(())
    }

    #[sampling_tool(arguments = json!({ "arguments": ["arguments", 12] }), result = |()| "unreached")]
    async fn tool() -> Result<(), String> {
        let () = result().await;
        Err("error".to_owned())
    }

    #[sampling_tool(result = |()| "result")]
    async fn result() {}

    #[tokio::test]
    async fn the_redactor_sees_every_piece_by_its_kind() {
        let settings = Settings::default().with_capture(Capture::Spans).with_redactor(|piece, _| format!("<{piece:?}>").into());
        let telemetry = Telemetry::on().with(settings);
        assert!(run().await.is_ok());
        let [run, tool, result] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
        assert_eq!(
            events(run),
            [
                "gen_ai.system.message {gen_ai.system.message: String(<System>)}",
                "gen_ai.user.message {gen_ai.user.message: String([{content:<Input>,type:text},{modality:image,type:uri,uri:<Input>}])}",
                "gen_ai.choice {gen_ai.choice: String(<Output>), index: I64(0)}",
            ]
        );
        let arguments = text(tool, "gen_ai.tool.call.arguments");
        assert_eq!(arguments.as_deref(), Some(r#"{"<ToolArguments>":["<ToolArguments>","<ToolArguments>"]}"#));
        assert_eq!(text(result, "gen_ai.tool.call.result").as_deref(), Some(r#""<ToolResult>""#));
        assert_eq!(tool.status(), Status::error("<ErrorMessage>"));
        assert_eq!(tool.events()[0].1["exception.message"], r#"String("<ErrorMessage>")"#);
    }

    #[tokio::test]
    async fn a_redactor_that_panics_costs_the_content_and_not_the_call() {
        let settings = Settings::default().with_capture(Capture::Spans).with_redactor(|_, _| panic!("a redactor with a bug"));
        let telemetry = Telemetry::on().with(settings);
        assert!(run().await.is_ok());
        let spans = format!("{:?}", telemetry.spans(3));
        for content in ["system\")", "input\\\"", "output\")", "\"arguments"] {
            assert!(!spans.contains(content), "{content} in {spans}");
        }
    }
}

mod by_handle {
    use super::*;

    struct Nosy;

    impl ToMessages for Nosy {
        fn to_messages(&self) -> Vec<Message> {
            current_loop().set("app.asked", 1);
            current_step().stop_reason("endTurn");
            vec![Message::text("seen")]
        }
    }

    impl Serialize for Nosy {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            current_loop().set("app.serialised", 1);
            current_step().response_id("r-1");
            serializer.serialize_str("seen")
        }
    }

    #[sampling_loop(messages = Nosy, answer = |()| Nosy)]
    async fn run() {
        step().await;
        tool().await;
    }

    #[sampling_step(response_model = |()| Nosy, attributes("app.nosy" = |()| Nosy))]
    async fn step() {
        current_step().stop_reason(Nosy);
    }

    #[sampling_tool(arguments = Nosy, result = |()| Nosy)]
    async fn tool() {}

    #[tokio::test]
    async fn what_shows_content_may_use_handles_itself() {
        let telemetry = capturing(Capture::SpansAndEvents);
        run().await;
        let [run, step, tool] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
        assert_eq!(run.get("app.serialised"), Some(1.into()));
        assert_eq!(step.get("gen_ai.response.id"), Some("r-1".into()));
        assert_eq!(text(tool, "gen_ai.tool.call.result").as_deref(), Some(r#""seen""#));
    }
}

mod inputs {
    use super::*;

    /// What a message becomes: its event's name, and the text.
    async fn seen(messages: &impl ToMessages) -> Vec<(String, String)> {
        let telemetry = capturing(Capture::Spans);
        assert!(run(None, messages, None).await.is_ok());
        let mut events = telemetry.span().events();
        events.pop();
        let text = |attributes: &BTreeMap<String, String>, name: &str| {
            attributes[name].trim_start_matches("String(\"").trim_end_matches("\")").replace('\\', "")
        };
        events.iter().map(|(name, attributes)| (name.clone(), text(attributes, name))).collect()
    }

    fn says(role: &str, text: &str) -> Vec<(String, String)> {
        vec![(format!("gen_ai.{role}.message"), text.to_owned())]
    }

    #[tokio::test]
    async fn messages_may_be_any_of_the_promised_types() {
        let hi = || says("user", "hi");
        assert_eq!(seen(&"hi").await, hi());
        assert_eq!(seen(&"hi".to_owned()).await, hi());
        assert_eq!(seen(&Cow::Borrowed("hi")).await, hi());
        assert_eq!(seen(&Box::<str>::from("hi")).await, hi());
        assert_eq!(seen(&Arc::<str>::from("hi")).await, hi());
        assert_eq!(seen(&Rc::<str>::from("hi")).await, hi());
        assert_eq!(seen(&&&"hi").await, hi());
        assert_eq!(seen(&Some("hi")).await, hi());
        assert_eq!(seen(&None::<&str>).await, []);
        assert_eq!(seen(&vec!["hi"]).await, hi());
        assert_eq!(seen(&[String::from("hi")]).await, hi());
        assert_eq!(seen(&&["hi"][..]).await, hi());
        assert_eq!(seen(&Vec::<Message>::new()).await, []);
        assert_eq!(seen(&("assistant", "hi")).await, says("assistant", "hi"));
        assert_eq!(seen(&(Role::Tool, String::from("hi"))).await, says("tool", "hi"));
        assert_eq!(seen(&("critic".to_owned(), Arc::<str>::from("hi"))).await, says("critic", "hi"));
        assert_eq!(seen(&vec![("user", "hi"), ("system", "ho")]).await, [hi(), says("system", "ho")].concat());
        assert_eq!(seen(&[Message::user("hi"), Message::assistant("ho")]).await, [hi(), says("assistant", "ho")].concat());
        assert_eq!(seen(&json!({ "role": "user", "content": "hi" })).await, hi());
        assert_eq!(
            seen(&vec![json!("hi"), json!({ "role": "system", "content": "ho" })]).await,
            [hi(), says("system", "ho")].concat()
        );
    }

    #[tokio::test]
    async fn a_message_of_several_parts_is_written_as_its_json() {
        let message = Message::assistant("Looking.").with(Part::tool_call("c-1".to_owned(), "look", json!({ "city": "Paris" })));
        let parts = r#"[{"content":"Looking.","type":"text"},{"arguments":{"city":"Paris"},"id":"c-1","name":"look","type":"tool_call"}]"#;
        assert_eq!(seen(&message).await, says("assistant", parts));
    }
}

#[tokio::test]
async fn a_user_s_own_events_and_attributes_are_not_content() {
    #[sampling_loop]
    async fn run() {
        current_loop().event("app.note", || [KeyValue::new("app.text", "kept")]);
    }
    let telemetry = capturing(Capture::Off);
    run().await;
    assert_eq!(events(&telemetry.span()), ["app.note {app.text: String(kept)}"]);
}

#[tokio::test]
async fn what_is_not_there_is_left_out() {
    #[sampling_tool(arguments = arguments, result = |result| result)]
    async fn tool(arguments: Option<u8>, result: Option<&str>) -> Option<String> {
        result.map(str::to_owned)
    }
    let telemetry = capturing(Capture::Spans);
    tool(None, None).await;
    tool(Some(0), Some("null")).await;
    let [nothing, something] = &telemetry.spans(2)[..] else { unreachable!("two") };
    assert_eq!((text(nothing, "gen_ai.tool.call.arguments"), text(nothing, "gen_ai.tool.call.result")), (None, None));
    assert_eq!(text(something, "gen_ai.tool.call.arguments").as_deref(), Some("0"));
    assert_eq!(text(something, "gen_ai.tool.call.result").as_deref(), Some("null"), "a text that says so");
}

mod odd {
    use super::*;

    #[sampling_tool(arguments = arguments, result = |result| result)]
    async fn tool<T: Serialize>(arguments: &Value, result: T) -> T {
        result
    }

    #[tokio::test]
    async fn what_a_tool_was_given_is_valid_json_however_odd_it_is() {
        let deep = (0..300).fold(json!(1), |inner, _| json!([inner]));
        let many: Value = (0..200).collect();
        for limit in [None, Some(12)] {
            let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans).with_length_limit(limit));
            tool(&deep, f64::MAX).await;
            tool(&many, u64::MAX).await;
            tool(&json!([null]), "say \"hi\" to everybody").await;
            for span in telemetry.spans(3) {
                for key in ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"] {
                    let json = text(&span, key).expect("nothing here is too odd");
                    assert!(limit.is_none_or(|limit| json.chars().count() <= limit), "{json}");
                    let mut read = serde_json::Deserializer::from_str(&json);
                    // The default depth is the reader's, not JSON's.
                    let depth = json.chars().filter(|&char| char == '[').count();
                    assert!(depth > 100 || Value::deserialize(&mut read).is_ok(), "{json}");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_has_room_is_written_as_it_serialises_however_deep_it_is() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans).with_length_limit(1_000));
        let deep = (0..300).fold(json!(1), |inner, _| json!([inner]));
        tool(&deep, "").await;
        assert_eq!(text(&telemetry.span(), "gen_ai.tool.call.arguments"), Some(deep.to_string()));
    }

    #[tokio::test]
    async fn a_text_that_is_json_already_is_taken_as_it_is() {
        let telemetry = capturing(Capture::Spans);
        tool(&json!("{ \"b\": 1, \"a\": 2 }"), "plain").await;
        let span = telemetry.span();
        assert_eq!(text(&span, "gen_ai.tool.call.arguments").as_deref(), Some(r#"{ "b": 1, "a": 2 }"#));
        assert_eq!(text(&span, "gen_ai.tool.call.result").as_deref(), Some(r#""plain""#));
    }
}
