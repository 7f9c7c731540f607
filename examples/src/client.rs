//! A client of a scripted model, so that examples run anywhere. It knows nothing of telemetry, as a provider's client does.

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::fmt;
use std::time::Duration;
use tokio::time::sleep;

/// What the model is called.
pub const MODEL: &str = "demo-small";

/// The client.
#[derive(Clone, Copy, Debug)]
pub struct Client;

/// What the model says, whole.
#[derive(Debug)]
pub struct Response {
    /// Its text.
    pub text: String,
    /// The tools that it wants to be run.
    pub calls: Vec<Call>,
    /// Why it stopped, in the provider's own word.
    pub stop: &'static str,
    /// Tokens in and out.
    pub tokens: [u32; 2],
}

/// A tool that the model wants to be run.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its id.
    pub id: String,
    /// The tool.
    pub name: String,
    /// For which place.
    pub city: String,
}

/// What the model says, in pieces.
#[derive(Clone, Debug)]
pub enum Event {
    /// How its text goes on.
    Text(String),
    /// A tool that it wants to be run.
    Call(Call),
    /// It has stopped, and why, and the tokens in and out.
    Stopped(&'static str, [u32; 2]),
}

/// The model could not be asked.
#[derive(Debug)]
pub struct ModelError;

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the model does not answer")
    }
}

impl std::error::Error for ModelError {}

impl Client {
    /// Asks the model. It wants to know the weather of each city that is mentioned, and answers when it does.
    ///
    /// # Errors
    /// If there is nothing to answer.
    pub async fn chat(&self, history: &[String]) -> Result<Response, ModelError> {
        sleep(Duration::from_millis(20)).await;
        let known = history.iter().filter(|entry| entry.contains('°')).count();
        let cities = history.first().ok_or(ModelError)?.split_whitespace().filter(|word| word.starts_with(char::is_uppercase));
        let calls: Vec<Call> = cities
            .zip(1..)
            .skip(known)
            .map(|(city, n)| Call { id: format!("call_{n}"), name: "weather".into(), city: city.trim_matches('?').into() })
            .collect();
        let text = if calls.is_empty() { history[1..].join(", ") } else { String::new() };
        let stop = if calls.is_empty() { "end_turn" } else { "tool_use" };
        Ok(Response { text, calls, stop, tokens: [40, 12] })
    }

    /// Asks the model, and hands out what it says as it says it.
    ///
    /// # Errors
    /// If there is nothing to answer.
    pub async fn stream(&self, history: &[String]) -> Result<BoxStream<'static, Result<Event, ModelError>>, ModelError> {
        let Response { text, calls, stop, tokens } = self.chat(history).await?;
        let words: Vec<Event> = text.split_inclusive(' ').map(|word| Event::Text(word.to_owned())).collect();
        let events = words.into_iter().chain(calls.into_iter().map(Event::Call)).chain([Event::Stopped(stop, tokens)]);
        let paced = stream::iter(events).then(|event| async {
            sleep(Duration::from_millis(2)).await;
            Ok(event)
        });
        Ok(paced.boxed())
    }
}

/// What the tool `weather` says of a city.
pub async fn weather(city: &str) -> String {
    sleep(Duration::from_millis(10)).await;
    format!("{city}: {} °C", 10 + city.len())
}
