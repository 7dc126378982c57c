//! JSON under `/api/v1`: the rows of the pages, with the query strings of the pages.

pub mod openapi;

use crate::{
    caller_reports::CallerReports,
    enrollment::lists,
    error::HttpError,
    export::lists::{ForEachList, List, ListRow, for_each_list},
    state::ServerState,
};
use axum::{
    Json, Router,
    extract::{Path, RawQuery},
    routing::get,
};
use futures::future::BoxFuture;
use muster_model::{
    filter::{
        ChangesFilter, Filter, HarvestFilter, OfInstance, PatchFilter, RunsFilter, ServiceLevelFilter, TrendFilter,
        UpdateFilter,
    },
    freshness::Freshness,
    ids::InstanceId,
    instance::InstancePage,
    page::{Page, Window},
    patch::PatchPage,
    ports::{ReportError, Reports},
    query_string::QueryError,
    run::RunPage,
};
use muster_reports::ScopedReports;

type Answer<T> = BoxFuture<'static, Result<Json<T>, HttpError>>;

pub fn routes() -> Router<ServerState> {
    let instance = of_instance(|_, _| Ok(()), |_, page, ()| async move { Ok(page) });
    let history =
        of_instance(OfInstance::from_query, |reports, _, filter| async move { reports.history(filter).await });
    let results = of_instance(OfInstance::from_query, |reports, _, filter| async move { reports.runs(filter).await });
    let software =
        of_instance(OfInstance::from_query, |reports, _, filter| async move { reports.software(filter).await });
    let updates = of_instance(
        |instance, query| Ok(UpdateFilter { instance: Some(instance), ..UpdateFilter::from_query(query)? }),
        |reports, _, filter| async move { reports.updates(filter).await },
    );
    let service_level = list(|reports, filter: ServiceLevelFilter| async move { reports.service_level(filter).await });
    let changes = list(|reports, filter: ChangesFilter| async move { Ok(reports.changes(filter).await?.rows) });
    let harvest = list(|reports, filter: HarvestFilter| async move {
        let page = reports.harvest(filter).await?;
        Ok(whole(&page.freshness, page.rows))
    });
    let runs = list(|reports, filter: RunsFilter| async move { Ok(reports.run_list(filter).await?.rows) });
    let trend = list(|reports, filter: TrendFilter| async move {
        let page = reports.trend(filter).await?;
        Ok(whole(&page.freshness, page.days))
    });
    let router = Router::new()
        .route("/api/openapi.json", get(openapi::show_openapi))
        .route("/api/v1/changes", get(changes))
        .route("/api/v1/enrollment/accounts", get(lists::accounts))
        .route("/api/v1/enrollments", get(lists::enrollments))
        .route("/api/v1/harvest", get(harvest))
        .route("/api/v1/instances/{id}", get(instance))
        .route("/api/v1/instances/{id}/history", get(history))
        .route("/api/v1/instances/{id}/runs", get(results))
        .route("/api/v1/instances/{id}/software", get(software))
        .route("/api/v1/instances/{id}/updates", get(updates))
        .route("/api/v1/patches/{name}", get(show_patch))
        .route("/api/v1/runs", get(runs))
        .route("/api/v1/runs/{id}", get(show_run))
        .route("/api/v1/service-level", get(service_level))
        .route("/api/v1/trend", get(trend));
    let mut lists = Lists(router);
    for_each_list(&mut lists);
    lists.0
}

struct Lists(Router<ServerState>);

impl ForEachList for Lists {
    fn list<F: Filter + Send + 'static, Row: ListRow>(&mut self, of: List<F, Row>) {
        if of.has_json {
            let page = list(move |reports: ScopedReports, filter: F| async move {
                reports.list(of.name, filter, of.listing).await
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

/// Answers with what `read` gives for the instance that the path names. Out of scope, it has nothing.
fn of_instance<F, T, R>(
    filter: fn(InstanceId, &str) -> Result<F, QueryError>,
    read: impl Fn(ScopedReports, InstancePage, F) -> R + Clone + Send + Sync + 'static,
) -> impl Fn(CallerReports, Path<String>, RawQuery) -> Answer<T> + Clone + Send + Sync + 'static
where
    F: Send + 'static,
    T: 'static,
    R: Future<Output = Result<T, ReportError>> + Send + 'static,
{
    move |CallerReports(reports), Path(instance), RawQuery(query)| {
        let read = read.clone();
        Box::pin(async move {
            let instance: InstanceId = instance.parse()?;
            let filter = filter(instance.clone(), query.as_deref().unwrap_or_default())?;
            let page = reports.instance(instance).await?;
            Ok::<_, HttpError>(Json(read(reports, page, filter).await?))
        })
    }
}

/// Answers with the patches of the name in the path.
async fn show_patch(
    CallerReports(reports): CallerReports,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<PatchPage>, HttpError> {
    let filter = PatchFilter::of_name(&name, query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.patch(filter.ok_or(ReportError::NotFound)?).await?))
}

/// Answers with the run of the id in the path.
async fn show_run(CallerReports(reports): CallerReports, Path(id): Path<String>) -> Result<Json<RunPage>, HttpError> {
    Ok(Json(reports.run(id).await?))
}

fn whole<T>(freshness: &Freshness, rows: Vec<T>) -> Page<T> {
    Page::of(freshness, rows.len() as u64, rows, Window { offset: 0, limit: u32::MAX })
}
