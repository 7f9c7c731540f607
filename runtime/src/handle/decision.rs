//! A decision on a tool call, until it is known who decided.

use super::Told;
use crate::call::core::Call;
use crate::caught::caught;
use crate::value::{Decision, Text};
use crate::vocabulary::{event, key};
use opentelemetry::{KeyValue, StringValue};
use std::fmt;
use std::mem::take;
use std::sync::Arc;

/// A decision on a tool call, from `tool_decision` of a loop. The event is there when this is dropped: at the end of the statement.
pub struct ToolDecision {
    /// None where no span records.
    call: Option<Arc<Call>>,
    attributes: Vec<KeyValue>,
}

impl ToolDecision {
    pub(super) fn new(told: Told<'_>, name: &impl Text, call_id: &impl Text, decision: Decision) -> Self {
        let mut decided = ToolDecision { call: told.recording().cloned(), attributes: Vec::new() };
        decided.say(key::TOOL_NAME, name);
        decided.say(key::TOOL_CALL_ID, call_id);
        decided.say(key::DECISION, &decision.word());
        decided
    }

    /// Who decided: `samplescope.decision.by`, as in `user`, `policy`, or the name of one. A `None` says nothing.
    pub fn by(mut self, who: impl Text) {
        self.say(key::DECISION_BY, &who);
    }

    fn say(&mut self, key: &'static str, text: &impl Text) {
        if self.call.is_some() {
            let text: Option<StringValue> = caught("what a handle was given", || text.text()).flatten();
            self.attributes.extend(text.map(|text| KeyValue::new(key, text)));
        }
    }
}

impl Drop for ToolDecision {
    fn drop(&mut self) {
        if let Some(call) = &self.call {
            call.add_event(event::TOOL_DECISION, take(&mut self.attributes));
        }
    }
}

impl fmt::Debug for ToolDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolDecision").field("recording", &self.call.is_some()).finish_non_exhaustive()
    }
}
