//! What a test's own calls emitted, to be looked at: [the guide](crate::guide::testing) shows it on an agent.
//!
//! ```
//! use samplescope::{sampling_loop, sampling_step, testing};
//!
//! #[sampling_step(model = "large")]
//! async fn ask() -> Result<String, std::io::Error> {
//!     Ok("Seattle".to_owned())
//! }
//!
//! #[sampling_loop(agent = "weather")]
//! async fn answer() -> Result<String, std::io::Error> {
//!     ask().await
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let run = testing::capture(answer()).await;
//! let spans = run.spans(2);
//! assert_eq!(run.output.unwrap(), "Seattle");
//! assert_eq!(spans[1]["gen_ai.request.model"], "large");
//! assert_eq!(spans[1].parent(), Some(0));
//! # });
//! ```
//!
//! A capture brings a tracer provider, a meter provider and [`Settings`] of its own. They travel in the OpenTelemetry context, and samplescope asks them before
//! the process's. So tests run beside each other without a lock, whatever the process has installed, and nothing of a capture reaches the process's providers.
//! Every span is sampled, and the settings are [`Settings::default`], not the environment's, unless [`with`] says otherwise.
//!
//! Not in a capture is what others start through the global provider, what is sent as log events ([`Capture::Events`](crate::Capture::Events)), and tasks and
//! threads that were not given the context with [`with_current_context`](crate::FutureExt::with_current_context). A capture is inside of nothing:
//! a loop that runs around it does not count its steps, and a capture inside of a capture has what is inside of it to itself.

mod run;
mod scope;
mod text;

pub use run::{Ending, Event, Metric, Point, Run, Span};
pub use scope::{Captured, With, capture, capture_plain, with};

#[cfg(doc)]
use crate::Settings;
