//! The handles: what code inside a loop, step or tool says of it, from wherever it stands.

use futures::FutureExt as _;
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{
    CurrentLoop, CurrentStep, CurrentTool, TokenUsage, current_loop, current_step, current_tool, sampling_loop, sampling_step,
    sampling_tool,
};
use samplescope_tests::{Span, Telemetry};
use std::cell::Cell;
use tokio::task::yield_now;

#[sampling_loop]
async fn run<T>(body: impl Future<Output = T>) -> T {
    body.await
}

#[sampling_step]
async fn step<T>(body: impl Future<Output = T>) -> T {
    body.await
}

#[sampling_tool]
async fn tool<T>(body: impl Future<Output = T>) -> T {
    body.await
}

async fn user<T>(body: impl Future<Output = T>) -> T {
    let span = global::tracer("user").start("user");
    body.with_context(Context::current_with_span(span)).await
}

/// Each of the three says something of itself.
fn speak(word: &'static str) {
    current_loop().set("app.loop", word);
    current_step().set("app.step", word);
    current_tool().set("app.tool", word);
}

/// What the spans were told, in the order in which they started: `loop`, `step` and `tool` of each.
fn told(telemetry: &Telemetry) -> Vec<String> {
    let spans = telemetry.spans_so_far().into_iter().filter(|span| span.name() != "user");
    let one = |span: &Span, key: &str| span.get(key).map(|value| format!("{}={value}", &key[4..]));
    spans.map(|span| ["app.loop", "app.step", "app.tool"].into_iter().filter_map(|key| one(&span, key)).collect()).collect()
}

mod reach {
    use super::*;

    #[tokio::test]
    async fn code_inside_finds_its_loop_step_and_tool() {
        let telemetry = Telemetry::on();
        run(step(tool(async { speak("inside") }))).await;
        assert_eq!(told(&telemetry), ["loop=inside", "step=inside", "tool=inside"]);
    }

    #[tokio::test]
    async fn helpers_awaits_and_spans_of_the_user_s_own_are_not_in_the_way() {
        async fn helper() {
            yield_now().await;
            speak("helper");
        }
        let telemetry = Telemetry::on();
        run(user(step(user(tool(user(helper())))))).await;
        assert_eq!(told(&telemetry), ["loop=helper", "step=helper", "tool=helper"]);
    }

    #[tokio::test]
    async fn a_task_that_was_given_the_context_speaks_for_its_call() {
        let telemetry = Telemetry::on();
        let task = || async { tokio::spawn(async { speak("task") }.with_current_context()).await.expect("joined") };
        run(step(tool(async { task().await }))).await;
        assert_eq!(told(&telemetry), ["loop=task", "step=task", "tool=task"]);
        telemetry.forget();
        run(step(async { task().await })).await;
        assert_eq!(told(&telemetry), ["loop=task", "step=task"]);
        telemetry.forget();
        run(step(async { tokio::spawn(async { speak("bare task") }).await.expect("joined") })).await;
        assert_eq!(told(&telemetry), ["", ""]);
    }

    #[tokio::test]
    async fn siblings_speak_for_themselves() {
        let telemetry = Telemetry::on();
        let one = |word| async move {
            yield_now().await;
            current_step().set("app.step", word);
            yield_now().await;
        };
        run(async { futures::join!(step(one("first")), step(one("second"))) }).await;
        assert_eq!(told(&telemetry), ["", "step=first", "step=second"]);
    }

    #[tokio::test]
    async fn an_inner_loop_hides_the_outer_one_and_its_step() {
        let telemetry = Telemetry::on();
        run(step(tool(run(async { speak("inner loop") })))).await;
        assert_eq!(told(&telemetry), ["", "", "", "loop=inner loop"]);
        telemetry.forget();
        run(step(async {
            run(async {}).await;
            speak("after it");
        }))
        .await;
        assert_eq!(told(&telemetry), ["loop=after it", "step=after it", ""]);
    }

