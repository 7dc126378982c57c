//! Gets from our own credentials into each systems account, and makes sure that it is the right one.

use super::{
    calls::CallCounter,
    error::ASSUME_ROLE,
    pace::{Pace, Pacing},
    repair::repairing,
};
use crate::error::from_sdk;
use aws_config::{
    BehaviorVersion, Region, SdkConfig, identity::IdentityCache, retry::RetryConfig, sts::AssumeRoleProvider,
    timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use muster_core::clock::wall_clock;
use muster_core::error::GET_CALLER_IDENTITY;
use muster_core::{error::CollectError, snapshot::Target};
use std::{
    collections::HashMap,
    error::Error as StdError,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Shows up in the systems account's CloudTrail.
const ROLE_SESSION_NAME: &str = "muster-harvest";
/// The longest session that role chaining allows.
const ROLE_SESSION_LENGTH: Duration = Duration::from_secs(3_600);
/// A session with less than this left is not begun a harvest with.
const SESSION_RESERVE: Duration = Duration::from_secs(600);
/// Tries of one request to STS, the first included. Requests to Systems Manager are tried again by `account`, which
/// knows their pace, and so is the way into an account when STS throttles for longer than these.
const STS_ATTEMPTS_MAX: u32 = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(120);

/// Makes clients for systems accounts; keeps each account's session until shortly before it runs out.
pub struct Connector {
    base: SdkConfig,
    pub(super) pace: Pace,
    /// Sessions that were found to lead where the roster says, by role.
    sessions: Mutex<HashMap<SessionKey, Credentials>>,
}

impl Connector {
    /// Takes credentials, endpoints and proxies from where every AWS tool takes them.
    pub async fn from_environment(pacing: Pacing) -> Self {
        let base = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https_client())
            .retry_config(sts_retries(pacing))
            .timeout_config(timeouts())
            .load()
            .await;
        Self::new(base, pacing)
    }

    /// For a given endpoint and given credentials: the simulator's.
    pub async fn to_endpoint(url: &str, access_key_id: &str, secret_access_key: &str, pacing: Pacing) -> Self {
        let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "simulated AWS");
        let base = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https_client())
            .retry_config(sts_retries(pacing))
            .timeout_config(timeouts())
            .region(Region::new("us-east-1"))
            .credentials_provider(credentials)
            .endpoint_url(url)
            .load()
            .await;
        Self::new(base, pacing)
    }

    fn new(base: SdkConfig, pacing: Pacing) -> Self {
        Self { base, pace: Pace::new(pacing), sessions: Mutex::default() }
    }

    /// A client for the target, in a session that was checked to be of the account that the roster names.
    pub async fn connect(&self, target: &Target, calls: &CallCounter) -> Result<aws_sdk_ssm::Client, CollectError> {
        let config = match self.session(target) {
            Some(session) => self.config(target, session),
            None => {
                let session = self.assume_role(target, Some(&target.external_id), calls).await?;
                let config = self.config(target, session.clone());
                self.verify_account(&config, target, calls).await?;
                self.sessions().insert(session_key(target), session);
                config
            }
        };
        let ssm = aws_sdk_ssm::config::Builder::from(&config)
            .retry_config(RetryConfig::disabled())
            .interceptor(calls.clone())
            .build();
        Ok(aws_sdk_ssm::Client::from_conf(ssm))
    }

    /// Makes the next harvest assume the role anew.
    pub fn forget(&self, target: &Target) {
        self.sessions().remove(&session_key(target));
    }

    /// The session of an earlier harvest, if it will last for another one.
    fn session(&self, target: &Target) -> Option<Credentials> {
        let good_until = wall_clock() + SESSION_RESERVE;
        let lasts = |session: &Credentials| session.expiry().is_none_or(|expiry| expiry > good_until);
        self.sessions().get(&session_key(target)).filter(|session| lasts(session)).cloned()
    }

    /// Assumes the target's role with the given ExternalId, or with none at all.
    pub(super) async fn assume_role(
        &self,
        target: &Target,
        external_id: Option<&str>,
        calls: &CallCounter,
    ) -> Result<Credentials, CollectError> {
        calls.count(ASSUME_ROLE);
        let mut role = AssumeRoleProvider::builder(&target.role_arn)
            .session_name(ROLE_SESSION_NAME)
            .session_length(ROLE_SESSION_LENGTH)
            .region(Region::new(target.region.clone()))
            .configure(&self.base);
        if let Some(external_id) = external_id {
            role = role.external_id(external_id);
        }
        let provider = role.build().await;
        provider.provide_credentials().await.map_err(|error| assume_role_error(&error))
    }

    /// A swapped ARN in the roster must not put one customer's machines under another's name.
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
            .map_err(|error| from_sdk(GET_CALLER_IDENTITY, &error))?;
        match identity.account() {
            Some(account) if account == target.systems_account => Ok(()),
            landed => Err(CollectError::wrong_account(&target.systems_account, landed.unwrap_or("unknown"))),
        }
    }

    /// A client for the organization, with the credentials that the process itself has.
    pub(super) fn organizations(&self, calls: &CallCounter) -> aws_sdk_organizations::Client {
        // Organizations has one endpoint for the world.
        let base = self.base.to_builder().region(Region::new("us-east-1")).build();
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

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<SessionKey, Credentials>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A role, and the ExternalId that it was assumed by: whoever has another one is not let in by an earlier session.
type SessionKey = (String, String);

fn session_key(target: &Target) -> SessionKey {
    (target.role_arn.clone(), target.external_id.clone())
}

/// The provider wraps STS's own answer, which says more than the wrapper does.
fn assume_role_error(error: &aws_credential_types::provider::error::CredentialsError) -> CollectError {
    use aws_sdk_sts::{error::SdkError, operation::assume_role::AssumeRoleError};
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(sdk) = current.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return from_sdk(ASSUME_ROLE, sdk);
        }
        cause = current.source();
    }
    CollectError::no_credentials(ASSUME_ROLE, error)
}

fn sts_retries(pacing: Pacing) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(STS_ATTEMPTS_MAX)
        .with_initial_backoff(pacing.throttled_pause)
        .with_max_backoff(pacing.throttled_pause * Pacing::PAUSES_MAX)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// One connection pool for all accounts.
fn https_client() -> SharedHttpClient {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    repairing(aws_smithy_http_client::Builder::new().tls_provider(tls).build_https())
}
