//! Every shape a function may have: whatever it returns and however it takes its arguments, it is one span, with what its closures gave.

use futures::FutureExt as _;
use opentelemetry::trace::Status;
use samplescope::{TokenUsage, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;

#[derive(Clone, Debug)]
struct Step {
    why: String,
    tokens: u32,
    bad: bool,
}

fn step(why: &str) -> Step {
    Step { why: why.to_owned(), tokens: 3, bad: false }
}

#[derive(Debug)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full!")
    }
}

impl std::error::Error for Full {}

type Answer<T> = Result<T, Full>;

/// What the only span says, which then is forgotten.
#[track_caller]
fn said(telemetry: &Telemetry, key: &str) -> Option<String> {
    let span = telemetry.span();
    assert_eq!(span.name(), "sampling/createMessage step");
    telemetry.forget();
    span.get(key).map(|value| value.to_string())
}

/// The only span succeeded, and its closure gave this.
#[track_caller]
fn stopped(telemetry: &Telemetry, why: &str) {
    assert_eq!(telemetry.span().status(), Status::Unset);
    assert_eq!(said(telemetry, "fastmcp.sampling.stop_reason").as_deref(), Some(why));
}

/// The only span ended in this error.
#[track_caller]
fn failed(telemetry: &Telemetry, error_type: &str, description: &str) {
    assert_eq!(telemetry.span().status(), Status::error(description.to_owned()));
    assert_eq!(said(telemetry, "error.type").as_deref(), Some(error_type));
}

/// The only span succeeded, and was a step's.
#[track_caller]
fn succeeded(telemetry: &Telemetry) {
    assert_eq!(telemetry.span().status(), Status::Unset);
    assert_eq!(said(telemetry, "error.type"), None);
}

mod closures {
    use super::*;

    #[sampling_step(stop_reason = |step| &step.why, usage = |step| TokenUsage::new(step.tokens, 1), failed = |step| step.bad)]
    async fn field(ok: bool) -> Answer<Step> {
        if !ok {
            return Err(Full);
        }
        Ok(step("field"))
    }

    #[sampling_step(stop_reason = |step| step.why.as_str())]
    async fn method() -> Answer<Step> {
        Ok(step("method"))
    }

    #[sampling_step(stop_reason = |Step { why, .. }| why)]
    async fn pattern() -> Answer<Step> {
        Ok(step("pattern"))
    }

    #[sampling_step(stop_reason = |steps| steps.first().map(|step| &step.why))]
    async fn option() -> Answer<Vec<Step>> {
        Ok(vec![step("option")])
    }

    #[sampling_step(stop_reason = |step| { if step.bad { return None; } Some(&step.why) })]
    async fn block_with_return() -> Answer<Step> {
        Ok(step("block"))
    }

    #[sampling_step(stop_reason = why)]
    async fn path() -> Answer<Step> {
        Ok(step("path"))
    }

    fn why(step: &Step) -> &str {
        &step.why
    }

    #[sampling_step(stop_reason = |step: &Step| -> String { step.why.to_uppercase() })]
    async fn annotated() -> Answer<Step> {
        Ok(step("annotated"))
    }

    #[sampling_step(stop_reason = move |step| if step.bad { "bad" } else { suffix })]
    async fn captures_a_reference(suffix: &str) -> Step {
        step("ignored")
    }

    #[sampling_step(stop_reason = |step| match step { Some(step) => step.why.as_str(), None => "nothing" })]
    async fn over_an_option() -> Option<Step> {
        Some(step("inside"))
    }

    #[tokio::test]
    async fn a_response_closure_is_any_closure() {
        let telemetry = Telemetry::on();
        field(true).await.expect("ok");
        assert_eq!(telemetry.span().get("gen_ai.usage.input_tokens"), Some(3.into()));
        stopped(&telemetry, "field");
        field(false).await.expect_err("full");
        failed(&telemetry, "Full", "full!");
        method().await.expect("ok");
        stopped(&telemetry, "method");
        pattern().await.expect("ok");
        stopped(&telemetry, "pattern");
        option().await.expect("ok");
        stopped(&telemetry, "option");
        block_with_return().await.expect("ok");
        stopped(&telemetry, "block");
        path().await.expect("ok");
        stopped(&telemetry, "path");
        annotated().await.expect("ok");
        stopped(&telemetry, "ANNOTATED");
        captures_a_reference("captured").await;
        stopped(&telemetry, "captured");
        over_an_option().await.expect("some");
        stopped(&telemetry, "inside");
    }
}

mod borrowed {
    use super::*;

    struct View<'a> {
        why: &'a str,
    }

    #[sampling_step(stop_reason = |view| view.why)]
    async fn named<'a, 'b: 'a>(text: &'a str, other: &'b str) -> Answer<View<'a>> {
        Ok(View { why: if text.is_empty() { other } else { text } })
    }

    #[sampling_step(stop_reason = |view| view.why)]
    async fn elided(text: &str) -> Answer<View<'_>> {
        Ok(View { why: text })
    }

    #[sampling_step(stop_reason = |text| *text)]
    async fn a_str(text: &str) -> &str {
        text
    }

    #[sampling_step(stop_reason = |step| &step.why)]
    async fn a_reference(step: &Step) -> &Step {
        step
    }

    #[sampling_step(stop_reason = |step| &step.why)]
    async fn a_mutable_reference<'a>(step: &'a mut Step, why: &str) -> &'a mut Step {
        why.clone_into(&mut step.why);
        step
    }

    #[sampling_step(stop_reason = |why| why.as_str())]
    fn a_part<'a>(step: &'a mut Step, why: &str) -> &'a mut String {
        step.why.push_str(why);
        &mut step.why
    }

    #[sampling_step(stop_reason = |all| all.join("+"))]
    async fn many<'a>(all: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        all.into_iter().collect()
    }

    #[tokio::test]
    async fn what_is_returned_may_borrow_from_the_arguments() {
        let telemetry = Telemetry::on();
        assert_eq!(named("named", "").await.expect("ok").why, "named");
        stopped(&telemetry, "named");
        elided("elided").await.expect("ok");
        stopped(&telemetry, "elided");
        assert_eq!(a_str("a str").await, "a str");
        stopped(&telemetry, "a str");
        a_reference(&step("by reference")).await;
        stopped(&telemetry, "by reference");
        let mut kept = step("old");
        a_mutable_reference(&mut kept, "new").await.tokens = 9;
        assert_eq!((kept.why.as_str(), kept.tokens), ("new", 9));
        stopped(&telemetry, "new");
        a_part(&mut kept, "er").push('!');
        assert_eq!(kept.why, "newer!");
        stopped(&telemetry, "newer");
        many(["a", "b"]).await;
        stopped(&telemetry, "a+b");
    }
}

