//! What is paid when nobody listens: no allocation, one word, and no auto trait. In a binary of its own, for its allocator counts.

use futures::FutureExt as _;
use samplescope::{TokenUsage, current_loop, current_step, current_tool, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::Telemetry;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::rc::Rc;

/// Writes down what this thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

fn count(layout: Layout) {
    // The list that is written to allocates itself.
    if COUNTS.replace(false) {
        ALLOCATED.with_borrow_mut(|allocated| allocated.push(layout.size()));
        COUNTS.set(true);
    }
}

// SAFETY: everything is the system's.
#[expect(unsafe_code, reason = "an allocator is unsafe")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout);
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

/// The size of each allocation that the function makes.
fn allocations(function: impl FnOnce()) -> Vec<usize> {
    ALLOCATED.with_borrow_mut(|allocated| {
        allocated.clear();
        allocated.reserve(1 << 10);
    });
    COUNTS.set(true);
    function();
    COUNTS.set(false);
    ALLOCATED.take()
}

struct Request {
    model: String,
}

#[sampling_loop(agent = "a", provider = "p", model = request.model, temperature = 0.5, max_tokens = 10, tool_count = 2,
    system_prompt = request.model, messages = request.model, answer = |()| "answer", attributes("app.x" = request.model))]
async fn run(request: &Request) {
    for _ in 0..3 {
        step(request).await;
        let _ = tool(&request.model).await;
        plain_step(request);
    }
}

#[sampling_step(provider = "p", model = request.model, usage = |usage| usage, stop_reason = |_| "stop", message = |_| "message")]
async fn step(request: &Request) -> TokenUsage {
    current_loop().validation_failure(1);
    current_step().set("key", "value");
    let late = late_tool(request);
    let _ = tool(&request.model).await;
    late.await;
    TokenUsage::new(1, 2)
}

#[sampling_tool(name = name, arguments = name, result = |result| result, failed = |_| true)]
async fn tool(name: &str) -> Result<u8, std::io::Error> {
    current_tool().event("event", || []);
    assert!(!name.is_empty());
    Ok(7)
}

#[sampling_step(model = request.model)]
fn plain_step(request: &Request) {
    plain_tool(&request.model);
}

#[sampling_tool(name = name, failed = |failed| *failed)]
fn plain_tool(name: &str) -> bool {
    name.is_empty()
}

#[sampling_tool]
fn late_tool(request: &Request) -> impl Future<Output = usize> {
    let length = request.model.len();
    async move { length }
}

#[test]
fn without_a_provider_a_loop_allocates_one_no_op_span_at_most_and_its_steps_and_tools_nothing() {
    let telemetry = Telemetry::off();
    let request = Request { model: "m".to_owned() };
    // What is made once a process or thread: settings, thread locals, opentelemetry's globals.
    run(&request).now_or_never().expect("ready");
    assert_eq!(allocations(|| drop(Box::new(7_u64))), [8], "the allocator counts");
    let sizes = allocations(|| run(&request).now_or_never().expect("ready"));
    assert!(sizes.len() <= 1 && sizes.iter().all(|&size| size <= 64), "{sizes:?}");
    drop(telemetry);
}

#[test]
fn a_provider_that_is_gone_costs_as_little_as_none() {
    let request = Request { model: "m".to_owned() };
    let telemetry = Telemetry::on();
    run(&request).now_or_never().expect("ready");
    assert!(!telemetry.spans(19).is_empty());
    drop(telemetry);
    let telemetry = Telemetry::off();
    // The first call finds out.
    run(&request).now_or_never().expect("ready");
    let sizes = allocations(|| run(&request).now_or_never().expect("ready"));
    assert!(sizes.len() <= 1 && sizes.iter().all(|&size| size <= 64), "{sizes:?}");
    drop(telemetry);
}

mod sizes {
    use super::*;

    const WORD: usize = size_of::<usize>();

    async fn bare(buffer: [u8; 256]) -> usize {
        tokio::task::yield_now().await;
        buffer.iter().map(|byte| usize::from(*byte)).sum()
    }

    #[sampling_step]
    async fn step_of(buffer: [u8; 256]) -> usize {
        tokio::task::yield_now().await;
        buffer.iter().map(|byte| usize::from(*byte)).sum()
    }

    #[sampling_step(attributes("app.first" = buffer[0]))]
    async fn described(buffer: [u8; 256]) -> usize {
        tokio::task::yield_now().await;
        buffer.iter().map(|byte| usize::from(*byte)).sum()
    }

    #[test]
    fn an_argument_is_not_kept_once_more_because_it_is_described() {
        let _telemetry = Telemetry::off();
        assert_eq!(size_of_val(&described([0; 256])), size_of_val(&step_of([0; 256])));
    }

