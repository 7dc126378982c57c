//! Reference data: baselines with their rules, patch groups, windows with targets, tasks and executions, patch
//! policies, associations.
//! Small tables that are replaced whole whenever they were read. Executions are kept, because AWS forgets them.

use super::{
    append::{SEPARATOR, Tables, with_target},
    row::row,
};
use duckdb::params;
use muster_core::{
    record::{Field, Record},
    reference_data::{PatchBaselineRules, WindowExecutionRecord},
    snapshot::Snapshot,
};

pub fn write<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let data = &snapshot.reference_data;
    tables.replace_target("patch_baseline", snapshot, &data.patch_baselines);
    write_rules(tables, snapshot)?;
    tables.replace_target("patch_group", snapshot, &data.patch_groups);
    tables.replace_target("maintenance_window", snapshot, &data.maintenance_windows);
    tables.replace_target("window_target", snapshot, &data.window_targets);
    tables.replace_target("window_task", snapshot, &data.window_tasks);
    tables.replace_target("patch_policy", snapshot, &data.patch_policies);
    tables.replace_target("association", snapshot, &data.associations);
    tables.replace_target("service_setting", snapshot, &data.service_settings);
    let id = |row: &WindowExecutionRecord| row.execution_id.clone();
    tables.replace_rows(("window_execution", "execution_id"), snapshot, &data.window_executions, id, Record::fields)
}

/// Replaces each baseline's details and rules together.
fn write_rules<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    let baselines = &snapshot.reference_data.patch_baseline_rules;
    if baselines.is_empty() {
        return Ok(());
    }
    let rules = baselines.iter().flat_map(|baseline| {
        (0_i32..).zip(&baseline.rules).map(|(position, rule)| {
            let place = row! { baseline_id: &baseline.baseline_id, position: position };
            with_target(snapshot, place.into_iter().chain(rule.fields()))
        })
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

fn detail_row(baseline: &PatchBaselineRules) -> [Field<'_>; 7] {
    row! {
        baseline_id: &baseline.baseline_id,
        approved_patches: &baseline.approved_patches,
        rejected_patches: &baseline.rejected_patches,
        rejected_patches_action: &baseline.rejected_patches_action,
        available_security_updates_compliance: &baseline.available_security_updates_compliance,
        created_at: baseline.created_at,
        modified_at: baseline.modified_at,
    }
}
