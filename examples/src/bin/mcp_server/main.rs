//! An MCP server with telemetry: one agent whose model is the client's, one plain tool, a resource and a prompt.
//!
//! `traced(Travel)` is all that this file says of MCP's telemetry, and `plan.rs` is an annotated agent as any other.

mod http;
mod plan;
mod stdin;
mod telemetry;

use plan::plan_trip;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolResult, ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Implementation, ListPromptsResult,
    ListResourcesResult, PaginatedRequestParams, Prompt, PromptArgument, PromptMessage, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, Role, ServerCapabilities, ServerConfig,
};
use rmcp::schemars::{self, JsonSchema};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, tool, tool_handler, tool_router};
use samplescope_examples::terminal;
use samplescope_rmcp::{Peer, traced};
use serde::Deserialize;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use telemetry::Telemetry;

const HELP: &str = "\
An MCP server with one agent, whose model is the client's, and telemetry of all that it does.

usage: mcp_server [--http ADDRESS]

  --http ADDRESS  serve streamable HTTP there, as in 127.0.0.1:8765, instead of standard input and output
  -h, --help      this

With OTEL_EXPORTER_OTLP_ENDPOINT set, as in http://localhost:4318, its telemetry is sent there, else drawn to standard error when it ends.
OTEL_SERVICE_NAME names it there. OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental gives the names of the OpenTelemetry GenAI conventions.
";

/// The server.
#[derive(Clone)]
pub(crate) struct Travel {
    router: ToolRouter<Self>,
}

#[derive(Deserialize, JsonSchema)]
struct Trip {
    /// Where to, and when.
    question: String,
}

#[derive(Deserialize, JsonSchema)]
struct Place {
    /// A city.
    city: String,
}

const TIME_ZONES: [(&str, &str); 2] = [("Lisbon", "Europe/Lisbon"), ("Zurich", "Europe/Zurich")];

#[tool_router(router = router)]
impl Travel {
    pub(crate) fn new() -> Self {
        Travel { router: Self::router() }
    }

    #[tool(description = "Plans a trip, with the model of the client")]
    async fn plan_trip(
        &self,
        Parameters(Trip { question }): Parameters<Trip>,
        peer: Peer,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let plan = tokio::select! {
            plan = plan_trip(&peer, &question) => plan,
            // rmcp would let it run on: whoever asked has given up, and its model is not to be asked again.
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("given up", None)),
        };
        match plan {
            Ok(plan) => Ok(CallToolResult::success(vec![ContentBlock::text(plan)])),
            Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
        }
    }

    #[tool(description = "The time zone of a city")]
    async fn time_zone(&self, Parameters(Place { city }): Parameters<Place>) -> CallToolResult {
        match TIME_ZONES.into_iter().find(|(known, _)| *known == city) {
            Some((_, zone)) => CallToolResult::success(vec![ContentBlock::text(zone)]),
            None => CallToolResult::error(vec![ContentBlock::text(format!("{city} is not known"))]),
        }
    }
}

const TIMETABLE: &str = "travel://timetable";

#[tool_handler(router = self.router)]
impl ServerHandler for Travel {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("travel", env!("CARGO_PKG_VERSION")))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(vec![Resource::new(TIMETABLE, "timetable")]))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if params.uri != TIMETABLE {
            return Err(ErrorData::resource_not_found(format!("there is no {}", params.uri), None));
        }
        let timetable = ResourceContents::text("TP 1351 leaves Zurich at 10:05 and is in Lisbon at 12:00.", params.uri);
        Ok(ReadResourceResult::new(vec![timetable]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let to = PromptArgument::new("to").with_description("Where to").with_required(true);
        let packing = Prompt::new("packing", Some("What to pack"), Some(vec![to]));
        Ok(ListPromptsResult::with_all_items(vec![packing]))
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if params.name != "packing" {
            return Err(ErrorData::invalid_params(format!("there is no prompt {}", params.name), None));
        }
        let arguments = params.arguments.unwrap_or_default();
        let to =
            arguments.get("to").and_then(|to| to.as_str()).ok_or_else(|| ErrorData::invalid_params("`to` is missing", None))?;
        let message = PromptMessage::new_text(Role::User, format!("What do I pack for {to}?"));
        Ok(GetPromptResult::new(vec![message]).into())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let result = match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, ..) => run(None).await,
        (Some("-h" | "--help"), None, _) => terminal::print(HELP).map_err(Into::into),
        (Some("--http"), Some(address), None) => match address.parse() {
            Ok(address) => run(Some(address)).await,
            Err(_) => Err(format!("`{address}` is no address: expected one as in 127.0.0.1:8765").into()),
        },
        _ => Err("expected `--http ADDRESS`, `--help` or nothing".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcp_server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(http: Option<SocketAddr>) -> Result<(), Box<dyn Error>> {
    terminal::show_warnings();
    let telemetry = Telemetry::install()?;
    let served = match http {
        Some(address) => http::serve(address).await,
        None => stdin::serve(traced(Travel::new())).await,
    };
    // The exporters block.
    tokio::task::spawn_blocking(|| telemetry.finish()).await??;
    served
}
