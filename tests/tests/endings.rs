//! The five endings, each on every path that leads to it.

use futures::future::{join, pending};
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _, poll};
use opentelemetry::trace::{Span as _, Status, Tracer as _};
use opentelemetry::{Value, global};
use opentelemetry_sdk::trace::Sampler;
use samplescope::{ErrorType, Settings, TokenUsage, ToolOutcome, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How a span ended, in the words of the guide to endings.
#[derive(Debug, PartialEq)]
struct Ending {
    status: Status,
    error_type: Option<String>,
    /// Type and message of each exception event.
    exceptions: Vec<(Option<String>, Option<String>)>,
}

fn ending(span: &Span) -> Ending {
    let text = |value: &String| value.strip_prefix("String(\"").and_then(|text| text.strip_suffix("\")")).map(str::to_owned);
    let exception = |(name, attributes): (String, std::collections::BTreeMap<String, String>)| {
        let get = |key: &str| attributes.get(key).and_then(text);
        (name == "exception").then(|| (get("exception.type"), get("exception.message")))
    };
    Ending {
        status: span.status(),
        error_type: span.get("error.type").map(|value| value.to_string()),
        exceptions: span.events().into_iter().filter_map(exception).collect(),
    }
}

fn success() -> Ending {
    Ending { status: Status::Unset, error_type: None, exceptions: Vec::new() }
}

fn ended(description: &str, error_type: &str) -> Ending {
    Ending { status: Status::error(description.to_owned()), error_type: Some(error_type.to_owned()), exceptions: Vec::new() }
}

fn error(message: &str, error_type: &str, exception_type: &str) -> Ending {
    Ending { exceptions: vec![(Some(exception_type.to_owned()), Some(message.to_owned()))], ..ended(message, error_type) }
}

fn panicked() -> Ending {
    ended("panicked", "panic")
}

fn cancelled() -> Ending {
    ended("cancelled", "cancelled")
}

/// How the only span ended; it is forgotten.
#[track_caller]
fn the_ending(telemetry: &Telemetry) -> Ending {
    let ending = ending(&telemetry.span());
    telemetry.forget();
    ending
}

#[derive(Debug)]
struct ApiError(&'static str);

impl Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ApiError {}

/// Opens a span when it is dropped.
struct Noisy(&'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        global::tracer("user").start(self.0).end();
    }
}

mod success_and_error {
    use super::*;

    #[sampling_step]
    async fn asynchronous(ok: bool) -> Result<u8, ApiError> {
        tokio::task::yield_now().await;
        if ok { Ok(7) } else { Err(ApiError("no credit")) }
    }

    #[sampling_step]
    fn synchronous(ok: bool) -> Result<u8, ApiError> {
        if ok { Ok(7) } else { Err(ApiError("no credit")) }
    }

    #[tokio::test]
    async fn a_success_leaves_the_status_unset() {
        let telemetry = Telemetry::on();
        asynchronous(true).await.expect("ok");
        assert_eq!(the_ending(&telemetry), success());
        synchronous(true).expect("ok");
        assert_eq!(the_ending(&telemetry), success());
    }

    #[tokio::test]
    async fn an_error_is_its_display_its_type_and_one_exception() {
        let telemetry = Telemetry::on();
        let expected = || error("no credit", "ApiError", "endings::ApiError");
        asynchronous(false).await.expect_err("no credit");
        assert_eq!(the_ending(&telemetry), expected());
        synchronous(false).expect_err("no credit");
        assert_eq!(the_ending(&telemetry), expected());
    }

    #[derive(Debug)]
    struct Silent;

    #[sampling_step]
    async fn silent() -> Result<(), Silent> {
        Err(Silent)
    }

    #[tokio::test]
    async fn an_error_without_a_display_has_a_type_and_no_message() {
        let telemetry = Telemetry::on();
        silent().await.expect_err("silent");
        let exceptions = vec![(Some("endings::success_and_error::Silent".to_owned()), None)];
        assert_eq!(the_ending(&telemetry), Ending { exceptions, ..ended("", "Silent") });
    }

    #[tokio::test]
    async fn without_error_messages_an_error_still_has_its_type() {
        let telemetry = Telemetry::on().with(Settings::default().with_error_messages(false));
        asynchronous(false).await.expect_err("no credit");
        let exceptions = vec![(Some("endings::ApiError".to_owned()), None)];
        assert_eq!(the_ending(&telemetry), Ending { exceptions, ..ended("", "ApiError") });
    }

    #[sampling_loop]
    async fn recovers() -> Result<u8, ApiError> {
        let mut last = asynchronous(false).await;
        for _ in 0..2 {
            if last.is_err() {
                last = asynchronous(true).await;
            }
        }
        last
    }

    #[tokio::test]
    async fn an_error_that_the_loop_recovers_from_is_not_the_loop_s() {
        let telemetry = Telemetry::on();
        recovers().await.expect("recovered");
        let endings: Vec<Ending> = telemetry.spans(3).iter().map(ending).collect();
        assert_eq!(endings, [success(), error("no credit", "ApiError", "endings::ApiError"), success()]);
    }
}

mod failed {
    use super::*;

    #[sampling_tool(failed = |failed| *failed)]
    async fn tool(failed: bool) -> bool {
        failed
    }

    #[sampling_tool(failed = |failed| failed)]
    fn optional(failed: Option<bool>) -> Option<bool> {
        failed
    }

    #[sampling_step(failed = |refused| *refused)]
    async fn step(refused: bool) -> Result<bool, ApiError> {
        Ok(refused)
    }

    #[sampling_loop(failed = |gave_up| *gave_up)]
    async fn run(gave_up: bool) -> bool {
        gave_up
    }

    struct Closed;

    impl Display for Closed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("it is closed")
        }
    }

    impl ErrorType for Closed {
        fn error_type(&self) -> Cow<'_, str> {
            "closed".into()
        }
    }

    struct Output<E> {
        error: Option<E>,
    }

    #[sampling_tool(failed = |output| output.error)]
    fn reports<E>(error: Option<E>) -> Output<E>
    where
        E: ErrorType + Display,
    {
        Output { error }
    }

    #[sampling_tool(failed = |output| output.error.as_ref())]
    fn lends(error: Option<Closed>) -> Output<Closed> {
        Output { error }
    }

    #[sampling_step(failed = |output| output.error)]
    fn says(error: Option<String>) -> Result<Output<String>, ApiError> {
        Ok(Output { error })
    }

    #[sampling_tool(failed = |output| output.error)]
    fn flags(error: Option<bool>) -> Output<bool> {
        Output { error }
    }

    /// The value in the `Option` cannot be shown where it is in error.
    #[sampling_tool(failed = |output| output.error)]
    fn broken(error: Option<Broken>) -> Output<Broken> {
        Output { error }
    }

    struct Broken(bool);

    impl Display for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            if self.0 { panic!("boom") } else { Err(fmt::Error) }
        }
    }

    #[test]
    fn an_error_in_an_option_says_why() {
        let telemetry = Telemetry::on();
        for (is_closed, expected) in [(true, ended("it is closed", "closed")), (false, success())] {
            reports(is_closed.then_some(Closed));
            assert_eq!(the_ending(&telemetry), expected);
            lends(is_closed.then_some(Closed));
            assert_eq!(the_ending(&telemetry), expected);
        }
        says(Some("no credit".into())).expect("ok");
        assert_eq!(the_ending(&telemetry), ended("no credit", "_OTHER"));
        says(None).expect("ok");
        assert_eq!(the_ending(&telemetry), success());
        for (flag, expected) in [(Some(true), ended("", "tool_error")), (Some(false), success()), (None, success())] {
            flags(flag);
            assert_eq!(the_ending(&telemetry), expected);
        }
        for panics in [true, false] {
            broken(Some(Broken(panics)));
            assert_eq!(the_ending(&telemetry), ended("", "tool_error"));
        }
    }

    #[test]
    fn the_reason_is_an_error_message_and_goes_through_the_redactor() {
        let settings = Settings::default().with_redactor(|_, text| text.replace("credit", "***").into());
        let telemetry = Telemetry::on().with(settings);
        says(Some("no credit".into())).expect("ok");
        assert_eq!(the_ending(&telemetry), ended("no ***", "_OTHER"));
        drop(telemetry);
        let telemetry = Telemetry::on().with(Settings::default().with_error_messages(false));
        says(Some("no credit".into())).expect("ok");
        assert_eq!(the_ending(&telemetry), ended("", "_OTHER"));
    }

    #[tokio::test]
    async fn a_success_value_may_say_that_it_failed() {
        let telemetry = Telemetry::on();
        tool(true).await;
        assert_eq!(the_ending(&telemetry), ended("", "tool_error"));
        tool(false).await;
        assert_eq!(the_ending(&telemetry), success());
        for (failed, expected) in [(Some(true), ended("", "tool_error")), (Some(false), success()), (None, success())] {
            optional(failed);
            assert_eq!(the_ending(&telemetry), expected);
        }
        step(true).await.expect("ok");
        assert_eq!(the_ending(&telemetry), ended("", "_OTHER"));
        run(true).await;
        assert_eq!(the_ending(&telemetry), ended("", "_OTHER"));
    }

    struct Outcome(bool);

    impl ToolOutcome for Outcome {
        fn failed(&self) -> bool {
            self.0
        }
    }

    #[derive(Clone, Copy)]
    struct Silent;

    impl ToolOutcome for Silent {}

    #[sampling_tool]
    fn silent() -> Silent {
        Silent
    }

    #[sampling_tool]
    async fn by_type(failed: bool) -> Outcome {
        Outcome(failed)
    }

    #[sampling_tool]
    fn by_type_in_a_result(failed: bool) -> Result<Outcome, ApiError> {
        Ok(Outcome(failed))
    }

    #[sampling_tool(failed = |_| false)]
    async fn written(failed: bool) -> Outcome {
        Outcome(failed)
    }

    #[tokio::test]
    async fn an_outcome_says_by_its_type_that_it_failed_unless_an_argument_does() {
        let telemetry = Telemetry::on();
        by_type(true).await;
        assert_eq!(the_ending(&telemetry), ended("", "tool_error"));
        by_type(false).await;
        assert_eq!(the_ending(&telemetry), success());
        by_type_in_a_result(true).expect("ok");
        assert_eq!(the_ending(&telemetry), ended("", "tool_error"));
        written(true).await;
        assert_eq!(the_ending(&telemetry), success());
        silent();
        assert_eq!(the_ending(&telemetry), success());
    }

    #[sampling_tool]
    async fn fails(error: Option<ApiError>) -> Result<Outcome, ApiError> {
        error.map_or(Ok(Outcome(false)), Err)
    }

    #[tokio::test]
    async fn an_error_of_a_tool_is_called_by_its_own_type() {
        let telemetry = Telemetry::on();
        assert!(fails(Some(ApiError("gone"))).await.is_err());
        assert_eq!(the_ending(&telemetry), error("gone", "ApiError", "endings::ApiError"));
    }
}