mod generic {
    use super::*;

    #[sampling_step(stop_reason = AsRef::as_ref)]
    async fn in_a_result<T: AsRef<str>>(value: T) -> Answer<T> {
        Ok(value)
    }

    #[sampling_step(stop_reason = |value| value.as_ref().to_uppercase())]
    async fn bare<T>(value: T) -> T
    where
        T: AsRef<str>,
    {
        value
    }

    #[sampling_step]
    async fn unbounded<T>(value: T) -> T {
        value
    }

    #[sampling_step]
    async fn any_error<E>(error: E) -> Result<(), E> {
        Err(error)
    }

    #[sampling_step(stop_reason = |chunks| chunks.len().to_string())]
    async fn constant<const N: usize, T: Copy + Default>(of: T) -> [T; N] {
        [of; N]
    }

    #[sampling_step(stop_reason = |value| format!("{value}!"))]
    async fn opaque_both_ways(value: impl Into<String>) -> impl AsRef<str> + Send {
        value.into()
    }

    #[sampling_step(stop_reason = |value| *value)]
    async fn opaque_in_a_result(ok: bool) -> Result<impl AsRef<str>, impl fmt::Display> {
        if ok { Ok("opaque") } else { Err(Full) }
    }

    #[sampling_step]
    async fn opaque_with_use<T>(_: &T) -> impl fmt::Display + use<T> {
        3
    }

    #[sampling_step(stop_reason = make)]
    async fn a_function_of_the_user_s<T: Send>(value: T, make: impl Fn(&T) -> String + Copy) -> T {
        value
    }

    #[tokio::test]
    async fn generics_and_impl_trait_stand_anywhere() {
        let telemetry = Telemetry::on();
        in_a_result("generic").await.expect("ok");
        stopped(&telemetry, "generic");
        bare("bare".to_owned()).await;
        stopped(&telemetry, "BARE");
        unbounded(std::rc::Rc::new(3)).await;
        succeeded(&telemetry);
        any_error(Full).await.expect_err("full");
        // Only what the signature says is known: it could not say whether `E` has a `Display`.
        failed(&telemetry, "Full", "");
        assert_eq!(constant::<4, u8>(7).await, [7; 4]);
        stopped(&telemetry, "4");
        assert_eq!(opaque_both_ways("both").await.as_ref(), "both");
        stopped(&telemetry, "both!");
        assert!(opaque_in_a_result(true).await.is_ok());
        stopped(&telemetry, "opaque");
        assert!(opaque_in_a_result(false).await.is_err());
        failed(&telemetry, "Full", "full!");
        assert_eq!(opaque_with_use(&0).await.to_string(), "3");
        succeeded(&telemetry);
        a_function_of_the_user_s(5, |five| format!("{five}!")).await;
        stopped(&telemetry, "5!");
    }
}

mod plain {
    use super::*;

    #[sampling_step(stop_reason = |step| &step.why)]
    fn result(ok: bool) -> Answer<Step> {
        if ok { Ok(step("plain")) } else { Err(Full)? }
    }

    #[sampling_step]
    fn unit() {}

    #[sampling_step]
    async fn async_unit() {}

    #[sampling_step(stop_reason = |value| *value)]
    fn opaque() -> impl AsRef<str> {
        "opaque"
    }

    #[sampling_step]
    fn through_an_early_return(words: &[&str]) -> Option<usize> {
        for (index, word) in words.iter().enumerate() {
            if word.is_empty() {
                return Some(index);
            }
        }
        None
    }

    #[sampling_step]
    fn moves(text: String) -> usize {
        drop(text);
        7
    }

    #[test]
    fn a_plain_function_is_a_span() {
        let telemetry = Telemetry::on();
        assert_eq!(result(true).expect("ok").why, "plain");
        stopped(&telemetry, "plain");
        result(false).expect_err("full");
        failed(&telemetry, "Full", "full!");
        unit();
        succeeded(&telemetry);
        async_unit().now_or_never().expect("ready");
        succeeded(&telemetry);
        assert_eq!(opaque().as_ref(), "opaque");
        stopped(&telemetry, "opaque");
        assert_eq!(through_an_early_return(&["a", "", "b"]), Some(1));
        succeeded(&telemetry);
        assert_eq!(moves(String::new()), 7);
        succeeded(&telemetry);
    }
}

mod never {
    use super::*;

    #[sampling_step]
    async fn asynchronous() -> ! {
        panic!("never")
    }

    #[sampling_step]
    fn synchronous(text: &str) -> ! {
        panic!("{text}")
    }

