//! DescribeInstancePatches: the rows of one machine's last report. The call that a harvest makes most, so it borrows
//! everything that is written down somewhere.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{Filter, check_filters, instance, some},
};
use crate::estate::{instance::Report, report::Row};

/// The model says up to 100; the service refuses more than 50.
const LIMITS: Limits = Limits::new(10, 50, 50);
const FILTER_KEYS: &[&str] = &["Classification", "KBId", "Severity", "State"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    instance_id: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    patches: Vec<Patch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
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

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let id = input.instance_id.as_deref().ok_or_else(|| ApiError::required("instanceId"))?;
    let instance = instance(context, id)?;
    check_filters(&input.filters, FILTER_KEYS)?;
    let all = instance.report.as_ref().map(Report::rows).unwrap_or_default();
    let rows: Vec<&Row> = all.iter().filter(|row| input.filters.iter().all(|filter| matches(row, filter))).collect();
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: id,
    };
    let page = page(context, &request, rows.len())?;
    let patches = rows[page.range].iter().map(|row| patch(row)).collect();
    context.answer(&Output { patches, next_token: page.next_token })
}

fn matches(row: &Row, filter: &Filter) -> bool {
    match filter.key.as_str() {
        "State" => filter.has(row.state.name()),
        "KBId" => filter.has(&row.release().kb_id),
        "Severity" => filter.has(row.severity()),
        _ => filter.has(row.classification()),
    }
}

fn patch(row: &Row) -> Patch {
    let release = row.release();
    Patch {
        title: &release.title,
        kb_id: &release.kb_id,
        classification: row.classification(),
        severity: row.severity(),
        state: row.state.name(),
        installed_time: Epoch::or_zero(row.installed_at),
        cve_ids: some(row.cve_ids()).map(|_| row.cve_ids()),
    }
}
