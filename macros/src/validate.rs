//! The rules. Each is a small function that pushes what it has to say; none stops the others,
//! and every error says what is wrong, where it belongs and what to write instead.

use crate::args::{Arg, Entry, Value as Written, literal};
use crate::attributes;
use crate::captures;
use crate::evaluated;
use crate::fallback::{Errors, shown};
use crate::function::Function;
use crate::habits::{self, Habit};
use crate::keys::{self, Key, Need, Side, Takes};
use crate::model::{Description, Items, Macro, Model, Request, Requested, Response, Value};
use crate::nearest::nearest;
use crate::operations;
use crate::places;
use crate::registry::Takes as Registered;
use crate::shape::{self, Form};
use proc_macro2::Span;
use quote::ToTokens as _;
use std::collections::HashMap;
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprClosure, ExprLit, Ident, Lit, LitStr};

/// Whether the attribute may stand on the function.
pub(crate) fn function(kind: Macro, function: &Function, errors: &mut Errors) {
    plain_function(kind, function, errors);
    no_caller_of_ours(kind, function, errors);
    only_one_of_ours(kind, function, errors);
}

/// What is called: the function that has the attribute, or what its statement calls.
pub(crate) struct Subject<'a> {
    pub(crate) name: String,
    pub(crate) function: Option<&'a Function>,
}

impl<'a> Subject<'a> {
    pub(crate) fn of(function: &'a Function) -> Self {
        Subject { name: function.name(), function: Some(function) }
    }
}

/// What the arguments say of the call to it, if that is known.
pub(crate) fn arguments(kind: Macro, args: Vec<Arg>, subject: Option<&Subject<'_>>, errors: &mut Errors) -> Model {
    no_duplicates(&args, errors);
    no_duplicate_attributes(&args, errors);
    one_result_type(&args, errors);
    one_beginning(&args, errors);

    let says_stream = args.iter().find(|arg| arg.key == "stream").map(|arg| arg.key.span());
    let function = subject.and_then(|subject| subject.function);
    let spells_stream = function.is_some_and(|function| shape::returns_opaque_stream(&function.signature));
    stream(&args, says_stream.is_some(), spells_stream, errors);
    let performs = fitting(kind, &args, errors);
    let unnamed = kind == Macro::Tool && performs.constant.is_none() && !args.iter().any(|arg| arg.key == "name");
    let mut model = Model {
        kind,
        renamed: None,
        capture: true,
        consent: None,
        tokens: true,
        adopts: false,
        recursive: false,
        operation: performs.constant,
        purpose: None,
        stream: None,
        request: Request::default(),
        response: Response::default(),
    };
    for arg in args {
        match known(kind, &arg.key) {
            Ok(key) => argument(key, arg, &mut model, errors),
            Err(error) => errors.push(error),
        }
    }
    if let Some(subject) = subject.filter(|_| unnamed) {
        model.request.constant.insert(0, own_name(&subject.name));
    }
    if let Some(function) = function {
        nothing_that_the_body_borrows(&model.response, function, errors);
    }
    if let Some(said) = says_stream {
        model.stream = Some(Items { said, read: std::mem::take(&mut model.response.success) });
    }
    model
}

/// The body has a `&mut` argument to itself, and a closure over what came back runs when it is done. rustc would say that in terms of a block of ours.
fn nothing_that_the_body_borrows(response: &Response, function: &Function, errors: &mut Errors) {
    let closures = response.success.iter().chain(&response.error).filter_map(|description| match &description.value {
        Value::Read(Expr::Closure(closure))
        | Value::ReadByType(Expr::Closure(closure))
        | Value::ReadMessages(Expr::Closure(closure))
        | Value::ReadAttribute(_, _, Expr::Closure(closure)) => Some(closure),
        _ => None,
    });
    let taken = captures::mutable(&function.signature, &function.body.stream());
    if taken.is_empty() {
        return;
    }
    for closure in closures {
        let own = captures::words(closure.inputs.to_token_stream());
        let words = captures::words(closure.body.to_token_stream());
        for parameter in &taken {
            let name = captures::plain(parameter);
            if let (Some(place), false) = (words.get(&name), own.contains_key(&name)) {
                let says = format!(
                    "`{name}` is `&mut`, and the body uses it: a closure over what came back cannot borrow it a second time. Read it in the body, and say it there: `samplescope::current_step().set(…)`"
                );
                errors.push(Error::new(place.span(), says));
                errors.push(Error::new(parameter.span(), format!("the body has `{name}` to itself")));
            }
        }
    }
}

