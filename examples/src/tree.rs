//! A recording, drawn for a person: the tree of spans, each with its bar on one common time line, and the metrics below it.

use crate::paint::{Look, Paint};
use crate::recording::{Event, Metric, Recording, Span};
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// Of the time line, in characters.
const LINE_WIDTH: usize = 32;
/// Of details, in characters. What does not fit is cut.
const TEXT_WIDTH: usize = 96;
/// A longer detail has a line of its own.
const SHORT: usize = 48;
/// Short ones share lines of this length.
const LINE_OF_DETAILS: usize = 80;

/// What every span of its kind has, or what its name says already.
const OBVIOUS: &[&str] = &[
    "error.type",
    "gen_ai.operation.name",
    "gen_ai.response.finish_reasons",
    "gen_ai.tool.name",
    "gen_ai.tool.type",
    "mcp.method.name",
];

/// What the name of a metric says already.
const SAID_BY_THE_METRIC: &[&str] = &["gen_ai.operation.name", "gen_ai.tool.type", "mcp.method.name"];

/// Draws the recording.
pub fn draw(recording: &Recording, paint: Paint) -> String {
    let tree = Tree { spans: &recording.spans, paint };
    let mut drawing = tree.draw();
    draw_metrics(&recording.metrics, paint, &mut drawing);
    drawing
}

struct Tree<'a> {
    spans: &'a [Span],
    paint: Paint,
}

/// A span or an event, with its place in the tree.
struct Row<'a> {
    node: Node<'a>,
    /// What stands before its name: `│  ├─ `.
    branch: String,
    /// What stands before its details: `│  │  │  `.
    below: String,
}

#[derive(Clone, Copy)]
enum Node<'a> {
    Span(usize, &'a Span),
    Event(&'a Event),
}

impl Node<'_> {
    fn start(&self) -> Duration {
        match self {
            Node::Span(_, span) => span.start,
            Node::Event(event) => event.at,
        }
    }

    fn name(&self) -> String {
        match self {
            Node::Span(_, span) => escaped(&span.name),
            Node::Event(event) => format!("◆ {}", escaped(&event.name)),
        }
    }
}

impl<'a> Tree<'a> {
    fn draw(&self) -> String {
        let mut rows = Vec::new();
        for (index, span) in self.spans.iter().enumerate().filter(|(_, span)| span.parent.is_none()) {
            self.collect(Node::Span(index, span), "", "", &mut rows);
        }
        let width = |row: &Row<'_>| row.branch.chars().count() + row.node.name().chars().count();
        let names = rows.iter().map(width).max().unwrap_or_default();
        let end = self.spans.iter().map(|span| span.start + span.duration).max().unwrap_or_default();

        let mut drawing = String::new();
        let axis = format!("{:names$}  0{:>LINE_WIDTH$}", "", shown_time(end));
        let _ = writeln!(drawing, "{}", self.paint.text(Look::Faint, &axis));
        for row in &rows {
            self.draw_row(row, names, end, &mut drawing);
        }
        drawing
    }

    /// The node and all below it, in the order in which they started.
    fn collect(&self, node: Node<'a>, branch: &str, before: &str, rows: &mut Vec<Row<'a>>) {
        let below = self.below(node);
        let trunk = if below.is_empty() { "   " } else { "│  " };
        rows.push(Row { node, branch: branch.to_owned(), below: format!("{before}{trunk}") });
        let last = below.len().saturating_sub(1);
        for (position, child) in below.into_iter().enumerate() {
            let (connector, trunk) = if position == last { ("╰─ ", "   ") } else { ("├─ ", "│  ") };
            self.collect(child, &format!("{before}{connector}"), &format!("{before}{trunk}"), rows);
        }
    }

