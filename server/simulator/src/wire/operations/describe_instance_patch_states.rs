//! DescribeInstancePatchStates: the counts of the last report, 50 machines at a time. Never-scanned ones are absent.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{INSTANCE_ID_PATTERN, is_instance_id},
};
use crate::estate::{
    baseline::Group,
    command::reboot_option,
    instance::{Instance, Report},
};

/// The model says up to 100; the service refuses more than 50.
const LIMITS: Limits = Limits::new(10, 50, 50);
const INSTANCE_IDS_MAX: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    instance_ids: Option<Vec<String>>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    instance_patch_states: Vec<State<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct State<'a> {
    instance_id: &'a str,
    patch_group: &'static str,
    baseline_id: &'a str,
    snapshot_id: &'a str,
    owner_information: &'static str,
    installed_count: i64,
    installed_other_count: i64,
    installed_pending_reboot_count: i64,
    installed_rejected_count: i64,
    missing_count: i64,
    failed_count: i64,
    unreported_not_applicable_count: i64,
    not_applicable_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_security_update_count: Option<i64>,
    operation_start_time: Epoch,
    operation_end_time: Epoch,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_no_reboot_install_operation_time: Option<Epoch>,
    reboot_option: &'static str,
    critical_non_compliant_count: i64,
    security_non_compliant_count: i64,
    other_non_compliant_count: i64,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let ids = input.instance_ids.ok_or_else(|| ApiError::required("instanceIds"))?;
    ApiError::length("instanceIds", ids.len(), 0..=INSTANCE_IDS_MAX)?;
    if let Some(malformed) = ids.iter().find(|id| !is_instance_id(id)) {
        return Err(ApiError::pattern("instanceIds", malformed, INSTANCE_ID_PATTERN));
    }
    let today = context.today();
    let reported: Vec<(&Instance, &Report)> = ids
        .iter()
        .filter_map(|id| context.site?.instance(id))
        .filter(|instance| instance.exists(today))
        .filter_map(|instance| Some((instance, instance.report.as_ref()?)))
        .collect();
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: &ids.concat(),
    };
    let page = page(context, &request, reported.len())?;
    let states = reported[page.range].iter().map(|(instance, report)| state(instance, report)).collect();
    context.answer(&Output { instance_patch_states: states, next_token: page.next_token })
}

fn state<'a>(instance: &'a Instance, report: &'a Report) -> State<'a> {
    let counts = report.counts;
    let windows = instance.platform.is_windows();
    State {
        instance_id: &instance.id,
        patch_group: instance.group.map_or("", Group::name),
        baseline_id: &report.baseline_id,
        snapshot_id: &report.snapshot_id,
        owner_information: "",
        installed_count: counts.installed,
        installed_other_count: counts.installed_other,
        installed_pending_reboot_count: counts.installed_pending_reboot,
        installed_rejected_count: counts.installed_rejected,
        missing_count: counts.missing,
        failed_count: counts.failed,
        // Only Windows counts these; everybody else says -1 and is well.
        unreported_not_applicable_count: if windows { counts.unreported_not_applicable } else { -1 },
        not_applicable_count: counts.not_applicable,
        available_security_update_count: windows.then_some(counts.available_security_update),
        operation_start_time: Epoch(report.started_at),
        operation_end_time: Epoch(report.ended_at),
        operation: report.operation.name(),
        last_no_reboot_install_operation_time: report.last_no_reboot_install_at.map(Epoch),
        reboot_option: reboot_option(report.no_reboot),
        critical_non_compliant_count: counts.critical_non_compliant,
        security_non_compliant_count: counts.security_non_compliant,
        other_non_compliant_count: counts.other_non_compliant,
    }
}
