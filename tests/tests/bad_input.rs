//! Values that nobody would wish for: the function runs and returns all the same, and what cannot be said is left out.

use opentelemetry::Value;
use opentelemetry::trace::Status;
use samplescope::{Capture, Chunk, Settings, TokenUsage, Vocabulary, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::Telemetry;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Mutex};

#[sampling_step(max_tokens = tokens)]
fn tokens<T: samplescope::value::Integer>(tokens: T) {}

#[sampling_step(temperature = temperature)]
fn temperature<T: samplescope::value::Number>(temperature: T) {}

#[sampling_step(attributes("app.value" = value))]
fn attribute<T: samplescope::value::AttributeValue>(value: T) -> u8 {
    7
}

#[sampling_tool(name = name)]
fn named<T: samplescope::value::Text>(name: T) {}

#[sampling_tool(arguments = arguments, result = |result| result)]
fn tool<T: Serialize + Clone>(arguments: T) -> T {
    arguments.clone()
}

/// An attribute of the only span, which then is forgotten.
#[track_caller]
fn get(telemetry: &Telemetry, key: &str) -> Option<Value> {
    let value = telemetry.span().get(key);
    telemetry.forget();
    value
}

mod numbers {
    use super::*;

    #[test]
    fn an_integer_that_does_not_fit_saturates() {
        let telemetry = Telemetry::on();
        let check = |call: &dyn Fn(), expected: i64| {
            call();
            assert_eq!(get(&telemetry, "gen_ai.request.max_tokens"), Some(expected.into()));
        };
        check(&|| tokens(u64::MAX), i64::MAX);
        check(&|| tokens(u128::MAX), i64::MAX);
        check(&|| tokens(i128::MAX), i64::MAX);
        check(&|| tokens(i128::MIN), i64::MIN);
        check(&|| tokens(usize::MAX), i64::MAX);
        check(&|| tokens(Some(&-1_i8)), -1);
        tokens(None::<u8>);
        assert_eq!(get(&telemetry, "gen_ai.request.max_tokens"), None);
        assert_eq!(attribute(u64::MAX), 7);
        assert_eq!(get(&telemetry, "app.value"), Some(i64::MAX.into()));
        assert_eq!(attribute(i128::MIN), 7);
        assert_eq!(get(&telemetry, "app.value"), Some(i64::MIN.into()));
    }

    #[test]
    fn a_float_is_what_it_is() {
        let telemetry = Telemetry::on();
        temperature(f64::INFINITY);
        assert_eq!(get(&telemetry, "gen_ai.request.temperature"), Some(f64::INFINITY.into()));
        temperature(f32::NEG_INFINITY);
        assert_eq!(get(&telemetry, "gen_ai.request.temperature"), Some(f64::NEG_INFINITY.into()));
        temperature(f32::NAN);
        assert!(matches!(get(&telemetry, "gen_ai.request.temperature"), Some(Value::F64(value)) if value.is_nan()));
        temperature(f32::MIN_POSITIVE);
        assert!(matches!(get(&telemetry, "gen_ai.request.temperature"), Some(Value::F64(value)) if value > 0.0));
        temperature(-0.0);
        assert_eq!(get(&telemetry, "gen_ai.request.temperature"), Some((-0.0).into()));
    }

    #[sampling_step(usage = |usage| usage)]
    fn usage(usage: TokenUsage) -> TokenUsage {
        usage
    }

    #[test]
    fn a_count_that_is_none_is_left_out_in_metrics_too() {
        let telemetry = Telemetry::on().metered();
        usage(TokenUsage::new(-1, i128::MIN).with_cached(u128::MAX));
        let span = telemetry.span();
        assert_eq!((span.get("gen_ai.usage.input_tokens"), span.get("gen_ai.usage.output_tokens")), (None, None));
        assert_eq!(span.get("gen_ai.usage.cache_read.input_tokens"), Some(i64::MAX.into()));
        assert!(telemetry.points("gen_ai.client.token.usage").is_empty());
    }
}

