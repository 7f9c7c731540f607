//! What `error.type` says of an error.

use crate::vocabulary::value;
use crate::warning;
use std::any::type_name;
use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::ops::Deref;
use std::sync::Arc;

/// Says what kind of error an error is, in one low-cardinality word: `rate_limited`, `timeout`.
///
/// It becomes [`error.type`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type) on the span and its metrics.
/// An error without it is called by its type's qualified name: `my_crate::api::Timeout` is `Timeout`.
///
/// # Derived
///
/// One label for each variant: by itself `ToolError::Timeout`, else what `#[error_type("…")]` says, or what the only field says of
/// itself with `#[error_type(transparent)]`. On a struct: `Refused`, or the same two. A field whose type does not implement the trait is called
/// by its type's qualified name; a generic field counts as one that implements it only if a bound says so.
/// Behind a re-export, `#[error_type(crate = path)]` says where this crate is.
///
/// ```
/// use samplescope::ErrorType;
///
/// #[derive(ErrorType)]
/// enum ToolError {
///     Timeout,
///     #[error_type("rate_limited")]
///     TooMany { retry_after: u64 },
///     #[error_type(transparent)]
///     Io(std::io::Error),
/// }
///
/// assert_eq!(ToolError::Timeout.error_type(), "ToolError::Timeout");
/// assert_eq!(ToolError::TooMany { retry_after: 3 }.error_type(), "rate_limited");
/// assert_eq!(ToolError::Io(std::io::ErrorKind::NotFound.into()).error_type(), "io::Error");
/// ```
///
/// # By hand
///
/// ```
/// use samplescope::ErrorType;
/// use std::borrow::Cow;
///
/// enum ModelError {
///     RateLimited { retry_after: u64 },
///     Http(u16),
/// }
///
/// impl ErrorType for ModelError {
///     fn error_type(&self) -> Cow<'_, str> {
///         match self {
///             ModelError::RateLimited { .. } => "rate_limited".into(),
///             ModelError::Http(status) => status.to_string().into(),
///         }
///     }
/// }
/// ```
pub trait ErrorType {
    /// The kind of error. Few different values, since metrics carry it: never an id, a message or a time.
    fn error_type(&self) -> Cow<'_, str>;
}

macro_rules! through_pointers {
    ($($pointer:ty)*) => {$(
        impl<E: ErrorType + ?Sized> ErrorType for $pointer {
            fn error_type(&self) -> Cow<'_, str> {
                (**self).error_type()
            }
        }
    )*};
}

through_pointers!(&E Box<E> Arc<E>);

/// The error inside of an error, which the derive's `transparent` asks: an inherent method where the type says its kind,
/// and behind a `Deref` the type's name.
#[doc(hidden)]
#[derive(Debug)]
pub struct Source<'a, E: ?Sized>(AnySource<'a, E>);

/// An error that says nothing of itself.
#[doc(hidden)]
#[derive(Debug)]
pub struct AnySource<'a, E: ?Sized>(&'a E);

impl<'a, E: ?Sized> Source<'a, E> {
    /// The error to ask.
    pub fn of(error: &'a E) -> Self {
        Source(AnySource(error))
    }
}

impl<'a, E: ErrorType + ?Sized> Source<'a, E> {
    /// What it says.
    pub fn __ss_error_type(&self) -> Cow<'a, str> {
        self.0.0.error_type()
    }
}

impl<'a, E: ?Sized> Deref for Source<'a, E> {
    type Target = AnySource<'a, E>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<E: ?Sized> AnySource<'_, E> {
    /// What it is.
    #[expect(clippy::unused_self, reason = "the last link of the chain is called like the first")]
    pub fn __ss_error_type(&self) -> Cow<'static, str> {
        of_type::<E>()
    }
}

/// The name of an error whose own kind is not known. A boxed `dyn Error` could be anything.
pub(crate) fn of_type<E: ?Sized>() -> Cow<'static, str> {
    let path = type_name::<E>();
    if is_dynamic_error(path) { value::OTHER.into() } else { qualified_name(path) }
}

fn is_dynamic_error(path: &str) -> bool {
    const BOXES: &[&str] = &["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<"];
    let inside = BOXES.iter().find_map(|pointer| path.strip_prefix(pointer)).unwrap_or(path);
    pointee(inside).starts_with("dyn core::error::Error")
}

/// The name of a type that a call produces: `str` for every kind of string.
pub(crate) fn of_result<T: ?Sized>() -> Cow<'static, str> {
    let path = type_name::<T>();
    if is_string(path) { value::STRING_RESULT.into() } else { qualified_name(path) }
}

/// Whether `R`, or the success of a `Result` that `R` is, is a string.
pub(crate) fn returns_string<R: ?Sized>() -> bool {
    let path = type_name::<R>();
    let Some(arguments) = path.strip_prefix("core::result::Result<") else { return is_string(path) };
    // The success ends at the comma that is in no brackets of its own.
    let mut depth = 0;
    let success = arguments.split(|character| {
        depth += i32::from(matches!(character, '<' | '(' | '[')) - i32::from(matches!(character, '>' | ')' | ']'));
        character == ',' && depth == 0
    });
    success.into_iter().next().is_some_and(is_string)
}

