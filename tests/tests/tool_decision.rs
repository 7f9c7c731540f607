//! What people and policies decide on tool calls is an event of the loop.

use samplescope::{Decision, Settings, Vocabulary, current_loop, sampling_loop, sampling_tool, start_loop};
use samplescope_tests::Telemetry;
use serde::{Serialize, Serializer};
use std::cell::Cell;

#[sampling_tool]
fn read_file() {
    current_loop().tool_decision("rm", Some("call_4"), Decision::Denied).by("policy");
}

#[sampling_loop]
fn run() {
    current_loop().tool_decision("read_file", "call_1", Decision::Approved).by("user");
    current_loop().tool_decision(String::from("send"), None::<&str>, Decision::Changed);
    current_loop().tool_decision("send", "call_3", Decision::Denied).by(None::<String>);
    read_file();
}

fn event(name: &str, id: Option<&str>, decision: &str, by: Option<&str>) -> String {
    let said = [
        ("gen_ai.tool.call.id", id),
        ("gen_ai.tool.name", Some(name)),
        ("samplescope.decision", Some(decision)),
        ("samplescope.decision.by", by),
    ];
    let said = said.into_iter().filter_map(|(key, value)| Some(format!("{key}: String({:?})", value?)));
    format!("samplescope.tool_decision {}", said.collect::<Vec<_>>().join(", "))
}

#[test]
fn each_decision_is_one_event_in_both_vocabularies() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let telemetry = Telemetry::on().with(Settings::default().with_vocabulary(vocabulary));
        run();
        let spans = telemetry.spans(2);
        let said = |(name, attributes): &(String, std::collections::BTreeMap<String, String>)| {
            let attributes: Vec<_> = attributes.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{name} {}", attributes.join(", "))
        };
        assert_eq!(
            spans[0].events().iter().map(said).collect::<Vec<_>>(),
            [
                event("read_file", Some("call_1"), "approved", Some("user")),
                event("send", None, "changed", None),
                event("send", Some("call_3"), "denied", None),
                event("rm", Some("call_4"), "denied", Some("policy")),
            ]
        );
        assert!(spans[1].events().is_empty());
    }
}

/// Counts, and panics.
struct Evaluated<'a>(&'a Cell<u32>);

impl Serialize for Evaluated<'_> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        self.0.set(self.0.get() + 1);
        panic!("no name")
    }
}

#[test]
fn nothing_is_evaluated_unless_the_loop_records_and_what_panics_is_left_out() {
    let count = Cell::new(0);
    for (telemetry, expected) in
        [(Telemetry::off as fn() -> Telemetry, 0), (|| Telemetry::off().metered(), 0), (Telemetry::on, 2)]
    {
        let telemetry = telemetry();
        let run = start_loop(|_| ());
        run.tool_decision(Evaluated(&count), "call_1", Decision::Denied).by(Evaluated(&count));
        run.end();
        current_loop().tool_decision(Evaluated(&count), "call_1", Decision::Denied).by(Evaluated(&count));
        assert_eq!(count.get(), expected);
        if expected > 0 {
            let [(_, attributes)] = &telemetry.span().events()[..] else { panic!("one event") };
            let keys: Vec<_> = attributes.keys().map(String::as_str).collect();
            assert_eq!(keys, ["gen_ai.tool.call.id", "samplescope.decision"]);
        }
    }
}
