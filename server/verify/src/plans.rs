//! The windows and patch policies of the raw rows, and which instances they target.

use super::{recomputed::InstanceFigures, rows::Instance};
use duckdb::Connection;
use jiff::Timestamp;
use muster_model::{column::Columns, ids::AccountId, run::PATCH_DOCUMENTS};
use muster_store::named_row::each;
use std::collections::HashMap;

/// The targets of an enabled window, with a document that it runs.
#[derive(Columns)]
pub struct Target {
    pub account_id: AccountId,
    pub region: String,
    pub window_id: String,
    pub next_execution_at: Option<Timestamp>,
    targets: String,
    document: String,
}

const TARGETS: &str = "
    SELECT t.account_id, t.region, t.window_id, w.next_execution_at, t.targets, k.task_arn AS document
    FROM maintenance_window w
    JOIN window_target t USING (account_id, region, window_id)
    JOIN window_task k USING (account_id, region, window_id)
    WHERE w.enabled AND w.next_execution_at IS NOT NULL";

#[derive(Columns)]
struct Tag {
    instance_key: i64,
    key: String,
    value: String,
}

#[derive(Columns)]
struct InstallPolicy {
    account_id: AccountId,
    region: String,
    name: String,
}

/// What is set up to patch instances.
#[derive(Default)]
pub struct Plans {
    pub targets: Vec<Target>,
    tags: HashMap<i64, Vec<Tag>>,
    install_policies: Vec<InstallPolicy>,
}

pub fn plans(connection: &Connection) -> duckdb::Result<Plans> {
    let mut plans = Plans::default();
    each(connection, TARGETS, [], |target: Target| {
        if PATCH_DOCUMENTS.contains(&target.document.as_str()) && target.document != "AWS-FindWindowsUpdates" {
            plans.targets.push(target);
        }
    })?;
    each(connection, "SELECT instance_key, key, value FROM tag", [], |tag: Tag| {
        plans.tags.entry(tag.instance_key).or_default().push(tag);
    })?;
    let policies = "SELECT account_id, region, name FROM patch_policy WHERE operation = 'ScanAndInstall'";
    each(connection, policies, [], |policy| plans.install_policies.push(policy))?;
    Ok(plans)
}

impl Plans {
    pub fn has_window(&self, instance: &Instance, figures: &InstanceFigures) -> bool {
        self.targets.iter().any(|target| self.is_target(target, instance, figures))
    }

    pub fn is_target(&self, target: &Target, instance: &Instance, figures: &InstanceFigures) -> bool {
        let is_here = (&target.account_id, &target.region) == (&instance.account_id, &instance.region);
        is_here
            && target.targets.split("; ").all(|part| {
                let (key, texts) = part.split_once('=').unwrap_or((part, ""));
                let has = |text: &str| texts.split(',').any(|one| one == text);
                match key.strip_prefix("tag:") {
                    Some(tag) => self.has_tag(instance, figures, |key, value| key == tag && has(value)),
                    None if key == "InstanceIds" => has(instance.instance_id.as_str()) || has("*"),
                    None => key == "tag-key" && self.has_tag(instance, figures, |key, _| has(key)),
                }
            })
    }

    fn has_tag(&self, instance: &Instance, figures: &InstanceFigures, is: impl Fn(&str, &str) -> bool) -> bool {
        match self.tags.get(&instance.instance_key) {
            Some(tags) => tags.iter().any(|tag| is(&tag.key, &tag.value)),
            // Where no tags are known, the patch group that a scan reported tells one.
            None => {
                let group = figures.patch_group.as_str();
                !group.is_empty() && (is("Patch Group", group) || is("PatchGroup", group))
            }
        }
    }

    pub fn installs_by_policy(&self, instance: &Instance, figures: &InstanceFigures) -> bool {
        let installs = |policy: &InstallPolicy| {
            (&policy.account_id, &policy.region) == (&instance.account_id, &instance.region)
                && figures.patch_policy.split(", ").any(|name| name == policy.name)
        };
        !figures.patch_policy.is_empty() && self.install_policies.iter().any(installs)
    }
}