    #[tokio::test]
    async fn a_context_that_is_attached_inside_goes_before_what_the_thread_knows() {
        let telemetry = Telemetry::on();
        run(step(async {
            let of_the_step = Context::current();
            tool(async { speak("attached") }.with_context(of_the_step)).await;
        }))
        .await;
        assert_eq!(told(&telemetry), ["loop=attached", "step=attached", ""]);
    }

    #[tokio::test]
    async fn a_loop_that_nobody_hears_hides_the_one_around_it() {
        let telemetry = Telemetry::on();
        run(step(async {
            let suppressed = Context::current().with_telemetry_suppressed();
            run(async { speak("unheard") }).with_context(suppressed).await;
        }))
        .await;
        assert_eq!(told(&telemetry), ["", ""]);
    }

    #[tokio::test]
    async fn a_tool_beside_a_step_is_in_no_step() {
        let telemetry = Telemetry::on();
        run(async {
            step(async {}).await;
            tool(async { speak("tool") }).await;
            speak("loop");
        })
        .await;
        assert_eq!(told(&telemetry), ["loop=loop", "", "tool=tool"]);
    }

    #[tokio::test]
    async fn a_step_without_a_loop_has_a_handle_too() {
        let telemetry = Telemetry::on();
        step(tool(async { speak("alone") })).await;
        assert_eq!(told(&telemetry), ["step=alone", "tool=alone"]);
    }

    #[sampling_step]
    fn plain_step() {
        plain_tool();
    }

    #[sampling_tool]
    fn plain_tool() {
        speak("plain");
    }

    #[tokio::test]
    async fn plain_functions_are_found_too() {
        let telemetry = Telemetry::on();
        run(async { plain_step() }).await;
        assert_eq!(told(&telemetry), ["loop=plain", "step=plain", "tool=plain"]);
    }
}

mod nothing {
    use super::*;

    fn say_everything(evaluated: &Cell<bool>) {
        let attributes = || {
            evaluated.set(true);
            [KeyValue::new("key", 1)]
        };
        current_loop().validation_failure(1);
        current_loop().text_response_retry(1);
        current_loop().event("event", attributes);
        current_step().event("event", attributes);
        current_tool().event("event", attributes);
        current_step().usage(TokenUsage::new(1, 2));
        current_step().stop_reason("stop");
        current_step().response_model("model");
        current_step().response_id("id");
        speak("nothing");
    }

    #[tokio::test]
    async fn outside_their_scope_handles_do_nothing() {
        let telemetry = Telemetry::on();
        let evaluated = Cell::new(false);
        say_everything(&evaluated);
        user(async { say_everything(&evaluated) }).await;
        run(async {}).await;
        say_everything(&evaluated);
        assert!(!evaluated.get());
        let [user, run] = &telemetry.spans(2)[..] else { panic!("{}", telemetry.tree()) };
        assert!(user.attributes().is_empty() && user.events().is_empty());
        assert!(run.events().is_empty() && run.get("app.loop").is_none());
    }

    #[tokio::test]
    async fn while_nobody_listens_handles_do_nothing() {
        let evaluated = Cell::new(false);
        for telemetry in [Telemetry::off, || Telemetry::off().sampled(Sampler::AlwaysOff), || Telemetry::off().metered()] {
            let telemetry = telemetry();
            run(step(tool(async { say_everything(&evaluated) }))).await;
            assert!(!evaluated.get());
            telemetry.spans(0);
        }
    }

    #[tokio::test]
    async fn a_handle_that_is_kept_beyond_its_call_does_nothing() {
        let telemetry = Telemetry::on();
        let kept = run(step(tool(async { (current_loop(), current_step(), current_tool()) }))).await;
        let late = |(run, step, tool): &(CurrentLoop, CurrentStep, CurrentTool)| {
            run.validation_failure(1);
            run.set("app.loop", "late");
            step.set("app.step", "late");
            step.usage(TokenUsage::new(1, 2));
            tool.event("late", || [KeyValue::new("late", true)]);
        };
        late(&kept.clone());
        run(step(tool(async { late(&kept) }))).await;
        assert_eq!(told(&telemetry), ["", "", "", "", "", ""]);
        assert!(telemetry.spans(6).iter().all(|span| span.events().is_empty()));
    }
}

