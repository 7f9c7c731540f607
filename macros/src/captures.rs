//! Which arguments the body takes along, and in which order they drop.
//!
//! A bare function drops its arguments from the last to the first. An `async move` block or a closure drops what it captured in the order in
//! which it names it, field by field where it names fields. So each argument that the body names is mentioned as a whole, last first,
//! before the body is. One that the body never names stays outside: to capture it would make the future longer.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use std::collections::HashMap;
use syn::visit::Visit;
use syn::{Attribute, FnArg, Pat, PatIdent, ReceiverKind, Signature, Type};

/// An argument that the body names and that may have something to drop.
pub(crate) struct Captured {
    pub(crate) name: Ident,
    /// `#[cfg(…)]`: the argument may not be there.
    pub(crate) configured: Vec<Attribute>,
    /// Where the body first names it.
    pub(crate) at: usize,
    /// Whether `name` alone is the pattern, so that it can be bound again.
    pub(crate) is_plain: bool,
}

/// In the order in which the signature names them.
pub(crate) fn of(signature: &Signature, body: &TokenStream) -> Vec<Captured> {
    let bound: Vec<(Ident, &[Attribute], bool)> =
        signature.inputs.iter().filter(|input| may_drop(input)).flat_map(bound).collect();
    if bound.is_empty() {
        return Vec::new();
    }
    let words = words(body.clone());
    let captured = bound.into_iter().filter_map(|(mut name, attributes, is_plain)| {
        let Place { at, span } = *words.get(&plain(&name))?;
        // Named where the body names it, which is where rustc then points.
        name.set_span(name.span().located_at(span));
        let configured = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
        Some(Captured { name, configured, at, is_plain })
    });
    captured.collect()
}

/// The `&mut` arguments that the body names.
pub(crate) fn mutable(signature: &Signature, body: &TokenStream) -> Vec<Ident> {
    let is_mutable = |input: &&FnArg| match input {
        FnArg::Receiver(_) => false,
        FnArg::Typed(input) => matches!(&*input.ty, Type::Reference(reference) if reference.mutability.is_some()),
    };
    let bound: Vec<Ident> = signature.inputs.iter().filter(is_mutable).flat_map(bound).map(|(name, ..)| name).collect();
    let words = if bound.is_empty() { HashMap::new() } else { words(body.clone()) };
    bound.into_iter().filter(|name| words.contains_key(&plain(name))).collect()
}

/// References and what cannot be shadowed drop nothing.
fn may_drop(input: &FnArg) -> bool {
    match input {
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(..) => false,
            ReceiverKind::Typed(_, ty) => !matches!(**ty, Type::Reference(_)),
            _ => true,
        },
        FnArg::Typed(input) => !matches!(*input.ty, Type::Reference(_)) && !is_primitive(&input.ty),
    }
}

/// A type that is a word of the language.
pub(crate) fn is_primitive(ty: &Type) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128",
        "usize",
    ];
    matches!(ty, Type::Path(path) if path.path.get_ident().is_some_and(|name| PRIMITIVES.iter().any(|primitive| name == primitive)))
}

/// The names that an argument binds, in order.
fn bound(input: &FnArg) -> Vec<(Ident, &[Attribute], bool)> {
    struct Names(Vec<Ident>);
    impl<'a> Visit<'a> for Names {
        fn visit_pat_ident(&mut self, pattern: &'a PatIdent) {
            self.0.push(pattern.ident.clone());
            syn::visit::visit_pat_ident(self, pattern);
        }
    }
    match input {
        FnArg::Receiver(receiver) => vec![(Ident::new("self", receiver.self_token.span), &receiver.attrs, false)],
        FnArg::Typed(input) => {
            let mut names = Names(Vec::new());
            names.visit_pat(&input.pat);
            let is_plain = matches!(&*input.pat, Pat::Ident(name) if name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none());
            names.0.into_iter().map(|name| (name, &*input.attrs, is_plain)).collect()
        }
    }
}

pub(crate) fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

/// Where a word comes first.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    span: Span,
}

impl Place {
    pub(crate) fn span(self) -> Span {
        self.span
    }
}

/// What may be a variable, and where it comes first: every word but a field's, and `{word}` in a string.
///
/// Without recursion, since nobody has looked yet how deep the tokens are.
pub(crate) fn words(tokens: TokenStream) -> HashMap<String, Place> {
    let mut words = HashMap::new();
    let mut add = |word: String, span: Span| {
        let at = words.len();
        words.entry(word).or_insert(Place { at, span });
    };
    let mut open = vec![tokens.into_iter()];
    // One is a field's, two are a range's.
    let mut dots = 0;
    while let Some(tokens) = open.last_mut() {
        let Some(token) = tokens.next() else {
            open.pop();
            continue;
        };
        match &token {
            TokenTree::Ident(word) if dots != 1 => add(plain(word), word.span()),
            TokenTree::Literal(literal) => inline(literal).into_iter().for_each(|word| add(word, literal.span())),
            _ => {}
        }
        dots = if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.') { dots + 1 } else { 0 };
        if let TokenTree::Group(group) = token {
            open.push(group.stream().into_iter());
        }
    }
    words
}

/// `{name}`, `{name:width$}`: what a format string captures.
fn inline(literal: &Literal) -> Vec<String> {
    let text = literal.to_string();
    let word = |c: char| c == '_' || c.is_alphanumeric();
    let mut words = Vec::new();
    for inside in text.replace("{{", "").split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
        words.extend(Some(name.trim()).filter(|name| !name.is_empty() && name.chars().all(word)).map(str::to_owned));
        let widths = format.split('$').rev().skip(1);
        words.extend(widths.filter_map(|before| before.rsplit(|c| !word(c)).next()).map(str::to_owned));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_variable_unless_it_is_a_field() {
        let tokens = r#"a.b(..c, ..=d, e..f, [g { h }]); "{i} {{j}} {k:>l$.m$} {:n} {0} {o:?} { p }" .q r#r"#;
        let words = words(tokens.parse().expect("tokens"));
        let mut found: Vec<&str> = words.keys().map(String::as_str).collect();
        found.sort_by_key(|word| words[*word].at);
        assert_eq!(found, ["a", "c", "d", "e", "f", "g", "h", "i", "k", "m", "l", "0", "o", "p", "r"]);
    }
}
