//! The tokens between two brackets, while they are read. A bracket inside is a level of its own, and whoever reads keeps those above in a list:
//! without recursion, since a body may be as deep as it likes.

use proc_macro2::{Group, TokenTree};

pub(crate) struct Level {
    pub(crate) brackets: Group,
    pub(crate) tokens: Vec<TokenTree>,
    /// Which of the tokens comes next.
    pub(crate) at: usize,
    /// What becomes of those before.
    pub(crate) done: Vec<TokenTree>,
}

impl Level {
    pub(crate) fn new(brackets: Group) -> Self {
        let tokens = brackets.stream().into_iter().collect();
        Level { brackets, tokens, at: 0, done: Vec::new() }
    }

    /// What became of them, in the same brackets.
    pub(crate) fn closed(self) -> Group {
        let mut group = Group::new(self.brackets.delimiter(), self.done.into_iter().collect());
        group.set_span(self.brackets.span());
        group
    }
}
