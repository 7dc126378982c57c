//! DescribeInstancePatches: the rows of one instance's last report. Harvests call it most often, so its rows are a struct that
//! copies no text instead of JSON values.

use super::*;
use crate::estate::{PatchRow, Report};
use serde::Serialize;

/// The service model allows 100. The service refuses more than 50.
const LIMITS: Limits = Limits::new(10, 50, 50);
const FILTER_KEYS: &[&str] = &["Classification", "KBId", "Severity", "State"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    instance_id: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Patch {
    title: &'static str,
    #[serde(rename = "KBId")]
    kb_id: &'static str,
    classification: &'static str,
    severity: &'static str,
    state: &'static str,
    installed_time: Epoch,
    #[serde(rename = "CVEIds", skip_serializing_if = "Option::is_none")]
    cve_ids: Option<&'static str>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    let id = input.instance_id.as_deref().ok_or_else(|| ApiError::required("instanceId"))?;
    if !is_instance_id(id) {
        return Err(ApiError::pattern("instanceId", id, INSTANCE_ID_PATTERN));
    }
    let instance = existing_instance(context, id).ok_or_else(|| ApiError::invalid_instance_id(id))?;
    check_filters(&input.filters, FILTER_KEYS, ApiError::invalid_filter)?;
    let all = instance.report.as_ref().map(Report::rows).unwrap_or_default();
    let rows: Vec<&PatchRow> =
        all.iter().filter(|row| input.filters.iter().all(|filter| matches(row, filter))).collect();
    pager.respond("Patches", id, &rows, |row| patch(row))
}

fn matches(row: &PatchRow, filter: &Filter) -> bool {
    filter.has(match filter.key.as_str() {
        "State" => row.state.into_str(),
        "KBId" => &row.release().kb_id,
        "Severity" => row.severity(),
        _ => row.classification(),
    })
}

fn patch(row: &PatchRow) -> Patch {
    let release = row.release();
    Patch {
        title: &release.title,
        kb_id: &release.kb_id,
        classification: row.classification(),
        severity: row.severity(),
        state: row.state.into_str(),
        // The member is required, so the epoch itself stands for "unknown".
        installed_time: Epoch(row.installed_at.unwrap_or_default()),
        cve_ids: non_empty(row.cve_ids()),
    }
}
