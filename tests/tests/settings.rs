//! Settings: what is installed counts for the whole process, from the next outermost call on, and whatever the environment says.
//! What the environment says is seen where it is read: in the crate's own tests and, from outside, in those of `replay`.

use samplescope::{Capture, Settings, Vocabulary, sampling_loop, sampling_step};
use samplescope_tests::Telemetry;

#[sampling_loop(messages = "Weather?")]
async fn run(between: impl FnOnce()) -> Result<(), String> {
    between();
    ask().await;
    Err("no such model".to_owned())
}

#[sampling_step(messages = "Weather?", message = |()| "Sunny.")]
async fn ask() {}

fn genai() -> Settings {
    Settings::default().with_vocabulary(Vocabulary::GenAi)
}

#[tokio::test]
async fn what_is_installed_last_counts() {
    let telemetry = Telemetry::on();
    genai().with_capture(Capture::Spans).install();
    assert!(run(|| ()).await.is_err());
    assert_eq!(telemetry.tree(), "invoke_agent\n  chat\n");
    assert!(telemetry.spans(2)[1].get("gen_ai.output.messages").is_some());
    telemetry.forget();
    Settings::default().install();
    assert!(run(|| ()).await.is_err());
    assert_eq!(telemetry.tree(), "sampling/createMessage\n  sampling/createMessage step\n");
    assert_eq!(telemetry.spans(2)[0].events().len(), 1, "the exception, and no message");
}

#[tokio::test]
async fn a_loop_that_has_begun_goes_on_as_it_began() {
    let telemetry = Telemetry::on();
    assert!(run(|| genai().with_capture(Capture::Spans).install()).await.is_err());
    assert_eq!(telemetry.tree(), "sampling/createMessage\n  sampling/createMessage step\n");
    telemetry.forget();
    assert!(run(|| ()).await.is_err());
    assert_eq!(telemetry.tree(), "invoke_agent\n  chat\n");
}

#[tokio::test]
async fn an_error_s_own_text_is_left_out_on_request_and_its_type_never() {
    for (exported, description) in [(true, "no such model"), (false, "")] {
        let telemetry = Telemetry::on().with(Settings::default().with_error_messages(exported));
        assert!(run(|| ()).await.is_err());
        let span = &telemetry.spans(2)[0];
        assert_eq!(span.status(), opentelemetry::trace::Status::error(description));
        assert_eq!(span.get("error.type"), Some("String".into()));
        let [(name, attributes)] = &span.events()[..] else { panic!("{:?}", span.events()) };
        assert_eq!((name.as_str(), attributes.len()), ("exception", 1 + usize::from(exported)));
        assert_eq!(attributes["exception.type"], r#"String("alloc::string::String")"#);
        assert_eq!(attributes.get("exception.message").is_some(), exported);
    }
}

#[tokio::test]
async fn a_limit_can_be_set_and_taken_back() {
    let limited = Settings::default().with_capture(Capture::Spans).with_length_limit(4);
    for (settings, seen) in [(limited.clone(), r#"String("Wea…")"#), (limited.with_length_limit(None), r#"String("Weather?")"#)]
    {
        let telemetry = Telemetry::on().with(settings);
        assert!(run(|| ()).await.is_err());
        assert_eq!(telemetry.spans(2)[0].events()[0].1["gen_ai.user.message"], seen);
    }
}

mod not_leaking {
    use super::*;

    async fn tree() -> String {
        let telemetry = Telemetry::on();
        assert!(run(|| ()).await.is_err());
        telemetry.tree()
    }

    #[tokio::test]
    async fn a_test_leaves_its_settings_to_no_other() {
        let before = tree().await;
        drop(Telemetry::on().metered().with(genai().with_capture(Capture::SpansAndEvents)));
        assert_eq!(tree().await, before);
        assert_eq!(before, "sampling/createMessage\n  sampling/createMessage step\n");
    }
}

#[test]
fn settings_show_themselves_without_their_redactor() {
    let shown = format!("{:?}", genai().with_redactor(|_, text| text.into()).with_length_limit(10));
    for part in ["vocabulary: GenAi", "capture: Off", "length_limit: Some(10)", "error_messages: true"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}
