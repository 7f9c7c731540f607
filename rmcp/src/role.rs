//! The two ends of a connection.

use crate::about::{About, Outcome, to_client, to_server};
use rmcp::model::{
    ClientNotification, ClientRequest, Extensions, GetExtensions as _, GetMeta as _, NotificationMetaObject, RequestMetaObject,
    RequestParamsMeta as _, ServerNotification, ServerRequest,
};
use rmcp::service::{RequestContext, ServiceRole};
use rmcp::{RoleClient, RoleServer};

/// A server or a client: [`RoleServer`] or [`RoleClient`]. Nobody else implements it.
#[allow(private_bounds, reason = "what a role says of its messages is nobody else's")]
pub trait Role: Says {}

impl Role for RoleServer {}
impl Role for RoleClient {}

/// What the messages of an end say.
pub(crate) trait Says: ServiceRole {
    fn incoming(request: &Self::PeerReq) -> About<'_>;
    fn outgoing(request: &Self::Req) -> About<'_>;
    /// The `_meta` that is written in the parameters. rmcp merges it with the envelope's only when it serialises.
    fn meta_of_params(request: &Self::Req) -> Option<&RequestMetaObject>;
    fn notification_meta(notification: &mut Self::Not) -> &mut NotificationMetaObject;
    fn notification_extensions(notification: &mut Self::Not) -> &mut Extensions;
    fn protocol_version(context: &RequestContext<Self>) -> Option<String>;
    fn answer(response: &Self::Resp) -> &dyn Outcome;
    fn answered(response: &Self::PeerResp) -> &dyn Outcome;
}

impl Says for RoleServer {
    fn incoming(request: &ClientRequest) -> About<'_> {
        to_server(request)
    }

    fn outgoing(request: &ServerRequest) -> About<'_> {
        to_client(request)
    }

    fn meta_of_params(request: &ServerRequest) -> Option<&RequestMetaObject> {
        match request {
            ServerRequest::CreateMessageRequest(request) => request.params.meta(),
            ServerRequest::ElicitRequest(request) => request.params.meta(),
            _ => None,
        }
    }

    fn notification_meta(notification: &mut ServerNotification) -> &mut NotificationMetaObject {
        notification.get_meta_mut()
    }

    fn notification_extensions(notification: &mut ServerNotification) -> &mut Extensions {
        notification.extensions_mut()
    }

    fn protocol_version(context: &RequestContext<Self>) -> Option<String> {
        Some(context.protocol_version()?.to_string())
    }

    fn answer(response: &Self::Resp) -> &dyn Outcome {
        response
    }

    fn answered(response: &Self::PeerResp) -> &dyn Outcome {
        response
    }
}

impl Says for RoleClient {
    fn incoming(request: &ServerRequest) -> About<'_> {
        to_client(request)
    }

    fn outgoing(request: &ClientRequest) -> About<'_> {
        to_server(request)
    }

    fn meta_of_params(request: &ClientRequest) -> Option<&RequestMetaObject> {
        match request {
            ClientRequest::InitializeRequest(request) => request.params.meta(),
            ClientRequest::CompleteRequest(request) => request.params.meta(),
            ClientRequest::SetLevelRequest(request) => request.params.meta(),
            ClientRequest::GetPromptRequest(request) => request.params.meta(),
            ClientRequest::ListPromptsRequest(request) => request.params.as_ref()?.meta(),
            ClientRequest::ListResourcesRequest(request) => request.params.as_ref()?.meta(),
            ClientRequest::ListResourceTemplatesRequest(request) => request.params.as_ref()?.meta(),
            ClientRequest::ReadResourceRequest(request) => request.params.meta(),
            ClientRequest::SubscriptionsListenRequest(request) => request.params.meta(),
            ClientRequest::SubscribeRequest(request) => request.params.meta(),
            ClientRequest::UnsubscribeRequest(request) => request.params.meta(),
            ClientRequest::CallToolRequest(request) => request.params.meta(),
            ClientRequest::ListToolsRequest(request) => request.params.as_ref()?.meta(),
            ClientRequest::GetTaskRequest(request) => request.params.meta(),
            ClientRequest::UpdateTaskRequest(request) => request.params.meta(),
            ClientRequest::CancelTaskRequest(request) => request.params.meta(),
            ClientRequest::ListSkillsRequest(request) => request.params.as_ref()?.meta(),
            ClientRequest::GetSkillRequest(request) => request.params.meta(),
            ClientRequest::ReadResourceDirectoryRequest(request) => request.params.meta(),
            _ => None,
        }
    }

    fn notification_meta(notification: &mut ClientNotification) -> &mut NotificationMetaObject {
        notification.get_meta_mut()
    }

    fn notification_extensions(notification: &mut ClientNotification) -> &mut Extensions {
        notification.extensions_mut()
    }

    fn protocol_version(context: &RequestContext<Self>) -> Option<String> {
        Some(context.peer.peer_info()?.protocol_version.to_string())
    }

    fn answer(response: &Self::Resp) -> &dyn Outcome {
        response
    }

    fn answered(response: &Self::PeerResp) -> &dyn Outcome {
        response
    }
}
