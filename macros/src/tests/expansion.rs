//! Every `macros/tests/expand/CASE.rs` expands to what `CASE.expanded.rs` says, formatted, as `cargo expand` would show it.
//!
//! After a change on purpose: `SAMPLESCOPE_BLESS=1 cargo test -p samplescope-macros`, then read the diff.

use crate::error_type::derive;
use crate::model::Macro;
use crate::tests::documented::shown;
use crate::{instrument, only_statements};
use proc_macro2::TokenStream;
use quote::ToTokens as _;
use std::fs;
use std::path::{Path, PathBuf};
use syn::{Attribute, File, Item, Meta};

#[test]
fn expansions_are_as_reviewed() {
    let bless = std::env::var_os("SAMPLESCOPE_BLESS").is_some();
    let mut different = Vec::new();
    for case in cases() {
        let source = fs::read_to_string(&case).expect("a case is a text file");
        let expanded = expanded(syn::parse_file(&source).expect("a case is Rust"));
        let reviewed = case.with_extension("expanded.rs");
        if bless {
            fs::write(&reviewed, &expanded).expect("the snapshots are in this repository");
        } else if fs::read_to_string(&reviewed).unwrap_or_default() != expanded {
            different.push(format!("{}, which now is\n{expanded}", reviewed.display()));
        }
    }
    let says = "bless with SAMPLESCOPE_BLESS=1 if that is right";
    assert!(different.is_empty(), "not as reviewed: {}\n{says}", different.join("\n"));
}

#[test]
fn expansions_are_short_and_allow_nothing() {
    for case in cases() {
        let source = fs::read_to_string(&case).expect("a case is a text file");
        let expanded = expanded(syn::parse_file(&source).expect("a case is Rust"));
        let generated = expanded.lines().count() - source.lines().count();
        let calls = source.matches("sampling_").count() - source.matches("sampling_statements").count();
        assert!(generated <= 40 * calls.max(1), "{}: {generated} lines more than there were", case.display());
        for never in ["#[allow", "#[expect", "macro_rules", "!("] {
            assert!(!expanded.contains(never) || source.contains(never), "{}: {never}", case.display());
        }
    }
}

#[test]
fn every_method_that_is_called_is_ours_alone() {
    for case in cases() {
        let source = fs::read_to_string(&case).expect("a case is a text file");
        let expanded = expanded(syn::parse_file(&source).expect("a case is Rust"));
        let methods = |text: &str| -> Vec<String> {
            let words = text.split('.').skip(1).filter_map(|rest| {
                rest.split_once(|c: char| c != '_' && !c.is_alphanumeric())
                    .map(|(word, _)| (word.to_owned(), &rest[word.len()..]))
            });
            words.filter(|(word, behind)| !word.is_empty() && behind.starts_with(['(', ':'])).map(|(word, _)| word).collect()
        };
        let users = methods(&source);
        for method in methods(&expanded) {
            assert!(method.starts_with("__ss_") || method == "await" || users.contains(&method), "{}: {method}", case.display());
        }
    }
}

#[test]
fn the_documentation_shows_what_its_example_expands_to() {
    let page = shown("sampling_step").join("\n");
    let (above, below) = page.split_once("# What it expands to").expect("the page has it");
    // The first function that the page shows.
    let function = |page: &str| -> File {
        let code = page.split("```").nth(1).expect("an example");
        let seen: Vec<&str> = code.lines().filter(|line| !line.starts_with("# ")).collect();
        let mut file = syn::parse_file(&seen.join("\n")).expect("an example is Rust");
        file.items.retain(|item| matches!(item, Item::Fn(_)));
        file
    };
    assert_eq!(expanded(function(above)), prettyplease::unparse(&function(below)));
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let files = fs::read_dir(folder).expect("the cases are in this repository");
    let mut cases: Vec<PathBuf> = files.map(|file| file.expect("a readable folder").path()).collect();
    cases.retain(|path| !path.to_string_lossy().ends_with(".expanded.rs"));
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// The file with our attributes replaced by what they generate, and with what our derive adds.
fn expanded(file: File) -> String {
    let items = file.items.into_iter().map(|item| match item {
        Item::Fn(mut function) => {
            if let Some((kind, arguments)) = ours(&mut function.attrs) {
                return instrument(kind, arguments, function.into_token_stream());
            }
            function.attrs.retain(|attribute| !attribute.path().is_ident("sampling_statements"));
            only_statements(TokenStream::new(), function.into_token_stream())
        }
        Item::Enum(_) | Item::Struct(_) => derive(item.into_token_stream()),
        item => item.into_token_stream(),
    });
    let expanded = syn::parse2(items.collect()).expect("an expansion is Rust");
    prettyplease::unparse(&expanded)
}

fn ours(attributes: &mut Vec<Attribute>) -> Option<(Macro, TokenStream)> {
    let named = |attribute: &Attribute| Macro::ALL.into_iter().find(|kind| attribute.path().is_ident(&kind.to_string()));
    let place = attributes.iter().position(|attribute| named(attribute).is_some())?;
    let attribute = attributes.remove(place);
    let arguments = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    named(&attribute).map(|kind| (kind, arguments))
}
