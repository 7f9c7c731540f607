//! Where in a statement the call stands that the attribute is about: on the spine of its expression, and nowhere else.
//!
//! ```text
//! statement  = "let" pattern [ ":" type ] "=" value [ "else" block ]  |  value
//! value      = ( "return" | "break" [ label ] ) value  |  operand { "as" type } [ assignment value ]
//! operand    = { "&" [ "mut" ] | "*" | "!" | "-" } atom { "?" | "." field | "." method | ".await" | call | index }
//! atom       = path | "(" value ")" | "match" value block | "if" "let" pattern "=" value block … | "async" block | …
//! ```
//!
//! Read as tokens: what stands in the arguments of a macro need not be Rust, and what is half typed is none yet.

use crate::captures::plain;
use crate::depth;
use crate::model::Macro;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use std::ops::Range;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Pat, Type};

/// The call.
pub(crate) struct Found {
    /// The brackets to go into, from outside in: which token each is of its level.
    pub(crate) inside: Vec<usize>,
    /// Its tokens, on the level that leads to.
    pub(crate) call: Range<usize>,
    /// Whether `.await` stands behind it.
    pub(crate) awaited: bool,
    /// What is called, by its last name.
    pub(crate) name: Option<String>,
    /// What a `let` says that comes out of it.
    pub(crate) expected: Option<Expected>,
}

/// The type that a `let` gives what it binds.
pub(crate) struct Expected {
    pub(crate) ty: TokenStream,
    /// Whether a `?` stands between.
    pub(crate) tried: bool,
}

/// Where the attribute stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// On a statement, and so on all of its expression.
    Statement,
    /// Directly before a call, wherever that is.
    Direct,
}

/// The call in what follows the attribute, or what is wrong with it and what to write.
pub(crate) fn find(kind: Macro, tokens: &[TokenTree], at: usize, place: Place) -> Result<Found, Error> {
    let mut spine = Spine { kind, tokens, at, depth: 0 };
    if !spine.is_word("let") {
        let value = spine.value(Braces::MayBeStruct)?;
        spine.nothing_else(place, value.is_block)?;
        return value.found;
    }
    spine.at += 1;
    spine.skip::<Pattern>()?;
    let ty = if spine.is_mark(':') {
        spine.at += 1;
        let start = spine.at;
        spine.skip::<Type>()?;
        Some(tokens[start..spine.at].iter().cloned().collect())
    } else {
        None
    };
    if !spine.is_mark('=') {
        return Err(spine.no_call("a `let` without a value"));
    }
    spine.at += 1;
    let start = spine.at;
    let value = spine.value(Braces::MayBeStruct)?;
    if !spine.is_word("else") {
        spine.nothing_else(place, false)?;
    }
    let mut found = value.found?;
    let behind = found.call.end + if found.awaited { 2 } else { 0 };
    let behind = tokens.get(behind..spine.at).unwrap_or_default();
    let is_tried = matches!(behind, [TokenTree::Punct(mark)] if mark.as_char() == '?');
    if found.inside.is_empty() && found.call.start == start && (behind.is_empty() || is_tried) {
        found.expected = ty.map(|ty| Expected { ty, tried: is_tried });
    }
    Ok(found)
}

/// Whether an item begins there, which keeps its attribute.
pub(crate) fn starts_item(tokens: &[TokenTree]) -> bool {
    let word = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    match &*word(0) {
        "fn" | "pub" | "struct" | "enum" | "impl" | "trait" | "mod" | "use" | "type" | "extern" | "macro_rules" => true,
        "static" => !matches!(&*word(1), "move" | "") || word(2) == "mut",
        "async" => matches!(&*word(1), "fn" | "unsafe" | "extern"),
        "const" => !matches!(&*word(1), "" | "async" | "move") || matches!(&*word(2), "fn" | "unsafe"),
        "unsafe" | "union" | "safe" | "auto" => !word(1).is_empty(),
        _ => false,
    }
}

struct Spine<'a> {
    kind: Macro,
    tokens: &'a [TokenTree],
    at: usize,
    /// How often it has called itself.
    depth: usize,
}