mod error_types {
    use super::*;

    #[derive(Debug)]
    enum Labelled {
        RateLimited,
        Status(u16),
    }

    impl ErrorType for Labelled {
        fn error_type(&self) -> Cow<'_, str> {
            match self {
                Labelled::RateLimited => "rate_limited".into(),
                Labelled::Status(status) => status.to_string().into(),
            }
        }
    }

    #[derive(Debug)]
    struct Shown(Labelled);

    impl Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("shown")
        }
    }

    impl ErrorType for Shown {
        fn error_type(&self) -> Cow<'_, str> {
            self.0.error_type()
        }
    }

    #[sampling_step]
    async fn by_trait(error: Labelled) -> Result<(), Labelled> {
        Err(error)
    }

    #[sampling_step]
    async fn by_trait_and_shown() -> Result<(), Shown> {
        Err(Shown(Labelled::RateLimited))
    }

    #[sampling_step(error_type = |error| match error { Labelled::Status(500..) => Some("server"), _ => None })]
    async fn by_closure(error: Labelled) -> Result<(), Labelled> {
        Err(error)
    }

    #[tokio::test]
    async fn a_closure_goes_before_the_trait_and_the_trait_before_the_name() {
        let telemetry = Telemetry::on();
        let mut types = Vec::new();
        by_trait(Labelled::RateLimited).await.expect_err("limited");
        types.push(the_ending(&telemetry));
        by_trait(Labelled::Status(429)).await.expect_err("limited");
        types.push(the_ending(&telemetry));
        by_closure(Labelled::Status(503)).await.expect_err("server");
        types.push(the_ending(&telemetry));
        by_closure(Labelled::RateLimited).await.expect_err("limited");
        types.push(the_ending(&telemetry));
        let types: Vec<_> = types.into_iter().filter_map(|ending| ending.error_type).collect();
        assert_eq!(types, ["rate_limited", "429", "server", "rate_limited"]);
        by_trait_and_shown().await.expect_err("shown");
        assert_eq!(the_ending(&telemetry), error("shown", "rate_limited", "endings::error_types::Shown"));
    }

    #[derive(Debug)]
    struct Retry<T>(T);

    mod errors {
        #[derive(Debug)]
        pub(super) struct Error;
    }

    #[sampling_step]
    async fn any<E: fmt::Debug>(error: E) -> Result<(), E> {
        Err(error)
    }

    #[tokio::test]
    async fn an_error_is_called_by_its_qualified_name() {
        let telemetry = Telemetry::on();
        macro_rules! name {
            ($error:expr) => {{
                any($error).await.expect_err("an error");
                the_ending(&telemetry).error_type.unwrap_or_default()
            }};
        }
        assert_eq!(name!(std::io::Error::other("disk")), "io::Error");
        assert_eq!(name!(Retry(vec![ApiError("x")])), "Retry<Vec<ApiError>>");
        assert_eq!(name!(Retry(std::io::Error::other("disk"))), "Retry<io::Error>");
        assert_eq!(name!(errors::Error), "error_types::Error");
        assert_eq!(name!(fmt::Error), "fmt::Error");
        assert_eq!(name!("text"), "&str");
        assert_eq!(name!(String::new()), "String");
        assert_eq!(name!(()), "()");
        assert_eq!(name!(serde_json::from_str::<u8>("x").expect_err("no number")), "serde_json::Error");
        assert_eq!(name!(Box::<dyn std::error::Error>::from("boxed")), "_OTHER");
        assert_eq!(name!(Box::<dyn std::error::Error + Send + Sync>::from("boxed")), "_OTHER");
        assert_eq!(name!(Arc::<dyn std::error::Error + Send + Sync>::from(Box::from("shared"))), "_OTHER");
    }
}

