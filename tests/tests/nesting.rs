//! Every span has the right parent, and every step its own loop, however the user's code runs them.

use futures::stream::{self, FuturesUnordered, StreamExt as _};
use futures::{FutureExt as _, join, poll};
use opentelemetry::trace::{FutureExt as _, SpanId, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, Value, global};
use samplescope::{sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Span, Telemetry};
use std::pin::{Pin, pin};
use tokio::task::yield_now;

const LOOP: &str = "sampling/createMessage";
const STEP: &str = "sampling/createMessage step";

/// A loop around anything.
#[sampling_loop(agent = agent)]
async fn run<T>(agent: &str, body: impl Future<Output = T>) -> T {
    body.await
}

/// A step that takes some polls.
#[sampling_step]
async fn step(polls: usize) {
    for _ in 0..polls {
        yield_now().await;
    }
}

/// A step around anything.
#[sampling_step]
async fn step_around<T>(body: impl Future<Output = T>) -> T {
    body.await
}

#[sampling_tool(name = name)]
async fn tool(name: &str) {
    yield_now().await;
}

#[sampling_tool(name = name)]
async fn tool_around<T>(name: &str, body: impl Future<Output = T>) -> T {
    body.await
}

#[sampling_tool(name = name)]
fn plain_tool(name: &str) {
    assert!(!name.is_empty());
}

/// A span of the user's own around anything.
async fn user<T>(name: &'static str, body: impl Future<Output = T>) -> T {
    let span = global::tracer("user").start(name);
    body.with_context(Context::current_with_span(span)).await
}

#[track_caller]
fn only(spans: Vec<Span>) -> Span {
    let [span] = &spans[..] else { panic!("one span of {spans:?}") };
    span.clone()
}

/// Every step of the loop is its child, and they are counted from 0 without a gap.
#[track_caller]
fn owns_its_steps(telemetry: &Telemetry, run: &Span, expected: usize) {
    let steps = telemetry.named(STEP);
    let mut iterations: Vec<i64> = steps
        .iter()
        .filter(|step| step.parent_id() == run.id())
        .filter_map(|step| match step.get("fastmcp.sampling.iteration") {
            Some(Value::I64(iteration)) => Some(iteration),
            _ => None,
        })
        .collect();
    iterations.sort_unstable();
    let expected = i64::try_from(expected).expect("few");
    assert_eq!(iterations, (0..expected).collect::<Vec<_>>(), "{}", telemetry.tree());
    assert_eq!(run.get("fastmcp.sampling.iterations"), Some(expected.into()));
}

mod at_once {
    use super::*;

    #[tokio::test]
    async fn joined_steps_are_siblings() {
        let telemetry = Telemetry::on();
        run("a", async { join!(step(3), step(0), step(5), step_around(tool("inside"))) }).await;
        owns_its_steps(&telemetry, &only(telemetry.named(LOOP)), 4);
        let tool = only(telemetry.named("sampling.execute_tool inside"));
        assert_eq!(tool.parent_id(), telemetry.named(STEP)[3].id());
    }

    #[tokio::test]
    async fn selected_steps_are_siblings_and_the_loser_too() {
        let telemetry = Telemetry::on();
        let body = async {
            tokio::select! {
                biased;
                () = step(9) => unreachable!("it takes longer"),
                () = step(1) => {}
            }
            step(0).await;
        };
        run("a", body).await;
        owns_its_steps(&telemetry, &only(telemetry.named(LOOP)), 3);
    }

    #[tokio::test]
    async fn unordered_and_buffered_steps_are_siblings() {
        let telemetry = Telemetry::on();
        let body = async {
            let mut all: FuturesUnordered<_> = (0..5).map(|polls| step_around(tool_around("t", step(polls)))).collect();
            while all.next().await.is_some() {}
            stream::iter(0..5).map(|polls| step(5 - polls)).buffer_unordered(3).for_each(|()| step(1)).await;
        };
        run("a", body).await;
        let run = only(telemetry.named(LOOP));
        assert_eq!(run.get("fastmcp.sampling.iterations"), Some(20.into()));
        let tools = telemetry.named("sampling.execute_tool t");
        assert_eq!(tools.len(), 5);
        let steps = telemetry.named(STEP);
        for tool in tools {
            let outer = steps.iter().find(|step| step.id() == tool.parent_id()).expect("a tool is inside its step");
            assert_eq!(outer.parent_id(), run.id());
            assert_eq!(steps.iter().filter(|step| step.parent_id() == tool.id()).count(), 1);
        }
        assert_eq!(steps.iter().filter(|step| step.parent_id() == run.id()).count(), 15);
    }
}

