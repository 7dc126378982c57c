//! Service settings of created accounts.

use super::*;

const ACTIVATION_TIER: &str = "/ssm/managed-instance/activation-tier";
const HOST_MANAGEMENT_ROLE: &str = "/ssm/managed-instance/default-ec2-instance-management-role";
/// What AWS answers for a host management role that nobody has set.
const NO_ROLE: &str = "$None";

/// The known setting, which the request names by its id or its ARN.
fn setting_id(input: &Value) -> Result<&'static str, ApiError> {
    let id = text(input, "SettingId", 1..=1_000)?;
    [ACTIVATION_TIER, HOST_MANAGEMENT_ROLE]
        .into_iter()
        .find(|known| id.ends_with(known))
        .ok_or_else(|| ApiError::ssm("ServiceSettingNotFound", ""))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let id = setting_id(&call.input)?;
    let value = text(&call.input, "SettingValue", 1..=4_096)?;
    if id == ACTIVATION_TIER {
        validate(matches!(&*value, "standard" | "advanced"), "The value of the setting is not valid.")?;
    } else {
        let name = value.rsplit('/').next().unwrap_or_default();
        validate(call.roles.contains_key(name), &format!("Not existing role: {value}"))?;
    }
    call.site.settings.insert(id.to_owned(), value);
    to_json(&json!({}))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let id = setting_id(&call.input)?;
    let set = call.site.settings.get(id);
    let default = if id == ACTIVATION_TIER { "standard" } else { NO_ROLE };
    let (region, account) = (call.context.target.region, call.context.target.systems_account);
    to_json(&json!({ "ServiceSetting": {
        "SettingId": id,
        "SettingValue": set.map_or(default, String::as_str),
        "ARN": format!("arn:aws:ssm:{region}:{account}:servicesetting{id}"),
        "Status": if set.is_some() { "Customized" } else { "Default" },
    } }))
}
