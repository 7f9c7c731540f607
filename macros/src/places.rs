//! `|response| response.model` names a place, and is read where it is: by reference, as the values of a request are.

use proc_macro2::Ident;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprClosure, ExprReference, Pat, Token, UnOp};

/// The closure, with a reference to its body if that is a place below its parameter. The bare parameter stays as it is: it is a reference.
pub(crate) fn by_reference(mut closure: ExprClosure) -> ExprClosure {
    let parameter = closure.inputs.first().and_then(name);
    if parameter.is_some_and(|parameter| is_below(&closure.body, parameter)) {
        let and_token = Token![&](closure.body.span());
        let expr = closure.body;
        closure.body = Box::new(Expr::Reference(ExprReference { attrs: Vec::new(), and_token, mutability: None, expr }));
    }
    closure
}

fn name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
        Pat::Type(typed) => name(&typed.pat),
        Pat::Paren(inner) => name(&inner.pat),
        _ => None,
    }
}

/// Fields, entries and pointees of it.
fn is_below(place: &Expr, parameter: &Ident) -> bool {
    let inside = match place {
        Expr::Field(field) => &field.base,
        Expr::Index(index) => &index.expr,
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => return is_below(&unary.expr, parameter),
        Expr::Paren(inner) => return is_below(&inner.expr, parameter),
        _ => return false,
    };
    matches!(&**inside, Expr::Path(path) if path.path.is_ident(parameter)) || is_below(inside, parameter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens as _;

    #[test]
    fn a_place_below_the_parameter_is_read_by_reference_and_nothing_else_is() {
        let read = |closure: &str| {
            let closure: ExprClosure = syn::parse_str(closure).expect("a closure");
            by_reference(closure).body.to_token_stream().to_string().replace(' ', "")
        };
        for (closure, body) in [
            ("|r| r.model", "&r.model"),
            ("|r: &Response| r.model", "&r.model"),
            ("|r| r.choices[0].reason", "&r.choices[0].reason"),
            ("|r| r[0]", "&r[0]"),
            ("|r| *r.model", "&*r.model"),
            ("|r| (r.model)", "&(r.model)"),
            ("|r| r.0.1", "&r.0.1"),
            ("|r| r", "r"),
            ("|r| *r", "*r"),
            ("|r| &r.model", "&r.model"),
            ("|r| r.model()", "r.model()"),
            ("|r| r.model().name", "r.model().name"),
            ("|r| other.model", "other.model"),
            ("|Response { model }| model.name", "model.name"),
            ("|_| TABLE[0].name", "TABLE[0].name"),
            ("|r| r.count + 1", "r.count+1"),
            ("|r| { r.model }", "{r.model}"),
        ] {
            assert_eq!(read(closure), body, "{closure}");
        }
    }
}
