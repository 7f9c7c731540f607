//! How deep what syn reads may be, an argument above all: it calls itself for each level, and a compiler's stack ends somewhere.

use proc_macro2::{Span, TokenStream, TokenTree};

/// How many levels.
pub(crate) const DEPTH: usize = 128;

/// The first token beyond that: brackets within brackets, or signs before signs, as in `!!x` and `&&x`. Says so without recursion.
pub(crate) fn too_deep(tokens: TokenStream) -> Option<Span> {
    let mut open = vec![tokens.into_iter()];
    let mut signs = 0;
    while let Some(tokens) = open.last_mut() {
        let Some(token) = tokens.next() else {
            open.pop();
            continue;
        };
        signs = if matches!(token, TokenTree::Punct(_)) { signs + 1 } else { 0 };
        if signs > DEPTH || open.len() > DEPTH {
            return Some(token.span());
        }
        if let TokenTree::Group(group) = token {
            open.push(group.stream().into_iter());
        }
    }
    None
}