mod events {
    use super::*;

    #[tokio::test]
    async fn the_two_events_of_a_loop_have_their_names_and_counts() {
        let telemetry = Telemetry::on();
        run(step(tool(async {
            current_loop().validation_failure(1_u8);
            current_loop().validation_failure(2_usize);
            current_loop().text_response_retry(u64::MAX);
        })))
        .await;
        let run = &telemetry.spans(3)[0];
        let events: Vec<String> = run.events().iter().map(|(name, attributes)| format!("{name} {attributes:?}")).collect();
        assert_eq!(
            events,
            [
                r#"sampling.validation_failure {"fastmcp.sampling.consecutive_failures": "I64(1)"}"#,
                r#"sampling.validation_failure {"fastmcp.sampling.consecutive_failures": "I64(2)"}"#,
                r#"sampling.text_response_retry {"fastmcp.sampling.retry_count": "I64(9223372036854775807)"}"#,
            ]
        );
    }

    #[tokio::test]
    async fn events_of_the_user_s_own_go_on_the_span_that_is_named() {
        let telemetry = Telemetry::on();
        run(step(tool(async {
            current_loop().event("on the loop", || []);
            current_step().event(format!("on the {}", "step"), || vec![KeyValue::new("size", 3)]);
            current_tool().event("on the tool", || Some(KeyValue::new("hit", true)));
        })))
        .await;
        let events: Vec<_> = telemetry.spans(3).iter().map(|span| format!("{:?}", span.events())).collect();
        assert_eq!(
            events,
            [
                r#"[("on the loop", {})]"#,
                r#"[("on the step", {"size": "I64(3)"})]"#,
                r#"[("on the tool", {"hit": "Bool(true)"})]"#
            ]
        );
    }

    #[tokio::test]
    async fn an_event_s_closure_may_use_the_context_and_the_handles() {
        let telemetry = Telemetry::on();
        run(step(async {
            current_step().event("nested", || {
                current_step().set("app.step", "from a closure");
                current_loop().event("inner", || []);
                Context::map_current(|context| [KeyValue::new("valid", context.has_active_span())])
            });
        }))
        .await;
        assert_eq!(told(&telemetry), ["", "step=from a closure"]);
    }
}

mod set {
    use super::*;

    #[tokio::test]
    async fn the_last_value_of_a_key_counts_with_its_type() {
        let telemetry = Telemetry::on();
        step(async {
            let step = current_step();
            step.set("app.count", "first");
            step.set("app.count", 3_u8);
            step.set("app.ratio", 0.5_f32);
            step.set("app.ok", true);
            step.set("app.list", ["a", "b"]);
            step.set("app.owned".to_owned(), String::from("owned"));
            step.set("app.none", None::<&str>);
            step.set("app.some", Some("kept"));
            step.set("app.some", None::<&str>);
        })
        .await;
        let attributes = telemetry.span().attributes();
        let app: Vec<String> =
            attributes.iter().filter(|(key, _)| key.starts_with("app.")).map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            app,
            [
                "app.count=I64(3)",
                r#"app.list=Array(["a", "b"])"#,
                "app.ok=Bool(true)",
                r#"app.owned=String("owned")"#,
                "app.ratio=F64(0.5)",
                r#"app.some=String("kept")"#,
            ]
        );
    }

    #[sampling_step(attributes("app.key" = |()| "closure"))]
    async fn with_a_closure() {
        current_step().set("app.key", "handle");
    }

    #[tokio::test]
    async fn a_response_closure_comes_after_a_handle() {
        let telemetry = Telemetry::on();
        with_a_closure().await;
        assert_eq!(telemetry.span().get("app.key"), Some("closure".into()));
    }

    #[tokio::test]
    async fn a_handle_from_before_an_await_is_still_good_after_it() {
        let telemetry = Telemetry::on();
        step(async {
            let step = current_step();
            yield_now().await;
            step.set("app.step", "after");
            tokio::spawn(async move { step.set("app.task", "elsewhere") }).await.expect("joined");
        })
        .await;
        assert_eq!(told(&telemetry), ["step=after"]);
        assert_eq!(telemetry.span().get("app.task"), Some("elsewhere".into()));
    }
}