mod panics {
    use super::*;

    #[sampling_step]
    async fn asynchronous() {
        tokio::task::yield_now().await;
        panic!("boom");
    }

    #[sampling_step]
    fn synchronous() -> Result<(), ApiError> {
        panic!("boom");
    }

    #[tokio::test]
    async fn a_panic_never_looks_like_success() {
        let telemetry = Telemetry::on();
        assert!(catch_unwind(synchronous).is_err());
        assert_eq!(the_ending(&telemetry), panicked());
        assert!(tokio::spawn(asynchronous()).await.expect_err("panicked").is_panic());
        assert_eq!(the_ending(&telemetry), panicked());
        // Here the future is dropped long after, when the thread does not panic any more.
        assert!(AssertUnwindSafe(asynchronous()).catch_unwind().await.is_err());
        assert_eq!(the_ending(&telemetry), panicked());
    }

    #[sampling_step]
    async fn waits() {
        pending::<()>().await;
    }

    async fn panics_later() {
        tokio::task::yield_now().await;
        panic!("boom");
    }

    #[tokio::test]
    async fn a_sibling_s_panic_cancels() {
        let telemetry = Telemetry::on();
        assert!(AssertUnwindSafe(async { join(waits(), panics_later()).await }).catch_unwind().await.is_err());
        assert_eq!(the_ending(&telemetry), cancelled());
        // The same while the thread is panicking.
        let both = catch_unwind(AssertUnwindSafe(|| {
            let mut waits = pin!(waits());
            assert!(waits.as_mut().now_or_never().is_none());
            panic!("boom");
        }));
        assert!(both.is_err());
        assert_eq!(the_ending(&telemetry), cancelled());
    }

