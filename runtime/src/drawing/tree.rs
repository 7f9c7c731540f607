//! A trace as a tree: each span with its bar on one common time line, and what it says below it.

use crate::drawing::paint::{Paint, Style};
use crate::drawing::text::{cut, escaped, is_usual, short_key, shown, shown_time, width};
use crate::recorded::{Event, Span, Status, Trace};
use crate::vocabulary::{GENAI, Kind, OperationName, key};
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// Where there is no terminal whose width it has to fit.
pub(crate) const WIDTH: usize = 120;
/// Of the time line, in columns, and what it may shrink to.
const LINE_WIDTHS: [usize; 2] = [8, 32];
/// What stands behind it: ` @ 999 ms`.
const TIME_WIDTH: usize = 10;
/// On a terminal that is no wider there is no time line.
const NARROW: usize = 40;
/// Of details, in columns. What does not fit is cut.
const TEXT_WIDTH: usize = 96;
/// A longer detail has a line of its own.
const SHORT: usize = 48;
/// Short ones share lines of this length.
const LINE_OF_DETAILS: usize = 80;
/// What is deeper is drawn as if it were not.
const DEEPEST: usize = 32;
/// How far outwards it is looked whether somebody says the same.
const OUTWARDS: usize = 32;

/// What every span of its kind has, or what its name says already.
const OBVIOUS: &[&str] = &[key::ERROR_TYPE, key::RESPONSE_FINISH_REASONS, key::TOOL_NAME, key::TOOL_TYPE, key::MCP_METHOD_NAME];

/// Draws the trace for that many columns. The last line ends in a line break.
pub(crate) fn draw(trace: &Trace, paint: Paint, columns: usize) -> String {
    let mut below = vec![Vec::new(); trace.spans.len()];
    for (index, span) in trace.spans.iter().enumerate() {
        if let Some(children) = span.parent.and_then(|parent| below.get_mut(parent)) {
            children.push(index);
        }
    }
    let mut drawing = Tree { spans: &trace.spans, below, paint, columns }.draw();
    let mut remark = |count: usize, says: &str| {
        if count > 0 {
            let _ = writeln!(drawing, "{}", paint.text(Style::Faint, &cut(&format!("… {says}: {count}"), columns)));
        }
    };
    remark(trace.left_out, "more spans, which are not shown");
    remark(trace.unfinished, "spans that have not ended");
    drawing
}

struct Tree<'a> {
    spans: &'a [Span],
    /// The children of each.
    below: Vec<Vec<usize>>,
    paint: Paint,
    columns: usize,
}

/// How the columns are shared out.
struct Layout {
    names: usize,
    line: usize,
    details: usize,
}

impl Layout {
    fn of(columns: usize, longest_name: usize) -> Self {
        let [least, most] = LINE_WIDTHS;
        let line = match columns {
            ..NARROW => 0,
            _ => columns.saturating_sub(TIME_WIDTH + 2 + longest_name).clamp(least, most),
        };
        let beside = TIME_WIDTH + if line > 0 { line + 2 } else { 0 };
        Layout { names: longest_name.min(columns.saturating_sub(beside)), line, details: columns.min(TEXT_WIDTH) }
    }
}

