//! Forty thousand calls at a time in one loop, ended in any order: each has its span, its parent and its handle.
//!
//! What one of them costs does not depend on how many there are. That is measured, not asserted here, where only a clock could tell:
//! the plots of BENCHMARKS.md, and the budget, which counts what four thousand at once cost. The channels are not tokio's, whose budget would have every tool polled over and over.

use futures::channel::oneshot;
use futures::future::{join_all, poll_fn};
use futures::stream::{FuturesUnordered, StreamExt as _};
use opentelemetry::trace::FutureExt as _;
use samplescope::{current_loop, current_step, current_tool, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::Telemetry;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::task::Poll;

const MANY: usize = 40_000;

#[sampling_loop]
async fn run<T>(body: impl Future<Output = T>) -> T {
    body.await
}

/// Waits to be told to end; says which one it is before and after.
#[sampling_tool(call_id = number)]
async fn tool(number: usize, end: oneshot::Receiver<()>) {
    current_tool().set("app.before", number);
    // Without whoever would say so, it waits for ever.
    if end.await.is_err() {
        std::future::pending::<()>().await;
    }
    current_tool().set("app.after", number);
}

type Tool = Pin<Box<dyn Future<Output = ()> + Send>>;

fn tools() -> (Vec<oneshot::Sender<()>>, Vec<Tool>) {
    let one = |number| {
        let (sender, receiver) = oneshot::channel();
        (sender, Box::pin(tool(number, receiver)) as Tool)
    };
    (0..MANY).map(one).unzip()
}

/// Every tool is there once, below the loop, and was spoken to as itself.
#[track_caller]
fn all_are_there(telemetry: &Telemetry, finished: bool) {
    let spans = telemetry.spans(MANY + 1);
    let run = spans[0].id();
    let mut ids = BTreeSet::new();
    for span in &spans[1..] {
        assert_eq!(span.parent_id(), run);
        let id = span.get("gen_ai.tool.call.id").map(|id| id.to_string()).unwrap_or_default();
        let said = |key| span.get(key).map(|number| number.to_string());
        assert_eq!(said("app.before").as_ref(), Some(&id));
        assert_eq!(said("app.after"), finished.then(|| id.clone()));
        ids.insert(id);
    }
    assert_eq!(ids.len(), MANY);
}

#[tokio::test]
async fn tools_that_end_in_reverse() {
    let telemetry = Telemetry::on();
    run(async {
        let (senders, tools) = tools();
        let mut tools: FuturesUnordered<_> = tools.into_iter().collect();
        assert!(futures::poll!(tools.next()).is_pending());
        for sender in senders.into_iter().rev() {
            sender.send(()).expect("it waits");
        }
        while tools.next().await.is_some() {}
    })
    .await;
    all_are_there(&telemetry, true);
}

#[tokio::test]
async fn tools_that_end_in_an_order_of_their_own() {
    let telemetry = Telemetry::on();
    run(async {
        let (senders, tools) = tools();
        let mut senders: Vec<_> = senders.into_iter().map(Some).collect();
        let all = join_all(tools);
        let end = poll_fn(move |_| {
            for place in 0..MANY {
                // 7 919 is prime, and no factor of how many there are: each comes once.
                let sender = senders[place * 7_919 % MANY].take().expect("each once");
                sender.send(()).expect("it waits");
            }
            Poll::Ready(())
        });
        futures::join!(all, end);
    })
    .await;
    all_are_there(&telemetry, true);
}

#[tokio::test]
async fn tools_that_are_dropped_at_once() {
    let telemetry = Telemetry::on();
    run(async {
        let (senders, tools) = tools();
        let mut all = Box::pin(join_all(tools));
        assert!(futures::poll!(all.as_mut()).is_pending());
        drop(all);
        drop(senders);
    })
    .await;
    all_are_there(&telemetry, false);
}

#[tokio::test]
async fn tools_that_are_spawned_with_their_context() {
    let telemetry = Telemetry::on();
    run(async {
        let (senders, tools) = tools();
        let tasks: Vec<_> = tools.into_iter().map(|tool| tokio::spawn(tool.with_current_context())).collect();
        tokio::task::yield_now().await;
        for sender in senders {
            sender.send(()).expect("it waits");
        }
        for task in tasks {
            task.await.expect("joined");
        }
    })
    .await;
    all_are_there(&telemetry, true);
}

#[sampling_step]
async fn step() {
    for number in 0..10_000 {
        current_step().set(format!("app.k{number}"), number);
    }
    for number in 0..10_000 {
        current_step().set(format!("app.k{number}"), -number);
    }
    current_loop().set("app.done", true);
}

/// The SDK keeps 128 attributes a span, the first ones.
#[tokio::test]
async fn a_handle_that_sets_ten_thousand_attributes_twice() {
    let telemetry = Telemetry::on();
    run(step()).await;
    let spans = telemetry.spans(2);
    assert_eq!(spans[0].get("app.done"), Some(true.into()));
    assert_eq!(spans[1].get("app.k1"), Some((-1).into()));
    assert!(spans[1].attributes().len() <= 128);
}
