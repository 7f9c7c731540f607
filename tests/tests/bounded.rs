//! What a model invents fills neither metrics nor names of spans.

use opentelemetry_sdk::trace::Sampler;
use samplescope::{Settings, TokenUsage, Vocabulary, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Point, Telemetry};
use std::collections::BTreeSet;

const INVENTED: usize = 5_000;
const MOST: usize = 200;

#[sampling_loop(agent = agent)]
fn run(agent: &str) {}

#[sampling_step(provider = name, model = name, response_model = |()| name, usage = |()| TokenUsage::new(1, 1))]
fn step(name: &str) {}

#[sampling_tool(name = name, tool_type = name, error_type = |error| error)]
fn tool(name: &str) -> Result<(), String> {
    Err(name.to_owned())
}

#[sampling_tool(name = "constant")]
fn constant() {}

#[sampling_tool]
fn named_by_its_function() {}

struct Kinds(String);

impl samplescope::ErrorType for Kinds {
    fn error_type(&self) -> std::borrow::Cow<'_, str> {
        self.0.as_str().into()
    }
}

#[sampling_tool]
fn fails(kind: &str) -> Result<(), Kinds> {
    Err(Kinds(kind.to_owned()))
}

fn values(points: &[Point], key: &str) -> BTreeSet<String> {
    points.iter().filter_map(|point| point.attributes.get(key).cloned()).collect()
}

#[track_caller]
fn bounded(telemetry: &Telemetry, metric: &str, keys: &[&str]) {
    let points = telemetry.points(metric);
    for key in keys {
        let values = values(&points, key);
        assert!(values.contains("String(\"_OTHER\")"), "{metric} {key}: {}", values.len());
        let invented = values.iter().filter(|value| value.contains("invented")).count();
        assert_eq!(invented, MOST, "{metric} {key}");
    }
}

#[test]
fn five_thousand_invented_names_are_two_hundred_values_and_other() {
    let telemetry = Telemetry::off().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
    for number in 0..INVENTED {
        let name = format!("invented {number}");
        run(&name);
        step(&name);
        tool(&name).expect_err("an error");
        fails(&name).expect_err("an error");
    }
    constant();
    named_by_its_function();
    bounded(&telemetry, "gen_ai.invoke_agent.duration", &["gen_ai.agent.name"]);
    bounded(&telemetry, "gen_ai.invoke_agent.tool_calls", &["gen_ai.agent.name"]);
    let of_model = ["gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model"];
    bounded(&telemetry, "gen_ai.client.inference.duration", &of_model);
    bounded(&telemetry, "gen_ai.client.inference.operation.input_tokens", &of_model);
    bounded(&telemetry, "gen_ai.client.inference.usage.input_tokens", &of_model);
    bounded(&telemetry, "gen_ai.execute_tool.duration", &["gen_ai.tool.name", "gen_ai.tool.type", "error.type"]);
    let tools = values(&telemetry.points("gen_ai.execute_tool.duration"), "gen_ai.tool.name");
    for constant in ["constant", "named_by_its_function", "fails"] {
        assert!(tools.contains(&format!("String({constant:?})")), "what is in the program's text is no invention: {constant}");
    }
    let measured: u64 = telemetry.points("gen_ai.execute_tool.duration").iter().map(|point| point.count).sum();
    assert_eq!(measured, 2 * INVENTED as u64 + 2, "nothing is left out");
}

#[test]
fn a_value_that_was_there_before_there_were_too_many_stays_itself() {
    let telemetry = Telemetry::off().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
    for number in 0..2 * MOST {
        run(&format!("invented {number}"));
    }
    run("invented 0");
    let points = telemetry.points("gen_ai.invoke_agent.duration");
    let first = points.iter().find(|point| point.attributes["gen_ai.agent.name"] == "String(\"invented 0\")");
    assert_eq!(first.map(|point| point.count), Some(2));
}

#[test]
fn a_new_meter_provider_starts_anew() {
    let mut telemetry = Telemetry::off().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
    (0..=MOST).for_each(|number| run(&format!("invented {number}")));
    telemetry.install_meter();
    run("invented for this one");
    let agents = values(&telemetry.points("gen_ai.invoke_agent.duration"), "gen_ai.agent.name");
    assert_eq!(agents.into_iter().collect::<Vec<_>>(), ["String(\"invented for this one\")"]);
}

#[test]
fn spans_keep_what_metrics_cannot() {
    let telemetry =
        Telemetry::off().sampled(Sampler::AlwaysOn).metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
    for number in 0..2 * MOST {
        tool(&format!("invented {number}")).expect_err("an error");
    }
    let spans = telemetry.spans(400);
    assert_eq!(spans.len(), 2 * MOST);
    for (number, span) in spans.iter().enumerate() {
        let name = format!("invented {number}");
        assert_eq!(span.name(), format!("execute_tool {name}"));
        for key in ["gen_ai.tool.name", "gen_ai.tool.type", "error.type"] {
            assert_eq!(span.get(key), Some(name.clone().into()), "{key}");
        }
    }
}

#[test]
fn a_number_in_the_program_s_text_stays_when_there_are_too_many_others() {
    #[sampling_step(server_address = "host", server_port = port)]
    fn ask(port: usize) {}
    #[sampling_step(server_address = "host", server_port = 443)]
    fn ask_the_usual() {}
    let telemetry = Telemetry::off().metered().with(Settings::default().with_vocabulary(Vocabulary::GenAi));
    for number in 0..2 * MOST {
        ask(10_000 + number);
    }
    ask_the_usual();
    let ports = values(&telemetry.points("gen_ai.client.inference.duration"), "server.port");
    assert_eq!((ports.len(), ports.contains("I64(443)")), (MOST + 1, true));
}
