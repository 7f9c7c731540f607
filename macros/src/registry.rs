//! OpenTelemetry's attribute registry: `registry/attributes.tsv`, which says where it comes from and how to renew it.
//!
//! Nothing is kept between two annotations, and nothing is built: a key is looked for in the text.

const DATA: &str = include_str!("../registry/attributes.tsv");

/// When the registry was read, for messages.
pub(crate) const DATE: &str = "2026-10-06";

/// In these namespaces there is no key but those of the registry.
const CLOSED: &[&str] = &["gen_ai", "mcp"];

/// One attribute of the registry.
#[derive(Clone, Copy)]
pub(crate) struct Registered {
    pub(crate) key: &'static str,
    pub(crate) takes: Takes,
    pub(crate) deprecated: bool,
    replacement: &'static str,
    values: &'static str,
    /// Whether the key takes a suffix.
    pub(crate) template: bool,
}

/// What an attribute takes, and with which method of the runtime it is set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Takes {
    /// Whatever an attribute may be.
    Any,
    Text,
    Integer,
    Number,
    Flag,
    Texts,
}

impl Takes {
    fn of(ty: &str) -> Option<Self> {
        Some(match ty {
            "string" => Takes::Text,
            "int" | "enum_int" => Takes::Integer,
            "double" => Takes::Number,
            "boolean" => Takes::Flag,
            "string[]" => Takes::Texts,
            "any" => Takes::Any,
            _ => return None,
        })
    }

    /// In words, for messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Takes::Any => "a value",
            Takes::Text => "a string",
            Takes::Integer => "an integer",
            Takes::Number => "a number",
            Takes::Flag => "`true` or `false`",
            Takes::Texts => "a list of strings",
        }
    }
}

impl Registered {
    fn of(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let (key, ty, status) = (columns.next()?, columns.next()?, columns.next()?);
        let (replacement, values) = (columns.next()?, columns.next()?);
        let inner = ty.strip_prefix("template[").and_then(|ty| ty.strip_suffix(']'));
        Some(Registered {
            key,
            takes: Takes::of(inner.unwrap_or(ty))?,
            deprecated: status == "deprecated",
            replacement,
            values,
            template: inner.is_some(),
        })
    }

    /// The key to write instead of a deprecated one, where there is one.
    pub(crate) fn replacement(&self) -> Option<&'static str> {
        Some(self.replacement).filter(|replacement| !replacement.is_empty())
    }

    /// The values that everybody knows. Others are allowed.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.values.split(',').filter(|value| !value.is_empty())
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    DATA.lines().filter(|line| !line.starts_with('#'))
}

fn all() -> impl Iterator<Item = Registered> {
    lines().filter_map(Registered::of)
}

/// The keys that one may write.
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    all().filter(|registered| !registered.deprecated).map(|registered| registered.key)
}

/// The attribute of that key: its own, or the template that it is a suffix of. No line is read but what is found.
pub(crate) fn find(key: &str) -> Option<Registered> {
    let named = |line: &&str| line.strip_prefix(key).is_some_and(|columns| columns.starts_with('\t'));
    let suffixed = |line: &&str| {
        let suffix = line.split_once('\t').and_then(|(name, _)| key.strip_prefix(name)?.strip_prefix('.'));
        suffix.is_some_and(|suffix| !suffix.is_empty())
    };
    let template = || lines().filter(suffixed).filter_map(Registered::of).find(|registered| registered.template);
    lines().find(named).and_then(Registered::of).or_else(template)
}

/// Whether a key that the registry does not have is a mistake.
pub(crate) fn is_closed(key: &str) -> bool {
    let namespace = key.split('.').next().unwrap_or(key);
    CLOSED.contains(&namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_data_parses() {
        for line in lines().filter(|line| !line.is_empty()) {
            assert!(Registered::of(line).is_some(), "{line}");
        }
        assert!(all().count() > 200);
        assert!(DATA.contains(DATE), "the date of the data and the date that messages give differ");
    }

    #[test]
    fn a_replacement_is_a_key_that_one_may_write() {
        for registered in all() {
            if let Some(replacement) = registered.replacement().filter(|key| is_closed(key)) {
                assert!(keys().any(|key| key == replacement), "{} → {replacement}", registered.key);
            }
        }
    }

    #[test]
    fn a_template_takes_a_suffix() {
        assert!(find("gen_ai.prompt.variable.city").is_some_and(|registered| registered.template));
        assert!(find("http.request.header.content-type").is_some_and(|registered| registered.takes == Takes::Texts));
        assert!(find("gen_ai.prompt.variable.").is_none());
    }
}
