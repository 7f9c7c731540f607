//! The annotated function: its signature is read, its body is carried along as tokens and never parsed,
//! which is faster and lets an IDE work on half-typed bodies.

use crate::fragments;
use crate::spine;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Error, Result, Signature, Token, Visibility, braced};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `#![…]` at the top of the body: they belong to the function, not to the block that the body is put into.
    pub(crate) inner_attributes: Vec<Attribute>,
    /// The body, with the user's own braces.
    pub(crate) body: Group,
}

impl Function {
    /// Its name, as it is called in writing.
    pub(crate) fn name(&self) -> String {
        let name = self.signature.ident.to_string();
        name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
    }
}

/// Reads the item below the attribute, or says what the attribute should stand on.
pub(crate) fn parse(attribute: &str, role: &str, item: TokenStream) -> Result<Function> {
    (|input: ParseStream<'_>| function(attribute, role, input)).parse2(item)
}

fn function(attribute: &str, role: &str, input: ParseStream<'_>) -> Result<Function> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility: Visibility = input.parse()?;
    if !starts_function(input) {
        return Err(not_a_function(attribute, role, input));
    }
    let signature = fragments::signature(input.parse()?);
    if let Some(semicolon) = input.parse::<Option<Token![;]>>()? {
        let says = format!(
            "`#[{attribute}]` needs a function with a body: put it on the method in the `impl` block, or give this one a default body"
        );
        return Err(Error::new(semicolon.span, says));
    }
    let untouched = braces(&input.fork());
    let content;
    let brace = braced!(content in input);
    let inner_attributes = content.call(Attribute::parse_inner)?;
    let mut rest: Vec<TokenTree> = content.parse::<TokenStream>()?.into_iter().collect();
    let body = untouched.filter(|_| inner_attributes.is_empty()).unwrap_or_else(|| {
        fragments::keep(&mut rest);
        let mut body = Group::new(Delimiter::Brace, rest.into_iter().collect());
        body.set_span(brace.span.join());
        body
    });
    Ok(Function { attributes, visibility, signature, inner_attributes, body })
}

/// The braces that come next, with tokens that nobody has looked at: see [`fragments`].
fn braces(input: ParseStream<'_>) -> Option<Group> {
    let mut token = input.parse().ok()?;
    loop {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => token = group.stream().into_iter().next()?,
            TokenTree::Group(group) => return Some(group),
            _ => return None,
        }
    }
}

/// A function whose signature does not parse is still a function: that error says more than ours would.
fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let is_const = ahead.parse::<Token![const]>().is_ok();
    ahead.peek(Token![fn])
        || ahead.peek(Token![async])
        || ahead.peek(Token![extern])
        || (ahead.peek(Token![unsafe]) && (is_const || !ahead.peek2(Token![impl]) && !ahead.peek2(Token![trait])))
}

fn not_a_function(attribute: &str, role: &str, input: ParseStream<'_>) -> Error {
    let tokens: Vec<TokenTree> = input.fork().parse::<TokenStream>().unwrap_or_default().into_iter().collect();
    let at = tokens.first().map_or_else(|| input.span(), TokenTree::span);
    let says = if tokens.is_empty() || spine::starts_item(&tokens) {
        format!("`#[{attribute}]` goes on a function: the `fn` or `async fn` that {role}")
    } else {
        format!(
            "`#[{attribute}]` stands on a statement only within a function that has an attribute of ours, too, by that name: \
             put `#[sampling_statements]` on the function, which opens nothing by itself"
        )
    };
    Error::new(at, says)
}
