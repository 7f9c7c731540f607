//! Functions that plenty of lints have something to say about: `ui-tests/tests/lints.rs` turns them all on, and compares
//! what is said with the attributes and without.

use core::fmt;
use std::pin::Pin;

/// What a step gives back.
#[derive(Debug)]
pub struct Step {
    /// Why it stopped.
    pub why: String,
    /// How many tokens it took.
    pub tokens: i64,
}

/// An error.
#[derive(Debug)]
#[cfg_attr(feature = "on", derive(samplescope::ErrorType))]
pub enum Full {
    /// By itself.
    Up,
    /// With a label.
    #[cfg_attr(feature = "on", error_type("over"))]
    Over(u8),
    /// With what it holds.
    #[cfg_attr(feature = "on", error_type(transparent))]
    Io(std::io::Error),
}

type Answer<T> = Result<T, Full>;

/// Reached through an alias.
#[cfg_attr(feature = "on", samplescope::sampling_step(
    stop_reason = |step| &step.why,
    usage = |step| samplescope::TokenUsage::new(step.tokens, step.tokens),
    model = name,
    temperature = f64::EPSILON,
    max_tokens = u16::MAX,
    attributes("gen_ai.workflow.name" = name, "app.tokens" = |step| step.tokens),
))]
pub async fn alias(name: &str, ok: bool) -> Answer<Step> {
    if !ok {
        return Err(Full::Up);
    }
    Ok(Step { why: name.to_owned(), tokens: 1 })
}

#[cfg_attr(feature = "on", samplescope::sampling_step(stop_reason = |same| same))]
async fn text<'a>(text: &'a str) -> &'a str {
    text
}

/// Opaque.
#[cfg_attr(feature = "on", samplescope::sampling_tool(name = name))]
pub async fn opaque(name: String) -> impl AsRef<str> + Send {
    name
}

/// Boxed.
#[cfg_attr(feature = "on", samplescope::sampling_step)]
pub fn boxed(ok: bool) -> Pin<Box<dyn Future<Output = Answer<Step>> + Send>> {
    Box::pin(async move {
        if !ok {
            return Err(Full::Over(3));
        }
        Ok(Step { why: String::new(), tokens: 1 })
    })
}

/// Boxed by hand.
#[cfg_attr(feature = "on", samplescope::sampling_step)]
pub fn boxed_late(ok: bool) -> Pin<Box<dyn Future<Output = bool> + Send>> {
    let there = ok;
    Box::pin(async move { there })
}

/// A future.
#[cfg_attr(feature = "on", samplescope::sampling_step)]
pub fn future(step: &Step) -> impl Future<Output = Answer<&Step>> {
    let there = step;
    async move { Ok(there) }
}

/// One async block.
#[cfg_attr(feature = "on", samplescope::sampling_step)]
pub fn block(step: &Step) -> impl Future<Output = &Step> {
    async move { step }
}

/// No future.
#[cfg_attr(feature = "on", samplescope::sampling_step(error_type = |_| "full"))]
pub fn plain(ok: bool) -> Answer<Step> {
    if ok { Ok(Step { why: String::new(), tokens: 1 }) } else { Err(Full::Up)? }
}

/// Nothing.
#[cfg_attr(feature = "on", samplescope::sampling_loop)]
pub async fn unit() {}

/// For ever.
#[cfg_attr(feature = "on", samplescope::sampling_loop(agent = "daemon"))]
pub async fn never() -> ! {
    loop {
        unit().await;
    }
}

#[cfg_attr(feature = "on", samplescope::sampling_tool)]
async fn unused(a: u8) -> impl fmt::Display {
    let x = 1;
    3
}

/// Methods.
#[derive(Debug)]
pub struct Me;

impl Me {
    /// With a long receiver.
    #[cfg_attr(feature = "on", samplescope::sampling_tool)]
    pub async fn me(self: &mut Self, mut v: Vec<u8>) -> Option<u8> {
        v.push(1);
        drop(v);
        None
    }

    /// By value.
    #[cfg_attr(feature = "on", samplescope::sampling_tool(failed = |_| false, result = |number| number))]
    pub async fn own(self) -> Box<u8> {
        return Box::new(1);
    }

    /// A loop with everything.
    #[cfg_attr(feature = "on", samplescope::sampling_loop(
        agent = "a",
        conversation_id = "b",
        model = model,
        tool_count = u8::MAX,
        result_type = Step,
        messages = model,
        answer = |step| &step.why,
        capture = false,
    ))]
    pub async fn run(&self, model: &str) -> Answer<Step> {
        alias(model, text("a").await.is_empty()).await
    }
}

/// Several arguments to drop, and one that nobody needs.
#[cfg_attr(feature = "on", samplescope::sampling_tool(name = name))]
pub async fn several(name: String, (left, mut right): (Vec<u8>, Vec<u8>), _spare: Box<u8>, x: Vec<u8>) -> usize {
    right.push(1);
    left.len() + right.len() + name.len()
}

/// A closure.
#[cfg_attr(feature = "on", samplescope::sampling_tool)]
pub fn closure(step: Step) -> (impl Fn(&str) -> usize, impl FnMut(Vec<Step>) -> Option<Step>) {
    (move |text| text.len() + step.why.len(), |mut steps| steps.pop())
}

/// A closure, later.
#[cfg_attr(feature = "on", samplescope::sampling_loop)]
pub async fn closure_later() -> impl Fn(&Step) -> &str {
    |step| step.why.as_str()
}

/// Calls within it.
#[cfg_attr(feature = "on", samplescope::sampling_statements)]
pub async fn statements(me: &mut Me, name: &str) -> Answer<usize> {
    let x = 3_u8;
    #[cfg_attr(feature = "on", samplescope::sampling_step(stop_reason = |step| &step.why, model = name))]
    let step = alias(name, true).await?;
    #[cfg_attr(feature = "on", samplescope::sampling_tool)]
    let length: usize = text(name).await.len();
    #[cfg_attr(feature = "on", samplescope::sampling_tool(name = name))]
    if let Ok(shadowed) = plain(length > 1) {
        let length = shadowed.why.len();
        drop(length.to_string());
    }
    #[cfg_attr(feature = "on", samplescope::sampling_tool)]
    alias(name, false).await;
    #[cfg_attr(feature = "on", samplescope::sampling_tool)]
    match me.run(name).await {
        Ok(step) => Ok(step.why.len()),
        Err(_) =>
        {
            #[cfg_attr(feature = "on", samplescope::sampling_tool)]
            plain(true).map(|step| step.why.len())
        }
    }
}
