//! `GetServiceSetting`: the tier of hybrid instances. In the standard tier an account has 1,000 of them in a Region, and
//! Microsoft's applications on them are not patched.

use super::{account::SystemsAccount, error::CollectError, text::clean};
use muster_core::reference_data::ServiceSettingRecord;

pub const OPERATION: &str = "GetServiceSetting";
pub const ACTIVATION_TIER: &str = "/ssm/managed-instance/activation-tier";

pub async fn collect(account: &SystemsAccount<'_>) -> Result<ServiceSettingRecord, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client| ssm.get_service_setting().setting_id(ACTIVATION_TIER).send();
    let answer = account.send(OPERATION, send).await?;
    let setting =
        answer.service_setting().ok_or_else(|| CollectError::schema(OPERATION, "the answer has no setting"))?;
    Ok(ServiceSettingRecord { setting_id: ACTIVATION_TIER.to_owned(), value: clean(setting.setting_value()) })
}
