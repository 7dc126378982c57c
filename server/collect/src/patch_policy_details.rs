//! `GetConfiguration`: schedules, baselines and targets of one patch policy, which are texts by the names of parameters.

use super::{account::SystemsAccount, error::CollectError, text::clean, time::timestamp};
use aws_sdk_ssmquicksetup::Client;
use muster_core::{reference_data::PatchPolicyRecord, snapshot::Target};
use muster_model::ids::InstanceId;
use serde_json::Value;
use std::collections::HashMap;

pub const OPERATION: &str = "GetConfiguration";
/// AWS's code for a configuration that does not exist.
pub const NOT_FOUND: &str = "ResourceNotFoundException";
/// Separates the members of a list, and its own lines in the store.
const LIST: char = ',';
const LINE: &str = "\n";

pub async fn collect(account: &SystemsAccount<'_>, id: &str) -> Result<PatchPolicyRecord, CollectError> {
    let send = |client: Client| client.get_configuration().configuration_id(id).send();
    let answer = account.send_to_quick_setup(OPERATION, send).await?;
    let parameters =
        answer.parameters().ok_or_else(|| CollectError::schema(OPERATION, "the answer has no parameters"))?;
    Ok(PatchPolicyRecord {
        manager_arn: clean(answer.manager_arn()),
        modified_at: answer.last_modified_at().and_then(timestamp),
        ..record(id, parameters, account.target())
    })
}