    #[sampling_loop]
    async fn inside(step: impl Future<Output = ()>) {
        step.await;
    }

    #[tokio::test]
    async fn a_panic_that_passes_through_ends_every_span_that_it_leaves() {
        let telemetry = Telemetry::on();
        assert!(AssertUnwindSafe(inside(asynchronous())).catch_unwind().await.is_err());
        let endings: Vec<Ending> = telemetry.spans(2).iter().map(ending).collect();
        assert_eq!(endings, [panicked(), panicked()]);
        telemetry.forget();
        // One that is caught inside is nothing to the loop.
        let caught = AssertUnwindSafe(asynchronous()).catch_unwind().map(|result| assert!(result.is_err()));
        inside(caught).await;
        let endings: Vec<Ending> = telemetry.spans(2).iter().map(ending).collect();
        assert_eq!(endings, [success(), panicked()]);
    }

    /// Arguments of the attribute, closures and the error's own code panic: the function does not.
    mod in_what_only_we_run {
        use super::*;

        #[sampling_step(response_model = |_| "said before", stop_reason = |_| -> &str { panic!("in the closure") })]
        async fn response_closure() -> u8 {
            7
        }

        #[sampling_step(response_model = |_| "said before", stop_reason = |_| -> &str { panic!("in the closure") })]
        fn synchronous_response_closure() -> u8 {
            7
        }

        #[sampling_step(max_tokens = 5 + 2, model = exploding())]
        async fn request_expression() -> u8 {
            7
        }

        #[sampling_tool(name = "constant", attributes("app.x" = exploding()))]
        fn synchronous_request_expression() -> u8 {
            7
        }

        #[sampling_loop(agent = "a", attributes("app.x" = exploding()))]
        async fn loop_expression() -> u8 {
            7
        }

        fn exploding() -> &'static str {
            panic!("in the argument")
        }

        #[derive(Debug)]
        struct Explosive;