    #[sampling_step]
    async fn endless() -> ! {
        loop {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_function_may_never_return() {
        let telemetry = Telemetry::on();
        assert!(AssertUnwindSafe(asynchronous()).catch_unwind().await.is_err());
        failed(&telemetry, "panic", "panicked");
        assert!(catch_unwind(|| synchronous("never")).is_err());
        failed(&telemetry, "panic", "panicked");
        {
            let mut endless = pin!(endless());
            assert!(futures::poll!(endless.as_mut()).is_pending());
        }
        failed(&telemetry, "cancelled", "cancelled");
    }
}

mod errors {
    use super::*;

    #[sampling_step]
    async fn boxed(ok: bool) -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
        if ok { Ok(1) } else { Err("boxed")? }
    }

    #[sampling_step]
    fn by_question_mark(number: &str) -> Result<i64, Box<dyn std::error::Error>> {
        Ok(number.parse::<i64>()?)
    }

    mod aliases {
        pub(super) type Deep<T> = super::Answer<T>;
        pub(super) use std::io::Result as Io;
    }

    #[sampling_step]
    async fn alias_of_an_alias() -> aliases::Deep<()> {
        Err(Full)
    }

    #[sampling_step]
    async fn renamed() -> aliases::Io<()> {
        Err(std::io::Error::other("disk"))
    }

    #[tokio::test]
    async fn a_result_is_seen_by_its_type() {
        let telemetry = Telemetry::on();
        boxed(true).await.expect("ok");
        succeeded(&telemetry);
        boxed(false).await.expect_err("boxed");
        failed(&telemetry, "_OTHER", "boxed");
        by_question_mark("x").expect_err("no number");
        failed(&telemetry, "_OTHER", "invalid digit found in string");
        alias_of_an_alias().await.expect_err("full");
        failed(&telemetry, "Full", "full!");
        renamed().await.expect_err("disk");
        failed(&telemetry, "io::Error", "disk");
    }
}

mod futures_returned {
    use super::*;

    type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    #[sampling_step(stop_reason = |step| &step.why)]
    fn boxed_block(ok: bool) -> Pin<Box<dyn Future<Output = Answer<Step>> + Send>> {
        Box::pin(async move {
            if !ok {
                return Err(Full);
            }
            tokio::task::yield_now().await;
            Ok(step("boxed block"))
        })
    }

    #[sampling_step(stop_reason = |step| &step.why)]
    fn boxed_late(ok: bool) -> Pin<Box<dyn Future<Output = Answer<Step>> + Send>> {
        if ok {
            return Box::pin(async {
                tokio::task::yield_now().await;
                Ok(step("boxed late"))
            });
        }
        Box::pin(std::future::ready(Err(Full)))
    }

    #[sampling_step(stop_reason = |step| &step.why)]
    fn boxed_local(step: &Step) -> Pin<Box<dyn Future<Output = &Step> + '_>> {
        let shared = std::rc::Rc::new(step);
        Box::pin(async move {
            tokio::task::yield_now().await;
            *shared
        })
    }

    #[sampling_step(stop_reason = |step| &step.why)]
    fn boxed_alias(step: &Step) -> Fut<'_, Answer<&Step>> {
        Box::pin(async move { Ok(step) })
    }

    #[sampling_step(stop_reason = |step| &step.why)]
    fn boxed_by_another_crate(step: &Step) -> futures::future::BoxFuture<'_, Answer<&Step>> {
        async move { Ok(step) }.boxed()
    }

    #[expect(clippy::manual_async_fn, reason = "the form is what is tried")]
    #[sampling_step(stop_reason = |step| &step.why)]
    fn block(step: &Step) -> impl Future<Output = Answer<&Step>> {
        async move {
            tokio::task::yield_now().await;
            Ok(step)
        }
    }

    #[expect(clippy::manual_async_fn, reason = "the form is what is tried")]
    #[sampling_step(stop_reason = |step| &step.why)]
    fn borrowing_block() -> impl Future<Output = Step> + Send {
        async {
            tokio::task::yield_now().await;
            step("borrowing")
        }
    }

    #[sampling_step(stop_reason = |step| &step.why)]
    fn late(step: &Step) -> impl Future<Output = Answer<&Step>> + use<'_> {
        let found = step;
        async move { Ok(found) }
    }

    #[sampling_step]
    fn named_future(text: &'static str) -> std::future::Ready<&'static str> {
        std::future::ready(text)
    }

    #[tokio::test]
    async fn a_future_that_is_returned_is_followed_to_its_end() {
        let telemetry = Telemetry::on();
        boxed_block(true).await.expect("ok");
        stopped(&telemetry, "boxed block");
        boxed_block(false).await.expect_err("full");
        failed(&telemetry, "Full", "full!");
        boxed_late(true).await.expect("ok");
        stopped(&telemetry, "boxed late");
        boxed_late(false).await.expect_err("full");
        failed(&telemetry, "Full", "full!");
        let kept = step("kept");
        boxed_local(&kept).await;
        stopped(&telemetry, "kept");
        boxed_alias(&kept).await.expect("ok");
        stopped(&telemetry, "kept");
        boxed_by_another_crate(&kept).await.expect("ok");
        stopped(&telemetry, "kept");
        block(&kept).await.expect("ok");
        stopped(&telemetry, "kept");
        borrowing_block().await;
        stopped(&telemetry, "borrowing");
        late(&kept).await.expect("ok");
        stopped(&telemetry, "kept");
        tokio::spawn(boxed_late(true)).await.expect("joined").expect("ok");
        stopped(&telemetry, "boxed late");
    }

    #[sampling_step]
    fn of_a_named_type() -> std::future::Ready<u8> {
        std::future::ready(7)
    }

    #[tokio::test]
    async fn a_named_future_type_is_a_span_of_the_call_alone() {
        let telemetry = Telemetry::on();
        drop(named_future("never used"));
        let future = of_a_named_type();
        telemetry.spans(2);
        assert_eq!(future.await, 7);
        telemetry.spans(2);
    }

    #[sampling_step]
    async fn an_async_fn() {}

    #[tokio::test]
    async fn a_future_that_is_never_polled_leaves_no_span_where_the_span_starts_at_the_first_poll() {
        let telemetry = Telemetry::on();
        let kept = step("kept");
        drop(an_async_fn());
        drop(boxed_block(true));
        drop(boxed_by_full_paths(true));
        drop(block(&kept));
        drop(borrowing_block());
        assert_eq!(telemetry.tree(), "");
    }

    #[sampling_step]
    #[expect(unused_qualifications, reason = "the paths are what is tested")]
    fn boxed_by_full_paths(ok: bool) -> std::pin::Pin<std::boxed::Box<dyn std::future::Future<Output = bool> + Send + 'static>> {
        ::std::boxed::Box::pin(async move {
            tokio::task::yield_now().await;
            ok
        })
    }

    #[tokio::test]
    async fn a_future_that_is_never_polled_was_cancelled_where_the_span_starts_at_the_call() {
        let telemetry = Telemetry::on();
        let kept = step("kept");
        drop(boxed_late(true));
        failed(&telemetry, "cancelled", "cancelled");
        drop(boxed_local(&kept));
        failed(&telemetry, "cancelled", "cancelled");
        drop(boxed_alias(&kept));
        failed(&telemetry, "cancelled", "cancelled");
        drop(late(&kept));
        failed(&telemetry, "cancelled", "cancelled");
    }

    #[tokio::test]
    async fn a_span_that_starts_at_the_call_is_there_before_the_first_poll() {
        let telemetry = Telemetry::on();
        let future = boxed_late(true);
        an_async_fn().await;
        future.await.expect("ok");
        let spans = telemetry.spans(2);
        assert_eq!(spans.len(), 2);
        assert!(spans[0].get("fastmcp.sampling.stop_reason").is_some(), "it started first and ended last");
        telemetry.forget();
        boxed_late(true).await.expect("ok");
        stopped(&telemetry, "boxed late");
    }
}

