//! What Systems Manager has in one Region.

use super::ByName;
use crate::{
    operations::{
        DESCRIBE_ASSOCIATION, DESCRIBE_BASELINES, DESCRIBE_GROUPS, DESCRIBE_TARGETS, DESCRIBE_TASKS, DESCRIBE_WINDOWS,
        GET_BASELINE, GET_SETTING, GET_TASK, LIST_ASSOCIATIONS,
    },
    wanted::{HOST_MANAGEMENT_SETTING, WantedAssociation, WantedRegion, WantedWindow},
};
use aws_sdk_ssm::{
    Client,
    operation::get_patch_baseline::GetPatchBaselineOutput,
    types::{PatchFilter, PatchOrchestratorFilter, PatchRule, Target},
};
use muster_collect::error::CollectError;
use std::collections::{BTreeMap, HashMap};

/// Every list operation accepts this many rows a page.
const PAGE_ROWS: i32 = 50;

#[derive(Clone, Debug, Default)]
pub struct FoundRegion {
    /// The account's own baselines.
    pub baselines: ByName<FoundBaseline>,
    /// The id of the baseline of a patch group and an operating system.
    pub groups: BTreeMap<(String, String), String>,
    pub windows: ByName<FoundWindow>,
    pub associations: ByName<FoundAssociation>,
    pub host_management_role: Option<String>,
}

#[derive(Clone, Debug)]
pub struct FoundBaseline {
    pub id: String,
    pub operating_system: String,
    pub is_default: bool,
    /// Known of wanted baselines only.
    pub rules: Vec<PatchRule>,
    /// What else decides which updates are installed, by its name. Ours have none of it. Known of wanted baselines only.
    pub exceptions: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug)]
pub struct FoundWindow {
    pub id: String,
    pub is_enabled: bool,
    pub schedule: String,
    pub schedule_offset_days: Option<i32>,
    pub timezone: Option<String>,
    pub duration_hours: i32,
    pub cutoff_hours: i32,
    /// By name, with their conditions.
    pub targets: ByName<(String, Vec<Target>)>,
    pub tasks: ByName<FoundTask>,
}

#[derive(Clone, Debug)]
pub struct FoundTask {
    pub targets: String,
    /// The parameters of the document.
    pub parameters: BTreeMap<String, String>,
    pub document: String,
    pub max_concurrency: String,
    pub max_errors: String,
}

#[derive(Clone, Debug)]
pub struct FoundAssociation {
    pub targets: String,
    /// The parameters of the document. Known of wanted associations only.
    pub parameters: BTreeMap<String, String>,
    pub document: String,
    pub schedule: String,
}

/// Looks everything up that is wanted in the Region.
pub async fn read_region(ssm: &Client, wanted: &WantedRegion) -> Result<FoundRegion, CollectError> {
    Ok(FoundRegion {
        baselines: baselines(ssm, wanted).await?,
        groups: groups(ssm).await?,
        windows: windows(ssm, &wanted.windows).await?,
        associations: associations(ssm, &wanted.associations).await?,
        host_management_role: match wanted.host_management_role {
            Some(_) => host_management_role(ssm).await?,
            None => None,
        },
    })
}

/// Collects all rows of a list operation.
macro_rules! all_rows {
    ($operation:expr, $request:expr) => {
        $request
            .into_paginator()
            .page_size(PAGE_ROWS)
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| CollectError::from_sdk($operation, &error))
    };
}

async fn baselines(ssm: &Client, wanted: &WantedRegion) -> Result<ByName<FoundBaseline>, CollectError> {
    let own = PatchOrchestratorFilter::builder().key("OWNER").values("Self").build();
    let mut found = ByName::default();
    for row in all_rows!(DESCRIBE_BASELINES, ssm.describe_patch_baselines().filters(own))? {
        let (id, name) = (row.baseline_id.unwrap_or_default(), row.baseline_name.unwrap_or_default());
        let (mut rules, mut exceptions) = (Vec::new(), Vec::new());
        if wanted.baselines.iter().any(|baseline| baseline.name == name) {
            let answer = ssm.get_patch_baseline().baseline_id(&id).send().await;
            let answer = answer.map_err(|error| CollectError::from_sdk(GET_BASELINE, &error))?;
            exceptions = self::exceptions(&answer);
            rules = answer.approval_rules.map(|group| group.patch_rules).unwrap_or_default();
        }
        let operating_system = row.operating_system.map(|system| system.as_str().to_owned()).unwrap_or_default();
        found.add(name, FoundBaseline { id, operating_system, is_default: row.default_baseline, rules, exceptions });
    }
    Ok(found)
}