    fn below(&self, node: Node<'a>) -> Vec<Node<'a>> {
        let Node::Span(index, span) = node else { return Vec::new() };
        // An exception is what the status says.
        let events = span.events.iter().filter(|event| event.name != "exception").map(Node::Event);
        let children = self.spans.iter().enumerate().filter(|(_, child)| child.parent == Some(index));
        let mut below: Vec<Node<'_>> = events.chain(children.map(|(index, child)| Node::Span(index, child))).collect();
        below.sort_by_key(Node::start);
        below
    }

    fn draw_row(&self, row: &Row<'_>, names: usize, end: Duration, drawing: &mut String) {
        let name = row.node.name();
        let padding = " ".repeat(names.saturating_sub(row.branch.chars().count() + name.chars().count()));
        let (name_look, look, line, time) = match row.node {
            Node::Span(_, span) => (Look::Strong, look_of(span), bar(span, end), shown_time(span.duration)),
            Node::Event(event) => (Look::Event, Look::Event, marker(event.at, end), format!("@ {}", shown_time(event.at))),
        };
        let _ = writeln!(
            drawing,
            "{}{}{padding}  {} {time:>9}",
            self.paint.text(Look::Faint, &row.branch),
            self.paint.text(name_look, &name),
            self.paint.text(look, &line),
        );
        if let Node::Span(_, span) = row.node {
            if span.status == "Error" {
                self.draw_detail(row, Look::Error, &format!("✗ {}", wrong(span)), drawing);
            }
        }
        for detail in self.details(row.node) {
            self.draw_detail(row, Look::Faint, &detail, drawing);
        }
    }

    /// Short ones share a line, as many as fit; a long one has its own.
    fn details(&self, node: Node<'_>) -> Vec<String> {
        let attributes = match node {
            Node::Span(_, span) => &span.attributes.0,
            Node::Event(event) => &event.attributes.0,
        };
        let details = attributes.iter().filter_map(|(key, value)| match node {
            Node::Span(index, _) if OBVIOUS.contains(&key.as_str()) || self.is_inherited(index, key, value) => None,
            Node::Event(event) if event.name == *key => Some((true, shown(value))),
            _ => Some((is_text(key), format!("{} {}", short_key(key), shown(value)))),
        });
        let (long, short): (Vec<_>, Vec<_>) = details.partition(|(is_text, detail)| *is_text || detail.chars().count() > SHORT);
        let mut lines: Vec<String> = Vec::new();
        for (_, detail) in short {
            match lines.last_mut() {
                Some(line) if line.chars().count() + detail.chars().count() < LINE_OF_DETAILS => line.extend([" · ", &detail]),
                _ => lines.push(detail),
            }
        }
        lines.extend(long.into_iter().map(|(_, detail)| detail));
        lines
    }

    fn draw_detail(&self, row: &Row<'_>, look: Look, detail: &str, drawing: &mut String) {
        let room = TEXT_WIDTH.saturating_sub(row.below.chars().count());
        let below = self.paint.text(Look::Faint, &row.below);
        let _ = writeln!(drawing, "{below}{}", self.paint.text(look, &cut(detail, room)));
    }

    /// Whether an outer span says the same.
    fn is_inherited(&self, index: usize, key: &str, value: &Value) -> bool {
        let mut outer = self.spans[index].parent;
        while let Some(index) = outer {
            if let Some(said) = self.spans[index].attributes.get(key) {
                return said == value;
            }
            outer = self.spans[index].parent;
        }
        false
    }
}

fn draw_metrics(metrics: &[Metric], paint: Paint, drawing: &mut String) {
    for metric in metrics {
        let matters = |(key, _): &&(String, Value)| !SAID_BY_THE_METRIC.contains(&key.as_str());
        let is_common = |said: &(String, Value)| metric.points.iter().all(|point| point.attributes.get(&said.0) == Some(&said.1));
        let joined = |attributes: &mut dyn Iterator<Item = &(String, Value)>| {
            let shown: Vec<String> = attributes.map(|(key, value)| format!("{} {}", short_key(key), shown(value))).collect();
            paint.text(Look::Faint, &shown.join(" · "))
        };
        let all = metric.points.first().map(|point| &point.attributes.0[..]).unwrap_or_default();
        let common = joined(&mut all.iter().filter(matters).filter(|said| is_common(said)));
        let line = format!("{} {}  {common}", paint.text(Look::Strong, &metric.name), paint.text(Look::Faint, &metric.unit));
        let _ = writeln!(drawing, "\n{}", line.trim_end());
        for point in &metric.points {
            let own = joined(&mut point.attributes.0.iter().filter(matters).filter(|said| !is_common(said)));
            let sum = match point.sum.as_f64() {
                Some(seconds) if metric.unit == "s" => shown_time(Duration::try_from_secs_f64(seconds).unwrap_or_default()),
                _ => point.sum.to_string(),
            };
            let line = format!("{:>4} measured, {sum:>7} in all   {own}", point.count);
            let _ = writeln!(drawing, "{}", line.trim_end());
        }
    }
}

fn look_of(span: &Span) -> Look {
    if span.status == "Error" {
        return Look::Error;
    }
    match span.attributes.get("gen_ai.operation.name").and_then(Value::as_str) {
        Some("chat") => Look::Step,
        Some("execute_tool") => Look::Tool,
        _ => Look::Loop,
    }
}

/// The kind of error, and its text.
fn wrong(span: &Span) -> String {
    let kind = span.attributes.get("error.type").map(shown);
    let said = span.description.as_deref().map(escaped);
    [kind, said].into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// When the span ran: from the character in which it started, to the eighth of one in which it ended.
/// One that is over within a character is as long as it took.
fn bar(span: &Span, end: Duration) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let (started, ended) = (position(span.start, end), position(span.start + span.duration, end));
    let start = (started / 8).min(LINE_WIDTH - 1);
    let took = ended.saturating_sub(started);
    let length = if took < 8 { took.max(1) } else { ended - start * 8 };
    let bar = format!("{}{}{}", " ".repeat(start), "█".repeat(length / 8), EIGHTHS[length % 8]);
    format!("{bar:LINE_WIDTH$}")
}

/// When an event happened.
fn marker(at: Duration, end: Duration) -> String {
    let before = (position(at, end) / 8).min(LINE_WIDTH - 1);
    format!("{:LINE_WIDTH$}", format!("{}◆", " ".repeat(before)))
}

/// Where on the time line that is, in eighths of a character.
fn position(at: Duration, end: Duration) -> usize {
    let eighths = u128::try_from(LINE_WIDTH * 8).unwrap_or_default();
    let position = at.as_nanos() * eighths / end.as_nanos().max(1);
    usize::try_from(position).unwrap_or(usize::MAX).min(LINE_WIDTH * 8)
}

fn shown_time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    match milliseconds {
        ..0.9995 => format!("{:.0} µs", milliseconds * 1e3),
        ..9.95 => format!("{milliseconds:.1} ms"),
        ..999.5 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// Without the prefixes that most keys have. What tells two keys of one span apart stays.
fn short_key(key: &str) -> &str {
    ["fastmcp.sampling.", "gen_ai.usage.", "gen_ai."].iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key)
}

/// Whether the value is what people, models and tools said.
fn is_text(key: &str) -> bool {
    const TEXTS: &[&str] = &[".message", ".messages", ".choice", ".arguments", ".result", ".definitions", "_instructions"];
    TEXTS.iter().any(|end| key.ends_with(end))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text),
        value => value.to_string(),
    }
}