mod response {
    use super::*;

    #[tokio::test]
    async fn a_handle_says_what_a_response_cannot() {
        let telemetry = Telemetry::on();
        step(async {
            let step = current_step();
            step.usage(TokenUsage::new(10, None::<u8>));
            step.usage(Some(TokenUsage::new(None::<u8>, 5)));
            step.usage(None::<TokenUsage>);
            let more = TokenUsage::new(11, None::<u8>).with_cached(2);
            step.usage(Some(&more));
            step.stop_reason("tool_use");
            step.stop_reason(None::<&str>);
            step.response_model("first");
            step.response_model(Some("answered".to_owned()));
            step.response_id("id");
        })
        .await;
        let span = telemetry.span();
        let get = |key: &str| span.get(key).map(|value| value.to_string()).unwrap_or_default();
        assert_eq!(
            [
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.output_tokens",
                "gen_ai.usage.cache_read.input_tokens",
                "fastmcp.sampling.stop_reason",
                "gen_ai.response.model",
                "gen_ai.response.id"
            ]
            .map(get),
            ["11", "5", "2", "toolUse", "answered", "id"]
        );
    }

    #[tokio::test]
    async fn tokens_from_a_handle_are_measured_without_a_trace() {
        let telemetry = Telemetry::off().metered();
        run(step(async { current_step().usage(TokenUsage::new(10, 5)) })).await;
        assert_eq!(telemetry.points("gen_ai.client.token.usage").len(), 2);
    }
}

mod debug {
    use super::*;

    #[tokio::test]
    async fn a_handle_shows_whether_it_records() {
        let telemetry = Telemetry::on();
        assert_eq!(format!("{:?}", current_loop()), "CurrentLoop { recording: false, .. }");
        let inside = run(async { format!("{:?}", current_loop()) }).now_or_never().expect("ready");
        assert_eq!(inside, "CurrentLoop { recording: true, .. }");
        drop(telemetry);
    }
}

mod facts_known_only_inside {
    use super::*;
    use samplescope::{Capture, Chunk, Message, SamplingResponse, Settings, ToolOutcome, Vocabulary};
    use serde_json::{Value, json};

    #[sampling_loop(answer = |answer| answer)]
    async fn answers(argument: bool) -> Option<String> {
        current_loop().system_prompt("be brief");
        current_loop().messages([("user", "no"), ("user", "no")]);
        current_loop().messages("what now?");
        current_loop().answer("by the handle");
        argument.then(|| "by the argument".to_owned())
    }

    #[sampling_loop(system_prompt = "written", messages = "written")]
    async fn written() {
        current_loop().system_prompt("by a handle");
        current_loop().messages("by a handle");
    }

    #[sampling_step]
    async fn asks() {
        current_step().system_prompt("be brief");
        current_step().messages("what now?");
        current_step().message("Sunny.");
    }

    #[sampling_step]
    async fn chunks() {
        current_step().chunk(Chunk::new().text("Sun"));
        current_step().chunk(Chunk::new().text("ny.").stop_reason("end_turn").usage(TokenUsage::new(1, 2)));
    }

    #[sampling_tool(result = |result| result)]
    async fn tool() -> Option<u8> {
        current_tool().arguments([1, 2]);
        current_tool().result("said");
        current_tool().failed("it is closed");
        None
    }

    fn get(span: &Span, key: &str) -> String {
        span.get(key).map(|value| value.to_string()).unwrap_or_default()
    }

