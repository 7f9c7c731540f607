//! How large the futures are: what a program that waits for many of them pays in memory, and moves when it spawns one.

use crate::case::{BY_HAND, NOTHING, OURS};
use crate::workload::{Request, annotated, by_hand, nothing, traced};
use opentelemetry::global;

/// A way of instrumenting, and the bytes of its futures, in the order of [`FUTURES`].
pub(crate) struct Sizes {
    pub(crate) way: &'static str,
    pub(crate) bytes: Vec<Option<usize>>,
}

pub(crate) const FUTURES: [&str; 5] = ["loop", "step", "tool", "256-byte argument", "256-byte argument, described"];

/// A tool that keeps an argument of 256 bytes over an await, and one that says something of it, too.
macro_rules! wide {
    ($module:ident($argument:ident), $kept:meta, $described:meta) => {
        mod $module {
            #[$kept]
            pub(super) async fn kept($argument: [u8; 256]) -> u8 {
                std::future::ready(()).await;
                $argument[0]
            }

            #[$described]
            pub(super) async fn described($argument: [u8; 256]) -> u8 {
                std::future::ready(()).await;
                $argument[0]
            }
        }
    };
}

wide!(wide_nothing(argument), cfg(all()), cfg(all()));
wide!(wide_annotated(argument), samplescope::sampling_tool, samplescope::sampling_tool(unchecked("app.first" = argument[0])));
wide!(wide_traced(argument), tracing::instrument(skip_all), tracing::instrument(skip_all, fields(first = argument[0])));

pub(crate) fn sizes() -> Vec<Sizes> {
    let request = Request::of_steps(1);
    let turn = &request.turns[0];
    macro_rules! of {
        ($functions:ident, $wide:ident) => {
            vec![
                Some(size_of_val(&$functions::run(&request))),
                Some(size_of_val(&$functions::step(&request, turn))),
                Some(size_of_val(&$functions::tool(&turn.call))),
                Some(size_of_val(&$wide::kept([0; 256]))),
                Some(size_of_val(&$wide::described([0; 256]))),
            ]
        };
    }
    let run = by_hand::Run { tracer: global::tracer(BY_HAND), model: "".into() };
    let by_hand = vec![
        Some(size_of_val(&by_hand::run(&request))),
        Some(size_of_val(&by_hand::step(&run, &request, 0, turn))),
        Some(size_of_val(&by_hand::tool(&run.tracer, &turn.call))),
        None,
        None,
    ];
    vec![
        Sizes { way: NOTHING, bytes: of!(nothing, wide_nothing) },
        Sizes { way: "`tracing`", bytes: of!(traced, wide_traced) },
        Sizes { way: OURS, bytes: of!(annotated, wide_annotated) },
        Sizes { way: BY_HAND, bytes: by_hand },
    ]
}
