//! Metrics, each with its points.

use crate::drawing::paint::{Paint, Style};
use crate::drawing::text::{cut, escaped, is_usual, short_key, shown, shown_time};
use crate::recorded::Metric;
use crate::vocabulary::key;
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// What the name of a metric says already.
const SAID_BY_THE_METRIC: &[&str] = &[key::TOOL_TYPE, key::MCP_METHOD_NAME];

/// Draws them, an empty line behind each.
pub(crate) fn draw(metrics: &[Metric], paint: Paint, width: usize) -> String {
    let mut drawing = String::new();
    for metric in metrics {
        let is_said =
            |key: &str, value: &Value| SAID_BY_THE_METRIC.contains(&key) || (key == key::OPERATION_NAME && is_usual(value));
        let matters = |(key, value): &&(String, Value)| !is_said(key, value);
        let is_common = |said: &(String, Value)| metric.points.iter().all(|point| point.attributes.get(&said.0) == Some(&said.1));
        let joined = |attributes: &mut dyn Iterator<Item = &(String, Value)>| {
            let shown: Vec<String> = attributes.map(|(key, value)| format!("{} {}", short_key(key), shown(value))).collect();
            shown.join(" · ")
        };
        let line = |strong: &str, style: Style, faint: &str| {
            let strong = cut(strong, width);
            let faint = cut(faint, width.saturating_sub(strong.chars().count()));
            format!("{}{}", paint.text(style, &strong), paint.text(Style::Faint, faint.trim_end()))
        };
        let all = metric.points.first().map(|point| &point.attributes.0[..]).unwrap_or_default();
        let common = joined(&mut all.iter().filter(matters).filter(|said| is_common(said)));
        let unit = format!(" {}  {common}", escaped(&metric.unit));
        let _ = writeln!(drawing, "{}", line(&escaped(&metric.name), Style::Strong, &unit));
        for point in &metric.points {
            let own = joined(&mut point.attributes.0.iter().filter(matters).filter(|said| !is_common(said)));
            let sum = match point.sum.as_f64() {
                Some(seconds) if metric.unit == "s" => shown_time(Duration::try_from_secs_f64(seconds).unwrap_or_default()),
                _ => point.sum.to_string(),
            };
            let times = point.count.map(|count| format!("{count:>4} measured, ")).unwrap_or_default();
            let measured = format!("{times:>15}{sum:>7} in all");
            let _ = writeln!(drawing, "{}", line(&measured, Style::Plain, &format!("   {own}")));
        }
        drawing.push('\n');
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::{Attributes, Point};
    use serde_json::json;

    #[test]
    fn what_all_points_share_is_said_once() {
        let point = |kind: &str, count: Option<u64>, sum: i64| Point {
            attributes: Attributes(vec![
                ("gen_ai.operation.name".to_owned(), json!("chat")),
                ("gen_ai.request.model".to_owned(), json!("m")),
                ("gen_ai.token.type".to_owned(), json!(kind)),
            ]),
            count,
            sum: sum.into(),
        };
        let timed = Point { sum: json!(0.25), ..point("input", Some(2), 0) };
        let metric = Metric { name: "took".to_owned(), unit: "s".to_owned(), points: vec![timed] };
        assert!(draw(&[metric], Paint::Plain, 120).ends_with("   2 measured,  250 ms in all\n\n"));
        let points = vec![point("input", Some(1), 12), point("output", None, 3)];
        let metric = Metric { name: "tokens".to_owned(), unit: "{token}".to_owned(), points };
        let expected = [
            "tokens {token}  request.model m",
            "   1 measured,      12 in all   token.type input",
            "                     3 in all   token.type output",
            "\n",
        ];
        assert_eq!(draw(std::slice::from_ref(&metric), Paint::Plain, 120), expected.join("\n"));
        let mut other = metric.clone();
        for point in &mut other.points {
            point.attributes.0[0].1 = json!("embeddings");
        }
        assert!(draw(&[other], Paint::Plain, 120).starts_with("tokens {token}  operation.name embeddings · request.model m\n"));
        assert!(draw(&[metric], Paint::Plain, 20).lines().all(|line| line.chars().count() <= 20));
    }
}