mod texts {
    use super::*;

    #[test]
    fn a_tool_without_a_name_has_the_function_s() {
        let telemetry = Telemetry::on();
        let names = [|| named(""), || named(None::<&str>), || named(String::new()), || named(Some(""))];
        for call in names {
            call();
            assert_eq!(telemetry.span().name(), "sampling.execute_tool named");
            assert_eq!(get(&telemetry, "gen_ai.tool.name"), Some("named".into()));
        }
    }

    #[test]
    fn any_string_is_a_name() {
        let telemetry = Telemetry::on();
        let long = "ü".repeat(129);
        for (name, shown) in [
            ("名前", "名前"),
            (" ", " "),
            ("\u{202e}", "\u{202e}"),
            ("{}", "{}"),
            // In a span's name, which a person reads in a terminal, no control characters, and no more than 128 of others.
            ("a b\n\0", "a b"),
            ("\u{1b}[2Jgone\u{7f}\u{9b}", "[2Jgone"),
            (&long, &long[2..]),
        ] {
            named(name);
            assert_eq!(telemetry.span().name(), format!("sampling.execute_tool {shown}"));
            assert_eq!(get(&telemetry, "gen_ai.tool.name"), Some(name.to_owned().into()));
        }
        named(7);
        assert_eq!(get(&telemetry, "gen_ai.tool.name"), Some("7".into()), "an id that is a number is still an id");
        named([7]);
        assert_eq!(get(&telemetry, "gen_ai.tool.name"), Some("named".into()), "a list is none");
    }

    #[test]
    fn ten_megabytes_are_a_value() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        let long = "x".repeat(10 << 20);
        assert_eq!(attribute(&long), 7);
        assert!(matches!(get(&telemetry, "app.value"), Some(Value::String(text)) if text.as_str().len() == long.len()));
        assert_eq!(tool(long.as_str()).len(), long.len());
        let Some(Value::String(arguments)) = get(&telemetry, "gen_ai.tool.call.arguments") else { panic!("no arguments") };
        assert_eq!(arguments.as_str().len(), long.len() + 2);
    }

    #[test]
    fn ten_megabytes_are_cut_where_there_is_a_limit() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans).with_length_limit(100));
        let long = "ü".repeat(10 << 20);
        tool([long.as_str()]);
        let Some(Value::String(arguments)) = get(&telemetry, "gen_ai.tool.call.arguments") else { panic!("no arguments") };
        assert!(arguments.as_str().chars().count() <= 100);
        assert!(serde_json::from_str::<Vec<String>>(arguments.as_str()).is_ok(), "{arguments}");
    }
}

mod structures {
    use super::*;

    #[derive(Clone, Serialize)]
    struct Structure {
        field: u8,
    }

    #[derive(Clone, Serialize)]
    enum Variants {
        Unit,
        Newtype(u8),
        Struct { field: u8 },
    }

