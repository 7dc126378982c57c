//! Gets from our own credentials into each systems account, and makes sure that it is the right one.

use super::{calls::CallCounter, error::CollectError, snapshot::Target};
use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig, sts::AssumeRoleProvider, timeout::TimeoutConfig,
};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::{http::SharedHttpClient, identity::SharedIdentityCache};
use std::{
    collections::{HashMap, HashSet},
    error::Error as StdError,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Shows up in the systems account's CloudTrail.
const ROLE_SESSION_NAME: &str = "muster-harvest";
/// The longest session that role chaining allows.
const ROLE_SESSION_LENGTH: Duration = Duration::from_secs(3_600);
/// Tries of one request, the first included.
const ATTEMPTS_MAX: u32 = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(120);

/// Makes clients for systems accounts; keeps each account's session until it runs out.
pub struct Connector {
    base: SdkConfig,
    calls_in: Mutex<Sessions>,
}

/// Assumed roles and the proof, by systems account, that they lead where the roster says.
#[derive(Default)]
struct Sessions {
    credentials: HashMap<String, SharedCredentialsProvider>,
    verified: HashSet<String>,
}

/// SSM in one systems account and Region.
#[derive(Clone)]
pub struct SystemsAccount {
    pub ssm: aws_sdk_ssm::Client,
    pub calls: CallCounter,
}

impl Connector {
    /// Takes credentials, endpoints and proxies from where every AWS tool takes them.
    pub async fn from_environment() -> Self {
        let base = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https_client())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .timeout_config(timeouts())
            .load()
            .await;
        Self::new(base)
    }

    /// For a given endpoint and given credentials: the simulator's.
    pub async fn to_endpoint(url: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        let credentials =
            aws_credential_types::Credentials::new(access_key_id, secret_access_key, None, None, "simulated AWS");
        let base = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https_client())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .timeout_config(timeouts())
            .region(Region::new("us-east-1"))
            .credentials_provider(credentials)
            .endpoint_url(url)
            .load()
            .await;
        Self::new(base)
    }

    fn new(base: SdkConfig) -> Self {
        Self { base, calls_in: Mutex::default() }
    }

    /// Assumes the target's role and checks where it landed. The calls that this costs are in the client's counter.
    pub async fn connect(&self, target: &Target) -> Result<SystemsAccount, CollectError> {
        let calls = CallCounter::default();
        let credentials = self.credentials(target).await;
        let config = self
            .base
            .to_builder()
            .region(Region::new(target.region.clone()))
            .credentials_provider(credentials.clone())
            // The provider remembers its own session; a second cache in front of it would keep what it has dropped.
            .identity_cache(SharedIdentityCache::new(aws_config::identity::IdentityCache::lazy().build()))
            .build();
        if let Err(error) = credentials.provide_credentials().await {
            self.forget(target);
            return Err(assume_role_error(&error));
        }
        let verified = self.sessions().verified.contains(&target.systems_account);
        if !verified {
            let result = verify_account(&config, target, calls.clone()).await;
            if result.is_err() {
                self.forget(target);
            }
            result?;
            self.sessions().verified.insert(target.systems_account.clone());
        }
        let ssm = aws_sdk_ssm::config::Builder::from(&config).interceptor(calls.clone()).build();
        Ok(SystemsAccount { ssm: aws_sdk_ssm::Client::from_conf(ssm), calls })
    }

    async fn credentials(&self, target: &Target) -> SharedCredentialsProvider {
        let known = self.sessions().credentials.get(&target.systems_account).cloned();
        if let Some(known) = known {
            return known;
        }
        let provider = AssumeRoleProvider::builder(&target.role_arn)
            .session_name(ROLE_SESSION_NAME)
            .session_length(ROLE_SESSION_LENGTH)
            .external_id(&target.external_id)
            .region(Region::new(target.region.clone()))
            .configure(&self.base)
            .build()
            .await;
        let provider = SharedCredentialsProvider::new(provider);
        self.sessions().credentials.insert(target.systems_account.clone(), provider.clone());
        provider
    }

    /// Makes the next harvest assume the role anew.
    pub fn forget(&self, target: &Target) {
        let mut sessions = self.sessions();
        sessions.credentials.remove(&target.systems_account);
        sessions.verified.remove(&target.systems_account);
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.calls_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A swapped ARN in the roster must not put one customer's machines under another's name.
async fn verify_account(config: &SdkConfig, target: &Target, calls: CallCounter) -> Result<(), CollectError> {
    let sts = aws_sdk_sts::config::Builder::from(config).interceptor(calls).build();
    let identity = aws_sdk_sts::Client::from_conf(sts)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| CollectError::from_sdk("GetCallerIdentity", &error))?;
    match identity.account() {
        Some(account) if account == target.systems_account => Ok(()),
        landed => Err(CollectError::wrong_account(&target.systems_account, landed.unwrap_or("unknown"))),
    }
}

/// The provider wraps STS's own answer, which says more than the wrapper does.
fn assume_role_error(error: &aws_credential_types::provider::error::CredentialsError) -> CollectError {
    use aws_sdk_sts::{error::SdkError, operation::assume_role::AssumeRoleError};
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(sdk) = current.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return CollectError::from_sdk("AssumeRole", sdk);
        }
        cause = current.source();
    }
    CollectError::no_credentials("AssumeRole", error)
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
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https()
}
