//! [`Traced`] as a `ServerHandler`, which is what rmcp's streamable HTTP asks for.

use crate::about::{About, Outcome};
use crate::inside::Inside;
use crate::traced::{Traced, notified};
#[allow(clippy::wildcard_imports, reason = "one type and more for each request of MCP")]
use rmcp::model::*;
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use samplescope::mcp;
use std::borrow::Cow;

/// A traced handler, for [`StreamableHttpService`](rmcp::transport::StreamableHttpService): see [`Traced::handler`].
#[derive(Debug)]
pub struct TracedHandler<H>(Traced<H>);

impl<H: ServerHandler> Traced<H> {
    /// The same as a [`ServerHandler`], which is what streamable HTTP asks for. The requests that it sends are traced where the sessions are
    /// [`TracedSessions`](crate::TracedSessions).
    pub fn handler(self) -> TracedHandler<H> {
        TracedHandler(self)
    }
}

/// Nothing is to be known of what the other methods answer.
struct Nothing;
impl Outcome for Nothing {}

impl<H: ServerHandler> TracedHandler<H> {
    fn inner(&self) -> &H {
        &self.0.inner
    }
}

/// Runs a handler as the answer that it may be. No function: the future would be there twice.
macro_rules! answer {
    ($traced:expr, $about:expr, $context:expr, $handler:expr, $outcome:expr) => {{
        let cancelled = $context.ct.clone();
        match $traced.answer(&$about, &$context) {
            Some(answering) => answering.run($handler, cancelled.cancelled_owned(), $outcome).await,
            None => $handler.await,
        }
    }};
}

/// Requests that are told apart by their method alone.
macro_rules! requests {
    ($($(#[$attribute:meta])* $name:ident($method:ident $(, $params:ident: $type:ty)?) -> $result:ty;)*) => { $(
        $(#[$attribute])*
        async fn $name(&self $(, $params: $type)?, context: RequestContext<RoleServer>) -> Result<$result, ErrorData> {
            answer!(self.0, About::method($method::VALUE), context, self.inner().$name($($params,)? context), |_| &Nothing)
        }
    )* };
}

/// Requests that name what they are about.
macro_rules! named_requests {
    ($($(#[$attribute:meta])* $name:ident($method:ident, $field:ident: $key:ident, $type:ty) -> $result:ty;)*) => { $(
        $(#[$attribute])*
        async fn $name(&self, params: $type, context: RequestContext<RoleServer>) -> Result<$result, ErrorData> {
            let about = About { $field: Some(&params.$key), ..About::method($method::VALUE) };
            answer!(self.0, about, context, self.inner().$name(params, context), |_| &Nothing)
        }
    )* };
}

macro_rules! notifications {
    ($($name:ident($($params:ident: $type:ty)?);)*) => { $(
        async fn $name(&self $(, $params: $type)?, context: NotificationContext<RoleServer>) {
            if !mcp::is_listened_to() {
                return self.inner().$name($($params,)? context).await;
            }
            let parent = notified(&context);
            Inside::new(self.inner().$name($($params,)? context), parent).await;
        }
    )* };
}

/// Every method of rmcp's: `tests/handed_on.rs` holds that, since one that a newer rmcp adds has a body of its own, and is missed by no compiler.
impl<H: ServerHandler> ServerHandler for TracedHandler<H> {
    requests! {
        ping(PingRequestMethod) -> ();
        discover(DiscoverRequestMethod) -> DiscoverResult;
        complete(CompleteRequestMethod, params: CompleteRequestParams) -> CompleteResult;
        #[allow(deprecated, reason = "rmcp's own, until it goes")]
        set_level(SetLevelRequestMethod, params: SetLevelRequestParams) -> ();
        list_prompts(ListPromptsRequestMethod, params: Option<PaginatedRequestParams>) -> ListPromptsResult;
        list_resources(ListResourcesRequestMethod, params: Option<PaginatedRequestParams>) -> ListResourcesResult;
        list_resource_templates(ListResourceTemplatesRequestMethod, params: Option<PaginatedRequestParams>) -> ListResourceTemplatesResult;
        list_tools(ListToolsRequestMethod, params: Option<PaginatedRequestParams>) -> ListToolsResult;
        get_task(GetTaskMethod, params: GetTaskParams) -> GetTaskResult;
        update_task(UpdateTaskMethod, params: UpdateTaskParams) -> ();
        cancel_task(CancelTaskMethod, params: CancelTaskParams) -> ();
        list_skills(ListSkillsRequestMethod, params: Option<PaginatedRequestParams>) -> ListSkillsResult;
        get_skill(GetSkillRequestMethod, params: GetSkillRequestParams) -> GetSkillResult;
        read_resource_directory(ReadResourceDirectoryRequestMethod, params: ReadResourceDirectoryRequestParams) -> ReadResourceDirectoryResult;
    }

    named_requests! {
        get_prompt(GetPromptRequestMethod, prompt: name, GetPromptRequestParams) -> GetPromptResponse;
        read_resource(ReadResourceRequestMethod, resource_uri: uri, ReadResourceRequestParams) -> ReadResourceResponse;
        #[allow(deprecated, reason = "rmcp's own, until it goes")]
        subscribe(SubscribeRequestMethod, resource_uri: uri, SubscribeRequestParams) -> ();
        #[allow(deprecated, reason = "rmcp's own, until it goes")]
        unsubscribe(UnsubscribeRequestMethod, resource_uri: uri, UnsubscribeRequestParams) -> ();
    }

    notifications! {
        on_cancelled(params: CancelledNotificationParam);
        on_progress(params: ProgressNotificationParam);
        on_initialized();
        on_roots_list_changed();
        on_custom_notification(notification: CustomNotification);
    }

    async fn initialize(
        &self,
        params: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let about = About::method(InitializeResultMethod::VALUE);
        answer!(self.0, about, context, self.inner().initialize(params, context), |result: &InitializeResult| result)
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let about = About {
            tool: Some(&params.name),
            arguments: params.arguments.as_ref(),
            ..About::method(CallToolRequestMethod::VALUE)
        };
        answer!(self.0, about, context, self.inner().call_tool(params, context), |response: &CallToolResponse| response)
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        answer!(self.0, About::method(&request.method), context, self.inner().on_custom_request(request, context), |_| &Nothing)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let about = About::method(SubscriptionsListenRequestMethod::VALUE);
        answer!(self.0, about, *context.request_context(), self.inner().listen(context), |()| &Nothing)
    }

    fn negotiate_initialize(&self, request: &InitializeRequestParams) -> Result<InitializeResult, ErrorData> {
        self.inner().negotiate_initialize(request)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        ServerHandler::supported_protocol_versions(self.inner())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.inner().accepted_subscription_filter(requested)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.inner().get_tool(name)
    }

    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(self.inner())
    }
}
