//! The server over streamable HTTP.

use crate::Travel;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use samplescope_rmcp::{TracedSessions, traced};
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves until the process is told to end.
pub(crate) async fn serve(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let sessions = Arc::new(TracedSessions(LocalSessionManager::default()));
    let service =
        StreamableHttpService::new(|| Ok(traced(Travel::new()).handler()), sessions, StreamableHttpServerConfig::default());
    let listener = TcpListener::bind(address).await?;
    eprintln!("serving http://{}/mcp", listener.local_addr()?);
    let mut ended = std::pin::pin!(ended());
    loop {
        let (stream, client) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = &mut ended => return Ok(()),
        };
        let service = service.clone();
        let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
            let service = service.clone();
            async move {
                // `client.address` and `client.port`, which nobody else knows.
                request.extensions_mut().insert::<SocketAddr>(client);
                Ok::<_, Infallible>(service.handle(request).await)
            }
        });
        tokio::spawn(async move {
            // A connection that breaks is the client's to see.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

/// Ctrl-C, or what a supervisor sends.
#[cfg(unix)]
async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn ended() {
    drop(tokio::signal::ctrl_c().await);
}