/// A tool that nobody names has the name of what is called, which a sampler sees as any constant.
fn own_name(name: &str) -> Description {
    let text = LitStr::new(name, Span::mixed_site());
    Description { method: Ident::new("name", Span::mixed_site()), value: Value::Requested(Requested::Literal(text)) }
}

/// What a stream says is said by its items, and by nothing else.
fn stream(args: &[Arg], says_stream: bool, spells_stream: bool, errors: &mut Errors) {
    let streams = says_stream || spells_stream;
    for arg in args {
        let reads = keys::find(&arg.key.to_string()).is_some_and(|key| matches!(key.side, Side::Success | Side::Error));
        if arg.key == "chunk" && !says_stream {
            errors.push(Error::new(
                arg.key.span(),
                "`chunk` reads the items of a stream: write `stream, chunk = …` on a function that returns one",
            ));
        } else if arg.key == "error_type" && streams {
            errors.push(Error::new(arg.key.span(), "a stream and its items may have errors of different types: implement `samplescope::ErrorType` for them instead of `error_type = …`"));
        } else if arg.key == "error_attributes" && streams {
            errors.push(Error::new(arg.key.span(), "a stream and its items may have errors of different types: say it where the error is, `samplescope::current_step().set(key, value)`"));
        } else if streams && reads && arg.key == "failed" {
            errors.push(Error::new(
                arg.key.span(),
                "a stream has no success value for `failed`: an item says it, `stream, chunk = |item| Chunk::new().failed(error_type, description)`",
            ));
        } else if streams && reads && arg.key != "chunk" {
            let says = format!(
                "a stream has no success value for `{}`: read it from the items, `stream, chunk = |item| Chunk::new()…`",
                arg.key
            );
            errors.push(Error::new(arg.key.span(), says));
        }
    }
}

/// A `const` or `extern` function cannot be instrumented: the one runs in the compiler, the other has an ABI of its own.
fn plain_function(kind: Macro, function: &Function, errors: &mut Errors) {
    if let Some(constness) = &function.signature.constness {
        errors.push(Error::new(
            constness.span,
            format!(
                "`#[{kind}]` cannot stand on a `const fn`, which may run in the compiler, where no span can start: remove `const`"
            ),
        ));
    }
    if let Some(abi) = &function.signature.abi {
        errors.push(Error::new(
            abi.extern_token.span,
            format!("`#[{kind}]` cannot stand on an `extern` function, whose caller is not Rust: put it on the Rust function that it calls"),
        ));
    }
}

/// In a closure, `Location::caller()` is where the closure is called. An `async` block has no caller with the attribute or without.
fn no_caller_of_ours(kind: Macro, function: &Function, errors: &mut Errors) {
    let tracks = function.attributes.iter().find(|attribute| attribute.path().is_ident("track_caller"));
    let form = || shape::of(&function.signature, &function.body.stream(), false).form;
    if let Some(attribute) = tracks.filter(|_| matches!(form(), Form::Call | Form::Future)) {
        let says = format!(
            "`#[track_caller]` would say a place in samplescope: the body runs in a closure of `#[{kind}]`, which is called from there. \
             Put `#[track_caller]` on a function that calls this one, and hand it `std::panic::Location::caller()`"
        );
        errors.push(Error::new(attribute.path().span(), says));
    }
}

