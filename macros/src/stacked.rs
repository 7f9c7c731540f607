//! Attributes of others below ours, which run after it and see what it has made.

use crate::captures;
use crate::function::Function;
use crate::shape;
use proc_macro2::TokenTree;
use syn::{Attribute, Meta};

/// Whether `#[tracing::instrument]` stands there and may take the future that the function returns for its own.
///
/// It does so if it finds an `async` block in the last expression, bare or boxed. It then records the arguments within the future,
/// where those are gone that the call has taken, unless it skips them.
pub(crate) fn is_followed_by_tracing(function: &Function) -> bool {
    let Some(attribute) = function.attributes.iter().find(|attribute| is_instrument(attribute)) else { return false };
    let skipped = skipped(attribute);
    if !shape::ends_in_async_block(&function.body.stream()) {
        return false;
    }
    let taken = captures::of(&function.signature, &function.body.stream());
    taken.iter().all(|taken| skipped.as_ref().is_none_or(|skipped| skipped.contains(&captures::plain(&taken.name))))
}

fn is_instrument(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "instrument")
}

/// The arguments in `skip(…)`; None for `skip_all`.
fn skipped(attribute: &Attribute) -> Option<Vec<String>> {
    let Meta::List(list) = &attribute.meta else { return Some(Vec::new()) };
    let mut skips = false;
    let mut skipped = Vec::new();
    for token in list.tokens.clone() {
        match token {
            TokenTree::Ident(word) if word == "skip_all" => return None,
            TokenTree::Group(group) if skips => skipped.extend(captures::words(group.stream()).into_keys()),
            TokenTree::Ident(word) => skips = word == "skip",
            _ => skips = false,
        }
    }
    Some(skipped)
}
