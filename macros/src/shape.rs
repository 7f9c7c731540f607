//! How a function hands back its result, and where in it the code to instrument stands.

use crate::closures::{self, Closures};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, PathArguments, PathSegment, ReturnType, Signature, Token, Type, TypeInfer,
    TypeParamBound, TypeTuple,
};

pub(crate) struct Shape {
    pub(crate) form: Form,
    /// What came back, where it is a stream that has to be spelled.
    pub(crate) stream: Option<OpaqueStream>,
    pub(crate) returned: Returned,
}

/// What the call gives back in the end.
pub(crate) struct Returned {
    /// Its type, with `_` for every `impl Trait`; None if it never returns.
    pub(crate) output: Option<Type>,
    pub(crate) closures: Option<Closures>,
}

pub(crate) enum Form {
    /// `async fn`: the body is the future's.
    AsyncFn,
    /// The type spells `Future<Output = …>` and the whole body is one `async` block, bare or boxed, as `#[async_trait]` leaves it.
    /// Instrumented inside, so that the span starts at the first poll.
    AsyncBlock(AsyncBlock),
    /// `-> impl Future` with code of its own before the future exists: the span starts at the call and lasts as long as the future.
    Future,
    /// Anything else. Whether the value is a boxed future is seen by its type.
    Call,
}

/// A stream whose type cannot be written: `impl Stream<Item = …>`, or a `Result` of one. Any other is seen by its type.
pub(crate) struct OpaqueStream {
    /// Which nothing else would tell the closure over it.
    pub(crate) item: Type,
    pub(crate) in_result: bool,
}

impl OpaqueStream {
    /// What the type spells. Of an `impl Trait` that does not say `Stream`, the user has to say it.
    fn of(output: &Type, is_stream: bool) -> Option<Self> {
        let (opaque, in_result) = match output {
            Type::ImplTrait(opaque) => (opaque, false),
            Type::Path(path) => match path.path.segments.last().and_then(generics)?.args.first()? {
                GenericArgument::Type(Type::ImplTrait(opaque)) => (opaque, true),
                _ => return None,
            },
            _ => return None,
        };
        let spells_it = opaque.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Stream"),
            _ => false,
        });
        let item = || associated(&opaque.bounds, "Stream", "Item").and_then(erased).unwrap_or_else(infer);
        (spells_it || is_stream).then(|| OpaqueStream { item: item(), in_result })
    }
}

/// `Box::pin(async move { … })`, in pieces. Without a box, `boxed` is empty.
pub(crate) struct AsyncBlock {
    pub(crate) boxed: TokenStream,
    pub(crate) head: TokenStream,
    pub(crate) block: Group,
}

/// Without the brackets around it, which a macro by example puts there unseen.
fn without_brackets(ty: &Type) -> &Type {
    match ty {
        Type::Paren(within) => without_brackets(&within.elem),
        Type::Group(within) => without_brackets(&within.elem),
        ty => ty,
    }
}

/// `is_stream`: the user says that what comes back is one.
pub(crate) fn of(signature: &Signature, body: &TokenStream, is_stream: bool) -> Shape {
    let declared = declared(signature).cloned().unwrap_or_else(unit);
    let promised = promised(&declared);
    let (form, output) = match (signature.asyncness.is_some(), promised, async_block(body)) {
        (true, _, _) => (Form::AsyncFn, declared),
        (false, Some(promised), Some(block)) => (Form::AsyncBlock(block), promised),
        (false, Some(promised), None) if matches!(declared, Type::ImplTrait(_)) => (Form::Future, promised),
        _ => (Form::Call, declared),
    };
    let closures = closures::of(&output, signature, body);
    Shape { form, stream: OpaqueStream::of(&output, is_stream), returned: Returned { closures, output: erased(output) } }
}

/// Whether the return type spells a stream that has no other name, or a future of one.
pub(crate) fn returns_opaque_stream(signature: &Signature) -> bool {
    let spells = |ty: &Type| OpaqueStream::of(ty, false).is_some();
    declared(signature).is_some_and(|ty| spells(ty) || promised(ty).is_some_and(|ty| spells(&ty)))
}

