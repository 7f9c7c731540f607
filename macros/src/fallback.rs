//! What is emitted when an annotation is wrong: every error, and beneath them the item as the user wrote it,
//! so that the rest of the file still type-checks and the IDE keeps working.

use proc_macro2::TokenStream;
use std::borrow::Cow;

/// The collected errors of one annotation.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// Every error as a `compile_error!` at its place; nothing if there is none.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(syn::Error::into_compile_error).unwrap_or_default()
    }

    pub(crate) fn into_result(self) -> Result<(), syn::Error> {
        self.0.map_or(Ok(()), Err)
    }
}

pub(crate) fn fallback(errors: Option<syn::Error>, item: TokenStream) -> TokenStream {
    let mut tokens = errors.map(syn::Error::into_compile_error).unwrap_or_default();
    tokens.extend(item);
    tokens
}

/// A name of the user's in a message, which is to stay readable.
pub(crate) fn shown(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(64) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}