mod traits {
    use super::*;

    struct Model(String);

    #[async_trait::async_trait]
    trait Boxed: Sync {
        async fn ask(&self, ok: bool) -> Answer<Step>;

        #[sampling_step(stop_reason = |step| &step.why)]
        async fn provided(&self) -> Answer<Step> {
            self.ask(true).await
        }
    }

    #[async_trait::async_trait]
    impl Boxed for Model {
        #[sampling_step(stop_reason = |step| &step.why, model = self.0)]
        async fn ask(&self, ok: bool) -> Answer<Step> {
            tokio::task::yield_now().await;
            if !ok {
                Err(Full)?;
            }
            Ok(step(&self.0))
        }
    }

    #[async_trait::async_trait(?Send)]
    trait Local {
        async fn ask(&self) -> Step;
    }

    #[async_trait::async_trait(?Send)]
    impl Local for Model {
        #[sampling_step(stop_reason = |step| &step.why)]
        async fn ask(&self) -> Step {
            let local = std::rc::Rc::new(step(&self.0));
            tokio::task::yield_now().await;
            (*local).clone()
        }
    }

    #[tokio::test]
    async fn async_trait_above_is_like_an_async_fn() {
        let telemetry = Telemetry::on();
        let model = Model("m".to_owned());
        Boxed::ask(&model, true).await.expect("ok");
        assert_eq!(telemetry.span().get("gen_ai.request.model"), Some("m".into()));
        stopped(&telemetry, "m");
        Boxed::ask(&model, false).await.expect_err("full");
        failed(&telemetry, "Full", "full!");
        drop(Boxed::ask(&model, true));
        assert_eq!(telemetry.tree(), "");
        Local::ask(&model).await;
        stopped(&telemetry, "m");
        let object: &dyn Boxed = &model;
        object.provided().await.expect("ok");
        assert_eq!(telemetry.tree(), "sampling/createMessage step\n  sampling/createMessage step\n");
    }

    /// What `#[async_trait]` leaves when it stands below, and has run first.
    #[sampling_step(stop_reason = |step| &step.why)]
    fn rewritten<'life0, 'async_trait>(
        this: &'life0 Model,
        ok: bool,
    ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Answer<Step>> + ::core::marker::Send + 'async_trait>>
    where
        'life0: 'async_trait,
    {
        Box::pin(async move {
            if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<Answer<Step>> {
                return __ret;
            }
            let this = this;
            let ok = ok;
            let __ret: Answer<Step> = { if ok { Ok(step(&this.0)) } else { Err(Full) } };
            __ret
        })
    }

    #[tokio::test]
    async fn async_trait_below_is_like_an_async_fn() {
        let telemetry = Telemetry::on();
        let model = Model("below".to_owned());
        rewritten(&model, true).await.expect("ok");
        stopped(&telemetry, "below");
        rewritten(&model, false).await.expect_err("full");
        failed(&telemetry, "Full", "full!");
        drop(rewritten(&model, true));
        assert_eq!(telemetry.tree(), "");
    }

    trait Native {
        async fn ask(&self) -> Answer<Step>;

        fn later(&self) -> impl Future<Output = Step> + Send;

        #[sampling_step(stop_reason = |step| &step.why)]
        async fn provided(&self) -> Answer<Step> {
            tokio::task::yield_now().await;
            Ok(step("provided"))
        }

        #[sampling_step]
        fn synchronous(&mut self) -> usize {
            7
        }
    }

    impl Native for Model {
        #[sampling_step(stop_reason = |step| &step.why, model = self.0)]
        async fn ask(&self) -> Answer<Step> {
            Ok(step(&self.0))
        }

        #[sampling_step(stop_reason = |step| &step.why)]
        fn later(&self) -> impl Future<Output = Step> + Send {
            let name = self.0.clone();
            async move { step(&name) }
        }
    }

    #[tokio::test]
    async fn methods_of_traits_are_spans() {
        let telemetry = Telemetry::on();
        let mut model = Model("native".to_owned());
        Native::ask(&model).await.expect("ok");
        stopped(&telemetry, "native");
        model.later().await;
        stopped(&telemetry, "native");
        Native::provided(&model).await.expect("ok");
        stopped(&telemetry, "provided");
        assert_eq!(model.synchronous(), 7);
        succeeded(&telemetry);
    }
}

mod receivers {
    use super::*;