/// What the parameters say. Where they name no kind of target, it follows from what they do name.
fn record(id: &str, parameters: &HashMap<String, String>, target: &Target) -> PatchPolicyRecord {
    let text = |name: &str| clean(parameters.get(name));
    let flag = |name: &str| parameters.get(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    let list = |name: &str| members(parameters.get(name)).collect::<Vec<_>>();
    let (accounts, regions) = (list("TargetAccounts"), list("TargetRegions"));
    let has = |list: &[String], own: &str| list.is_empty() || list.iter().any(|one| one == own);
    let is_target = has(&accounts, &target.systems_account) && has(&regions, &target.region);
    let instances = members(parameters.get("TargetInstances")).filter(|id| id.parse::<InstanceId>().is_ok());
    let instances = joined(&instances.collect::<Vec<_>>());
    let (target_tag_key, target_resource_group) = (text("TargetTagKey"), text("ResourceGroupName"));
    let target_type = match text("TargetType") {
        kind if !kind.is_empty() => kind,
        _ if !target_tag_key.is_empty() => "Tags".to_owned(),
        _ if !instances.is_empty() => "InstanceIds".to_owned(),
        _ if !target_resource_group.is_empty() => "ResourceGroups".to_owned(),
        _ => "*".to_owned(),
    };
    let operation = Some(text("ConfigurationOptionsPatchOperation")).filter(|operation| !operation.is_empty());
    let name = Some(text("PatchPolicyName")).filter(|name| !name.trim().is_empty());
    PatchPolicyRecord {
        configuration_id: id.to_owned(),
        name: name.unwrap_or_else(|| id.to_owned()),
        manager_arn: String::new(),
        // AWS's default.
        operation: operation.unwrap_or_else(|| "Scan".to_owned()),
        scan_schedule: text("ConfigurationOptionsScanValue"),
        scan_waits: flag("ConfigurationOptionsScanNextInterval"),
        install_schedule: text("ConfigurationOptionsInstallValue"),
        install_waits: flag("ConfigurationOptionsInstallNextInterval"),
        reboot_option: text("RebootOption"),
        baselines: baselines(parameters.get("SelectedPatchBaselines").map_or("", String::as_str)),
        target_type,
        target_instances: instances,
        target_tag_key,
        target_tag_value: text("TargetTagValue"),
        target_resource_group,
        target_organizational_units: joined(&list("TargetOrganizationalUnits")),
        target_accounts: joined(&accounts),
        target_regions: joined(&regions),
        is_target,
        status: String::new(),
        modified_at: None,
        change_key: String::new(),
    }
}

fn members(list: Option<&String>) -> impl Iterator<Item = String> {
    list.map_or("", String::as_str).split(LIST).map(|one| clean(one.trim())).filter(|one| !one.is_empty())
}

fn joined(list: &[String]) -> String {
    list.join(",")
}

/// Formats the baselines, one a line: `WINDOWS: name (pb-…)`. They are a text in JSON, by operating system.
fn baselines(json: &str) -> String {
    let Ok(Value::Object(systems)) = serde_json::from_str(json) else { return clean(json) };
    let baseline = |(system, baseline): (&String, &Value)| {
        let text = |member: &str| clean(baseline[member].as_str().unwrap_or_default());
        match (text("label"), text("value")) {
            (label, id) if label.is_empty() => format!("{}: {id}", clean(system)),
            (label, id) => format!("{}: {label} ({id})", clean(system)),
        }
    };
    systems.iter().map(baseline).collect::<Vec<_>>().join(LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        let text = |text: &str| text.to_owned();
        Target {
            account_id: "111122223333".parse().expect("an id"),
            systems_account: text("111122223333"),
            role_arn: text("arn:aws:iam::111122223333:role/muster"),
            external_id: text("x"),
            region: text("eu-west-1"),
            account_regions: vec![text("eu-west-1")],
        }
    }

    fn read(parameters: &[(&str, &str)]) -> PatchPolicyRecord {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        record("a-1", &parameters, &target())
    }

    #[test]
    fn the_kind_of_target_follows_from_what_is_named() {
        for (parameters, kind) in [
            (&[][..], "*"),
            (&[("TargetTagKey", "Stage"), ("TargetTagValue", "prod")], "Tags"),
            (&[("TargetInstances", "i-0123456789abcdef0")], "InstanceIds"),
            (&[("ResourceGroupName", "web")], "ResourceGroups"),
            (&[("TargetType", "*"), ("TargetTagKey", "Stage")], "*"),
        ] {
            assert_eq!(read(parameters).target_type, kind, "{parameters:?}");
        }
    }

    #[test]
    fn a_policy_is_of_the_accounts_and_regions_that_it_names() {
        for (parameters, is_target) in [
            (&[][..], true),
            (&[("TargetRegions", "us-east-1, eu-west-1")], true),
            (&[("TargetRegions", "us-east-1")], false),
            (&[("TargetAccounts", "111122223333")], true),
            (&[("TargetAccounts", "444455556666"), ("TargetRegions", "eu-west-1")], false),
            (&[("TargetOrganizationalUnits", "ou-ab12-11111111")], true),
        ] {
            assert_eq!(read(parameters).is_target, is_target, "{parameters:?}");
        }
    }

    #[test]
    fn texts_are_cleaned_and_lists_are_of_what_they_say() {
        let policy = read(&[
            ("PatchPolicyName", "a\u{202e}b\nc"),
            ("TargetInstances", "i-0123456789abcdef0, nonsense,mi-0123456789abcdef0"),
            ("SelectedPatchBaselines", r#"{"WINDOWS":{"value":"pb-1","label":"x\ny"},"UBUNTU":{"value":"pb-2"}}"#),
        ]);
        assert_eq!(policy.name, "a\u{fffd}b c");
        assert_eq!(policy.target_instances, "i-0123456789abcdef0,mi-0123456789abcdef0");
        assert_eq!(policy.baselines, "UBUNTU: pb-2\nWINDOWS: x y (pb-1)");
        assert_eq!(read(&[("SelectedPatchBaselines", "none\nof it")]).baselines, "none of it");
        assert_eq!(read(&[("PatchPolicyName", " ")]).name, "a-1");
        assert_eq!((read(&[]).operation.as_str(), read(&[]).is_target), ("Scan", true));
    }
}