    struct Fails;

    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("never"))
        }
    }

    #[derive(Clone, Copy)]
    struct Panics;

    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("in Serialize")
        }
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Mixed {
        Number(u8),
        Text(&'static str),
    }

    #[test]
    fn what_is_no_attribute_value_is_left_out_and_the_function_returns() {
        let telemetry = Telemetry::on();
        macro_rules! left_out {
            ($($value:expr;)*) => {$(
                assert_eq!(attribute($value), 7);
                assert_eq!(telemetry.span().status(), Status::Unset);
                assert_eq!(get(&telemetry, "app.value"), None, "{}", stringify!($value));
            )*};
        }
        left_out! {
            Structure { field: 1 };
            Variants::Newtype(1);
            Variants::Struct { field: 1 };
            BTreeMap::from([("key", 1)]);
            vec![Structure { field: 1 }];
            vec![vec![1, 2], vec![3]];
            vec![Mixed::Number(1), Mixed::Text("a")];
            (1, "a");
            Fails;
            vec![Fails];
            ();
            None::<Structure>;
        }
        attribute(Variants::Unit);
        assert_eq!(get(&telemetry, "app.value"), Some("Unit".into()));
        attribute([Some("a"), None, Some("b")]);
        assert_eq!(
            get(&telemetry, "app.value"),
            Some(Value::Array(vec![opentelemetry::StringValue::from("a"), "b".into()].into()))
        );
    }

    #[test]
    fn a_list_is_as_long_as_it_is() {
        let telemetry = Telemetry::on();
        attribute((0..1_000_000).collect::<Vec<i64>>());
        assert!(
            matches!(get(&telemetry, "app.value"), Some(Value::Array(opentelemetry::Array::I64(list))) if list.len() == 1_000_000)
        );
        attribute(Vec::<u8>::new());
        assert!(matches!(get(&telemetry, "app.value"), Some(Value::Array(_))));
    }

    #[test]
    fn content_that_does_not_serialise_is_left_out() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        tool(BTreeMap::from([(vec![1], "a key that is no string")]));
        let span = telemetry.span();
        assert_eq!((span.get("gen_ai.tool.call.arguments"), span.get("gen_ai.tool.call.result")), (None, None));
        assert_eq!(span.status(), Status::Unset);
        telemetry.forget();
        tool(f64::NAN);
        assert_eq!(get(&telemetry, "gen_ai.tool.call.arguments"), None, "JSON has no such number");
    }

    #[test]
    fn a_serialize_that_panics_says_nothing_and_the_function_returns() {
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        let only = || {
            let span = telemetry.span();
            telemetry.forget();
            span
        };
        assert_eq!(attribute(Panics), 7);
        let span = only();
        assert_eq!((span.status(), span.get("app.value")), (Status::Unset, None));
        tool(Panics);
        let span = only();
        assert_eq!((span.status(), span.get("gen_ai.tool.call.arguments")), (Status::Unset, None));
        assert_eq!(span.get("gen_ai.tool.name"), Some("tool".into()));
        named(Panics);
        assert_eq!(telemetry.span().name(), "sampling.execute_tool named", "a name that cannot be said is as none");
        telemetry.forget();
        assert_eq!(attribute(1), 7);
        assert_eq!(get(&telemetry, "app.value"), Some(1.into()), "the next one is not touched");
    }

    #[test]
    fn nor_does_an_item_that_is_told_by_hand() {
        let telemetry = Telemetry::on();
        let step = samplescope::start_step(|_| ());
        step.chunk(Chunk::new().stop_reason(Panics).model(Panics).id("r-1"));
        step.end();
        let span = telemetry.span();
        assert_eq!((span.get("gen_ai.response.id"), span.get("gen_ai.response.model")), (Some("r-1".into()), None));
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
        let telemetry = Telemetry::on();
        for (digits, expected) in [
            ("5", Some(Value::I64(5))),
            ("-7", Some(Value::I64(-7))),
            ("0.5", Some(Value::F64(0.5))),
            ("1e3", Some(Value::F64(1_000.0))),
            ("18446744073709551615", Some(Value::I64(i64::MAX))),
            ("not one", None),
        ] {
            attribute(Exact(digits));
            assert_eq!(get(&telemetry, "app.value"), expected, "{digits}");
        }
        attribute([Exact("1"), Exact("2")]);
        assert_eq!(get(&telemetry, "app.value"), Some(Value::Array(vec![1_i64, 2].into())));
    }

    #[sampling_step(messages = text, message = |_| text)]
    fn asks(text: &str) -> usize {
        text.len()
    }

    #[test]
    fn a_redactor_that_panics_leaves_the_text_out_and_the_function_alone() {
        /// A panic that panics again, where it is dropped.
        struct Again;
        impl Drop for Again {
            fn drop(&mut self) {
                panic!("in the payload");
            }
        }
        let panics: [fn() -> String; 2] = [|| panic!("in the redactor"), || panic_any(Again)];
        for redact in panics {
            let settings = Settings::default().with_vocabulary(Vocabulary::GenAi).with_capture(Capture::Spans);
            let telemetry = Telemetry::on().with(settings.with_redactor(move |_, _| redact().into()));
            assert_eq!(tool("secret"), "secret");
            assert_eq!(asks("secret"), 6);
            for span in telemetry.spans(2) {
                assert_eq!(span.status(), Status::Unset);
                assert!(!format!("{:?} {:?}", span.attributes(), span.events()).contains("secret"));
            }
        }
    }
}

