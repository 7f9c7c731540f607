//! What was measured, as the last export said.

use crate::recorded::spans::Attributes;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, Metric as SdkMetric, MetricData, ResourceMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A histogram or a counter.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) unit: String,
    /// One for each set of attributes, by these.
    pub(crate) points: Vec<Point>,
}

/// What was measured under one set of attributes.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) attributes: Attributes,
    /// How many measurements. A counter does not say.
    pub(crate) count: Option<u64>,
    /// An integer or a float, as the instrument is.
    pub(crate) sum: Json,
}

/// Keeps the last export. Exports are cumulative, so it says everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastExport(Arc<Mutex<Vec<Metric>>>);

impl LastExport {
    /// By name: flush the provider before.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PushMetricExporter for LastExport {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut measured: Vec<Metric> =
            metrics.scope_metrics().flat_map(|scope| scope.metrics().filter_map(Metric::of).collect::<Vec<_>>()).collect();
        measured.sort_by(|one, other| one.name.cmp(&other.name));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = measured;
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl Metric {
    /// None if it is neither: we have no other.
    fn of(metric: &SdkMetric) -> Option<Self> {
        let mut points: Vec<Point> = match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(data)) => data.data_points().map(Point::of).collect(),
            AggregatedMetrics::U64(MetricData::Histogram(data)) => data.data_points().map(Point::of).collect(),
            AggregatedMetrics::U64(MetricData::Sum(data)) => data.data_points().map(Point::of_sum).collect(),
            _ => return None,
        };
        points.sort_by_key(|point| format!("{:?}", point.attributes));
        Some(Metric { name: metric.name().to_owned(), unit: metric.unit().to_owned(), points })
    }
}

impl Point {
    fn of<T: Copy + Into<Json>>(point: &HistogramDataPoint<T>) -> Self {
        Point { attributes: Attributes::of_set(point.attributes()), count: Some(point.count()), sum: point.sum().into() }
    }

    fn of_sum(point: &SumDataPoint<u64>) -> Self {
        Point { attributes: Attributes::of_set(point.attributes()), count: None, sum: point.value().into() }
    }
}
