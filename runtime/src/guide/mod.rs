//! Guides: one page a subject, with examples that compile.

#[doc = include_str!("agent.md")]
pub mod agent {}

#[doc = include_str!("arguments.md")]
pub mod arguments {}

#[doc = include_str!("backends.md")]
pub mod backends {}

#[doc = include_str!("beside_tracing.md")]
pub mod beside_tracing {}

#[doc = include_str!("calls.md")]
pub mod calls {}

#[doc = include_str!("content.md")]
pub mod content {}

#[doc = include_str!("cost.md")]
pub mod cost {}

#[doc = include_str!("endings.md")]
pub mod endings {}

#[doc = include_str!("libraries.md")]
pub mod libraries {}

#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}

#[doc = include_str!("providers.md")]
pub mod providers {}

#[doc = include_str!("records.md")]
pub mod records {}

#[doc = include_str!("settings.md")]
pub mod settings {}

#[doc = include_str!("statements.md")]
pub mod statements {}

#[doc = include_str!("streams.md")]
pub mod streams {}

#[doc = include_str!("tasks.md")]
pub mod tasks {}

#[cfg(feature = "testing")]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("vocabularies.md")]
pub mod vocabularies {}

#[doc = include_str!("workspaces.md")]
pub mod workspaces {}
