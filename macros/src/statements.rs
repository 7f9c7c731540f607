//! Attributes on statements. The body of a function is tokens, and stays so: our attributes are looked for among them, at any depth, and only
//! a statement that has one is read.
//!
//! ```text
//! // Input:
//! #[sampling_tool(name = call.name)]
//! let result = dispatch(call).await?;
//!
//! // Output: one expression in the place of the call, so that temporaries live as in the bare statement.
//! let result = ::samplescope::__private::sampling_tool(&Site { … }, |__span| { … })
//!     .__ss_entered()
//!     .__ss_run(dispatch(call), |mut __called| __called.__ss_value(|__returned| { … }))
//!     .await?;
//! ```

use crate::args;
use crate::captures;
use crate::depth;
use crate::expand::{self, Statement};
use crate::fallback::Errors;
use crate::level::Level;
use crate::model::Macro;
use crate::spine::{self, Found, Place};
use crate::validate::{self, Subject};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use std::collections::HashSet;
use syn::{Error, Path};

/// The item with its statements expanded, and what is wrong with any of them. One without such statements is the same, token for token.
pub(crate) fn expand(item: TokenStream, renamed: Option<&Path>) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let function = name(&tokens);
    match (function, tokens.pop()) {
        (Some(function), Some(TokenTree::Group(body))) if is_body(&body) && has_any(body.stream()) => {
            let this = moved_self(body.stream());
            let mut walk = Walk { function, renamed, errors: &mut errors, this, gone: Vec::new() };
            let body = walk.walk(body);
            tokens.push(TokenTree::Group(walk.mentioned(body)));
            (tokens.into_iter().collect(), errors)
        }
        _ => (item, errors),
    }
}

/// Whether the attribute is the copy of one that stood on a statement: see [`expand::statement`].
pub(crate) fn is_used_up(arguments: &TokenStream) -> bool {
    matches!(arguments.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "__ss_used")
}

/// What stands behind `fn`, if the item is a function.
fn name(item: &[TokenTree]) -> Option<String> {
    let at = item.iter().position(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))?;
    match item.get(at + 1)? {
        TokenTree::Ident(name) => Some(captures::plain(name)),
        _ => None,
    }
}

/// Braces; those that a macro was given as a block have invisible brackets around them.
fn is_body(group: &Group) -> bool {
    matches!(group.delimiter(), Delimiter::Brace | Delimiter::None)
}

/// Whether one of our attributes may stand among the tokens, at any depth. Without recursion, since nobody knows yet how deep that is.
fn has_any(body: TokenStream) -> bool {
    let mut open = vec![body.into_iter()];
    let mut after_hash = false;
    while let Some(tokens) = open.last_mut() {
        let Some(token) = tokens.next() else {
            open.pop();
            continue;
        };
        let is_hash = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '#');
        if let TokenTree::Group(group) = token {
            if after_hash && group.delimiter() == Delimiter::Bracket && Attribute::of(&group).is_some() {
                return true;
            }
            open.push(group.stream().into_iter());
        }
        after_hash = is_hash;
    }
    false
}

/// `__self` of `let __self = self;`.
fn moved_self(body: TokenStream) -> Option<Ident> {
    let mut open = vec![body];
    while let Some(tokens) = open.pop() {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for window in tokens.windows(3) {
            if let [TokenTree::Ident(this), TokenTree::Punct(mark), TokenTree::Ident(own)] = window {
                if this == "__self" && mark.as_char() == '=' && own == "self" {
                    return Some(this.clone());
                }
            }
        }
        open.extend(tokens.into_iter().filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        }));
    }
    None
}

/// The arguments with `self` by that name.
fn with_self(arguments: TokenStream, this: &Ident) -> TokenStream {
    let renamed = arguments.into_iter().map(|token| match token {
        TokenTree::Ident(word) if word == "self" => {
            let mut this = this.clone();
            this.set_span(this.span().located_at(word.span()));
            TokenTree::Ident(this)
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), with_self(group.stream(), this));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        token => token,
    });
    renamed.collect()
}

/// An attribute of ours.
pub(crate) struct Attribute {
    kind: Macro,
    path: TokenStream,
    /// The last word of the path.
    span: Span,
    arguments: TokenStream,
}

impl Attribute {
    /// None if it is somebody else's.
    pub(crate) fn of(brackets: &Group) -> Option<Self> {
        let tokens: Vec<TokenTree> = brackets.stream().into_iter().collect();
        match &tokens[..] {
            // What a macro was given as one attribute has invisible brackets around it.
            [TokenTree::Group(inner)] if inner.delimiter() == Delimiter::None => Attribute::of(inner),
            tokens => Attribute::written(tokens),
        }
    }