mod tasks {
    use super::*;

    async fn spawned() {
        let mut set = tokio::task::JoinSet::new();
        set.spawn(step(2).with_current_context());
        set.spawn(async { step_around(tool("in a task")).await }.with_current_context());
        tokio::spawn(step(1).with_current_context()).await.expect("joined");
        while let Some(done) = set.join_next().await {
            done.expect("joined");
        }
    }

    fn spawned_with_the_context() {
        let telemetry = Telemetry::on();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
        runtime.block_on(run("a", spawned()));
        drop(runtime);
        let run = only(telemetry.named(LOOP));
        owns_its_steps(&telemetry, &run, 3);
        assert!(telemetry.named(STEP).iter().all(|step| step.get("gen_ai.agent.name") == Some("a".into())));
    }

    #[test]
    fn a_task_that_was_given_the_context_belongs_to_the_loop() {
        spawned_with_the_context();
    }

    #[tokio::test]
    async fn on_one_thread_as_well() {
        let telemetry = Telemetry::on();
        run("a", spawned()).await;
        owns_its_steps(&telemetry, &only(telemetry.named(LOOP)), 3);
    }

    #[tokio::test]
    async fn a_task_without_the_context_is_a_root_of_its_own() {
        let telemetry = Telemetry::on();
        run("a", async { tokio::spawn(step(1)).await.expect("joined") }).await;
        let step = only(telemetry.named(STEP));
        assert_eq!((step.parent_id(), step.get("fastmcp.sampling.iteration")), (SpanId::INVALID, None));
        assert_eq!(only(telemetry.named(LOOP)).get("fastmcp.sampling.iterations"), None);
    }

    #[test]
    fn a_thread_with_the_context_attached_belongs_to_the_loop() {
        let telemetry = Telemetry::on();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let body = async {
            step_around(async {
                let context = Context::current();
                let attached = move || {
                    let _attached = context.attach();
                    plain_tool("blocking");
                    samplescope::current_loop().validation_failure(1);
                };
                tokio::task::spawn_blocking(attached.clone()).await.expect("joined");
                std::thread::spawn(attached).join().expect("joined");
                std::thread::spawn(|| plain_tool("bare")).join().expect("joined");
            })
            .await;
        };
        runtime.block_on(run("a", body));
        assert_eq!(
            telemetry.tree(),
            "sampling/createMessage\n  sampling/createMessage step\n    sampling.execute_tool blocking\n    sampling.execute_tool blocking\n\
             sampling.execute_tool bare\n"
        );
        assert_eq!(only(telemetry.named(LOOP)).events().len(), 2);
    }

    #[tokio::test]
    async fn a_task_that_outlives_its_loop_is_still_below_it() {
        let telemetry = Telemetry::on();
        let mut late = None;
        run("a", async { late = Some(step(3).with_current_context()) }).await;
        late.expect("just made").await;
        let (run, step) = (only(telemetry.named(LOOP)), only(telemetry.named(STEP)));
        assert_eq!(step.parent_id(), run.id());
        assert_eq!(step.get("gen_ai.agent.name"), Some("a".into()));
        assert_eq!(run.get("fastmcp.sampling.iterations"), None, "it had ended");
        assert_eq!(step.get("fastmcp.sampling.iteration"), None, "and counts no more");
    }
}

mod executors {
    use super::*;

    async fn body() {
        let inner = run("inner", async { join!(step(2), step(1)) });
        join!(step(1), tool_around("t", inner), step_around(tool("u")));
    }

