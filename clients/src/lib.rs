//! What samplescope reads of a value, under the names of the attributes that it becomes, content included.

use samplescope::__private::read;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Of a request.
pub fn request(value: &impl Serialize) -> Value {
    read::request(value, true)
}

/// Of a response.
pub fn response(value: &impl Serialize) -> Value {
    read::response(value, true)
}

/// Of the items of a stream.
pub fn events(values: &[impl Serialize]) -> Vec<Value> {
    values.iter().map(|value| read::event(value, true)).collect()
}

/// Of an error.
pub fn error(value: &impl Serialize) -> Option<String> {
    read::error(value)
}

/// A client's type as the client makes it of what a provider sent.
///
/// # Panics
///
/// If the client would refuse it.
#[track_caller]
#[must_use]
pub fn received<T: DeserializeOwned>(json: &Value) -> T {
    // Some of their types borrow from the text that they are read from.
    serde_json::from_str(&json.to_string()).expect("what a provider sends")
}
