//! An editor hands the macros whatever stands in it: nothing panics, and the user's function is always among what comes out.

use crate::error_type::derive;
use crate::model::Macro;
use crate::{instrument, only_statements};
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use std::iter;

/// Arguments and function, as they stand when they are whole.
const WHOLE: &[(&str, &str)] = &[
    (
        r#"agent = "weather", model = request.model, result_type = Vec<Forecast>, crate = ::telemetry, answer = |it| &it.text"#,
        "/// Asks.\n#[must_use] pub(crate) async fn ask<'a, T: Into<String>>(&'a self, mut x: T) -> Result<Step, E> where T: Send { let a = x.into(); a.len(); }",
    ),
    (
        r#"stop_reason = |step| &step.stop_reason, attributes("app.tenant" = tenant.id, "gen_ai.output.type" = "json"), capture = false"#,
        "unsafe fn boxed(#[cfg(x)] a: u8) -> Pin<Box<dyn Future<Output = Result<u8, ()>> + Send + '_>> { #![allow(x)] Box::pin(async move { Ok(3) }) }",
    ),
    (
        r#"name = call.name, unchecked("gen_ai.new.key" = -1), failed = |out| { out.is_error && !out.retried }, error_type = E::kind"#,
        "fn impl_future<const N: usize>(self: Arc<Self>) -> impl Future<Output = !> + use<N> { let x = [0; N]; async { loop {} } }",
    ),
];

/// Functions with attributes on their statements.
const STATEMENTS: &[&str] = &[
    r"async fn run(client: &Client) -> Result<u8, E> { #![allow(x)] #[cfg(x)] #[sampling_step(model = client.model, stop_reason = |r| &r.stop)]
       let Some(Response { text, .. }): Option<Response> = client.chat::<Vec<u8>>(&history, 3)?.send().await? else { return Err(3) };
       let all = join!(async { #[sampling_tool] dispatch(text).await }, x); match #[a::sampling_tool(name = n)] tool.run(|x| { x }) { Ok(v) => v, _ => #[sampling_tool] f(), } }",
    r"fn run() { #[sampling_loop] self.list[0].field += <T as Tr>::call(&x, y)?.0.1; #[sampling_tool] if let Ok(x) = Ok(f!(x)) { 3 } else { 4 }
       #[sampling_tool(= 3)] return &mut (Some((f().await?),) as u8); #[sampling_tool] break 'a g(async move { #[sampling_step] h(yield x) }); #[sampling_step] fn item() {} }",
];

const ITEMS: &[&str] = &[
    "struct S { a: u8 }",
    "impl S { fn f() {} }",
    "const fn f() -> u8 { 3 }",
    "pub extern \"C\" fn f() {}",
    "fn f();",
    "trait T { fn f(&self); }",
    "",
    ";",
    "}",
];

#[test]
fn every_prefix_of_the_arguments_keeps_the_function() {
    for &(arguments, function) in WHOLE {
        let function = tokens(function);
        for arguments in prefixes(&tokens(arguments)) {
            for kind in Macro::ALL {
                keeps(kind, arguments.clone(), function.clone());
            }
        }
    }
}

#[test]
fn every_prefix_of_the_function_keeps_what_is_there() {
    for &(arguments, function) in WHOLE {
        let arguments = tokens(arguments);
        for function in prefixes(&tokens(function)) {
            for kind in Macro::ALL {
                keeps(kind, arguments.clone(), function.clone());
                keeps(kind, TokenStream::new(), function.clone());
            }
        }
    }
}

/// Whatever is half typed, the statement is there still, and so are all others: only attributes of ours go.
#[test]
fn every_prefix_of_a_statement_keeps_what_is_there() {
    for function in STATEMENTS.iter().filter_map(|function| function.parse::<TokenStream>().ok()) {
        for function in prefixes(&function) {
            keeps_statements(function);
        }
    }
}

#[test]
fn stirred_statements_never_panic() {
    let mut cook = Cook(0xbeef);
    for _ in 0..800 {
        let function = tokens(STATEMENTS[0]);
        let mut stirred = cook.stir(function);
        for _ in 0..cook.below(4) {
            stirred = cook.stir(stirred);
        }
        keeps_statements(stirred);
    }
}

fn keeps_statements(function: TokenStream) {
    let mut output = flat(instrument(Macro::Tool, TokenStream::new(), function.clone())).into_iter();
    for token in flat(bare(function.clone())) {
        assert!(output.any(|kept| kept == token), "`{token}` is lost from\n{function}");
    }
    let _ = only_statements(TokenStream::new(), function);
}

/// The function without attributes of ours on its statements.
fn bare(function: TokenStream) -> TokenStream {
    let function: Vec<TokenTree> = function.into_iter().collect();
    let is_ours = |at: usize| match (&function[at], function.get(at + 1)) {
        (TokenTree::Punct(mark), Some(TokenTree::Group(group))) => {
            mark.as_char() == '#' && group.delimiter() == Delimiter::Bracket && group.stream().to_string().contains("sampling_")
        }
        _ => false,
    };
    let kept = (0..function.len()).filter(|&at| !is_ours(at) && (at == 0 || !is_ours(at - 1)));
    let kept = kept.map(|at| match &function[at] {
        TokenTree::Group(group) => TokenTree::Group(Group::new(group.delimiter(), bare(group.stream()))),
        token => token.clone(),
    });
    kept.collect()
}

#[test]
fn any_other_item_is_kept() {
    for item in ITEMS.iter().filter_map(|item| item.parse::<TokenStream>().ok()) {
        for kind in Macro::ALL {
            keeps(kind, TokenStream::new(), item.clone());
            keeps(kind, tokens(WHOLE[0].0), item.clone());
        }
    }
}

#[test]
fn token_soup_never_panics() {
    let mut cook = Cook(0x5eed);
    for _ in 0..4_000 {
        let kind = Macro::ALL[cook.below(3)];
        let (arguments, function) = WHOLE[cook.below(WHOLE.len())];
        keeps(kind, cook.soup(3), tokens(function));
        let stirred = cook.stir(tokens(arguments));
        keeps(kind, stirred, tokens(function));
        let stirred = cook.stir(tokens(function));
        keeps(kind, tokens(arguments), stirred);
        let soup = cook.soup(3);
        keeps(kind, TokenStream::new(), soup.clone());
        let _ = derive(soup);
    }
}

#[test]
fn every_prefix_of_a_derived_enum_is_read() {
    let item = tokens(
        r#"#[error_type(crate = a::b)] pub enum E<T> where T: Send { A, #[error_type("x")] B(T), #[error_type(transparent)] C { d: T } }"#,
    );
    for prefix in prefixes(&item) {
        let _ = derive(prefix);
    }
}

/// All of the user's tokens are in the output, in their order.
fn keeps(kind: Macro, arguments: TokenStream, item: TokenStream) {
    let given = format!("#[{kind}({arguments})] {item}");
    let output = flat(instrument(kind, arguments, item.clone()));
    let mut output = output.iter();
    for token in flat(item) {
        assert!(output.any(|kept| *kept == token), "`{token}` is lost from\n{given}");
    }
}

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

/// The stream cut off behind each of its tokens, inside of groups, too, which an editor closes.
fn prefixes(whole: &TokenStream) -> Vec<TokenStream> {
    let mut prefixes = vec![TokenStream::new()];
    let mut before = TokenStream::new();
    for token in whole.clone() {
        if let TokenTree::Group(group) = &token {
            for inner in self::prefixes(&group.stream()) {
                let cut = TokenTree::Group(Group::new(group.delimiter(), inner));
                prefixes.push(before.clone().into_iter().chain(iter::once(cut)).collect());
            }
        }
        before.extend(iter::once(token));
        prefixes.push(before.clone());
    }
    prefixes
}

/// Leaves and brackets, in order. Groups without delimiters are invisible.
fn flat(tokens: TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                all.push(open.to_owned());
                all.extend(flat(group.stream()));
                all.push(close.to_owned());
            }
            other => all.push(other.to_string()),
        }
    }
    all.retain(|token| !token.is_empty());
    all
}