/// Whether braces behind a path are a struct's, or the block that the expression stands before.
#[derive(Clone, Copy, PartialEq)]
enum Braces {
    MayBeStruct,
    AreABlock,
}

/// An expression that was read to its end.
struct Value {
    found: Result<Found, Error>,
    /// It ends in a block, and so a statement may end there.
    is_block: bool,
}

/// What an expression begins with.
struct Atom {
    /// What it is called, if it is called.
    name: Option<String>,
    /// The call, if it is on a spine that leads into it.
    inner: Option<Result<Found, Error>>,
    is_block: bool,
    /// What it is if it is not called.
    what: &'static str,
}

struct Pattern;

impl syn::parse::Parse for Pattern {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Pat::parse_multi_with_leading_vert(input).map(|_| Pattern)
    }
}

impl Spine<'_> {
    fn value(&mut self, braces: Braces) -> Result<Value, Error> {
        // `return return x` would be Rust: nothing here calls itself for what only repeats.
        while self.is_word("return") || self.is_word("break") {
            let may_have_label = self.is_word("break");
            self.at += 1;
            if may_have_label && self.is_mark('\'') {
                self.at += 2;
            }
        }
        let mut value = self.operand(braces)?;
        while self.is_word("as") {
            self.at += 1;
            self.skip::<Type>()?;
            value.is_block = false;
        }
        while let Some(length) = self.assignment() {
            self.at += length;
            value = self.operand(braces)?;
            value.is_block = false;
        }
        Ok(value)
    }

    /// A value within one.
    fn deeper(&mut self, braces: Braces) -> Result<Value, Error> {
        if self.depth == depth::DEPTH {
            return Err(self.too_deep(self.span()));
        }
        self.depth += 1;
        let value = self.value(braces);
        self.depth -= 1;
        value
    }

    fn operand(&mut self, braces: Braces) -> Result<Value, Error> {
        while self.is_mark('&') || self.is_mark('*') || self.is_mark('!') || self.is_mark('-') || self.is_word("mut") {
            self.at += 1;
        }
        let (start, first) = (self.at, self.span());
        let atom = self.atom(braces)?;
        let mut calls: Vec<(usize, Option<String>)> = Vec::new();
        let mut awaits: Vec<usize> = Vec::new();
        if atom.name.is_some() && self.tokens.get(self.at - 1).is_some_and(is_group) {
            calls.push((self.at, atom.name.clone()));
        }
        let mut last = atom.name;
        let behind = self.at;
        loop {
            match self.tokens.get(self.at) {
                Some(TokenTree::Punct(mark)) if mark.as_char() == '?' => self.at += 1,
                Some(TokenTree::Punct(mark)) if mark.as_char() == '.' && !self.is_mark_at(self.at + 1, '.') => {
                    let dot = self.at;
                    self.at += 2;
                    match self.tokens.get(dot + 1) {
                        Some(TokenTree::Ident(word)) if word == "await" => awaits.push(dot),
                        Some(TokenTree::Ident(word)) => {
                            last = Some(plain(word));
                            if self.is_mark(':') && self.is_mark_at(self.at + 1, ':') && self.is_mark_at(self.at + 2, '<') {
                                self.at += 2;
                                self.generics()?;
                            }
                        }
                        Some(TokenTree::Literal(_)) => last = None,
                        _ => return Err(self.half_typed(dot)),
                    }
                }
                // Behind a block the next statement begins.
                Some(TokenTree::Group(_)) if atom.is_block && self.at == behind => break,
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                    self.at += 1;
                    calls.push((self.at, last.clone()));
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                    self.at += 1;
                    last = None;
                }
                _ => break,
            }
        }
        let is_block = atom.is_block && self.at == behind;
        Ok(Value { found: self.chosen(start, first, atom.inner, atom.what, &calls, &awaits), is_block })
    }

    /// Which of the calls on this level it is, or whether it is one further in.
    fn chosen(
        &self,
        start: usize,
        first: Span,
        inner: Option<Result<Found, Error>>,
        what: &'static str,
        calls: &[(usize, Option<String>)],
        awaits: &[usize],
    ) -> Result<Found, Error> {
        if let [_, second, ..] = awaits {
            let at = self.tokens.get(second + 1).map_or(first, TokenTree::span);
            return Err(self.says(at, "two `.await`s are not one call"));
        }
        if let [dot] = awaits {
            let name = calls.iter().rev().find(|(end, _)| end <= dot).and_then(|(_, name)| name.clone());
            return Ok(Found { inside: Vec::new(), call: start..*dot, awaited: true, name, expected: None });
        }
        match inner {
            Some(inner) if calls.len() < 2 || inner.as_ref().is_ok_and(|inner| inner.awaited) => return inner,
            _ => {}
        }
        match calls.last() {
            Some((end, name)) => {
                Ok(Found { inside: Vec::new(), call: start..*end, awaited: false, name: name.clone(), expected: None })
            }
            None => Err(self.says(first, &format!("{what} is not one call"))),
        }
    }

    fn atom(&mut self, braces: Braces) -> Result<Atom, Error> {
        let Some(token) = self.tokens.get(self.at) else { return Err(self.no_call("nothing")) };
        let simple = |what: &'static str| Atom { name: None, inner: None, is_block: false, what };
        match token {
            TokenTree::Literal(_) => {
                self.at += 1;
                Ok(simple("a literal"))
            }
            TokenTree::Group(group) => self.group(group),
            TokenTree::Punct(mark) => match mark.as_char() {
                '<' => {
                    self.generics()?;
                    self.path(braces)
                }
                ':' | '$' => self.path(braces),
                '|' => Err(self.no_call("a closure")),
                '\'' => Err(self.no_call("a block with a label")),
                '#' => {
                    let says =
                        format!("`#[{}]` stands before this already, and one call is one span: remove one of the two", self.kind);
                    Err(Error::new(self.span(), says))
                }
                _ => Err(self.no_call("this")),
            },
            TokenTree::Ident(word) => match &*word.to_string() {
                "async" => {
                    self.at += if self.is_word_at(self.at + 1, "move") { 2 } else { 1 };
                    if self.is_brace() {
                        self.at += 1;
                        return Ok(simple("an `async` block without `.await`"));
                    }
                    Err(self.no_call("a closure"))
                }
                "match" => {
                    self.at += 1;
                    let scrutinee = self.deeper(Braces::AreABlock)?;
                    self.block()?;
                    Ok(Atom { inner: Some(scrutinee.found), is_block: true, ..simple("`match`") })
                }
                "if" if self.is_word_at(self.at + 1, "let") => {
                    self.at += 2;
                    self.skip::<Pattern>()?;
                    if !self.is_mark('=') {
                        return Err(self.half_typed(self.at));
                    }
                    self.at += 1;
                    let scrutinee = self.deeper(Braces::AreABlock)?;
                    self.block()?;
                    self.otherwise();
                    Ok(Atom { inner: Some(scrutinee.found), is_block: true, ..simple("`if let`") })
                }
                "if" => Err(self.no_call("`if`")),
                "while" => Err(self.no_call("`while`")),
                "for" => Err(self.no_call("`for`")),
                "loop" => Err(self.no_call("`loop`")),
                "unsafe" | "const" if self.is_brace_at(self.at + 1) => {
                    self.at += 2;
                    Ok(Atom { is_block: true, ..simple("a block") })
                }
                "move" | "static" | "const" => Err(self.no_call("a closure")),
                "continue" => Err(self.no_call("`continue`")),
                "yield" => Err(self.no_call("`yield`")),
                "let" => Err(self.no_call("a `let` in a condition")),
                _ => self.path(braces),
            },
        }
    }

    /// `(value)`, or what a macro was given as one expression; and what stands in other brackets.
    fn group(&mut self, group: &Group) -> Result<Atom, Error> {
        let index = self.at;
        self.at += 1;
        let atom = |inner, is_block, what| Ok(Atom { name: None, inner, is_block, what });
        match group.delimiter() {
            Delimiter::Brace => atom(None, true, "a block"),
            Delimiter::Bracket => atom(None, false, "an array"),
            Delimiter::Parenthesis => atom(self.within(group, index), false, "a tuple"),
            Delimiter::None => atom(self.within(group, index), false, "this"),
        }
    }

    /// The call in brackets that hold one expression and nothing else.
    fn within(&self, group: &Group, index: usize) -> Option<Result<Found, Error>> {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut inner = Spine { kind: self.kind, tokens: &tokens, at: 0, depth: self.depth };
        let value = match inner.deeper(Braces::MayBeStruct) {
            Ok(value) => value,
            Err(error) => return Some(Err(error)),
        };
        if inner.at < tokens.len() {
            return (!inner.is_mark(',')).then(|| Err(inner.not_alone()));
        }
        Some(value.found.map(|mut found| {
            found.inside.insert(0, index);
            found
        }))
    }

    /// `a::b::<C>`, with the brackets of a macro, a function or a struct.
    fn path(&mut self, braces: Braces) -> Result<Atom, Error> {
        let mut name: Option<String> = None;
        loop {
            match self.tokens.get(self.at) {
                Some(TokenTree::Ident(word)) if name.is_none() => {
                    name = Some(plain(word));
                    self.at += 1;
                }
                Some(TokenTree::Punct(mark)) if mark.as_char() == '$' && name.is_none() => self.at += 1,
                Some(TokenTree::Punct(mark)) if mark.as_char() == ':' && self.is_mark_at(self.at + 1, ':') => {
                    self.at += 2;
                    if self.is_mark('<') {
                        self.generics()?;
                    } else if matches!(self.tokens.get(self.at), Some(TokenTree::Ident(_))) {
                        name = None;
                    } else {
                        return Err(self.half_typed(self.at - 1));
                    }
                }
                _ => break,
            }
        }
        let Some(name) = name else { return Err(self.no_call("this")) };
        let mut atom = Atom { name: Some(name), inner: None, is_block: false, what: "a variable" };
        match self.tokens.get(self.at) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                if matches!(atom.name.as_deref(), Some("Ok" | "Some" | "Err")) {
                    atom.inner = Some(self.wrapped(group));
                }
                self.at += 1;
            }
            Some(TokenTree::Punct(mark)) if mark.as_char() == '!' && self.tokens.get(self.at + 1).is_some_and(is_group) => {
                // What is in braces ends a statement, as a block does.
                atom.is_block = self.is_brace_at(self.at + 1);
                self.at += 2;
            }
            Some(TokenTree::Group(group))
                if group.delimiter() == Delimiter::Brace && braces == Braces::MayBeStruct && self.is_struct() =>
            {
                self.at += 1;
                return Ok(Atom { name: None, what: "a struct", ..atom });
            }
            _ => {}
        }
        Ok(atom)
    }

    /// The sole argument of `Ok(…)`.
    fn wrapped(&self, group: &Group) -> Result<Found, Error> {
        let alone = |tokens: &Vec<TokenTree>| {
            let end = tokens.len() - usize::from(matches!(tokens.last(), Some(TokenTree::Punct(mark)) if mark.as_char() == ','));
            tokens[..end].iter().cloned().collect::<TokenStream>()
        };
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut argument = Group::new(Delimiter::Parenthesis, alone(&tokens));
        argument.set_span(group.span());
        let inner = self.within(&argument, self.at);
        inner.unwrap_or_else(|| Err(self.says(group.span(), "a tuple is not one call")))
    }

    /// Braces behind a path are a block's where nothing is called of them.
    fn is_struct(&self) -> bool {
        self.is_mark_at(self.at + 1, '.') || self.is_mark_at(self.at + 1, '?') || self.ends_at(self.at + 1)
    }

    /// `<…>`, in which `->` is no end.
    fn generics(&mut self) -> Result<(), Error> {
        let (start, mut depth, mut arrow) = (self.at, 0_usize, false);
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            let TokenTree::Punct(mark) = token else {
                arrow = false;
                continue;
            };
            match mark.as_char() {
                '<' => depth += 1,
                '>' if !arrow => depth -= 1,
                _ => {}
            }
            arrow = matches!(mark.as_char(), '-' | '=');
            if depth == 0 {
                return Ok(());
            }
        }
        Err(self.half_typed(start))
    }

    /// A pattern or a type.
    fn skip<T: syn::parse::Parse>(&mut self) -> Result<(), Error> {
        let rest: TokenStream = self.rest().iter().take_while(|token| !is_semicolon(token)).cloned().collect();
        let length = rest.clone().into_iter().count();
        if let Some(place) = depth::too_deep(rest.clone()) {
            return Err(self.too_deep(place));
        }
        let parser = |input: ParseStream<'_>| {
            input.parse::<T>()?;
            Ok(input.parse::<TokenStream>()?.into_iter().count())
        };
        let left = parser.parse2(rest)?;
        self.at += length - left;
        Ok(())
    }

    fn block(&mut self) -> Result<(), Error> {
        if self.is_brace() {
            self.at += 1;
            return Ok(());
        }
        Err(self.not_alone())
    }

    /// Every `else` behind an `if`.
    fn otherwise(&mut self) {
        while self.is_word("else") {
            while self.at < self.tokens.len() && !self.is_brace() {
                self.at += 1;
            }
            self.at += 1;
        }
    }

    /// How many tokens `=`, `+=` or `>>=` is, if one stands there.
    fn assignment(&self) -> Option<usize> {
        let marks = self.rest().iter().map_while(|token| match token {
            TokenTree::Punct(mark) => Some(mark),
            _ => None,
        });
        let mut text = String::new();
        for mark in marks.take(3) {
            text.push(mark.as_char());
            if mark.spacing() == proc_macro2::Spacing::Alone {
                break;
            }
        }
        // `=&x` and `=-x` are an assignment and a sign.
        let is_equal = text.starts_with('=') && !text.starts_with("==") && !text.starts_with("=>");
        let with = ["+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<=", ">>="];
        if is_equal { Some(1) } else { with.iter().find(|with| text.starts_with(**with)).map(|with| with.len()) }
    }

    /// The statement ends behind its expression; an attribute directly before a call is about the call alone.
    fn nothing_else(&self, place: Place, is_block: bool) -> Result<(), Error> {
        if place == Place::Direct || is_block || self.ends_at(self.at) { Ok(()) } else { Err(self.not_alone()) }
    }

    fn ends_at(&self, at: usize) -> bool {
        match self.tokens.get(at) {
            None => true,
            Some(TokenTree::Punct(mark)) => {
                matches!(mark.as_char(), ';' | ',') || (mark.as_char() == '=' && self.is_mark_at(at + 1, '>'))
            }
            _ => false,
        }
    }

    /// What has not been read yet.
    fn rest(&self) -> &[TokenTree] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    fn is_mark(&self, mark: char) -> bool {
        self.is_mark_at(self.at, mark)
    }

    fn is_mark_at(&self, at: usize, mark: char) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Punct(there)) if there.as_char() == mark)
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(self.at, word)
    }

    fn is_word_at(&self, at: usize, word: &str) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Ident(there)) if there == word)
    }

    fn is_brace(&self) -> bool {
        self.is_brace_at(self.at)
    }

    fn is_brace_at(&self, at: usize) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
    }

    /// Where the parser stands; behind the end, where it ended.
    fn span(&self) -> Span {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or_else(Span::call_site, TokenTree::span)
    }

    fn no_call(&self, what: &str) -> Error {
        self.says(self.span(), &format!("{what} is not one call"))
    }

    fn not_alone(&self) -> Error {
        self.says(self.span(), "what stands here makes it more than one call")
    }

    fn half_typed(&self, at: usize) -> Error {
        let at = self.tokens.get(at).map_or_else(|| self.span(), TokenTree::span);
        Error::new(at, format!("`#[{}]` finds no call here yet", self.kind))
    }

    fn too_deep(&self, at: Span) -> Error {
        Error::new(at, format!("this is too deep for `#[{}]`: give a part of it a name before", self.kind))
    }

    fn says(&self, at: Span, what: &str) -> Error {
        let kind = self.kind;
        let says = format!(
            "{what}, and `#[{kind}]` is one: put it directly before the call, as in `#[{kind}] call().await`, \
             or around more than that write `async {{ … }}.await` or a function"
        );
        Error::new(at, says)
    }
}

fn is_group(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() != Delimiter::None)
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';')
}
