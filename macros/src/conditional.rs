//! `#[cfg_attr(predicate, sampling_step(…))]` on a statement. What the predicate is, only rustc knows, and it looks when the function has been
//! expanded. So the function is handed back twice, for rustc to choose from.
//!
//! ```text
//! // Input:
//! #[sampling_loop]
//! async fn run() { #[cfg_attr(p, sampling_step)] ask().await }
//!
//! // Output:
//! #[cfg(p)] #[::samplescope::sampling_loop]
//! async fn run() { #[sampling_step] ask().await }
//! #[cfg(not(p))] #[::samplescope::sampling_loop]
//! async fn run() { ask().await }
//! ```

use crate::hygiene;
use crate::level::Level;
use crate::spine;
use crate::statements::{Attribute, starts_attribute};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::Path;

/// The item twice, if a statement of it has such an attribute: one predicate is decided at a time.
pub(crate) fn twice(name: &str, arguments: &TokenStream, item: &TokenStream, renamed: Option<&Path>) -> Option<TokenStream> {
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let Some(TokenTree::Group(body)) = tokens.pop() else { return None };
    let predicate = first(&body)?;
    let facade = hygiene::facade(renamed);
    let name = Ident::new(name, Span::call_site());
    let attribute = quote!(#[#facade::#name(#arguments)]);
    let head: TokenStream = tokens.into_iter().collect();
    let [with, without] = [true, false].map(|holds| decided(&body, &predicate.to_string(), holds).into_token_stream());
    Some(quote! {
        #[cfg(#predicate)] #attribute #head #with
        #[cfg(not(#predicate))] #attribute #head #without
    })
}

/// `predicate` and `attributes` of `cfg_attr(predicate, attributes)`, if one of these is ours.
fn conditional(tokens: &[TokenTree], at: usize) -> Option<(TokenStream, Vec<TokenStream>)> {
    let mut behind = at;
    while starts_attribute(tokens, behind) {
        behind += 2;
    }
    if behind == at || spine::starts_item(&tokens[behind..]) {
        return None;
    }
    let TokenTree::Group(brackets) = &tokens[at + 1] else { return None };
    let inside: Vec<TokenTree> = brackets.stream().into_iter().collect();
    let [TokenTree::Ident(word), TokenTree::Group(inside)] = &inside[..] else { return None };
    if word != "cfg_attr" {
        return None;
    }
    let inside: Vec<TokenTree> = inside.stream().into_iter().collect();
    let mut parts = inside.split(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ','));
    let predicate = parts.next()?.iter().cloned().collect();
    let attributes: Vec<TokenStream> = parts.map(|part| part.iter().cloned().collect()).collect();
    let is_ours = |attribute: &TokenStream| {
        let brackets = Group::new(Delimiter::Bracket, attribute.clone());
        Attribute::of(&brackets).is_some() || conditional(&[tokens[at].clone(), TokenTree::Group(brackets)], 0).is_some()
    };
    attributes.iter().any(is_ours).then_some((predicate, attributes))
}

/// The predicate of the first one.
fn first(body: &Group) -> Option<TokenStream> {
    let mut open = vec![body.clone()];
    while let Some(group) = open.pop() {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            if let Some((predicate, _)) = conditional(&tokens, at) {
                return Some(predicate);
            }
            if let TokenTree::Group(group) = token {
                open.push(group.clone());
            }
        }
    }
    None
}

/// The body as it is where the predicate holds, or where it does not.
fn decided(body: &Group, predicate: &str, holds: bool) -> Group {
    let mut above: Vec<Level> = Vec::new();
    let mut level = Level::new(body.clone());
    loop {
        if let Some((_, attributes)) = conditional(&level.tokens, level.at).filter(|(other, _)| other.to_string() == predicate) {
            level.change();
            let attributes = attributes.into_iter().filter(|attribute| holds && !attribute.is_empty());
            level.done.extend(attributes.flat_map(|attribute| quote!(#[#attribute])));
            level.at += 2;
            continue;
        }
        match level.tokens.get(level.at).cloned() {
            Some(TokenTree::Group(group)) => above.push(std::mem::replace(&mut level, Level::new(group))),
            Some(token) => {
                level.done.push(token);
                level.at += 1;
            }
            None => {
                let Some(outer) = above.pop() else { return level.closed(None) };
                let inner = std::mem::replace(&mut level, outer);
                level.behind(inner);
            }
        }
    }
}