/// A small generator of its own: the same soup on every run.
struct Cook(u64);

impl Cook {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn soup(&mut self, depth: usize) -> TokenStream {
        let length = self.below(7);
        (0..length).map(|_| self.token(depth)).collect()
    }

    fn token(&mut self, depth: usize) -> TokenTree {
        const WORDS: &[&str] = &[
            "agent",
            "model",
            "usage",
            "attributes",
            "unchecked",
            "crate",
            "capture",
            "result_type",
            "stream",
            "chunk",
            "fn",
            "async",
            "const",
            "extern",
            "pub",
            "self",
            "move",
            "impl",
            "struct",
            "enum",
            "where",
            "error_type",
            "transparent",
            "_x",
            "false",
        ];
        match self.below(if depth == 0 { 3 } else { 4 }) {
            0 => TokenTree::Ident(Ident::new(WORDS[self.below(WORDS.len())], Span::call_site())),
            1 => {
                let marks = ['=', ',', '|', '#', '&', ':', '>', '<', '!', ';', '-', '\''];
                let spacing = if self.below(2) == 0 { Spacing::Alone } else { Spacing::Joint };
                TokenTree::Punct(Punct::new(marks[self.below(marks.len())], spacing))
            }
            2 => TokenTree::Literal(match self.below(5) {
                0 => Literal::string("gen_ai.request.seed"),
                1 => Literal::string(""),
                2 => Literal::usize_unsuffixed(512),
                3 => Literal::f64_unsuffixed(0.5),
                _ => Literal::byte_string(b"x"),
            }),
            _ => {
                let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
                let delimiter = delimiters[self.below(4)];
                TokenTree::Group(Group::new(delimiter, self.soup(depth - 1)))
            }
        }
    }

    /// One token dropped, doubled or replaced, at any depth.
    fn stir(&mut self, tokens: TokenStream) -> TokenStream {
        let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
        if tokens.is_empty() {
            return self.soup(2);
        }
        let place = self.below(tokens.len());
        let change = self.below(3);
        if let TokenTree::Group(group) = &tokens[place] {
            let stirred = self.stir(group.stream());
            tokens[place] = TokenTree::Group(Group::new(group.delimiter(), stirred));
        } else if change == 0 {
            tokens.remove(place);
        } else if change == 1 {
            tokens.insert(place, tokens[place].clone());
        } else {
            tokens[place] = self.token(1);
        }
        tokens.into_iter().collect()
    }
}
