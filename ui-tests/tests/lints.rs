//! The expansion gives no lint anything to say, without an `allow` in it: every lint of rustc and of clippy, turned on,
//! says the same of the same functions with the attributes and without.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// All groups of clippy's, and what rustc has beyond its defaults.
const LINTS: &[&str] = &[
    "clippy::all",
    "clippy::pedantic",
    "clippy::nursery",
    "clippy::cargo",
    "clippy::restriction",
    "unused",
    "future_incompatible",
    "nonstandard_style",
    "let_underscore",
    "rust_2018_idioms",
    "rust_2021_compatibility",
    "rust_2024_compatibility",
    "keyword_idents",
    "refining_impl_trait",
    "absolute_paths_not_starting_with_crate",
    "ambiguous_negative_literals",
    "closure_returning_async_block",
    "deprecated_in_future",
    "explicit_outlives_requirements",
    "elided_lifetimes_in_paths",
    "ffi_unwind_calls",
    "impl_trait_redundant_captures",
    "let_underscore_drop",
    "macro_use_extern_crate",
    "meta_variable_misuse",
    "missing_copy_implementations",
    "missing_debug_implementations",
    "missing_docs",
    "non_ascii_idents",
    "redundant_imports",
    "redundant_lifetimes",
    "single_use_lifetimes",
    "trivial_casts",
    "trivial_numeric_casts",
    "unit_bindings",
    "unreachable_pub",
    "unsafe_code",
    "unused_crate_dependencies",
    "unused_extern_crates",
    "unused_import_braces",
    "unused_lifetimes",
    "unused_qualifications",
    "unused_results",
    "variant_size_differences",
];

/// What clippy no longer sees of the user's own, all of it style; of what rustc says nothing is lost.
const HIDDEN: &[&str] = &[
    "docs for function returning `Result` missing",
    "the following explicit lifetimes could be elided",
    "unneeded `return` statement",
    "unused `async` for function",
];

#[test]
fn no_lint_speaks_of_the_expansion() {
    let has_clippy = Command::new(cargo()).args(["clippy", "--version"]).output().is_ok_and(|output| output.status.success());
    if !has_clippy {
        eprintln!("no clippy here: nothing checked");
        return;
    }
    let (without, with) = (said(&[]), said(&["--features", "on"]));
    for on in ["unused variable: `x`", "the type of the `self` parameter does not need to be arbitrary"] {
        assert!(without.keys().any(|said| said.contains(on)), "the lints are off: {without:#?}");
    }
    let more = |all: &BTreeMap<String, usize>, than: &BTreeMap<String, usize>| -> Vec<String> {
        all.iter().filter(|(what, times)| than.get(*what).unwrap_or(&0) < times).map(|(what, _)| what.clone()).collect()
    };
    assert_eq!(more(&with, &without), [""; 0], "said only with the attributes");
    let mut hidden = more(&without, &with);
    hidden.retain(|said| !HIDDEN.iter().any(|known| said.contains(known)));
    assert_eq!(hidden, [""; 0], "hidden by the attributes");
}

/// `line: lint`, and how often.
fn said(features: &[&str]) -> BTreeMap<String, usize> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("users/lints/Cargo.toml");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lints");
    let output = Command::new(cargo())
        .args(["clippy", "--offline", "--quiet", "--message-format=short", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .args(features)
        .arg("--")
        .args(LINTS.iter().flat_map(|lint| ["-W", lint]))
        // It wants `return` in the closures that users write as arguments, too.
        .args(["-A", "clippy::implicit_return"])
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let mut said = BTreeMap::new();
    for line in text.lines().filter(|line| line.contains("users/lints/src/lib.rs:")) {
        *said.entry(line.to_owned()).or_default() += 1;
    }
    said
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
