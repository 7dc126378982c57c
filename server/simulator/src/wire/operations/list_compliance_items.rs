//! ListComplianceItems: the rows of one machine's last report once more, in the shape of compliance.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{is_instance_id, some},
};
use crate::estate::{
    baseline::Group,
    instance::{Instance, Report},
    inventory::iso_seconds,
    report::{PatchState, Row},
};

const LIMITS: Limits = Limits::new(1, 50, 50);
const FILTER_VALUES_MAX: usize = 20;
const COMPARISONS: &[&str] = &["EQUAL", "NOT_EQUAL", "BEGIN_WITH", "LESS_THAN", "GREATER_THAN"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_ids: Option<Vec<String>>,
    resource_types: Option<Vec<String>>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
    r#type: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    compliance_items: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    compliance_type: &'static str,
    resource_type: &'static str,
    resource_id: &'a str,
    id: &'static str,
    title: &'static str,
    status: &'static str,
    severity: &'static str,
    execution_summary: Execution<'a>,
    details: BTreeMap<&'static str, Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Execution<'a> {
    execution_time: Epoch,
    execution_id: &'a str,
    execution_type: &'static str,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let ids = input.resource_ids.as_deref().unwrap_or(&[]);
    let [id] = ids else { return Err(not_one(ids)) };
    let wrong_type = input.resource_types.iter().flatten().any(|kind| kind != "ManagedInstance");
    if wrong_type {
        return Err(ApiError::ssm("InvalidResourceType", ""));
    }
    check(&input.filters)?;
    let found = context.site.and_then(|site| site.instance(id)).filter(|_| is_instance_id(id));
    let instance = found.filter(|instance| instance.exists(context.today()));
    let instance = instance.ok_or_else(|| ApiError::ssm("InvalidResourceId", ""))?;
    let rows = instance.report.as_ref().map(Report::rows).unwrap_or_default();
    let fits = |row: &&Row| input.filters.iter().all(|filter| matches(row, filter));
    let rows: Vec<&Row> = rows.iter().filter(fits).collect();
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: id,
    };
    let page = page(context, &request, rows.len())?;
    let page_rows = rows[page.range].iter();
    let items = page_rows.filter_map(|row| Some(item(instance, instance.report.as_ref()?, row))).collect();
    context.answer(&Output { compliance_items: items, next_token: page.next_token })
}

/// The list may have many ids by its type; the service takes one.
fn not_one(ids: &[String]) -> ApiError {
    if ids.is_empty() {
        return ApiError::required("resourceIds");
    }
    ApiError::validation(&format!(
        "Value '[{}]' at 'resourceIds' failed to satisfy constraint: Member must have length less than or equal to 1",
        ids.join(", ")
    ))
}

fn check(filters: &[Filter]) -> Result<(), ApiError> {
    for filter in filters {
        let known =
            matches!(filter.key.as_str(), "ComplianceType" | "Id" | "PatchState" | "Severity" | "Status" | "Title");
        let comparison = filter.r#type.as_deref().is_none_or(|wanted| COMPARISONS.contains(&wanted));
        if !known || !comparison || filter.values.is_empty() {
            return Err(ApiError::invalid_filter(&filter.key));
        }
        ApiError::length("filters.values", filter.values.len(), 1..=FILTER_VALUES_MAX)?;
    }
    Ok(())
}

fn matches(row: &Row, filter: &Filter) -> bool {
    let value = match filter.key.as_str() {
        "ComplianceType" => "Patch",
        "Id" => &row.release().kb_id,
        "PatchState" => row.state.name(),
        "Severity" => severity(row),
        "Status" => status(row),
        _ => &row.release().title,
    };
    let any = |fits: fn(&str, &str) -> bool| filter.values.iter().any(|wanted| fits(value, wanted));
    match filter.r#type.as_deref() {
        Some("NOT_EQUAL") => !any(|value, wanted| value == wanted),
        Some("BEGIN_WITH") => any(|value, wanted| value.starts_with(wanted)),
        Some("LESS_THAN") => any(|value, wanted| value < wanted),
        Some("GREATER_THAN") => any(|value, wanted| value > wanted),
        _ => any(|value, wanted| value == wanted),
    }
}

/// Empty for what does not apply.
fn status(row: &Row) -> &'static str {
    match row.state {
        PatchState::NotApplicable => "",
        PatchState::AvailableSecurityUpdate => "NON_COMPLIANT",
        state if state.is_non_compliant() => "NON_COMPLIANT",
        _ => "COMPLIANT",
    }
}

/// The compliance level that the baselines give, which is not the vendor's severity.
fn severity(row: &Row) -> &'static str {
    if row.severity() == "Critical" { "CRITICAL" } else { "UNSPECIFIED" }
}

fn item<'a>(instance: &'a Instance, report: &'a Report, row: &Row) -> Item<'a> {
    let release = row.release();
    let mut details: BTreeMap<&'static str, Cow<'a, str>> = BTreeMap::from([
        ("Classification", row.classification().into()),
        ("DocumentName", "".into()),
        ("DocumentVersion", "".into()),
        ("InstalledTime", row.installed_at.map(iso_seconds).unwrap_or_default().into()),
        ("PatchBaselineId", Cow::Borrowed(&*report.baseline_id)),
        ("PatchGroup", instance.group.map_or("", Group::name).into()),
        ("PatchSeverity", row.severity().into()),
        ("PatchState", row.state.name().into()),
    ]);
    if let Some(cve_ids) = some(row.cve_ids()) {
        details.insert("CVEIds", cve_ids.to_owned().into());
    }
    Item {
        compliance_type: "Patch",
        resource_type: "ManagedInstance",
        resource_id: &instance.id,
        id: &release.kb_id,
        title: &release.title,
        status: status(row),
        severity: severity(row),
        execution_summary: Execution {
            execution_time: Epoch(report.ended_at),
            execution_id: &report.snapshot_id,
            execution_type: "Command",
        },
        details,
    }
}
