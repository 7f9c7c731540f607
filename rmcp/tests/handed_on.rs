//! A traced handler answers as the bare one does, whatever it is asked, and hands on every method that rmcp has.

#![cfg(feature = "transport-streamable-http-server")]
#![allow(deprecated, reason = "what rmcp has, until it goes")]

use rmcp::model::*;
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleClient, RoleServer, ServerHandler, Service, ServiceExt as _};
use samplescope_rmcp::traced;
use samplescope_tests::Telemetry;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

/// The text of one of rmcp's source files, of the version that the tests are built with.
fn rmcp_source(file: &str) -> String {
    let metadata =
        Command::new(env!("CARGO")).args(["metadata", "--format-version=1", "--offline", "--locked"]).output().expect("cargo");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let rmcp = packages.iter().find(|package| package["name"] == "rmcp").expect("rmcp");
    let manifest = std::path::Path::new(rmcp["manifest_path"].as_str().expect("a path"));
    std::fs::read_to_string(manifest.with_file_name("src").join(file)).expect("a source file")
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, text) = text.split_once(start).expect(start);
    text.split_once(end).expect(end).0
}

#[test]
fn every_method_of_a_server_handler_is_handed_on() {
    let source = rmcp_source("handler/server.rs");
    let theirs = between(&source, "macro_rules! server_handler_methods", "pub trait ServerHandler");
    let theirs: BTreeSet<&str> = theirs
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "))
        .map(|rest| rest.split(['(', '<']).next().unwrap_or_default())
        .collect();
    assert!(theirs.len() > 25, "{theirs:?}");
    let ours = include_str!("../src/handler.rs");
    let ours = ours.split_once("ServerHandler for TracedHandler<H> {").expect("the impl").1;
    let missing: Vec<_> = theirs.into_iter().filter(|name| !ours.contains(&format!(" {name}("))).collect();
    assert!(missing.is_empty(), "rmcp's ServerHandler has methods that src/handler.rs does not hand on: {missing:?}");
}

/// The names of the `async` methods in the bodies of those `impl`s, and of those that rmcp's macro `method!` makes.
fn sending_methods(source: &str, heads: &[&str]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for head in heads {
        for body in source.split(head).skip(1) {
            let body = body.split("\n}\n").next().unwrap_or_default();
            let words: Vec<&str> = body.split_whitespace().collect();
            for (place, word) in words.iter().enumerate() {
                let before = &words[..place];
                let is_method = before.ends_with(&["pub", "async", "fn"])
                    || before.last().is_some_and(|last| last.contains("peer_req") || last.contains("peer_not"));
                if is_method {
                    names.insert(word.split(['(', '<']).next().unwrap_or_default().to_owned());
                }
            }
        }
    }
    names
}

/// Where a method of rmcp's is found here, by its name: as a function, or in a list that a macro makes functions of.
fn is_named(ours: &str, name: &str) -> bool {
    let is_end = |rest: &str| rest.starts_with(['(', '<', ',']) || rest.starts_with(" of ");
    ours.match_indices(name).any(|(place, _)| {
        let is_start = ours[..place].ends_with([' ', '(']);
        is_start && is_end(&ours[place + name.len()..])
    })
}

#[test]
fn every_method_of_a_peer_that_sends_is_one_of_ours() {
    let theirs = [
        ("service.rs", &["\nimpl<R: ServiceRole> Peer<R> {"][..]),
        ("service/server.rs", &["\nimpl Peer<RoleServer> {"]),
        ("service/client.rs", &["\nimpl Peer<RoleClient> {"]),
    ]
    .map(|(file, heads)| sending_methods(&rmcp_source(file), heads));
    let theirs: BTreeSet<String> = theirs.into_iter().flatten().collect();
    assert!(theirs.len() > 40 && theirs.contains("create_elicitation_with_timeout"), "{theirs:?}");
    let ours = [include_str!("../src/peer.rs"), include_str!("../src/elicitation.rs")].concat();
    // rmcp makes these requests itself, and leaves nobody a place for a context.
    let nowhere = ["listen", "listen_with_capacity"];
    let missing: Vec<_> = theirs.iter().filter(|name| !nowhere.contains(&name.as_str()) && !is_named(&ours, name)).collect();
    assert!(missing.is_empty(), "rmcp's Peer has methods that ours lacks: {missing:?}");
}

#[test]
fn every_method_of_a_running_service_is_one_of_ours() {
    let theirs = [
        ("service.rs", &["\nimpl<R: ServiceRole, S: Service<R>> RunningService<R, S> {"][..]),
        ("service/client.rs", &["\nimpl<S> RunningService<RoleClient, S>\nwhere\n    S: Service<RoleClient>,\n{"]),
    ]
    .map(|(file, heads)| sending_methods(&rmcp_source(file), heads));
    let theirs: BTreeSet<String> = theirs.into_iter().flatten().collect();
    assert!(theirs.len() > 10 && theirs.contains("call_tool_with_mrtr_max_rounds"), "{theirs:?}");
    let ours = [include_str!("../src/running.rs"), include_str!("../src/peer.rs")].concat();
    let missing: Vec<_> = theirs.iter().filter(|name| !is_named(&ours, name)).collect();
    assert!(missing.is_empty(), "rmcp's RunningService has methods that ours lacks: {missing:?}");
}

/// Answers everything with something of its own, so that nothing that was not handed on looks the same.
#[derive(Clone)]
struct Everything;