        impl Display for Explosive {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("in Display")
            }
        }

        #[derive(Debug)]
        struct Mute;

        impl Display for Mute {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half a")?;
                Err(fmt::Error)
            }
        }

        #[sampling_step]
        async fn explosive() -> Result<(), Explosive> {
            Err(Explosive)
        }

        #[sampling_step]
        async fn mute() -> Result<(), Mute> {
            Err(Mute)
        }

        struct Nameless;

        impl ErrorType for Nameless {
            fn error_type(&self) -> Cow<'_, str> {
                panic!("in ErrorType")
            }
        }

        #[sampling_step(error_type = |_| -> &str { panic!("in the closure") })]
        async fn error_closure() -> Result<(), ApiError> {
            Err(ApiError("api"))
        }

        #[sampling_step]
        async fn nameless() -> Result<(), Nameless> {
            Err(Nameless)
        }

        #[tokio::test]
        async fn a_closure_or_expression_that_panics_says_nothing_and_what_was_said_before_is_kept() {
            let telemetry = Telemetry::on();
            assert_eq!([response_closure().await, synchronous_response_closure()], [7, 7]);
            for span in telemetry.spans(2) {
                assert_eq!(ending(&span), success());
                assert_eq!(span.get("gen_ai.response.model"), Some("said before".into()));
                assert_eq!(span.get("fastmcp.sampling.stop_reason"), None);
            }
            telemetry.spans(2);
            telemetry.forget();
            assert_eq!([request_expression().await, loop_expression().await, synchronous_request_expression()], [7, 7, 7]);
            let said: Vec<_> = telemetry.spans(3).iter().map(|span| (ending(span), span.name().to_owned())).collect();
            let expected = ["sampling/createMessage step", "sampling/createMessage", "sampling.execute_tool constant"];
            assert_eq!(said, expected.map(|name| (success(), name.to_owned())));
            assert_eq!(telemetry.spans(3)[1].get("gen_ai.agent.name"), Some("a".into()));
        }

        #[tokio::test]
        async fn an_error_whose_own_code_panics_is_an_error_still() {
            let telemetry = Telemetry::on();
            explosive().await.expect_err("an error");
            mute().await.expect_err("an error");
            assert!(nameless().await.is_err());
            error_closure().await.expect_err("an error");
            let said: Vec<_> = telemetry.spans(4).iter().map(|span| (span.status(), span.get("error.type"))).collect();
            let error = |text: &str, kind: &str| (Status::error(text.to_owned()), Some(Value::from(kind.to_owned())));
            assert_eq!(said, [error("", "Explosive"), error("", "Mute"), error("", "Nameless"), error("api", "ApiError")]);
        }

        #[tokio::test]
        async fn the_thread_is_as_it_was_after_a_panic() {
            let telemetry = Telemetry::on();
            assert!(AssertUnwindSafe(inside(asynchronous())).catch_unwind().await.is_err());
            inside(request_expression().map(drop)).await;
            inside(response_closure().map(drop)).await;
            telemetry.forget();
            samplescope::current_loop().validation_failure(1);
            waits().now_or_never();
            let span = telemetry.span();
            assert_eq!((span.parent_id(), span.get("fastmcp.sampling.iteration")), (opentelemetry::trace::SpanId::INVALID, None));
        }
    }
}

mod cancellation {
    use super::*;

    #[sampling_loop]
    async fn run(started: Arc<Notify>) {
        step(started).await;
    }

    #[sampling_step]
    async fn step(started: Arc<Notify>) {
        started.notify_one();
        pending::<()>().await;
    }

    fn both(telemetry: &Telemetry) -> [Ending; 2] {
        let [run, step] = &telemetry.spans(2)[..] else { panic!("{}", telemetry.tree()) };
        assert_eq!(run.get("fastmcp.sampling.iterations"), Some(1.into()));
        let endings = [ending(run), ending(step)];
        telemetry.forget();
        endings
    }

    #[tokio::test]
    async fn what_is_dropped_unfinished_was_cancelled() {
        let telemetry = Telemetry::on();
        let started = Arc::new(Notify::new());
        tokio::time::timeout(Duration::ZERO, run(started.clone())).await.expect_err("timed out");
        assert_eq!(both(&telemetry), [cancelled(), cancelled()]);

        let task = tokio::spawn(run(started.clone()));
        started.notified().await;
        started.notified().await;
        task.abort();
        assert!(task.await.expect_err("aborted").is_cancelled());
        assert_eq!(both(&telemetry), [cancelled(), cancelled()]);

        tokio::select! {
            biased;
            () = run(started.clone()) => unreachable!("it waits for ever"),
            () = started.notified() => {}
        }
        assert_eq!(both(&telemetry), [cancelled(), cancelled()]);

        let mut dropped = Box::pin(run(started.clone()));
        assert!(poll!(dropped.as_mut()).is_pending());
        std::thread::spawn(move || drop(dropped)).join().expect("dropped on another thread");
        assert_eq!(both(&telemetry), [cancelled(), cancelled()]);
    }

    #[tokio::test]
    async fn what_is_never_polled_leaves_nothing() {
        let telemetry = Telemetry::on();
        drop(run(Arc::default()));
        assert_eq!(telemetry.tree(), "");
    }

    #[test]
    fn a_runtime_that_shuts_down_cancels() {
        let telemetry = Telemetry::on();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
        let started = Arc::new(Notify::new());
        runtime.spawn(run(started.clone()));
        runtime.block_on(started.notified());
        runtime.shutdown_timeout(Duration::from_secs(10));
        assert_eq!(both(&telemetry), [cancelled(), cancelled()]);
    }

