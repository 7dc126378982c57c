//! Compares what is wanted with what is found: steps for what is missing, drift for what differs.

use crate::{
    found::{ByName, FoundBaseline, FoundRegion, FoundRole, FoundWindow, filters_text, targets_text},
    step::{Drift, Step},
    wanted::{
        ALL_INSTANCES, COMPLIANCE_LEVEL, INSTALL_TASK, PATCH_DOCUMENT, PATCH_GROUP_TAG, WINDOW_TARGETS, WantedBaseline,
        WantedRegion, WantedRole, WantedWindow,
    },
};
use std::{collections::BTreeMap, fmt};

/// What a console shows of two policies that differ.
const OTHER_POLICY: &str = "another policy";
const OWN_POLICY: &str = "the one of the settings";
const TRUST_POLICY: &str = "trust policy";
const AWS_BASELINE: &str = "one of AWS";
const NONE: &str = "none";

/// Missing steps, in the order in which they must be done, and drift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub drift: Vec<Drift>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "+ {step}"))?;
        self.drift.iter().try_for_each(|drift| writeln!(f, "! {drift}"))
    }
}

impl Plan {
    fn differs(&mut self, resource: &str, property: &'static str, wanted: impl fmt::Display, found: impl fmt::Display) {
        let (wanted, found) = (wanted.to_string(), found.to_string());
        if wanted != found {
            self.drift.push(Drift { resource: resource.to_owned(), property, wanted, found });
        }
    }

    /// The first role that is trusted by others than the settings say.
    pub fn wrong_trust(&self) -> Option<&Drift> {
        self.drift.iter().find(|drift| drift.property == TRUST_POLICY)
    }

    /// What differs in one role.
    pub fn drift_of_role(&self, role: &str) -> Option<&Drift> {
        let resource = role_resource(role);
        self.drift.iter().find(|drift| drift.resource == resource)
    }

    fn is_once<T>(&mut self, resource: &str, name: &str, things: &ByName<T>) {
        self.differs(resource, "number", 1, things.repetitions(name).unwrap_or(1));
    }
}

fn role_resource(role: &str) -> String {
    format!("role {role}")
}

pub fn compare_roles(wanted: &[WantedRole], found: &BTreeMap<String, FoundRole>) -> Plan {
    let mut plan = Plan::default();
    for role in wanted {
        let resource = role_resource(&role.name);
        let existing = found.get(&role.name);
        match existing {
            None => plan.steps.push(Step::CreateRole(role.clone())),
            Some(found) if found.trust != role.trust => {
                plan.differs(&resource, TRUST_POLICY, OWN_POLICY, OTHER_POLICY);
            }
            Some(_) => {}
        }
        match existing.and_then(|found| found.permissions.as_ref()) {
            None => plan.steps.push(Step::PutRolePolicy(role.clone())),
            Some(permissions) if *permissions != role.permissions => {
                plan.differs(&resource, "inline policy", OWN_POLICY, OTHER_POLICY);
            }
            Some(_) => {}
        }
        let (further, attached) = existing.map(|found| (&*found.further, &*found.attached)).unwrap_or_default();
        for (property, names) in [("further inline policies", further), ("managed policies", attached)] {
            plan.differs(&resource, property, NONE, if names.is_empty() { NONE.to_owned() } else { names.join(", ") });
        }
    }
    plan
}

/// Compares a Region. `was_ready`: whether it has been ready before, so that what is default in it is somebody's decision.
pub fn compare_region(wanted: &WantedRegion, found: &FoundRegion, was_ready: bool) -> Plan {
    let mut plan = Plan::default();
    for baseline in &wanted.baselines {
        compare_baseline(&mut plan, baseline, found, was_ready);
    }
    for window in &wanted.windows {
        compare_window(&mut plan, window, &found.windows);
    }
    for association in &wanted.associations {
        let resource = format!("association {}", association.name);
        match found.associations.get(&association.name) {
            None => plan.steps.push(Step::CreateAssociation(association.clone())),
            Some(existing) => {
                plan.differs(&resource, "document", association.document, &existing.document);
                plan.differs(&resource, "schedule", &association.schedule, &existing.schedule);
                let (key, value) = ALL_INSTANCES;
                plan.differs(&resource, "targets", format!("{key}={value}"), &existing.targets);
                compare_parameters(&mut plan, &resource, &association.parameters, &existing.parameters);
                plan.is_once(&resource, &association.name, &found.associations);
            }
        }
    }
    match (&wanted.host_management_role, &found.host_management_role) {
        (Some(role), None) => plan.steps.push(Step::SetHostManagementRole(role.clone())),
        (Some(role), Some(existing)) => plan.differs("Default Host Management Configuration", "role", role, existing),
        (None, _) => {}
    }
    plan
}

fn compare_parameters(
    plan: &mut Plan,
    resource: &str,
    wanted: &[(&'static str, &'static str)],
    found: &BTreeMap<String, String>,
) {
    let text = |parameters: &BTreeMap<&str, &str>| {
        let parameters = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        Some(parameters.collect::<Vec<_>>().join(", "))
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| NONE.to_owned())
    };
    let found = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    plan.differs(resource, "parameters", text(&wanted.iter().copied().collect()), text(&found));
}