    fn message(role: &str, text: &str) -> String {
        format!(r#"[{{"parts":[{{"content":"{text}","type":"text"}}],"role":"{role}"}}]"#)
    }

    #[tokio::test]
    async fn a_handle_says_what_an_argument_says_and_the_argument_goes_first() {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
        answers(false).await;
        answers(true).await;
        written().await;
        asks().await;
        chunks().await;
        tool().await;
        let spans = telemetry.spans(6);
        assert_eq!(get(&spans[0], "gen_ai.system_instructions"), r#"[{"content":"be brief","type":"text"}]"#);
        assert_eq!(get(&spans[0], "gen_ai.input.messages"), message("user", "what now?"));
        assert!(get(&spans[1], "gen_ai.output.messages").contains("by the argument"));
        assert_eq!(get(&spans[2], "gen_ai.system_instructions"), r#"[{"content":"written","type":"text"}]"#);
        assert_eq!(get(&spans[2], "gen_ai.input.messages"), message("user", "written"));
        assert_eq!(get(&spans[3], "gen_ai.input.messages"), message("user", "what now?"));
        assert!(get(&spans[3], "gen_ai.output.messages").contains("Sunny."));
        assert!(get(&spans[4], "gen_ai.output.messages").contains("Sunny."));
        assert_eq!(get(&spans[4], "fastmcp.sampling.stop_reason"), "endTurn");
        assert!(spans[4].get("gen_ai.response.time_to_first_chunk").is_some());
        assert_eq!(get(&spans[5], "gen_ai.tool.call.arguments"), "[1,2]");
        assert_eq!(spans[5].status(), opentelemetry::trace::Status::error("it is closed"));
        assert_eq!(get(&spans[5], "error.type"), "tool_error");
    }

    struct Typed;

    impl SamplingResponse for Typed {
        fn message(&self) -> Option<Message> {
            Some(Message::text("by the type"))
        }
    }

    impl ToolOutcome for Typed {
        fn result(&self) -> Option<Value> {
            Some("by the type".into())
        }
    }

    #[sampling_step]
    async fn typed_step(handle: Option<&str>) -> Typed {
        current_step().message(handle);
        Typed
    }

    #[sampling_tool]
    async fn typed_tool(handle: Option<&str>) -> Typed {
        current_tool().result(handle);
        Typed
    }

    #[sampling_step(response = |response| response)]
    async fn read_step(handle: Option<&str>) -> Value {
        current_step().message(handle);
        json!({ "type": "message", "role": "assistant", "content": [{ "type": "text", "text": "by the response" }] })
    }

    #[tokio::test]
    async fn a_handle_says_what_a_response_or_a_type_says_and_goes_first() {
        for handle in [None, Some("by the handle")] {
            let telemetry =
                Telemetry::on().with(Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans));
            typed_step(handle).await;
            read_step(handle).await;
            typed_tool(handle).await;
            let spans = telemetry.spans(3);
            for (span, key, otherwise) in [
                (&spans[0], "gen_ai.output.messages", "by the type"),
                (&spans[1], "gen_ai.output.messages", "by the response"),
                (&spans[2], "gen_ai.tool.call.result", "by the type"),
            ] {
                let said = get(span, key);
                assert_eq!(said.matches("by the").count(), 1, "{said}");
                assert!(said.contains(handle.unwrap_or(otherwise)), "{said}");
            }
        }
    }

    #[tokio::test]
    async fn in_the_prescribed_names_each_is_one_event_of_the_loop() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        answers(false).await;
        written().await;
        let names = |span: &Span| span.events().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let spans = telemetry.spans(2);
        assert_eq!(names(&spans[0])[..2], ["gen_ai.system.message", "gen_ai.user.message"]);
        assert!(format!("{:?}", spans[0].events()).contains("what now?"));
        assert_eq!(names(&spans[1]), ["gen_ai.system.message", "gen_ai.user.message"]);
        assert!(!format!("{:?}", spans[1].events()).contains("by a handle"));
    }

    #[tokio::test]
    async fn nothing_is_kept_while_content_is_off() {
        struct Never;
        impl samplescope::ToMessages for Never {
            fn to_messages(&self) -> Vec<Message> {
                unreachable!("nobody asked for content")
            }
        }
        #[sampling_loop]
        async fn run() {
            current_loop().messages(Never);
            current_loop().answer(Never);
        }
        let telemetry = Telemetry::on();
        run().await;
        telemetry.spans(1);
    }
}