    fn check(telemetry: &Telemetry) {
        telemetry.spans(8);
        let loops = telemetry.named(LOOP);
        let [outer, inner] = &loops[..] else { panic!("{}", telemetry.tree()) };
        owns_its_steps(telemetry, outer, 2);
        owns_its_steps(telemetry, inner, 2);
        assert_eq!(inner.parent_id(), only(telemetry.named("sampling.execute_tool t")).id());
    }

    #[test]
    fn no_executor_is_needed() {
        let telemetry = Telemetry::on();
        futures::executor::block_on(run("outer", body()));
        check(&telemetry);
    }

    #[test]
    fn a_local_pool_does() {
        use futures::task::LocalSpawnExt as _;
        let telemetry = Telemetry::on();
        let mut pool = futures::executor::LocalPool::new();
        let local = async {
            let not_send = std::rc::Rc::new(());
            run("outer", body()).await;
            drop(not_send);
        };
        pool.spawner().spawn_local(local).expect("a pool");
        pool.run();
        check(&telemetry);
    }

    #[test]
    fn async_executor_does_on_several_threads() {
        let telemetry = Telemetry::on();
        let executor = async_executor::Executor::new();
        let task = executor.spawn(run("outer", body()));
        std::thread::scope(|scope| {
            let (stop, stopped) = futures::channel::oneshot::channel::<()>();
            let stopped = stopped.shared();
            for _ in 0..2 {
                let (executor, stopped) = (&executor, stopped.clone());
                scope.spawn(move || futures::executor::block_on(executor.run(stopped)).is_err());
            }
            futures::executor::block_on(task);
            drop(stop);
        });
        check(&telemetry);
    }

    #[test]
    fn tokio_does_on_several_threads() {
        let telemetry = Telemetry::on();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().expect("a runtime");
        for _ in 0..50 {
            runtime.block_on(async { tokio::spawn(run("outer", body())).await.expect("joined") });
            check(&telemetry);
            telemetry.forget();
        }
        drop(runtime);
    }
}

mod nested {
    use super::*;

    #[tokio::test]
    async fn a_loop_in_a_tool_in_a_loop_counts_for_itself() {
        let telemetry = Telemetry::on();
        let innermost = run("c", async { step(1).await }).boxed();
        let inner = run("b", async { step_around(tool_around("deep", innermost)).await }).boxed();
        run("a", async {
            step(1).await;
            tool_around("outer", inner).await;
            step(1).await;
        })
        .await;
        assert_eq!(
            telemetry.tree(),
            [
                "sampling/createMessage",
                "  sampling/createMessage step",
                "  sampling.execute_tool outer",
                "    sampling/createMessage",
                "      sampling/createMessage step",
                "        sampling.execute_tool deep",
                "          sampling/createMessage",
                "            sampling/createMessage step",
                "  sampling/createMessage step",
                "",
            ]
            .join("\n")
        );
        let loops = telemetry.named(LOOP);
        for (run, (agent, steps)) in loops.iter().zip([("a", 2), ("b", 1), ("c", 1)]) {
            owns_its_steps(&telemetry, run, steps);
            assert_eq!(run.get("gen_ai.agent.name"), Some(agent.into()));
        }
        let agents: Vec<_> = telemetry.named(STEP).iter().filter_map(|step| step.get("gen_ai.agent.name")).collect();
        assert_eq!(agents, ["a", "b", "c", "a"].map(Value::from));
    }

