//! Opens sessions in systems accounts with our own credentials, and checks that each is the expected account.

use super::{
    calls::CallCounter,
    error::{ASSUME_ROLE, CollectError, GET_CALLER_IDENTITY},
    instance_properties::Support,
    rate_limit::{RateLimiter, RateLimits},
    remembered::Remembered,
    repair::repairing,
};
use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig, identity::IdentityCache, retry::RetryConfig,
    sts::AssumeRoleProvider, timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use muster_core::{clock::wall_clock, partition::Partition, snapshot::Target};
use parking_lot::Mutex;
use std::{collections::HashMap, error::Error as StdError, time::Duration};

/// The session's name of a harvest in the systems account's CloudTrail.
const ROLE_SESSION_NAME: &str = "muster-harvest";
/// The longest session that role chaining allows.
const ROLE_SESSION_LENGTH: Duration = Duration::from_secs(3_600);
/// Minimum remaining session lifetime to start a harvest.
const SESSION_LIFETIME_MIN: Duration = Duration::from_secs(600);
/// Attempts of one request to STS, the first included. Module `account` retries requests to Systems Manager, because it
/// limits their rate, and sessions that STS throttles for longer than these attempts.
const STS_ATTEMPTS_MAX: u32 = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(120);

/// The clients of one session.
#[derive(Clone)]
pub struct Clients {
    pub ssm: aws_sdk_ssm::Client,
    pub quick_setup: aws_sdk_ssmquicksetup::Client,
}

/// Creates clients for systems accounts, and keeps each account's session until shortly before it expires.
pub struct Connector {
    base: SdkConfig,
    /// The name of its sessions in the systems accounts' CloudTrail.
    session_name: &'static str,
    pub(super) rate_limiter: RateLimiter,
    /// Sessions that were checked to be of the account that the roster names.
    sessions: Mutex<HashMap<SessionKey, Credentials>>,
    pub(super) properties_support: Remembered<Support>,
    /// Regions in which AWS has no summary of the account's nodes.
    pub(super) has_no_nodes: Remembered<()>,
}

impl Connector {
    /// Takes credentials, endpoints and proxies from the environment, like every AWS tool.
    pub async fn from_environment(limits: RateLimits) -> Self {
        Self::new(defaults(limits).load().await, limits)
    }

