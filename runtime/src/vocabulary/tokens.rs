//! What tokens are told apart by.

/// What tokens stand for, where a provider says how many of them are what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Modality {
    /// Text.
    Text,
    /// Images.
    Image,
    /// Audio.
    Audio,
}

impl Modality {
    pub(crate) const ALL: [Self; 3] = [Modality::Text, Modality::Image, Modality::Audio];
}

/// What tokens were spent on, as far as it is broken down by [`Modality`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    Input,
    Output,
    CacheRead,
}

impl Spent {
    pub(crate) const ALL: [Self; 3] = [Spent::Input, Spent::Output, Spent::CacheRead];
}
