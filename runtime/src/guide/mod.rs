//! Guides: one page a subject, with examples that compile.

macro_rules! pages {
    ($($(#[$on:meta])* $page:ident)*) => {$(
        $(#[$on])*
        #[doc = include_str!(concat!(stringify!($page), ".md"))]
        pub mod $page {}
    )*};
}

pages! {
    agent arguments backends beside_tracing calls content cost endings libraries limits metrics providers records settings statements streams tasks
    #[cfg(feature = "testing")] testing
    troubleshooting vocabularies workspaces
}