/// Whether the return type spells a future, bare or boxed.
pub(crate) fn is_future(signature: &Signature) -> bool {
    declared(signature).is_some_and(|ty| promised(ty).is_some())
}

/// What stands behind the arrow.
pub(crate) fn declared(signature: &Signature) -> Option<&Type> {
    match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(without_brackets(ty)),
    }
}

fn unit() -> Type {
    Type::Tuple(TypeTuple { attrs: Vec::new(), paren_token: syn::token::Paren::default(), elems: Punctuated::new() })
}

/// `R` of `impl Future<Output = R>` and of `Pin<Box<dyn Future<Output = R> + …>>`.
fn promised(ty: &Type) -> Option<Type> {
    match ty {
        Type::ImplTrait(ty) => output(&ty.bounds),
        Type::TraitObject(ty) => output(&ty.bounds),
        Type::Paren(_) | Type::Group(_) => promised(without_brackets(ty)),
        Type::Path(ty) => {
            let last = ty.path.segments.last()?;
            let pointer = last.ident == "Pin" || last.ident == "Box";
            pointer.then(|| generics(last)).flatten()?.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => promised(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

fn output(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Type> {
    associated(bounds, "Future", "Output")
}

/// `T` of `name<associated = T>` among the bounds.
fn associated(bounds: &Punctuated<TypeParamBound, Token![+]>, name: &str, associated: &str) -> Option<Type> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|last| last.ident == name)?;
        generics(last)?.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(argument) if argument.ident == associated => Some(argument.ty.clone()),
            _ => None,
        })
    })
}

fn generics(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

/// `async { … }`, `async move { … }`, or one of them in `Box::pin(…)`, with nothing beside it.
fn async_block(body: &TokenStream) -> Option<AsyncBlock> {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    match &tokens[..] {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => async_block(&group.stream()),
        [head @ .., TokenTree::Group(group)] if group.delimiter() == Delimiter::Brace => {
            let words: Vec<String> = head.iter().map(ToString::to_string).collect();
            let is_async = words == ["async"] || words == ["async", "move"];
            is_async.then(|| AsyncBlock { boxed: TokenStream::new(), head: head.iter().cloned().collect(), block: group.clone() })
        }
        [path @ .., TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis && is_box_pin(path) => {
            let inner = async_block(&group.stream())?;
            inner.boxed.is_empty().then(|| AsyncBlock { boxed: path.iter().cloned().collect(), ..inner })
        }
        _ => None,
    }
}

/// Whether the last expression is such a block, with statements before it.
pub(crate) fn ends_in_async_block(body: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    // `async { … }`, `async move { … }`, `Box::pin(…)`.
    [2, 3, 5].into_iter().filter_map(|length| tokens.len().checked_sub(length)).any(|start| {
        let last = tokens[start..].iter().cloned().collect();
        async_block(&last).is_some()
    })
}

/// `Box::pin`, by any path.
fn is_box_pin(path: &[TokenTree]) -> bool {
    let text: String = path.iter().map(ToString::to_string).collect();
    let text = text.strip_prefix("::").unwrap_or(&text);
    (text == "Box::pin" || text.ends_with("::Box::pin")) && text.split("::").all(|word| syn::parse_str::<Ident>(word).is_ok())
}

/// `impl Trait` cannot stand in a type position, where `_` can. `!` cannot stand as a generic argument at all.
fn erased(mut ty: Type) -> Option<Type> {
    struct Erase;
    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(_) = ty {
                *ty = infer();
            } else {
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    if let Type::Never(_) = ty {
        return None;
    }
    Erase.visit_type_mut(&mut ty);
    Some(ty)
}

/// Whether the type can be written where nothing infers it.
pub(crate) fn is_named(ty: &Type) -> bool {
    struct Named(bool);
    impl<'a> Visit<'a> for Named {
        fn visit_type_infer(&mut self, _: &'a TypeInfer) {
            self.0 = false;
        }
    }
    let mut named = Named(true);
    named.visit_type(ty);
    named.0
}

fn infer() -> Type {
    Type::Infer(TypeInfer { attrs: Vec::new(), underscore_token: Token![_](Span::mixed_site()) })
}
