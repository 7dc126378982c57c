//! Sessions with which an account is set up, and the clients that have them.

use crate::request::{AccountRequest, Creation};
use aws_config::{Region, SdkConfig};
use muster_collect::{calls::CallCounter, client::Connector, error::CollectError};
use muster_core::snapshot::Target;
use muster_model::harvest::ErrorClass;
use std::time::Duration;

/// A role of a new account can be assumed some seconds after the account was created.
const ASSUME_ATTEMPTS_MAX: u32 = 6;
/// The name of sessions in CloudTrail.
pub(crate) const SESSION_NAME: &str = "muster-provision";

/// The administrator's session in one systems account.
pub struct Access {
    config: SdkConfig,
}

impl Access {
    /// Assumes the role that sets the account up, and checks that it is in the expected account. `policy` narrows the session.
    pub async fn open(
        connector: &Connector,
        request: &AccountRequest,
        creation: &Creation,
        systems_account: &str,
        policy: Option<&str>,
        wait: Duration,
    ) -> Result<Self, CollectError> {
        let partition = connector.partition();
        let (role_arn, external_id) = match &request.existing {
            Some(existing) => (existing.setup_role_arn.clone(), Some(existing.external_id.clone())),
            None => (format!("arn:{}:iam::{systems_account}:role/{}", partition.name, creation.admin_role), None),
        };
        let target = Target {
            account_id: request.account_id.clone(),
            systems_account: systems_account.to_owned(),
            role_arn,
            external_id: external_id.clone().unwrap_or_default(),
            region: request.regions.first().cloned().unwrap_or_else(|| partition.organizations_region.to_owned()),
            account_regions: request.regions.clone(),
        };
        let calls = CallCounter::default();
        let mut attempt = 1;
        loop {
            match connector.assumed_config(&target, external_id.as_deref(), policy, &calls).await {
                Ok(config) => return Ok(Self { config }),
                Err(error) if error.class != ErrorClass::Credentials || attempt >= ASSUME_ATTEMPTS_MAX => {
                    return Err(error);
                }
                Err(_) => tokio::time::sleep(wait).await,
            }
            attempt += 1;
        }
    }

    pub fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.config)
    }

    pub fn ssm(&self, region: &str) -> aws_sdk_ssm::Client {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        aws_sdk_ssm::Client::new(&config)
    }
}
