//! Baselines with their rules, patch groups, windows with targets, tasks and executions, associations: small tables,
//! replaced whole whenever they were read. Executions are kept, because AWS forgets them.

use super::{
    super::value::{time, time_option},
    append::{append, replace_place, replace_rows, text},
};
use crate::collect::snapshot::{
    AssociationRecord, MaintenanceWindowRecord, PatchBaselineRecord, PatchBaselineRules, PatchGroupRecord,
    PatchRuleRecord, Snapshot, WindowExecutionRecord, WindowTargetRecord, WindowTaskRecord,
};
use duckdb::{Connection, params, types::Value};

pub fn write(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    let windows = snapshot.maintenance_windows.as_deref();
    replace_place(connection, "patch_baseline", snapshot, snapshot.patch_baselines.as_deref(), baseline_row)?;
    write_rules(connection, snapshot)?;
    replace_place(connection, "patch_group", snapshot, snapshot.patch_groups.as_deref(), group_row)?;
    replace_place(connection, "maintenance_window", snapshot, windows, window_row)?;
    replace_place(connection, "window_target", snapshot, snapshot.window_targets.as_deref(), target_row)?;
    replace_place(connection, "window_task", snapshot, snapshot.window_tasks.as_deref(), task_row)?;
    replace_place(connection, "association", snapshot, snapshot.associations.as_deref(), association_row)?;
    let id = |row: &WindowExecutionRecord| row.execution_id.clone();
    let executions = &snapshot.window_executions;
    replace_rows(connection, ("window_execution", "execution_id"), snapshot, executions, id, execution_row)
}

/// Each baseline's details and rules are replaced together.
fn write_rules(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    for read in &snapshot.patch_baseline_rules {
        let clear = "DELETE FROM patch_rule WHERE account_id = $1 AND region = $2 AND baseline_id = $3";
        connection.execute(clear, params![account, region, read.baseline_id])?;
    }
    let rules = snapshot.patch_baseline_rules.iter().flat_map(|read| {
        (0..).zip(&read.rules).map(|(position, rule)| rule_row(account, region, &read.baseline_id, position, rule))
    });
    append(connection, "patch_rule", rules)?;
    let id = |row: &PatchBaselineRules| row.baseline_id.clone();
    let row = |account: &str, region: &str, row: &PatchBaselineRules| detail_row(account, region, row, snapshot);
    let table = ("patch_baseline_detail", "baseline_id");
    replace_rows(connection, table, snapshot, &snapshot.patch_baseline_rules, id, row)
}

fn baseline_row(account: &str, region: &str, row: &PatchBaselineRecord) -> [Value; 7] {
    [
        text(account),
        text(region),
        text(&row.baseline_id),
        text(&row.name),
        text(&row.operating_system),
        text(&row.description),
        Value::Boolean(row.is_default),
    ]
}

fn detail_row(account: &str, region: &str, row: &PatchBaselineRules, snapshot: &Snapshot) -> [Value; 9] {
    [
        text(account),
        text(region),
        text(&row.baseline_id),
        text(&row.approved_patches),
        text(&row.rejected_patches),
        text(&row.rejected_patches_action),
        time_option(row.created_at),
        time_option(row.modified_at),
        time(snapshot.started_at),
    ]
}

fn rule_row(account: &str, region: &str, baseline: &str, position: i32, rule: &PatchRuleRecord) -> [Value; 9] {
    [
        text(account),
        text(region),
        text(baseline),
        Value::Int(position),
        rule.approve_after_days.map_or(Value::Null, Value::Int),
        text(&rule.approve_until),
        text(&rule.compliance_level),
        Value::Boolean(rule.enable_non_security),
        text(&rule.filters),
    ]
}

fn group_row(account: &str, region: &str, row: &PatchGroupRecord) -> [Value; 5] {
    [text(account), text(region), text(&row.patch_group), text(&row.baseline_id), text(&row.operating_system)]
}

fn window_row(account: &str, region: &str, row: &MaintenanceWindowRecord) -> [Value; 10] {
    [
        text(account),
        text(region),
        text(&row.window_id),
        text(&row.name),
        Value::Boolean(row.enabled),
        text(&row.schedule),
        text(&row.schedule_timezone),
        Value::Int(row.duration_hours),
        time_option(row.next_execution_at),
        Value::Int(row.cutoff_hours),
    ]
}

fn target_row(account: &str, region: &str, row: &WindowTargetRecord) -> [Value; 6] {
    [text(account), text(region), text(&row.window_id), text(&row.target_id), text(&row.name), text(&row.targets)]
}

fn task_row(account: &str, region: &str, row: &WindowTaskRecord) -> [Value; 10] {
    [
        text(account),
        text(region),
        text(&row.window_id),
        text(&row.task_id),
        text(&row.name),
        text(&row.task_type),
        text(&row.task_arn),
        Value::Int(row.priority),
        text(&row.max_concurrency),
        text(&row.max_errors),
    ]
}

fn execution_row(account: &str, region: &str, row: &WindowExecutionRecord) -> [Value; 8] {
    [
        text(account),
        text(region),
        text(&row.window_id),
        text(&row.execution_id),
        text(&row.status),
        text(&row.status_details),
        time_option(row.started_at),
        time_option(row.ended_at),
    ]
}

fn association_row(account: &str, region: &str, row: &AssociationRecord) -> [Value; 12] {
    [
        text(account),
        text(region),
        text(&row.association_id),
        text(&row.name),
        text(&row.document_name),
        text(&row.schedule),
        text(&row.targets),
        text(&row.status),
        text(&row.detailed_status),
        Value::Int(row.succeeded),
        Value::Int(row.failed),
        time_option(row.last_execution_at),
    ]
}