/// The text without control characters: what a model says must not steer the terminal.
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, character| {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
        shown
    })
}

fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Attributes, Point};
    use serde_json::json;

    fn attributes<const N: usize>(attributes: [(&str, Value); N]) -> Attributes {
        Attributes(attributes.map(|(key, value)| (key.to_owned(), value)).to_vec())
    }

    fn span(name: &str, parent: Option<usize>, [start, end]: [u64; 2], said: Attributes) -> Span {
        Span {
            name: name.to_owned(),
            kind: "INTERNAL",
            parent,
            status: "Unset",
            description: None,
            attributes: said,
            events: Vec::new(),
            start: Duration::from_millis(start),
            duration: Duration::from_millis(end - start),
        }
    }

    fn recording() -> Recording {
        let mut run = span("run", None, [0, 640], attributes([("gen_ai.request.model", json!("m"))]));
        run.events.push(Event {
            name: "sampling.validation_failure".to_owned(),
            attributes: attributes([("fastmcp.sampling.consecutive_failures", json!(1))]),
            at: Duration::from_millis(320),
        });
        let said = [("gen_ai.operation.name", json!("chat")), ("gen_ai.request.model", json!("m")), ("app.id", json!([1, 2]))];
        let step = span("step", Some(0), [0, 10], attributes(said));
        let mut tool = span("tool", Some(1), [330, 640], attributes([("error.type", json!("timeout"))]));
        tool.status = "Error";
        tool.description = Some("too\nlate \x1b[31m".to_owned());
        let last = span("last", Some(0), [640, 640], attributes([("gen_ai.tool.call.result", json!("x".repeat(200)))]));
        let point = |kind: &str, sum: i64| Point {
            attributes: attributes([("gen_ai.request.model", json!("m")), ("gen_ai.token.type", json!(kind))]),
            count: 1,
            sum: sum.into(),
        };
        let points = vec![point("input", 12), point("output", 3)];
        Recording {
            spans: vec![run, step, tool, last],
            metrics: vec![Metric { name: "tokens".to_owned(), unit: "{token}".to_owned(), points }],
        }
    }

    #[test]
    fn a_drawing_has_names_bars_times_what_matters_and_metrics() {
        let drawing = draw(&recording(), Paint::Plain);
        let long = format!("      tool.call.result {}…", "x".repeat(96 - 6 - 18));
        let expected = [
            "                                  0                          640 ms",
            "run                               ████████████████████████████████    640 ms",
            "│  request.model m",
            "├─ step                           ▌                                    10 ms",
            "│  │  app.id [1,2]",
            "│  ╰─ tool                                        ████████████████    310 ms",
            r"│        ✗ timeout: too\nlate \u{1b}[31m",
            "├─ ◆ sampling.validation_failure                  ◆                 @ 320 ms",
            "│     consecutive_failures 1",
            "╰─ last                                                          ▏      0 µs",
            &long,
            "",
            "tokens {token}  request.model m",
            "   1 measured,      12 in all   token.type input",
            "   1 measured,       3 in all   token.type output",
            "",
        ];
        assert_eq!(drawing, expected.join("\n"));
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let mut coloured = draw(&recording(), Paint::Coloured);
        while let Some(start) = coloured.find('\x1b') {
            let length = coloured[start..].find('m').map_or(1, |end| end + 1);
            coloured.replace_range(start..start + length, "");
        }
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trimmed(&coloured), trimmed(&draw(&recording(), Paint::Plain)));
    }
}
