//! A call, from the question who listens to the end of its span.
//!
//! ```text
//! description ─► open ─► harness ─► close
//! ```
//!
//! | state | who holds it | what runs |
//! |---|---|---|
//! | *opening* | [`open::Opening`], on the stack | argument expressions, the sampler |
//! | *open* | [`harness::Held`], in the user's future, stream or on the stack: one word | nothing |
//! | *running* | [`harness::Running`], which takes it out of there, in the frame that runs it | the user's code, then the closures over what came back |
//! | *owned* | [`owned::Owned`], in the user's own hands | whatever they run inside |
//! | *evaluated* | [`harness::Evaluating`], a temporary in the user's own statement | the expression of a statement with an attribute |
//! | *dropping* | `Held`, the last field of what is dropped | destructors of the user's locals |
//! | *closed* | nobody; handles and contexts may know it still, and say nothing | processors, redactors |
//!
//! When *opening* is, generated code decides: for an `async fn` it is the first poll, so one that is never polled is no call; for any other
//! function it is the call of the function.
//!
//! No state is left but forwards, and *closed* is reached once: whoever takes the call out of its `Held` closes it, puts it back or
//! hands it on.
//!
//! | file | what it holds |
//! |---|---|
//! | `here` | the thread's word: what the running code is inside of |
//! | `core` | a call, the run that it belongs to, how it is found |
//! | `learned`, `ending` | what is learned until the end, and which end it was |
//! | `delivery`, `close` | what goes out at the end, and in which order |
//! | `harness` | the one choreography |
//! | `open`, `description` | the request side: deciding, and the arguments |
//! | `returned` | the response side |
//! | `instrumented`, `called` | the futures, streams and values that generated code makes |
//! | `statement` | the same for a call that is an expression of a statement |
//! | `owned` | a call in the user's own hands |

pub(crate) mod called;
pub(crate) mod close;
pub(crate) mod core;
pub(crate) mod delivery;
pub(crate) mod description;
pub(crate) mod ending;
pub(crate) mod harness;
pub(crate) mod here;
pub(crate) mod instrumented;
pub(crate) mod learned;
pub(crate) mod open;
pub(crate) mod owned;
pub(crate) mod returned;
pub(crate) mod statement;
