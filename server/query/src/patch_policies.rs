//! Patch policies of an account and of an instance.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::InstanceKeys,
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
    query.read("patch policies", &statement(include_str!("accounts/patch_policies.sql")))
}

/// Reads those of the instance with this key, which is one of `found`.
pub fn of_instance(context: Context<'_>, found: &InstanceKeys, key: i64) -> Result<Vec<PatchPolicyRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(found).filter_by("f.instance_key = {}", key);
    query.read("an instance's patch policies", &statement(include_str!("instances/patch_policies.sql")))
}

fn statement(sql: &str) -> String {
    sql.replace("{patch_policies}", &muster_metrics::patch_policies()).replace("{policy_details}", DETAILS.trim())
}