fn only_one_of_ours(kind: Macro, function: &Function, errors: &mut Errors) {
    for attribute in &function.attributes {
        let Some(last) = attribute.path().segments.last() else { continue };
        if let Some(other) = Macro::ALL.into_iter().find(|other| last.ident == other.to_string()) {
            let apart = "Move what one of them describes into a function of its own";
            errors.push(two_of_ours("function", kind, other, last.ident.span(), apart));
        }
    }
}

/// The second of two attributes of ours on one `subject`. `apart` says what to do where they differ.
pub(crate) fn two_of_ours(subject: &str, first: Macro, second: Macro, at: Span, apart: &str) -> Error {
    let says = if first == second {
        format!("`#[{second}]` stands here twice, and one call is one span: remove one of the two")
    } else {
        format!("one {subject} cannot be both `#[{first}]` and `#[{second}]`: each is one span. {apart}")
    };
    Error::new(at, says)
}

/// What the call does, of which everything else that is said has to be true.
fn fitting(kind: Macro, args: &[Arg], errors: &mut Errors) -> Performs {
    let mut performs = Performs { class: operations::default(kind), constant: None };
    if kind == Macro::Loop {
        return performs;
    }
    let value = args.iter().find(|arg| arg.key == "operation").map(|arg| &arg.value);
    if let Some(Written::Expression(value)) = value {
        match literal(value) {
            Some(Lit::Str(name)) => match operations::find(kind, &name.value()) {
                Ok(operation) => performs = Performs { class: operation.class, constant: operation.constant },
                // What else is said may be true of what was meant.
                Err(says) => {
                    errors.push(Error::new(name.span(), says));
                    return performs;
                }
            },
            _ => return performs,
        }
    }
    let is_beside = args.iter().any(|arg| arg.key == "purpose");
    for Arg { key, .. } in args {
        let name = key.to_string();
        if let Some(why) = operations::misfit(performs.class, &name).filter(|_| keys::of(kind).any(|key| key.name == name)) {
            errors.push(Error::new(key.span(), format!("`{name}` says nothing here: {why}")));
        } else if is_beside && name == "iteration" {
            let says = "what is for a `purpose` of its own is no iteration of its loop: remove one of the two";
            errors.push(Error::new(key.span(), says));
        }
    }
    performs
}

/// What a call does.
struct Performs {
    class: operations::Class,
    constant: Option<&'static str>,
}

/// `attributes(…)` may stand there as often as it reads well; each key in it once.
fn no_duplicates(args: &[Arg], errors: &mut Errors) {
    let keys = args.iter().filter(|arg| !lists_attributes(arg)).map(|arg| (arg.key.to_string(), arg.key.span()));
    once(keys, errors);
}

fn lists_attributes(arg: &Arg) -> bool {
    keys::find(&arg.key.to_string()).is_some_and(|key| key.takes == Takes::Attributes)
}

fn no_duplicate_attributes(args: &[Arg], errors: &mut Errors) {
    let entries = |of_errors: bool| {
        let lists = args.iter().filter(move |arg| (arg.key == "error_attributes") == of_errors);
        lists.flat_map(|arg| if let Written::Entries(entries) = &arg.value { &entries[..] } else { &[] })
    };
    let named = |entry: &Entry| (entry.key.value(), entry.key.span());
    let keyed = |(key, _): &(String, Span)| !key.is_empty();
    once(entries(false).map(named).filter(keyed), errors);
    // What is read from the error is not there beside what is read from the success.
    let at_start: HashMap<String, Span> =
        entries(false).filter(|entry| !matches!(entry.value, Expr::Closure(_))).map(named).collect();
    let twice = entries(true).map(named).filter(keyed).flat_map(|error| {
        let earlier = at_start.get_key_value(&error.0).map(|(key, place)| (key.clone(), *place));
        earlier.into_iter().chain([error])
    });
    once(twice, errors);
}

