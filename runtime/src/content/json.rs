//! JSON text as it is written: content is mostly long texts with little to escape, so they are copied rather than looked at one by one.

use std::fmt::{Display, Write as _};

/// A JSON text, so far.
#[derive(Default)]
pub(crate) struct Json(String);

impl Json {
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// Begins a list or an object.
    pub(crate) fn open(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    /// Ends it.
    pub(crate) fn close(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    /// Stands before every entry of a list.
    pub(crate) fn entry(&mut self) {
        if !self.0.ends_with(['[', '{']) {
            self.0.push(',');
        }
    }

    /// The type of a part or tool, which has nothing to escape either.
    pub(crate) fn kind(&mut self, kind: &'static str) {
        self.name("type");
        self.0.push('"');
        self.0.push_str(kind);
        self.0.push('"');
    }

    /// The name of a member, which has nothing to escape.
    pub(crate) fn name(&mut self, name: &'static str) {
        self.entry();
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    /// The name of a member.
    pub(crate) fn any_name(&mut self, name: &str) {
        self.entry();
        self.string(name);
        self.0.push(':');
    }

    /// What is the same in JSON as in Rust: numbers and booleans, and the word `null`.
    pub(crate) fn plain(&mut self, value: impl Display) {
        // A string takes whatever is written into it.
        let _ = write!(self.0, "{value}");
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.0.push('"');
        let mut rest = text;
        loop {
            let (plain, behind) = rest.split_at(plain_length(rest.as_bytes()));
            self.0.push_str(plain);
            let mut chars = behind.chars();
            let Some(char) = chars.next() else { break };
            self.escaped(char);
            rest = chars.as_str();
        }
        self.0.push('"');
    }

    fn escaped(&mut self, char: char) {
        match char {
            '"' => self.0.push_str("\\\""),
            '\\' => self.0.push_str("\\\\"),
            '\n' => self.0.push_str("\\n"),
            '\r' => self.0.push_str("\\r"),
            '\t' => self.0.push_str("\\t"),
            control => self.plain(format_args!("\\u{:04x}", u32::from(control))),
        }
    }
}

/// How many bytes are looked at together: a few instructions of the processor, as long as nothing is decided in between.
const TOGETHER: usize = 16;

/// How many bytes stand before the first that is escaped.
fn plain_length(text: &[u8]) -> usize {
    let is_plain = |bytes: &&[u8]| bytes.iter().fold(0, |found, &byte| found | escaped(byte)) == 0;
    let plain = text.chunks_exact(TOGETHER).take_while(is_plain).count() * TOGETHER;
    plain + text[plain..].iter().position(|&byte| escaped(byte) != 0).unwrap_or(text.len() - plain)
}

/// 1 for a byte that is escaped, else 0.
fn escaped(byte: u8) -> u8 {
    u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> String {
        let mut json = Json::default();
        json.string(text);
        json.into_text()
    }

    #[test]
    fn every_character_is_read_back_as_it_was_wherever_it_stands() {
        let odd = (0..=0x7f).chain([0x80, 0xe9, 0x2028, 0xfffd, 0x1_f600]).filter_map(char::from_u32);
        for char in odd {
            for before in [0, 1, 31, 32, 33, 64] {
                for behind in [0, 1, 40] {
                    let text = format!("{}{char}{}{char}", "é".repeat(before), "x".repeat(behind));
                    let read: String = serde_json::from_str(&string(&text)).expect("a JSON string");
                    assert_eq!(read, text);
                }
            }
        }
        assert_eq!(string(""), "\"\"");
        assert_eq!(string("a \"b\"\n\u{1}"), r#""a \"b\"\n\u0001""#);
    }
}
