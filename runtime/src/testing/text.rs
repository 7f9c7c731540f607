//! A run as text that is the same in every run that does the same.

use crate::drawing::steers;
use crate::recorded::{Attributes, Metric, Status, Trace};
use crate::vocabulary::key;
use serde_json::Value;
use std::fmt::Write as _;

/// What is deeper is not moved to the right any more.
const DEEPEST: usize = 64;

pub(crate) fn of(trace: &Trace, metrics: &[Metric]) -> String {
    let mut text = String::new();
    let mut below = vec![Vec::new(); trace.spans.len()];
    for (index, span) in trace.spans.iter().enumerate() {
        if let Some(parent) = span.parent {
            below[parent].push(index);
        }
    }
    let roots = trace.spans.iter().enumerate().filter(|(_, span)| span.parent.is_none());
    let mut todo: Vec<(usize, usize)> = roots.map(|(index, _)| (index, 0)).collect();
    todo.reverse();
    while let Some((index, depth)) = todo.pop() {
        let (span, indent) = (&trace.spans[index], "  ".repeat(depth.min(DEEPEST)));
        let status = match &span.status {
            Status::Unset => String::new(),
            Status::Ok => " OK".to_owned(),
            Status::Error(description) => format!(" ERROR {description:?}"),
        };
        let _ = writeln!(text, "{indent}{} {}{status}", one_line(&span.name), span.kind);
        attributes(&span.attributes, &indent, &mut text);
        for event in &span.events {
            let _ = writeln!(text, "{indent}  ◆ {}", one_line(&event.name));
            attributes(&event.attributes, &(indent.clone() + "  "), &mut text);
        }
        todo.extend(below[index].iter().rev().map(|&child| (child, depth + 1)));
    }
    for metric in metrics {
        let _ = writeln!(text, "\n{} {}", one_line(&metric.name), one_line(&metric.unit));
        for point in &metric.points {
            let count = point.count.map(|count| format!("{count} measured"));
            // Seconds are a time.
            let sum = (metric.unit != "s").then(|| format!("{} in all", point.sum));
            let _ = writeln!(text, "  {}", count.into_iter().chain(sum).collect::<Vec<_>>().join(", "));
            attributes(&point.attributes, "  ", &mut text);
        }
    }
    text
}

fn attributes(attributes: &Attributes, indent: &str, text: &mut String) {
    let mut sorted: Vec<&(String, Value)> = attributes.0.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (key, value) in sorted {
        let value = if key == key::TIME_TO_FIRST_CHUNK { "…".to_owned() } else { json(value) };
        let _ = writeln!(text, "{indent}  {} = {value}", one_line(key));
    }
}

/// As JSON has it, which itself escapes only some of what steers a terminal.
fn json(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if steers(character) {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

fn one_line(text: &str) -> String {
    text.escape_debug().to_string()
}
