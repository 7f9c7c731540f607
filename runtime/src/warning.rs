//! Our own few warnings: each place that warns does so once a process, through `tracing`, and never names content.

macro_rules! once {
    ($($message:tt)+) => {{
        static SAID: std::sync::Once = std::sync::Once::new();
        SAID.call_once(|| tracing::warn!(target: "samplescope", $($message)+));
    }};
}

pub(crate) use once;
