//! rmcp's `Peer`, whose messages carry the context of who sends them.

use crate::role::Role;
use crate::sending::{Sending, SendingNotification, in_trace, in_trace_if_listened, meta_in_trace};
use rmcp::handler::server::common::{AsRequestContext, FromContextPart};
#[allow(clippy::wildcard_imports, reason = "one type and more for each request of MCP")]
use rmcp::model::*;
use rmcp::service::{PeerRequestOptions, RequestHandle, ServiceRole};
use rmcp::{ErrorData, RoleClient, RoleServer, ServiceError};
use std::fmt;
use std::ops::Deref;

/// [`rmcp::Peer`], whose requests and notifications are in the trace of whoever sends them.
///
/// A tool asks for it by type: `peer: samplescope_rmcp::Peer` where `peer: rmcp::Peer<RoleServer>` stood. It has the methods of rmcp's, which take
/// and return the same. Over a transport that is not [traced](crate::traced) they do what rmcp's do.
///
/// What a plain `rmcp::Peer` sends in a handler is a child of the request that is being answered, and not of the step inside.
pub struct Peer<R: ServiceRole = RoleServer>(rmcp::Peer<R>);

impl<R: ServiceRole> Clone for Peer<R> {
    fn clone(&self) -> Self {
        Peer(self.0.clone())
    }
}

impl<R: ServiceRole> fmt::Debug for Peer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<R: ServiceRole> From<rmcp::Peer<R>> for Peer<R> {
    fn from(peer: rmcp::Peer<R>) -> Self {
        Peer(peer)
    }
}

impl<R: ServiceRole> Deref for Peer<R> {
    type Target = rmcp::Peer<R>;

    fn deref(&self) -> &rmcp::Peer<R> {
        &self.0
    }
}

impl<C: AsRequestContext> FromContextPart<C> for Peer<RoleServer> {
    fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
        Ok(Peer(context.as_request_context().peer.clone()))
    }
}

impl<R: Role> Peer<R> {
    /// As [`rmcp::Peer::send_request`].
    pub async fn send_request(&self, request: R::Req) -> Result<R::PeerResp, ServiceError> {
        self.ask(request, PeerRequestOptions::no_options()).await
    }

    /// Sends it and waits for the answer. Given up meanwhile, it was cancelled.
    pub(crate) async fn ask(&self, mut request: R::Req, options: PeerRequestOptions) -> Result<R::PeerResp, ServiceError> {
        let sending = Sending::now();
        let _guard = sending.as_ref().map(Sending::guard);
        if let Some(sending) = sending {
            request.extensions_mut().insert(sending);
        }
        self.0.send_request_with_option(request, options).await?.await_response().await
    }

    /// As [`rmcp::Peer::send_request_with_option`]. The span ends with the response, or when the handle is cancelled.
    pub async fn send_request_with_option(
        &self,
        mut request: R::Req,
        options: PeerRequestOptions,
    ) -> Result<RequestHandle<R>, ServiceError> {
        if let Some(sending) = Sending::now() {
            request.extensions_mut().insert(sending);
        }
        self.0.send_request_with_option(request, options).await
    }

    /// As [`rmcp::Peer::send_cancellable_request`].
    pub async fn send_cancellable_request(
        &self,
        request: R::Req,
        options: PeerRequestOptions,
    ) -> Result<RequestHandle<R>, ServiceError> {
        self.send_request_with_option(request, options).await
    }

    /// As [`rmcp::Peer::send_notification`].
    pub async fn send_notification(&self, mut notification: R::Not) -> Result<(), ServiceError> {
        if let Some(sending) = Sending::now() {
            R::notification_extensions(&mut notification).insert(SendingNotification(sending.context));
        }
        self.0.send_notification(notification).await
    }
}

/// Methods whose parameters have a `_meta`, at what is wrapped.
macro_rules! with_params {
    ($($name:ident($params:ty) -> $result:ty;)*) => { $(
        #[doc = concat!("As rmcp's `", stringify!($name), "`, in the current trace.")]
        #[allow(deprecated, reason = "rmcp's own, until it goes")]
        pub async fn $name(&self, params: $params) -> Result<$result, ServiceError> {
            let (params, _local) = in_trace(params);
            self.0.$name(params).await
        }
    )* };
}
macro_rules! with_optional_params {
    ($($name:ident($params:ty) -> $result:ty;)*) => { $(
        #[doc = concat!("As rmcp's `", stringify!($name), "`, in the current trace.")]
        pub async fn $name(&self, params: Option<$params>) -> Result<$result, ServiceError> {
            let (params, _local) = in_trace_if_listened(params);
            self.0.$name(params).await
        }
    )* };
}
macro_rules! every_page {
    ($($name:ident of $page:ident.$field:ident: $item:ty;)*) => { $(
        #[doc = concat!("As rmcp's `", stringify!($name), "`: each page is a request of its own, in the current trace.")]
        pub async fn $name(&self) -> Result<Vec<$item>, ServiceError> {
            let mut all = Vec::new();
            let mut cursor = None;
            loop {
                let page = self.$page(Some(PaginatedRequestParams::default().with_cursor(cursor))).await?;
                all.extend(page.$field);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    return Ok(all);
                }
            }
        }
    )* };
}