mod poisoned {
    use super::*;

    #[sampling_step(attributes("app.value" = shared.lock().map_or_else(|poisoned| *poisoned.into_inner(), |value| *value)))]
    fn locks(shared: &Arc<Mutex<i64>>) {
        samplescope::current_step().event("evaluated by a closure that panics", || -> [opentelemetry::KeyValue; 0] {
            panic!("in an event's attributes")
        });
    }

    #[test]
    fn a_panic_inside_a_closure_of_a_handle_leaves_the_next_call_alone() {
        let telemetry = Telemetry::on();
        let shared = Arc::new(Mutex::new(7));
        for _ in 0..2 {
            let poisons = AssertUnwindSafe(shared.clone());
            let _ = std::thread::spawn(move || {
                let _guard = poisons.lock();
                panic!("poison");
            })
            .join();
            assert!(catch_unwind(AssertUnwindSafe(|| locks(&shared))).is_err());
            assert_eq!(telemetry.span().status(), Status::error("panicked"));
            assert_eq!(get(&telemetry, "app.value"), Some(7.into()));
        }
    }
}

mod many {
    use super::*;

    #[sampling_step]
    fn two_hundred() {
        for index in 0..200 {
            samplescope::current_step().set(format!("app.{index}"), index);
            samplescope::current_step().set(format!("app.{index}"), index + 1);
        }
    }

    #[test]
    fn two_hundred_attributes_are_the_sdk_s_to_limit() {
        let telemetry = Telemetry::on();
        two_hundred();
        let span = telemetry.span();
        assert_eq!(span.attributes().len(), 128);
        assert_eq!(span.get("app.0"), Some(1.into()));
        assert!(span.0.dropped_attributes_count > 70);
        assert_eq!(span.get("gen_ai.operation.name"), Some("chat".into()), "the first are kept");
    }

    #[sampling_loop]
    async fn deep(depth: u32) -> u32 {
        if depth == 0 { 0 } else { 1 + step(depth).await }
    }

    #[sampling_step(iteration = depth)]
    async fn step(depth: u32) -> u32 {
        tokio::task::yield_now().await;
        Box::pin(deep(depth - 1)).await
    }

    #[test]
    fn a_thousand_loops_inside_each_other_are_a_thousand_loops() {
        let telemetry = Telemetry::on();
        let calls = std::thread::Builder::new().stack_size(64 << 20).spawn(|| futures::executor::block_on(deep(1000)));
        assert_eq!(calls.expect("a thread").join().expect("joined"), 1000);
        let spans = telemetry.spans(2001);
        assert_eq!(spans.len(), 2001);
        for pair in spans.windows(2) {
            assert_eq!(pair[1].parent_id(), pair[0].id());
        }
    }

    #[sampling_loop]
    async fn long(steps: usize) {
        for _ in 0..steps {
            short();
        }
    }

    #[sampling_step]
    fn short() {}

    #[tokio::test]
    async fn a_loop_of_ten_thousand_steps_counts_them() {
        let telemetry = Telemetry::on();
        long(10_000).await;
        let spans = telemetry.spans(10001);
        assert_eq!(spans[0].get("fastmcp.sampling.iterations"), Some(10_000.into()));
        assert_eq!(spans.last().and_then(|span| span.get("fastmcp.sampling.iteration")), Some(9_999.into()));
    }
}