    #[sampling_loop]
    fn recursive(depth: usize) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            step(1).await;
            if depth > 0 {
                recursive(depth - 1).await;
                recursive(depth - 1).await;
            }
            step(1).await;
        })
    }

    #[tokio::test]
    async fn a_loop_inside_itself_counts_for_itself() {
        let telemetry = Telemetry::on();
        recursive(4).await;
        let loops = telemetry.named(LOOP);
        assert_eq!(loops.len(), 31);
        for run in &loops {
            owns_its_steps(&telemetry, run, 2);
        }
    }

    #[tokio::test]
    async fn two_loops_on_one_thread_keep_their_own_counts_and_attributes() {
        let telemetry = Telemetry::on();
        {
            let mut left = pin!(run("left", async {
                for _ in 0..3 {
                    step(2).await;
                }
            }));
            let mut right = pin!(run("right", async {
                for _ in 0..5 {
                    step(1).await;
                    tool("t").await;
                }
            }));
            let (mut left_done, mut right_done) = (false, false);
            while !(left_done && right_done) {
                left_done = left_done || poll!(left.as_mut()).is_ready();
                right_done = right_done || poll!(right.as_mut()).is_ready();
            }
        }
        for (run, steps) in telemetry.named(LOOP).iter().zip([3, 5]) {
            owns_its_steps(&telemetry, run, steps);
            let inside: Vec<Span> = telemetry.spans(15).into_iter().filter(|span| span.parent_id() == run.id()).collect();
            assert!(inside.iter().all(|span| span.get("gen_ai.agent.name") == run.get("gen_ai.agent.name")));
        }
    }

    #[tokio::test]
    async fn a_tool_inside_a_step_is_its_child_and_beside_it_its_sibling() {
        let telemetry = Telemetry::on();
        run("a", async {
            step_around(async {
                tool("inside").await;
                plain_tool("plain");
            })
            .await;
            tool("beside").await;
        })
        .await;
        assert_eq!(
            telemetry.tree(),
            "sampling/createMessage\n  sampling/createMessage step\n    sampling.execute_tool inside\n    sampling.execute_tool plain\n  \
             sampling.execute_tool beside\n"
        );
    }

    #[tokio::test]
    async fn a_step_inside_a_step_is_its_child_and_is_counted() {
        let telemetry = Telemetry::on();
        run("a", step_around(step(1))).await;
        let steps = telemetry.named(STEP);
        assert_eq!(steps[1].parent_id(), steps[0].id());
        assert_eq!(steps[1].get("fastmcp.sampling.iteration"), Some(1.into()));
    }

    #[tokio::test]
    async fn a_step_without_a_loop_has_no_iteration_and_nothing_to_inherit() {
        let telemetry = Telemetry::on();
        step_around(tool("t")).await;
        run("a", step(1)).await;
        step(1).await;
        let alone = [0, 4].map(|index| telemetry.spans(5)[index].clone());
        for step in alone {
            assert_eq!((step.name(), step.parent_id()), (STEP, SpanId::INVALID));
            assert_eq!((step.get("fastmcp.sampling.iteration"), step.get("gen_ai.agent.name")), (None, None));
        }
    }
}

mod beside_the_user_s_spans {
    use super::*;

    #[tokio::test]
    async fn spans_of_the_user_s_own_stand_anywhere_between() {
        let telemetry = Telemetry::on();
        let inside = user("around the tool", tool_around("t", user("in the tool", yield_now()))).boxed();
        let body = user("around the step", step_around(user("in the step", inside))).boxed();
        user("request", run("a", user("in the loop", body))).await;
        assert_eq!(
            telemetry.tree(),
            [
                "request",
                "  sampling/createMessage",
                "    in the loop",
                "      around the step",
                "        sampling/createMessage step",
                "          in the step",
                "            around the tool",
                "              sampling.execute_tool t",
                "                in the tool",
                "",
            ]
            .join("\n")
        );
        assert_eq!(only(telemetry.named(LOOP)).get("fastmcp.sampling.iterations"), Some(1.into()));
        assert_eq!(only(telemetry.named(STEP)).get("gen_ai.agent.name"), Some("a".into()));
    }

    #[tokio::test]
    async fn a_step_in_another_trace_s_context_is_there_and_not_in_the_loop() {
        let telemetry = Telemetry::on();
        run("a", step(1).with_context(Context::new())).await;
        assert_eq!(telemetry.tree(), "sampling/createMessage\nsampling/createMessage step\n");
        assert_eq!(only(telemetry.named(LOOP)).get("fastmcp.sampling.iterations"), None);
    }

    #[tokio::test]
    async fn the_current_context_is_the_user_s_again_after_each_poll() {
        let telemetry = Telemetry::on();
        let before = Context::current().span().span_context().clone();
        {
            let mut run = pin!(run("a", step(2)));
            while poll!(run.as_mut()).is_pending() {
                assert_eq!(Context::current().span().span_context(), &before);
            }
        }
        assert_eq!(Context::current().span().span_context(), &before);
        telemetry.spans(2);
    }
}
