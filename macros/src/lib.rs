//! The attribute macros of `samplescope`, which re-exports and documents them; depend on that crate.
//!
//! Compile time is one line, and each word is a file:
//!
//! ```text
//! (arguments, item) → Function → Args → validate → Model → expand → tokens
//! ```
//!
//! Before that, the same is done for each statement of the item's body that has one of the attributes.
//!
//! | file | what it holds |
//! |---|---|
//! | `function` | the annotated function: signature typed, body as tokens |
//! | `keys` | every argument there is: where it belongs, when it is evaluated, what it takes |
//! | `args` | the grammar of what stands in the parentheses |
//! | `validate` | every rule a small function; all errors are collected |
//! | `evaluated` | the rules for expressions of the request |
//! | `attributes` | the rules for `attributes("key" = …)` |
//! | `registry` | what OpenTelemetry has attributes for, and of which type |
//! | `model` | what expansion may rely on |
//! | `shape` | how the function hands back its result |
//! | `captures` | which arguments the body takes along, and how they drop |
//! | `closures` | what the function says of the closures that it returns |
//! | `conditional` | `cfg_attr` on statements, which rustc has to decide first |
//! | `statements` | attributes on statements: found among the body's tokens, and put to work there |
//! | `spine` | which call a statement's attribute is about |
//! | `stacked` | other attributes below ours |
//! | `expand` | model to tokens: cannot fail, holds the only `quote!` |
//! | `hygiene` | the paths and identifiers that the expansion uses |
//! | `nearest` | did you mean …? |
//! | `error_type` | the derive: the same stages, in one file and its `expand` |
//! | `fallback` | errors, with the user's own function untouched beneath them |

#![forbid(unsafe_code)]
#![expect(missing_docs, reason = "the attributes are documented where users find them: beside their re-exports")]

mod args;
mod attributes;
mod captures;
mod closures;
mod conditional;
mod error_type;
mod evaluated;
mod expand;
mod fallback;
mod function;
mod hygiene;
mod keys;
mod model;
mod nearest;
mod places;
mod registry;
mod shape;
mod spine;
mod stacked;
mod statements;
#[cfg(test)]
mod tests;
mod validate;

use model::Macro;
use proc_macro::TokenStream;
use validate::Subject;

#[proc_macro_attribute]
pub fn sampling_loop(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument(Macro::Loop, arguments.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn sampling_step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument(Macro::Step, arguments.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn sampling_tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument(Macro::Tool, arguments.into(), item.into()).into()
}

/// Labels for `error.type`: one for each variant, or one for a struct.
#[proc_macro_derive(ErrorType, attributes(error_type))]
pub fn derive_error_type(item: TokenStream) -> TokenStream {
    error_type::derive(item.into()).into()
}

/// Makes attributes on statements work, and opens nothing.
#[proc_macro_attribute]
pub fn sampling_statements(arguments: TokenStream, item: TokenStream) -> TokenStream {
    only_statements(arguments.into(), item.into()).into()
}

/// The whole pipeline. On any error the user gets every error there is, and their own function back.
fn instrument(kind: Macro, arguments: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    if statements::is_used_up(&arguments) {
        return proc_macro2::TokenStream::new();
    }
    let (args, mut errors) = args::parse(kind, arguments.clone());
    if let Some(twice) = conditional::twice(&kind.to_string(), &arguments, &item, args::facade(&args)) {
        return twice;
    }
    let (item, said) = statements::expand(item, args::facade(&args));
    let function = function::parse(&kind.to_string(), kind.role(), item.clone()).map_err(|error| errors.push(error)).ok();
    if let Some(function) = &function {
        validate::function(kind, function, &mut errors);
    }
    let subject = function.as_ref().map(Subject::of);
    let model = validate::arguments(kind, args, subject.as_ref(), &mut errors);
    let expanded = match (function, errors.into_result()) {
        (Some(function), Ok(())) => expand::expand(&model, &function),
        (_, errors) => fallback::fallback(errors.err(), item),
    };
    fallback::fallback(said.into_result().err(), expanded)
}

/// The same without a call of the function's own.
fn only_statements(arguments: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let (renamed, mut errors) = args::only_facade(arguments.clone());
    if let Some(twice) = conditional::twice("sampling_statements", &arguments, &item, renamed.as_ref()) {
        return twice;
    }
    let (item, said) = statements::expand(item, renamed.as_ref());
    if let Err(error) = function::parse("sampling_statements", "has such statements", item.clone()) {
        errors.push(error);
    }
    fallback::fallback(said.into_result().err(), fallback::fallback(errors.into_result().err(), item))
}
