//! The rules for the keys of `attributes("key" = value)`, against the OpenTelemetry registry. Every message names the way out,
//! `unchecked("key" = value)`, for whoever knows better: the registry moves monthly.

use crate::args::literal;
use crate::fallback::{Errors, shown};
use crate::keys;
use crate::model::Macro::{self, Loop, Step, Tool};
use crate::nearest::nearest;
use crate::registry::{self, Registered, Takes};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, Lit, LitStr};

/// What the attribute takes. All that is wrong with key and value goes into the errors.
pub(crate) fn check(kind: Macro, key: &LitStr, value: &Expr, errors: &mut Errors) -> Takes {
    check_for(kind, &[kind], key, value, &way_out(&key.value()), errors)
}

/// The same for an attribute that is on a loop and on all that is inside.
pub(crate) fn check_inherited(key: &LitStr, value: &Expr, errors: &mut Errors) -> Takes {
    let way_out = format!("whoever knows better writes `unchecked(\"{}\" = …)` on each call", shown(&key.value()));
    check_for(Loop, &Macro::ALL, key, value, &way_out, errors)
}

fn check_for(kind: Macro, on: &[Macro], key: &LitStr, value: &Expr, way_out: &str, errors: &mut Errors) -> Takes {
    let text = key.value();
    let registered = registry::find(&text);
    let set_by_us = on.iter().find_map(|on| not_set_by_us(kind, *on, &text));
    let wrong = set_by_us.or_else(|| match &registered {
        Some(registered) => deprecated(kind, registered).or_else(|| suffix(registered, &text)),
        None if registry::is_closed(&text) => Some(unknown(kind, &text)),
        None => well_formed(&text),
    });
    if let Some(says) = wrong {
        errors.push(Error::new(key.span(), format!("{says}\n{way_out}")));
        return Takes::Any;
    }
    let Some(registered) = registered else { return Takes::Any };
    if let Some(says) = wrong_literal(&registered, value).or_else(|| nearly_known(&registered, value)) {
        errors.push(Error::new(value.span(), format!("{says}\n{way_out}")));
    }
    registered.takes
}

/// The least that can be asked of a key.
pub(crate) fn has_key(key: &LitStr, errors: &mut Errors) {
    if key.value().is_empty() {
        errors.push(Error::new(key.span(), "a key is missing, as in `\"gen_ai.new.key\" = value`"));
    }
}

fn way_out(key: &str) -> String {
    format!("whoever knows better writes `unchecked(\"{}\" = …)`", shown(key))
}

/// An attribute that a macro sets, on what, and from which argument. Without one it sets it by itself.
struct Own {
    key: &'static str,
    on: &'static [Macro],
    argument: Option<&'static str>,
}

const fn own(key: &'static str, on: &'static [Macro], argument: &'static str) -> Own {
    Own { key, on, argument: Some(argument) }
}

const fn by_itself(key: &'static str, on: &'static [Macro]) -> Own {
    Own { key, on, argument: None }
}

