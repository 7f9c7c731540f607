//! Attributes that the OpenTelemetry registry knows go out with the type that it gives them, and derived labels are `error.type`.

use samplescope::{ErrorType, sampling_tool};
use samplescope_tests::Telemetry;
use std::sync::Arc;

#[derive(Debug, ErrorType)]
enum ToolError {
    Timeout,
    #[error_type("http")]
    Http,
    #[error_type(transparent)]
    Io(std::io::Error),
    #[error_type(transparent)]
    Inside(Box<ToolError>),
    #[error_type(transparent)]
    Shared(Arc<ToolError>),
}

#[sampling_tool(attributes(
    "gen_ai.prompt.name" = Some(text),
    "gen_ai.prompt.version" = None::<&str>,
    "gen_ai.conversation.compacted" = None::<bool>,
    "gen_ai.request.stream" = true,
    "gen_ai.evaluation.score.value" = 1,
    "gen_ai.memory.record.count" = u64::MAX,
    "gen_ai.request.encoding_formats" = [text, "b"],
    "gen_ai.prompt.variable.city" = |outcome| *outcome,
), unchecked("gen_ai.brand.new" = 3))]
fn look(text: &str, ending: Result<&'static str, ToolError>) -> Result<&'static str, ToolError> {
    assert_eq!(text, "a");
    ending
}

#[test]
fn a_registered_attribute_has_its_type() {
    let telemetry = Telemetry::on();
    assert!(look("a", Ok("Berlin")).is_ok());
    let [span] = &telemetry.spans(1)[..] else { panic!("{}", telemetry.tree()) };
    let attributes: Vec<String> = span.attributes().into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert_eq!(
        attributes,
        [
            "gen_ai.brand.new = I64(3)",
            "gen_ai.evaluation.score.value = F64(1.0)",
            "gen_ai.memory.record.count = I64(9223372036854775807)",
            r#"gen_ai.operation.name = String("execute_tool")"#,
            r#"gen_ai.prompt.name = String("a")"#,
            r#"gen_ai.prompt.variable.city = String("Berlin")"#,
            r#"gen_ai.request.encoding_formats = Array(["a", "b"])"#,
            "gen_ai.request.stream = Bool(true)",
            r#"gen_ai.tool.name = String("look")"#,
            r#"gen_ai.tool.type = String("function")"#,
        ]
    );
}

#[test]
fn a_derived_label_is_the_error_type() {
    for (error, label) in [
        (ToolError::Timeout, "ToolError::Timeout"),
        (ToolError::Http, "http"),
        (ToolError::Io(std::io::ErrorKind::NotFound.into()), "io::Error"),
        (ToolError::Inside(ToolError::Http.into()), "http"),
        (ToolError::Shared(ToolError::Http.into()), "http"),
    ] {
        let telemetry = Telemetry::on();
        assert!(look("a", Err(error)).is_err());
        let [span] = &telemetry.spans(1)[..] else { panic!("{}", telemetry.tree()) };
        let expected = format!("String({label:?})");
        assert!(span.attributes().into_iter().any(|(key, value)| key == "error.type" && value == expected), "{label}");
    }
}
