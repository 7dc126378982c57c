//! `GetPatchBaseline`: what a baseline approves and when. The list of baselines does not say which have changed, so rules
//! are read again when they are a day old.

use super::{account::SystemsAccount, error::CollectError, text::clean, time::timestamp};
use aws_sdk_ssm::types::{PatchFilterGroup, PatchRule};
use muster_core::reference_data::{PatchBaselineRules, PatchRuleRecord};

pub const OPERATION: &str = "GetPatchBaseline";

pub async fn collect(account: &SystemsAccount<'_>, baseline_id: &str) -> Result<PatchBaselineRules, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client| ssm.get_patch_baseline().baseline_id(baseline_id).send();
    let answer = account.send(OPERATION, send).await?;
    let rules = answer.approval_rules().map(|rules| rules.patch_rules()).unwrap_or_default();
    let global = answer.global_filters();
    Ok(PatchBaselineRules {
        // The requested id: the answer may spell that of an AWS-owned baseline differently.
        baseline_id: baseline_id.to_owned(),
        rules: rules.iter().map(|one| rule(one, global)).collect(),
        approved_patches: clean(&answer.approved_patches().join(" ")),
        rejected_patches: clean(&answer.rejected_patches().join(" ")),
        rejected_patches_action: clean(answer.rejected_patches_action()),
        available_security_updates_compliance: clean(
            answer.available_security_updates_compliance_status().map_or("", |status| status.as_str()),
        ),
        created_at: answer.created_date().and_then(timestamp),
        modified_at: answer.modified_date().and_then(timestamp),
    })
}

fn rule(rule: &PatchRule, global: Option<&PatchFilterGroup>) -> PatchRuleRecord {
    PatchRuleRecord {
        // Rules of systems with apt have no delay.
        approve_after_days: rule.approve_after_days(),
        approve_until: clean(rule.approve_until_date()),
        compliance_level: clean(rule.compliance_level()),
        enable_non_security: rule.enable_non_security().unwrap_or_default(),
        filters: filters(global.into_iter().chain(rule.patch_filter_group())),
    }
}

/// Formats all that a patch must match: `CLASSIFICATION=Security,Bugfix; SEVERITY=*`. The baseline's global filters
/// hold for each of its rules.
fn filters<'a>(groups: impl Iterator<Item = &'a PatchFilterGroup>) -> String {
    let filters = groups
        .flat_map(PatchFilterGroup::patch_filters)
        .map(|filter| format!("{}={}", filter.key().as_str(), filter.values().join(",")));
    clean(&filters.collect::<Vec<_>>().join("; "))
}
