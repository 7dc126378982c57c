//! Reference data: baselines with their rules, patch groups, windows with targets, tasks and executions, associations.
//! Small tables that are replaced whole whenever they were read. Executions are kept, because AWS forgets them.

use super::{
    append::{SEPARATOR, Tables, with_target},
    row::{Field, IntoCell, row},
};
use duckdb::params;
use muster_core::snapshot::{
    AssociationRecord, MaintenanceWindowRecord, PatchBaselineRecord, PatchBaselineRules, PatchGroupRecord,
    PatchRuleRecord, Snapshot, WindowExecutionRecord, WindowTargetRecord, WindowTaskRecord,
};

pub fn write<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let windows = snapshot.reference_data.maintenance_windows.as_deref();
    tables.replace_target("patch_baseline", snapshot, snapshot.reference_data.patch_baselines.as_deref(), baseline_row);
    write_rules(tables, snapshot)?;
    tables.replace_target("patch_group", snapshot, snapshot.reference_data.patch_groups.as_deref(), group_row);
    tables.replace_target("maintenance_window", snapshot, windows, window_row);
    tables.replace_target("window_target", snapshot, snapshot.reference_data.window_targets.as_deref(), target_row);
    tables.replace_target("window_task", snapshot, snapshot.reference_data.window_tasks.as_deref(), task_row);
    tables.replace_target("association", snapshot, snapshot.reference_data.associations.as_deref(), association_row);
    let id = |row: &WindowExecutionRecord| row.execution_id.clone();
    let executions = &snapshot.reference_data.window_executions;
    tables.replace_rows(("window_execution", "execution_id"), snapshot, executions, id, execution_row)
}

/// Replaces each baseline's details and rules together.
fn write_rules<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    let baselines = &snapshot.reference_data.patch_baseline_rules;
    if baselines.is_empty() {
        return Ok(());
    }
    let rules = baselines.iter().flat_map(|baseline| {
        let rules = (0..).zip(&baseline.rules);
        rules.map(|(position, rule)| with_target(snapshot, rule_row(&baseline.baseline_id, position, rule)))
    });
    let ids = baselines.iter().map(|baseline| baseline.baseline_id.as_str()).collect::<Vec<_>>().join(SEPARATOR);
    let condition = "account_id = $1 AND region = $2 AND baseline_id IN (SELECT unnest(string_split($3, chr(10))))";
    tables.replace_where("patch_rule", condition, params![account, region, ids], rules)?;
    if !tables.is_first_harvest {
        let delete = format!("DELETE FROM patch_baseline_reading WHERE {condition}");
        tables.connection.execute(&delete, params![account, region, ids])?;
    }
    let readings = baselines.iter().map(|baseline| {
        row! {
            account_id: account,
            region: region,
            baseline_id: &baseline.baseline_id,
            read_at: snapshot.started_at,
        }
    });
    tables.append("patch_baseline_reading", readings)?;
    let id = |row: &PatchBaselineRules| row.baseline_id.clone();
    tables.replace_rows(("patch_baseline_detail", "baseline_id"), snapshot, baselines, id, detail_row)
}

fn baseline_row(baseline: &PatchBaselineRecord) -> [Field<'_>; 5] {
    row! {
        baseline_id: &baseline.baseline_id,
        name: &baseline.name,
        operating_system: &baseline.operating_system,
        description: &baseline.description,
        is_default: baseline.is_default,
    }
}

fn detail_row(baseline: &PatchBaselineRules) -> [Field<'_>; 6] {
    row! {
        baseline_id: &baseline.baseline_id,
        approved_patches: &baseline.approved_patches,
        rejected_patches: &baseline.rejected_patches,
        rejected_patches_action: &baseline.rejected_patches_action,
        created_at: baseline.created_at,
        modified_at: baseline.modified_at,
    }
}

fn rule_row<'a>(baseline_id: &'a str, position: i32, rule: &'a PatchRuleRecord) -> [Field<'a>; 7] {
    row! {
        baseline_id: baseline_id,
        position: position,
        approve_after_days: rule.approve_after_days,
        approve_until: &rule.approve_until,
        compliance_level: &rule.compliance_level,
        enable_non_security: rule.enable_non_security,
        filters: &rule.filters,
    }
}

fn group_row(group: &PatchGroupRecord) -> [Field<'_>; 3] {
    row! {
        patch_group: &group.patch_group,
        baseline_id: &group.baseline_id,
        operating_system: &group.operating_system,
    }
}

fn window_row(window: &MaintenanceWindowRecord) -> [Field<'_>; 8] {
    row! {
        window_id: &window.window_id,
        name: &window.name,
        enabled: window.enabled,
        schedule: &window.schedule,
        schedule_timezone: &window.schedule_timezone,
        duration_hours: window.duration_hours,
        next_execution_at: window.next_execution_at,
        cutoff_hours: window.cutoff_hours,
    }
}

fn target_row(target: &WindowTargetRecord) -> [Field<'_>; 4] {
    row! {
        window_id: &target.window_id,
        target_id: &target.target_id,
        name: &target.name,
        targets: &target.targets,
    }
}

fn task_row(task: &WindowTaskRecord) -> [Field<'_>; 8] {
    row! {
        window_id: &task.window_id,
        task_id: &task.task_id,
        name: &task.name,
        task_type: &task.task_type,
        task_arn: &task.task_arn,
        priority: task.priority,
        max_concurrency: &task.max_concurrency,
        max_errors: &task.max_errors,
    }
}

fn execution_row(execution: &WindowExecutionRecord) -> [Field<'_>; 6] {
    row! {
        window_id: &execution.window_id,
        execution_id: &execution.execution_id,
        status: &execution.status,
        status_details: &execution.status_details,
        started_at: execution.started_at,
        ended_at: execution.ended_at,
    }
}

fn association_row(association: &AssociationRecord) -> [Field<'_>; 10] {
    row! {
        association_id: &association.association_id,
        name: &association.name,
        document_name: &association.document_name,
        schedule: &association.schedule,
        targets: &association.targets,
        status: &association.status,
        detailed_status: &association.detailed_status,
        succeeded: association.succeeded,
        failed: association.failed,
        last_execution_at: association.last_execution_at,
    }
}
