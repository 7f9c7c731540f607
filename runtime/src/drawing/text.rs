//! Text that others wrote, made safe to print, and to fit.

use crate::vocabulary::{GENAI, OperationName, key};
use serde_json::Value;
use std::time::Duration;

/// The beginning of the text, without characters that steer a terminal: what a model says must not move the cursor, nor turn the line around.
pub(crate) fn escaped(text: &str) -> String {
    const LONGEST: usize = 1000;
    let mut shown = String::with_capacity(text.len().min(LONGEST));
    for character in text.chars().take(LONGEST) {
        if steers(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Control characters, directional marks, and separators of lines.
pub(crate) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text),
        value => escaped(&value.to_string()),
    }
}

/// How many columns a terminal gives it.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Two for what East Asian scripts and emoji take.
fn columns(character: char) -> usize {
    let is_wide = matches!(u32::from(character),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff | 0x20000..=0x3fffd);
    1 + usize::from(is_wide)
}

/// As much of it as there is room for.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut taken = 1;
    let fits = |character: &char| {
        taken += columns(*character);
        taken <= room
    };
    let beginning: String = text.chars().take_while(fits).collect();
    if room == 0 { beginning } else { beginning + "…" }
}

pub(crate) fn shown_time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    match milliseconds {
        ..0.9995 => format!("{:.0} µs", milliseconds * 1e3),
        ..9.95 => format!("{milliseconds:.1} ms"),
        ..999.5 => format!("{milliseconds:.0} ms"),
        ..1e6 => format!("{:.2} s", time.as_secs_f64()),
        _ => format!("{:.0} s", time.as_secs_f64()),
    }
}

/// Whether that is what a loop, a step or a tool does by itself.
pub(crate) fn is_usual(operation: &Value) -> bool {
    let usual = [OperationName::InvokeAgent, OperationName::Chat, OperationName::ExecuteTool];
    usual.into_iter().any(|called| operation.as_str() == GENAI.operation(called).constant(key::OPERATION_NAME))
}

/// Without the prefixes that most keys have. What tells two keys of one span apart stays.
pub(crate) fn short_key(key: &str) -> String {
    escaped(["fastmcp.sampling.", "gen_ai.usage.", "gen_ai."].iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_said_steers_the_terminal() {
        let steering = "a\x1b[2Jb\rc\x08d\u{9b}31me\u{202e}f\u{2028}g\x7fh\u{2066}i";
        let shown = escaped(steering);
        assert!(shown.chars().all(|character| character.is_ascii_graphic()), "{shown:?}");
        assert_eq!(escaped("über 日本 🦀"), "über 日本 🦀");
    }

    #[test]
    fn a_time_has_the_unit_in_which_it_is_short() {
        let times = [999_499, 1_260_000, 9_949_000, 9_951_000, 999_499_000, 999_501_000, 12_346_000_000, 1_000_000_000_000];
        let shown = times.map(|nanoseconds| shown_time(Duration::from_nanos(nanoseconds)));
        assert_eq!(shown, ["999 µs", "1.3 ms", "9.9 ms", "10 ms", "999 ms", "1.00 s", "12.35 s", "1000 s"]);
    }

    #[test]
    fn a_text_is_cut_by_columns_and_not_by_characters() {
        assert_eq!((width("日本"), cut("日本", 4).as_str(), cut("日本", 3).as_str()), (4, "日本", "日…"));
        assert_eq!((cut("abc", 2).as_str(), cut("abc", 1).as_str(), cut("abc", 0).as_str()), ("a…", "…", ""));
    }
}
