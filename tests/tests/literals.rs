//! A string that stands in an attribute is exported as it stands: it is not copied, and a sampler sees it. So is the name of a function
//! that nobody named otherwise.

use opentelemetry::KeyValue;
use samplescope::{Settings, Vocabulary, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry, Without};

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

#[tokio::test]
async fn a_sampler_sees_the_name_that_the_function_gives_a_tool() {
    for meter in [false, true] {
        let witness = Without::nothing();
        let telemetry = Telemetry::off().sampled(witness.clone()).with(Settings::default().with_vocabulary(Vocabulary::GenAi));
        let telemetry = if meter { telemetry.metered() } else { telemetry };
        tool().await;
        named().await;
        identified(1).await;
        let tool_of = |attributes: &[KeyValue]| {
            let tool = attributes.iter().find(|attribute| attribute.key.as_str() == "gen_ai.tool.name");
            tool.map(|tool| tool.value.to_string())
        };
        let shown: Vec<_> = witness.shown().into_iter().map(|shown| (shown.name, tool_of(&shown.attributes))).collect();
        let name = |name: &str| (format!("execute_tool {name}"), Some(name.to_owned()));
        assert_eq!(shown, [name("tool"), name("other"), name("identified")], "metered: {meter}");
        telemetry.forget();
        named_late("").await;
        assert_eq!(telemetry.span().get("gen_ai.tool.name"), Some("named_late".into()), "an empty name is none");
    }
}
