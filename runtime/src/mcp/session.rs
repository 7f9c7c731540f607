//! One session, which is measured and has no span.

use crate::listen::Meters;
use crate::mcp::described::Described;
use crate::settings::Settings;
use crate::vocabulary::{Origin, SESSIONS, Side, key, request_key};
use opentelemetry::{KeyValue, Value};
use std::time::Instant;

/// One session, from `initialize` to when it is dropped: `mcp.client.session.duration` of the side that sent that request,
/// `mcp.server.session.duration` of the one that received it.
///
/// Who listens is asked as it ends.
#[derive(Debug)]
pub struct Session {
    side: Side,
    started: Instant,
    attributes: Vec<(&'static str, Value)>,
}

impl Session {
    /// Begins now. Of what describes the request that begins it, the measurement has the version, the transport, the network protocol and, on
    /// the client's side, the server's address and port.
    pub fn start(side: Side, described: &Described<'_>) -> Self {
        let mut session = Session { side, started: Instant::now(), attributes: Vec::new() };
        let (name, version) = described.network_protocol.unzip();
        for (key, value) in [
            (request_key::PROTOCOL_VERSION, described.protocol_version),
            (request_key::NETWORK_TRANSPORT, described.transport),
            (request_key::NETWORK_PROTOCOL_NAME, name),
            (request_key::NETWORK_PROTOCOL_VERSION, version),
            (key::SERVER_ADDRESS, described.address),
        ] {
            if let Some(value) = value.filter(|_| session.has(key)) {
                session.attributes.push((key, value.to_owned().into()));
            }
        }
        if let Some(port) = described.address.and(described.port).filter(|_| session.has(key::SERVER_PORT)) {
            session.attributes.push((key::SERVER_PORT, i64::from(port).into()));
        }
        session
    }

    /// The same, begun at that time: there is no session until the answer to `initialize`, which is a part of it.
    #[must_use]
    pub fn since(mut self, started: Instant) -> Self {
        self.started = started;
        self
    }

    fn has(&self, key: &'static str) -> bool {
        SESSIONS[self.side as usize].attributes.contains(&key)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(provider) = Meters::provider() else { return };
        let meters = Meters::at(&provider, Settings::current().convention());
        let has_room = |key, value: &Value| if let Value::I64(port) = value { meters.has_room_for(key, *port) } else { true };
        self.attributes.retain(|(key, value)| has_room(key, value));
        let bounded = |(key, value)| KeyValue::new(key, meters.bounded(key, value, Origin::Evaluated));
        let attributes: Vec<_> = std::mem::take(&mut self.attributes).into_iter().map(bounded).collect();
        if let Some(instruments) = meters.requests() {
            instruments.record_session(self.side, self.started.elapsed(), &attributes);
        }
    }
}
