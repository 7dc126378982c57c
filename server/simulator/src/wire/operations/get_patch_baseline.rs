//! GetPatchBaseline: the rules of one baseline, by its id or, where AWS owns it, by its ARN.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{context::Context, epoch::Epoch, error::ApiError},
    describe_patch_baselines::description,
    shared::ends_with_id,
};
use crate::estate::baseline::{Baseline, Group};

const ID_LENGTH_MIN: usize = 20;
const ID_LENGTH_MAX: usize = 128;
const ID_PATTERN: &str = "^[a-zA-Z0-9_\\-:/]{20,128}$";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    baseline_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    baseline_id: &'a str,
    name: &'a str,
    operating_system: &'static str,
    global_filters: Value,
    approval_rules: Value,
    approved_patches: [&'static str; 0],
    approved_patches_compliance_level: &'static str,
    approved_patches_enable_non_security: bool,
    rejected_patches: &'a [String],
    rejected_patches_action: &'static str,
    patch_groups: Vec<&'static str>,
    created_date: Epoch,
    modified_date: Epoch,
    description: String,
    sources: [&'static str; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    available_security_updates_compliance_status: Option<&'static str>,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let id = input.baseline_id.as_deref().ok_or_else(|| ApiError::required("baselineId"))?;
    if !(ID_LENGTH_MIN..=ID_LENGTH_MAX).contains(&id.len()) {
        return Err(ApiError::pattern("baselineId", id, ID_PATTERN));
    }
    let baselines = context.site.map_or(&[][..], |site| site.baselines.as_slice());
    let found = baselines.iter().find(|baseline| ends_with_id(&baseline.id, id));
    let missing = || ApiError::ssm("DoesNotExistException", &format!("Patch baseline {id} does not exist"));
    context.answer(&output(found.ok_or_else(missing)?))
}

fn output(baseline: &Baseline) -> Output<'_> {
    Output {
        baseline_id: &baseline.id,
        name: &baseline.name,
        operating_system: baseline.operating_system,
        global_filters: json!({ "PatchFilters": [] }),
        approval_rules: json!({ "PatchRules": [rule(baseline)] }),
        approved_patches: [],
        approved_patches_compliance_level: "UNSPECIFIED",
        approved_patches_enable_non_security: false,
        rejected_patches: &baseline.rejected,
        rejected_patches_action: "ALLOW_AS_DEPENDENCY",
        patch_groups: baseline.group.map(Group::name).into_iter().collect(),
        created_date: Epoch(baseline.created),
        modified_date: Epoch(baseline.created),
        description: description(baseline),
        sources: [],
        available_security_updates_compliance_status: baseline.available_security.then_some("NON_COMPLIANT"),
    }
}

fn rule(baseline: &Baseline) -> Value {
    let filters = match baseline.operating_system {
        "WINDOWS" => json!([
            { "Key": "PRODUCT", "Values": ["*"] },
            { "Key": "CLASSIFICATION", "Values": ["CriticalUpdates", "SecurityUpdates", "UpdateRollups", "DefinitionUpdates"] },
        ]),
        "DEBIAN" | "UBUNTU" => json!([
            { "Key": "PRODUCT", "Values": ["*"] },
            { "Key": "PRIORITY", "Values": ["Required", "Important", "Standard", "Optional", "Extra"] },
        ]),
        _ => json!([
            { "Key": "PRODUCT", "Values": ["*"] },
            { "Key": "CLASSIFICATION", "Values": ["Security", "Bugfix"] },
            { "Key": "SEVERITY", "Values": ["*"] },
        ]),
    };
    let mut rule = json!({
        "PatchFilterGroup": { "PatchFilters": filters },
        "ComplianceLevel": "CRITICAL",
        "EnableNonSecurity": false,
    });
    if let Some(days) = baseline.approve_after_days() {
        rule["ApproveAfterDays"] = json!(days);
    }
    rule
}
