#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod about;
mod answering;
mod connection;
#[cfg(feature = "elicitation")]
mod elicitation;
#[cfg(feature = "transport-streamable-http-server")]
mod handler;
mod inside;
mod peer;
mod role;
mod round;
mod running;
mod sending;
#[cfg(feature = "transport-streamable-http-server")]
mod sessions;
mod traced;
mod transport;

#[cfg(feature = "transport-streamable-http-server")]
pub use handler::TracedHandler;
pub use peer::Peer;
pub use role::Role;
pub use round::Round;
pub use running::Running;
pub use sending::InCurrentTrace;
#[cfg(feature = "transport-streamable-http-server")]
pub use sessions::TracedSessions;
pub use traced::{Traced, traced};
pub use transport::TracedTransport;
