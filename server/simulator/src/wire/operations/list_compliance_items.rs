//! ListComplianceItems: the rows of one instance's last report in the form of compliance items.

use super::*;
use crate::estate::{Instance, PatchRow, PatchState, Report, inventory::iso_seconds};

const LIMITS: Limits = Limits::new(1, 50, 50);
const FILTER_VALUES_MAX: usize = 20;
const FILTER_KEYS: &[&str] = &["ComplianceType", "Id", "PatchState", "Severity", "Status", "Title"];
const COMPARISONS: &[&str] = &["EQUAL", "NOT_EQUAL", "BEGIN_WITH", "LESS_THAN", "GREATER_THAN"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_ids: Option<Vec<String>>,
    resource_types: Option<Vec<String>>,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    let id = only_id(input.resource_ids.as_deref().unwrap_or(&[]))?;
    if input.resource_types.iter().flatten().any(|kind| kind != "ManagedInstance") {
        return Err(ApiError::ssm("InvalidResourceType", ""));
    }
    check_comparisons(&input.filters, |key| FILTER_KEYS.contains(&key), COMPARISONS, FILTER_VALUES_MAX)?;
    let instance = existing_instance(context, id).filter(|_| is_instance_id(id));
    let instance = instance.ok_or_else(|| ApiError::ssm("InvalidResourceId", ""))?;
    let Some(report) = &instance.report else { return pager.respond("ComplianceItems", id, &[], |row: &()| row) };
    let rows = report.rows();
    let is_found = |row: &&PatchRow| input.filters.iter().all(|filter| filter.accepts(filtered_value(row, filter)));
    let found: Vec<&PatchRow> = rows.iter().filter(is_found).collect();
    pager.respond("ComplianceItems", id, &found, |row| item(instance, report, row))
}

/// The type of the list allows several ids. The service accepts one.
fn only_id(ids: &[String]) -> Result<&str, ApiError> {
    match ids {
        [id] => Ok(id),
        [] => Err(ApiError::required("resourceIds")),
        _ => Err(ApiError::validation(&format!(
            "Value '[{}]' at 'resourceIds' failed to satisfy constraint: Member must have length less than or equal to 1",
            ids.join(", ")
        ))),
    }
}

fn filtered_value(row: &PatchRow, filter: &Filter) -> &'static str {
    match filter.key.as_str() {
        "ComplianceType" => "Patch",
        "Id" => &row.release().kb_id,
        "PatchState" => row.state.into_str(),
        "Severity" => severity(row),
        "Status" => status(row),
        _ => &row.release().title,
    }
}

/// Empty for an update that does not apply.
fn status(row: &PatchRow) -> &'static str {
    match row.state {
        PatchState::NotApplicable => "",
        PatchState::AvailableSecurityUpdate => "NON_COMPLIANT",
        state if state.is_non_compliant() => "NON_COMPLIANT",
        _ => "COMPLIANT",
    }
}

/// The compliance level of the baselines, which is not the vendor's severity.
fn severity(row: &PatchRow) -> &'static str {
    if row.severity() == "Critical" { "CRITICAL" } else { "UNSPECIFIED" }
}

fn item(instance: &Instance, report: &Report, row: &PatchRow) -> Value {
    let release = row.release();
    let mut item = json!({
        "ComplianceType": "Patch",
        "ResourceType": "ManagedInstance",
        "ResourceId": instance.id,
        "Id": release.kb_id,
        "Title": release.title,
        "Status": status(row),
        "Severity": severity(row),
        "ExecutionSummary": {
            "ExecutionTime": Epoch(report.ended_at),
            "ExecutionId": report.snapshot_id,
            "ExecutionType": "Command",
        },
        "Details": {
            "Classification": row.classification(),
            "DocumentName": "",
            "DocumentVersion": "",
            "InstalledTime": row.installed_at.map(iso_seconds).unwrap_or_default(),
            "PatchBaselineId": report.baseline_id,
            "PatchGroup": instance.group_name(),
            "PatchSeverity": row.severity(),
            "PatchState": row.state.into_str(),
        },
    });
    if let Some(cve_ids) = non_empty(row.cve_ids()) {
        item["Details"]["CVEIds"] = cve_ids.into();
    }
    item
}