    fn written(tokens: &[TokenTree]) -> Option<Self> {
        let (path, arguments) = match tokens {
            [path @ .., TokenTree::Group(arguments)] => (path, arguments.stream()),
            path => (path, TokenStream::new()),
        };
        let TokenTree::Ident(last) = path.last()? else { return None };
        let is_path = path.iter().all(|token| match token {
            TokenTree::Ident(_) => true,
            TokenTree::Punct(mark) => matches!(mark.as_char(), ':' | '$'),
            _ => false,
        });
        let kind = Macro::ALL.into_iter().find(|kind| *last == kind.to_string())?;
        let path = path.iter().cloned().collect();
        is_path.then(|| Attribute { kind, path, span: last.span(), arguments })
    }
}

struct Walk<'a> {
    function: String,
    renamed: Option<&'a Path>,
    errors: &'a mut Errors,
    /// What `self` is called in the body, where `#[async_trait]` above has moved it: everywhere but in attributes.
    this: Option<Ident>,
    /// The paths of the attributes that something is wrong with.
    gone: Vec<TokenStream>,
}

/// The tokens between two brackets, and what of ours is among them.
struct Inside {
    level: Level,
    /// A statement whose call stands at this level, or further in.
    annotated: Option<Annotated>,
    /// What was done when its call began.
    before: Option<Vec<TokenTree>>,
    /// What stands here is somebody else's macro, which may make anything of it.
    in_macro: bool,
}

/// A statement of which everything is known.
struct Annotated {
    attribute: Attribute,
    found: Found,
}

impl Inside {
    fn new(brackets: Group, annotated: Option<Annotated>, in_macro: bool) -> Self {
        let mut level = Level::new(brackets);
        if annotated.is_some() {
            level.change();
        }
        Inside { level, annotated, before: None, in_macro }
    }

    /// The statement's call, if it is at this level.
    fn call(&self) -> Option<std::ops::Range<usize>> {
        let found = &self.annotated.as_ref()?.found;
        found.inside.is_empty().then(|| found.call.clone())
    }

    /// The statement whose call is in the brackets that come next.
    fn further_in(&mut self) -> Option<Annotated> {
        let next = *self.annotated.as_ref()?.found.inside.first()?;
        if next != self.level.at {
            return None;
        }
        let mut annotated = self.annotated.take()?;
        annotated.found.inside.remove(0);
        Some(annotated)
    }
}