/// What is completed, and where.
macro_rules! completions {
    ($($name:ident, $simple:ident of $reference:ident($of:ident);)*) => { $(
        #[doc = concat!("As rmcp's `", stringify!($name), "`, in the current trace.")]
        pub async fn $name(
            &self,
            $of: impl Into<String>,
            argument_name: impl Into<String>,
            current_value: impl Into<String>,
            context: Option<CompletionContext>,
        ) -> Result<CompletionInfo, ServiceError> {
            let argument = ArgumentInfo::new(argument_name, current_value);
            let mut params = CompleteRequestParams::new(Reference::$reference($of), argument);
            params.context = context;
            Ok(self.complete(params).await?.completion)
        }

        #[doc = concat!("As rmcp's `", stringify!($simple), "`, in the current trace.")]
        pub async fn $simple(
            &self,
            $of: impl Into<String>,
            argument_name: impl Into<String>,
            current_value: impl Into<String>,
        ) -> Result<Vec<String>, ServiceError> {
            Ok(self.$name($of, argument_name, current_value, None).await?.values)
        }
    )* };
}

impl Peer<RoleClient> {
    with_params! {
        call_tool(CallToolRequestParams) -> CallToolResult;
        call_tool_once(CallToolRequestParams) -> CallToolResponse;
        get_prompt(GetPromptRequestParams) -> GetPromptResult;
        get_prompt_once(GetPromptRequestParams) -> GetPromptResponse;
        read_resource(ReadResourceRequestParams) -> ReadResourceResult;
        read_resource_once(ReadResourceRequestParams) -> ReadResourceResponse;
        complete(CompleteRequestParams) -> CompleteResult;
        set_level(SetLevelRequestParams) -> ();
        subscribe(SubscribeRequestParams) -> ();
        unsubscribe(UnsubscribeRequestParams) -> ();
        get_task(GetTaskParams) -> GetTaskResult;
        update_task(UpdateTaskParams) -> ();
        cancel_task(CancelTaskParams) -> ();
        get_skill(GetSkillRequestParams) -> GetSkillResult;
        read_resource_directory(ReadResourceDirectoryRequestParams) -> ReadResourceDirectoryResult;
    }
    with_optional_params! {
        list_tools(PaginatedRequestParams) -> ListToolsResult;
        list_prompts(PaginatedRequestParams) -> ListPromptsResult;
        list_resources(PaginatedRequestParams) -> ListResourcesResult;
        list_resource_templates(PaginatedRequestParams) -> ListResourceTemplatesResult;
        list_skills(PaginatedRequestParams) -> ListSkillsResult;
    }
    every_page! {
        list_all_tools of list_tools.tools: Tool;
        list_all_prompts of list_prompts.prompts: Prompt;
        list_all_resources of list_resources.resources: Resource;
        list_all_resource_templates of list_resource_templates.resource_templates: ResourceTemplate;
        list_all_skills of list_skills.skills: Skill;
    }
    completions! {
        complete_prompt_argument, complete_prompt_simple of for_prompt(prompt_name);
        complete_resource_argument, complete_resource_simple of for_resource(uri_template);
    }

    /// As [`rmcp::Peer::discover`], in the current trace.
    pub async fn discover(&self, meta: RequestMetaObject) -> Result<DiscoverResult, ServiceError> {
        let (meta, _local) = meta_in_trace(meta);
        self.0.discover(meta).await
    }
}

/// Notifications, at a peer.
macro_rules! notifications {
    ($role:ident { $($(#[$attribute:meta])* $name:ident($notification:ident $(, $params:ty)?);)* }) => { $(
        #[doc = concat!("As rmcp's `", stringify!($name), "`, in the current trace.")]
        $(#[$attribute])*
        pub async fn $name(&self $(, params: $params)?) -> Result<(), ServiceError> {
            #[allow(clippy::default_trait_access, reason = "the method is the only value of its type")]
            let notification = notifications!(@new $notification $($params, params)?);
            self.send_notification(<$role as ServiceRole>::Not::$notification(notification)).await
        }
    )* };
    (@new $notification:ident) => { $notification::default() };
    (@new $notification:ident $params:ty, $value:ident) => { $notification::new($value) };
}

impl Peer<RoleClient> {
    notifications! { RoleClient {
        notify_cancelled(CancelledNotification, CancelledNotificationParam);
        notify_progress(ProgressNotification, ProgressNotificationParam);
        notify_initialized(InitializedNotification);
        notify_roots_list_changed(RootsListChangedNotification);
    } }
}

impl Peer<RoleServer> {
    /// As [`rmcp::Peer::create_message`], in the current trace.
    #[allow(deprecated, reason = "rmcp's own, until it goes")]
    pub async fn create_message(&self, params: CreateMessageRequestParams) -> Result<CreateMessageResult, ServiceError> {
        if (params.tools.is_some() || params.tool_choice.is_some()) && !self.supports_sampling_tools()
            || params.validate().is_err()
        {
            // No request is sent: what rmcp says to this is for rmcp to say.
            return self.0.create_message(params).await;
        }
        match self.send_request(ServerRequest::CreateMessageRequest(CreateMessageRequest::new(params))).await? {
            ClientResult::CreateMessageResult(result) => Ok(*result),
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }

    /// As [`rmcp::Peer::list_roots`], in the current trace.
    #[allow(deprecated, reason = "rmcp's own, until it goes")]
    pub async fn list_roots(&self) -> Result<ListRootsResult, ServiceError> {
        match self.send_request(ServerRequest::ListRootsRequest(ListRootsRequest::default())).await? {
            ClientResult::ListRootsResult(result) => Ok(result),
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }

    notifications! { RoleServer {
        notify_cancelled(CancelledNotification, CancelledNotificationParam);
        notify_progress(ProgressNotification, ProgressNotificationParam);
        #[allow(deprecated, reason = "rmcp's own, until it goes")]
        notify_logging_message(LoggingMessageNotification, LoggingMessageNotificationParam);
        notify_resource_updated(ResourceUpdatedNotification, ResourceUpdatedNotificationParam);
        notify_resource_list_changed(ResourceListChangedNotification);
        notify_tool_list_changed(ToolListChangedNotification);
        notify_prompt_list_changed(PromptListChangedNotification);
    } }
}
