//! Temporaries and values of a statement drop as they do without its attribute, whatever it is and whenever its future is dropped.
//!
//! Each function is there twice, without attributes of ours and with them. What drops writes its name down. The same runs in a crate of edition
//! 2021, where temporaries live longer: `ui-tests/users/edition-2021`.

use samplescope_tests::Telemetry;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn say(name: &'static str) {
    DROPPED.with_borrow_mut(|dropped| dropped.push(name));
}

/// Says its name when it is dropped.
struct Loud(&'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        say(self.0);
    }
}

impl Loud {
    fn text<'a>(&'a self, _: &Loud) -> &'a str {
        self.0
    }

    fn none(&self) -> Option<usize> {
        self.0.find('?')
    }

    async fn later(&self, other: &Loud, moved: Loud) -> usize {
        let held = Loud("held by the future");
        Pending(false).await;
        drop(moved);
        held.0.len() + other.0.len()
    }
}

/// Pending once.
struct Pending(bool);

impl Future for Pending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Only the guard of a scope.
struct Guard<'a>(&'a Loud);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        say("guard");
    }
}

/// Polled so many times, then dropped.
fn polled(future: impl Future, times: usize) {
    let mut future = std::pin::pin!(future);
    for _ in 0..times {
        if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return say("ready");
        }
    }
    say("dropped");
}

macro_rules! functions {
    (($($function:tt)*) ($($statement:tt)*)) => {
        use super::*;

        $($function)*
        fn plain() -> usize {
            $($statement)*
            let length = Loud("receiver").text(&Loud("argument")).len();
            say("behind let");
            $($statement)*
            let _ = Loud::from("wildcard");
            say("behind wildcard");
            $($statement)*
            Loud::from("statement");
            say("behind statement");
            $($statement)*
            let _guard = guard(&Loud("temporary"), &LOUD);
            let mut sum = length;
            $($statement)*
            sum += Loud("op").text(&Loud("op's argument")).len();
            sum
        }

        $($function)*
        fn scrutinee() {
            $($statement)*
            match Loud("matched").text(&Loud("argument")) {
                "matched" => say("arm"),
                _ => say("other"),
            }
            say("behind match");
            $($statement)*
            if let Some(_) = Loud("if let").none() {
                say("some");
            } else {
                say("else");
            }
            $($statement)*
            let Some(_) = Loud("let else").none() else { return say("returned") };
        }

        $($function)*
        fn tail() -> usize {
            let local = Loud("local");
            $($statement)*
            local.text(&Loud("argument")).len()
        }

        $($function)*
        async fn awaited() -> usize {
            let local = Loud("local");
            $($statement)*
            let first = Loud("receiver").later(&local, Loud("moved")).await;
            say("behind let");
            $($statement)*
            match Loud("matched").later(&Loud("argument"), Loud("moved")).await {
                0 => say("none"),
                number => say(if number > first { "more" } else { "less" }),
            }
            $($statement)*
            local.later(&Loud("argument"), Loud("moved")).await
        }

        $($function)*
        async fn tried(number: Option<usize>) -> Option<usize> {
            let local = Loud("local");
            $($statement)*
            let sum = local.later(&Loud("argument"), Loud(if number? == 3 { "three" } else { "other" })).await;
            Some(sum)
        }

        pub(super) fn said() -> Vec<Vec<&'static str>> {
            let mut all: Vec<Box<dyn FnMut()>> = vec![
                Box::new(|| {
                    plain();
                }),
                Box::new(scrutinee),
                Box::new(|| {
                    tail();
                }),
                Box::new(|| polled(tried(None), 3)),
                Box::new(|| polled(tried(Some(3)), 3)),
                Box::new(|| polled(tried(Some(3)), 1)),
            ];
            for times in 1..5 {
                all.push(Box::new(move || polled(awaited(), times)));
            }
            let said = all.iter_mut().map(|run| {
                run();
                DROPPED.take()
            });
            said.collect()
        }
    };
}

static LOUD: Loud = Loud("never");

fn guard<'a>(_: &Loud, loud: &'a Loud) -> Guard<'a> {
    let guard = Guard(loud);
    assert_eq!(guard.0.0, "never");
    guard
}

impl From<&'static str> for Loud {
    fn from(name: &'static str) -> Self {
        Loud(name)
    }
}

#[allow(unused_must_use, clippy::all, clippy::pedantic, reason = "statements of every kind, with no attribute of ours on them")]
mod bare {
    functions!(()());
}

#[allow(unused_must_use, clippy::all, clippy::pedantic, reason = "statements of every kind")]
mod ours {
    functions!((#[samplescope::sampling_statements]) (#[samplescope::sampling_tool]));
}

#[test]
fn everything_drops_where_it_does_without_attributes() {
    let bare = bare::said();
    assert!(bare.iter().all(|said| said.len() > 1), "{bare:#?}");
    let telemetry = Telemetry::off();
    assert_eq!(ours::said(), bare, "where nobody listens");
    drop(telemetry);
    let telemetry = Telemetry::on();
    assert_eq!(ours::said(), bare, "where somebody listens");
    telemetry.spans(21);
}
