//! GetServiceSetting: only the tier of hybrid nodes, which is the standard one.

use super::*;

const ACTIVATION_TIER: &str = "/ssm/managed-instance/activation-tier";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    setting_id: Option<String>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let setting_id = input.setting_id.ok_or_else(|| ApiError::required("settingId"))?;
    // The identifier, or the ARN that ends with it.
    if !setting_id.ends_with(ACTIVATION_TIER) {
        return Err(ApiError::ssm("ServiceSettingNotFound", ""));
    }
    let (region, account) = (context.target.region, context.target.systems_account);
    to_json(&json!({ "ServiceSetting": {
        "SettingId": ACTIVATION_TIER,
        "SettingValue": "standard",
        "LastModifiedDate": Epoch(context.now),
        "LastModifiedUser": "System",
        "ARN": format!("arn:aws:ssm:{region}:{account}:servicesetting{ACTIVATION_TIER}"),
        "Status": "Default",
    } }))
}
