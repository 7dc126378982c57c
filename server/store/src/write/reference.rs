//! Baselines with their rules, patch groups, windows with targets, tasks and executions, associations: small tables,
//! replaced whole whenever they were read. Executions are kept, because AWS forgets them.

use super::append::{Cell, SEPARATOR, Tables, text, time, time_option};
use duckdb::params;
use muster_core::snapshot::{
    AssociationRecord, MaintenanceWindowRecord, PatchBaselineRecord, PatchBaselineRules, PatchGroupRecord,
    PatchRuleRecord, Snapshot, WindowExecutionRecord, WindowTargetRecord, WindowTaskRecord,
};

pub fn write<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let windows = snapshot.maintenance_windows.as_deref();
    tables.replace_place("patch_baseline", snapshot, snapshot.patch_baselines.as_deref(), baseline_row);
    write_rules(tables, snapshot)?;
    tables.replace_place("patch_group", snapshot, snapshot.patch_groups.as_deref(), group_row);
    tables.replace_place("maintenance_window", snapshot, windows, window_row);
    tables.replace_place("window_target", snapshot, snapshot.window_targets.as_deref(), target_row);
    tables.replace_place("window_task", snapshot, snapshot.window_tasks.as_deref(), task_row);
    tables.replace_place("association", snapshot, snapshot.associations.as_deref(), association_row);
    let id = |row: &WindowExecutionRecord| row.execution_id.clone();
    let executions = &snapshot.window_executions;
    tables.replace_rows(("window_execution", "execution_id"), snapshot, executions, id, execution_row)
}

/// Each baseline's details and rules are replaced together.
fn write_rules<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    if snapshot.patch_baseline_rules.is_empty() {
        return Ok(());
    }
    let rules = snapshot.patch_baseline_rules.iter().flat_map(|read| {
        (0..).zip(&read.rules).map(|(position, rule)| rule_row(account, region, &read.baseline_id, position, rule))
    });
    let ids = snapshot.patch_baseline_rules.iter().map(|read| read.baseline_id.as_str()).collect::<Vec<_>>();
    let ids = ids.join(SEPARATOR);
    let these = "account_id = $1 AND region = $2 AND baseline_id IN (SELECT unnest(string_split($3, chr(10))))";
    tables.replace_where("patch_rule", these, params![account, region, ids], rules)?;
    if !tables.is_first_harvest {
        let clear = format!("DELETE FROM patch_baseline_reading WHERE {these}");
        tables.connection.execute(&clear, params![account, region, ids])?;
    }
    let readings = snapshot
        .patch_baseline_rules
        .iter()
        .map(|read| [text(account), text(region), text(&read.baseline_id), time(snapshot.started_at)]);
    tables.append("patch_baseline_reading", readings)?;
    let id = |row: &PatchBaselineRules| row.baseline_id.clone();
    let table = ("patch_baseline_detail", "baseline_id");
    tables.replace_rows(table, snapshot, &snapshot.patch_baseline_rules, id, detail_row)
}

fn baseline_row<'a>(account: &'a str, region: &'a str, row: &'a PatchBaselineRecord) -> [Cell<'a>; 7] {
    [
        text(account),
        text(region),
        text(&row.baseline_id),
        text(&row.name),
        text(&row.operating_system),
        text(&row.description),
        Cell::Boolean(row.is_default),
    ]
}

fn detail_row<'a>(account: &'a str, region: &'a str, row: &'a PatchBaselineRules) -> [Cell<'a>; 8] {
    [
        text(account),
        text(region),
        text(&row.baseline_id),
        text(&row.approved_patches),
        text(&row.rejected_patches),
        text(&row.rejected_patches_action),
        time_option(row.created_at),
        time_option(row.modified_at),
    ]
}

fn rule_row<'a>(
    account: &'a str,
    region: &'a str,
    baseline: &'a str,
    position: i32,
    rule: &'a PatchRuleRecord,
) -> [Cell<'a>; 9] {
    [
        text(account),
        text(region),
        text(baseline),
        Cell::Int(position),
        rule.approve_after_days.map_or(Cell::Null, Cell::Int),
        text(&rule.approve_until),
        text(&rule.compliance_level),
        Cell::Boolean(rule.enable_non_security),
        text(&rule.filters),
    ]
}

fn group_row<'a>(account: &'a str, region: &'a str, row: &'a PatchGroupRecord) -> [Cell<'a>; 5] {
    [text(account), text(region), text(&row.patch_group), text(&row.baseline_id), text(&row.operating_system)]
}

fn window_row<'a>(account: &'a str, region: &'a str, row: &'a MaintenanceWindowRecord) -> [Cell<'a>; 10] {
    [
        text(account),
        text(region),
        text(&row.window_id),
        text(&row.name),
        Cell::Boolean(row.enabled),
        text(&row.schedule),
        text(&row.schedule_timezone),
        Cell::Int(row.duration_hours),
        time_option(row.next_execution_at),
        Cell::Int(row.cutoff_hours),
    ]
}

fn target_row<'a>(account: &'a str, region: &'a str, row: &'a WindowTargetRecord) -> [Cell<'a>; 6] {
    [text(account), text(region), text(&row.window_id), text(&row.target_id), text(&row.name), text(&row.targets)]
}

fn task_row<'a>(account: &'a str, region: &'a str, row: &'a WindowTaskRecord) -> [Cell<'a>; 10] {
    [
        text(account),
        text(region),
        text(&row.window_id),
        text(&row.task_id),
        text(&row.name),
        text(&row.task_type),
        text(&row.task_arn),
        Cell::Int(row.priority),
        text(&row.max_concurrency),
        text(&row.max_errors),
    ]
}

fn execution_row<'a>(account: &'a str, region: &'a str, row: &'a WindowExecutionRecord) -> [Cell<'a>; 8] {
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

fn association_row<'a>(account: &'a str, region: &'a str, row: &'a AssociationRecord) -> [Cell<'a>; 12] {
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
        Cell::Int(row.succeeded),
        Cell::Int(row.failed),
        time_option(row.last_execution_at),
    ]
}
