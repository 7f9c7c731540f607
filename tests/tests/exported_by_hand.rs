//! The loops of two agents that write their own GenAI telemetry, written anew in their shape: what they export by hand is in our traces and metrics.
//! `agentty` (crates/ag-harness at adeb81c1) measures turns, model requests and tools. macro (rust/cloud-storage/agent at 69717ece) hands out a stream
//! that rig's hooks feed, beside the spans of rig-core 0.46.

use samplescope::{Settings, Vocabulary};
use samplescope_tests::{Point, Telemetry};

fn genai() -> Settings {
    Settings::default().with_vocabulary(Vocabulary::GenAi)
}

/// How many measurements have these attributes, and no `error.type` that is not among them.
fn count(points: &[Point], attributes: &[(&str, &str)]) -> u64 {
    let has = |point: &Point, key: &str, value: &str| {
        point.attributes.get(key).is_some_and(|said| *said == format!("String({value:?})"))
    };
    let fails = attributes.iter().any(|(key, _)| *key == "error.type");
    let fitting = points.iter().filter(|point| attributes.iter().all(|(key, value)| has(point, key, value)));
    fitting.filter(|point| fails || !point.attributes.contains_key("error.type")).map(|point| point.count).sum()
}

mod agentty {
    use super::*;
    use futures::FutureExt as _;
    use samplescope::{Decision, current_loop, current_step, sampling_loop, sampling_step, sampling_tool};
    use serde_json::{Value, json};
    use std::collections::VecDeque;
    use std::future::pending;
    use std::sync::{Mutex, PoisonError};

    /// What the provider does.
    enum Provider {
        Answers(Value),
        /// With an HTTP status.
        Fails(u16),
        IsSilent,
    }

    fn completion(content: &str, calls: &Value) -> Provider {
        Provider::Answers(json!({
            "object": "chat.completion",
            "id": "chatcmpl-1",
            "model": "kimi-k2-0905",
            "choices": [{
                "index": 0,
                "finish_reason": if calls.is_null() { "stop" } else { "tool_calls" },
                "message": { "role": "assistant", "content": content, "tool_calls": calls },
            }],
            "usage": { "prompt_tokens": 23, "completion_tokens": 7, "total_tokens": 30 },
        }))
    }

    fn call(tool: &str) -> Provider {
        completion(
            "",
            &json!([{ "id": "call-1", "type": "function", "function": { "name": tool, "arguments": "{\"path\":\"a.rs\"}" } }]),
        )
    }

    fn output() -> Provider {
        completion("{\"name\":\"Ada\"}", &Value::Null)
    }

    #[derive(Debug)]
    enum TurnError {
        Provider(u16),
        InvalidOutput,
        ToolDenied,
        ToolCallLimit,
        Tool,
    }

