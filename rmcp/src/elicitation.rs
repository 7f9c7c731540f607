//! What a server asks the person in front of its client.

use crate::peer::Peer;
use rmcp::RoleServer;
use rmcp::ServiceError;
use rmcp::model::{
    ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, ServerRequest,
};
use rmcp::service::{ElicitationError, ElicitationMode, ElicitationSafe, PeerRequestOptions};
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;

impl Peer<RoleServer> {
    /// As [`rmcp::Peer::create_elicitation`], in the current trace.
    pub async fn create_elicitation(&self, params: ElicitRequestParams) -> Result<ElicitResult, ServiceError> {
        self.create_elicitation_with_timeout(params, None).await
    }

    /// As [`rmcp::Peer::create_elicitation_with_timeout`], in the current trace.
    pub async fn create_elicitation_with_timeout(
        &self,
        params: ElicitRequestParams,
        timeout: Option<Duration>,
    ) -> Result<ElicitResult, ServiceError> {
        let options = timeout.map_or_else(PeerRequestOptions::no_options, PeerRequestOptions::with_timeout);
        match self.ask(ServerRequest::ElicitRequest(ElicitRequest::new(params)), options).await? {
            ClientResult::ElicitResult(result) => Ok(result),
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }

    /// As [`rmcp::Peer::elicit`], in the current trace.
    pub async fn elicit<T>(&self, message: impl Into<String>) -> Result<Option<T>, ElicitationError>
    where
        T: ElicitationSafe + DeserializeOwned,
    {
        self.elicit_with_timeout(message, None).await
    }

    /// As [`rmcp::Peer::elicit_with_timeout`], in the current trace.
    pub async fn elicit_with_timeout<T>(
        &self,
        message: impl Into<String>,
        timeout: Option<Duration>,
    ) -> Result<Option<T>, ElicitationError>
    where
        T: ElicitationSafe + DeserializeOwned,
    {
        let schema = ElicitationSchema::from_type::<T>();
        let (true, Ok(requested_schema)) = (self.elicits(ElicitationMode::Form), schema) else {
            return (**self).elicit_with_timeout(message, timeout).await;
        };
        let params = ElicitRequestParams::FormElicitationParams { meta: None, message: message.into(), requested_schema };
        let answer = self.create_elicitation_with_timeout(params, timeout).await?;
        match (answer.action, answer.content) {
            (ElicitationAction::Accept, Some(data)) => match serde_json::from_value(data.clone()) {
                Ok(parsed) => Ok(Some(parsed)),
                Err(error) => Err(ElicitationError::ParseError { error, data }),
            },
            (ElicitationAction::Accept, None) => Err(ElicitationError::NoContent),
            (ElicitationAction::Decline, _) => Err(ElicitationError::UserDeclined),
            // Or what a newer rmcp has.
            _ => Err(ElicitationError::UserCancelled),
        }
    }

    /// As [`rmcp::Peer::elicit_url`], in the current trace.
    pub async fn elicit_url(
        &self,
        message: impl Into<String>,
        url: impl Into<Url>,
        elicitation_id: impl Into<String>,
    ) -> Result<ElicitationAction, ElicitationError> {
        self.elicit_url_with_timeout(message, url, elicitation_id, None).await
    }

    /// As [`rmcp::Peer::elicit_url_with_timeout`], in the current trace.
    pub async fn elicit_url_with_timeout(
        &self,
        message: impl Into<String>,
        url: impl Into<Url>,
        elicitation_id: impl Into<String>,
        timeout: Option<Duration>,
    ) -> Result<ElicitationAction, ElicitationError> {
        if !self.elicits(ElicitationMode::Url) {
            return (**self).elicit_url_with_timeout(message, url, elicitation_id, timeout).await;
        }
        let params = ElicitRequestParams::UrlElicitationParams {
            meta: None,
            message: message.into(),
            url: url.into().into(),
            elicitation_id: elicitation_id.into(),
        };
        Ok(self.create_elicitation_with_timeout(params, timeout).await?.action)
    }

    /// Where the client does not, no request is sent, and what rmcp says to this is for rmcp to say.
    fn elicits(&self, mode: ElicitationMode) -> bool {
        self.supported_elicitation_modes().contains(&mode)
    }
}
