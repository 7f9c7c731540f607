//! Contexts, as `parent` and `link` take them.

use opentelemetry::Context;

/// An OpenTelemetry [`Context`], or an `Option` or a reference of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no OpenTelemetry context",
    label = "expected an `opentelemetry::Context`",
    note = "a `Context` is fine, and an `Option` or a reference of one; of a span context, make one: `Context::new().with_remote_span_context(…)`"
)]
pub trait AsContext: SealedContext {}

/// The context behind an [`AsContext`].
pub trait SealedContext {
    fn as_context(&self) -> Option<&Context>;
}

impl AsContext for Context {}
impl<T: AsContext + ?Sized> AsContext for &T {}
impl<T: AsContext> AsContext for Option<T> {}

impl SealedContext for Context {
    fn as_context(&self) -> Option<&Context> {
        Some(self)
    }
}

impl<T: AsContext + ?Sized> SealedContext for &T {
    fn as_context(&self) -> Option<&Context> {
        (**self).as_context()
    }
}

impl<T: AsContext> SealedContext for Option<T> {
    fn as_context(&self) -> Option<&Context> {
        self.as_ref().and_then(SealedContext::as_context)
    }
}
