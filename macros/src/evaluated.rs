//! What an expression of the request may not do. It is evaluated for the span, in a closure of its own, before the body runs:
//! it has a value or none, and no way into or out of the function.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    Error, Expr, ExprAsync, ExprAwait, ExprBreak, ExprClosure, ExprConst, ExprContinue, ExprForLoop, ExprLoop, ExprMacro,
    ExprReturn, ExprTry, ExprWhile, Item, Lifetime,
};

/// All that is wrong with the expression.
pub(crate) fn check(value: &Expr) -> Vec<Error> {
    let mut leaves = Leaves { labels: Vec::new(), loops: 0, errors: Vec::new() };
    leaves.visit_expr(value);
    leaves.errors.extend(never(value));
    leaves.errors
}

/// A value that is none.
fn never(value: &Expr) -> Option<Error> {
    match value {
        Expr::Paren(paren) => never(&paren.expr),
        Expr::Macro(ExprMacro { mac, .. }) => {
            let name = mac.path.segments.last()?.ident.to_string();
            let diverges = ["panic", "todo", "unimplemented", "unreachable"].contains(&&*name);
            diverges.then(|| Error::new(value.span(), format!("`{name}!` has no value: write one, or leave the argument out")))
        }
        _ => None,
    }
}

struct Leaves<'a> {
    labels: Vec<Option<&'a Lifetime>>,
    loops: usize,
    errors: Vec<Error>,
}

impl<'a> Leaves<'a> {
    fn says(&mut self, at: Span, what: &str, instead: &str) {
        let says =
            format!("{what} cannot stand here: an argument is evaluated for the span, and only if somebody listens. {instead}");
        self.errors.push(Error::new(at, says));
    }

    fn in_loop(&mut self, label: Option<&'a syn::Label>, visit: impl FnOnce(&mut Self)) {
        self.labels.push(label.map(|label| &label.name));
        self.loops += 1;
        visit(self);
        self.loops -= 1;
        self.labels.pop();
    }

    fn stays(&self, label: Option<&Lifetime>) -> bool {
        match label {
            Some(label) => self.labels.iter().flatten().any(|known| *known == label),
            None => self.loops > 0,
        }
    }
}

impl<'a> Visit<'a> for Leaves<'a> {
    fn visit_expr_return(&mut self, value: &'a ExprReturn) {
        self.says(value.return_token.span, "`return`", "Return from the body instead");
    }

    fn visit_expr_try(&mut self, value: &'a ExprTry) {
        self.says(value.question_token.span, "`?`", "Write `.ok()`, whose `None` is left out");
        visit::visit_expr_try(self, value);
    }

    fn visit_expr_await(&mut self, value: &'a ExprAwait) {
        self.says(
            value.await_token.span,
            "`.await`",
            "Set what has to be waited for from within the body, as in `current_step().set(…)`",
        );
        visit::visit_expr_await(self, value);
    }

    fn visit_expr_break(&mut self, value: &'a ExprBreak) {
        if !self.stays(value.label.as_ref()) {
            self.says(value.break_token.span, "`break`", "Write a value");
        }
        visit::visit_expr_break(self, value);
    }

    fn visit_expr_continue(&mut self, value: &'a ExprContinue) {
        if !self.stays(value.label.as_ref()) {
            self.says(value.continue_token.span, "`continue`", "Write a value");
        }
    }

    fn visit_expr_loop(&mut self, value: &'a ExprLoop) {
        self.in_loop(value.label.as_ref(), |leaves| visit::visit_expr_loop(leaves, value));
    }

    fn visit_expr_while(&mut self, value: &'a ExprWhile) {
        self.in_loop(value.label.as_ref(), |leaves| visit::visit_expr_while(leaves, value));
    }

    fn visit_expr_for_loop(&mut self, value: &'a ExprForLoop) {
        self.in_loop(value.label.as_ref(), |leaves| visit::visit_expr_for_loop(leaves, value));
    }

    fn visit_expr_block(&mut self, value: &'a syn::ExprBlock) {
        self.labels.push(value.label.as_ref().map(|label| &label.name));
        visit::visit_expr_block(self, value);
        self.labels.pop();
    }

    // These are functions of their own.
    fn visit_expr_closure(&mut self, _: &'a ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'a ExprAsync) {}

    fn visit_expr_const(&mut self, _: &'a ExprConst) {}

    fn visit_item(&mut self, _: &'a Item) {}
}
