//! What a bare function leaves to inference, an annotated one does, too: each of these compiles without the attribute and without a type more.

use samplescope_tests::Telemetry;
use std::fmt;
use std::num::ParseIntError;

#[derive(Clone, Debug, PartialEq)]
struct Word(String);

impl Word {
    fn score(&self) -> usize {
        self.0.len()
    }
}

struct Shown<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Shown<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// The functions without an attribute, and with each.
macro_rules! four_times {
    (@functions #[$attribute:ident] $(($($function:tt)*))*) => {
        use super::*;
        $(#[$attribute] pub(super) $($function)*)*
    };
    (@functions $(($($function:tt)*))*) => {
        use super::*;
        $(pub(super) $($function)*)*
    };
    ($($functions:tt)*) => {
        mod bare {
            four_times! { @functions $($functions)* }
        }
        mod in_a_loop {
            use samplescope::sampling_loop as attribute;
            four_times! { @functions #[attribute] $($functions)* }
        }
        mod in_a_step {
            use samplescope::sampling_step as attribute;
            four_times! { @functions #[attribute] $($functions)* }
        }
        mod in_a_tool {
            use samplescope::sampling_tool as attribute;
            four_times! { @functions #[attribute] $($functions)* }
        }
    };
}

four_times! {
    (fn of_a_reference(more: usize) -> impl Fn(&str) -> usize { move |text| text.len() + more })
    (async fn of_a_reference_async(more: usize) -> impl Fn(&str) -> usize { move |text| text.len() + more })
    (fn borrowing() -> impl Fn(&str) -> &str { |text| text.trim() })
    (async fn borrowing_async() -> impl for<'a> Fn(&'a str, &u8) -> &'a str { |text, _| text.trim() })
    (fn of_a_type() -> impl Fn(Word) -> usize + Send { |word| word.score() })
    (async fn of_a_type_async() -> impl Fn(&Word) -> usize { |word| word.score() })
    (fn by_path() -> impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result { |f| f.write_str("shown") })
    (fn annotated() -> impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result { |f: &mut fmt::Formatter<'_>| f.write_str("shown") })
    (fn generic<T: Clone + Send, const N: usize>(_: &T) -> impl Fn(&T) -> [T; N] + use<T, N> { |one| std::array::from_fn(|_| one.clone()) })
    (async fn generic_async<'a, T>(of: &'a T) -> impl Fn(&T) -> bool + use<'a, T> where T: PartialEq { move |one| one == of })
    (fn mutable() -> impl FnMut(&mut Vec<u8>) { let mut next = 0; move |bytes| { next += 1; bytes.push(next); } })
    (async fn once(word: Word) -> impl FnOnce(Option<&str>) -> Word { move |text| if text.is_some() { word.clone() } else { word } })
    (fn by_question_mark() -> impl Fn(&str) -> Result<u8, ParseIntError> { |text| { let byte: u8 = text.parse()?; Ok(byte) } })
    (fn of_a_closure() -> impl Fn(usize) -> Box<dyn Fn(&str) -> usize> { |more| Box::new(move |text| text.len() + more) })
    (fn of_two() -> (impl Fn(&str) -> usize, impl Fn(u8) -> u8) { (|text| text.len(), |number| number.pow(2)) })
    (async fn of_two_and_more() -> ((impl Fn(&str) -> usize, u8), impl fmt::Debug) { ((|text| text.len(), 1), "debug") })
    (async fn asynchronous() -> impl AsyncFn(&str) -> usize { async |text| text.len() })
    (fn boxed() -> Box<dyn Fn(&str) -> usize> { Box::new(|text| text.len() + 1) })
    (fn debug(ok: bool) -> impl fmt::Debug { if ok { return Ok(1); } Err("debug") })
    (fn results(ok: bool) -> Result<impl fmt::Debug, impl fmt::Debug> { if ok { return Ok(1) } Err(Vec::<u8>::new()) })
    (fn iterator() -> impl Iterator<Item = u64> { [1_u8, 2].into_iter().map(|byte| (byte + 1).into()) })
    (async fn empty() -> Option<Vec<u8>> { let mut bytes = Vec::new(); bytes.append(&mut Vec::new()); Some(bytes) })
}

macro_rules! assert_as_bare {
    ($($module:ident)*) => {$({
        use $module as ours;
        assert_eq!(ours::of_a_reference(1)("four"), 5);
        assert_eq!(ours::of_a_reference_async(1).await("four"), 5);
        assert_eq!(ours::borrowing()(" a "), "a");
        assert_eq!(ours::borrowing_async().await(" a ", &0), "a");
        assert_eq!(ours::of_a_type()(Word("word".to_owned())), 4);
        assert_eq!(ours::of_a_type_async().await(&Word("word".to_owned())), 4);
        assert_eq!(Shown(ours::by_path()).to_string() + &Shown(ours::annotated()).to_string(), "shownshown");
        assert_eq!(ours::generic::<_, 2>(&1)(&3), [3, 3]);
        assert!(ours::generic_async(&"same").await(&"same"));
        let mut bytes = Vec::new();
        ours::mutable()(&mut bytes);
        assert_eq!(bytes, [1]);
        assert_eq!(ours::once(Word("said".to_owned())).await(None).0, "said");
        assert_eq!(ours::by_question_mark()("7"), Ok(7));
        assert_eq!(ours::of_a_closure()(1)("four"), 5);
        let (length, square) = ours::of_two();
        assert_eq!((length("four"), square(3)), (4, 9));
        let ((length, _), debug) = ours::of_two_and_more().await;
        assert_eq!((length("four"), format!("{debug:?}")), (4, "\"debug\"".to_owned()));
        assert_eq!(ours::asynchronous().await("four").await, 4);
        assert_eq!(ours::boxed()("four"), 5);
        assert_eq!(format!("{:?}", ours::debug(true)), "Ok(1)");
        assert!(ours::results(false).is_err());
        assert_eq!(ours::iterator().sum::<u64>(), 5);
        assert_eq!(ours::empty().await, Some(Vec::new()));
    })*};
}

#[tokio::test]
async fn what_a_bare_function_infers_an_annotated_one_does() {
    let telemetry = Telemetry::on();
    assert_as_bare! { bare }
    telemetry.spans(0);
    assert_as_bare! { in_a_loop in_a_step in_a_tool }
    telemetry.spans(3 * 22);
}

/// A function of a generic type, whose parameters no item inside of it may name.
mod of_a_generic_type {
    use super::*;
    use samplescope::sampling_tool;

    struct Pick<T>(T);

    impl<T: Clone + PartialEq> Pick<T> {
        #[sampling_tool]
        fn same(&self) -> impl Fn(&T) -> bool {
            |one| *one == self.0
        }

        #[sampling_tool]
        async fn of_another(self) -> impl Fn(&Self, T) -> (T, bool) {
            move |other, one| (one.clone(), other.0 == one && self.0 == one)
        }
    }

    #[tokio::test]
    async fn a_closure_is_inferred_from_what_the_type_says() {
        let telemetry = Telemetry::on();
        assert!(Pick(1).same()(&1));
        assert_eq!(Pick(1).of_another().await(&Pick(1), 1), (1, true));
        telemetry.spans(2);
    }
}