/// A span or an event, with its place in the tree.
struct Row<'a> {
    node: Node<'a>,
    name: String,
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
        let rows = self.rows();
        let longest = rows.iter().map(|row| width(&row.branch) + width(&row.name)).max().unwrap_or_default();
        let layout = Layout::of(self.columns, longest);
        let end = self.spans.iter().map(|span| span.start + span.duration).max().unwrap_or_default();
        let mut drawing = String::new();
        if layout.line > 0 && !rows.is_empty() {
            let (names, line) = (layout.names, layout.line);
            let axis = format!("{:names$}  0{:>line$}", "", shown_time(end));
            let _ = writeln!(drawing, "{}", self.paint.text(Style::Faint, &axis));
        }
        for row in &rows {
            self.draw_row(row, &layout, end, &mut drawing);
        }
        drawing
    }

    /// Every node, those below it after it, in the order in which they started. As deep as it is, nothing calls itself.
    fn rows(&self) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        let roots = self.spans.iter().enumerate().filter(|(_, span)| span.parent.is_none());
        let mut todo: Vec<(Node<'a>, String, String, usize)> =
            roots.map(|(index, span)| (Node::Span(index, span), String::new(), String::new(), 0)).collect();
        todo.reverse();
        while let Some((node, branch, before, depth)) = todo.pop() {
            let below = self.below(node);
            let trunk = if below.is_empty() { "   " } else { "│  " };
            rows.push(Row { node, name: node.name(), branch, below: format!("{before}{trunk}") });
            let last = below.len().saturating_sub(1);
            let children = below.into_iter().enumerate().map(|(position, child)| {
                let (connector, trunk) = if position == last { ("╰─ ", "   ") } else { ("├─ ", "│  ") };
                let trunk = if depth < DEEPEST { trunk } else { "" };
                (child, format!("{before}{connector}"), format!("{before}{trunk}"), depth + 1)
            });
            let first = todo.len();
            todo.extend(children);
            todo[first..].reverse();
        }
        rows
    }

    fn below(&self, node: Node<'a>) -> Vec<Node<'a>> {
        let Node::Span(index, span) = node else { return Vec::new() };
        // An exception is what the status says.
        let events = span.events.iter().filter(|event| event.name != "exception").map(Node::Event);
        let children = self.below[index].iter().map(|&child| Node::Span(child, &self.spans[child]));
        let mut below: Vec<Node<'_>> = events.chain(children).collect();
        below.sort_by_key(Node::start);
        below
    }

    fn draw_row(&self, row: &Row<'_>, layout: &Layout, end: Duration, drawing: &mut String) {
        let branch = innermost(&row.branch, layout.names / 2);
        let name = cut(&row.name, layout.names - width(&branch));
        let padding = " ".repeat(layout.names.saturating_sub(width(&branch) + width(&name)));
        let (name_style, style, time) = match row.node {
            Node::Span(_, span) => (Style::Strong, style_of(span), shown_time(span.duration)),
            Node::Event(event) => (Style::Event, Style::Event, format!("@ {}", shown_time(event.at))),
        };
        let (gap, line) = match row.node {
            _ if layout.line == 0 => ("", String::new()),
            Node::Span(_, span) => ("  ", bar(span, end, layout.line)),
            Node::Event(event) => ("  ", marker(event.at, end, layout.line)),
        };
        let _ = writeln!(
            drawing,
            "{}{}{padding}{gap}{} {time:>9}",
            self.paint.text(Style::Faint, &branch),
            self.paint.text(name_style, &name),
            self.paint.text(style, &line),
        );
        if let Node::Span(_, span) = row.node {
            if let Status::Error(description) = &span.status {
                self.draw_detail(row, layout, Style::Error, &format!("✗ {}", wrong(span, description)), drawing);
            }
        }
        for detail in self.details(row.node) {
            self.draw_detail(row, layout, Style::Faint, &detail, drawing);
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
            Node::Span(_, span) if key == key::OPERATION_NAME && (is_usual(value) || is_said_by(&span.name, value)) => None,
            Node::Event(event) if event.name == *key => Some((true, shown(value))),
            _ => Some((is_text(key), format!("{} {}", short_key(key), shown(value)))),
        });
        let (long, short): (Vec<_>, Vec<_>) = details.partition(|(is_text, detail)| *is_text || detail.chars().count() > SHORT);
        let mut lines: Vec<String> = Vec::new();
        for (_, detail) in short {
            match lines.last_mut() {
                Some(line) if width(line) + width(&detail) < LINE_OF_DETAILS.min(self.columns * 2 / 3) => {
                    line.extend([" · ", &detail]);
                }
                _ => lines.push(detail),
            }
        }
        lines.extend(long.into_iter().map(|(_, detail)| detail));
        lines
    }

    fn draw_detail(&self, row: &Row<'_>, layout: &Layout, style: Style, detail: &str, drawing: &mut String) {
        let below = innermost(&row.below, layout.details / 2);
        let room = layout.details.saturating_sub(width(&below));
        let _ = writeln!(drawing, "{}{}", self.paint.text(Style::Faint, &below), self.paint.text(style, &cut(detail, room)));
    }

    /// Whether an outer span says the same.
    fn is_inherited(&self, index: usize, key: &str, value: &Value) -> bool {
        let outer = std::iter::successors(self.spans[index].parent, |&outer| self.spans[outer].parent);
        let said = outer.take(OUTWARDS).find_map(|outer| self.spans[outer].attributes.get(key));
        said == Some(value)
    }
}

