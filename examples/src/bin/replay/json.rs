//! JSON with its members in their own order: compact, and as Python's `json.dumps` writes it, since the reference is written in Python.

use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::value::RawValue;
use std::io::{self, Write};

/// The document as Python writes it: `{"count": 42}`.
pub(crate) fn dumps(json: &RawValue) -> Result<String, serde_json::Error> {
    written(json, Style)
}

/// The document without white space: `{"count":42}`.
pub(crate) fn compact(json: &RawValue) -> Result<Box<RawValue>, serde_json::Error> {
    written(json, CompactFormatter).and_then(RawValue::from_string)
}

fn written(json: &RawValue, style: impl Formatter) -> Result<String, serde_json::Error> {
    let mut text = Vec::with_capacity(json.get().len());
    let mut document = serde_json::Deserializer::from_str(json.get());
    serde_transcode::transcode(&mut document, &mut Serializer::with_formatter(&mut text, style))?;
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// A space after commas and colons, floats as `repr` has them, and nothing but ASCII.
struct Style;

impl Formatter for Style {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        let rust = format!("{value:?}");
        match rust.split_once('e') {
            None => out.write_all(rust.as_bytes()),
            Some((mantissa, exponent)) => {
                let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
                write!(out, "{mantissa}e{sign}{digits:0>2}")
            }
        }
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        fragment.chars().try_for_each(|character| match character {
            ' '..='~' => write!(out, "{character}"),
            _ => character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_what_python_writes() {
        // `json.dumps(json.loads(…))` of Python 3.12.
        for (json, python) in [
            (r#"{"count":42}"#, r#"{"count": 42}"#),
            (r#"{ "b" : [1,2.0 , -3e0],"a": {} }"#, r#"{"b": [1, 2.0, -3.0], "a": {}}"#),
            ("[1e15,1e16,1.5e300,0.0001,0.00001,-0.0]", "[1000000000000000.0, 1e+16, 1.5e+300, 0.0001, 1e-05, -0.0]"),
            ("\"Zürich \u{1f600}\u{7f}\\n\\u0001/\\\\\\\"\"", r#""Z\u00fcrich \ud83d\ude00\u007f\n\u0001/\\\"""#),
            ("[true,null,[]]", "[true, null, []]"),
        ] {
            let raw = RawValue::from_string(json.to_owned()).expect("JSON");
            assert_eq!(dumps(&raw).expect("JSON"), python);
        }
    }
}
