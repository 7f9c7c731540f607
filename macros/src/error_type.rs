//! `#[derive(ErrorType)]`: the pipeline of the attributes, for one item.
//!
//! ```text
//! item → DeriveInput → options, then labels → Model → expand → tokens
//! ```
//!
//! Where a label is wrong, the variant's own name takes its place, so that whatever needs the trait still compiles.

mod expand;

use crate::fallback::Errors;
use crate::nearest::nearest;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Generics, LitStr, Member, Meta, Path, Result, Token};

/// What the expansion may rely on.
struct Model {
    name: Ident,
    generics: Generics,
    /// The path of the facade, where it is not `::samplescope`.
    renamed: Option<Path>,
    kind: Kind,
}

enum Kind {
    Struct(Label),
    Enum(Vec<(Ident, Label)>),
}

/// What `error.type` says.
enum Label {
    Text(String),
    /// What the only field says of itself; with the field's name or place.
    Asked(Member),
}

/// What all `#[error_type(…)]` on one thing say together.
#[derive(Default)]
struct Options {
    label: Option<Written>,
    renamed: Option<Path>,
}

/// A label, with its place.
enum Written {
    Text(LitStr),
    Transparent(Span),
}

impl Written {
    fn span(&self) -> Span {
        match self {
            Written::Text(text) => text.span(),
            Written::Transparent(span) => *span,
        }
    }
}

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let model = syn::parse2(item).map_err(|error| errors.push(error)).ok().and_then(|item| model(item, &mut errors));
    let mut tokens = errors.into_tokens();
    tokens.extend(model.map(|model| expand::expand(&model)));
    tokens
}

fn model(item: DeriveInput, errors: &mut Errors) -> Option<Model> {
    let DeriveInput { attrs, ident: name, generics, data, .. } = item;
    let own = options(&attrs, errors);
    let kind = match data {
        Data::Struct(data) => {
            nothing_on_fields(&data.fields, errors);
            Kind::Struct(label(own.label, &data.fields, name.unraw().to_string(), errors))
        }
        Data::Enum(data) => {
            if let Some(label) = own.label {
                errors.push(Error::new(label.span(), "an enum has a label for each of its variants: put this one on a variant"));
            }
            Kind::Enum(data.variants.iter().map(|variant| variant_label(&name, variant, errors)).collect())
        }
        Data::Union(data) => {
            let says = "`ErrorType` cannot be derived for a union, which does not know what it holds: implement it by hand";
            errors.push(Error::new(data.union_token.span, says));
            return None;
        }
    };
    Some(Model { name, generics, renamed: own.renamed, kind })
}

fn variant_label(name: &Ident, variant: &syn::Variant, errors: &mut Errors) -> (Ident, Label) {
    let options = options(&variant.attrs, errors);
    if let Some(path) = &options.renamed {
        errors.push(Error::new(path.span(), "`crate = …` goes above the enum: it holds for every variant"));
    }
    nothing_on_fields(&variant.fields, errors);
    let qualified = format!("{}::{}", name.unraw(), variant.ident.unraw());
    (variant.ident.clone(), label(options.label, &variant.fields, qualified, errors))
}

/// What was written, if it can be, else the name.
fn label(written: Option<Written>, fields: &Fields, name: String, errors: &mut Errors) -> Label {
    match written {
        None => Label::Text(name),
        Some(Written::Text(text)) => {
            let value = text.value();
            if value.is_empty() || value.trim() != value {
                let says = format!("a label is a word that metrics carry, as in `\"timeout\"`; leave it out for `{name}`");
                errors.push(Error::new(text.span(), says));
            }
            Label::Text(value)
        }
        Some(Written::Transparent(at)) => match fields.members().collect::<Vec<_>>().as_slice() {
            [only] => Label::Asked(only.clone()),
            members => {
                let says = format!(
                    "`transparent` asks the only field, and here are {}: write a label of its own, as in `#[error_type(\"timeout\")]`",
                    members.len()
                );
                errors.push(Error::new(at, says));
                Label::Text(name)
            }
        },
    }
}

fn nothing_on_fields(fields: &Fields, errors: &mut Errors) {
    for attribute in fields.iter().flat_map(|field| &field.attrs).filter(|attribute| is_ours(attribute)) {
        let says = "`#[error_type]` goes on the variant or the struct, not on a field; `transparent` there asks the field";
        errors.push(Error::new(attribute.path().span(), says));
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("error_type")
}

fn options(attributes: &[Attribute], errors: &mut Errors) -> Options {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|attribute| is_ours(attribute)) {
        let read = match &attribute.meta {
            Meta::List(list) => list.parse_args_with(|input: ParseStream<'_>| read(input, &mut options, errors)),
            Meta::Path(path) => Err(Error::new(path.span(), format!("a label is missing: write {WRITE}"))),
            Meta::NameValue(pair) => Err(Error::new(pair.eq_token.span, format!("a label stands in parentheses: write {WRITE}"))),
        };
        if let Err(error) = read {
            errors.push(error);
        }
    }
    options
}

const WRITE: &str = "`#[error_type(\"timeout\")]` or `#[error_type(transparent)]`";

/// `"label"`, `transparent`, `crate = path`, with commas between.
fn read(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> Result<()> {
    if input.is_empty() {
        return Err(input.error(format!("a label is missing: write {WRITE}")));
    }
    while !input.is_empty() {
        option(input, options, errors)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn option(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> Result<()> {
    let at = input.span();
    if input.peek(LitStr) {
        one_label(Written::Text(input.parse()?), options, errors);
    } else if input.peek(Token![crate]) {
        input.parse::<Token![crate]>()?;
        let path = input.parse::<Token![=]>().and_then(|_| input.parse());
        options.renamed =
            Some(path.map_err(|_| Error::new(at, "`crate` needs a path: write `crate = ::my_crate::samplescope`"))?);
    } else {
        let word: TokenTree = input.parse()?;
        if word.to_string() != "transparent" {
            return Err(Error::new(at, unknown(&word)));
        }
        one_label(Written::Transparent(at), options, errors);
    }
    Ok(())
}

fn one_label(label: Written, options: &mut Options, errors: &mut Errors) {
    if let Some(first) = &options.label {
        errors.push(Error::new(label.span(), "a second label: remove one of the two"));
        errors.push(Error::new(first.span(), "the first label is here"));
    } else {
        options.label = Some(label);
    }
}

fn unknown(word: &TokenTree) -> String {
    let text = word.to_string();
    match (word, nearest(&text, ["transparent", "crate"])) {
        (TokenTree::Ident(_), Some(near)) => format!("unknown option `{text}`, did you mean `{near}`?"),
        (TokenTree::Ident(_), None) => format!("a label is a string: write `\"{text}\"`, or `transparent` to ask the only field"),
        _ => format!("a label is a string: write {WRITE}"),
    }
}
