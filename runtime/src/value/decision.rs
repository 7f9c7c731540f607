//! What a person or a policy decides on a tool call.

/// What a person or a policy decided on a tool call: `samplescope.decision`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// It is made as the model asked for it.
    Approved,
    /// It is not made.
    Denied,
    /// It is made with other arguments, or another is made in its place.
    Changed,
}

impl Decision {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Decision::Approved => "approved",
            Decision::Denied => "denied",
            Decision::Changed => "changed",
        }
    }
}