    #[sampling_step(stop_reason = |()| "stop")]
    async fn finished() {}

    #[tokio::test]
    async fn a_future_that_is_done_is_not_cancelled_when_it_is_dropped() {
        let telemetry = Telemetry::on();
        let mut done = Box::pin(finished());
        assert!(poll!(done.as_mut()).is_ready());
        assert_eq!(ending(&telemetry.span()), success());
        drop(done);
        assert_eq!(ending(&telemetry.span()), success());
    }

    #[sampling_step]
    async fn spoke_before() {
        samplescope::current_step().usage(TokenUsage::new(3, 4));
        samplescope::current_step().set("app.said", "before");
        pending::<()>().await;
    }

    #[tokio::test]
    async fn what_was_said_before_a_cancellation_is_kept() {
        let telemetry = Telemetry::on();
        spoke_before().now_or_never();
        let span = telemetry.span();
        assert_eq!((span.get("gen_ai.usage.output_tokens"), span.get("app.said")), (Some(4.into()), Some("before".into())));
        assert_eq!(ending(&span), cancelled());
    }
}

mod destructors {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Exit {
        Return,
        Error,
        Panic,
        Wait,
    }

    const EXITS: [Exit; 4] = [Exit::Return, Exit::Error, Exit::Panic, Exit::Wait];

    async fn leave(exit: Exit) -> Result<(), ApiError> {
        match exit {
            Exit::Return => Ok(()),
            Exit::Error => Err(ApiError("left")),
            Exit::Panic => panic!("left"),
            Exit::Wait => pending().await,
        }
    }

    #[sampling_step]
    async fn asynchronous(argument: Noisy, exit: Exit) -> Result<(), ApiError> {
        let _used = &argument;
        let _local = Noisy("local");
        leave(exit).await
    }

    #[sampling_step]
    fn synchronous(argument: Noisy, exit: Exit) -> Result<(), ApiError> {
        let _used = &argument;
        let _local = Noisy("local");
        leave(exit).now_or_never().unwrap_or(Ok(()))
    }

    #[sampling_step]
    fn boxed(argument: Noisy, exit: Exit) -> std::pin::Pin<Box<dyn Future<Output = Result<(), ApiError>> + Send>> {
        Box::pin(async move {
            let _argument = argument;
            let _local = Noisy("local");
            leave(exit).await
        })
    }

    #[sampling_step]
    fn late(argument: Noisy, exit: Exit) -> impl Future<Output = Result<(), ApiError>> {
        drop(Noisy("at the call"));
        async move {
            let _argument = argument;
            let _local = Noisy("local");
            leave(exit).await
        }
    }

    const TREE: &str = "sampling/createMessage step\n  local\n  argument\n";

    #[tokio::test]
    async fn what_destructors_open_is_inside_the_span_on_every_exit() {
        let telemetry = Telemetry::on();
        for exit in EXITS {
            let argument = || Noisy("argument");
            drop(AssertUnwindSafe(asynchronous(argument(), exit)).catch_unwind().now_or_never());
            assert_eq!(telemetry.tree(), TREE, "async fn, {exit:?}");
            telemetry.forget();
            drop(AssertUnwindSafe(boxed(argument(), exit)).catch_unwind().now_or_never());
            assert_eq!(telemetry.tree(), TREE, "boxed, {exit:?}");
            telemetry.forget();
            drop(AssertUnwindSafe(late(argument(), exit)).catch_unwind().now_or_never());
            assert_eq!(telemetry.tree(), TREE.replace("  local", "  at the call\n  local"), "late, {exit:?}");
            telemetry.forget();
            drop(catch_unwind(AssertUnwindSafe(|| synchronous(argument(), exit))));
            assert_eq!(telemetry.tree(), TREE, "plain, {exit:?}");
            telemetry.forget();
        }
    }

    #[tokio::test]
    async fn a_destructor_ends_before_the_span_that_it_runs_in() {
        let telemetry = Telemetry::on();
        for exit in EXITS {
            drop(AssertUnwindSafe(asynchronous(Noisy("argument"), exit)).catch_unwind().now_or_never());
            let [step, local, argument] = &telemetry.spans(3)[..] else { panic!("{}", telemetry.tree()) };
            assert!(local.0.end_time <= step.0.end_time && argument.0.end_time <= step.0.end_time, "{exit:?}");
            telemetry.forget();
        }
    }

    /// Runs a step when it is dropped.
    struct Asks;

    impl Drop for Asks {
        fn drop(&mut self) {
            farewell();
            samplescope::current_loop().validation_failure(1);
        }
    }

    #[sampling_step]
    fn farewell() {}

