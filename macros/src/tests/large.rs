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

fn many(one: impl Fn(u32) -> String) -> String {
    (0..20_000).map(one).collect()
}

fn expanded(arguments: &str) -> String {
    let arguments: TokenStream = arguments.parse().expect("tokens");
    instrument(Macro::Step, arguments, "async fn f() {}".parse().expect("tokens")).to_string()
}
