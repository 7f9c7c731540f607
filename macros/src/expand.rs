//! Model to tokens. Nothing here can fail and nothing is checked; with the derive's, these are the only `quote!`s of the crate.
//!
//! ```text
//! // Input:
//! #[sampling_step(model = request.model, stop_reason = |step| &step.stop_reason)]
//! async fn ask(request: &Request) -> Result<Step, ModelError> { BODY }
//!
//! // Output: open, describe, run.
//! async fn ask(request: &Request) -> Result<Step, ModelError> {
//!     let __span = ::samplescope::__private::sampling_step(
//!         &::samplescope::__private::Site { function: "ask", attributes: 1, capture: true },
//!         |__span| {
//!             if __span.__ss_is_measured() {
//!                 __span.__ss_model(&request.model);
//!             }
//!         },
//!     );
//!     __span.__ss_run(
//!         async move {
//!             if false { return ::samplescope::__private::returns::<Result<Step, ModelError>>(); }
//!             { BODY }
//!         },
//!         |__returned| {
//!             __returned.__ss_success().__ss_stop_reason(|step| &step.stop_reason);
//!             __returned.__ss_success().__ss_response();
//!             __returned.__ss_error().__ss_record();
//!         },
//!     ).await
//! }
//! ```

use crate::function::Function;
use crate::hygiene;
use crate::model::{Description, Macro, Model, Value};
use crate::registry::Takes;
use crate::shape::{self, AsyncBlock, Form, Streams};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprReference, LitStr, ReturnType, Signature, Token, Type};

