//! Arguments drop as those of the bare function do, whatever the body names first, and whenever the future is dropped.
//!
//! Each function is there twice, without an attribute of ours and with one. What drops writes its name down. The same runs in a crate of edition
//! 2021, where the temporaries of a body's tail go after its locals: `ui-tests/users/edition-2021`.

use futures::FutureExt as _;
use samplescope_tests::Telemetry;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use tokio::task::yield_now;

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Says its name when it is dropped.
struct Loud(&'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        say(self.0);
    }
}

impl fmt::Display for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

struct Pair {
    left: Loud,
    right: Loud,
}

fn pair(left: &'static str, right: &'static str) -> Pair {
    Pair { left: Loud(left), right: Loud(right) }
}

fn see<T>(_: &T) {}

fn see_all(one: &Loud, other: &Loud) -> usize {
    one.0.len() + other.0.len()
}

async fn later(value: usize) -> usize {
    yield_now().await;
    value
}

fn say(name: &'static str) {
    DROPPED.with_borrow_mut(|dropped| dropped.push(name));
}

fn said(run: impl FnOnce()) -> Vec<&'static str> {
    run();
    DROPPED.take()
}

/// Polled so many times, then dropped.
fn polled<F: Future>(future: F, times: usize) {
    let mut future = pin!(future);
    for _ in 0..times {
        if future.as_mut().now_or_never().is_some() {
            return;
        }
    }
}

type Fut<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The function, bare and ours.
macro_rules! twice {
    ($($name:ident { $($function:tt)* })*) => {$(
        mod $name {
            use super::*;
            pub(super) mod bare {
                use super::*;
                pub(crate) $($function)*
            }
            pub(super) mod ours {
                use super::*;
                #[samplescope::sampling_tool]
                pub(crate) $($function)*
            }
        }
    )*};
}

/// Both say the same, when polled to the end and when dropped before, with somebody who listens and without.
macro_rules! same {
    ($($name:ident($($argument:expr),*))*) => {$(
        for times in 0..3 {
            let bare = said(|| polled($name::bare::f($($argument),*), times));
            let off = Telemetry::off();
            assert_eq!(said(|| polled($name::ours::f($($argument),*), times)), bare, "{}, off, polled {times} times", stringify!($name));
            drop(off);
            let _on = Telemetry::on();
            assert_eq!(said(|| polled($name::ours::f($($argument),*), times)), bare, "{}, on, polled {times} times", stringify!($name));
        }
    )*};
}

