//! A scenario as it stands in a file. What is not one is refused with the place and what was expected there.

use crate::json;
use jsonschema::Validator;
use samplescope::ErrorType;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

/// A scripted model, its tools and a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) request: Object<Request>,
    pub(crate) tools: BTreeMap<String, Tool>,
    /// How many tools run at once: 0 for all; one after the other, if nothing is said.
    pub(crate) tool_concurrency: Option<usize>,
    pub(crate) turns: Vec<Turn>,
}

/// What is asked of the model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) messages: Vec<InputMessage>,
    pub(crate) system_prompt: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) temperature: Option<f64>,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) handler_mode: Option<String>,
    pub(crate) result_schema: Option<ResultSchema>,
    pub(crate) max_iterations: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string, or an object of \"role\" and \"content\", both strings")]
pub(crate) enum InputMessage {
    Text(String),
    Said(Object<Said>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    pub(crate) role: String,
    pub(crate) content: String,
}

/// What the model's answer has to look like.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct ResultSchema {
    pub(crate) title: String,
    pub(crate) schema: Value,
    validator: Validator,
}

impl TryFrom<Value> for ResultSchema {
    type Error = String;

    fn try_from(schema: Value) -> Result<Self, String> {
        let Some(title) = schema.get("title").and_then(Value::as_str) else {
            return Err("expected a JSON schema with a \"title\"".to_owned());
        };
        let validator = jsonschema::validator_for(&schema).map_err(|error| format!("expected a JSON schema: {error}"))?;
        Ok(ResultSchema { title: title.to_owned(), validator, schema })
    }
}

impl ResultSchema {
    /// The arguments as text, if they are what the schema says.
    pub(crate) fn validate(&self, arguments: &Arguments) -> Result<String, String> {
        let wrapped: Option<Wrapped<'_>> = if self.is_of_objects() { None } else { serde_json::from_str(arguments.0.get()).ok() };
        let result = wrapped.map_or(&*arguments.0, |wrapped| wrapped.value);
        let value: Value = serde_json::from_str(result.get()).map_err(|error| error.to_string())?;
        self.validator.validate(&value).map_err(|error| error.to_string())?;
        json::dumps(result).map_err(|error| error.to_string())
    }

    fn is_of_objects(&self) -> bool {
        self.schema.get("type").is_some_and(|kind| kind == "object") || self.schema.get("properties").is_some()
    }
}

/// The arguments of a call are an object, so what is none comes in one.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
}

/// A tool that the model may call.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Object<ToolFields>")]
pub(crate) struct Tool {
    pub(crate) outcome: Result<String, Failure>,
    pub(crate) takes: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolFields {
    returns: Option<String>,
    fails: Option<Object<Failure>>,
    takes_ms: Option<u64>,
}

impl TryFrom<Object<ToolFields>> for Tool {
    type Error = &'static str;

    fn try_from(Object(tool): Object<ToolFields>) -> Result<Self, &'static str> {
        let outcome = match (tool.returns, tool.fails) {
            (Some(text), None) => Ok(text),
            (None, Some(Object(failure))) => Err(failure),
            _ => return Err("expected either \"returns\" or \"fails\" of a tool"),
        };
        Ok(Tool { outcome, takes: Duration::from_millis(tool.takes_ms.unwrap_or_default()) })
    }
}

/// What the model does when it is asked.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Object<TurnFields>")]
pub(crate) struct Turn(pub(crate) Result<Response, Failure>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnFields {
    text: Option<String>,
    tool_calls: Option<Vec<Object<ToolCall>>>,
    stop_reason: Option<String>,
    model: Option<String>,
    id: Option<String>,
    usage: Option<Object<Usage>>,
    fails: Option<Object<Failure>>,
}

impl TryFrom<Object<TurnFields>> for Turn {
    type Error = &'static str;

    fn try_from(Object(turn): Object<TurnFields>) -> Result<Self, &'static str> {
        match turn {
            TurnFields { text, tool_calls, stop_reason, model, id, usage, fails: None } => {
                let tool_calls = tool_calls.unwrap_or_default().into_iter().map(|Object(call)| call).collect();
                let usage = usage.map(|Object(usage)| usage);
                Ok(Turn(Ok(Response { text, tool_calls, stop_reason, model, id, usage })))
            }
            TurnFields {
                text: None,
                tool_calls: None,
                stop_reason: None,
                model: None,
                id: None,
                usage: None,
                fails: Some(Object(failure)),
            } => Ok(Turn(Err(failure))),
            _ => Err("expected a turn to be a response or \"fails\", not both"),
        }
    }
}

/// A turn of the model's.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) text: Option<String>,
    pub(crate) tool_calls: Vec<ToolCall>,
    pub(crate) stop_reason: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) usage: Option<Usage>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolCall {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: Arguments,
}

/// An object, with its members in the order in which the model wrote them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub(crate) struct Arguments(Box<RawValue>);

impl TryFrom<Box<RawValue>> for Arguments {
    type Error = String;

    fn try_from(json: Box<RawValue>) -> Result<Self, String> {
        if !json.get().starts_with('{') {
            return Err("expected an object".to_owned());
        }
        json::compact(&json).map(Arguments).map_err(|error| error.to_string())
    }
}

impl Arguments {
    pub(crate) fn as_json(&self) -> &RawValue {
        &self.0
    }
}

/// Providers count more than these; what is not listed is not used.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Usage {
    #[serde(rename = "input_tokens")]
    pub(crate) input: Option<u64>,
    #[serde(rename = "output_tokens")]
    pub(crate) output: Option<u64>,
    #[serde(rename = "cache_read_input_tokens")]
    pub(crate) cache_read: Option<u64>,
    #[serde(rename = "cache_creation_input_tokens")]
    pub(crate) cache_creation: Option<u64>,
    #[serde(rename = "reasoning_tokens", alias = "reasoning_output_tokens")]
    pub(crate) reasoning: Option<u64>,
}

/// What went wrong, as the scenario calls it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
}

impl Failure {
    /// What the loop itself ends with.
    pub(crate) fn runtime(message: impl Into<String>) -> Self {
        Failure { kind: "RuntimeError".to_owned(), message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl ErrorType for Failure {
    fn error_type(&self) -> Cow<'_, str> {
        self.kind.as_str().into()
    }
}

impl Scenario {
    /// How many tools the model may choose from: where the answer has a schema, `final_response` is one of them.
    pub(crate) fn tool_count(&self) -> usize {
        self.tools.len() + usize::from(self.request.result_schema.is_some())
    }

    /// # Errors
    /// If the text is not a scenario: where, and what was expected.
    pub(crate) fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let mut document = serde_json::Deserializer::from_str(text);
        let Object(scenario) = serde_path_to_error::deserialize(&mut document).map_err(|error| {
            // `?` is where a text that is no JSON breaks off.
            let path = error.path().to_string();
            match path.trim_end_matches(['.', '?']) {
                "" => error.into_inner().to_string(),
                path => format!("{path}: {}", error.inner()),
            }
        })?;
        document.end().map_err(|error| format!("expected one JSON object: {error}"))?;
        Ok(scenario)
    }
}

/// An object, and not the list of its values, which derived implementations take as well.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<T> Deref for Object<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}