    /// Uses a given endpoint and given credentials: the simulator's.
    pub async fn to_endpoint(url: &str, access_key_id: &str, secret_access_key: &str, limits: RateLimits) -> Self {
        let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "simulated AWS");
        let base =
            defaults(limits).region(Region::new("us-east-1")).credentials_provider(credentials).endpoint_url(url);
        Self::new(base.load().await, limits)
    }

    fn new(base: SdkConfig, limits: RateLimits) -> Self {
        Self {
            base,
            session_name: ROLE_SESSION_NAME,
            rate_limiter: RateLimiter::new(limits),
            sessions: Mutex::default(),
            properties_support: Remembered::default(),
            has_no_nodes: Remembered::default(),
        }
    }

    /// Creates clients for the target, with a session that was checked to be of the account that the roster names.
    pub async fn connect(&self, target: &Target, calls: &CallCounter) -> Result<Clients, CollectError> {
        let config = match self.session(target) {
            Some(session) => self.config(target, session),
            None => {
                let session = self.assume_role(target, Some(&target.external_id), None, calls).await?;
                let config = self.config(target, session.clone());
                self.verify_account(&config, target, calls).await?;
                self.sessions.lock().insert(session_key(target), session);
                config
            }
        };
        let ssm = aws_sdk_ssm::config::Builder::from(&config)
            .retry_config(RetryConfig::disabled())
            .interceptor(calls.clone())
            .build();
        let quick_setup = aws_sdk_ssmquicksetup::config::Builder::from(&config)
            .retry_config(RetryConfig::disabled())
            .interceptor(calls.clone())
            .build();
        Ok(Clients {
            ssm: aws_sdk_ssm::Client::from_conf(ssm),
            quick_setup: aws_sdk_ssmquicksetup::Client::from_conf(quick_setup),
        })
    }

    /// Makes the next harvest assume the role again.
    pub fn forget(&self, target: &Target) {
        self.sessions.lock().remove(&session_key(target));
    }

    /// Returns the session of an earlier harvest, if it lasts for another one.
    fn session(&self, target: &Target) -> Option<Credentials> {
        let valid_until = wall_clock() + SESSION_LIFETIME_MIN;
        let lasts = |session: &Credentials| session.expiry().is_none_or(|expiry| expiry > valid_until);
        self.sessions.lock().get(&session_key(target)).filter(|session| lasts(session)).cloned()
    }

    /// Assumes the target's role with the given ExternalId, or with none. A policy narrows the session to what both allow.
    pub(super) async fn assume_role(
        &self,
        target: &Target,
        external_id: Option<&str>,
        policy: Option<&str>,
        calls: &CallCounter,
    ) -> Result<Credentials, CollectError> {
        calls.count(ASSUME_ROLE);
        let mut role = AssumeRoleProvider::builder(&target.role_arn)
            .session_name(self.session_name)
            .session_length(ROLE_SESSION_LENGTH)
            .region(Region::new(target.region.clone()))
            .configure(&self.base);
        if let Some(external_id) = external_id {
            role = role.external_id(external_id);
        }
        if let Some(policy) = policy {
            role = role.policy(policy);
        }
        let provider = role.build().await;
        provider.provide_credentials().await.map_err(|error| assume_role_error(&error).in_region(&target.region))
    }

    /// Checks the session's account: a swapped ARN in the roster must not show one customer's instances to another.
    pub(super) async fn verify_account(
        &self,
        config: &SdkConfig,
        target: &Target,
        calls: &CallCounter,
    ) -> Result<(), CollectError> {
        let sts = aws_sdk_sts::config::Builder::from(config).interceptor(calls.clone()).build();
        let identity = aws_sdk_sts::Client::from_conf(sts)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| CollectError::from_sdk(GET_CALLER_IDENTITY, &error).in_region(&target.region))?;
        match identity.account() {
            Some(account) if account == target.systems_account => Ok(()),
            other => Err(CollectError::wrong_account(&target.systems_account, other.unwrap_or("unknown"))),
        }
    }

    /// Returns the same connector in another Region of its own: the one of the process's credentials.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        self.base = self.own_config(region);
        self
    }

    /// Returns the same connector with another name for its sessions, so that CloudTrail tells what they were for.
    #[must_use]
    pub fn with_session_name(mut self, session_name: &'static str) -> Self {
        self.session_name = session_name;
        self
    }

    /// Assumes the target's role, checks its account, and returns the configuration of clients with that session. It is not
    /// kept for the next caller, and retries are the SDK's.
    pub async fn assumed_config(
        &self,
        target: &Target,
        external_id: Option<&str>,
        policy: Option<&str>,
        calls: &CallCounter,
    ) -> Result<SdkConfig, CollectError> {
        let session = self.assume_role(target, external_id, policy, calls).await?;
        let config = self.config(target, session);
        self.verify_account(&config, target, calls).await?;
        Ok(config)
    }

    /// Returns the configuration of clients with the process's own credentials.
    pub(super) fn own_config(&self, region: &str) -> SdkConfig {
        self.base.to_builder().region(Region::new(region.to_owned())).build()
    }

    /// Returns the partition of the process's own Region, and that of AWS's public Regions if it has none.
    pub fn partition(&self) -> Partition {
        Partition::of_region(self.base.region().map(AsRef::as_ref).unwrap_or_default())
    }

    /// Creates a client for AWS Organizations, with the process's own credentials.
    pub fn organizations(&self, partition: Partition, calls: &CallCounter) -> aws_sdk_organizations::Client {
        // Organizations has one endpoint in each partition.
        let base = self.own_config(partition.organizations_region);
        let config = aws_sdk_organizations::config::Builder::from(&base).interceptor(calls.clone()).build();
        aws_sdk_organizations::Client::from_conf(config)
    }

    pub(super) fn config(&self, target: &Target, session: Credentials) -> SdkConfig {
        self.base
            .to_builder()
            .region(Region::new(target.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(session))
            .identity_cache(IdentityCache::no_cache())
            .build()
    }
}

/// The role, the ExternalId and the Region: a changed ExternalId must not use an earlier session, and what a Region that is
/// not enabled answers must not depend on which Region was first.
type SessionKey = (String, String, String);

fn session_key(target: &Target) -> SessionKey {
    (target.role_arn.clone(), target.external_id.clone(), target.region.clone())
}

/// Unwraps STS's own error, which says more than the provider's.
fn assume_role_error(error: &aws_credential_types::provider::error::CredentialsError) -> CollectError {
    use aws_sdk_sts::{error::SdkError, operation::assume_role::AssumeRoleError};
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(sdk) = current.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return CollectError::from_sdk(ASSUME_ROLE, sdk);
        }
        cause = current.source();
    }
    CollectError::no_credentials(ASSUME_ROLE, error)
}

fn defaults(limits: RateLimits) -> ConfigLoader {
    let retries = RetryConfig::standard()
        .with_max_attempts(STS_ATTEMPTS_MAX)
        .with_initial_backoff(limits.throttled_backoff)
        .with_max_backoff(limits.throttled_backoff * RateLimits::BACKOFF_FACTOR_MAX);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https_client())
        .retry_config(retries)
        .timeout_config(timeouts)
}

/// Creates the client whose connection pool all accounts share.
fn https_client() -> SharedHttpClient {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    repairing(aws_smithy_http_client::Builder::new().tls_provider(tls).build_https())
}
