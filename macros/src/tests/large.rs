//! Sizes at which anything that compares all with all would not end while somebody waits.

use crate::instrument;
use crate::model::Macro;
use proc_macro2::TokenStream;

#[test]
fn many_attributes_are_read_once_each() {
    let entries = many(|number| format!("\"app.k{number}\" = {number},"));
    let expanded = expanded(&format!("unchecked({entries})"));
    assert!(!expanded.contains("compile_error"));
    assert_eq!(expanded.matches("__ss_attribute").count(), 20_000);
}

#[test]
fn both_places_of_each_duplicate_are_named_among_many() {
    let keys = many(|number| format!("k{number},"));
    let expanded = expanded(&format!("{keys}{keys}"));
    assert_eq!(expanded.matches("is given twice: remove one of the two").count(), 20_000);
    assert_eq!(expanded.matches("is given here first").count(), 20_000);
}

#[test]
fn a_long_name_is_cut_in_messages() {
    let (long, cut) = ("k".repeat(20_000), format!("`{}…`", "k".repeat(64)));
    let arguments = [format!("{long} = 1"), format!("attributes(\"gen_ai.{long}\" = 1)"), format!("attributes(\"{long}\" = 1)")];
    let messages = arguments.map(|arguments| expanded(&arguments));
    assert!(messages[0].contains(&cut), "{}", messages[0]);
    for message in messages {
        assert!(message.contains("…`") && message.len() < 2_000, "{message}");
    }
}

#[test]
fn many_statements_are_read_once_each() {
    let statement = |number| format!("#[sampling_tool(name = n{number})] let x{number} = f({number}).await?;");
    let statements: String = (0..4_000).map(statement).collect();
    let expanded = of_function(&format!("async fn f() {{ {statements} }}"));
    assert!(!expanded.contains("compile_error"));
    assert_eq!(expanded.matches("__ss_run").count(), 4_001);
}

#[test]
fn a_call_may_be_as_long_as_it_likes_and_stand_as_deep() {
    let chain = many(|_| String::from(".then(x)?"));
    let expanded = of_function(&format!("fn f() {{ #[sampling_tool] let x = a{chain}; }}"));
    assert_eq!(expanded.matches("__ss_leave").count(), 1);
    let returns = many(|_| String::from("return "));
    assert_eq!(of_function(&format!("fn f() {{ #[sampling_tool] {returns} f(); }}")).matches("__ss_leave").count(), 1);
    let deep = nested("async { ", "#[sampling_tool] f().await", " }.await", 2_000);
    assert_eq!(of_function(&format!("async fn f() {{ {deep} }}")).matches("__ss_run").count(), 2);
}

#[test]
fn a_spine_that_is_too_deep_is_an_error() {
    for (before, after) in [("(", ")"), ("Ok(", ")"), ("match ", " {}"), ("if let x = ", " {}")] {
        let shallow = nested(before, "f()", after, 100);
        let expanded = of_function(&format!("fn f() {{ #[sampling_tool] let x = {shallow}; }}"));
        assert_eq!(expanded.matches("__ss_leave").count(), 1, "{before}");
        let deep = nested(before, "f()", after, 200);
        let expanded = of_function(&format!("fn f() {{ #[sampling_tool] let x = {deep}; }}"));
        assert!(expanded.contains("this is too deep for `#[sampling_tool]`"), "{before}");
    }
}

fn nested(before: &str, inner: &str, after: &str, times: usize) -> String {
    format!("{}{inner}{}", before.repeat(times), after.repeat(times))
}

fn of_function(function: &str) -> String {
    instrument(Macro::Step, TokenStream::new(), function.parse().expect("tokens")).to_string()
}

fn many(one: impl Fn(u32) -> String) -> String {
    (0..20_000).map(one).collect()
}

fn expanded(arguments: &str) -> String {
    let arguments: TokenStream = arguments.parse().expect("tokens");
    instrument(Macro::Step, arguments, "async fn f() {}".parse().expect("tokens")).to_string()
}