/// Both places are named, since either may be the one to go.
fn once(keys: impl Iterator<Item = (String, Span)>, errors: &mut Errors) {
    let mut places: HashMap<String, Span> = HashMap::new();
    for (key, place) in keys {
        let name = shown(&key).into_owned();
        if let Some(earlier) = places.insert(key, place) {
            errors.push(Error::new(place, format!("`{name}` is given twice: remove one of the two")));
            errors.push(Error::new(earlier, format!("`{name}` is given here first")));
        }
    }
}

fn one_result_type(args: &[Arg], errors: &mut Errors) {
    let given = |name: &str| args.iter().find(|arg| arg.key == name);
    if let (Some(_), Some(name)) = (given("result_type"), given("result_type_name")) {
        errors.push(Error::new(
            name.key.span(),
            "`result_type_name` says in a string what `result_type` says as a type: remove one of the two",
        ));
    }
}

fn one_beginning(args: &[Arg], errors: &mut Errors) {
    let given = |name: &str| args.iter().find(|arg| arg.key == name);
    if let (Some(_), Some(started)) = (given("span"), given("started")) {
        let says = "`started` says when a span begins, and `span = current` begins none: remove one of the two";
        errors.push(Error::new(started.key.span(), says));
    }
}

/// The key, if there is one of that name and it belongs on this macro.
fn known(kind: Macro, name: &Ident) -> Result<&'static Key, Error> {
    let text = name.to_string();
    match keys::find(&text) {
        Some(key) if key.on.contains(&kind) => Ok(key),
        Some(key) => Err(Error::new(name.span(), elsewhere(kind, key))),
        None => Err(Error::new(name.span(), unknown(kind, &text))),
    }
}

fn elsewhere(kind: Macro, key: &Key) -> String {
    let on: Vec<String> = key.on.iter().map(|kind| format!("`#[{kind}]`")).collect();
    let reason = key.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("`{}` belongs on {}, not on `#[{kind}]`{reason}", key.name, on.join(" or "))
}

fn unknown(kind: Macro, name: &str) -> String {
    let meant = match habits::of(kind, name) {
        Some(Habit::Says(says)) => format!(": {says}"),
        Some(Habit::Key(key)) => did_you_mean(kind, key),
        None => nearest(name, keys::KEYS.iter().map(|key| key.name)).map(|near| did_you_mean(kind, near)).unwrap_or_default(),
    };
    let takes = keys::GROUPS.iter().filter_map(|group| {
        let names: Vec<&str> = keys::of(kind).filter(|key| key.group() == *group).map(|key| key.name).collect();
        (!names.is_empty()).then(|| format!("\n  {group}: {}", names.join(", ")))
    });
    format!("unknown argument `{}`{meant}\n`#[{kind}]` takes:{}", shown(name), takes.collect::<String>())
}

fn did_you_mean(kind: Macro, name: &str) -> String {
    match keys::find(name) {
        Some(key) if key.on.contains(&kind) => format!(", did you mean `{name}`?"),
        Some(key) => format!(". {}", elsewhere(kind, key)),
        None => String::new(),
    }
}

fn argument(key: &'static Key, arg: Arg, model: &mut Model, errors: &mut Errors) {
    let Arg { key: method, value } = arg;
    match (key.side, value) {
        (_, Written::Missing) if key.takes == Takes::Nothing => model.recursive |= key.name == "recursive",
        (_, Written::Missing) => errors.push(missing(model.kind, key, &method)),
        (Side::Setting, value) => setting(key, &method, value, model, errors),
        (_, Written::Entries(entries)) if key.takes == Takes::Attributes => attributes(key, &method, entries, model, errors),
        (_, Written::Entries(_)) => errors.push(Error::new(method.span(), format!("write `{}`", key.example()))),
        (_, Written::Expression(value)) if key.takes == Takes::Attributes => {
            errors
                .push(Error::new(value.span(), format!("`{}` takes a list in parentheses: write `{}`", key.name, key.example())));
        }
        (Side::Request(need), value) => request(key, need, method, value, model, errors),
        (Side::Success | Side::Error, Written::Expression(value)) => response(key, method, value, model, errors),
        // The grammar reads types and paths only for the keys that take them.
        (_, Written::Type(_) | Written::Path(_)) => {}
    }
}

