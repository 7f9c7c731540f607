//! What a function says of the closures that it returns.
//!
//! `|text| text.len()` is inferred from `-> impl Fn(&str) -> usize` above it. Where the body stands in a block of ours, its type is an open
//! question, so the body is handed to a function that says the same of its parameter: `fn bound<R: Fn(&str) -> usize>(returned: R) -> R`.
//!
//! That function is an item of its own, which knows no `Self`, no generics and no elided lifetimes from outside. So every type in the bounds
//! is one of its parameters, and is said where it is called, but what anybody may say, and what borrows from the closure's arguments.

use crate::captures::{self, is_primitive};
use proc_macro2::{Ident, Span, TokenStream};
use syn::visit::Visit;
use syn::{
    BoundLifetimes, GenericArgument, GenericParam, Lifetime, ParenthesizedGenericArguments, Path, PathArguments, PathSegment,
    ReturnType, Signature, TraitBound, Type, TypeFnPtr, TypeImplTrait, TypeParamBound, TypePath, TypeReference,
};

/// `fn bound<T, R: Fn(T)>(returned: R) -> R`, in pieces.
pub(crate) struct Closures {
    /// What is returned, with parameters in it.
    pub(crate) shape: Type,
    /// Each `R`, and what it is bound by, if it is a closure.
    pub(crate) returned: Vec<(Ident, Vec<TraitBound>)>,
    /// Each `T`, and the type that it stands for.
    pub(crate) said: Vec<Said>,
}

pub(crate) struct Said {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// Behind a reference it need not have a size.
    pub(crate) sized: bool,
}

/// None if the type promises no closure where rustc would look for one, or one whose bounds cannot be said outside of the function.
pub(crate) fn of(output: &Type, signature: &Signature, body: &TokenStream) -> Option<Closures> {
    let mut closures = Closures { shape: output.clone(), returned: Vec::new(), said: Vec::new() };
    closures.shape = closures.returned(output)?;
    let promised = closures.returned.iter().any(|(_, bounds)| !bounds.is_empty());
    (promised && !closures.may_hide_a_lifetime(signature, body)).then_some(closures)
}

impl Closures {
    /// A closure, or a tuple with closures in it.
    fn returned(&mut self, ty: &Type) -> Option<Type> {
        let bounds = match ty {
            Type::Paren(ty) => return self.returned(&ty.elem),
            Type::Group(ty) => return self.returned(&ty.elem),
            Type::Tuple(tuple) => {
                let mut tuple = tuple.clone();
                for element in &mut tuple.elems {
                    *element = self.returned(element)?;
                }
                return Some(Type::Tuple(tuple));
            }
            Type::ImplTrait(ty) => self.bounds(ty)?,
            _ => Vec::new(),
        };
        let name = Ident::new(&format!("__R{}", self.returned.len()), Span::mixed_site());
        self.returned.push((name.clone(), bounds));
        Some(parameter(name))
    }