/// Without references.
fn pointee(path: &str) -> &str {
    let path = path.trim_start_matches('&');
    path.strip_prefix("mut ").unwrap_or(path)
}

fn is_string(path: &str) -> bool {
    const STRINGS: &[&str] = &[
        "str",
        "alloc::string::String",
        "alloc::borrow::Cow<str>",
        "alloc::borrow::Cow<'_, str>",
        "alloc::boxed::Box<str>",
        "alloc::sync::Arc<str>",
        "alloc::rc::Rc<str>",
    ];
    STRINGS.contains(&pointee(path))
}

/// The type's path with every module prefix gone, in generic arguments, too: Python's `__qualname__`.
/// A bare `Error` says nothing, so it keeps the nearest segment that is not itself `error` or `errors`.
fn qualified_name(path: &'static str) -> Cow<'static, str> {
    if path.bytes().all(|byte| is_word(byte) || byte == b':') {
        return qualified_path(path);
    }
    let mut name = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let length = rest.bytes().take_while(|&byte| is_word(byte) || byte == b':').count();
        if let Some(behind) = LIFETIMES.iter().find_map(|lifetime| rest.strip_prefix(lifetime)) {
            rest = behind;
        } else if length == 0 {
            name.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            name.push_str(&qualified_path(&rest[..length]));
            rest = &rest[length..];
        }
    }
    name.into()
}

/// Which lifetimes a type has is nothing that a name should say; newer compilers write them.
const LIFETIMES: &[&str] = &["'_, ", "<'_>", "'_ "];

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn qualified_path(path: &'static str) -> Cow<'static, str> {
    let Some((modules, last)) = path.rsplit_once("::") else { return path.into() };
    if last != "Error" {
        return last.into();
    }
    match modules.rsplit("::").find(|module| !matches!(*module, "error" | "errors")) {
        Some(module) if modules.ends_with(module) => path[modules.len() - module.len()..].into(),
        Some(module) => format!("{module}::{last}").into(),
        None => last.into(),
    }
}

/// What the error says, as far as it gets: `to_string` would panic where its `Display` returns an error.
pub(crate) fn shown(error: &(impl Display + ?Sized)) -> Option<String> {
    written(format_args!("{error}"))
}

fn written(error: fmt::Arguments<'_>) -> Option<String> {
    let mut text = String::new();
    if text.write_fmt(error).is_err() {
        warning::once!("the text of an error was left out: its `Display` returned an error");
        return None;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qualified_name_has_no_modules() {
        for (path, name) in [
            ("my_crate::ApiError", "ApiError"),
            ("my_crate::api::Retry<alloc::vec::Vec<my_crate::ApiError>>", "Retry<Vec<ApiError>>"),
            ("std::io::error::Error", "io::Error"),
            ("serde_json::error::Error", "serde_json::Error"),
            ("anyhow::Error", "anyhow::Error"),
            ("my_crate::errors::Error", "my_crate::Error"),
            ("Error", "Error"),
            ("error::Error", "Error"),
            ("()", "()"),
            ("&str", "&str"),
            ("&'_ str", "&str"),
            ("(alloc::string::String, u8)", "(String, u8)"),
            ("[my_crate::A; 3]", "[A; 3]"),
            ("my_crate::Retry<std::io::error::Error>", "Retry<io::Error>"),
            ("my_crate::View<'_>", "View"),
            ("my_crate::View<'_, my_crate::A>", "View<A>"),
        ] {
            assert_eq!(qualified_name(path), name, "{path}");
        }
    }

    #[test]
    fn what_could_be_any_error_is_other() {
        assert_eq!(of_type::<Box<dyn std::error::Error>>(), "_OTHER");
        assert_eq!(of_type::<Box<dyn std::error::Error + Send + Sync>>(), "_OTHER");
        assert_eq!(of_type::<Arc<dyn std::error::Error>>(), "_OTHER");
        assert_eq!(of_type::<&dyn std::error::Error>(), "_OTHER");
        assert_eq!(of_type::<std::io::Error>(), "io::Error");
        assert_eq!(of_type::<String>(), "String");
    }

    #[test]
    fn every_string_is_str() {
        assert_eq!(of_result::<String>(), "str");
        assert_eq!(of_result::<str>(), "str");
        assert_eq!(of_result::<&str>(), "str");
        assert_eq!(of_result::<Cow<'static, str>>(), "str");
        assert_eq!(of_result::<Vec<String>>(), "Vec<String>");
        assert!(returns_string::<Result<String, std::io::Error>>());
        assert!(returns_string::<Result<Cow<'static, str>, std::io::Error>>());
        assert!(!returns_string::<Result<(String, u8), String>>());
        assert!(returns_string::<Box<str>>());
        assert!(!returns_string::<Result<u8, String>>());
        assert!(!returns_string::<Option<String>>());
    }
}
