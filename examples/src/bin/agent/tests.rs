//! What the agent is seen to do, and not only what it answers: its own instrumentation, tested as any agent's can be.

use crate::agent::plan_trip;
use crate::model::Model;
use crate::{CONVERSATION, QUESTION};
use samplescope::testing::{self, Ending};

/// One test, since the tool times out once a process.
#[tokio::test(start_paused = true)]
async fn a_tool_that_fails_is_asked_again_and_the_plan_is_made() {
    let run = testing::capture(plan_trip(&Model::scripted(), CONVERSATION, QUESTION)).await;
    let spans = run.spans(8);
    assert!(run.output.is_ok());
    let timeout = Ending::Error { error_type: Some("timeout".into()), message: Some("no answer within 60ms".into()) };
    let tools: Vec<_> = spans.iter().filter(|span| span["gen_ai.operation.name"] == "execute_tool").collect();
    let seen: Vec<_> = tools.iter().map(|tool| (tool["gen_ai.tool.name"].as_str(), tool.ending())).collect();
    assert_eq!(
        seen,
        [(Some("flight_status"), Ending::Success), (Some("travel_time"), timeout), (Some("travel_time"), Ending::Success),]
    );
    assert_eq!(spans[0]["gen_ai.conversation.id"], CONVERSATION);
    assert!(spans[1..].iter().all(|span| span.parent() == Some(0)), "{}", run.tree());

    // An answer that is no plan is an event, and no failure.
    let plan = &run.named("sampling/createMessage")[0];
    assert_eq!(plan.ending(), Ending::Success);
    assert_eq!(plan.events().iter().map(testing::Event::name).collect::<Vec<_>>(), ["sampling.validation_failure"]);
    let measured = run.metrics();
    let tokens = measured.iter().find(|metric| metric.name() == "gen_ai.client.token.usage").expect("tokens are measured");
    assert_eq!(tokens.points().iter().map(|point| point.sum().as_u64()).max(), Some(Some(2639)));
}
