//! Guides: one page a subject, with examples that compile.

#[doc = include_str!("calls.md")]
pub mod calls {}

#[doc = include_str!("providers.md")]
pub mod providers {}

#[doc = include_str!("records.md")]
pub mod records {}

#[doc = include_str!("streams.md")]
pub mod streams {}

#[cfg(feature = "testing")]
#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("troubleshooting.md")]
pub mod troubleshooting {}