fn missing(kind: Macro, key: &Key, at: &Ident) -> Error {
    Error::new(at.span(), format!("`{}` needs a value: write `{}`", key.name, key.example_on(kind)))
}

fn setting(key: &Key, at: &Ident, value: Written, model: &mut Model, errors: &mut Errors) {
    match (key.takes, value) {
        (Takes::Path, Written::Path(path)) => model.renamed = Some(path),
        (Takes::Text, Written::Expression(value)) => match literal(&value) {
            Some(Lit::Str(text)) if key.name == "purpose" && text.value().is_empty() => {
                errors.push(Error::new(text.span(), empty(key)));
            }
            Some(Lit::Str(text)) if key.name == "purpose" => model.purpose = Some(text.clone()),
            // Which one it is was looked at before everything else.
            Some(Lit::Str(_)) => {}
            _ => errors.push(Error::new(
                value.span(),
                format!("`{}` is a string that stands here, since it decides what the call is before anything is evaluated: write `{}`", key.name, key.example_on(model.kind)),
            )),
        },
        (Takes::Flag, Written::Expression(Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }))) if !flag.value => match key.name {
            "tokens" => model.tokens = false,
            _ => model.capture = false,
        },
        (Takes::Flag, Written::Expression(Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }))) if key.name == "tokens" => {
            errors.push(Error::new(flag.span, "tokens are reported unless `tokens = false` says that somebody else does: leave it out"));
        }
        (Takes::Flag, Written::Expression(Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }))) => errors.push(Error::new(
            flag.span,
            "`capture = true` cannot be: only the person who runs the program turns content on, with OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT or `Settings`. Leave it out",
        )),
        (Takes::Flag, Written::Expression(value)) if key.name == "capture" && literal(&value).is_none() => {
            no_closure(key, &value, errors);
            stays(&value, errors);
            model.consent = Some(Description { method: at.clone(), value: Value::Requested(Requested::Expression(value)) });
        }
        (Takes::Current, Written::Expression(Expr::Path(path))) if path.path.is_ident("current") => model.adopts = true,
        (Takes::Current, Written::Expression(value)) => {
            let says = "`span` takes the word `current`, for the span that is open where the call begins: write `span = current`, with \
                        `parent = context` beside it where that span is in another context";
            errors.push(Error::new(value.span(), says));
        }
        (_, Written::Expression(value)) => errors.push(Error::new(value.span(), format!("write `{}`", key.example()))),
        _ => errors.push(Error::new(at.span(), format!("write `{}`", key.example()))),
    }
}

fn request(key: &'static Key, need: Need, method: Ident, value: Written, model: &mut Model, errors: &mut Errors) {
    let value = match value {
        Written::Type(ty) => Value::Type(ty),
        Written::Expression(expression) if key.takes == Takes::Type => {
            let says = format!("`{}` takes a type: write `{}`, or `result_type_name = …` for a name", key.name, key.example());
            return errors.push(Error::new(expression.span(), says));
        }
        Written::Expression(expression) => {
            no_closure(key, &expression, errors);
            right_type(key, &expression, errors);
            stays(&expression, errors);
            let value = requested(expression, key.takes == Takes::Text);
            match key.takes {
                Takes::Messages => Value::RequestedByType(value, "__ss_messages"),
                Takes::Tools => Value::RequestedByType(value, "__ss_definitions"),
                Takes::Provided => Value::RequestItself(value),
                _ => Value::Requested(value),
            }
        }
        _ => return,
    };
    let constant = matches!(&value, Value::Type(_)) || matches!(&value, Value::Requested(value) if is_constant(value));
    // A tool's meter knows no provider: what else stands where a tool could is measured as whatever has a server.
    let need = if model.kind == Macro::Tool && key.name == "provider" { Need::ServerMeasured } else { need };
    let request = &mut model.request;
    let group = match need {
        Need::Placed => &mut request.placed,
        Need::Read => &mut request.read,
        Need::Captured => &mut request.captured,
        Need::Listed => &mut request.listed,
        _ if constant => &mut request.constant,
        Need::Measured => &mut request.measured,
        Need::AgentMeasured => &mut request.agent_measured,
        Need::ServerMeasured => &mut request.server_measured,
        Need::Recorded => &mut request.recorded,
    };
    group.push(Description { method, value });
}

