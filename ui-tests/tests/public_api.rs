//! What is public stands in `public_api/`, one file a crate: whoever changes it sees a diff, and so does whoever reviews.
//!
//! The list is read out of what rustdoc shows: items with their declarations, methods with their signatures, the arguments of the attributes, and which traits
//! a type has, `Send` and `Sync` among them. What is hidden there, `__private` above all, is not public.
//!
//! After a change on purpose: `SAMPLESCOPE_BLESS=1 cargo test -p samplescope-ui-tests --test public_api`, then read the diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::iter::once;
use std::path::{Path, PathBuf};
use std::process::Command;

const CRATES: [&str; 2] = ["samplescope", "samplescope-rmcp"];

/// Which traits of the language's own a type has is seen from release to release.
const UNSTABLE: [&str; 3] = ["Freeze for", "UnsafeUnpin for", "StructuralPartialEq for"];

/// What a page has behind these is not its item's own: it comes from a trait for all types, or from another type.
const NOT_OWN: [&str; 2] = ["blanket-implementations", "deref-methods"];

#[test]
fn what_is_public_is_what_the_list_says() {
    let documented = documented();
    let mut changed = Vec::new();
    for name in CRATES {
        let listed = list(&documented, &name.replace('-', "_"));
        assert!(listed.lines().count() > 50, "{name}: rustdoc's pages are not read as they are\n{listed}");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("public_api").join(name).with_extension("txt");
        if std::env::var_os("SAMPLESCOPE_BLESS").is_some() {
            fs::write(&file, &listed).expect("a file that can be written");
        }
        let known = fs::read_to_string(&file).unwrap_or_default();
        changed.extend(difference(&known, &listed).into_iter().map(|line| format!("{name} {line}")));
    }
    assert!(changed.is_empty(), "what is public has changed; if it should, bless it:\n{}", changed.join("\n"));
}

/// What rustdoc makes of both crates with all their features.
fn documented() -> PathBuf {
    // That of the tests themselves: what is built for them need not be built again.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder of what is built");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["doc", "--offline", "--quiet", "--no-deps", "--all-features", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"))
        .args(CRATES.iter().flat_map(|name| ["-p", name]))
        .arg("--target-dir")
        .arg(target)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("doc")
}

/// The lines that are in one only, where they stand.
fn difference(known: &str, listed: &str) -> Vec<String> {
    let count = |text: &str| {
        let mut lines = BTreeMap::new();
        let mut item = String::new();
        for line in text.lines() {
            if !line.starts_with(' ') {
                line.clone_into(&mut item);
            }
            *lines.entry((item.clone(), line.to_owned())).or_insert(0_i32) += 1;
        }
        lines
    };
    let (mut before, after) = (count(known), count(listed));
    for (line, times) in after {
        *before.entry(line).or_default() -= times;
    }
    let changed = before.into_iter().filter(|(_, times)| *times != 0);
    changed.map(|((item, line), times)| format!("{} {item}: {}", if times > 0 { '-' } else { '+' }, line.trim())).collect()
}

fn list(documented: &Path, name: &str) -> String {
    let mut items = BTreeMap::new();
    collect(&documented.join(name), name, &mut items);
    items.into_values().collect()
}

/// The items of a module, and of those in it, by path.
fn collect(folder: &Path, module: &str, items: &mut BTreeMap<String, String>) {
    // `window.SIDEBAR_ITEMS = {"fn":["read"],"struct":["Chunk","Read"]};`
    let sidebar = fs::read_to_string(folder.join("sidebar-items.js")).unwrap_or_default();
    let names = sidebar.trim_start_matches("window.SIDEBAR_ITEMS = ").trim_end().trim_end_matches(';');
    let names: BTreeMap<String, Vec<String>> =
        if names.is_empty() { BTreeMap::new() } else { serde_json::from_str(names).expect("JSON") };
    let index = fs::read_to_string(folder.join("index.html")).expect("a module has a page");
    let reexports = index.split("<code>pub use ").skip(1).filter_map(|rest| rest.split("</code>").next());
    let reexports = reexports.map(|path| indented(&format!("pub use {}", line(path)), 1));
    items.insert(format!("{module}::"), once(format!("mod {module}\n")).chain(reexports).collect());
    for (kind, names) in &names {
        for name in names {
            let path = format!("{module}::{name}");
            if kind == "mod" {
                collect(&folder.join(name), &path, items);
            } else {
                let page = fs::read_to_string(folder.join(format!("{kind}.{name}.html"))).expect("an item has a page");
                items.insert(format!("{path} {kind}"), format!("{kind} {path}\n{}", item(kind, &page)));
            }
        }
    }
}

/// The declaration of an item, and what it has.
fn item(kind: &str, page: &str) -> String {
    let mut text = String::new();
    let declaration = between(page, "item-decl\"><code>", "</code></pre>").unwrap_or_default();
    match kind {
        // What a trait has comes below, each with its own signature.
        "trait" => text.push_str(&indented(line(declaration).split(" {").next().unwrap_or_default(), 1)),
        "struct" | "enum" => lines(declaration).iter().for_each(|line| text.push_str(&indented(line, 1))),
        _ => text.push_str(&indented(&line(declaration), 1)),
    }
    if kind == "attr" {
        // `<li><code>model = request.model</code>: which model is asked for`
        let arguments = page.split("<li><code>").skip(1).filter_map(|rest| rest.split([' ', '(', '<']).next());
        let arguments: BTreeSet<&str> = arguments.collect();
        text.extend(arguments.into_iter().map(|argument| indented(argument, 2)));
    }
    let mut part = "";
    for (at, _) in page.match_indices('<') {
        if let Some(id) = page[at..].strip_prefix("<h2 id=\"") {
            part = id.split('"').next().unwrap_or_default();
        }
        let Some(section) = page[at..].strip_prefix("<section id=\"") else { continue };
        if NOT_OWN.iter().any(|not_own| part.starts_with(not_own)) {
            continue;
        }
        // A method of a trait that is implemented has one class more: its signature is the trait's.
        let (depth, end) = match between(section, "class=\"", "\"") {
            Some("impl") => (1, "</h3>"),
            Some("method" | "associatedconstant" | "associatedtype") => (2, "</h4>"),
            _ => continue,
        };
        let header = line(between(section, "class=\"code-header\">", end).unwrap_or_default());
        if !UNSTABLE.iter().any(|unstable| header.contains(unstable)) {
            text.push_str(&indented(&header, depth));
        }
    }
    text
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

fn indented(line: &str, depth: usize) -> String {
    format!("{}{line}\n", "    ".repeat(depth))
}

/// Text on one line.
fn line(html: &str) -> String {
    lines(html).join(" ").split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(", )", ")")
}

/// Text as it stands, line by line.
fn lines(html: &str) -> Vec<String> {
    let html = html.replace("<div class=\"where\">", "\n").replace("</div>", "\n");
    let mut text = String::new();
    let mut shown = true;
    for piece in html.split('<') {
        let (tag, rest) = piece.split_once('>').unwrap_or(("", piece));
        // "Show 14 fields", which opens what is there anyway.
        match tag.split(' ').next() {
            Some("summary") => shown = false,
            Some("/summary") => shown = true,
            _ => {}
        }
        if shown {
            text.push_str(rest);
        }
    }
    for (entity, meant) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("ⓘ", ""), ("&amp;", "&")]
    {
        text = text.replace(entity, meant);
    }
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
