//! `/api/v1/instances` and what belongs to one of them.

use crate::{caller_reports::CallerReports, error::HttpError};
use axum::{
    Json,
    extract::{Path, RawQuery},
};
use muster_model::{
    filter::{HistoryFilter, InstanceFilter, UpdateFilter},
    ids::InstanceId,
    instance::{InstancePage, InstanceRow},
    page::Page,
    ports::Reports,
    run::InvocationRow,
    software::SoftwareRow,
    transition::TransitionRow,
    update::UpdateRow,
};

pub async fn list_instances(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<InstanceRow>>, HttpError> {
    let filter = InstanceFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.instances(filter).await?))
}

pub async fn find_instance(
    CallerReports(reports): CallerReports,
    Path(instance): Path<String>,
) -> Result<Json<InstancePage>, HttpError> {
    Ok(Json(reports.instance(instance.parse()?).await?))
}

/// The path names the instance; one that is not in scope has no lists either.
pub async fn list_instance_updates(
    CallerReports(reports): CallerReports,
    Path(instance): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<UpdateRow>>, HttpError> {
    let instance: InstanceId = instance.parse()?;
    let filter = UpdateFilter::from_query(query.as_deref().unwrap_or_default())?;
    reports.instance(instance.clone()).await?;
    Ok(Json(reports.updates(UpdateFilter { instance: Some(instance), ..filter }).await?))
}

pub async fn list_instance_history(
    CallerReports(reports): CallerReports,
    Path(instance): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<TransitionRow>>, HttpError> {
    let filter = of_instance(&reports, &instance, query).await?;
    Ok(Json(reports.history(filter).await?))
}

pub async fn list_instance_software(
    CallerReports(reports): CallerReports,
    Path(instance): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<SoftwareRow>>, HttpError> {
    let filter = of_instance(&reports, &instance, query).await?;
    Ok(Json(reports.software(filter).await?))
}

pub async fn list_instance_runs(
    CallerReports(reports): CallerReports,
    Path(instance): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<InvocationRow>>, HttpError> {
    let filter = of_instance(&reports, &instance, query).await?;
    Ok(Json(reports.runs(filter).await?))
}

async fn of_instance(
    reports: &impl Reports,
    instance: &str,
    query: Option<String>,
) -> Result<HistoryFilter, HttpError> {
    let instance: InstanceId = instance.parse()?;
    let filter = HistoryFilter::from_query(instance.clone(), query.as_deref().unwrap_or_default())?;
    reports.instance(instance).await?;
    Ok(filter)
}