fn exceptions(baseline: &GetPatchBaselineOutput) -> Vec<(&'static str, String)> {
    let filters = baseline.global_filters().map(|group| filters_text(group.patch_filters()));
    let sources = baseline.sources().iter().map(|source| source.name().to_owned()).collect::<Vec<_>>().join(", ");
    let non_security = baseline.approved_patches_enable_non_security().unwrap_or_default();
    let found = [
        ("approved patches", baseline.approved_patches().join(", ")),
        ("rejected patches", baseline.rejected_patches().join(", ")),
        ("global filters", filters.unwrap_or_default()),
        ("sources", sources),
        ("approved non-security patches", if non_security { "true".to_owned() } else { String::new() }),
    ];
    found.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

pub fn filters_text(filters: &[PatchFilter]) -> String {
    let filter = |filter: &PatchFilter| format!("{}={}", filter.key.as_str(), filter.values.join("|"));
    filters.iter().map(filter).collect::<Vec<_>>().join(", ")
}

pub fn targets_text(targets: &[Target]) -> String {
    let target = |target: &Target| format!("{}={}", target.key().unwrap_or_default(), target.values().join("|"));
    targets.iter().map(target).collect::<Vec<_>>().join(", ")
}

fn parameters(found: Option<HashMap<String, Vec<String>>>) -> BTreeMap<String, String> {
    found.unwrap_or_default().into_iter().map(|(name, values)| (name, values.join("|"))).collect()
}

async fn groups(ssm: &Client) -> Result<BTreeMap<(String, String), String>, CollectError> {
    let mut found = BTreeMap::new();
    for mapping in all_rows!(DESCRIBE_GROUPS, ssm.describe_patch_groups())? {
        let Some(baseline) = mapping.baseline_identity else { continue };
        let system = baseline.operating_system.map(|system| system.as_str().to_owned()).unwrap_or_default();
        found.insert((mapping.patch_group.unwrap_or_default(), system), baseline.baseline_id.unwrap_or_default());
    }
    Ok(found)
}

async fn windows(ssm: &Client, wanted: &[WantedWindow]) -> Result<ByName<FoundWindow>, CollectError> {
    let mut found = ByName::default();
    for row in all_rows!(DESCRIBE_WINDOWS, ssm.describe_maintenance_windows())? {
        let (id, name) = (row.window_id.unwrap_or_default(), row.name.unwrap_or_default());
        if !wanted.iter().any(|window| window.name == name) {
            continue;
        }
        let window = FoundWindow {
            is_enabled: row.enabled,
            schedule: row.schedule.unwrap_or_default(),
            schedule_offset_days: row.schedule_offset,
            timezone: row.schedule_timezone,
            duration_hours: row.duration.unwrap_or_default(),
            cutoff_hours: row.cutoff,
            targets: targets(ssm, &id).await?,
            tasks: tasks(ssm, &id).await?,
            id,
        };
        found.add(name, window);
    }
    Ok(found)
}

async fn targets(ssm: &Client, window: &str) -> Result<ByName<(String, Vec<Target>)>, CollectError> {
    let mut found = ByName::default();
    for row in all_rows!(DESCRIBE_TARGETS, ssm.describe_maintenance_window_targets().window_id(window))? {
        let conditions = row.targets.unwrap_or_default();
        found.add(row.name.unwrap_or_default(), (row.window_target_id.unwrap_or_default(), conditions));
    }
    Ok(found)
}

async fn tasks(ssm: &Client, window: &str) -> Result<ByName<FoundTask>, CollectError> {
    let mut found = ByName::default();
    for row in all_rows!(DESCRIBE_TASKS, ssm.describe_maintenance_window_tasks().window_id(window))? {
        let answer = ssm.get_maintenance_window_task().window_id(window).set_window_task_id(row.window_task_id).send();
        let answer = answer.await.map_err(|error| CollectError::from_sdk(GET_TASK, &error))?;
        let run = answer.task_invocation_parameters.and_then(|parameters| parameters.run_command);
        let task = FoundTask {
            targets: targets_text(&row.targets.unwrap_or_default()),
            parameters: parameters(run.and_then(|run| run.parameters)),
            document: row.task_arn.unwrap_or_default(),
            max_concurrency: row.max_concurrency.unwrap_or_default(),
            max_errors: row.max_errors.unwrap_or_default(),
        };
        found.add(row.name.unwrap_or_default(), task);
    }
    Ok(found)
}

async fn associations(ssm: &Client, wanted: &[WantedAssociation]) -> Result<ByName<FoundAssociation>, CollectError> {
    let mut found = ByName::default();
    for row in all_rows!(LIST_ASSOCIATIONS, ssm.list_associations())? {
        let name = row.association_name.unwrap_or_default();
        let mut found_parameters = None;
        if wanted.iter().any(|association| association.name == name) {
            let answer = ssm.describe_association().set_association_id(row.association_id).send().await;
            let answer = answer.map_err(|error| CollectError::from_sdk(DESCRIBE_ASSOCIATION, &error))?;
            found_parameters = answer.association_description.and_then(|association| association.parameters);
        }
        let association = FoundAssociation {
            targets: targets_text(&row.targets.unwrap_or_default()),
            parameters: parameters(found_parameters),
            document: row.name.unwrap_or_default(),
            schedule: row.schedule_expression.unwrap_or_default(),
        };
        found.add(name, association);
    }
    Ok(found)
}

/// The name of the role, which AWS returns with its path, or None where nobody has set one.
async fn host_management_role(ssm: &Client) -> Result<Option<String>, CollectError> {
    let answer = ssm.get_service_setting().setting_id(HOST_MANAGEMENT_SETTING).send().await;
    let answer = answer.map_err(|error| CollectError::from_sdk(GET_SETTING, &error))?;
    let value = answer.service_setting.and_then(|setting| setting.setting_value);
    Ok(value.filter(|value| !value.is_empty() && !value.starts_with('$')))
}
