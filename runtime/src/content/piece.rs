//! Which piece of content something in a message is, whatever argument the message was given to: for the redactor, and for those who
//! capture some pieces and not others.
//!
//! | in a message | piece |
//! |---|---|
//! | the arguments of a tool call | tool arguments |
//! | what a tool gave back | tool result |
//! | what else there is of the role `system` or `developer` | system |
//! | what a message of the role `tool` or `function` says | tool result |
//! | all else: what people and models say, ids, names | as the argument is: system, input, output |

use crate::settings::{Piece, Settings};
use crate::value::{Message, Part, Role};
use serde_json::Value;

/// Of a message among those of the piece `given`: what it is itself, with its ids and names.
pub(crate) fn of_message(message: &Message, given: Piece) -> Piece {
    if is_instruction(message) { Piece::System } else { given }
}

/// Likewise: what it says, apart from the calls of tools in it and their results.
pub(crate) fn of_what_it_says(message: &Message, given: Piece) -> Piece {
    match of_message(message, given) {
        Piece::System => Piece::System,
        _ if has_role(message, &["tool", "function"]) => Piece::ToolResult,
        piece => piece,
    }
}

/// Whether it is the program that speaks, not the person.
pub(crate) fn is_instruction(message: &Message) -> bool {
    has_role(message, &["system", "developer"])
}

/// In the words of providers, which some clients begin with a capital.
fn has_role(message: &Message, roles: &[&str]) -> bool {
    message.role().map(Role::as_str).is_some_and(|said| roles.iter().any(|role| said.eq_ignore_ascii_case(role)))
}

/// Leaves out what nobody asked for. A call of a tool, or its result, that stays without its content says which one it is.
pub(crate) fn narrow(messages: &mut Vec<Message>, given: Piece, settings: &Settings) {
    let takes = |piece| settings.takes(piece);
    messages.retain_mut(|message| {
        let says = takes(of_what_it_says(message, given));
        let said_something = !message.is_empty();
        message.retain_parts(|part| match part {
            Part::ToolCall { arguments: content, .. } => without_unless(takes(Piece::ToolArguments), content),
            Part::ToolCallResponse { response: content, .. } => without_unless(takes(Piece::ToolResult), content),
            _ => says,
        });
        takes(of_message(message, given)) && !(said_something && message.is_empty())
    });
}

/// The part itself stays.
fn without_unless(taken: bool, content: &mut Value) -> bool {
    if !taken {
        *content = Value::Null;
    }
    true
}
