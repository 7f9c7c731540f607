//! Calls whose number grows: concurrent tools that end in one order or another, and a tool that says ever more of itself.

use crate::workload::block_on;
use samplescope::{FutureExt as _, current_tool, sampling_loop, sampling_tool};
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// How tools end that were begun together.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    InOrder,
    InReverse,
    Dropped,
}

/// Begins the tools one after the other, so that all are open, then ends them.
#[sampling_loop]
async fn concurrent(tools: usize, ending: Ending) {
    let mut tools: Vec<_> = (0..tools).map(|_| Box::pin(waiting()) as Task).collect();
    poll_each(&mut tools);
    match ending {
        Ending::InOrder => poll_each(&mut tools),
        Ending::InReverse => {
            tools.reverse();
            poll_each(&mut tools);
        }
        Ending::Dropped => drop(tools),
    }
}

/// Gives the tools to whoever runs tasks, with the context that they are to have there.
#[sampling_loop]
async fn spawning(tools: usize, tasks: &RefCell<Vec<Task>>) {
    tasks.borrow_mut().extend((0..tools).map(|_| Box::pin(waiting().with_current_context()) as Task));
    wait_once().await;
}

#[sampling_tool]
async fn waiting() {
    wait_once().await;
}

#[sampling_tool]
async fn describing(keys: &[&'static str]) {
    let tool = current_tool();
    for (value, key) in (0_i64..).zip(keys) {
        tool.set(*key, value);
    }
}

pub(crate) fn end_concurrent(tools: usize, ending: Ending) {
    block_on(concurrent(tools, ending));
}

/// The loop is polled, then the tasks outside of it, and it ends when they have.
pub(crate) fn end_spawned(tools: usize) {
    let tasks = RefCell::default();
    let mut spawning = pin!(spawning(tools, &tasks));
    let mut context = Context::from_waker(Waker::noop());
    let _pending = spawning.as_mut().poll(&mut context);
    let mut tasks = tasks.take();
    poll_each(&mut tasks);
    poll_each(&mut tasks);
    block_on(spawning);
}

pub(crate) fn describe(keys: &[&'static str]) {
    block_on(describing(keys));
}

pub(crate) fn keys(count: usize) -> Vec<&'static str> {
    (0..count).map(|number| &*format!("app.key_{number}").leak()).collect()
}

fn poll_each(tasks: &mut [Task]) {
    let mut context = Context::from_waker(Waker::noop());
    for task in tasks {
        let _ready = task.as_mut().poll(&mut context);
    }
}

/// Pending, once.
async fn wait_once() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
