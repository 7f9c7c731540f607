//! The tables of the guide `providers`, made from the one that is read by.
//!
//! `SAMPLESCOPE_BLESS=1 cargo test -p samplescope` writes them, after a change on purpose.

use crate::read::facts::{ContentField, Count, NumberField, TextField};
use crate::read::providers::{Finish, PROVIDERS, Provider, Shape};
use crate::read::want::Want;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/providers.md");

/// What people call them, in the order of the table, whose last row is an error.
const NAMES: &[&str] = &[
    "genai",
    "rig",
    "OpenAI chat",
    "OpenAI Responses",
    "Anthropic",
    "Gemini",
    "Ollama",
    "Bedrock Converse",
    "Cohere",
    "MCP sampling",
];

/// Every leaf, with the path that leads to it.
fn leaves(want: &'static Want, path: &str, found: &mut Vec<(String, &'static Want)>) {
    match want {
        Want::Members(members) => {
            for (name, want) in members.all() {
                let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
                leaves(want, &path, found);
            }
        }
        Want::All(wants) => wants.iter().for_each(|want| leaves(want, path, found)),
        // One of these, or a list of them.
        Want::Each(Want::StopSequence) => found.push((path.to_owned(), &Want::StopSequence)),
        Want::Choices(want) | Want::Each(want) => leaves(want, &format!("{path}[]"), found),
        Want::Only(want) | Want::Variant(want) => leaves(want, path, found),
        want => found.push((path.to_owned(), want)),
    }
}

/// Where the shape says it, as code.
fn paths(shape: &'static Shape, is: impl Fn(&Want) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    leaves(&shape.wants, "", &mut found);
    let mut paths: Vec<String> = found.into_iter().filter(|(_, want)| is(want)).map(|(path, _)| format!("`{path}`")).collect();
    paths.dedup();
    paths
}

fn count(shape: &'static Shape, counts: &'static [Count]) -> Vec<String> {
    counts.iter().flat_map(|&count| paths(shape, move |want| matches!(want, Want::Count(other) if *other == count))).collect()
}

fn text(shape: &'static Shape, text: TextField) -> String {
    paths(shape, |want| matches!(want, Want::Text(other) if *other == text)).join(", ")
}

fn number(shape: &'static Shape, number: NumberField) -> String {
    paths(shape, |want| matches!(want, Want::Number(other) if *other == number)).join(", ")
}

fn content(shape: &'static Shape, place: ContentField) -> String {
    paths(shape, |want| matches!(want, Want::Content(other) if *other == place)).join(", ")
}

/// Those that are billed, or else what they add up to.
fn tokens(shape: &'static Shape, billed: Count, counts: &'static [Count]) -> String {
    let mut said = paths(shape, |want| matches!(want, Want::Count(other) if *other == billed));
    said.push(count(shape, counts).join(" + "));
    said.join(", ")
}

fn finish_reason(provider: &'static Provider, shape: &'static Shape) -> String {
    let said = paths(shape, |want| matches!(want, Want::FinishReason)).join(", ");
    match provider.finish {
        Finish::Said => said,
        Finish::SaidOrCall => format!("{said}, but `tool_call` where `STOP` comes with one"),
        Finish::CallUnlessSaid => format!("{said}, else `tool_call` where there is one"),
        Finish::Derived => {
            format!("`tool_call` where there is one, else {}, else `stop` if complete", text(shape, TextField::Incomplete))
        }
    }
}

fn table<const N: usize>(columns: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: [String; N]| {
        format!("| {} |\n", cells.map(|cell| if cell.is_empty() { "–".to_owned() } else { cell }).join(" | "))
    };
    let head = line(columns.map(str::to_owned)) + &line([(); N].map(|()| "---".to_owned()));
    rows.map(line).fold(head, |table, row| table + &row)
}

fn named() -> impl Iterator<Item = (String, &'static Provider)> {
    NAMES.iter().map(|name| (*name).to_owned()).zip(PROVIDERS)
}

fn requests() -> String {
    let asked = named().filter_map(|(name, provider)| Some((name, provider.request.as_ref()?)));
    table(
        ["shape", "model", "max tokens", "temperature", "reasoning level", "messages", "system", "tools"],
        asked.map(|(name, shape)| {
            [
                name,
                text(shape, TextField::Model),
                count(shape, &[Count::MaxCompletionTokens, Count::MaxTokens]).join(", "),
                number(shape, NumberField::Temperature),
                text(shape, TextField::ReasoningLevel),
                content(shape, ContentField::Messages),
                content(shape, ContentField::System),
                content(shape, ContentField::Tools),
            ]
        }),
    )
}

fn responses() -> String {
    let answered = named().filter_map(|(name, provider)| Some((name, provider, provider.response.as_ref()?)));
    table(
        ["shape", "model", "finish reason", "input tokens", "output tokens", "content", "stream items"],
        answered.map(|(name, provider, shape)| {
            [
                name,
                text(shape, TextField::Model),
                finish_reason(provider, shape),
                tokens(shape, Count::BilledInput, provider.tokens.input),
                tokens(shape, Count::BilledOutput, provider.tokens.output),
                content(shape, ContentField::Choice),
                provider.event.as_ref().map_or_else(String::new, |_| "yes".to_owned()),
            ]
        }),
    )
}

#[test]
fn the_guide_s_tables_are_what_is_read() {
    assert_eq!(NAMES.len() + 1, PROVIDERS.len(), "each row has a name, but that of errors");
    let guide = std::fs::read_to_string(GUIDE).expect("the guide");
    let mut renewed = guide.clone();
    for (heading, table) in [("Requests", requests()), ("Responses", responses())] {
        let below = renewed.find(&format!("\n## {heading}\n")).expect("its heading");
        let start = below + renewed[below..].find("\n|").expect("a table below it") + 1;
        let length: usize = renewed[start..].split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
        renewed.replace_range(start..start + length, &table);
    }
    if std::env::var_os("SAMPLESCOPE_BLESS").is_some() {
        std::fs::write(GUIDE, &renewed).expect("the guide can be written");
    } else {
        assert!(guide == renewed, "the guide is not what is read: bless with SAMPLESCOPE_BLESS=1 if that is right\n{renewed}");
    }
}