fn no_closure(key: &Key, value: &Expr, errors: &mut Errors) {
    if let Expr::Closure(closure) = value {
        let instead = match key.name {
            "model" => " (the model that answered is `response_model = |response| …`, on `#[sampling_step]`)",
            "messages" => " (the model's own message is `message = |response| …`, on `#[sampling_step]`)",
            "arguments" => " (what the tool gave back is `result = |output| …`)",
            _ => "",
        };
        errors.push(Error::new(
            closure_head(closure),
            format!(
                "`{}` describes the request, before there is anything to look at: write a value, `{}`{instead}",
                key.name,
                key.example()
            ),
        ));
    }
}

/// The expression is a value, and stays where it is.
fn stays(value: &Expr, errors: &mut Errors) {
    for error in evaluated::check(value) {
        errors.push(error);
    }
}

/// A literal can be told to be of the wrong type before rustc tells it in terms of our traits.
fn right_type(key: &Key, value: &Expr, errors: &mut Errors) {
    let Some(literal) = literal(value) else { return };
    let right = match (key.takes, literal) {
        (Takes::Text, Lit::Str(text)) => {
            if text.value().is_empty() {
                errors.push(Error::new(text.span(), empty(key)));
            }
            true
        }
        (Takes::Text, literal) => matches!(literal, Lit::Verbatim(_)),
        (Takes::Integer, literal) => matches!(literal, Lit::Int(_)),
        (Takes::Number, literal) => matches!(literal, Lit::Int(_) | Lit::Float(_)),
        (Takes::Messages | Takes::Texts, literal) => matches!(literal, Lit::Str(_)),
        _ => true,
    };
    if !right {
        let wants = match key.takes {
            Takes::Integer => "an integer",
            Takes::Number => "a number",
            _ => "a string",
        };
        errors.push(Error::new(value.span(), format!("`{}` takes {wants}: write `{}`", key.name, key.example())));
    }
}

fn empty(key: &Key) -> String {
    match key.name {
        "name" => "a tool needs a name: write it, or leave `name` out for the function's own".to_owned(),
        name => format!("`{name}` is empty: write it, or leave it out"),
    }
}

fn response(key: &'static Key, method: Ident, value: Expr, model: &mut Model, errors: &mut Errors) {
    let over = if key.side == Side::Error { "error" } else { "success value" };
    match &value {
        Expr::Closure(closure) => over_one(key, closure, over, errors),
        // A path may be a function, and rustc knows.
        Expr::Path(_) => {}
        other => errors.push(Error::new(
            other.span(),
            format!("`{}` is read from the {over}, when there is one: write a closure, `{}`", key.name, key.example()),
        )),
    }
    let group = if key.side == Side::Error { &mut model.response.error } else { &mut model.response.success };
    let value = match value {
        Expr::Closure(closure) if key.takes != Takes::Chunk => Expr::Closure(places::by_reference(closure)),
        value => value,
    };
    let value = match key.takes {
        Takes::Flag | Takes::Provided => Value::ReadByType(value),
        Takes::Messages => Value::ReadMessages(value),
        _ => Value::Read(value),
    };
    // First the tokens: where there are none, a meter of tokens does not want to know whose they are. And whether it failed, which no other
    // closure's panic may hide.
    let place = if matches!(key.takes, Takes::Usage | Takes::Flag) { 0 } else { group.len() };
    group.insert(place, Description { method, value });
}