    #[sampling_loop]
    async fn run(exit: Exit) -> Result<(), ApiError> {
        let _asks = Asks;
        leave(exit).await
    }

    /// Calls everything from its destructor.
    struct Late;

    impl Drop for Late {
        fn drop(&mut self) {
            late_loop();
            late_step();
            samplescope::current_loop().validation_failure(1);
            samplescope::current_step().set("app.late", true);
        }
    }

    #[sampling_loop]
    fn late_loop() {
        late_step();
    }

    #[sampling_step]
    fn late_step() {}

    /// A panic in a thread local's destructor would abort the process.
    #[test]
    fn a_thread_that_is_about_to_be_gone_is_left_alone() {
        thread_local! {
            static FIRST: Late = const { Late };
        }
        let telemetry = Telemetry::on();
        let first_there_last_gone = || {
            FIRST.with(|_| ());
            late_loop();
        };
        std::thread::spawn(first_there_last_gone).join().expect("joined");
        // What is called when the context is gone has no span.
        telemetry.spans(2);
    }

    /// The first of our functions on a thread is called when opentelemetry has been there and is gone.
    #[test]
    fn a_thread_that_never_called_us_before_is_left_alone_too() {
        thread_local! {
            static FIRST: Late = const { Late };
        }
        let telemetry = Telemetry::on();
        let without_us = || {
            FIRST.with(|_| ());
            drop(opentelemetry::Context::current());
        };
        std::thread::spawn(without_us).join().expect("joined");
        telemetry.spans(0);
    }

    #[test]
    fn a_context_that_goes_with_its_thread_is_left_alone() {
        let telemetry = Telemetry::on();
        let attached_for_good = || {
            late_loop();
            let value = Arc::new(Late);
            std::mem::forget(opentelemetry::Context::current_with_value(value).attach());
        };
        std::thread::spawn(attached_for_good).join().expect("joined");
        telemetry.spans(2);
    }

    #[tokio::test]
    async fn a_step_in_a_destructor_belongs_to_its_loop() {
        let telemetry = Telemetry::on();
        for exit in EXITS {
            drop(AssertUnwindSafe(run(exit)).catch_unwind().now_or_never());
            assert_eq!(telemetry.tree(), "sampling/createMessage\n  sampling/createMessage step\n", "{exit:?}");
            let spans = telemetry.spans(2);
            assert_eq!(spans[0].get("fastmcp.sampling.iterations"), Some(1.into()), "{exit:?}");
            assert!(spans[0].events().iter().any(|(name, _)| name == "sampling.validation_failure"), "{exit:?}");
            telemetry.forget();
        }
    }

    #[tokio::test]
    async fn futures_dropped_within_each_other_leave_the_thread_as_it_was() {
        let telemetry = Telemetry::on();
        let outer = async {
            let mut inner = Box::pin(run(Exit::Wait));
            assert!(poll!(inner.as_mut()).is_pending());
            asynchronous(Noisy("argument"), Exit::Wait).await.expect("waits for ever");
            drop(inner);
        };
        assert!(outer.now_or_never().is_none());
        telemetry.forget();
        farewell();
        assert_eq!(telemetry.span().parent_id(), opentelemetry::trace::SpanId::INVALID);
    }
}

mod iterations {
    use super::*;

    #[sampling_step]
    async fn step() {
        tokio::task::yield_now().await;
    }

    #[sampling_loop]
    async fn run(how: &str) -> Result<(), ApiError> {
        step().await;
        match how {
            "fails before its first" => unreachable!(),
            "fails" => return Err(ApiError("failed")),
            "panics" => panic!("boom"),
            "waits" => pending().await,
            _ => {}
        }
        step().await;
        Ok(())
    }

    #[sampling_loop]
    async fn none() -> Result<(), ApiError> {
        Err(ApiError("at once"))
    }

    #[tokio::test]
    async fn iterations_are_written_on_every_exit() {
        let telemetry = Telemetry::on();
        for (how, expected) in [("succeeds", 2), ("fails", 1), ("panics", 1), ("waits", 1)] {
            let mut run = Box::pin(AssertUnwindSafe(run(how)).catch_unwind());
            while poll!(run.as_mut()).is_pending() && telemetry.spans_so_far().len() < expected {}
            drop(run);
            let run = telemetry.named("sampling/createMessage");
            assert_eq!(run[0].get("fastmcp.sampling.iterations"), Some(i64::try_from(expected).expect("few").into()), "{how}");
            telemetry.forget();
        }
        none().await.expect_err("at once");
        assert_eq!(telemetry.span().get("fastmcp.sampling.iterations"), None, "other code may have asked the model");
    }
}

mod unsampled {
    use super::*;

    #[sampling_loop]
    async fn run() {
        step().await.expect_err("no credit");
    }