    #[derive(Clone)]
    struct Client {
        model: String,
    }

    impl Client {
        #[sampling_step(model = self.model)]
        async fn by_reference(&self) {}

        #[sampling_step(model = self.model)]
        async fn by_mutable_reference(&mut self) {
            self.model.push('!');
        }

        #[sampling_step(model = self.model)]
        async fn by_value(self) -> String {
            self.model
        }

        #[sampling_step(model = self.model)]
        async fn by_mutable_value(mut self) -> String {
            self.model.push('!');
            self.model
        }

        #[sampling_step(model = self.model)]
        async fn by_arc(self: Arc<Self>) -> usize {
            Arc::strong_count(&self)
        }

        #[sampling_step(model = self.model)]
        async fn by_box(self: Box<Self>) {}

        #[sampling_step(model = self.model)]
        async fn by_pin(self: Pin<&mut Self>) {}

        #[sampling_step(model = this.model)]
        async fn associated(this: &Self) -> &Self {
            this
        }

        #[sampling_step(model = self.model)]
        fn synchronous(&mut self) -> &mut Self {
            self.model.push('?');
            self
        }
    }

    #[tokio::test]
    async fn a_method_has_any_receiver() {
        let telemetry = Telemetry::on();
        let client = Client { model: "m".to_owned() };
        let model = |expected: &str| assert_eq!(said(&telemetry, "gen_ai.request.model").as_deref(), Some(expected));
        client.by_reference().await;
        model("m");
        let mut changed = client.clone();
        changed.by_mutable_reference().await;
        model("m");
        assert_eq!(changed.clone().by_value().await, "m!");
        model("m!");
        assert_eq!(changed.clone().by_mutable_value().await, "m!!");
        model("m!");
        assert_eq!(Arc::new(client.clone()).by_arc().await, 1);
        model("m");
        Box::new(client.clone()).by_box().await;
        model("m");
        Pin::new(&mut changed).by_pin().await;
        model("m!");
        Client::associated(&client).await;
        model("m");
        assert_eq!(changed.synchronous().model, "m!?");
        model("m!");
    }
}

mod arguments {
    use super::*;

    struct Pair {
        left: u8,
        right: u8,
    }

    #[sampling_step(max_tokens = count)]
    async fn mutable(mut count: u32) -> u32 {
        count += 1;
        count
    }

    #[sampling_step(max_tokens = left)]
    async fn patterns((left, mut right): (u8, u8), Pair { left: a, right: b }: Pair, [first, ..]: [u8; 3], _: u8, &x: &u8) -> u8 {
        right += left;
        right + a + b + first + x
    }

    #[sampling_step(max_tokens = left)]
    fn patterns_of_a_plain_function((left, mut right): (u8, u8), [first, ..]: [u8; 3]) -> u8 {
        right += left;
        right + first
    }

    #[sampling_step(max_tokens = present)]
    async fn configured(
        #[cfg(test)] present: u8,
        #[cfg(not(test))] present: DoesNotExist,
        #[cfg(any())] missing: DoesNotExist,
    ) -> u8 {
        present
    }

    #[sampling_step]
    async fn closures(mut make: impl FnMut() -> u8, visit: &mut dyn FnMut(u8), names: &[&str]) -> usize {
        visit(make() + make());
        names.len()
    }

    #[sampling_step(max_tokens = r#type)]
    async fn r#async(r#type: u8) -> u8 {
        r#type
    }

    #[sampling_tool]
    async fn r#match() {}

    #[tokio::test]
    async fn arguments_are_taken_as_they_are_written() {
        let telemetry = Telemetry::on();
        let tokens = |expected: &str| assert_eq!(said(&telemetry, "gen_ai.request.max_tokens").as_deref(), Some(expected));
        assert_eq!(mutable(3).await, 4);
        tokens("3");
        assert_eq!(patterns((1, 2), Pair { left: 4, right: 8 }, [16, 0, 0], 0, &32).await, 63);
        tokens("1");
        assert_eq!(patterns_of_a_plain_function((1, 2), [4, 0, 0]), 7);
        tokens("1");
        assert_eq!(configured(5).await, 5);
        tokens("5");
        let (mut count, mut seen) = (0, 0);
        let make = || {
            count += 1;
            count
        };
        assert_eq!(closures(make, &mut |value| seen = value, &["a"]).await, 1);
        assert_eq!(seen, 3);
        succeeded(&telemetry);
        assert_eq!(r#async(6).await, 6);
        tokens("6");
        r#match().await;
        assert_eq!(telemetry.span().name(), "sampling.execute_tool match");
    }
}

mod surroundings {
    use super::*;

    #[sampling_step(iteration = depth)]
    async fn recursive(depth: u32) -> u32 {
        if depth == 0 { 0 } else { 1 + Box::pin(recursive(depth - 1)).await }
    }

