//! Texts that come again with one request after another: what a server, its tools and a session are called. A thread keeps the last few.

use crate::call::open::named;
use crate::vocabulary::CALL_TOOL;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::LocalKey;

/// What a call of a tool is called.
pub(crate) struct Tool {
    /// The tool's own name.
    pub(crate) name: Arc<str>,
    /// That of the span of a `tools/call`.
    pub(crate) span: Box<str>,
}

/// How many of a kind a thread keeps. One that comes takes the place of another, so that it matters to nobody how many there are.
const KEPT: usize = 16;

/// In bytes. What is longer was made up, and is not kept.
const LONGEST: usize = 64;

type Slots<T> = [Cell<Option<T>>; KEPT];

thread_local! {
    static SERVERS: Slots<Arc<str>> = const { [const { Cell::new(None) }; KEPT] };
    static SESSIONS: Slots<Arc<str>> = const { [const { Cell::new(None) }; KEPT] };
    static TOOLS: Slots<Rc<Tool>> = const { [const { Cell::new(None) }; KEPT] };
}

/// A server's name. Not copied where it was one of this thread's last, as in what follows.
pub(crate) fn server(name: &str) -> Arc<str> {
    again(&SERVERS, name, |kept| kept, || name.into())
}

/// The id of a session.
pub(crate) fn session(id: &str) -> Arc<str> {
    again(&SESSIONS, id, |kept| kept, || id.into())
}

/// What calls of that tool are called.
pub(crate) fn tool(name: &str) -> Rc<Tool> {
    again(&TOOLS, name, |kept| &kept.name, || Rc::new(Tool { name: name.into(), span: named(CALL_TOOL, name).into() }))
}

/// Nothing is borrowed while others' code runs, which the allocator is.
fn again<T: Clone>(all: &'static LocalKey<Slots<T>>, text: &str, text_of: fn(&T) -> &str, make: impl Fn() -> T) -> T {
    let of_thread = |kept: &Slots<T>| {
        let place = &kept[place_of(text)];
        let it = place.take().filter(|it| text_of(it) == text).unwrap_or_else(&make);
        place.set(Some(it.clone()));
        it
    };
    let kept = if text.len() <= LONGEST { all.try_with(of_thread).ok() } else { None };
    kept.unwrap_or_else(make)
}

/// By what texts of one kind differ in.
fn place_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let [.., last] = *bytes else { return 0 };
    (bytes.len() + 3 * usize::from(last) + 5 * usize::from(bytes[bytes.len() / 2])) % KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_not_made_anew() {
        let (name, id, called) = (server("travel"), session("travel"), tool("flight_status"));
        session("another");
        tool("travel_time");
        assert!(Arc::ptr_eq(&name, &server("travel")));
        assert!(Arc::ptr_eq(&id, &session("travel")));
        assert!(Rc::ptr_eq(&called, &tool("flight_status")));
        assert_eq!((&*called.name, &*called.span), ("flight_status", "tools/call flight_status"));
        assert_eq!((&*session(""), &*tool("").span), ("", "tools/call "));
    }

    #[test]
    fn of_what_is_made_up_no_more_is_kept_than_there_are_places() {
        let made_up = |number| format!("made up {number}");
        let texts: Vec<_> = (0..10_000).map(|number| session(&made_up(number))).collect();
        let tools: Vec<_> = (0..10_000).map(|number| tool(&made_up(number))).collect();
        for (number, (text, tool)) in texts.iter().zip(&tools).enumerate() {
            assert_eq!((&**text, &*tool.name), (&*made_up(number), &*made_up(number)));
        }
        assert!(texts.iter().filter(|text| Arc::strong_count(text) > 1).count() <= KEPT);
        assert!(tools.iter().filter(|tool| Rc::strong_count(tool) > 1).count() <= KEPT);
        let long = "x".repeat(LONGEST + 1);
        assert_eq!((Arc::strong_count(&session(&long)), Rc::strong_count(&tool(&long))), (1, 1));
    }
}
