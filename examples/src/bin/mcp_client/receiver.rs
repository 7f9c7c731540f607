//! Who both processes export to: a receiver of OTLP over HTTP that keeps the spans, and draws them as one tree.

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use samplescope_examples::terminal::escaped;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

type Received = Arc<Mutex<Vec<ExportTraceServiceRequest>>>;

pub(crate) struct Receiver {
    address: SocketAddr,
    received: Received,
}

impl Receiver {
    /// Listens on this machine, as long as the process lives.
    pub(crate) async fn listen() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, received) = (listener.local_addr()?, Received::default());
        let into = received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let into = into.clone();
                let service = service_fn(move |request| receive(request, into.clone()));
                tokio::spawn(async move { Builder::new().serve_connection(TokioIo::new(stream), service).await });
            }
        });
        Ok(Receiver { address, received })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The traces, each below the process that it began in.
    pub(crate) fn tree(&self) -> String {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let mut spans: Vec<(&str, &Span)> = Vec::new();
        for resource in received.iter().flat_map(|request| &request.resource_spans) {
            let service = resource.resource.as_ref().map(service_name).unwrap_or_default();
            spans.extend(resource.scope_spans.iter().flat_map(|scope| &scope.spans).map(|span| (service, span)));
        }
        spans.sort_by_key(|(_, span)| span.start_time_unix_nano);
        let mut tree = String::new();
        for &root in &spans {
            if !spans.iter().any(|(_, span)| span.span_id == root.1.parent_span_id) {
                branch(&spans, root, 0, &mut tree);
            }
        }
        tree
    }
}

/// What is no trace is received, too, and forgotten.
async fn receive(request: Request<Incoming>, into: Received) -> Result<Response<Empty<Bytes>>, Infallible> {
    let is_trace = request.uri().path() == "/v1/traces";
    if let (true, Ok(body)) = (is_trace, request.into_body().collect().await) {
        if let Ok(export) = ExportTraceServiceRequest::decode(body.to_bytes()) {
            into.lock().unwrap_or_else(PoisonError::into_inner).push(export);
        }
    }
    Ok(Response::new(Empty::new()))
}

fn service_name(resource: &Resource) -> &str {
    let name = resource.attributes.iter().find(|attribute| attribute.key == "service.name");
    match name.and_then(|name| name.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(name)) => name,
        _ => "",
    }
}

fn branch(spans: &[(&str, &Span)], (service, span): (&str, &Span), depth: usize, tree: &mut String) {
    let kind = match span.kind() {
        SpanKind::Client => " CLIENT",
        SpanKind::Server => " SERVER",
        _ => "",
    };
    let failed = span.status.as_ref().filter(|status| status.code() == StatusCode::Error);
    let failed = failed.map(|status| format!("  ✗ {}", escaped(&status.message))).unwrap_or_default();
    let name = format!("{}{}{kind}{failed}", "  ".repeat(depth), escaped(&span.name));
    let _ = writeln!(tree, "{name:60}  {service}");
    for &child in spans.iter().filter(|(_, child)| child.parent_span_id == span.span_id) {
        branch(spans, child, depth + 1, tree);
    }
}
