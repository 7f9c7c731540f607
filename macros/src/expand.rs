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

use crate::captures::{self, Captured};
use crate::closures::{Closures, Said};
use crate::function::Function;
use crate::hygiene;
use crate::model::{Description, Items, Macro, Model, Requested, Value};
use crate::registry::Takes;
use crate::shape::{self, AsyncBlock, Form, OpaqueStream, Returned, Shape};
use crate::spine::Expected;
use crate::stacked;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprReference, LitStr, ReturnType, Signature, Token, Type};

pub(crate) fn expand(model: &Model, function: &Function) -> TokenStream {
    let Function { attributes, visibility, signature, inner_attributes, body } = function;
    let Shape { form, stream, returned } = shape::of(signature, &body.stream(), model.stream.is_some());
    let call = match stream {
        Some(opaque) => self::stream(model, function, form, &opaque, &returned),
        None => call(model, function, form, &returned),
    };
    // The user's own braces, or else rustc takes the function for generated and does not say that it is never used.
    let mut block = Group::new(Delimiter::Brace, quote!(#(#inner_attributes)* #call));
    block.set_span(body.span());
    quote!(#(#attributes)* #visibility #signature #block)
}

/// A call that ends with what the function returns, or with the future that it returns.
fn call(model: &Model, function: &Function, form: Form, returned: &Returned) -> TokenStream {
    let Function { signature, body, .. } = function;
    let output = returned.output.as_ref();
    let (span, open, describe) = (hygiene::span(), open(model, function, output), describe(model));
    let below = shape::is_future(signature) && stacked::is_followed_by_tracing(function);
    match form {
        Form::AsyncFn => {
            let again = bound_again(model, signature, body);
            let body = inside(model, signature, returned, body);
            let run = quote!(#span.__ss_run(async move { #body }, #describe));
            if again.is_empty() {
                let run = never(output, quote!(#run.await));
                quote!(#open #run)
            } else {
                never(output, quote!({ #again #open #run }.await))
            }
        }
        Form::AsyncBlock(AsyncBlock { boxed, head, block }) => {
            let named = in_order_of_body(model, signature, &block);
            let block = self::block(model, signature, returned, &TokenStream::new(), &block);
            let run = quote!(#head { #named #open #span.__ss_run(async move { #block }, #describe).await });
            if boxed.is_empty() { run } else { called(&boxed, run) }
        }
        Form::Future => {
            let body = closure(signature, body);
            let future = quote!(#span.__ss_call(#body).__ss_future::<#output>(#describe));
            if below { followed(&open, &future, None) } else { quote!(#open #future) }
        }
        Form::Call => {
            let body = inside(model, signature, returned, body);
            let call = quote!(#span.__ss_call(move || { #body }).__ss_value(#describe));
            if below {
                return followed(&open, &call, Some(quote!(::std::boxed::Box::pin)));
            }
            let call = never(output, call);
            quote!(#open #call)
        }
    }
}

/// A call that goes on as long as the stream that came back, whose type cannot be written.
fn stream(model: &Model, function: &Function, form: Form, opaque: &OpaqueStream, returned: &Returned) -> TokenStream {
    let Function { signature, body, .. } = function;
    let output = returned.output.as_ref();
    let (span, open) = (hygiene::span(), open(model, function, output));
    let item = &opaque.item;
    let items = items(model);
    let handed_on = if opaque.in_result {
        let returned = hygiene::returned();
        quote!(__ss_opaque_stream_result::<#item>(|#returned| #returned.__ss_error().__ss_record(), #items))
    } else {
        quote!(__ss_opaque_stream::<#item>(#items))
    };
    match form {
        Form::AsyncFn => {
            let body = inside(model, signature, returned, body);
            quote!(#open #span.__ss_calling(async move { #body }).await.#handed_on)
        }
        Form::AsyncBlock(AsyncBlock { boxed, head, block }) => {
            let named = in_order_of_body(model, signature, &block);
            let block = self::block(model, signature, returned, &TokenStream::new(), &block);
            let run = quote!(#head { #named #open #span.__ss_calling(async move { #block }).await.#handed_on });
            if boxed.is_empty() { run } else { called(&boxed, run) }
        }
        Form::Future => {
            let body = closure(signature, body);
            quote! {
                #open
                let #span = #span.__ss_call(#body).__ss_calling::<#output>();
                async move { #span.await.#handed_on }
            }
        }
        Form::Call => {
            let body = inside(model, signature, returned, body);
            quote!(#open #span.__ss_call(move || { #body }).#handed_on)
        }
    }
}

/// What stands in the block of ours that the body runs in: its type, its arguments, and the body itself.
fn inside(model: &Model, signature: &Signature, returned: &Returned, body: &Group) -> TokenStream {
    let captured = captures::of(signature, &body.stream());
    let captured = mentioned(captured.iter().rev());
    block(model, signature, returned, &captured, body)
}

fn block(model: &Model, signature: &Signature, returned: &Returned, captured: &TokenStream, body: &Group) -> TokenStream {
    let edge = edge(model, signature, returned.output.as_ref());
    let body = hygiene::body(body);
    let body = returned.closures.as_ref().map_or_else(|| body.to_token_stream(), |closures| bound(closures, &body));
    quote!(#edge #captured #body)
}

/// The body as a closure whose type nobody can say.
fn closure(signature: &Signature, body: &Group) -> TokenStream {
    let captured = captures::of(signature, &body.stream());
    if captured.is_empty() {
        return quote!(move || #body);
    }
    let (captured, body) = (mentioned(captured.iter().rev()), hygiene::body(body));
    quote!(move || { #captured #body })
}

/// An `async` block of the user's drops what it captured in the order in which it names it, which the description's names must not change.
fn in_order_of_body(model: &Model, signature: &Signature, block: &Group) -> TokenStream {
    let mut captured = captures::of(signature, &block.stream());
    let described = captures::words(calls(model, &hygiene::span(), model.request.all().chain(&model.consent)));
    if !captured.iter().any(|captured| described.contains_key(&captures::plain(&captured.name))) {
        return TokenStream::new();
    }
    captured.sort_by_key(|captured| captured.at);
    mentioned(captured.iter())
}

/// An argument that is described is borrowed, and so would be kept for as long as the function runs, beside what the body took of it.
/// Bound again in a block that ends before the body runs, it is kept once.
fn bound_again(model: &Model, signature: &Signature, body: &Group) -> TokenStream {
    let captured = captures::of(signature, &body.stream()).into_iter().filter(|captured| captured.is_plain);
    let described = captures::words(calls(model, &hygiene::span(), model.request.all().chain(&model.consent)));
    // `@ _` binds the same, and is ours: a bare name is the user's, who may lint against shadowing.
    let again = captured.filter(|captured| described.contains_key(&captures::plain(&captured.name)));
    again.map(|Captured { name, configured, .. }| quote!(#(#configured)* let #name @ _ = #name;)).collect()
}

/// Captures each as a whole, in this order, and costs nothing.
fn mentioned<'a>(captured: impl Iterator<Item = &'a Captured>) -> TokenStream {
    let mentioned = captured.map(|Captured { name, configured, .. }| quote!(#(#configured)* let _ = &#name;));
    mentioned.collect()
}

/// `#[tracing::instrument]` below follows a future that it finds as the last expression.
fn followed(open: &TokenStream, future: &TokenStream, boxed: Option<TokenStream>) -> TokenStream {
    let span = hygiene::span();
    let last = quote!(async move { #span.await });
    let last = boxed.map_or_else(|| last.clone(), |boxed| called(&boxed, last.clone()));
    quote!(#open let #span = #future; #last)
}

/// `let __span = …;`: asks whether anybody listens and, if so, starts the span with what the request says.
fn open(model: &Model, function: &Function, output: Option<&Type>) -> TokenStream {
    let span = hygiene::span();
    let unsaid = model.kind == Macro::Loop && !model.request.names_result_type();
    let returns = output.filter(|output| unsaid && shape::is_named(output));
    let returns = returns.map(|output| quote!(#span.__ss_returns::<#output>();));
    let opened = opened(model, &function.name(), Span::call_site(), None, returns);
    quote!(let #span = #opened;)
}

/// The call that is open, at that place. `first` stands in the closure that describes it before everything else, and says nothing of it.
fn opened(model: &Model, name: &str, place: Span, first: Option<TokenStream>, returns: Option<TokenStream>) -> TokenStream {
    let private = hygiene::private(model.renamed.as_ref());
    let (span, open) = (hygiene::span(), Ident::new(&model.kind.to_string(), Span::mixed_site()));
    let (open, first_said) = match operation(model, &private) {
        Some(operation) => (format_ident!("{open}_as"), quote!(#operation,)),
        None if model.recursive => {
            (format_ident!("{open}_or_on"), hygiene::of_user(place, quote!(::core::panic::Location::caller(),)))
        }
        None => (open, TokenStream::new()),
    };
    let request = &model.request;
    let (attributes, capture) = (proc_macro2::Literal::usize_unsuffixed(request.attributes()), model.capture);

    let constant = calls(model, &span, &request.constant);
    let streams = (model.stream.is_some() && model.kind == Macro::Step).then(|| quote!(#span.__ss_stream();));
    let groups = [
        (quote!(__ss_is_measured), &request.measured),
        (quote!(__ss_is_agent_measured), &request.agent_measured),
        (quote!(__ss_is_server_measured), &request.server_measured),
        (quote!(__ss_is_recording), &request.recorded),
        (quote!(__ss_is_recording), &request.listed),
        (quote!(__ss_is_measured), &request.read),
        (quote!(__ss_is_capturing), &request.captured),
    ];
    let groups = groups.into_iter().filter(|(_, group)| !group.is_empty()).map(|(asked, group)| {
        let calls = calls(model, &span, group);
        quote!(if #span.#asked() { #calls })
    });
    let placed = calls(model, &span, &request.placed);
    let consent = model.consent.as_ref().map(|consent| {
        let consent = calls(model, &span, [consent]);
        quote!(if #span.__ss_asks_consent() { #consent })
    });
    let tokens = (!model.tokens).then(|| quote!(#span.__ss_without_tokens();));
    let adopts = model.adopts.then(|| quote!(#span.__ss_current_span();));
    let describe = quote!(#placed #adopts #tokens #returns #streams #constant #consent #(#groups)*);
    let describe = match (describe.is_empty(), first) {
        (true, None) => quote!(|_| ()),
        (true, first) => quote!(|_| { #first }),
        (false, first) => quote!(|#span| { #first #describe }),
    };
    quote! {
        #private::#open(
            #first_said
            &#private::Site { function: #name, attributes: #attributes, capture: #capture },
            #describe,
        )
    }
}

/// What a step or a tool does, if it is not what these do by themselves.
fn operation(model: &Model, private: &TokenStream) -> Option<TokenStream> {
    let (ty, by_itself) = match model.kind {
        Macro::Loop => return None,
        Macro::Step => ("StepOperation", "CHAT"),
        Macro::Tool => ("ToolOperation", ""),
    };
    let constant = model.operation.or(model.purpose.as_ref().map(|_| by_itself))?;
    let (ty, constant) = (Ident::new(ty, Span::mixed_site()), Ident::new(constant, Span::mixed_site()));
    let operation = quote!(#private::#ty::#constant);
    Some(match &model.purpose {
        Some(purpose) => quote!(#private::#ty::with_purpose(#operation, #purpose)),
        None => operation,
    })
}

/// A statement's call, and what is known of it.
pub(crate) struct Statement {
    /// What the site is called.
    pub(crate) name: String,
    /// The attribute's path, as it is written.
    pub(crate) path: TokenStream,
    /// Where the call ends.
    pub(crate) at: Span,
    pub(crate) call: TokenStream,
    /// Whether the call is entered while its expression is evaluated.
    pub(crate) is_entered: bool,
    /// Where `await` stands behind it, if it does.
    pub(crate) awaited: Option<Span>,
    pub(crate) expected: Option<Expected>,
}

/// The expression that stands where the call did.
pub(crate) fn statement(model: &Model, statement: Statement) -> TokenStream {
    let Statement { name, path, at, call, is_entered, awaited, expected } = statement;
    let called = hygiene::called();
    // What rustc says of the expression it says where the call stands, and says at all: it is the user's.
    let start = call.clone().into_iter().next().map_or(at, |first| first.span());
    let open = hygiene::of_user(start, opened(model, &name, start, Some(used(&path)), None));
    let enter = if is_entered { quote!(__ss_entered) } else { quote!(__ss_outside) };
    let run = if awaited.is_some() { quote!(__ss_run) } else { quote!(__ss_leave) };
    let expected = expected.map(|Expected { ty, tried }| {
        let expects = if tried { quote!(__ss_tried) } else { quote!(__ss_given) };
        quote!(#called.#expects::<#ty>().__ss_same();)
    });
    let boxed = awaited.is_none().then(|| quote!(#called.__ss_boxed();));
    // Stands where the call does, since that is what is wrong if it has no type yet, or is a future; or the `await` of what is none.
    let checks = hygiene::at(at, quote!(#called.__ss_known().__ss_known(); #boxed));
    let run = hygiene::of_user(awaited.unwrap_or(at), quote!(.#enter().#run));
    let describe = describe(model);
    let look = quote! {
        |mut #called| {
            #expected
            #checks
            #called.__ss_value(#describe)
        }
    };
    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#call, #look));
    arguments.set_span(at);
    quote!(#open #run #arguments)
}

/// A statement's attribute is gone before names are resolved. Here it is once more, and expands to nothing: for those who import it, and those
/// who look it up.
pub(crate) fn used(path: &TokenStream) -> TokenStream {
    quote!(#[#path(__ss_used)] fn __used() {})
}

/// The closure over what came back: what the user wrote, then what their types say by themselves.
fn describe(model: &Model) -> TokenStream {
    let returned = hygiene::returned();
    let success = calls(model, &quote!(#returned.__ss_success()), &model.response.success);
    let error = calls(model, &quote!(#returned.__ss_error()), &model.response.error);
    let by_itself = match model.kind {
        _ if model.stream.is_some() => None,
        Macro::Loop => None,
        Macro::Step => Some(quote!(#returned.__ss_success().__ss_says();)),
        Macro::Tool => Some(quote!(#returned.__ss_success().__ss_outcome();)),
    };
    let items = items(model);
    let then = if let Some(Items { said, .. }) = &model.stream {
        // Where `stream` stands, since that is what is wrong if it is none.
        let then = hygiene::at(*said, quote!(#returned.__ss_items));
        let items = hygiene::parenthesized(*said, items);
        quote!(#then #items)
    } else {
        quote!(#returned.__ss_then(#items))
    };
    quote! {
        |#returned| {
            #success
            #by_itself
            #returned.__ss_error().__ss_record();
            #error
            #then
        }
    }
}

/// The closure over an item of what came back, if that is a stream.
fn items(model: &Model) -> TokenStream {
    let item = hygiene::item();
    let Some(items) = &model.stream else { return quote!(|#item| #item.__ss_error().__ss_record()) };
    let read = calls(model, &quote!(#item.__ss_success()), &items.read);
    quote! {
        |#item| {
            #read
            #item.__ss_error().__ss_record();
        }
    }
}

fn calls<'a>(model: &Model, receiver: &impl ToTokens, descriptions: impl IntoIterator<Item = &'a Description>) -> TokenStream {
    let calls = descriptions.into_iter().map(|Description { method, value }| {
        let method = &hygiene::method(method);
        match value {
            Value::Requested(value) => {
                let value = requested(model, value);
                quote!(#receiver.#method(#value);)
            }
            Value::RequestedByType(value, says) => {
                let at = value.span();
                let private = hygiene::private(model.renamed.as_ref());
                let content_probe = hygiene::at(at, quote!(#private::content_probe));
                let says = hygiene::at(at, Ident::new(says, Span::mixed_site()).into_token_stream());
                let value = hygiene::parenthesized(at, requested(model, value));
                quote!(#receiver.#method(#content_probe #value.#says());)
            }
            Value::RequestItself(value) => {
                let (value, written) = (requested(model, value), written(model));
                quote!(#receiver.#method(#value, &[#(#written),*]);)
            }
            Value::Read(closure) => quote!(#receiver.#method(#closure);),
            Value::ReadMessages(closure) => {
                let returned = hygiene::returned();
                let read = hygiene::at(closure.span(), quote!(#receiver.#method));
                let says = hygiene::at(closure.span(), quote!(.__ss_messages()));
                let closure = hygiene::parenthesized(closure.span(), quote!(#closure));
                quote!(#returned.__ss_output(#read #closure #says);)
            }
            Value::ReadByType(closure) => {
                // All of it stands where the closure does, since its value is what is wrong if the last method does not take it.
                let call = hygiene::at(closure.span(), quote!(#receiver.#method));
                let said = hygiene::at(closure.span(), quote!(.__ss_said()));
                let closure = hygiene::parenthesized(closure.span(), quote!(#closure));
                quote!(#call #closure #said;)
            }
            Value::Type(ty) => quote!(#receiver.#method::<#ty>();),
            Value::RequestedAttribute(key, takes, value) => {
                let at = value.span();
                let value = requested(model, value);
                attribute(receiver, method, key, *takes, at, &value)
            }
            Value::ReadAttribute(key, takes, closure) => attribute(receiver, method, key, *takes, closure.span(), closure),
        }
    });
    calls.collect()
}

/// The arguments of a request that are written, which the request itself does not say again.
fn written(model: &Model) -> Vec<String> {
    let request = &model.request;
    let written = [&request.constant, &request.measured, &request.recorded, &request.listed, &request.captured];
    let mut names: Vec<String> = written.into_iter().flatten().map(|description| description.method.to_string()).collect();
    names.retain(|name| REQUESTED.contains(&name.as_str()));
    names.extend(model.stream.is_some().then(|| "stream".to_owned()));
    names
}

/// Those of which it has to be told: of the others, the runtime knows.
const REQUESTED: &[&str] = &[
    "reasoning_level",
    "previous_response_id",
    "top_p",
    "top_k",
    "seed",
    "stop_sequences",
    "presence_penalty",
    "frequency_penalty",
    "choice_count",
    "system_prompt",
    "messages",
    "tools",
];

/// An attribute whose type the registry knows goes through a method for that type.
fn attribute(
    receiver: &impl ToTokens,
    method: &Ident,
    key: &LitStr,
    takes: Takes,
    at: Span,
    value: &impl ToTokens,
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

/// All of it stands where the value does, which is what rustc then blames.
fn requested(model: &Model, value: &Requested) -> TokenStream {
    match value {
        Requested::Literal(text) => {
            let private = hygiene::at(text.span(), hygiene::private(model.renamed.as_ref()));
            quote_spanned!(text.span()=> &#private::Literal(#text))
        }
        Requested::Expression(value) => borrowed(value).to_token_stream(),
    }
}

/// `&value`, or `&(a + b)`: syn puts the parentheses where they are needed.
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

/// The body, handed to a function that says what the closures that it returns take.
fn bound(Closures { shape, returned, said }: &Closures, body: &Group) -> TokenStream {
    let types = said.iter().map(|Said { ty, .. }| ty.to_token_stream()).chain(returned.iter().map(|_| quote!(_)));
    let parameters = said.iter().map(|Said { name, sized, .. }| if *sized { quote!(#name) } else { quote!(#name: ?Sized) });
    let parameters = parameters.chain(returned.iter().map(|(name, bounds)| quote!(#name: #(#bounds)+*)));
    let value = hygiene::returned();
    quote! {
        fn __bound<#(#parameters),*>(#value: #shape) -> #shape { #value }
        __bound::<#(#types),*>(#body)
    }
}

/// `-> !` cannot be named as a type, so the call is made to return what has no value, and is taken apart.
fn never(output: Option<&Type>, call: TokenStream) -> TokenStream {
    if output.is_some() { call } else { quote!(match #call {}) }
}

fn called(path: &TokenStream, argument: TokenStream) -> TokenStream {
    let argument = TokenTree::Group(Group::new(Delimiter::Parenthesis, argument));
    quote!(#path #argument)
}