    impl TurnError {
        fn error_type(&self) -> &'static str {
            match self {
                TurnError::Provider(503) => "503",
                TurnError::Provider(_) => "provider_error",
                TurnError::InvalidOutput => "invalid_output",
                TurnError::ToolDenied => "tool_denied",
                TurnError::ToolCallLimit => "tool_call_limit",
                TurnError::Tool => "tool_execution_error",
            }
        }
    }

    impl std::fmt::Display for TurnError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.error_type())
        }
    }

    struct Harness {
        allowed: &'static [&'static str],
        provider: Mutex<VecDeque<Provider>>,
    }

    impl Harness {
        fn new(allowed: &'static [&'static str], provider: impl IntoIterator<Item = Provider>) -> Self {
            Harness { allowed, provider: Mutex::new(provider.into_iter().collect()) }
        }

        #[sampling_loop(agent = "ag-harness", messages = prompt, error_type = TurnError::error_type)]
        async fn run(&self, prompt: &str) -> Result<String, TurnError> {
            let mut completed = 0;
            loop {
                let response = self.complete(prompt).await?;
                let message = &response["choices"][0]["message"];
                let Some(call) = message["tool_calls"].get(0) else { return Ok(message["content"].to_string()) };
                self.execute(call, completed).await?;
                completed += 1;
            }
        }

        #[sampling_step(provider = "moonshot_ai", model = "kimi-k2", error_type = TurnError::error_type)]
        async fn complete(&self, _prompt: &str) -> Result<Value, TurnError> {
            let next = self.provider.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match next {
                Some(Provider::Answers(response)) => {
                    current_step().response(&response);
                    let message = &response["choices"][0]["message"];
                    let is_valid = message["content"] != "{\"unexpected\":true}";
                    if is_valid { Ok(response) } else { Err(TurnError::InvalidOutput) }
                }
                Some(Provider::Fails(status)) => Err(TurnError::Provider(status)),
                Some(Provider::IsSilent) | None => pending().await,
            }
        }

        async fn execute(&self, call: &Value, completed: usize) -> Result<(), TurnError> {
            let name = call["function"]["name"].as_str().unwrap_or_default();
            if !self.allowed.contains(&name) {
                current_loop().tool_decision(name, call["id"].as_str().unwrap_or_default(), Decision::Denied).by("policy");
                return Err(TurnError::ToolDenied);
            }
            if completed >= 2 {
                return Err(TurnError::ToolCallLimit);
            }
            tool(name, &call["id"]).await
        }
    }

    #[sampling_tool(name = name, call_id = id.as_str(), error_type = TurnError::error_type)]
    async fn tool(name: &str, id: &Value) -> Result<(), TurnError> {
        let _ = id;
        match name {
            "read" => Ok(()),
            "hang" => pending().await,
            _ => Err(TurnError::Tool),
        }
    }

    #[test]
    fn its_five_metrics_have_every_attribute() {
        let telemetry = Telemetry::on().metered().with(genai());
        let all = &["read", "write", "hang"];
        let turns = [
            Harness::new(all, [call("read"), output()]),
            Harness::new(&["read"], [call("write")]),
            Harness::new(all, [call("write")]),
            Harness::new(all, [call("read"), call("read"), call("read")]),
            Harness::new(all, [completion("{\"unexpected\":true}", &Value::Null)]),
            Harness::new(all, [Provider::Fails(503)]),
            // These two are dropped: in a model request, and in a tool.
            Harness::new(all, [Provider::IsSilent]),
            Harness::new(all, [call("hang")]),
        ];
        let failures = turns.iter().filter_map(|turn| turn.run("Who?").now_or_never()?.err());
        assert_eq!(failures.count(), 5);

        let turns = telemetry.points("gen_ai.invoke_agent.duration");
        assert_eq!(count(&turns, &[]), 1);
        for (error_type, expected) in [
            ("tool_denied", 1),
            ("tool_execution_error", 1),
            ("tool_call_limit", 1),
            ("invalid_output", 1),
            ("503", 1),
            ("cancelled", 2),
        ] {
            assert_eq!(count(&turns, &[("error.type", error_type)]), expected, "{error_type}");
        }
        let sum = |name: &str| telemetry.points(name).iter().map(|point| point.sum).sum::<f64>();
        assert!(
            (sum("gen_ai.invoke_agent.inference_calls") - 11.0).abs() < 0.1,
            "{}",
            sum("gen_ai.invoke_agent.inference_calls")
        );
        // Theirs counts what was asked for, with the denied call and the one beyond the limit: here these have no span.
        assert!((sum("gen_ai.invoke_agent.tool_calls") - 5.0).abs() < 0.1, "{}", sum("gen_ai.invoke_agent.tool_calls"));

        let request =
            [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "moonshot_ai"), ("gen_ai.request.model", "kimi-k2")];
        let requests = telemetry.points("gen_ai.client.inference.duration");
        assert_eq!(count(&requests, &request), 8);
        for error_type in ["invalid_output", "503", "cancelled"] {
            assert_eq!(count(&requests, &[&request[..], &[("error.type", error_type)]].concat()), 1, "{error_type}");
        }
        // Of the one with an invalid output, too.
        for (name, tokens) in [("input", 23.0), ("output", 7.0)] {
            let points = telemetry.points(&format!("gen_ai.client.inference.operation.{name}_tokens"));
            let failed = count(&points, &[&request[..], &[("error.type", "invalid_output")]].concat());
            assert_eq!((count(&points, &request), failed), (8, 1), "{name}");
            let sum: f64 = points.iter().map(|point| point.sum).sum();
            assert!((sum - 9.0 * tokens).abs() < 0.1, "{points:?}");
        }

        let tools = telemetry.points("gen_ai.execute_tool.duration");
        let tool = |name| [("gen_ai.tool.name", name), ("gen_ai.tool.type", "function")];
        assert_eq!(count(&tools, &tool("read")), 3);
        assert_eq!(count(&tools, &[&tool("write")[..], &[("error.type", "tool_execution_error")]].concat()), 1);
        assert_eq!(count(&tools, &[&tool("hang")[..], &[("error.type", "cancelled")]].concat()), 1);

        let denied = telemetry
            .spans_so_far()
            .into_iter()
            .flat_map(|span| span.events())
            .find(|(name, _)| name == "samplescope.tool_decision");
        let (_, attributes) = denied.expect("the denied call");
        assert_eq!(attributes["gen_ai.tool.name"], "String(\"write\")");
    }
}