impl ServerHandler for Everything {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities =
            ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().enable_logging().build();
        capabilities.completions = Some(JsonObject::default());
        ServerConfig::new(capabilities).with_server_info(Implementation::new("everything", "1.0.0"))
    }

    async fn complete(&self, _: CompleteRequestParams, _: RequestContext<RoleServer>) -> Result<CompleteResult, ErrorData> {
        Ok(CompleteResult::new(CompletionInfo::new(vec!["own".to_owned()]).expect("few")))
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let message = PromptMessage::new_text(Role::User, params.name);
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![Prompt::new("packing", Some("own"), None)]))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::internal_error("own", Some(json!({ "own": true }))))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(ReadResourceResult::new(vec![ResourceContents::text("own", params.uri)]).into())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Err(ErrorData::invalid_params("own", None))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::success(vec![ContentBlock::text(params.name.to_string())]).into())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![Tool::new("own", "own", JsonObject::default())]))
    }

    async fn on_custom_request(&self, request: CustomRequest, _: RequestContext<RoleServer>) -> Result<CustomResult, ErrorData> {
        Ok(CustomResult::new(json!({ "own": request.method })))
    }

    async fn listen(&self, _: SubscriptionContext) -> Result<(), ErrorData> {
        Ok(())
    }
}

/// One of each request that a client may send.
fn requests() -> Vec<ClientRequest> {
    let request = |method: &str, params: Value| {
        serde_json::from_value::<ClientRequest>(json!({ "method": method, "params": params })).expect("a request")
    };
    vec![
        request("ping", json!({})),
        request(
            "initialize",
            json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } }),
        ),
        request("server/discover", json!({})),
        request(
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "packing" }, "argument": { "name": "to", "value": "L" } }),
        ),
        request("logging/setLevel", json!({ "level": "info" })),
        request("prompts/get", json!({ "name": "packing" })),
        request("prompts/list", json!({})),
        request("resources/list", json!({})),
        request("resources/templates/list", json!({})),
        request("resources/read", json!({ "uri": "trip://1" })),
        request("subscriptions/listen", json!({ "notifications": {} })),
        request("resources/subscribe", json!({ "uri": "trip://1" })),
        request("resources/unsubscribe", json!({ "uri": "trip://1" })),
        request("tools/call", json!({ "name": "plan_trip", "arguments": { "to": "Lisbon" } })),
        request("tools/list", json!({})),
        request("tasks/get", json!({ "taskId": "1" })),
        request("tasks/update", json!({ "taskId": "1", "inputResponses": {} })),
        request("tasks/cancel", json!({ "taskId": "1" })),
        request("skills/list", json!({})),
        request("skills/get", json!({ "uri": "skill://s/SKILL.md" })),
        request("resources/directory/read", json!({ "uri": "trip://" })),
        request("vendor/own", json!({ "own": 1 })),
    ]
}

fn variant(request: &ClientRequest) -> String {
    let debug = format!("{request:?}");
    debug.split('(').next().unwrap_or_default().to_owned()
}

#[test]
fn the_requests_of_this_test_are_all_that_rmcp_has() {
    let source = rmcp_source("model.rs");
    let union = between(&source, "export type ClientRequest =", ";");
    let theirs: BTreeSet<String> = union.split('|').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let ours: BTreeSet<String> = requests().iter().map(variant).collect();
    assert_eq!(ours, theirs);
}

/// What a client is answered to each of the requests.
async fn answers<S: Service<RoleServer>>(handler: S) -> Vec<String> {
    let (near, far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(async move { handler.serve(far).await.expect("a client").waiting().await });
    let client: rmcp::service::RunningService<RoleClient, ()> = ().serve(near).await.expect("a server");
    let mut answers = Vec::new();
    for request in requests() {
        let name = variant(&request);
        answers.push(format!("{name}: {:?}", client.send_request(request).await));
    }
    client.cancel().await.expect("a client that ends");
    server.await.expect("no panic").expect("a server that ends");
    answers
}

#[tokio::test]
async fn a_traced_handler_answers_every_request_as_the_bare_one_does() {
    let bare = {
        let _telemetry = Telemetry::off();
        answers(Everything).await
    };
    assert!(bare.iter().filter(|answer| answer.contains("own")).count() >= 7, "{bare:#?}");
    for telemetry in [Telemetry::off as fn() -> Telemetry, || Telemetry::on().metered().propagated()] {
        let telemetry = telemetry();
        assert_eq!(answers(traced(Everything)).await, bare);
        assert_eq!(answers(traced(Everything).handler()).await, bare);
        drop(telemetry);
    }
}

#[tokio::test]
async fn as_a_server_handler_it_has_the_same_spans() {
    let names = |telemetry: &Telemetry| telemetry.spans_so_far().iter().map(|span| span.name().to_owned()).collect::<Vec<_>>();
    let telemetry = Telemetry::on();
    answers(traced(Everything)).await;
    let as_service = names(&telemetry);
    drop(telemetry);
    let telemetry = Telemetry::on();
    answers(traced(Everything).handler()).await;
    // What rmcp refuses before it asks the handler has no span there.
    let refused = [
        "subscriptions/listen",
        "tasks/get",
        "tasks/update",
        "tasks/cancel",
        "skills/list",
        "skills/get",
        "resources/directory/read",
    ];
    let expected: Vec<_> =
        as_service.into_iter().filter(|name| !refused.contains(&name.as_str()) && name != "server/discover").collect();
    let as_handler: Vec<_> = names(&telemetry).into_iter().filter(|name| name != "server/discover").collect();
    assert_eq!(as_handler, expected);
}
