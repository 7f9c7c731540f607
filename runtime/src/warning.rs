//! Our own few warnings: each place that warns does so once a process, through `tracing`, and never names content.

/// No lock is held while the subscriber runs: it may call an annotated function, which may warn in its turn.
macro_rules! once {
    ($($message:tt)+) => {{
        static SAID: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
        if !SAID.swap(true, std::sync::atomic::Ordering::Relaxed) {
            tracing::warn!(target: "samplescope", $($message)+);
        }
    }};
}

pub(crate) use once;
