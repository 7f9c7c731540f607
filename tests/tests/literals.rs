//! A string that stands in an attribute is exported as it stands: it is not copied, and a sampler sees it. So is the name of a function
//! that nobody named otherwise.

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};
use samplescope::{Settings, Vocabulary, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use std::sync::{Arc, Mutex, PoisonError};

macro_rules! given {
    ($name:ident, $model:literal) => {
        #[sampling_step(model = $model)]
        async fn $name() {}
    };
}

given! { of_a_macro, "given" }

#[sampling_loop(
    agent = "agent",
    conversation_id = r"raw",
    provider = conversation,
    result_type_name = "result",
    attributes("app.own" = "own", "gen_ai.prompt.name" = "registered", "app.flag" = true),
    unchecked("gen_ai.unchecked" = "unchecked"),
)]
async fn run(conversation: &str) {
    of_a_macro().await;
    tool().await;
    named().await;
}

#[sampling_tool]
async fn tool() {}

#[sampling_tool(name = "other", tool_type = "datastore", attributes("gen_ai.output.type" = "json"))]
async fn named() {}

/// The sampler is asked before the identifier is.
#[sampling_tool(call_id = id)]
async fn identified(id: u8) {}

#[sampling_tool(name = name)]
async fn named_late(name: &str) {}

/// The attributes whose value nobody copied.
fn uncopied(span: &Span) -> Vec<String> {
    let fixed = span.0.attributes.iter().filter(|attribute| format!("{:?}", attribute.value).contains("Static("));
    let mut fixed: Vec<String> = fixed.map(|attribute| format!("{} {}", attribute.key, attribute.value)).collect();
    fixed.sort();
    fixed
}

#[tokio::test]
async fn a_literal_is_not_copied() {
    let telemetry = Telemetry::on();
    run("computed").await;
    let spans = telemetry.spans(4);
    assert_eq!(spans.len(), 4);
    let [run, step, tool, named] = [0, 1, 2, 3].map(|index| uncopied(&spans[index]));
    for literal in [
        "gen_ai.agent.name agent",
        "gen_ai.conversation.id raw",
        "fastmcp.sampling.result_type result",
        "app.own own",
        "gen_ai.prompt.name registered",
        "gen_ai.unchecked unchecked",
    ] {
        assert!(run.iter().any(|attribute| attribute == literal), "{literal}: {run:?}");
    }
    assert!(!run.iter().any(|attribute| attribute.contains("computed")), "{run:?}");
    assert!(step.contains(&"gen_ai.request.model given".to_owned()), "{step:?}");
    assert!(tool.contains(&"gen_ai.tool.name tool".to_owned()), "{tool:?}");
    for literal in ["gen_ai.tool.name other", "gen_ai.tool.type datastore", "gen_ai.output.type json"] {
        assert!(named.contains(&literal.to_owned()), "{literal}: {named:?}");
    }
}

/// A span's name, and its tool's.
type Shown = (String, Option<String>);

/// Says yes to everything, and writes down what it was shown.
#[derive(Clone, Debug, Default)]
struct Witness(Arc<Mutex<Vec<Shown>>>);

impl ShouldSample for Witness {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let tool = attributes.iter().find(|attribute| attribute.key.as_str() == "gen_ai.tool.name");
        let shown = (name.to_owned(), tool.map(|attribute| attribute.value.to_string()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
        Sampler::AlwaysOn.should_sample(parent, trace, name, kind, attributes, links)
    }
}

#[tokio::test]
async fn a_sampler_sees_the_name_that_the_function_gives_a_tool() {
    for meter in [false, true] {
        let witness = Witness::default();
        let telemetry = Telemetry::off().sampled(witness.clone()).with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        let telemetry = if meter { telemetry.metered() } else { telemetry };
        tool().await;
        named().await;
        identified(1).await;
        let shown = std::mem::take(&mut *witness.0.lock().unwrap_or_else(PoisonError::into_inner));
        let name = |name: &str| (format!("execute_tool {name}"), Some(name.to_owned()));
        assert_eq!(shown, [name("tool"), name("other"), name("identified")], "metered: {meter}");
        telemetry.forget();
        named_late("").await;
        assert_eq!(telemetry.span().get("gen_ai.tool.name"), Some("named_late".into()), "an empty name is none");
    }
}
