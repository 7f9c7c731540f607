//! An agent with what production agents record by hand: who asked and for whom, what was decided, retried, retrieved, compacted and spent, what it was
//! worth, and content only by consent. What it says once on the loop is on everything inside, a sub-agent's work included.

use futures::{Stream, TryStreamExt as _, stream};
use model::{Call, Model, Refused, Response};
use samplescope::{
    Chunk, Decision, Evaluation, Piece, Reference, Settings, TokenUsage, current_loop, sampling_loop, sampling_step,
    sampling_tool,
};
use samplescope_examples::terminal;
use std::error::Error;

mod model;
#[cfg(test)]
mod tests;

struct Session {
    user: &'static str,
    id: &'static str,
    ticket: &'static str,
    consents: bool,
}

struct Answer {
    text: String,
    about: Reference,
}

#[sampling_loop(
    agent = "support", conversation_id = session.ticket, provider = "scripted", model = "demo-large",
    inherited("user.id" = session.user, "session.id" = session.id, "app.channel" = "web"),
    capture = session.consents, messages = question, answer = |answer| &answer.text,
)]
async fn support(model: &mut Model, session: &Session, question: &str) -> Result<Answer, Refused> {
    let mut history = vec![question.to_owned()];
    loop {
        let response = ask_again(model, &history).await?;
        let Some(call) = response.call else {
            current_loop().evaluated(Evaluation::new("names_the_city").score(u8::from(response.text.contains("Bern"))));
            return Ok(Answer { text: response.text, about: current_loop().reference() });
        };
        // Asked before the tool's call begins: the waiting is the loop's.
        let decision = if call.0 == "refund" { Decision::Denied } else { Decision::Approved };
        current_loop().tool_decision(call.0, call.1, decision).by("policy");
        history.push(match decision {
            Decision::Approved => research(model, call).await?,
            _ => "Refunds are for people.".to_owned(),
        });
        if let before @ 3.. = history.len() {
            #[sampling_step(purpose = "compaction", usage = |summary| summary.usage)]
            let summary = model.next().await?;
            history.splice(..before - 1, [summary.text]);
            current_loop().compacted(before, history.len());
        }
    }
}

/// A retry is another model call of the same iteration.
async fn ask_again(model: &mut Model, history: &[String]) -> Result<Response, Refused> {
    match ask(model, history, 0).await {
        Err(Refused(503)) => ask(model, history, 1).await,
        settled => settled,
    }
}

#[sampling_step(
    attempt = attempt, messages = history.join("\n"), message = |response| &response.text, usage = |response| response.usage,
    error_attributes("http.response.status_code" = |error| error.0),
)]
async fn ask(model: &mut Model, history: &[String], attempt: u32) -> Result<Response, Refused> {
    model.next().await
}

/// The tool is an agent of its own, in the same conversation and for the same user.
#[sampling_tool(name = call.0, call_id = call.1, result = |text| text)]
async fn research(model: &mut Model, call: Call) -> Result<String, Refused> {
    look_up(model).await
}

#[sampling_loop(agent = "researcher", provider = "scripted", model = "demo-small")]
async fn look_up(model: &mut Model) -> Result<String, Refused> {
    // Where a real one calls its search.
    #[sampling_tool(operation = "retrieval", data_source_id = "tracking", query = "parcel", documents = |found| found)]
    let found = Vec::from(["It was seen in Bern.".to_owned()]);
    model::in_a_span_of_its_own(async { tell(model, &found).map_ok(|piece| piece.text).try_collect().await }).await
}

/// Its client opens a span for that: it is completed, and there is no second.
#[sampling_step(
    span = current, messages = found.join("\n"),
    stream, chunk = |piece| Chunk::new().text(&piece.text).usage(piece.usage),
)]
fn tell(model: &mut Model, found: &[String]) -> impl Stream<Item = Result<Response, Refused>> {
    stream::once(model.next())
}

/// In dollars, by the model that answers. Where the provider says what a call cost, nobody asks.
fn price(_: Option<&str>, model: Option<&str>, usage: &TokenUsage) -> Option<f64> {
    let tokens = |count: Option<u64>| count.and_then(|count| u32::try_from(count).ok()).map(f64::from);
    (model? == "demo-large").then_some((tokens(usage.input())? * 3.0 + tokens(usage.output())? * 15.0) / 1e6)
}

fn settings(settings: Settings) -> Settings {
    settings.with_price(price).with_capture_only([Piece::Input, Piece::Output, Piece::ToolResult]).with_content_budget(8_000)
}

const SESSION: Session = Session { user: "u-17", id: "s-4", ticket: "ticket-9", consents: true };
const QUESTION: &str = "Where is my parcel? I want a refund.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    settings(Settings::from_env()).install();
    let console = samplescope::console();
    let answer = support(&mut Model::scripted(), &SESSION, QUESTION).await.map_err(|refused| refused.to_string())?;
    // Later, and in another process if need be: the reference is a text.
    answer.about.to_string().parse::<Reference>()?.evaluated(Evaluation::new("user_feedback").score(0).label("down"));
    drop(console);
    Ok(terminal::print(&format!("{}\n", answer.text))?)
}
