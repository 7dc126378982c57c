//! JSON under `/api/v1`: the rows of the pages, with the query strings of the pages.

pub mod openapi;

use crate::{
    caller_reports::CallerReports,
    error::HttpError,
    export::lists::{ForEachList, List, for_each_list},
    state::ServerState,
};
use axum::{
    Json, Router,
    extract::{Path, RawQuery},
    routing::get,
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use muster_model::{
    column::Columns,
    filter::{Filter, HarvestFilter, HistoryFilter, ServiceLevelFilter, TrendFilter, UpdateFilter},
    ids::InstanceId,
    instance::InstancePage,
    page::{Page, Window},
    ports::{ReportError, Reports},
    update::UpdateRow,
};
use muster_reports::ScopedReports;
use serde::Serialize;
use utoipa::ToSchema;

type Answer<T> = BoxFuture<'static, Result<Json<T>, HttpError>>;

pub fn routes() -> Router<ServerState> {
    let history = instance_list(|reports, filter| async move { reports.history(filter).await });
    let runs = instance_list(|reports, filter| async move { reports.runs(filter).await });
    let software = instance_list(|reports, filter| async move { reports.software(filter).await });
    let service_level = list(|reports, filter: ServiceLevelFilter| async move { reports.service_level(filter).await });
    let harvest = list(|reports, filter: HarvestFilter| async move {
        let page = reports.harvest(filter).await?;
        Ok(whole(page.freshness.oldest_harvest_at, page.rows))
    });
    let trend = list(|reports, filter: TrendFilter| async move {
        let page = reports.trend(filter).await?;
        Ok(whole(page.freshness.oldest_harvest_at, page.days))
    });
    let router = Router::new()
        .route("/api/openapi.json", get(openapi::show_openapi))
        .route("/api/v1/harvest", get(harvest))
        .route("/api/v1/instances/{id}", get(find_instance))
        .route("/api/v1/instances/{id}/history", get(history))
        .route("/api/v1/instances/{id}/runs", get(runs))
        .route("/api/v1/instances/{id}/software", get(software))
        .route("/api/v1/instances/{id}/updates", get(instance_updates))
        .route("/api/v1/service-level", get(service_level))
        .route("/api/v1/trend", get(trend));
    let mut lists = Lists(router);
    for_each_list(&mut lists);
    lists.0
}

struct Lists(Router<ServerState>);

impl ForEachList for Lists {
    fn list<F, Row>(&mut self, of: List<F, Row>)
    where
        F: Filter + Send + 'static,
        Row: Columns + Serialize + ToSchema + Send + 'static,
    {
        if of.has_json {
            let page = list(move |reports: ScopedReports, filter: F| async move {
                reports.list(of.what, filter.window(), filter, of.listing).await
            });
            self.0 = std::mem::take(&mut self.0).route(&format!("/api/v1/{}", of.name), get(page));
        }
    }
}

/// Answers with what `read` gives for the filter of the query string.
fn list<F, T, R>(
    read: impl Fn(ScopedReports, F) -> R + Clone + Send + Sync + 'static,
) -> impl Fn(CallerReports, RawQuery) -> Answer<T> + Clone + Send + Sync + 'static
where
    F: Filter + Send,
    T: 'static,
    R: Future<Output = Result<T, ReportError>> + Send + 'static,
{
    move |CallerReports(reports), RawQuery(query)| {
        let page = F::from_query(query.as_deref().unwrap_or_default()).map(|filter| read(reports, filter));
        Box::pin(async move { Ok::<_, HttpError>(Json(page?.await?)) })
    }
}

/// Answers with a list of the instance that the path names. Out of scope, it has none.
fn instance_list<T, R>(
    read: impl Fn(ScopedReports, HistoryFilter) -> R + Clone + Send + Sync + 'static,
) -> impl Fn(CallerReports, Path<String>, RawQuery) -> Answer<T> + Clone + Send + Sync + 'static
where
    T: 'static,
    R: Future<Output = Result<T, ReportError>> + Send + 'static,
{
    move |CallerReports(reports), Path(instance), RawQuery(query)| {
        let read = read.clone();
        Box::pin(async move {
            let instance: InstanceId = instance.parse()?;
            let filter = HistoryFilter::from_query(instance.clone(), query.as_deref().unwrap_or_default())?;
            reports.instance(instance).await?;
            Ok::<_, HttpError>(Json(read(reports, filter).await?))
        })
    }
}

fn whole<T>(as_of: Option<Timestamp>, rows: Vec<T>) -> Page<T> {
    Page::of(as_of, rows.len() as u64, rows, Window { offset: 0, limit: u32::MAX })
}

async fn find_instance(
    CallerReports(reports): CallerReports,
    Path(instance): Path<String>,
) -> Result<Json<InstancePage>, HttpError> {
    Ok(Json(reports.instance(instance.parse()?).await?))
}

async fn instance_updates(
    CallerReports(reports): CallerReports,
    Path(instance): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<UpdateRow>>, HttpError> {
    let instance: InstanceId = instance.parse()?;
    let filter = UpdateFilter::from_query(query.as_deref().unwrap_or_default())?;
    reports.instance(instance.clone()).await?;
    Ok(Json(reports.updates(UpdateFilter { instance: Some(instance), ..filter }).await?))
}
