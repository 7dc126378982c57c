//! Patch baselines of created accounts, and the patch groups that they are registered for.

use super::*;

const LIMITS: Limits = Limits::new(1, 100, 50);
const BASELINES_MAX: usize = 50;
const GROUPS_PER_BASELINE_MAX: usize = 25;
const RULES_MAX: usize = 10;
const APPROVE_AFTER_DAYS_MAX: u64 = 360;
/// The operating systems without an approval delay.
const WITHOUT_DELAY: [&str; 2] = ["DEBIAN", "UBUNTU"];
const OPERATING_SYSTEMS: &[&str] = &[
    "WINDOWS",
    "AMAZON_LINUX",
    "AMAZON_LINUX_2",
    "AMAZON_LINUX_2022",
    "AMAZON_LINUX_2023",
    "UBUNTU",
    "REDHAT_ENTERPRISE_LINUX",
    "SUSE",
    "CENTOS",
    "ORACLE_LINUX",
    "DEBIAN",
    "MACOS",
    "RASPBIAN",
    "ROCKY_LINUX",
    "ALMA_LINUX",
];

pub(super) fn create(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let name = text(&call.input, "Name", 3..=128)?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !name.chars().all(is_allowed) {
        return Err(ApiError::pattern("name", &name, "^[a-zA-Z0-9_\\-.]{3,128}$"));
    }
    let operating_system = choice(&call.input, "OperatingSystem", OPERATING_SYSTEMS, "WINDOWS")?;
    let rules = call.input["ApprovalRules"]["PatchRules"].as_array().cloned().unwrap_or_default();
    ApiError::length("approvalRules.patchRules", rules.len(), 0..=RULES_MAX)?;
    for rule in &rules {
        let has_delay = !rule["ApproveAfterDays"].is_null() || !rule["ApproveUntilDate"].is_null();
        if WITHOUT_DELAY.contains(&&*operating_system) {
            validate(!has_delay, "ApproveAfterDays is not supported for Debian Server or Ubuntu Server.")?;
        } else {
            validate(has_delay, "A patch rule must have either ApproveAfterDays or ApproveUntilDate.")?;
        }
        number(rule, "ApproveAfterDays", 0..=APPROVE_AFTER_DAYS_MAX, Some(0))?;
    }
    let earlier = by_client_token(&call.site.baselines, &call.input)?;
    let id = match earlier {
        Some(id) => id,
        None => {
            limit(call.site.baselines.len(), BASELINES_MAX)?;
            let scope = call.scope();
            let id = format!("pb-{}", call.site.next_hex("baseline", &scope));
            call.site.baselines.push(Resource { id: id.clone(), body: call.input.clone() });
            id
        }
    };
    to_json(&json!({ "BaselineId": id }))
}

fn operating_system(baseline: &Resource) -> &str {
    baseline.body["OperatingSystem"].as_str().unwrap_or("WINDOWS")
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let filters = filters(&call.input, "Key", "Values");
    let accepts = |baseline: &&Resource| {
        filters.iter().all(|(key, values)| match key.as_str() {
            "NAME_PREFIX" => values.iter().any(|prefix| optional_text(&baseline.body, "Name").starts_with(prefix)),
            "OWNER" => values.iter().any(|owner| owner == "Self"),
            _ => values.iter().any(|wanted| wanted == operating_system(baseline)),
        })
    };
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let found: Vec<&Resource> = call.site.baselines.iter().filter(accepts).collect();
    let defaults = &call.site.defaults;
    pager.respond("BaselineIdentities", "", &found, |baseline| {
        identity(baseline, defaults.get(operating_system(baseline)))
    })
}

fn identity(baseline: &Resource, default: Option<&String>) -> Value {
    json!({
        "BaselineId": baseline.id,
        "BaselineName": baseline.body["Name"],
        "OperatingSystem": operating_system(baseline),
        "BaselineDescription": optional_text(&baseline.body, "Description"),
        "DefaultBaseline": default == Some(&baseline.id),
    })
}

fn find<'a>(call: &'a Call<'_>) -> Result<&'a Resource, ApiError> {
    let id = text(&call.input, "BaselineId", 20..=128)?;
    call.site.baselines.iter().find(|one| one.id == id).ok_or_else(|| does_not_exist("Patch baseline", &id))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let baseline = find(call)?;
    let groups = call.site.groups.iter().filter(|(_, _, id)| *id == baseline.id).map(|(group, ..)| group);
    let mut output = json!({
        "BaselineId": baseline.id,
        "OperatingSystem": operating_system(baseline),
        "PatchGroups": groups.collect::<Vec<_>>(),
    });
    for member in [
        "Name",
        "Description",
        "GlobalFilters",
        "ApprovalRules",
        "ApprovedPatches",
        "ApprovedPatchesEnableNonSecurity",
        "RejectedPatches",
        "Sources",
    ] {
        if !baseline.body[member].is_null() {
            output[member] = baseline.body[member].clone();
        }
    }
    to_json(&output)
}

pub(super) fn register_default(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let baseline = find(call)?;
    let (id, system) = (baseline.id.clone(), operating_system(baseline).to_owned());
    call.site.defaults.insert(system, id.clone());
    to_json(&json!({ "BaselineId": id }))
}

pub(super) fn register_group(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let group = text(&call.input, "PatchGroup", 1..=256)?;
    let baseline = find(call)?;
    let (id, system) = (baseline.id.clone(), operating_system(baseline).to_owned());
    if call.site.groups.iter().any(|(name, of, _)| *name == group && *of == system) {
        let message = format!("Patch Group baseline already registered for patch group {group} and {system}.");
        return Err(ApiError::ssm("AlreadyExistsException", &message));
    }
    limit(call.site.groups.iter().filter(|(_, _, of)| *of == id).count(), GROUPS_PER_BASELINE_MAX)?;
    call.site.groups.push((group.clone(), system, id.clone()));
    to_json(&json!({ "BaselineId": id, "PatchGroup": group }))
}

pub(super) fn describe_groups(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let site = &*call.site;
    let baseline = |id: &String| site.baselines.iter().find(|one| one.id == *id);
    let found: Vec<(&String, &Resource)> =
        site.groups.iter().filter_map(|(group, _, id)| Some((group, baseline(id)?))).collect();
    pager.respond(
        "Mappings",
        "",
        &found,
        |(group, baseline)| json!({ "PatchGroup": group, "BaselineIdentity": identity(baseline, None) }),
    )
}
