//! `params._meta` as a carrier: SEP-414 has the keys of W3C in it, without a prefix.

use crate::propagation;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector};
use serde_json::{Map, Value};

/// The context that a request's `params._meta` carries, on top of `base`: see [`propagation::extract`]. A value that is no string is not there.
pub fn extract(base: &Context, meta: &Map<String, Value>) -> Context {
    propagation::extract(base, &MetaExtractor(meta))
}

/// Writes the context into a request's `params._meta`: see [`propagation::inject`].
///
/// What was there of another trace goes: a request that is forwarded as it came may bring its own.
pub fn inject(context: &Context, meta: &mut Map<String, Value>) {
    propagation::inject_into(context, &mut MetaInjector(meta));
}

struct MetaExtractor<'a>(&'a Map<String, Value>);

impl Extractor for MetaExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

struct MetaInjector<'a>(&'a mut Map<String, Value>);

impl Injector for MetaInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if key == "traceparent" {
            // A `tracestate` belongs to its `traceparent`, and where there is none now, none is written.
            self.0.remove("tracestate");
        }
        if !value.is_empty() {
            self.0.insert(key.to_owned(), Value::String(value));
        }
    }
}