/// Twice the same key on a span is exported twice, and no backend agrees with another which one counts.
const OWN: &[Own] = &[
    own("error.type", &[Loop, Step, Tool], "error_type"),
    own("fastmcp.sampling.handler_mode", &[Loop], "handler_mode"),
    own("fastmcp.sampling.iteration", &[Step], "iteration"),
    by_itself("fastmcp.sampling.iterations", &[Loop]),
    own("fastmcp.sampling.result_type", &[Loop], "result_type"),
    own("fastmcp.sampling.stop_reason", &[Step], "stop_reason"),
    own("fastmcp.sampling.tool_count", &[Loop], "tool_count"),
    own("gen_ai.agent.name", &[Loop, Step, Tool], "agent"),
    own("gen_ai.conversation.id", &[Loop, Step, Tool], "conversation_id"),
    own("gen_ai.data_source.id", &[Tool], "data_source_id"),
    own("gen_ai.input.messages", &[Loop, Step, Tool], "messages"),
    own("gen_ai.memory.query.text", &[Loop, Step, Tool], "query"),
    own("gen_ai.memory.records", &[Loop, Step, Tool], "documents"),
    by_itself("gen_ai.operation.name", &[Loop]),
    own("gen_ai.operation.name", &[Step, Tool], "operation"),
    own("gen_ai.output.messages", &[Step], "message"),
    own("gen_ai.output.messages", &[Loop, Tool], "answer"),
    own("gen_ai.prompt.name", &[Step], "prompt_name"),
    own("gen_ai.prompt.version", &[Step], "prompt_version"),
    own("gen_ai.provider.name", &[Loop, Step], "provider"),
    own("gen_ai.request.choice.count", &[Step], "choice_count"),
    own("gen_ai.request.frequency_penalty", &[Step], "frequency_penalty"),
    own("gen_ai.request.max_tokens", &[Loop, Step], "max_tokens"),
    own("gen_ai.request.model", &[Loop, Step], "model"),
    own("gen_ai.request.presence_penalty", &[Step], "presence_penalty"),
    own("gen_ai.request.previous_response.id", &[Step], "previous_response_id"),
    own("gen_ai.request.reasoning.level", &[Step], "reasoning_level"),
    own("gen_ai.request.seed", &[Step], "seed"),
    own("gen_ai.request.stop_sequences", &[Step], "stop_sequences"),
    own("gen_ai.request.temperature", &[Loop, Step], "temperature"),
    own("gen_ai.request.top_k", &[Step], "top_k"),
    own("gen_ai.request.top_p", &[Step], "top_p"),
    own("gen_ai.response.finish_reasons", &[Step], "stop_reason"),
    own("gen_ai.response.id", &[Step], "response_id"),
    own("gen_ai.response.model", &[Step], "response_model"),
    own("gen_ai.retrieval.documents", &[Loop, Step, Tool], "documents"),
    own("gen_ai.retrieval.query.text", &[Loop, Step, Tool], "query"),
    own("gen_ai.system_instructions", &[Loop, Step, Tool], "system_prompt"),
    own("gen_ai.tool.call.arguments", &[Loop, Step, Tool], "arguments"),
    own("gen_ai.tool.call.id", &[Tool], "call_id"),
    own("gen_ai.tool.call.result", &[Loop, Step, Tool], "result"),
    own("gen_ai.tool.definitions", &[Loop, Step, Tool], "tools"),
    own("gen_ai.tool.description", &[Tool], "description"),
    own("gen_ai.tool.name", &[Tool], "name"),
    own("gen_ai.tool.type", &[Tool], "tool_type"),
    own("gen_ai.usage.audio.cache_read.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.audio.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.audio.output_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.cache_read.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.cache_write.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.image.cache_read.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.image.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.image.output_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.output_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.reasoning.output_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.text.cache_read.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.text.input_tokens", &[Loop, Step], "usage"),
    own("gen_ai.usage.text.output_tokens", &[Loop, Step], "usage"),
    own("http.request.resend_count", &[Step], "attempt"),
    by_itself("mcp.method.name", &[Loop]),
    by_itself("samplescope.agent.parent", &[Loop]),
    own("samplescope.purpose", &[Step], "purpose"),
    by_itself("samplescope.stream.silence", &[Step]),
    own("server.address", &[Step], "server_address"),
    own("server.port", &[Step], "server_port"),
];

/// `kind` is what the argument stands on, `on` what the attribute would be on.
fn not_set_by_us(kind: Macro, on: Macro, key: &str) -> Option<String> {
    let own = instead(kind, on, key)?;
    Some(format!("`{key}` is what a macro sets: {own}"))
}

/// What to write instead of the key, if one of the macros sets it.
fn instead(kind: Macro, on: Macro, key: &str) -> Option<String> {
    let own = OWN.iter().find(|own| own.key == key && own.on.contains(&on))?;
    let Some(argument) = own.argument.and_then(keys::find) else {
        return Some(format!("leave it out, `#[{on}]` sets it by itself"));
    };
    let example = argument.example_on(on);
    if argument.on.contains(&kind) {
        return Some(format!("write the argument `{example}`"));
    }
    let on = argument.on.first()?;
    let reason = argument.reason().map(|reason| format!(", since {reason}")).unwrap_or_default();
    Some(format!("write `{example}` on `#[{on}]`{reason}"))
}

fn deprecated(kind: Macro, registered: &Registered) -> Option<String> {
    let key = registered.key;
    let instead = match registered.replacement() {
        _ if !registered.deprecated => return None,
        Some(replacement) => match instead(kind, kind, replacement) {
            Some(instead) => format!("its successor is `{replacement}`, {instead}"),
            None => format!("write `{replacement}`"),
        },
        // These two were the content of a call.
        None if key == "gen_ai.prompt" => {
            "write the argument `messages`, which is exported only where content is asked for".to_owned()
        }
        None if key == "gen_ai.completion" => {
            "write the argument `message`, which is exported only where content is asked for".to_owned()
        }
        None => "it has no successor".to_owned(),
    };
    Some(format!("`{key}` is deprecated in the OpenTelemetry registry: {instead}"))
}

fn suffix(registered: &Registered, key: &str) -> Option<String> {
    let bare = registered.template && registered.key == key;
    bare.then(|| format!("`{key}` is a family of attributes, and the name of one is missing: write `\"{key}.name\" = …`"))
}

fn unknown(kind: Macro, key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let same_name = || registry::keys().find(|known| registry::is_closed(known) && known.rsplit('.').next() == Some(last));
    let closed = registry::keys().filter(|known| registry::is_closed(known));
    let hint = match nearest(key, closed).or_else(same_name) {
        Some(near) => {
            let instead = instead(kind, kind, near).map(|instead| format!(" Then {instead}.")).unwrap_or_default();
            format!(", did you mean `{near}`?{instead}")
        }
        None => siblings(key),
    };
    format!("`{}` is not in the OpenTelemetry registry of {}{hint}", shown(key), registry::DATE)
}