    #[sampling_step(iteration = depth)]
    fn recursive_and_boxed(depth: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if depth == 0 { 0 } else { 1 + recursive_and_boxed(depth - 1).await }
        })
    }

    #[tokio::test]
    async fn a_function_may_call_itself() {
        let telemetry = Telemetry::on();
        assert_eq!(recursive(3).await, 3);
        assert_eq!(recursive_and_boxed(3).await, 3);
        let spans = telemetry.spans(8);
        let iterations: Vec<_> = spans.iter().filter_map(|span| span.get("fastmcp.sampling.iteration")).collect();
        assert_eq!(iterations, [3, 2, 1, 0, 3, 2, 1, 0].map(opentelemetry::Value::from));
        for pair in spans[..4].windows(2).chain(spans[4..].windows(2)) {
            assert_eq!(pair[1].parent_id(), pair[0].id());
        }
    }

    mod nested {
        pub(super) mod deeper {
            pub(in super::super) struct Output {
                pub(super) why: &'static str,
            }

            #[samplescope::sampling_step(stop_reason = |output| output.why, model = super::MODEL)]
            pub(in super::super) async fn ask() -> Output {
                Output { why: "deep" }
            }
        }
        const MODEL: &str = "from the parent module";
    }

    #[tokio::test]
    async fn a_function_stands_in_any_module() {
        let telemetry = Telemetry::on();
        nested::deeper::ask().await;
        assert_eq!(telemetry.span().get("gen_ai.request.model"), Some("from the parent module".into()));
        stopped(&telemetry, "deep");
    }

    #[tokio::test]
    async fn a_function_stands_in_a_function() {
        #[sampling_step(stop_reason = |why| *why)]
        async fn inner() -> &'static str {
            "inner"
        }
        let telemetry = Telemetry::on();
        inner().await;
        stopped(&telemetry, "inner");
    }

    macro_rules! step {
        ($(#[$attribute:meta])* $name:ident($argument:ident: $ty:ty) -> $output:ty { $($body:tt)* } stops |$stop:ident| $why:expr) => {
            $(#[$attribute])*
            #[sampling_step(model = $argument, stop_reason = |$stop| $why)]
            async fn $name($argument: $ty) -> $output { $($body)* }
        };
        (boxed $name:ident($argument:ident: $ty:ty) -> $output:ty $body:block) => {
            #[sampling_step(model = $argument)]
            fn $name($argument: $ty) -> Pin<Box<dyn Future<Output = $output> + Send>> { Box::pin(async move $body) }
        };
    }

    step!(#[doc = "Made."] generated(model: &str) -> Answer<Step> { Ok(step(model)) } stops |step| &step.why);
    step!(boxed generated_and_boxed(model: &'static str) -> usize { model.len() });

    #[tokio::test]
    async fn a_macro_by_example_may_make_the_function() {
        let telemetry = Telemetry::on();
        generated("generated").await.expect("ok");
        assert_eq!(telemetry.span().get("gen_ai.request.model"), Some("generated".into()));
        stopped(&telemetry, "generated");
        assert_eq!(generated_and_boxed("boxed").await, 5);
        assert_eq!(said(&telemetry, "gen_ai.request.model").as_deref(), Some("boxed"));
    }

    macro_rules! returns {
        ($name:ident, $ty:ty) => {
            #[sampling_step]
            fn $name() -> $ty {
                let value = Err::<u8, Full>(Full);
                async move { value }
            }
        };
    }

    returns!(in_brackets_unseen, impl Future<Output = Answer<u8>>);

    #[sampling_step]
    #[expect(unused_parens, reason = "it is what the test is about")]
    fn in_parentheses() -> (impl Future<Output = Answer<u8>>) {
        let value = Err::<u8, Full>(Full);
        async move { value }
    }

    #[sampling_step]
    fn shared() -> Pin<Box<dyn Future<Output = Answer<u8>> + Send + Sync>> {
        let value = Err::<u8, Full>(Full);
        Box::pin(async move { value })
    }

    #[tokio::test]
    async fn a_future_is_seen_in_brackets_and_with_whatever_its_box_promises() {
        let telemetry = Telemetry::on();
        in_brackets_unseen().await.expect_err("full");
        in_parentheses().await.expect_err("full");
        shared().await.expect_err("full");
        let ended: Vec<Status> = telemetry.spans(3).iter().map(Span::status).collect();
        assert_eq!(ended, [(); 3].map(|()| Status::error("full!")));
    }

    /// As axum's.
    struct Sse<S>(S);

    #[sampling_step]
    async fn stream_in_a_wrapper() -> Sse<impl futures::Stream<Item = u8>> {
        Sse(futures::stream::iter([1, 2]))
    }

    #[sampling_step]
    async fn stream_in_an_option() -> Option<impl futures::Stream<Item = u8>> {
        Some(futures::stream::iter([1, 2]))
    }

    /// What is in it is nobody's to know: the call ends with what came back.
    #[tokio::test]
    async fn a_stream_inside_of_something_else_is_handed_back_as_it_is() {
        use futures::StreamExt as _;
        let telemetry = Telemetry::on();
        let Sse(stream) = stream_in_a_wrapper().await;
        telemetry.spans(1);
        assert_eq!(stream.collect::<Vec<_>>().await, [1, 2]);
        assert_eq!(stream_in_an_option().await.expect("there").collect::<Vec<_>>().await, [1, 2]);
        telemetry.spans(2);
    }

    /// # Safety
    /// The pointer is valid.
    #[expect(unsafe_code, reason = "it is what the test is about")]
    #[sampling_step]
    unsafe fn dereferences(pointer: *const u8) -> u8 {
        // SAFETY: the caller says so.
        unsafe { *pointer }
    }

    /// # Safety
    /// The reference is no other's.
    #[expect(unsafe_code, reason = "it is what the test is about")]
    #[sampling_step]
    async unsafe fn asynchronous(value: &u8) -> u8 {
        // SAFETY: the caller says so.
        unsafe { std::ptr::from_ref(value).read() }
    }

    #[tokio::test]
    #[expect(unsafe_code, reason = "it is what the test is about")]
    async fn a_function_may_be_unsafe() {
        let telemetry = Telemetry::on();
        let seven = 7;
        // SAFETY: a reference is a valid pointer.
        assert_eq!(unsafe { dereferences(&raw const seven) }, 7);
        succeeded(&telemetry);
        // SAFETY: nobody else reads it.
        assert_eq!(unsafe { asynchronous(&seven) }.await, 7);
        succeeded(&telemetry);
    }

    #[sampling_step]
    async fn inner_attributes() -> i32 {
        #![expect(unused_variables, reason = "an inner attribute reaches the whole body")]
        let unused = 1;
        7
    }

    #[sampling_step]
    #[expect(unused_variables, reason = "an outer attribute reaches the whole body")]
    fn outer_attributes() -> i32 {
        let unused = 1;
        7
    }

    #[tokio::test]
    async fn attributes_stay_where_they_are() {
        let telemetry = Telemetry::on();
        assert_eq!(inner_attributes().await + outer_attributes(), 14);
        telemetry.spans(2);
    }

    /// Names that the expansion uses, or the prelude has, are the user's to shadow.
    #[expect(dead_code, non_camel_case_types, reason = "it only has to stand in the way")]
    mod shadowed {
        struct Result;
        struct Option;
        struct Box;
        struct String;
        struct Some;
        struct None;
        struct Ok;
        struct Err;
        struct __private;
        mod core {}
        mod std {}
        mod opentelemetry {}
        fn drop() {}

        #[::samplescope::sampling_step(model = __span, stop_reason = |__returned| __returned.0, max_tokens = 3)]
        pub(super) async fn ask(__span: &str) -> (&str, i32) {
            let __returned = 1;
            (__span, __returned)
        }

        #[::samplescope::sampling_tool]
        pub(super) fn call(__span: i32) -> i32 {
            __span
        }
    }

    #[tokio::test]
    async fn no_name_of_the_user_s_is_in_the_way() {
        let telemetry = Telemetry::on();
        assert_eq!(shadowed::ask("mine").await.0, "mine");
        assert_eq!(telemetry.span().get("gen_ai.request.model"), Some("mine".into()));
        stopped(&telemetry, "mine");
        assert_eq!(shadowed::call(7), 7);
    }
}

mod fragments {
    #![allow(clippy::cast_lossless, clippy::nonminimal_bool, reason = "they are about what binds least")]

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Computed {
        sums: Vec<i32>,
        counted: Vec<u8>,
        flag: bool,
        size: usize,
        called: i32,
    }

    /// One body, with and without attributes on the function and on its statements.
    macro_rules! computes {
        (
            $(#[$attribute:meta])? $name:ident($($inner:meta)?) [$($tool:ident)?] {
                $sum:expr, $negative:expr, $range:expr, $flag:expr, $cast:expr, $closure:expr,
                $low:literal, $either:pat, $bounds:ty
            }
        ) => {
            $(#[$attribute])?
            fn $name(_: Option<&$bounds>) -> Computed {
                $(#![$inner])?
                let mut sums = vec![$sum * 2, -$sum, $sum.pow(2), $negative.abs()];
                sums.push($sum * 3);
                $(#[$tool])?
                let given = same($sum * 5);
                sums.push(given);
                sums.push($(#[$tool])? same(2) * $sum);
                let own = $sum;
                let _: Option<&$bounds> = None;
                sums.push(own * 2);
                sums.push($negative.abs());
                for _ in 0..1 {
                    sums.push($sum * 7);
                    sums.push(match given {
                        $low..=0 => $(#[$tool])? same(0),
                        $either => $(#[$tool])? same($sum * 11),
                        _ => $sum * 13,
                    });
                }
                let (counted, size) = ($range.rev(), size_of_val(&$cast));
                Computed { sums, counted: counted.collect(), flag: !$flag, size, called: $closure(1) }
            }
        };
        ($($head:tt)*) => {
            computes! {
                $($head)* {
                    1_i32 + 1, -3_i32, 1..4, false || true, 1_u8 as u64, |n| n + 1,
                    -1, 1 | 10, dyn fmt::Debug + Send
                }
            }
        };
    }

    fn same<T>(value: T) -> T {
        value
    }

    computes!(bare() []);
    computes!(#[sampling_step] whole() []);
    computes!(#[sampling_step] with_attributes_inside(allow(clippy::precedence)) []);
    computes!(
        #[sampling_loop]
        with_statements()[sampling_tool]
    );

    #[test]
    fn what_a_macro_was_given_as_an_expression_stays_one() {
        let _telemetry = Telemetry::on();
        let bare = bare(None);
        assert_eq!(bare.sums, [4, -2, 4, 3, 6, 10, 4, 4, 3, 14, 22]);
        assert_eq!((bare.flag, bare.size, bare.called), (false, 8, 2));
        assert_eq!(whole(None), bare);
        assert_eq!(with_attributes_inside(None), bare);
        assert_eq!(with_statements(None), bare);
    }

    macro_rules! typed {
        ($name:ident: $promised:ty, $several:ty, $length:expr) => {
            #[sampling_step(stop_reason = |length| length.to_string())]
            fn $name(shown: &$several) -> $promised {
                let length = format!("{shown:?}").len();
                async move { length + size_of::<[u8; $length * 2]>() }
            }
        };
        (array $name:ident: $length:expr) => {
            #[sampling_step]
            fn $name(_: [u8; $length * 2]) {}
        };
    }

    typed!(typed: impl Future<Output = usize> + Send + use<>, dyn fmt::Debug + Send, 1 + 1);
    typed!(array array: 1 + 1);

    #[tokio::test]
    async fn a_type_from_a_macro_says_what_it_would_in_writing() {
        let telemetry = Telemetry::on();
        let future = typed(&Full);
        assert_eq!(telemetry.spans_so_far().len(), 0);
        assert_eq!(future.await, 8);
        stopped(&telemetry, "8");
        array([0; 4]);
    }

    // rustfmt would indent the attribute further each time.
    #[rustfmt::skip]
    macro_rules! described {
        ($name:ident { $sum:expr, $negative:expr, $cast:expr, $text:expr, $flag:expr, $read:expr, $no:expr, $word:literal }) => {
            #[sampling_step(
                model = $text,
                operation = $word,
                max_tokens = $sum,
                stop_reason = $read,
                tokens = $no,
                capture = $no,
                attributes(
                    "app.sum" = $sum,
                    "app.twice" = $sum * 2,
                    "app.minus" = -$sum,
                    "app.distance" = $negative.abs(),
                    "app.cast" = $cast,
                    "app.not" = !$flag,
                    "app.text" = format!("{}", $sum * 2),
                    "app.read_twice" = |_| $sum * 2,
                    "app.read" = $read,
                ),
            )]
            fn $name() -> &'static str {
                "said"
            }
        };
    }

    described!(describes { 1 + 1, -3_i64, 1_u8 as u64, "a".to_owned() + "b", false || true, |text| *text, false, "embeddings" });

    #[test]
    fn what_a_macro_was_given_as_an_argument_is_what_it_would_be_in_writing() {
        let telemetry = Telemetry::on();
        describes();
        let expected: [(&str, opentelemetry::Value); 13] = [
            ("gen_ai.operation.name", "embeddings".into()),
            ("gen_ai.request.model", "ab".into()),
            ("gen_ai.request.max_tokens", 2.into()),
            ("fastmcp.sampling.stop_reason", "said".into()),
            ("app.sum", 2.into()),
            ("app.twice", 4.into()),
            ("app.minus", (-2).into()),
            ("app.distance", 3.into()),
            ("app.cast", 1.into()),
            ("app.not", false.into()),
            ("app.text", "4".into()),
            ("app.read_twice", 4.into()),
            ("app.read", "said".into()),
        ];
        for (key, value) in expected {
            assert_eq!(telemetry.span().get(key), Some(value), "{key}");
        }
    }

    /// Each of these looks at whether a closure stands there.
    #[rustfmt::skip]
    macro_rules! closures {
        ($name:ident: $usage:expr, $response:expr, $failed:expr, $called:expr, $code:expr) => {
            #[sampling_step(
                usage = $usage,
                stop_reason = $response,
                failed = $failed,
                error_type = $called,
                error_attributes("app.code" = $code),
            )]
            fn $name(bad: bool) -> Answer<Step> {
                if bad { Err(Full) } else { Ok(Step { bad: true, ..step("why") }) }
            }
        };
    }

    closures!(closed: |step| TokenUsage::new(step.tokens, 0), |step| step.why, |step| step.bad, |_| "mine", |_| 7);

    #[test]
    fn a_closure_may_come_from_a_macro() {
        let telemetry = Telemetry::on();
        closed(false).expect("ok");
        let span = telemetry.span();
        assert_eq!(span.get("gen_ai.usage.input_tokens"), Some(3.into()));
        assert_eq!(span.get("fastmcp.sampling.stop_reason"), Some("why".into()));
        assert!(matches!(span.status(), Status::Error { .. }));
        telemetry.forget();
        closed(true).expect_err("full");
        assert_eq!(telemetry.span().get("app.code"), Some(7.into()));
        assert_eq!(said(&telemetry, "error.type").as_deref(), Some("mine"));
    }
}

mod every_macro {
    use super::*;

    #[sampling_loop]
    async fn a_loop() -> Answer<()> {
        Ok(())
    }

    #[sampling_loop]
    fn a_plain_loop() -> Answer<()> {
        a_plain_step();
        Err(Full)
    }

    #[sampling_step]
    fn a_plain_step() {}

    #[sampling_tool]
    fn a_plain_tool() -> Answer<()> {
        Err(Full)
    }

    #[sampling_loop]
    fn a_boxed_loop() -> Pin<Box<dyn Future<Output = Answer<()>> + Send>> {
        a_plain_tool().expect_err("full");
        Box::pin(async {
            a_plain_step();
            Ok(())
        })
    }

    #[sampling_tool]
    fn a_late_tool() -> impl Future<Output = Answer<()>> {
        a_plain_tool().expect_err("full");
        async { Err(Full) }
    }

    fn iterations(span: &Span) -> Option<opentelemetry::Value> {
        span.get("fastmcp.sampling.iterations")
    }

    #[tokio::test]
    async fn loops_and_tools_have_the_shapes_of_steps() {
        let telemetry = Telemetry::on();
        a_loop().await.expect("ok");
        assert_eq!(iterations(&telemetry.span()), None);
        telemetry.forget();
        a_plain_loop().expect_err("full");
        assert_eq!(telemetry.tree(), "sampling/createMessage\n  sampling/createMessage step\n");
        assert_eq!(iterations(&telemetry.spans(2)[0]), Some(1.into()));
        assert_eq!(telemetry.spans(2)[0].status(), Status::error("full!"));
        telemetry.forget();
        a_boxed_loop().await.expect("ok");
        assert_eq!(
            telemetry.tree(),
            "sampling/createMessage\n  sampling.execute_tool a_plain_tool\n  sampling/createMessage step\n"
        );
        assert_eq!(iterations(&telemetry.spans(3)[0]), Some(1.into()));
        telemetry.forget();
        a_late_tool().await.expect_err("full");
        assert_eq!(telemetry.tree(), "sampling.execute_tool a_late_tool\n  sampling.execute_tool a_plain_tool\n");
        assert_eq!(telemetry.spans(2)[0].status(), Status::error("full!"));
    }
}
