//! An agent on any model with an OpenAI-compatible API.

pub mod agent;
pub mod tools;
