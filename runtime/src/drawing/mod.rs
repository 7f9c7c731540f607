//! What was recorded, drawn for a person.

#[cfg(feature = "console")]
pub(crate) mod metrics;
mod paint;
mod text;
pub(crate) mod tree;

pub(crate) use paint::Paint;
#[cfg(feature = "testing")]
pub(crate) use text::steers;