pub(crate) fn expand(model: &Model, function: &Function) -> TokenStream {
    let Function { attributes, visibility, signature, inner_attributes, body } = function;
    let shape = shape::of(signature, &body.stream());
    let span = hygiene::span();
    let open = open(model, signature, shape.output.as_ref());
    let describe = describe(model);
    let edge = edge(model, signature, shape.output.as_ref());

    let call = match shape.form {
        form if model.stream.is_some() => stream(model, function, form, shape.streams, shape.output.as_ref()),
        Form::AsyncFn => {
            let body = hygiene::body(body.clone());
            let run = never(shape.output.as_ref(), quote!(#span.__ss_run(async move { #edge #body }, #describe).await));
            quote!(#open #run)
        }
        Form::AsyncBlock(AsyncBlock { boxed, head, block }) => {
            let block = hygiene::body(block);
            let run = quote!(#head { #open #span.__ss_run(async move { #edge #block }, #describe).await });
            if boxed.is_empty() { run } else { called(&boxed, run) }
        }
        Form::Future => {
            let output = &shape.output;
            let body = hygiene::body(body.clone());
            quote!(#open #span.__ss_call(move || #body).__ss_future::<#output>(#describe))
        }
        Form::Call => {
            let body = hygiene::body(body.clone());
            let call = never(shape.output.as_ref(), quote!(#span.__ss_call(move || { #edge #body }).__ss_value(#describe)));
            quote!(#open #call)
        }
    };
    // The user's own braces, or else rustc takes the function for generated and does not say that it is never used.
    let mut block = Group::new(Delimiter::Brace, quote!(#(#inner_attributes)* #call));
    block.set_span(body.span());
    quote!(#(#attributes)* #visibility #signature #block)
}

/// A step that returns a stream: the call goes on as long as what came back.
fn stream(model: &Model, function: &Function, form: Form, streams: Streams, output: Option<&Type>) -> TokenStream {
    let Function { signature, body, .. } = function;
    let (span, open, describe) = (hygiene::span(), open(model, signature, output), describe(model));
    let edge = edge(model, signature, output);
    let body = hygiene::body(body.clone());
    let method = match streams {
        Streams::Opaque(item) => quote!(__ss_opaque_stream::<#item>),
        Streams::OpaqueResult(item) => quote!(__ss_opaque_stream_result::<#item>),
        Streams::ByType => quote!(__ss_stream),
    };
    match form {
        Form::AsyncFn => quote!(#open #span.__ss_calling(async move { #edge #body }).await.#method(#describe)),
        Form::AsyncBlock(AsyncBlock { boxed, head, block }) => {
            let block = hygiene::body(block);
            let run = quote!(#head { #open #span.__ss_calling(async move { #edge #block }).await.#method(#describe) });
            if boxed.is_empty() { run } else { called(&boxed, run) }
        }
        Form::Future => quote! {
            #open
            let #span = #span.__ss_call(move || #body).__ss_calling::<#output>();
            async move { #span.await.#method(#describe) }
        },
        Form::Call => quote!(#open #span.__ss_call(move || { #edge #body }).#method(#describe)),
    }
}

/// `let __span = …;`: asks whether anybody listens and, if so, starts the span with what the request says.
fn open(model: &Model, signature: &Signature, output: Option<&Type>) -> TokenStream {
    let private = hygiene::private(model.renamed.as_ref());
    let (span, open) = (hygiene::span(), Ident::new(&model.kind.to_string(), Span::mixed_site()));
    let function = signature.ident.to_string();
    let function = function.strip_prefix("r#").unwrap_or(&function);
    let request = &model.request;
    let (attributes, capture) = (proc_macro2::Literal::usize_unsuffixed(request.attributes()), model.capture);

    let returns = output.filter(|output| model.kind == Macro::Loop && !request.names_result_type() && shape::is_named(output));
    let returns = returns.map(|output| quote!(#span.__ss_returns::<#output>();));
    let constant = calls(&span, &request.constant);
    let streams = model.stream.is_some().then(|| quote!(#span.__ss_stream();));
    let groups = [
        (quote!(__ss_is_measured), &request.measured),
        (quote!(__ss_is_agent_measured), &request.agent_measured),
        (quote!(__ss_is_recording), &request.recorded),
        (quote!(__ss_is_recording), &request.listed),
        (quote!(__ss_is_capturing), &request.captured),
    ];
    let groups = groups.into_iter().filter(|(_, group)| !group.is_empty()).map(|(asked, group)| {
        let calls = calls(&span, group);
        quote!(if #span.#asked() { #calls })
    });
    let describe = quote!(#returns #streams #constant #(#groups)*);
    let describe = if describe.is_empty() { quote!(|_| ()) } else { quote!(|#span| { #describe }) };
    quote! {
        let #span = #private::#open(
            &#private::Site { function: #function, attributes: #attributes, capture: #capture },
            #describe,
        );
    }
}

/// The closure over what came back: what the user wrote, then what their types say by themselves.
fn describe(model: &Model) -> TokenStream {
    let returned = hygiene::returned();
    let success = calls(&quote!(#returned.__ss_success()), &model.response.success);
    let error = calls(&quote!(#returned.__ss_error()), &model.response.error);
    let by_itself = match model.kind {
        Macro::Loop => None,
        Macro::Step => Some(quote!(#returned.__ss_success().__ss_response();)),
        Macro::Tool => Some(quote!(#returned.__ss_success().__ss_outcome();)),
    };
    let describe = quote! {
        |#returned| {
            #success
            #by_itself
            #returned.__ss_error().__ss_record();
            #error
        }
    };
    let Some(items) = &model.stream else { return describe };
    let items = calls(&quote!(#returned.__ss_success()), items);
    quote! {
        |#returned| #returned.__ss_error().__ss_record(),
        |#returned| {
            #items
            #returned.__ss_error().__ss_record();
        }
    }
}

fn calls(receiver: &impl quote::ToTokens, descriptions: &[Description]) -> TokenStream {
    let calls = descriptions.iter().map(|Description { method, value }| {
        let method = &hygiene::method(method);
        match value {
            Value::Requested(value) => {
                let value = borrowed(value);
                quote!(#receiver.#method(#value);)
            }
            Value::Read(closure) => quote!(#receiver.#method(#closure);),
            Value::Type(ty) => quote!(#receiver.#method::<#ty>();),
            Value::RequestedAttribute(key, takes, value) => {
                let at = value.span();
                let value = borrowed(value);
                attribute(receiver, method, key, *takes, at, &value)
            }
            Value::ReadAttribute(key, takes, closure) => attribute(receiver, method, key, *takes, closure.span(), closure),
        }
    });
    quote!(#(#calls)*)
}

/// An attribute whose type the registry knows goes through a method for that type.
fn attribute(
    receiver: &impl quote::ToTokens,
    method: &Ident,
    key: &LitStr,
    takes: Takes,
    at: Span,
    value: &impl quote::ToTokens,
) -> TokenStream {
    let typed = match takes {
        Takes::Any => return quote!(#receiver.#method(#key, #value);),
        Takes::Text => "__ss_text",
        Takes::Integer => "__ss_integer",
        Takes::Number => "__ss_number",
        Takes::Flag => "__ss_flag",
        Takes::Texts => "__ss_texts",
    };
    let typed = Ident::new(typed, Span::mixed_site());
    // All of it stands where the value does, since that is what is wrong if the method does not take it.
    let call = hygiene::at(at, quote!(#receiver.#method));
    let typed = hygiene::at(at, quote!(.#typed));
    let value = hygiene::parenthesized(at, quote!(#value));
    let key = hygiene::parenthesized(at, quote!(#key));
    quote!(#call #value #typed #key;)
}

/// `&value`, or `&(a + b)`: syn puts the parentheses where they are needed. All of it stands where the value does, which is what rustc then blames.
fn borrowed(value: &Expr) -> Expr {
    let expr = Box::new(value.clone());
    Expr::Reference(ExprReference { attrs: Vec::new(), and_token: Token![&](value.span()), mutability: None, expr })
}

/// Tells rustc what the body returns, so that a wrong one is an error in the user's own words and place.
fn edge(model: &Model, signature: &Signature, output: Option<&Type>) -> TokenStream {
    let at = match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    // All of it stands at the return type, which is where rustc then points.
    let private = hygiene::at(at, hygiene::private(model.renamed.as_ref()));
    let output = output.map_or_else(|| quote!(::core::convert::Infallible), |output| quote!(#output));
    quote_spanned!(at=> if false { return #private::returns::<#output>(); })
}

/// `-> !` cannot be named as a type, so the call is made to return what has no value, and is taken apart.
fn never(output: Option<&Type>, call: TokenStream) -> TokenStream {
    if output.is_some() { call } else { quote!(match #call {}) }
}

fn called(path: &TokenStream, argument: TokenStream) -> TokenStream {
    let argument = TokenTree::Group(Group::new(Delimiter::Parenthesis, argument));
    quote!(#path #argument)
}