mod rig_hooks {
    use super::*;
    use async_stream::stream;
    use futures::channel::mpsc::{UnboundedSender, unbounded};
    use futures::{Stream, StreamExt as _};
    use opentelemetry::trace::Status;
    use samplescope::{Capture, Chunk, StepCall, ToolCall, sampling_loop, start_step, start_tool};
    use samplescope_tests::Span;
    use serde_json::{Value, json};
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    /// What the consumer of the stream sees.
    #[derive(Clone, Debug, PartialEq)]
    enum Part {
        Content(&'static str),
        Thinking(&'static str),
        ToolCall { id: &'static str, name: &'static str },
        ToolResponse { id: &'static str, result: String },
        Usage { input: u64, output: u64 },
    }

    /// What rig's agentic loop calls; it has no place for state but the hook itself, by shared reference.
    struct Bridge {
        parts: UnboundedSender<Part>,
        step: Mutex<Option<StepCall>>,
        tools: Mutex<HashMap<&'static str, ToolCall>>,
    }

    impl Bridge {
        fn send(&self, part: Part) {
            // The consumer may be gone.
            let _sent = self.parts.unbounded_send(part);
        }

        fn on_completion_call(&self, request: &Value) {
            let step = start_step(|step| {
                step.provider("anthropic");
                step.request(request);
            });
            *self.step.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
        }

        fn on_tool_call(&self, name: &'static str, id: &'static str, arguments: &Value) {
            self.send(Part::ToolCall { id, name });
            let tool = start_tool(name, |tool| {
                tool.call_id(id);
                tool.arguments(arguments);
            });
            self.tools.lock().unwrap_or_else(PoisonError::into_inner).insert(id, tool);
        }

        fn on_tool_result(&self, id: &'static str, result: &Result<Value, String>) {
            let tool = self.tools.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
            if let Some(tool) = tool {
                match result {
                    Ok(value) => {
                        tool.result(value);
                        tool.end();
                    }
                    Err(error) => tool.fail_as("ToolCallError", error),
                }
            }
            let result = result.as_ref().map_or_else(Clone::clone, Value::to_string);
            self.send(Part::ToolResponse { id, result });
        }

        fn on_stream_completion_response_finish(&self, response: &Value) {
            let (input, output) = (response["usage"]["input_tokens"].as_u64(), response["usage"]["output_tokens"].as_u64());
            self.send(Part::Usage { input: input.unwrap_or_default(), output: output.unwrap_or_default() });
            if let Some(step) = self.step.lock().unwrap_or_else(PoisonError::into_inner).take() {
                step.response(response);
                step.end();
            }
        }
    }

    fn request(history: &[Value]) -> Value {
        json!({
            "model": "claude-opus-4-7", "max_tokens": 16_000, "system": "You help.", "messages": history,
            "tools": [{ "name": "SearchDocs", "description": "Searches.", "input_schema": { "type": "object", "properties": {} } }],
        })
    }

    fn response(content: &Value, stop_reason: &str) -> Value {
        json!({
            "type": "message", "id": "msg_1", "model": "claude-opus-4-7-20260115", "role": "assistant", "content": content,
            "stop_reason": stop_reason,
            "usage": { "input_tokens": 30, "cache_read_input_tokens": 8, "cache_creation_input_tokens": 2, "output_tokens": 12 },
        })
    }

    /// rig's loop: two model requests, and between them a tool that works and one that fails.
    fn stream_prompt(bridge: Bridge) -> impl Stream<Item = Part> {
        stream! {
            let asked = [json!({ "role": "user", "content": "Where is it?" })];
            bridge.on_completion_call(&request(&asked));
            yield Part::Thinking("it may be in the docs");
            let arguments = json!({ "query": "it" });
            let calls = json!([
                { "type": "thinking", "thinking": "it may be in the docs", "signature": "s" },
                { "type": "tool_use", "id": "call-1", "name": "SearchDocs", "input": arguments },
                { "type": "tool_use", "id": "call-2", "name": "OpenDoc", "input": {} },
            ]);
            bridge.on_stream_completion_response_finish(&response(&calls, "tool_use"));
            bridge.on_tool_call("SearchDocs", "call-1", &arguments);
            bridge.on_tool_call("OpenDoc", "call-2", &json!({}));
            bridge.on_tool_result("call-2", &Err("no such document".to_owned()));
            bridge.on_tool_result("call-1", &Ok(json!({ "found": 1 })));
            bridge.on_completion_call(&request(&asked));
            yield Part::Content("On page ");
            yield Part::Content("one.");
            bridge.on_stream_completion_response_finish(&response(&json!([{ "type": "text", "text": "On page one." }]), "end_turn"));
        }
    }

    #[sampling_loop(
        agent = "assistant", conversation_id = chat, system_prompt = "You help.", messages = question, inherited("user.id" = user), stream,
        chunk = |part| match part {
            Part::Content(text) => Chunk::new().text(*text),
            Part::Thinking(text) => Chunk::new().reasoning(*text),
            _ => Chunk::new(),
        },
    )]
    fn send_message(chat: &str, user: &str, question: &str) -> impl Stream<Item = Part> + use<> {
        let (parts, mut from_hooks) = unbounded();
        let bridge = Bridge { parts, step: Mutex::default(), tools: Mutex::default() };
        stream! {
            let mut rig = std::pin::pin!(stream_prompt(bridge));
            while let Some(part) = rig.next().await {
                while let Ok(part) = from_hooks.try_recv() {
                    yield part;
                }
                yield part;
            }
            while let Ok(part) = from_hooks.try_recv() {
                yield part;
            }
        }
    }