fn compare_baseline(plan: &mut Plan, wanted: &WantedBaseline, found: &FoundRegion, was_ready: bool) {
    let (resource, system) = (format!("patch baseline {}", wanted.name), wanted.operating_system.aws_name());
    let existing = found.baselines.get(&wanted.name);
    match existing {
        None => plan.steps.push(Step::CreatePatchBaseline(wanted.clone())),
        Some(existing) => {
            plan.differs(&resource, "operating system", system, &existing.operating_system);
            compare_rule(plan, &resource, wanted, existing);
            plan.is_once(&resource, &wanted.name, &found.baselines);
        }
    }
    let id = existing.map(|existing| existing.id.as_str());
    let group = found.groups.get(&(wanted.group.clone(), system.to_owned()));
    if wanted.is_default {
        // The default is set before the patch group is registered: with the group, it was set once, also if a ledger was lost.
        let was_set = was_ready || (id.is_some() && group.map(String::as_str) == id);
        let mut defaults = found.baselines.iter().filter(|(_, one)| one.is_default && one.operating_system == system);
        match defaults.next() {
            None if !was_set => plan.steps.push(Step::SetDefaultPatchBaseline(wanted.clone())),
            other => {
                let resource = format!("default patch baseline of {}", wanted.operating_system.title());
                plan.differs(&resource, "name", &wanted.name, other.map_or(AWS_BASELINE, |(name, _)| name));
            }
        }
    }
    match group {
        None => plan.steps.push(Step::RegisterPatchGroup(wanted.clone())),
        Some(other) if Some(other.as_str()) != id => {
            let resource = format!("patch group {} of {}", wanted.group, wanted.operating_system.title());
            plan.differs(&resource, "patch baseline", &wanted.name, other);
        }
        Some(_) => {}
    }
}

fn compare_rule(plan: &mut Plan, resource: &str, wanted: &WantedBaseline, found: &FoundBaseline) {
    let [rule] = found.rules.as_slice() else {
        plan.differs(resource, "number of approval rules", 1, found.rules.len());
        return;
    };
    let days = |days: Option<i32>| days.map_or_else(|| "none".to_owned(), |days| format!("{days} days"));
    plan.differs(resource, "approval delay", days(wanted.approve_after_days), days(rule.approve_after_days));
    let until = rule.approve_until_date.as_deref().unwrap_or(NONE);
    plan.differs(resource, "approval until a date", NONE, until);
    let unclassified = wanted.operating_system.approves_unclassified();
    let found_unclassified = rule.enable_non_security.unwrap_or_default();
    plan.differs(resource, "approval of non-security updates", unclassified, found_unclassified);
    let level = rule.compliance_level.as_ref().map_or(NONE, |level| level.as_str());
    plan.differs(resource, "compliance level", COMPLIANCE_LEVEL, level);
    for (property, value) in &found.exceptions {
        plan.differs(resource, property, NONE, value);
    }
    let found = rule.patch_filter_group.as_ref().map(|group| filters_text(&group.patch_filters)).unwrap_or_default();
    let wanted = wanted.operating_system.filters().iter().map(|(key, values)| format!("{key}={}", values.join("|")));
    plan.differs(resource, "filters", wanted.collect::<Vec<_>>().join(", "), found);
}

fn compare_window(plan: &mut Plan, wanted: &WantedWindow, found: &ByName<FoundWindow>) {
    let resource = format!("maintenance window {}", wanted.name);
    let Some(existing) = found.get(&wanted.name) else {
        plan.steps.extend([
            Step::CreateMaintenanceWindow(wanted.clone()),
            Step::RegisterTarget(wanted.clone()),
            Step::RegisterTask(wanted.clone()),
        ]);
        return;
    };
    let offset = |days: Option<i32>| days.map_or_else(|| "none".to_owned(), |days| format!("{days} days"));
    plan.differs(&resource, "enabled", true, existing.is_enabled);
    plan.differs(&resource, "schedule", &wanted.schedule, &existing.schedule);
    plan.differs(
        &resource,
        "schedule offset",
        offset(wanted.schedule_offset_days),
        offset(existing.schedule_offset_days),
    );
    plan.differs(&resource, "time zone", &wanted.timezone, existing.timezone.as_deref().unwrap_or("none"));
    plan.differs(&resource, "duration in hours", wanted.duration_hours, existing.duration_hours);
    plan.differs(&resource, "cutoff in hours", wanted.cutoff_hours, existing.cutoff_hours);
    plan.is_once(&resource, &wanted.name, found);
    match existing.targets.get(&wanted.group) {
        None => plan.steps.push(Step::RegisterTarget(wanted.clone())),
        Some((_, conditions)) => {
            let target = format!("tag:{PATCH_GROUP_TAG}={}", wanted.group);
            plan.differs(&resource, "target", target, targets_text(conditions));
            plan.is_once(&format!("target {} of {resource}", wanted.group), &wanted.group, &existing.targets);
        }
    }
    match existing.tasks.get(INSTALL_TASK) {
        None => plan.steps.push(Step::RegisterTask(wanted.clone())),
        Some(task) => {
            let target = existing.targets.get(&wanted.group).map(|(id, _)| format!("{WINDOW_TARGETS}={id}"));
            plan.differs(&resource, "target of the task", target.as_deref().unwrap_or(NONE), &task.targets);
            compare_parameters(plan, &format!("task of {resource}"), &wanted.parameters(), &task.parameters);
            plan.differs(&resource, "document of the task", PATCH_DOCUMENT, &task.document);
            plan.differs(&resource, "concurrency of the task", &wanted.max_concurrency, &task.max_concurrency);
            plan.differs(&resource, "error threshold of the task", &wanted.max_errors, &task.max_errors);
            plan.is_once(&format!("task of {resource}"), INSTALL_TASK, &existing.tasks);
        }
    }
}
