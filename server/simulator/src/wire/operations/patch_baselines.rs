//! Patch baselines: the account's own and AWS's (DescribePatchBaselines), the baselines of patch groups
//! (DescribePatchGroups), and the rules of one baseline (GetPatchBaseline).

use super::*;
use crate::estate::{Baseline, Group};

const LIMITS: Limits = Limits::new(1, 100, 50);
const ID_LENGTH_MIN: usize = 20;
const ID_LENGTH_MAX: usize = 128;
const ID_PATTERN: &str = "^[a-zA-Z0-9_\\-:/]{20,128}$";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    baseline_id: Option<String>,
}

fn baselines<'a>(context: &Context<'a>) -> &'a [Baseline] {
    context.site.map_or(&[], |site| &site.baselines)
}

fn is_prefix_of(filter: &Filter, name: &str) -> bool {
    filter.values.iter().any(|prefix| name.starts_with(prefix))
}

pub(super) fn describe(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (FilterInput, _) = paged_input(context, LIMITS)?;
    check_enum_filters(&input.filters, &["NAME_PREFIX", "OPERATING_SYSTEM", "OWNER"])?;
    let accepts = |baseline: &&Baseline| {
        input.filters.iter().all(|filter| match filter.key.as_str() {
            "NAME_PREFIX" => is_prefix_of(filter, &baseline.name),
            "OWNER" => filter.has(if baseline.is_aws_owned() { "AWS" } else { "Self" }),
            _ => filter.has(baseline.operating_system),
        })
    };
    let found: Vec<&Baseline> = baselines(context).iter().filter(accepts).collect();
    pager.respond("BaselineIdentities", "", &found, |baseline| {
        json!({
            "BaselineId": baseline.id,
            "BaselineName": baseline.name,
            "OperatingSystem": baseline.operating_system,
            "BaselineDescription": description(baseline),
            "DefaultBaseline": baseline.is_aws_owned(),
        })
    })
}

pub(super) fn describe_groups(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (FilterInput, _) = paged_input(context, LIMITS)?;
    check_enum_filters(&input.filters, &["NAME_PREFIX", "OPERATING_SYSTEM"])?;
    let accepts = |(group, baseline): &(Group, &Baseline)| {
        input.filters.iter().all(|filter| match filter.key.as_str() {
            "NAME_PREFIX" => is_prefix_of(filter, group.name()),
            _ => filter.has(baseline.operating_system),
        })
    };
    let with_group = baselines(context).iter().filter_map(|baseline| Some((baseline.group?, baseline)));
    let found: Vec<(Group, &Baseline)> = with_group.filter(accepts).collect();
    pager.respond("Mappings", "", &found, |(group, baseline)| {
        json!({
            "PatchGroup": group.name(),
            "BaselineIdentity": {
                "BaselineId": baseline.id,
                "BaselineName": baseline.name,
                "OperatingSystem": baseline.operating_system,
                "DefaultBaseline": false,
            },
        })
    })
}

/// An id may be the last part of an AWS-owned baseline's ARN.
pub(super) fn get(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: GetInput = context.input()?;
    let id = input.baseline_id.as_deref().ok_or_else(|| ApiError::required("baselineId"))?;
    if !(ID_LENGTH_MIN..=ID_LENGTH_MAX).contains(&id.len()) {
        return Err(ApiError::pattern("baselineId", id, ID_PATTERN));
    }
    let has_id = |one: &&Baseline| *one.id == *id || one.id.rsplit('/').next() == Some(id);
    let missing = || ApiError::ssm("DoesNotExistException", &format!("Patch baseline {id} does not exist"));
    let baseline = baselines(context).iter().find(has_id).ok_or_else(missing)?;
    let mut output = json!({
        "BaselineId": baseline.id,
        "Name": baseline.name,
        "OperatingSystem": baseline.operating_system,
        "GlobalFilters": { "PatchFilters": [] },
        "ApprovalRules": { "PatchRules": [rule(baseline)] },
        "ApprovedPatches": [],
        "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": false,
        "RejectedPatches": baseline.rejected,
        "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
        "PatchGroups": baseline.group.map(Group::name).into_iter().collect::<Vec<_>>(),
        "CreatedDate": Epoch(baseline.created),
        "ModifiedDate": Epoch(baseline.created),
        "Description": description(baseline),
        "Sources": [],
    });
    if baseline.available_security {
        output["AvailableSecurityUpdatesComplianceStatus"] = "NON_COMPLIANT".into();
    }
    to_json(&output)
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

fn description(baseline: &Baseline) -> String {
    match baseline.group {
        None => format!("Default Patch Baseline for {} Provided by AWS.", baseline.operating_system),
        Some(group) => format!("{} for patch group {}", baseline.operating_system, group.name()),
    }
}
