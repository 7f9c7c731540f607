//! The names that the expansion uses, chosen so that no name of the user's can change their meaning.
//!
//! - Paths start at `::samplescope` (or at what `crate = path` says) and `::core`: a user's module `core` is not in the way.
//! - Local variables are `mixed_site`: they are ours alone, as a `macro_rules` variable would be.
//! - Methods are inherent, and called `__ss_…`: a method that is found behind a `Deref` or by autoref loses to one of the same name
//!   from any trait in the user's scope, so only names that nobody else has are safe.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Path;

/// `::samplescope`, or the path that `crate = …` named.
pub(crate) fn facade(renamed: Option<&Path>) -> TokenStream {
    renamed.map_or_else(|| quote!(::samplescope), |path| quote!(#path))
}

/// What generated code may call.
pub(crate) fn private(renamed: Option<&Path>) -> TokenStream {
    let facade = facade(renamed);
    quote!(#facade::__private)
}

/// The span that is being described or run.
pub(crate) fn span() -> Ident {
    local("__span")
}

/// What came back from a statement's call, and the call.
pub(crate) fn called() -> Ident {
    local("__called")
}

/// What the user's function returned.
pub(crate) fn returned() -> Ident {
    local("__returned")
}

/// An item of the stream that it returned.
pub(crate) fn item() -> Ident {
    local("__item")
}

/// The error inside of an error.
pub(crate) fn source() -> Ident {
    local("__source")
}

/// The describing method of that name, at the place of the argument's key: which is where an IDE looks.
pub(crate) fn method(key: &Ident) -> Ident {
    Ident::new(&format!("__ss_{key}"), key.span())
}

fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The tokens, as if they stood there.
pub(crate) fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let there = tokens.into_iter().map(|mut token| {
        token.set_span(span.resolved_at(token.span()));
        token
    });
    there.collect()
}

/// The tokens, as if the user had written them there. What is within brackets stays ours.
pub(crate) fn of_user(span: Span, tokens: TokenStream) -> TokenStream {
    let there = tokens.into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    there.collect()
}

/// Tokens of the user's in parentheses of ours, which stand at a place of the user's.
pub(crate) fn parenthesized(place: Span, tokens: TokenStream) -> TokenTree {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(Span::mixed_site().located_at(place));
    TokenTree::Group(group)
}

/// The user's body in a block of its own, so that what it shadows stays harmless.
///
/// The braces are the user's, since their edition decides when the temporaries of the body's tail go. An empty statement of ours keeps
/// `unused_braces` quiet, where there is nothing but an expression in them.
pub(crate) fn body(block: &Group) -> Group {
    let body = block.stream();
    let is_statement = |token: TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    if body.clone().into_iter().any(is_statement) {
        return block.clone();
    }
    let mut quiet = Group::new(Delimiter::Brace, quote!(; #body));
    quiet.set_span(block.span());
    quiet
}