impl Walk<'_> {
    fn walk(&mut self, body: Group) -> Group {
        let mut above: Vec<Inside> = Vec::new();
        let mut inside = Inside::new(body, None, false);
        loop {
            match inside.call() {
                Some(call) if inside.level.at == call.start && inside.before.is_none() => {
                    inside.before = Some(std::mem::take(&mut inside.level.done));
                }
                Some(call) if inside.level.at == call.end => self.call_is_read(&mut inside),
                _ => {}
            }
            match inside.level.tokens.get(inside.level.at).cloned() {
                Some(TokenTree::Punct(mark))
                    if mark.as_char() == '#' && starts_attribute(&inside.level.tokens, inside.level.at) =>
                {
                    self.attributes(&mut inside);
                }
                Some(TokenTree::Group(group)) => {
                    let annotated = inside.further_in();
                    let in_macro = inside.in_macro || is_in_foreign_macro(&inside.level.tokens, inside.level.at);
                    above.push(std::mem::replace(&mut inside, Inside::new(group, annotated, in_macro)));
                }
                Some(token) => {
                    inside.level.done.push(token);
                    inside.level.at += 1;
                }
                None => {
                    let Some(outer) = above.pop() else { return inside.level.closed(None) };
                    let inner = std::mem::replace(&mut inside, outer);
                    inside.level.behind(inner.level);
                }
            }
        }
    }

    /// At attributes, of which one may be ours.
    fn attributes(&mut self, inside: &mut Inside) {
        let start = inside.level.at;
        let mut others: Vec<TokenTree> = Vec::new();
        let mut ours: Vec<Attribute> = Vec::new();
        let mut at = start;
        while starts_attribute(&inside.level.tokens, at) {
            match &inside.level.tokens[at + 1] {
                TokenTree::Group(brackets) => match Attribute::of(brackets) {
                    Some(attribute) => ours.push(attribute),
                    None => others.extend(inside.level.tokens[at..at + 2].iter().cloned()),
                },
                _ => unreachable!("an attribute is a `#` and its brackets"),
            }
            at += 2;
        }
        if ours.is_empty() || spine::starts_item(&inside.level.tokens[at..]) {
            let end = if ours.is_empty() { at } else { end_of_item(&inside.level.tokens, at) };
            inside.level.done.extend(inside.level.tokens[start..end].iter().cloned());
            inside.level.at = end;
            return;
        }
        inside.level.change();
        inside.level.done.extend(others);
        inside.level.at = at;
        match found(&inside.level, start, &ours) {
            Ok(found) => inside.annotated = ours.pop().map(|attribute| Annotated { attribute, found }),
            Err(error) => {
                self.errors.push(error);
                self.gone.extend(ours.into_iter().map(|attribute| attribute.path));
            }
        }
    }

    /// Behind the call: what was done since it began becomes the expression in its place.
    fn call_is_read(&mut self, inside: &mut Inside) {
        let Some(Annotated { attribute, found }) = inside.annotated.take() else { return };
        let call = std::mem::replace(&mut inside.level.done, inside.before.take().unwrap_or_default());
        let bare = &inside.level.tokens[found.call.clone()];
        let Attribute { kind, path, arguments, span } = attribute;
        let arguments = match &self.this {
            Some(this) if depth::too_deep(arguments.clone()).is_none() => with_self(arguments, this),
            _ => arguments,
        };
        let (args, mut errors) = args::parse(kind, arguments);
        let subject = Subject { name: found.name.unwrap_or_else(|| self.function.clone()), function: None };
        let mut model = validate::arguments(kind, args, Some(&subject), &mut errors);
        if model.renamed.is_none() {
            model.renamed = self.renamed.cloned();
        }
        let waits = Waits::of(bare);
        if let Some(second) = waits.at {
            errors.push(second_await(kind, second));
        }
        let Found { awaited, expected, call: place, .. } = found;
        match errors.into_result() {
            Ok(()) => {
                // What is no future is what the call does: it has to be inside.
                let is_entered = !awaited || !(waits.may || (inside.in_macro && waits.tries));
                let at = bare.last().map_or(span, TokenTree::span);
                let awaited = inside.level.tokens.get(place.end + 1).map(TokenTree::span).filter(|_| awaited);
                let (name, call) = (subject.name, call.into_iter().collect());
                inside
                    .level
                    .done
                    .extend(expand::statement(&model, Statement { name, path, at, call, is_entered, awaited, expected }));
            }
            Err(error) => {
                self.errors.push(error);
                self.gone.push(path);
                inside.level.done.extend(call);
            }
        }
    }

    /// The body with every attribute that is gone mentioned: whoever imports it is to hear of the error alone.
    fn mentioned(&self, body: Group) -> Group {
        if self.gone.is_empty() {
            return body;
        }
        let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
        if let ([TokenTree::Group(inner)], Delimiter::None) = (&tokens[..], body.delimiter()) {
            return self.mentioned(inner.clone());
        }
        // Behind `#![…]`, which comes first.
        let inner = tokens.chunks(3).take_while(|chunk| matches!(chunk, [_, TokenTree::Punct(mark), _] if mark.as_char() == '!'));
        let (attributes, rest) = tokens.split_at(3 * inner.count());
        let mut seen = HashSet::new();
        let gone = self.gone.iter().filter(|path| seen.insert(path.to_string()));
        let mentioned = gone.map(expand::used).collect::<TokenStream>();
        let all = attributes.iter().cloned().chain(mentioned).chain(rest.iter().cloned());
        let mut mentions = Group::new(body.delimiter(), all.collect());
        mentions.set_span(body.span());
        mentions
    }
}

/// The call that the attribute is about, if that is one, and the attribute is.
fn found(level: &Level, start: usize, ours: &[Attribute]) -> Result<Found, Error> {
    let [attribute] = ours else {
        let (kind, other) = (ours[1].kind, ours[0].kind);
        let apart = format!("Put the one around the other, as in `#[{other}] async {{ #[{kind}] call().await }}.await`");
        return Err(validate::two_of_ours("call", other, kind, ours[1].span, &apart));
    };
    let place = place(level, start);
    if place == Place::Statement || is_behind_comma(level, start) {
        not_an_arm(attribute, &level.tokens, level.at)?;
    }
    spine::find(attribute.kind, &level.tokens, level.at, place)
}

pub(crate) fn starts_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let is_hash = matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == '#');
    is_hash && matches!(tokens.get(at + 1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket)
}

/// Behind its body, or its semicolon.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(mark) => mark.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    tokens[start..].iter().position(ends).map_or(tokens.len(), |end| start + end + 1)
}

/// A statement begins where braces do, and behind another.
fn place(level: &Level, start: usize) -> Place {
    if level.brackets.delimiter() != Delimiter::Brace {
        return Place::Direct;
    }
    match start.checked_sub(1).map(|before| &level.tokens[before]) {
        None => Place::Statement,
        Some(TokenTree::Punct(mark)) if mark.as_char() == ';' => Place::Statement,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Place::Statement,
        _ => Place::Direct,
    }
}

