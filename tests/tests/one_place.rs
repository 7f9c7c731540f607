//! Every name that leaves stands in `runtime/src/vocabulary/`, and the macros know no other.

use std::fs;
use std::path::{Path, PathBuf};

/// What names begin with.
const NAMESPACES: &[&str] = &[
    "client.",
    "enduser.",
    "error.",
    "exception.",
    "fastmcp.",
    "gen_ai.",
    "http.",
    "jsonrpc.",
    "mcp.",
    "network.",
    "rpc.",
    "samplescope.",
    "sampling.",
    "server.",
];

fn sources(crate_: &str) -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(crate_).join("src"), &mut found);
    found.sort();
    found
}

/// The file's code without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_name(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'{' | b'}'));
    is_plain && !text.ends_with('.') && NAMESPACES.iter().any(|namespace| text.starts_with(namespace))
}

/// The names among its string literals, and those of `tracing`'s fields. What ends in a dot is the beginning of many.
fn names(code: &str) -> impl Iterator<Item = &str> {
    let fields = code.lines().filter_map(|line| Some(line.trim_start().split_once(" = ")?.0));
    code.split('"').skip(1).step_by(2).chain(fields).filter(|text| is_name(text))
}

/// The names in literals that a call of `function` begins with.
fn called<'a>(code: &'a str, function: &str) -> Vec<&'a str> {
    let call = format!("{function}(\"");
    code.match_indices(&call)
        .filter(|(at, _)| !code[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
        .filter_map(|(at, call)| code[at + call.len()..].split('"').next())
        .collect()
}

#[test]
fn no_name_that_leaves_stands_outside_of_the_vocabulary() {
    let mut elsewhere = Vec::new();
    let mut inside = 0;
    for path in sources("runtime") {
        let code = code(&path);
        if path.components().any(|folder| folder.as_os_str() == "vocabulary") {
            inside += names(&code).count();
        } else {
            elsewhere.extend(names(&code).map(|name| format!("{}: {name}", path.display())));
        }
    }
    assert_eq!(elsewhere, [""; 0]);
    assert!(inside > 100, "they are found where they are: {inside}");
}

#[test]
fn what_the_macros_say_is_set_is_what_the_runtime_sets() {
    let convention = code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src/vocabulary/convention.rs"));
    let exported: Vec<&str> = names(&convention).collect();
    let mut said = 0;
    for path in sources("macros") {
        let code = code(&path);
        let is_table = path.ends_with("attributes.rs");
        for name in [called(&code, "own"), called(&code, "by_itself")].concat() {
            assert!(is_table, "{}: {name}", path.display());
            assert!(exported.contains(&name), "{name} is not in the vocabulary");
            said += 1;
        }
    }
    assert!(said > 40, "{said}");
}
