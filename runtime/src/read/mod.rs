//! Whatever serialises in the shape of a known provider's request, response, stream item or error, turned into facts.
//!
//! ```text
//! value ──► walk: its signs ──► providers: whose shape ──► walk: its facts ──► {request, response, event, error}: what they mean
//!                                                               └─ content ──► json: messages, tools
//! ```
//!
//! A value is gone over twice as a rule: whose it is may stand in its last member. What nobody wants is not serialised, and as long as content
//! is not wanted no text is copied but the words that become attributes. Where the value before was of OpenAI's chat and content is not wanted, the
//! next is gone over once, as a chat's: only if it turns out to be none is it looked at for whose it is.

//!
//! | file | what it holds |
//! |---|---|
//! | `facts` | what is known of a value once it is read, and the signs that tell its shape |
//! | `want` | what a member is wanted for: the words that the tables are written in |
//! | `providers` | the tables: each provider's shape, a row a member |
//! | `walk` | a value is serialised, and what is wanted of it is kept |
//! | `reading` | the two walks, and the warning where a shape is not known |
//! | `request`, `response`, `event`, `error` | what the facts mean, of each kind |
//! | `json` | content that was kept, as messages and tool definitions |
//! | `probe`, `to_messages` | the same for what users pass as content |
//! | `shown` | a door for tests |

#[cfg(test)]
mod documented;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod facts;
pub(crate) mod json;
pub(crate) mod probe;
mod providers;
pub(crate) mod reading;
pub(crate) mod request;
pub(crate) mod response;
pub mod shown;
mod to_messages;
pub(crate) mod walk;
mod want;