    /// What it says of arguments and of what comes back: `Fn(…) -> …`, by whatever path.
    fn bounds(&mut self, ty: &TypeImplTrait) -> Option<Vec<TraitBound>> {
        let closures = ty.bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(bound.clone()),
            _ => None,
        });
        let mut closures: Vec<TraitBound> = closures.filter(|bound| arguments(&bound.path).is_some()).collect();
        for bound in &mut closures {
            let outside = Outside(bound.lifetimes.clone());
            if let Some(PathArguments::Parenthesized(arguments)) = bound.path.segments.last_mut().map(|last| &mut last.arguments)
            {
                for input in &mut arguments.inputs {
                    input.ty = self.said(&input.ty, true, &outside)?;
                }
                if let ReturnType::Type(_, output) = &mut arguments.output {
                    **output = self.said(output, true, &outside)?;
                }
            }
        }
        Some(closures)
    }

    /// In `Fn(Context)`, `Context` may be short for `Context<'_>`, which no parameter can stand for. A closure that says so itself,
    /// `|context: Context|`, needs no help, so the types that the body names are left alone.
    fn may_hide_a_lifetime(&self, signature: &Signature, body: &TokenStream) -> bool {
        const OWNED: [&str; 8] = ["Self", "String", "Vec", "Option", "Result", "Box", "Rc", "Arc"];
        struct Names(Vec<Ident>);
        impl<'a> Visit<'a> for Names {
            fn visit_type(&mut self, ty: &'a Type) {
                if let Type::Path(path) = ty {
                    self.0.extend(path.path.segments.last().filter(|_| !is_primitive(ty)).map(|last| last.ident.clone()));
                }
                syn::visit::visit_type(self, ty);
            }
        }
        let mut names = Names(Vec::new());
        self.said.iter().for_each(|said| names.visit_type(&said.ty));
        let generic = |name: &Ident| signature.generics.type_params().any(|parameter| parameter.ident == *name);
        names.0.retain(|name| !OWNED.iter().any(|owned| name == owned) && !generic(name));
        let words = captures::words(if names.0.is_empty() { TokenStream::new() } else { body.clone() });
        names.0.iter().any(|name| words.contains_key(&captures::plain(name)))
    }

    /// The type with parameters in the place of all that is said from outside.
    fn said(&mut self, ty: &Type, sized: bool, outside: &Outside) -> Option<Type> {
        if is_primitive(ty) || is_by_module(ty) {
            return Some(ty.clone());
        }
        if outside.can_say(ty) {
            let name = Ident::new(&format!("__T{}", self.said.len()), Span::mixed_site());
            self.said.push(Said { name: name.clone(), ty: ty.clone(), sized });
            return Some(parameter(name));
        }
        let mut ty = ty.clone();
        match &mut ty {
            Type::Paren(inner) => *inner.elem = self.said(&inner.elem, sized, outside)?,
            Type::Group(inner) => *inner.elem = self.said(&inner.elem, sized, outside)?,
            Type::Slice(inner) => *inner.elem = self.said(&inner.elem, true, outside)?,
            Type::Tuple(tuple) => {
                for element in &mut tuple.elems {
                    *element = self.said(element, true, outside)?;
                }
            }
            Type::Reference(reference) if outside.is_inside(reference.lifetime.as_ref()) => {
                *reference.elem = self.said(&reference.elem, false, outside)?;
            }
            Type::Path(path) => self.borrowing(path, outside)?,
            _ => return None,
        }
        Some(ty)
    }

    /// `Cow<'_, str>`, `Result<&str, Failed>`.
    fn borrowing(&mut self, path: &mut TypePath, outside: &Outside) -> Option<()> {
        // Whatever is found by way of a type may be the function's own.
        let by_module =
            path.path.segments.iter().rev().skip(1).all(|segment| !segment.ident.to_string().starts_with(char::is_uppercase));
        let last = path.path.segments.last_mut().filter(|_| by_module && path.qself.is_none())?;
        let takes_sized = ["Result", "Option", "Vec"].iter().any(|name| last.ident == name);
        let PathArguments::AngleBracketed(generics) = &mut last.arguments else { return None };
        for argument in &mut generics.args {
            match argument {
                GenericArgument::Lifetime(lifetime) if outside.is_inside(Some(lifetime)) => {}
                GenericArgument::Type(ty) if takes_sized || is_primitive(ty) || !outside.can_say(ty) => {
                    *ty = self.said(ty, true, outside)?;
                }
                _ => return None,
            }
        }
        Some(())
    }
}

/// `fmt::Formatter`: a parameter is no module's.
fn is_by_module(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    path.qself.is_none()
        && path.path.segments.len() > 1
        && by_module(&path.path)
        && last.is_some_and(|last| last.arguments.is_none())
}

/// What is found by way of a type may be the function's own.
fn by_module(path: &Path) -> bool {
    path.segments.iter().rev().skip(1).all(|segment| !segment.ident.to_string().starts_with(char::is_uppercase))
}

fn parameter(name: Ident) -> Type {
    Type::Path(TypePath { attrs: Vec::new(), qself: None, path: Path::from(name) })
}

/// `(…) -> …` behind the trait's name.
fn arguments(path: &Path) -> Option<&ParenthesizedGenericArguments> {
    match path.segments.last() {
        Some(PathSegment { arguments: PathArguments::Parenthesized(arguments), .. }) => Some(arguments),
        _ => None,
    }
}

/// What is outside of a closure's own arguments, with the `for<'a>` that stands between.
struct Outside(Option<BoundLifetimes>);

impl Outside {
    /// Whether the type can be said without the closure's arguments, from which it would borrow.
    fn can_say(&self, ty: &Type) -> bool {
        let mut borrows = Borrows { outside: self, found: false };
        borrows.visit_type(ty);
        !borrows.found
    }

    /// Whether the lifetime is the closure's: elided, or one of `for<…>`.
    fn is_inside(&self, lifetime: Option<&Lifetime>) -> bool {
        lifetime.is_none_or(|lifetime| lifetime.ident == "_" || self.binds(lifetime))
    }

    fn binds(&self, lifetime: &Lifetime) -> bool {
        let bound = self.0.iter().flat_map(|bound| &bound.lifetimes);
        bound.into_iter().any(|parameter| matches!(parameter, GenericParam::Lifetime(bound) if bound.lifetime == *lifetime))
    }
}

struct Borrows<'a> {
    outside: &'a Outside,
    found: bool,
}

impl<'a> Visit<'a> for Borrows<'_> {
    fn visit_type_reference(&mut self, reference: &'a TypeReference) {
        self.found |= self.outside.is_inside(reference.lifetime.as_ref());
        syn::visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        self.found |= self.outside.is_inside(Some(lifetime));
    }

    /// What is elided in there is its own.
    fn visit_parenthesized_generic_arguments(&mut self, _: &'a ParenthesizedGenericArguments) {
        self.found |= self.outside.0.is_some();
    }

    fn visit_type_fn_ptr(&mut self, _: &'a TypeFnPtr) {
        self.found |= self.outside.0.is_some();
    }
}