    fn has(span: &Span, expected: &[(&str, &str)]) {
        let attributes = span.attributes();
        for (key, value) in expected {
            let said = attributes.get(*key).map(|said| said.replace('\\', ""));
            assert!(said.as_deref().is_some_and(|said| said.contains(value)), "{}: {key} = {said:?}, not {value}", span.name());
        }
    }

    #[tokio::test]
    async fn its_stream_and_rig_s_spans_have_every_attribute() {
        let telemetry = Telemetry::on().with(genai().with_capture(Capture::Spans));
        let parts: Vec<Part> = send_message("chat-7", "user-1", "Where is it?").collect().await;
        assert_eq!(parts.len(), 9);
        assert!(parts.contains(&Part::ToolResponse { id: "call-1", result: "{\"found\":1}".to_owned() }));
        let spans = telemetry.spans(5);
        let [run, first, last, found, failed] = &[
            "invoke_agent assistant",
            "chat claude-opus-4-7",
            "chat claude-opus-4-7",
            "execute_tool SearchDocs",
            "execute_tool OpenDoc",
        ]
        .map(|name| telemetry.named(name));
        let (run, first, last, found, failed) = (&run[0], &first[0], &last[1], &found[0], &failed[0]);
        assert!(spans.iter().all(|span| span.id() == run.id() || span.parent_id() == run.id()), "{}", telemetry.tree());

        has(
            run,
            &[
                ("gen_ai.operation.name", "invoke_agent"),
                ("gen_ai.agent.name", "assistant"),
                ("gen_ai.conversation.id", "chat-7"),
                ("gen_ai.system_instructions", "You help."),
                ("gen_ai.input.messages", "Where is it?"),
                ("gen_ai.output.messages", "On page one."),
            ],
        );
        for (step, reason, said) in [(first, "tool_call", "\"name\":\"SearchDocs\""), (last, "stop", "On page one.")] {
            has(
                step,
                &[
                    ("gen_ai.operation.name", "chat"),
                    ("gen_ai.provider.name", "anthropic"),
                    ("gen_ai.request.model", "claude-opus-4-7"),
                    ("gen_ai.request.max_tokens", "I64(16000)"),
                    ("gen_ai.response.id", "msg_1"),
                    ("gen_ai.response.model", "claude-opus-4-7-20260115"),
                    ("gen_ai.response.finish_reasons", reason),
                    // Anthropic counts what is cached apart.
                    ("gen_ai.usage.input_tokens", "I64(40)"),
                    ("gen_ai.usage.output_tokens", "I64(12)"),
                    ("gen_ai.usage.cache_read.input_tokens", "I64(8)"),
                    ("gen_ai.usage.cache_write.input_tokens", "I64(2)"),
                    ("gen_ai.system_instructions", "You help."),
                    ("gen_ai.input.messages", "Where is it?"),
                    ("gen_ai.output.messages", said),
                    ("gen_ai.tool.definitions", "SearchDocs"),
                ],
            );
        }
        has(
            found,
            &[
                ("gen_ai.operation.name", "execute_tool"),
                ("gen_ai.tool.name", "SearchDocs"),
                ("gen_ai.tool.type", "function"),
                ("gen_ai.tool.call.id", "call-1"),
                ("gen_ai.tool.call.arguments", "{\"query\":\"it\"}"),
                ("gen_ai.tool.call.result", "{\"found\":1}"),
            ],
        );
        has(failed, &[("gen_ai.tool.call.id", "call-2"), ("error.type", "ToolCallError")]);
        assert_eq!(failed.status(), Status::error("no such document"));
        for span in &spans {
            has(span, &[("user.id", "user-1")]);
        }
    }

    #[tokio::test]
    async fn a_consumer_that_stops_cancels_what_is_open() {
        let telemetry = Telemetry::on().with(genai());
        let mut parts = Box::pin(send_message("chat-7", "user-1", "Where is it?"));
        assert_eq!(parts.next().await, Some(Part::Thinking("it may be in the docs")));
        drop(parts);
        for span in telemetry.spans(2) {
            has(&span, &[("error.type", "cancelled")]);
        }
    }
}
