//! What a macro by example was given as one expression stays one.
//!
//! rustc keeps `$e` together by invisible brackets, and no longer heeds them once a procedural macro has put the tokens around them
//! together anew (rust-lang/rust#67062): `$e * 2` of `1 + 1` is then `1 + 1 * 2`. So brackets within which nothing is changed are
//! handed on as they are, and where something is, parentheses take the place of what cannot be seen.

use crate::depth;
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenTree};
use syn::token::Paren;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ReturnType, Signature, Type, TypeParen};

/// The tokens of one level, which then may be put together anew.
pub(crate) fn keep(tokens: &mut [TokenTree]) {
    for at in 0..tokens.len() {
        if let TokenTree::Group(group) = &tokens[at] {
            tokens[at] = TokenTree::Group(kept(group, tokens.get(at + 1)));
        }
    }
}

/// The group, in parentheses if it falls apart without. `next` is what stands behind it.
pub(crate) fn kept(group: &Group, next: Option<&TokenTree>) -> Group {
    if group.delimiter() != Delimiter::None || depth::too_deep(group.stream()).is_some() {
        return group.clone();
    }
    // It may be a statement, a pattern or a type, too. Those of them that read as such an expression may stand in parentheses.
    let falls_apart = match syn::parse2(group.stream()).map(bare) {
        Ok(
            Expr::Assign(_)
            | Expr::Binary(_)
            | Expr::Break(_)
            | Expr::Cast(_)
            | Expr::Closure(_)
            | Expr::Range(_)
            | Expr::Return(_),
        ) => true,
        // These bind less than what stands behind them, and nothing else. `-1` may be the end of a range in a pattern.
        Ok(Expr::RawAddr(_) | Expr::Reference(_) | Expr::Unary(_)) => is_behind_value(next),
        Ok(_) => false,
        Err(_) => syn::parse2(group.stream()).is_ok_and(|ty| is_several(&ty)),
    };
    if !falls_apart {
        return group.clone();
    }
    let mut kept = Group::new(Delimiter::Parenthesis, group.stream());
    kept.set_span(unseen(group.span()));
    kept
}

/// Nobody wrote parentheses there, and so no lint says that they are one too many.
fn unseen(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// `.method()`, `?`, `(…)` or `[…]`.
fn is_behind_value(token: Option<&TokenTree>) -> bool {
    match token {
        Some(TokenTree::Punct(mark)) if mark.as_char() == '.' => mark.spacing() == Spacing::Alone,
        Some(TokenTree::Punct(mark)) => mark.as_char() == '?',
        Some(TokenTree::Group(group)) => matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::Bracket),
        _ => false,
    }
}

fn bare(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

/// `dyn A + B`, of which `&dyn A + B` would be something else.
fn is_several(ty: &Type) -> bool {
    match ty {
        Type::ImplTrait(ty) => ty.bounds.len() > 1,
        Type::TraitObject(ty) => ty.bounds.len() > 1,
        Type::Group(ty) => is_several(&ty.elem),
        _ => false,
    }
}

/// The expression without invisible brackets, as if all of it stood there. Where it needs visible ones, syn writes them.
pub(crate) fn expression(mut value: Expr) -> Expr {
    Written.visit_expr_mut(&mut value);
    value
}

/// The same of a signature. What is given back may be several bounds, and needs no parentheses.
pub(crate) fn signature(mut signature: Signature) -> Signature {
    if let ReturnType::Type(_, ty) = &mut signature.output {
        while let Type::Group(group) = &**ty {
            let elem = group.elem.clone();
            *ty = elem;
        }
    }
    Written.visit_signature_mut(&mut signature);
    signature
}

struct Written;

impl VisitMut for Written {
    fn visit_expr_mut(&mut self, value: &mut Expr) {
        match value {
            Expr::Group(group) if group.attrs.is_empty() => {
                *value = std::mem::replace(&mut group.expr, Expr::PLACEHOLDER);
                self.visit_expr_mut(value);
            }
            value => visit_mut::visit_expr_mut(self, value),
        }
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Group(group) = ty {
            let (elem, place) = (group.elem.clone(), group.group_token.span);
            *ty = if is_several(&elem) {
                Type::Paren(TypeParen { attrs: Vec::new(), paren_token: Paren(unseen(place)), elem })
            } else {
                *elem
            };
            return self.visit_type_mut(ty);
        }
        visit_mut::visit_type_mut(self, ty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::TokenStream;
    use quote::quote;

    /// `$e`, and what stands behind it, put together anew.
    fn with(fragment: &str, behind: &str) -> String {
        let tokens = |text: &str| -> TokenStream { text.parse().expect("tokens") };
        let fragment = Group::new(Delimiter::None, tokens(fragment));
        let behind = tokens(behind);
        let mut tokens: Vec<TokenTree> = quote!(#fragment #behind).into_iter().collect();
        keep(&mut tokens);
        tokens.into_iter().collect::<TokenStream>().to_string().replace(' ', "")
    }

    #[test]
    fn what_falls_apart_is_in_parentheses_and_nothing_else_is() {
        for loose in ["a+b", "a=b", "a as b", "|n|n+1", "1..4", "return 1", "break 1", "A|B", "dyn A+B"] {
            let visible = format!("({})", loose.replace(' ', ""));
            assert_eq!(with(loose, "* 2"), format!("{visible}*2"));
            assert_eq!(with(loose, ";"), format!("{visible};"));
        }
        for before in ["-1", "!a", "*a", "&a", "&raw const a"] {
            let bare = before.replace(' ', "");
            for behind in [".abs()", "?.a", "?", "(1)", "[1]"] {
                assert_eq!(with(before, behind), format!("({bare}){behind}"));
            }
            for behind in ["*2", "..=5", "..", ";", "{}", ""] {
                assert_eq!(with(before, behind), format!("{bare}{behind}"));
            }
        }
        for whole in [
            "a", "1", "a.b()", "a[1]", "(a,b)", "A{b:1}", "{a}", "if a{b}", "f!(a+b)", "Vec<u8>", "dyn A", "let a=1", "pub",
            "fn f(){}",
        ] {
            assert_eq!(with(whole, ".a"), format!("{}.a", whole.replace(' ', "")));
        }
        let deep = format!("{}a{}+b", "(".repeat(200), ")".repeat(200));
        assert_eq!(with(&deep, ""), deep);
    }

    #[test]
    fn invisible_brackets_within_invisible_ones_are_looked_through() {
        let inner = Group::new(Delimiter::None, quote!(a + b));
        let outer = Group::new(Delimiter::None, quote!(#inner));
        assert_eq!(kept(&outer, None).delimiter(), Delimiter::Parenthesis);
    }
}