fn is_behind_comma(level: &Level, start: usize) -> bool {
    let comma = |before: usize| matches!(&level.tokens[before], TokenTree::Punct(mark) if mark.as_char() == ',');
    level.brackets.delimiter() == Delimiter::Brace && start.checked_sub(1).is_some_and(comma)
}

/// Whether the brackets there are those of a macro that is none of the standard library's.
fn is_in_foreign_macro(tokens: &[TokenTree], at: usize) -> bool {
    foreign_macro(tokens, at).is_some_and(|name| !KNOWN.contains(&&*name))
}

/// `name!(…)`, at the brackets.
fn foreign_macro(tokens: &[TokenTree], at: usize) -> Option<String> {
    match tokens.get(at.checked_sub(2)?..at)? {
        [TokenTree::Ident(name), TokenTree::Punct(mark)] if mark.as_char() == '!' => Some(name.to_string()),
        _ => None,
    }
}

/// Macros that make nothing of an expression but its value.
const KNOWN: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "concat",
    "dbg",
    "debug_assert",
    "env",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "json",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "println",
    "stringify",
    "todo",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Macros that wait, though no `.await` is to be seen.
const WAITING: &[&str] = &["join", "pending", "poll", "select", "select_biased", "try_join"];

/// Macros whose tokens are an `async` block's.
const ASYNC: &[&str] = &["stream", "try_stream"];

/// Whether the evaluation of an expression is interrupted.
struct Waits {
    /// It is, here.
    at: Option<Span>,
    /// It may be: only the macro in it knows.
    may: bool,
    /// It may be left by a `?`.
    tries: bool,
}

impl Waits {
    fn of(expression: &[TokenTree]) -> Self {
        let mut waits = Waits { at: None, may: false, tries: false };
        let mut open: Vec<(Vec<TokenTree>, usize)> = vec![(expression.to_vec(), 0)];
        while let Some((tokens, at)) = open.last_mut() {
            let Some(token) = tokens.get(*at) else {
                open.pop();
                continue;
            };
            let here = *at;
            *at += 1;
            match token {
                TokenTree::Ident(word) if word == "async" || word == "fn" => *at = behind_function(tokens, here),
                TokenTree::Ident(word) if word == "yield" => waits.at = waits.at.or(Some(word.span())),
                TokenTree::Ident(word) if word == "await" && is_field(tokens, here) => waits.at = waits.at.or(Some(word.span())),
                TokenTree::Punct(mark) if mark.as_char() == '?' => waits.tries = true,
                TokenTree::Group(group) => {
                    let group = group.clone();
                    let name = foreign_macro(tokens, here);
                    match name.as_deref() {
                        Some(name) if ASYNC.contains(&name) => continue,
                        Some(name) if WAITING.contains(&name) => waits.at = waits.at.or(Some(tokens[here - 2].span())),
                        Some(name) => waits.may |= !KNOWN.contains(&name),
                        None => {}
                    }
                    open.push((group.stream().into_iter().collect(), 0));
                }
                _ => {}
            }
        }
        waits
    }
}

fn is_field(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(mark) if mark.as_char() == '.')
}

/// Behind an `async` block, closure or function, which waits for itself.
fn behind_function(tokens: &[TokenTree], start: usize) -> usize {
    let mut is_closure = false;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            TokenTree::Punct(mark) if matches!(mark.as_char(), ',' | ';') => return at,
            TokenTree::Punct(mark) if mark.as_char() == '|' => is_closure = true,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !is_closure => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn second_await(kind: Macro, at: Span) -> Error {
    let says = format!(
        "a second `.await` within the call, and `#[{kind}]` is one call: give what it waits for a name before, \
         or write `async {{ … }}.await` around both"
    );
    Error::new(at, says)
}

/// What stands before `=>` is a pattern.
fn not_an_arm(attribute: &Attribute, tokens: &[TokenTree], at: usize) -> Result<(), Error> {
    let mut before = tokens[at..].iter().take_while(|token| {
        !matches!(token, TokenTree::Punct(mark) if matches!(mark.as_char(), ',' | ';'))
            && !matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    });
    let mut after_equal = false;
    let is_arm = before.any(|token| {
        let mark = if let TokenTree::Punct(mark) = token { mark.as_char() } else { ' ' };
        std::mem::replace(&mut after_equal, mark == '=') && mark == '>'
    });
    if is_arm {
        let kind = attribute.kind;
        let says = format!("`#[{kind}]` goes directly before the call in a match arm: write `pattern => #[{kind}] call().await`");
        return Err(Error::new(attribute.span, says));
    }
    Ok(())
}