    async fn bare_block() {
        let buffer = [1_u8; 256];
        tokio::task::yield_now().await;
        drop(buffer.to_vec());
    }

    #[sampling_step]
    fn late() -> impl Future<Output = ()> {
        bare_block()
    }

    #[sampling_loop]
    fn late_loop() -> impl Future<Output = ()> {
        bare_block()
    }

    #[test]
    fn a_call_adds_one_word_to_the_future() {
        let _telemetry = Telemetry::off();
        for added in [size_of_val(&late()), size_of_val(&late_loop())].map(|size| size - size_of_val(&bare_block())) {
            assert_eq!(added, WORD);
        }
    }

    #[test]
    fn an_async_fn_is_not_kept_more_often_than_a_bare_one_is() {
        let _telemetry = Telemetry::off();
        // A bare async fn keeps its arguments twice: as given, and as its body's. An annotated one does so, too, and adds the wrapper.
        let (bare, annotated) = (size_of_val(&bare([0; 256])), size_of_val(&step_of([0; 256])));
        assert!(annotated <= bare + 2 * WORD, "{annotated} of {bare}");
    }
}

mod auto_traits {
    use super::*;

    /// Says which auto traits a type has, by inherent methods along a `Deref` chain.
    struct Probe<T>(Without<T>);
    struct Without<T>(PhantomData<T>);

    impl<T> Deref for Probe<T> {
        type Target = Without<T>;
        fn deref(&self) -> &Without<T> {
            &self.0
        }
    }

    fn probe<T>(_: &T) -> Probe<T> {
        Probe(Without(PhantomData))
    }

    macro_rules! probes {
        ($($method:ident: $bound:path;)*) => {
            $(impl<T: $bound> Probe<T> {
                fn $method(&self) -> bool {
                    let _ = self;
                    true
                }
            })*
            impl<T> Without<T> {
                $(fn $method(&self) -> bool {
                    let _ = self;
                    false
                })*
            }
        };
    }

    probes! {
        send: Send;
        sync: Sync;
        unwind_safe: UnwindSafe;
        ref_unwind_safe: RefUnwindSafe;
        unpin: Unpin;
    }

    macro_rules! all {
        ($value:expr) => {{
            let probe = probe(&$value);
            [probe.send(), probe.sync(), probe.unwind_safe(), probe.ref_unwind_safe(), probe.unpin()]
        }};
    }

    macro_rules! unchanged {
        ($name:ident($($argument:ident: $ty:ty),*) { $($body:tt)* } called with $($value:expr),*; $expected:expr) => {{
            async fn bare($($argument: $ty),*) { $($body)* }
            #[sampling_loop]
            async fn of_loop($($argument: $ty),*) { $($body)* }
            #[sampling_step]
            async fn of_step($($argument: $ty),*) { $($body)* }
            #[sampling_tool(name = "t", arguments = "content", result = |()| "result")]
            async fn of_tool($($argument: $ty),*) { $($body)* }
            let expected = all!(bare($($value),*));
            assert_eq!(expected, $expected, stringify!($name));
            assert_eq!(all!(of_loop($($value),*)), expected, stringify!($name));
            assert_eq!(all!(of_step($($value),*)), expected, stringify!($name));
            assert_eq!(all!(of_tool($($value),*)), expected, stringify!($name));
        }};
    }

    #[test]
    fn a_future_has_the_auto_traits_of_its_body() {
        let _telemetry = Telemetry::off();
        let [yes, no] = [true, false];
        unchanged!(everything() { std::future::ready(()).await; } called with; [yes, yes, yes, yes, no]);
        unchanged!(rc(value: Rc<u8>) { std::future::ready(()).await; drop(value); } called with Rc::new(1); [no, no, yes, yes, no]);
        unchanged!(cell(value: Cell<u8>) { std::future::ready(()).await; value.set(2); } called with Cell::new(1); [yes, no, yes, no, no]);
        unchanged!(dynamic(value: Box<dyn Fn() + Send>) { std::future::ready(()).await; value(); } called with Box::new(|| ());
            [yes, no, no, no, no]);
    }

    #[sampling_step]
    fn bare_future(future: std::future::Ready<u8>) -> impl Future<Output = u8> + Unpin {
        future
    }

    #[sampling_step]
    fn boxed(value: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
        let future = std::future::ready(value);
        Box::pin(future)
    }

    #[test]
    fn a_future_that_is_returned_has_its_own() {
        let _telemetry = Telemetry::off();
        assert_eq!(all!(bare_future(std::future::ready(7))), [true; 5]);
        assert_eq!(all!(boxed(7)), [true, false, false, false, true]);
    }
}
