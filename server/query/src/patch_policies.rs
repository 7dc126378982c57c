//! Patch policies of an account and of an instance.

use crate::{
    builder::{Context, QueryBuilder},
    instances::found::FoundKey,
};
use muster_model::{ids::AccountId, plan::PatchPolicyRow};
use muster_store::error::StoreError;

/// What pages show of the policy `p`, which may be unknown.
const DETAILS: &str = "
    coalesce(p.operation, '') AS operation,
    coalesce(p.scan_schedule, '') AS scan_schedule, coalesce(p.scan_waits, false) AS scan_waits,
    coalesce(p.install_schedule, '') AS install_schedule, coalesce(p.install_waits, false) AS install_waits,
    coalesce(p.reboot_option, '') AS reboot_option, coalesce(p.baselines, '') AS baselines,
    coalesce(p.target_type, '') AS target_type,
    CASE p.target_type
        WHEN 'Tags' THEN p.target_tag_key || '=' || p.target_tag_value
        WHEN 'InstanceIds' THEN p.target_instances
        WHEN 'ResourceGroups' THEN p.target_resource_group
        ELSE ''
    END AS target,
    coalesce(p.status, '') AS status, p.modified_at";

pub fn of_account(context: Context<'_>, account: &AccountId) -> Result<Vec<PatchPolicyRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_by("r.account_id = {}", account.to_string());
    query.read("patch policies", &statement(include_str!("accounts/patch_policies.sql"), "true", "true"))
}

/// Reads those of an instance, whose list of instances names `listed` ones.
pub fn of_instance(context: Context<'_>, instance: &FoundKey, listed: &str) -> Result<Vec<PatchPolicyRow>, StoreError> {
    let read = QueryBuilder::by_key(context, instance);
    let may_have = || read.row("patch policies", include_str!("instances/has_patch_policies.sql"), |row| row.get(0));
    if listed.is_empty() && !may_have()? {
        return Ok(Vec::new());
    }
    let (row_filter, keys) = ("account_id = {account_id} AND region = {region}", "instance_key = {instance_key}");
    let sql = statement(include_str!("instances/patch_policies.sql"), row_filter, keys);
    read.read("an instance's patch policies", &sql)
}

fn statement(sql: &str, row_filter: &str, keys: &str) -> String {
    sql.replace("{patch_policies}", &muster_metrics::patch_policies(row_filter, keys))
        .replace("{policy_details}", DETAILS.trim())
}
