//! Model to tokens, for the derive: nothing here can fail.
//!
//! ```text
//! // Input:
//! #[derive(ErrorType)]
//! enum ToolError { Timeout, #[error_type("http")] Http(u16), #[error_type(transparent)] Io(io::Error) }
//!
//! // Output:
//! impl ::samplescope::ErrorType for ToolError {
//!     fn error_type(&self) -> ::samplescope::__private::Cow<'_, str> {
//!         match self {
//!             Self::Timeout { .. } => ::samplescope::__private::Cow::Borrowed("ToolError::Timeout"),
//!             Self::Http { .. } => ::samplescope::__private::Cow::Borrowed("http"),
//!             Self::Io { 0: __source } => ::samplescope::__private::Source::of(__source).__ss_error_type(),
//!         }
//!     }
//! }
//! ```

use super::{Kind, Label, Model};
use crate::hygiene;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { name, generics, renamed, kind } = model;
    let (facade, private) = (hygiene::facade(renamed.as_ref()), hygiene::private(renamed.as_ref()));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let body = match kind {
        Kind::Enum(variants) if variants.is_empty() => quote!(match *self {}),
        Kind::Enum(variants) => {
            let arms = variants.iter().map(|(variant, label)| {
                let (fields, says) = arm(label, &private);
                quote!(Self::#variant { #fields } => #says,)
            });
            quote!(match self { #(#arms)* })
        }
        Kind::Struct(Label::Asked(field)) => quote!(#private::Source::of(&self.#field).__ss_error_type()),
        Kind::Struct(label) => arm(label, &private).1,
    };
    quote! {
        #[automatically_derived]
        impl #parameters #facade::ErrorType for #name #arguments #bounds {
            fn error_type(&self) -> #private::Cow<'_, str> {
                #body
            }
        }
    }
}

/// The fields of a variant's pattern, and what it says.
fn arm(label: &Label, private: &TokenStream) -> (TokenStream, TokenStream) {
    match label {
        Label::Text(text) => (quote!(..), quote!(#private::Cow::Borrowed(#text))),
        Label::Asked(field) => {
            let source = hygiene::source();
            (quote!(#field: #source), quote!(#private::Source::of(#source).__ss_error_type()))
        }
    }
}
