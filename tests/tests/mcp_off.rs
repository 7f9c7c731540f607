//! What a request costs when nobody listens. In a binary of its own, for its allocator counts.

use opentelemetry::Context;
use opentelemetry_sdk::trace::Sampler;
use samplescope::mcp::{self, Delegated, Described, Ending, Operation, Side};
use samplescope_tests::Telemetry;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Counts what this thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is the system's.
#[expect(unsafe_code, reason = "an allocator is unsafe")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + 1);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(function: impl FnOnce()) -> usize {
    let before = ALLOCATED.get();
    function();
    ALLOCATED.get() - before
}

fn request(parent: &Context) {
    let described = Described {
        method: "tools/call",
        tool: Some("plan_trip"),
        request_id: Some(7.into()),
        session_id: Some("session"),
        protocol_version: Some("2025-06-18"),
        transport: Some("pipe"),
        ..Described::default()
    };
    let mut operation = Operation::start(Side::Receiver, &described, parent);
    operation.arguments("content");
    let delegated =
        Delegated { name: "plan", provider_type: "FastMCPProvider", component_key: "travel_plan", method: "tools/call" };
    drop(Operation::delegate(&delegated, operation.context()));
    operation.learn("mcp.session.id", "session");
    operation.end(&Ending::JsonRpcError { code: -32603, message: "what went wrong" });
}

/// That the provider of an earlier test is gone, a request finds out.
fn nobody() -> Telemetry {
    let telemetry = Telemetry::off();
    request(&Context::new());
    telemetry
}

#[test]
fn without_a_provider_a_request_allocates_nothing() {
    let _telemetry = Telemetry::off().propagated();
    let parent = Context::new();
    // The first of a thread ask who listens, which costs a no-op span of opentelemetry's each.
    (0..100).for_each(|_| request(&parent));
    once_a_second(|| request(&parent));
}

/// Whatever is asked each second anew is not asked in between.
fn once_a_second(asks: impl Fn()) {
    let began = Instant::now();
    let asking = (0..100_000).filter(|_| allocations(&asks) > 0).count();
    let seconds = began.elapsed().as_secs();
    assert!(u64::try_from(asking).is_ok_and(|asking| asking <= seconds + 1), "{asking} of 100 000 allocated in {seconds} s");
}

#[test]
fn nobody_asks_for_more_than_whether_anybody_listens() {
    let _telemetry = nobody();
    (0..100).for_each(|_| assert!(!mcp::is_listened_to()));
    once_a_second(|| assert!(!mcp::is_listened_to()));
}

#[test]
fn a_thread_that_nobody_listens_to_reads_nothing_that_threads_share() {
    let mut telemetry = nobody();
    let (unheard, heard) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        let settled = scope.spawn(|| {
            let began = Instant::now();
            let is_early = (0..100).any(|_| mcp::is_listened_to());
            unheard.wait();
            heard.wait();
            assert!(!is_early);
            // Another thread's request left a word of it behind.
            let is_at_once = mcp::is_listened_to();
            assert!(!is_at_once || began.elapsed() >= Duration::from_secs(1));
            while !mcp::is_listened_to() {
                assert!(began.elapsed() < Duration::from_secs(60), "a provider that came later is never found");
            }
        });
        unheard.wait();
        telemetry.install(Sampler::AlwaysOn);
        request(&Context::new());
        heard.wait();
        settled.join().expect("no panic");
    });
    telemetry.spans(2);
}
