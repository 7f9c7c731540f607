//! Who listens to MCP's requests: their instruments, and how not to ask at each of many that nobody listens to.

use crate::listen::instruments::timer;
use crate::listen::tracer::scope;
use crate::vocabulary::{Convention, REQUESTS, SESSIONS, Side};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{self, MeterProvider};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The instruments of requests and sessions, the client's before the server's.
pub(crate) struct RequestInstruments {
    requests: [metrics::Histogram<f64>; 2],
    sessions: [metrics::Histogram<f64>; 2],
}

impl RequestInstruments {
    pub(crate) fn new(provider: &(dyn MeterProvider + Send + Sync), convention: &'static Convention) -> Self {
        let meter = provider.meter_with_scope(scope(crate::MCP_NAME, convention));
        RequestInstruments {
            requests: REQUESTS.each_ref().map(|measured| timer(&meter, &measured.duration)),
            sessions: SESSIONS.each_ref().map(|measured| timer(&meter, &measured.duration)),
        }
    }

    pub(crate) fn record_request(&self, side: Side, duration: Duration, attributes: &[KeyValue]) {
        self.requests[side as usize].record(duration.as_secs_f64(), attributes);
    }

    pub(crate) fn record_session(&self, side: Side, duration: Duration, attributes: &[KeyValue]) {
        self.sessions[side as usize].record(duration.as_secs_f64(), attributes);
    }
}

/// How often a thread asks for a provider that is not there, before it asks once in [`A_WHILE`] only.
const OFTEN_ENOUGH: u32 = 32;
const A_WHILE: Duration = Duration::from_secs(1);

/// What the providers said to this thread: so many times that nobody listens, and when it is to ask again.
#[derive(Clone, Copy)]
struct Nobody {
    times: u32,
    again: Option<Instant>,
}

thread_local! {
    static NOBODY: Cell<Nobody> = const { Cell::new(Nobody { times: 0, again: None }) };
}

/// Whether the providers are to be asked who listens to a request. To ask costs an allocation of opentelemetry's, so a thread that served
/// [`OFTEN_ENOUGH`] requests, none of which anybody listened to, asks once a second from then on. In between it reads nothing that threads
/// share: a request may ask more than once, as it leaves its sender and as it reaches its transport.
#[inline]
pub(crate) fn is_worth_asking() -> bool {
    let nobody = NOBODY.get();
    if nobody.times < OFTEN_ENOUGH {
        return true;
    }
    nobody.again.is_none_or(|again| Instant::now() >= again)
}

/// What the providers said.
#[inline]
pub(crate) fn remember(somebody: bool) {
    let times = NOBODY.get().times;
    match (somebody, times) {
        (true, 0) => {}
        (true, _) => NOBODY.set(Nobody { times: 0, again: None }),
        (false, _) if times + 1 < OFTEN_ENOUGH => NOBODY.set(Nobody { times: times + 1, again: None }),
        (false, _) => NOBODY.set(Nobody { times: OFTEN_ENOUGH, again: Some(Instant::now() + A_WHILE) }),
    }
}