twice! {
    in_order { async fn f(a: Loud, b: Loud, c: Loud) { see(&a); see(&b); see(&c); yield_now().await; say("end"); } }
    reversed { async fn f(a: Loud, b: Loud, c: Loud) { see(&c); see(&b); yield_now().await; see(&a); } }
    mixed { async fn f(a: Loud, b: Loud, c: Loud) { yield_now().await; see(&b); see(&a); see(&c); } }
    one_is_moved { async fn f(a: Loud, b: Loud, c: Loud) { drop(b); yield_now().await; see(&c); see(&a); } }
    in_a_string { async fn f(a: Loud, b: Loud) { let first = format!("{b}"); yield_now().await; assert_eq!(format!("{first}{a}"), "ba"); } }
    fields { async fn f(pair: Pair, c: Loud) { see(&pair.right); yield_now().await; see(&c); see(&pair.left); } }
    one_field { async fn f(pair: Pair) { let right = pair.right; yield_now().await; see(&right); } }
    one_field_is_seen { async fn f(pair: Pair) { see(&pair.right); yield_now().await; say("end"); } }
    patterns {
        async fn f(Pair { left, right: mut late }: Pair, (a, b): (Loud, Loud), [c, d]: [Loud; 2]) {
            see(&d); see(&left); see(&a); yield_now().await; see(&late); late = Loud("new"); see(&late); see(&b); see(&c);
        }
    }
    generic { async fn f<T>(a: T, b: impl fmt::Display, c: Box<dyn fmt::Display>) { drop(c.to_string()); yield_now().await; see(&b); see(&a); } }
    configured {
        async fn f(#[cfg(test)] a: Loud, #[cfg(any())] a: Missing, #[cfg(any())] x: Missing, b: Loud) {
            see(&b); yield_now().await; see(&a); #[cfg(any())] see(&x);
        }
    }
    locals { async fn f(a: Loud, b: Loud) { let _local = Loud("local"); see(&b); yield_now().await; see(&a); } }
    tail { async fn f(a: Loud) -> usize { let _local = Loud("local"); Loud("temporary").0.len() + see_all(&a, &Loud("of the tail")) } }
    only_a_tail { async fn f(a: Loud) -> usize { see_all(&Loud("temporary"), &a) } }
    tail_of_a_future { fn f(a: Loud) -> impl Future<Output = usize> { let _local = Loud("local"); later(see_all(&Loud("temporary"), &a)) } }
    tail_in_a_box { fn f<'a>(a: Loud) -> Pin<Box<dyn Future<Output = usize> + 'a>> { Box::pin(async move { let _local = Loud("local"); see_all(&Loud("temporary"), &a) }) } }
    raw { async fn f(r#type: Loud, r#fn: Loud) { see(&r#fn); yield_now().await; see(&r#type); } }
}

#[test]
fn arguments_of_an_async_function() {
    same! {
        in_order(Loud("a"), Loud("b"), Loud("c"))
        reversed(Loud("a"), Loud("b"), Loud("c"))
        mixed(Loud("a"), Loud("b"), Loud("c"))
        one_is_moved(Loud("a"), Loud("b"), Loud("c"))
        in_a_string(Loud("a"), Loud("b"))
        fields(pair("left", "right"), Loud("c"))
        one_field(pair("left", "right"))
        one_field_is_seen(pair("left", "right"))
        patterns(pair("left", "right"), (Loud("a"), Loud("b")), [Loud("c"), Loud("d")])
        generic(Loud("a"), Loud("b"), Box::new(Loud("c")))
        configured(Loud("a"), Loud("b"))
        locals(Loud("a"), Loud("b"))
        tail(Loud("a"))
        only_a_tail(Loud("a"))
        tail_of_a_future(Loud("a"))
        tail_in_a_box(Loud("a"))
        raw(Loud("a"), Loud("b"))
    }
}

#[test]
fn the_order_is_seen() {
    let _off = Telemetry::off();
    assert_eq!(said(|| polled(in_order::ours::f(Loud("a"), Loud("b"), Loud("c")), 2)), ["end", "c", "b", "a"]);
    assert_eq!(said(|| polled(reversed::ours::f(Loud("a"), Loud("b"), Loud("c")), 1)), ["c", "b", "a"]);
}

twice! {
    boxed { fn f(a: Loud, b: Loud, c: Loud) -> Fut<'static> { Box::pin(async move { see(&b); yield_now().await; see(&c); see(&a); }) } }
    opaque { fn f(a: Loud, b: Loud, c: Loud) -> impl Future<Output = ()> { async move { see(&c); yield_now().await; see(&a); see(&b); } } }
    boxed_fields { fn f(pair: Pair, c: Loud) -> Fut<'static> { Box::pin(async move { see(&c); yield_now().await; see(&pair.right); }) } }
    boxed_unnamed { fn f(a: Loud, _b: Loud, c: Loud) -> Fut<'static> { Box::pin(async move { see(&a); yield_now().await; see(&c); }) } }
    boxed_late { fn f(a: Loud, b: Loud, c: Loud) -> Fut<'static> { see(&a); see(&c); Box::pin(async move { yield_now().await; see(&b); }) } }
    opaque_late {
        fn f(a: Loud, b: Loud, c: Loud) -> impl Future<Output = ()> { see(&a); see(&c); async move { yield_now().await; see(&b); } }
    }
    // As `#[async_trait]` leaves it.
    rebound {
        fn f(a: Loud, b: Loud) -> Fut<'static> { Box::pin(async move { let a = a; let b = b; let () = { see(&b); yield_now().await; see(&a); }; }) }
    }
}

#[test]
fn arguments_of_a_function_that_returns_a_future() {
    same! {
        boxed(Loud("a"), Loud("b"), Loud("c"))
        opaque(Loud("a"), Loud("b"), Loud("c"))
        boxed_fields(pair("left", "right"), Loud("c"))
        boxed_unnamed(Loud("a"), Loud("b"), Loud("c"))
        boxed_late(Loud("a"), Loud("b"), Loud("c"))
        opaque_late(Loud("a"), Loud("b"), Loud("c"))
        rebound(Loud("a"), Loud("b"))
    }
}

/// What the attribute itself names has no say in it.
mod described {
    use super::*;

    pub(super) mod bare {
        use super::*;
        pub(crate) fn f(a: Loud, b: Loud, c: Loud) -> Fut<'static> {
            Box::pin(async move {
                see(&a);
                yield_now().await;
                see(&c);
                see(&b);
            })
        }
    }

    pub(super) mod ours {
        use super::*;
        #[samplescope::sampling_tool(name = b.0, call_id = c.0)]
        pub(crate) fn f(a: Loud, b: Loud, c: Loud) -> Fut<'static> {
            Box::pin(async move {
                see(&a);
                yield_now().await;
                see(&c);
                see(&b);
            })
        }
    }
}

#[test]
fn arguments_that_the_attribute_names() {
    same! { described(Loud("a"), Loud("b"), Loud("c")) }
}

/// The functions of a type, bare and ours.
macro_rules! methods_twice {
    ($($name:ident { $($function:tt)* })*) => {$(
        mod $name {
            use super::*;
            pub(super) mod bare {
                use super::*;
                pub(crate) struct Me(Loud, Loud);
                impl Me { pub(crate) $($function)* }
                pub(crate) fn f(other: Loud) -> Fut<'static> { let me = Me(Loud("0"), Loud("1")); see(&me.0); see(&me.1); Box::pin(me.method(other)) }
            }
            pub(super) mod ours {
                use super::*;
                pub(crate) struct Me(Loud, Loud);
                impl Me {
                    #[samplescope::sampling_step]
                    pub(crate) $($function)*
                }
                pub(crate) fn f(other: Loud) -> Fut<'static> { let me = Me(Loud("0"), Loud("1")); see(&me.0); see(&me.1); Box::pin(me.method(other)) }
            }
        }
    )*};
}

methods_twice! {
    by_value { async fn method(self, other: Loud) { see(&self); yield_now().await; see(&other); } }
    by_mutable_value { async fn method(mut self, other: Loud) { see(&other); self.0 = Loud("new"); yield_now().await; see(&self.1); } }
    a_field_of_self { async fn method(self, other: Loud) { see(&self.1); yield_now().await; see(&other); } }
}

#[test]
fn self_is_the_first_argument() {
    same! {
        by_value(Loud("other"))
        by_mutable_value(Loud("other"))
        a_field_of_self(Loud("other"))
    }
}

twice! {
    plain { fn f(a: Loud, b: Loud, c: Loud) { see(&a); see(&c); see(&b); say("end"); } }
    plain_reversed { fn f(a: Loud, b: Loud, c: Loud) { see(&c); drop(b); see(&a); } }
    plain_fields { fn f(pair: Pair, c: Loud) -> u8 { see(&pair.right); see(&c); see(&pair.left); 7 } }
    plain_patterns { fn f((a, b): (Loud, Loud), [c]: [Loud; 1], Pair { left, right }: Pair) { see(&b); see(&right); see(&left); see(&c); see(&a); } }
    plain_tail { fn f(a: Loud, b: Loud) -> usize { [&b, &a].map(|one| one.0.len()).len() + Loud("temporary").0.len() } }
    // The closure takes some along, and its caller drops them.
    closure { fn f(a: Loud, b: Loud, c: Loud) -> impl Fn(&str) -> usize { see(&a); move |text| { see(&b); see(&c); text.len() } } }
}

#[test]
fn arguments_of_a_plain_function() {
    let _on = Telemetry::on();
    macro_rules! same {
        ($($name:ident($($argument:expr),*))*) => {$(
            let bare = said(|| drop($name::bare::f($($argument),*)));
            assert_eq!(said(|| drop($name::ours::f($($argument),*))), bare, "{}", stringify!($name));
        )*};
    }
    #[expect(dropping_copy_types, reason = "one form for all")]
    {
        same! {
            plain(Loud("a"), Loud("b"), Loud("c"))
            plain_reversed(Loud("a"), Loud("b"), Loud("c"))
            plain_fields(pair("left", "right"), Loud("c"))
            plain_patterns((Loud("a"), Loud("b")), [Loud("c")], pair("left", "right"))
            plain_tail(Loud("a"), Loud("b"))
            closure(Loud("a"), Loud("b"), Loud("c"))
        }
    }
}

/// An argument is in the future twice, as in that of any `async` block which an `async fn` awaits: as the function got it and as the body has it.
#[test]
fn the_order_costs_no_byte() {
    #[samplescope::sampling_tool]
    async fn ours<const N: usize>(a: [u8; N], b: [u8; N], c: [u8; N]) {
        see(&b);
        yield_now().await;
        see(&c);
        see(&a);
    }
    let size = |future: Box<dyn Future<Output = ()>>| size_of_val(&*future);
    let (small, large) = (size(Box::new(ours([0; 100], [0; 100], [0; 100]))), size(Box::new(ours([0; 300], [0; 300], [0; 300]))));
    assert_eq!(large - small, 2 * 3 * 200);
}