/// The end of what stands before a name, where there is no room for all of it.
fn innermost(branch: &str, room: usize) -> String {
    let length = branch.chars().count();
    if length <= room { branch.to_owned() } else { branch.chars().skip(length - room / 3 * 3).collect() }
}

/// Whether the operation is in the name of its span.
fn is_said_by(name: &str, operation: &Value) -> bool {
    operation.as_str().is_some_and(|operation| name.contains(operation))
}

fn style_of(span: &Span) -> Style {
    if matches!(span.status, Status::Error(_)) {
        return Style::Error;
    }
    let operation = span.attributes.get(key::OPERATION_NAME).and_then(Value::as_str);
    // They are the same in both vocabularies.
    let is_called = |called: &OperationName| operation == GENAI.operation(*called).constant(key::OPERATION_NAME);
    let kind = operation.and_then(|_| OperationName::all().find(is_called)).map(OperationName::kind);
    match kind {
        Some(Kind::Step) => Style::Step,
        Some(Kind::Tool) => Style::Tool,
        Some(Kind::Loop) | None => Style::Loop,
    }
}

fn wrong(span: &Span, description: &str) -> String {
    let kind = span.attributes.get(key::ERROR_TYPE).map(shown);
    let said = Some(escaped(description)).filter(|said| !said.is_empty());
    [kind, said].into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// When the span ran: from the column in which it started, to the eighth of one in which it ended.
/// One that is over within a column is as long as it took.
fn bar(span: &Span, end: Duration, line: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let (started, ended) = (position(span.start, end, line), position(span.start + span.duration, end, line));
    let start = (started / 8).min(line - 1);
    let took = ended.saturating_sub(started);
    let length = if took < 8 { took.max(1) } else { ended - start * 8 };
    let bar = format!("{}{}{}", " ".repeat(start), "█".repeat(length / 8), EIGHTHS[length % 8]);
    format!("{bar:line$}")
}

/// When an event happened.
fn marker(at: Duration, end: Duration, line: usize) -> String {
    let before = (position(at, end, line) / 8).min(line - 1);
    format!("{:line$}", format!("{}◆", " ".repeat(before)))
}

/// Where on the time line that is, in eighths of a column.
fn position(at: Duration, end: Duration, line: usize) -> usize {
    let eighths = line * 8;
    let position = at.as_nanos() * u128::try_from(eighths).unwrap_or_default() / end.as_nanos().max(1);
    usize::try_from(position).unwrap_or(usize::MAX).min(eighths)
}

/// Whether the value is what people, models and tools said.
fn is_text(key: &str) -> bool {
    const TEXTS: &[&str] = &[
        ".message",
        ".messages",
        ".choice",
        ".arguments",
        ".result",
        ".definitions",
        "_instructions",
        ".query.text",
        ".documents",
        ".records",
    ];
    TEXTS.iter().any(|end| key.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::Attributes;
    use serde_json::json;

    fn attributes<const N: usize>(attributes: [(&str, Value); N]) -> Attributes {
        Attributes(attributes.map(|(key, value)| (key.to_owned(), value)).to_vec())
    }

    fn span(name: &str, parent: Option<usize>, [start, end]: [u64; 2], said: Attributes) -> Span {
        Span {
            name: name.to_owned(),
            #[cfg(feature = "testing")]
            kind: "INTERNAL",
            parent,
            status: Status::Unset,
            attributes: said,
            events: Vec::new(),
            start: Duration::from_millis(start),
            duration: Duration::from_millis(end - start),
        }
    }

    fn trace() -> Trace {
        let mut run = span("run", None, [0, 640], attributes([("gen_ai.request.model", json!("m"))]));
        run.events.push(Event {
            name: "sampling.validation_failure".to_owned(),
            attributes: attributes([("fastmcp.sampling.consecutive_failures", json!(1))]),
            at: Duration::from_millis(320),
        });
        let said = [("gen_ai.operation.name", json!("chat")), ("gen_ai.request.model", json!("m")), ("app.id", json!([1, 2]))];
        let step = span("step", Some(0), [0, 10], attributes(said));
        let mut tool = span("tool", Some(1), [330, 640], attributes([("error.type", json!("timeout"))]));
        tool.status = Status::Error("too\nlate \x1b[31m".to_owned());
        let last = span("last", Some(0), [640, 640], attributes([("gen_ai.tool.call.result", json!("x".repeat(200)))]));
        Trace { spans: vec![run, step, tool, last], left_out: 0, unfinished: 0 }
    }

    #[test]
    fn an_operation_is_said_where_nothing_else_says_it() {
        let style = |name: &str, operation: &str| {
            let span = span(name, None, [0, 1], attributes([("gen_ai.operation.name", json!(operation))]));
            let style = style_of(&span);
            let drawing = draw(&Trace { spans: vec![span], left_out: 0, unfinished: 0 }, Paint::Plain, WIDTH);
            (style, drawing.contains("operation.name"))
        };
        assert_eq!(style("sampling/createMessage", "invoke_agent"), (Style::Loop, false));
        assert_eq!(style("sampling/createMessage step", "chat"), (Style::Step, false));
        assert_eq!(style("sampling/createMessage step", "text_completion"), (Style::Step, true));
        assert_eq!(style("embeddings small", "embeddings"), (Style::Step, false));
        assert_eq!(style("sampling.retrieval docs", "retrieval"), (Style::Tool, false));
        assert_eq!(style("execute_tool look", "execute_tool"), (Style::Tool, false));
    }

    #[test]
    fn a_drawing_has_names_bars_times_and_what_matters() {
        let drawing = draw(&trace(), Paint::Plain, WIDTH);
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
        ];
        assert_eq!(drawing, expected.join("\n"));
    }

    #[test]
    fn on_any_terminal_no_line_is_longer_than_it_is_wide() {
        for columns in [1, 20, 30, 40, 41, 60, 80, 200] {
            let drawing = draw(&trace(), Paint::Plain, columns);
            let longest = drawing.lines().map(width).max().unwrap_or_default();
            assert!(longest <= columns.max(TIME_WIDTH), "{columns}: {longest}\n{drawing}");
        }
        let narrow = draw(&trace(), Paint::Plain, 20);
        assert!(narrow.starts_with("run") && narrow.contains("├─ step        10 ms"), "no time line, but times: {narrow}");
        assert_eq!(draw(&Trace::default(), Paint::Plain, WIDTH), "");
    }

    #[test]
    fn the_time_line_takes_what_the_names_leave() {
        let drawing = draw(&trace(), Paint::Plain, 60);
        let run = drawing.lines().nth(1).expect("the root");
        assert_eq!((width(run), run.matches('█').count()), (60, 16), "{drawing}");
        assert!(drawing.contains("├─ ◆ sampling.validation_failure  "), "{drawing}");
    }

    #[test]
    fn a_bar_is_from_where_the_span_started_to_where_it_ended_and_never_empty() {
        let end = Duration::from_millis(64);
        let bar = |times| bar(&span("", None, times, Attributes::default()), end, 8);
        assert_eq!([[4, 8], [4, 12], [0, 64], [64, 64]].map(bar), ["▌       ", "█▌      ", "████████", "       ▏"]);
        assert_eq!(marker(end, end, 8), "       ◆");
    }

    #[test]
    fn short_details_share_a_line_while_they_fit_and_a_text_or_a_long_one_has_its_own() {
        // With its key and the space behind that, as long as it is said to be.
        let detail = |key: &str, length: usize| (key.to_owned(), json!("x".repeat(length - key.len() - 1)));
        let lines = |columns: usize, said: Vec<(String, Value)>| {
            let span = span("s", None, [0, 1], Attributes(said));
            let trace = Trace { spans: vec![span], left_out: 0, unfinished: 0 };
            let drawing = draw(&trace, Paint::Plain, columns);
            drawing.lines().skip(2).map(|line| width(line.trim_start())).collect::<Vec<_>>()
        };
        assert_eq!(lines(WIDTH, vec![detail("a", 40), detail("b", 39)]), [40 + 3 + 39]);
        assert_eq!(lines(WIDTH, vec![detail("a", 40), detail("b", 40)]), [40, 40]);
        assert_eq!(lines(60, vec![detail("a", 20), detail("b", 20)]), [20, 20], "there is less room");
        assert_eq!(lines(WIDTH, vec![detail("a", 48), detail("b", 20)]), [48 + 3 + 20]);
        assert_eq!(lines(WIDTH, vec![detail("a", 49), detail("b", 20)]), [20, 49], "the short ones first");
        assert_eq!(lines(WIDTH, vec![detail("a.result", 20), detail("b", 20)]), [20, 20]);
    }

    #[test]
    fn of_an_event_that_is_one_value_the_name_is_said_once() {
        let mut span = span("s", None, [0, 1], Attributes::default());
        let said = attributes([("app.note", json!("as it is")), ("app.why", json!("x"))]);
        span.events.push(Event { name: "app.note".to_owned(), attributes: said, at: Duration::ZERO });
        let drawing = draw(&Trace { spans: vec![span], left_out: 0, unfinished: 0 }, Paint::Plain, WIDTH);
        let said: Vec<&str> = drawing.lines().skip(3).map(str::trim_start).collect();
        assert_eq!(said, ["app.why x", "as it is"], "{drawing}");
    }

    #[test]
    fn a_trace_may_be_as_deep_as_it_likes() {
        let deep = |index: usize| span("nested", index.checked_sub(1), [0, 1], Attributes::default());
        let trace = Trace { spans: (0..100_000).map(deep).collect(), left_out: 7, unfinished: 1 };
        let drawing = draw(&trace, Paint::Plain, WIDTH);
        assert_eq!(drawing.matches("nested").count(), 100_000);
        assert!(drawing.lines().all(|line| width(line) <= WIDTH));
        assert!(drawing.ends_with("… more spans, which are not shown: 7\n… spans that have not ended: 1\n"));
    }

    #[test]
    fn what_is_deep_is_drawn_with_what_stands_next_to_it() {
        assert_eq!((innermost("│  │  ╰─ ", 9).as_str(), innermost("│  │  ╰─ ", 7).as_str()), ("│  │  ╰─ ", "│  ╰─ "));
        // Half of the room of the names is theirs.
        let name = "n".repeat(120);
        let deep = |index: usize| span(&name, index.checked_sub(1), [0, 1], attributes([("app.depth", json!(index))]));
        let trace = Trace { spans: (0..100).map(deep).collect(), left_out: 0, unfinished: 0 };
        let last = |columns: usize| {
            let drawing = draw(&trace, Paint::Plain, columns);
            drawing.lines().rev().take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(last(300)[1].starts_with(&("   ".repeat(DEEPEST) + "╰─ nnn")), "{:?}", last(300));
        assert!(last(50)[0].ends_with("app.depth 99"), "{:?}", last(50));
    }

    #[test]
    #[cfg(feature = "console")]
    fn colour_adds_nothing_but_colour() {
        let mut coloured = draw(&trace(), Paint::Coloured, WIDTH);
        while let Some(start) = coloured.find('\x1b') {
            let length = coloured[start..].find('m').map_or(1, |end| end + 1);
            coloured.replace_range(start..start + length, "");
        }
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trimmed(&coloured), trimmed(&draw(&trace(), Paint::Plain, WIDTH)));
    }
}
