//! The tokens between two brackets, while they are read. A bracket inside is a level of its own, and whoever reads keeps those above in a list:
//! without recursion, since a body may be as deep as it likes.

use crate::fragments;
use proc_macro2::{Group, TokenTree};

pub(crate) struct Level {
    pub(crate) brackets: Group,
    pub(crate) tokens: Vec<TokenTree>,
    /// Which of the tokens comes next.
    pub(crate) at: usize,
    /// What becomes of those before.
    pub(crate) done: Vec<TokenTree>,
    /// Whether anything becomes of them but themselves.
    is_changed: bool,
}

impl Level {
    pub(crate) fn new(brackets: Group) -> Self {
        let tokens = brackets.stream().into_iter().collect();
        Level { brackets, tokens, at: 0, done: Vec::new(), is_changed: false }
    }

    /// The tokens will be put together anew. To be said before anything is done that is not what was there.
    pub(crate) fn change(&mut self) {
        if !std::mem::replace(&mut self.is_changed, true) {
            fragments::keep(&mut self.tokens);
            self.done = self.tokens[..self.at].to_vec();
        }
    }

    /// Goes on behind the brackets that come next, whose level has been read.
    pub(crate) fn behind(&mut self, inner: Level) {
        if inner.is_changed {
            self.change();
        }
        self.at += 1;
        self.done.push(TokenTree::Group(inner.closed(self.tokens.get(self.at))));
    }

    /// What became of them, in the same brackets. `next` is what stands behind these.
    pub(crate) fn closed(self, next: Option<&TokenTree>) -> Group {
        if !self.is_changed {
            return self.brackets;
        }
        let brackets = fragments::kept(&self.brackets, next);
        let mut group = Group::new(brackets.delimiter(), self.done.into_iter().collect());
        group.set_span(brackets.span());
        group
    }
}
