//! While content is off, what a request costs does not grow with its history, nor a response with its text: nothing of them is copied.

#[path = "../benches/cost/allocator.rs"]
mod allocator;

use allocator::{Allocated, during};
use samplescope::__private::read;
use serde::{Serialize, Serializer};
use std::cell::Cell;

#[derive(Clone, Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Request {
    model: &'static str,
    messages: Vec<Message>,
    temperature: f32,
}

#[derive(Serialize)]
struct Response {
    id: &'static str,
    model: &'static str,
    choices: Vec<Choice>,
}

#[derive(Serialize)]
struct Choice {
    message: Message,
    finish_reason: &'static str,
}

fn message(length: usize) -> Message {
    Message { role: "user", content: "x".repeat(length) }
}

fn request(messages: usize, length: usize) -> Request {
    Request { model: "m", messages: vec![message(length); messages], temperature: 0.7 }
}

fn response(length: usize) -> Response {
    Response { id: "r", model: "m", choices: vec![Choice { message: message(length), finish_reason: "stop" }] }
}

fn of_request(messages: usize, length: usize, content: bool) -> Allocated {
    let request = request(messages, length);
    during(|| assert_eq!(read::request(&request, content)["gen_ai.request.model"], "m"))
}

fn of_response(length: usize, content: bool) -> Allocated {
    let response = response(length);
    during(|| assert_eq!(read::response(&response, content)["gen_ai.response.id"], "r"))
}

/// A value, and how often it was serialised.
struct Counted<T>(T, Cell<u32>);

impl<T: Serialize> Serialize for Counted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.1.set(self.1.get() + 1);
        self.0.serialize(serializer)
    }
}

#[test]
fn a_history_of_two_hundred_messages_costs_what_one_costs() {
    of_request(1, 1, false);
    let one = of_request(1, 10, false);
    assert_eq!(of_request(200, 10_000, false), one);
    assert!(one.times > 0, "something is counted");
    let content = of_request(200, 10_000, true);
    assert!(content.bytes > 2_000_000, "{} bytes", content.bytes);
}

#[test]
fn a_response_of_a_megabyte_costs_what_a_word_costs() {
    of_response(1, false);
    let word = of_response(10, false);
    assert_eq!(of_response(1 << 20, false), word);
    assert!(of_response(1 << 20, true).bytes > 1 << 20);
}

/// All that is read in this file is of OpenAI's chat, whatever runs beside it.
#[test]
fn a_chat_that_comes_after_a_chat_is_gone_over_once() {
    for (content, times, why) in
        [(false, 1, "it is taken for one"), (true, 2, "a history is not copied before it is known whose it is")]
    {
        let (asked, said) = (Counted(request(1, 1), Cell::new(0)), Counted(response(1), Cell::new(0)));
        of_request(1, 1, content);
        read::request(&asked, content);
        of_response(1, content);
        read::response(&said, content);
        assert_eq!((asked.1.get(), said.1.get()), (times, times), "{why}");
    }
}