fn attributes(key: &Key, at: &Ident, entries: Vec<Entry>, model: &mut Model, errors: &mut Errors) {
    for Entry { key: name, value } in entries {
        let takes = match key.name {
            "unchecked" => {
                attributes::has_key(&name, errors);
                Registered::Any
            }
            "inherited" => attributes::check_inherited(&name, &value, errors),
            _ => attributes::check(model.kind, &name, &value, errors),
        };
        let (group, value) = match value {
            Expr::Closure(closure) if key.name == "error_attributes" => {
                over_one(key, &closure, "error", errors);
                (&mut model.response.error, Value::ReadAttribute(name, takes, Expr::Closure(places::by_reference(closure))))
            }
            value if key.name == "error_attributes" => {
                let says = format!(
                    "`error_attributes` reads the error, when there is one: write a closure, `\"{}\" = |error| …`",
                    shown(&name.value())
                );
                errors.push(Error::new(value.span(), says));
                continue;
            }
            Expr::Closure(closure) if key.name == "inherited" => {
                let says = format!(
                    "what is inherited is said before the steps are there: write a value, or `attributes(\"{}\" = |success| …)`, which is on the loop alone",
                    shown(&name.value())
                );
                errors.push(Error::new(closure_head(&closure), says));
                continue;
            }
            Expr::Closure(closure) => {
                over_one(key, &closure, "success value", errors);
                (&mut model.response.success, Value::ReadAttribute(name, takes, Expr::Closure(places::by_reference(closure))))
            }
            value => {
                stays(&value, errors);
                let value = requested(value, matches!(takes, Registered::Any | Registered::Text));
                let request = &mut model.request;
                let group = if is_constant(&value) { &mut request.constant } else { &mut request.recorded };
                (group, Value::RequestedAttribute(name, takes, value))
            }
        };
        let method = match (key.name, takes) {
            ("inherited", Registered::Any) => "inherited",
            ("inherited", _) => "inherited_registered",
            (_, Registered::Any) => "attribute",
            _ => "registered",
        };
        let method = Ident::new(method, at.span());
        group.push(Description { method, value });
    }
}

/// A closure reads one thing, and rustc would say so in terms of our traits.
fn over_one(key: &Key, closure: &ExprClosure, over: &str, errors: &mut Errors) {
    if closure.inputs.len() != 1 {
        let example = match key.takes {
            Takes::Attributes if key.side == Side::Error => "\"http.response.status_code\" = |error| error.status()".to_owned(),
            Takes::Attributes => "\"app.cached\" = |response| response.cached".to_owned(),
            _ => key.example(),
        };
        errors.push(Error::new(
            closure_head(closure),
            format!("`{}` takes a closure over one thing, a reference to the {over}: write `{example}`", key.name),
        ));
    }
}

/// A literal, or a path in capitals: there is nothing to evaluate, so a sampler may always see it.
fn is_constant(value: &Requested) -> bool {
    match value {
        Requested::Literal(_) => true,
        Requested::Expression(Expr::Path(path)) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.len() > 1 && !name.contains(char::is_lowercase)
        }),
        Requested::Expression(value) => literal(value).is_some(),
    }
}

/// Where a string may stand, one that does is exported as it is.
fn requested(value: Expr, may_be_text: bool) -> Requested {
    match literal(&value) {
        Some(Lit::Str(text)) if may_be_text => Requested::Literal(text.clone()),
        _ => Requested::Expression(value),
    }
}

/// `|a, b|`, without the body: that is where the mistake is.
fn closure_head(closure: &ExprClosure) -> Span {
    closure.inputs_begin.span.join(closure.inputs_end.span).unwrap_or(closure.inputs_begin.span)
}
