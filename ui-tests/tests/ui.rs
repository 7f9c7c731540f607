//! What rustc says about annotations, right ones and wrong ones.
//!
//! - `fail/GROUP/CASE.rs` does not compile, and every `//~ words` line of it is in what rustc says, on any rustc.
//! - `fail/GROUP/CASE.stderr` is the whole of it, reviewed, on the pinned rustc alone: its wording moves from release to release.
//! - `pass/CASE.rs` compiles and runs.
//!
//! After a change on purpose: `TRYBUILD=overwrite cargo test -p samplescope-ui-tests`, then read the diff.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rustc whose words the `.stderr` files hold. This is the one place that names it.
const PINNED: &str = "rustc 1.95.0 ";

#[test]
fn what_is_wrong_says_so_and_what_is_right_compiles() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/pass/*.rs");
    if is_pinned() {
        cases.compile_fail("tests/fail/*/*.rs");
    }
}

/// On the pinned rustc this reads the reviewed text; on another it asks that compiler.
#[test]
fn every_hint_is_there() {
    if std::env::var_os("TRYBUILD").is_some() {
        return; // The reviewed texts are being written at this moment.
    }
    let missing: Vec<String> = failing().iter().flat_map(|case| missing(case)).collect();
    assert!(missing.is_empty(), "rustc does not say:\n{}", missing.join("\n"));
}

fn missing(case: &Path) -> Vec<String> {
    let source = fs::read_to_string(case).expect("a case is a text file");
    let words: Vec<&str> = source.lines().filter_map(|line| line.trim_start().strip_prefix("//~ ")).collect();
    assert!(!words.is_empty(), "{}: no `//~ words` that the message must have", case.display());
    let said = if is_pinned() { fs::read_to_string(case.with_extension("stderr")).unwrap_or_default() } else { compiled(case) };
    let said = squeezed(&said);
    let missing = words.into_iter().filter(|words| !said.contains(&squeezed(words)));
    missing.map(|words| format!("{}: {words}", case.display())).collect()
}

/// Lines break where rustc likes.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the rustc that is there says, against the crate as this test was built with it.
fn compiled(case: &Path) -> String {
    let library = std::env::current_exe().expect("a running test has a path");
    let folder = library.parent().expect("a test stands in a folder");
    let newest = |name: &str, extension: &str| -> PathBuf {
        let files = fs::read_dir(folder).expect("the folder of this test");
        let files = files.filter_map(|file| file.ok().map(|file| file.path()));
        let named = |path: &PathBuf| {
            let stem = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            stem.starts_with(name) && stem.ends_with(extension)
        };
        let time = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).ok();
        files.filter(named).max_by_key(time).unwrap_or_else(|| panic!("{name} is built before its tests are"))
    };
    let library = newest("libsamplescope-", ".rlib");
    let output = Command::new(rustc())
        .args(["--edition=2024", "--crate-type=bin", "--emit=metadata", "-o"])
        .arg(folder.join("ui-case.rmeta"))
        .arg("--extern")
        .arg(format!("samplescope={}", library.display()))
        .arg("-L")
        .arg(format!("dependency={}", folder.display()))
        .arg(case)
        .output()
        .expect("rustc runs");
    assert!(!output.status.success(), "{}: compiles", case.display());
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .map(|line| line.trim_start_matches([' ', '|', '=']).to_owned() + "\n")
        .collect()
}

fn failing() -> Vec<PathBuf> {
    let groups = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fail")).expect("the cases");
    let groups = groups.map(|group| group.expect("a readable folder").path());
    let cases = groups.flat_map(|group| fs::read_dir(group).expect("a group is a folder"));
    let mut cases: Vec<PathBuf> = cases.map(|case| case.expect("a readable folder").path()).collect();
    cases.retain(|case| case.extension() == Some(OsStr::new("rs")));
    cases.sort();
    cases
}

fn is_pinned() -> bool {
    let version = Command::new(rustc()).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&version.stdout).starts_with(PINNED)
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
