//! What people write from habit, because another library or a provider calls it that.

use crate::model::Macro::{self, Loop, Step, Tool};

/// What a word that is no argument stands for.
pub(crate) enum Habit {
    /// The argument of that name.
    Key(&'static str),
    /// Nothing that one would write: this is how it is.
    Says(&'static str),
}

pub(crate) fn of(kind: Macro, word: &str) -> Option<Habit> {
    use Habit::{Key, Says};
    Some(match (word, kind) {
        ("token_usage", _) => Key("usage"),
        ("finish_reason" | "finish_reasons", _) => Key("stop_reason"),
        ("args", _) | ("input", Tool) => Key("arguments"),
        ("input", Loop | Step) => Key("messages"),
        ("output", Tool) => Key("result"),
        ("output", Step) => Key("message"),
        ("output", Loop) => Key("answer"),
        ("system", Loop | Step) => Says("`system_prompt` takes the instructions, `provider` says whose model it is"),
        ("system", Tool) => {
            Says("a tool has no system prompt: `system_prompt` belongs on `#[sampling_loop]` or `#[sampling_step]`")
        }
        ("skip" | "skip_all", _) => Says("nothing is recorded that is not named: leave it out"),
        ("err", _) => {
            Says("an `Err` is recorded by itself: leave it out, or say what it is called with `error_type = |error| …`")
        }
        ("ret", Tool) => Says("what comes back is recorded where it is named: `result = |output| output`"),
        ("ret", Step) => Says("what comes back is recorded where it is named: `message = |response| &response.text`"),
        ("ret", Loop) => Says("what comes back is recorded where it is named: `answer = |answer| answer`"),
        ("fields", _) => Says("attributes of your own are written `attributes(\"app.tenant\" = tenant.id)`"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn whatever_is_meant_is_there() {
        for kind in [Loop, Step, Tool] {
            for word in ["token_usage", "finish_reason", "finish_reasons", "args", "input", "output"] {
                assert!(keys::find(word).is_none(), "{word}");
                let Some(Habit::Key(meant)) = of(kind, word) else { panic!("{kind}: {word}") };
                assert!(keys::find(meant).is_some(), "{meant}");
            }
            for word in ["skip", "skip_all", "err", "ret", "fields", "system"] {
                assert!(keys::find(word).is_none() && matches!(of(kind, word), Some(Habit::Says(_))), "{kind}: {word}");
            }
        }
    }
}