/// What there is beside the key, which may show what was meant.
fn siblings(key: &str) -> String {
    let Some((parent, _)) = key.rsplit_once('.') else { return String::new() };
    let beside = |known: &&str| known.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'));
    let beside: Vec<&str> = registry::keys().filter(beside).collect();
    if beside.is_empty() || beside.len() > 20 { String::new() } else { format!(", which has: {}", beside.join(", ")) }
}

/// Other namespaces are free, but not without form.
fn well_formed(key: &str) -> Option<String> {
    let namespace = key.split('.').next().unwrap_or(key);
    let squeezed: String = namespace.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let meant = if squeezed == "genai" { format!("gen_ai{}", &key[namespace.len()..]) } else { snake(key) };
    if meant == key && key.contains('.') && is_key(key) {
        return None;
    }
    let (key, meant) = (shown(key), shown(&meant));
    let wrong = if key.is_empty() {
        "a key is missing".to_owned()
    } else if !meant.contains('.') {
        format!("`{key}` has no namespace, as `app.{}` would have", if is_key(&meant) { &*meant } else { "tenant" })
    } else if is_key(&meant) && meant != key {
        format!("`{key}` is no attribute's key, `{meant}` would be")
    } else {
        format!("`{key}` is no attribute's key")
    };
    Some(format!("{wrong}: keys are lowercase words with dots between, the first being a namespace, as in `app.tenant`"))
}

fn is_key(key: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    key.split('.').all(word) && key.starts_with(|c: char| c.is_ascii_lowercase())
}

/// `App.tenantId` → `app.tenant_id`. What is a key stays as it is.
fn snake(key: &str) -> String {
    if is_key(key) {
        return key.to_owned();
    }
    let mut snake = String::new();
    for character in key.chars() {
        if character.is_uppercase() && snake.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
            snake.push('_');
        }
        match character {
            '-' | ' ' | ':' | '/' => snake.push('_'),
            other => snake.extend(other.to_lowercase()),
        }
    }
    snake
}

fn wrong_literal(registered: &Registered, value: &Expr) -> Option<String> {
    let right = match (registered.takes, literal(value), value) {
        (Takes::Text, Some(literal), _) => matches!(literal, Lit::Str(_)),
        (Takes::Integer, Some(literal), _) => matches!(literal, Lit::Int(_)),
        (Takes::Number, Some(literal), _) => matches!(literal, Lit::Int(_) | Lit::Float(_)),
        (Takes::Flag, Some(literal), _) => matches!(literal, Lit::Bool(_)),
        (Takes::Texts, None, Expr::Array(list)) => {
            list.elems.iter().all(|element| literal(element).is_none_or(|literal| matches!(literal, Lit::Str(_))))
        }
        (Takes::Any, ..) | (_, None, _) => {
            matches!(registered.takes, Takes::Any | Takes::Texts) || !matches!(value, Expr::Array(_))
        }
        (Takes::Texts, Some(_), _) => false,
    };
    let (key, words) = (registered.key, registered.takes.words());
    (!right).then(|| format!("`{key}` takes {words}, says the OpenTelemetry registry"))
}

/// A value of one's own is allowed; one that is nearly a known one is a typo.
fn nearly_known(registered: &Registered, value: &Expr) -> Option<String> {
    let Some(Lit::Str(text)) = literal(value) else { return None };
    let text = text.value();
    if registered.values().any(|value| value == text) {
        return None;
    }
    let plain = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let same = || registered.values().find(|value| plain(value) == plain(&text));
    let near = same().or_else(|| nearest(&text, registered.values()))?;
    let known: Vec<&str> = registered.values().collect();
    let text = shown(&text);
    Some(format!("`{}` has no well-known value `{text}`, did you mean `{near}`? It knows: {}", registered.key, known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_set_is_in_the_registry_and_has_an_argument() {
        for own in OWN {
            let ours = own.key.starts_with("fastmcp.") || own.key.starts_with("samplescope.");
            assert!(ours || registry::find(own.key).is_some_and(|key| !key.deprecated), "{}", own.key);
            assert!(own.argument.is_none_or(|argument| keys::find(argument).is_some()), "{}", own.key);
        }
    }

    #[test]
    fn free_keys_have_a_form() {
        for key in ["app.tenant", "app.tenant_id.x2", "openai.api.type", "user.id"] {
            assert_eq!(well_formed(key), None);
        }
        for (key, says) in [
            ("App.tenantId", "`app.tenant_id` would be"),
            ("genai.request.seed", "`gen_ai.request.seed` would be"),
            ("Gen-AI.request.seed", "`gen_ai.request.seed` would be"),
            ("tenant", "as `app.tenant` would have"),
            ("app..x", "is no attribute's key"),
            (".", "is no attribute's key"),
            ("", "a key is missing"),
        ] {
            assert!(well_formed(key).is_some_and(|message| message.contains(says)), "{key}: {:?}", well_formed(key));
        }
    }
}
