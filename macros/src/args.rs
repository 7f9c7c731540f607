//! The grammar of what stands in an attribute's parentheses. It accepts more than is right: `validate` says what is wrong with it.
//!
//! ```text
//! arguments  = [ argument { "," argument } [ "," ] ]
//! argument   = key "=" value  |  key "(" [ entry { "," entry } [ "," ] ] ")"  |  key
//! entry      = string "=" expression
//! ```

use crate::depth::{DEPTH, too_deep};
use crate::fallback::{Errors, shown};
use crate::fragments;
use crate::keys::{self, Takes};
use crate::model::Macro;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, LitStr, Path, Result, Token, Type, UnOp, parenthesized};

/// One argument as written, with the key that carries its place.
pub(crate) struct Arg {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    /// `key` or `key =`: nothing was said.
    Missing,
    Expression(Expr),
    Type(Type),
    Path(Path),
    Entries(Vec<Entry>),
}

/// `"key" = value` inside `attributes(…)` or `unchecked(…)`.
pub(crate) struct Entry {
    pub(crate) key: LitStr,
    pub(crate) value: Expr,
}

/// Reads every argument that can be read; what cannot is an error each, and the rest goes on behind the next comma.
pub(crate) fn parse(kind: Macro, arguments: TokenStream) -> (Vec<Arg>, Errors) {
    let mut errors = Errors::default();
    if let Some(place) = too_deep(arguments.clone()) {
        errors.push(Error::new(
            place,
            format!("an argument cannot be more than {DEPTH} levels deep: give it a name before, and write that"),
        ));
        return (Vec::new(), errors);
    }
    let parser = |input: ParseStream<'_>| Ok(list(input, &mut errors, |input| argument(kind, input)));
    let args = parser.parse2(arguments);
    let args = args.unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    });
    (args, errors)
}

/// What `crate = …` names.
pub(crate) fn facade(args: &[Arg]) -> Option<&Path> {
    args.iter().find_map(|arg| match &arg.value {
        Value::Path(path) if arg.key == "crate" => Some(path),
        _ => None,
    })
}

/// `crate = path` or nothing, where there is no call to describe.
pub(crate) fn only_facade(arguments: TokenStream) -> (Option<Path>, Errors) {
    let mut errors = Errors::default();
    let parser = |input: ParseStream<'_>| {
        if input.is_empty() {
            return Ok(None);
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let path = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() { Ok(Some(path)) } else { Err(input.error("")) }
    };
    let path = parser.parse2(arguments).unwrap_or_else(|error| {
        let says = "`#[sampling_statements]` opens nothing, and so describes nothing: it takes `crate = path` or no argument. \
                    What is said of a call stands on its statement";
        errors.push(Error::new(error.span(), says));
        None
    });
    (path, errors)
}

/// A comma list that goes on after an error.
fn list<T>(input: ParseStream<'_>, errors: &mut Errors, mut item: impl FnMut(ParseStream<'_>) -> Result<T>) -> Vec<T> {
    let mut items = Vec::new();
    while !input.is_empty() {
        match item(input) {
            Ok(item) => items.push(item),
            Err(error) => {
                errors.push(error);
                skip(input);
            }
        }
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            errors.push(input.error("expected `,` between arguments"));
            skip(input);
            // At a comma or at the end, both of which parse.
            let _ = input.parse::<Option<Token![,]>>();
        }
    }
    items
}

/// Goes on to the next comma that an argument follows. A comma inside a half-typed expression is followed by something else.
fn skip(input: ParseStream<'_>) {
    while !input.is_empty() {
        let ahead = input.fork();
        if ahead.parse::<Token![,]>().is_ok() && (ahead.is_empty() || starts_argument(&ahead)) {
            return;
        }
        let _ = input.parse::<TokenTree>();
    }
}

fn starts_argument(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let key = ahead.call(Ident::parse_any).is_ok() || ahead.parse::<LitStr>().is_ok();
    key && (ahead.is_empty() || ahead.peek(Token![=]) || ahead.peek(Token![,]) || ahead.peek(syn::token::Paren))
}

fn argument(kind: Macro, input: ParseStream<'_>) -> Result<Arg> {
    let key = input.call(Ident::parse_any).map_err(|error| {
        let example = keys::of(kind).next().map(keys::Key::example).unwrap_or_default();
        Error::new(error.span(), format!("expected an argument, as in `#[{kind}({example})]`"))
    })?;
    let takes = keys::find(&key.to_string()).map(|key| key.takes);
    let value = if input.peek(syn::token::Paren) && takes == Some(Takes::Attributes) {
        Value::Entries(entries(input)?)
    } else if input.peek(syn::token::Paren) {
        input.parse::<TokenTree>()?;
        Value::Entries(Vec::new())
    } else if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() || input.peek(Token![,]) {
        Value::Missing
    } else {
        value(takes, input)?
    };
    Ok(Arg { key, value })
}

fn value(takes: Option<Takes>, input: ParseStream<'_>) -> Result<Value> {
    Ok(match takes {
        Some(Takes::Type) => speculate(input, Value::Type)?,
        Some(Takes::Path) => speculate(input, Value::Path)?,
        _ => Value::Expression(expression(input)?),
    })
}

/// What is not the type or path that it should be is read as an expression, for a message that knows what was meant.
fn speculate<T: Parse>(input: ParseStream<'_>, value: fn(T) -> Value) -> Result<Value> {
    let ahead = input.fork();
    match ahead.parse::<T>() {
        Ok(parsed) if ahead.is_empty() || ahead.peek(Token![,]) => {
            input.advance_to(&ahead);
            Ok(value(parsed))
        }
        _ => expression(input).map(Value::Expression),
    }
}

fn expression(input: ParseStream<'_>) -> Result<Expr> {
    input.parse().map(fragments::expression)
}

fn entries(input: ParseStream<'_>) -> Result<Vec<Entry>> {
    let content;
    parenthesized!(content in input);
    let mut errors = Errors::default();
    let entries = list(&content, &mut errors, entry);
    errors.into_result().map(|()| entries)
}

fn entry(input: ParseStream<'_>) -> Result<Entry> {
    let key: LitStr = input.parse().map_err(|error| {
        Error::new(error.span(), "expected an attribute's key as a string, as in `\"app.tenant\" = tenant.id`")
    })?;
    input
        .parse::<Token![=]>()
        .map_err(|_| Error::new(key.span(), format!("missing value: write `\"{}\" = …`", shown(&key.value()))))?;
    let value = expression(input)?;
    Ok(Entry { key, value })
}

/// The literal that the value is, below a minus, too.
pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr),
        _ => None,
    }
}