    #[sampling_step]
    async fn step() -> Result<(), ApiError> {
        Err(ApiError("no credit"))
    }

    #[tokio::test]
    async fn an_ending_that_nobody_sees_is_the_same_to_the_caller() {
        let telemetry = Telemetry::off();
        run().await;
        drop(telemetry);
        let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff);
        run().await;
        telemetry.spans(0);
        drop(telemetry);
        let telemetry = Telemetry::off().metered();
        run().await;
        assert_eq!(telemetry.points("mcp.server.operation.duration").len(), 1);
    }
}

#[test]
fn a_payload_of_what_only_we_run_that_panics_as_it_drops_hurts_nobody() {
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("in the payload's destructor");
        }
    }
    #[sampling_step(stop_reason = |_| -> &str { std::panic::panic_any(Payload) })]
    fn ask() -> u8 {
        7
    }
    let telemetry = Telemetry::on();
    assert_eq!(ask(), 7);
    assert_eq!(telemetry.span().status(), Status::Unset);
}

/// What panics is left out; whether it failed, and whether it is a stream, is looked at all the same.
#[tokio::test]
async fn a_closure_that_panics_hides_no_ending() {
    #[sampling_step(attributes("app.x" = |_| -> u8 { panic!("on purpose") }))]
    fn streams() -> BoxStream<'static, Result<u8, String>> {
        stream::iter(vec![Ok(1), Err("bad".to_owned())]).boxed()
    }
    #[sampling_step(attributes("app.x" = |_| -> u8 { panic!("on purpose") }))]
    async fn streams_later() -> Result<BoxStream<'static, Result<u8, String>>, String> {
        Ok(streams())
    }
    #[sampling_tool(attributes("app.x" = |_| -> u8 { panic!("on purpose") }), failed = |count| *count > 0)]
    fn fails() -> u8 {
        1
    }
    #[sampling_tool(error_type = |_| -> &str { panic!("on purpose") })]
    fn errs() -> Result<(), String> {
        Err("bad".to_owned())
    }
    let telemetry = Telemetry::on();
    let seen = streams().collect::<Vec<_>>().await;
    let seen_later = streams_later().await.expect("a stream").collect::<Vec<_>>().await;
    assert_eq!((seen.len(), seen_later.len()), (2, 2));
    assert_eq!(fails(), 1);
    assert!(errs().is_err());
    let said = telemetry.spans(5).into_iter().map(|span| (span.status(), span.get("error.type").is_some()));
    let bad = || (Status::error("bad"), true);
    assert_eq!(said.collect::<Vec<_>>(), [bad(), bad(), bad(), (Status::error(""), true), bad()]);
}

#[test]
fn an_error_in_a_box_or_shared_says_its_own_kind() {
    #[derive(Debug)]
    struct Overloaded;
    impl ErrorType for Overloaded {
        fn error_type(&self) -> Cow<'_, str> {
            "overloaded".into()
        }
    }
    #[derive(Debug, ErrorType)]
    enum Wrapped {
        #[error_type(transparent)]
        Own(Overloaded),
    }
    #[sampling_tool]
    fn boxed() -> Result<(), Box<Overloaded>> {
        Err(Box::new(Overloaded))
    }
    #[sampling_tool]
    fn shared() -> Result<(), Arc<Overloaded>> {
        Err(Arc::new(Overloaded))
    }
    #[sampling_tool]
    fn wrapped() -> Result<(), Wrapped> {
        Err(Wrapped::Own(Overloaded))
    }
    let telemetry = Telemetry::on();
    assert!(boxed().is_err() && shared().is_err() && wrapped().is_err());
    assert!(telemetry.spans(3).iter().all(|span| span.get("error.type") == Some("overloaded".into())));
}

/// Nothing is made up for what an implementation does not say.
#[test]
fn a_type_that_says_nothing_of_itself_says_nothing() {
    struct Mute;
    impl samplescope::SamplingResponse for Mute {}
    impl ToolOutcome for Mute {}
    #[sampling_step]
    fn ask() -> Mute {
        Mute
    }
    #[sampling_tool]
    fn look() -> Mute {
        Mute
    }
    let telemetry = Telemetry::on().with(Settings::default().with_capture(samplescope::Capture::Spans));
    ask();
    look();
    let [step, tool] = &telemetry.spans(2)[..] else { panic!("{}", telemetry.tree()) };
    assert_eq!((step.status(), tool.status()), (Status::Unset, Status::Unset));
    let said = |span: &Span| -> Vec<String> { span.attributes().into_keys().collect() };
    assert_eq!(said(step), ["fastmcp.sampling.stop_reason", "gen_ai.operation.name"]);
    assert_eq!(said(tool), ["gen_ai.operation.name", "gen_ai.tool.name", "gen_ai.tool.type"]);
}
