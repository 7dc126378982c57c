//! One systems account and Region during one pull: every request goes through [`SystemsAccount::send`], or its like for another
//! service, which limits its rate, retries it where that helps, and ends it at the account's deadline.

use super::{
    calls::CallCounter,
    client::{Clients, Connector},
    error::{ASSUME_ROLE, CollectError},
    instance_properties::Support,
    rate_limit::{TargetRateLimiter, backoff},
};
use aws_sdk_ssm::Client;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use muster_core::snapshot::Target;
use muster_model::harvest::ErrorClass;
use std::{error::Error as StdError, future::Future, sync::Arc};
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};

/// Requests in flight at the same time in one account and Region. More would only reach its limits sooner.
const CALLS_IN_FLIGHT_MAX: usize = 2;
/// Attempts of a request that fails by the server or the network, the first included.
const FAULT_ATTEMPTS_MAX: u32 = 4;
/// Attempts of a request that is throttled. The account's deadline usually comes first.
const THROTTLED_ATTEMPTS_MAX: u32 = 30;
/// Attempts of a request that was signed with the wrong time. The second succeeds, unless an answer from before a jump of
/// the clock has arrived meanwhile.
const SKEWED_ATTEMPTS_MAX: u32 = 4;
/// Sessions after the first in one pull: one that expires is renewed, one that is refused again is not.
const RENEWALS_MAX: u32 = 2;

/// SSM in one systems account and Region.
pub struct SystemsAccount<'a> {
    connector: &'a Connector,
    target: &'a Target,
    calls: &'a CallCounter,
    session: Mutex<Session>,
    rate_limiter: Arc<TargetRateLimiter>,
    in_flight: Semaphore,
    deadline: Instant,
}

struct Session {
    clients: Clients,
    renewals: u32,
    /// Why the last renewal failed. It is not repeated with each request.
    renewal_error: Option<CollectError>,
}

/// The failed attempts of one request.
#[derive(Default)]
struct Failures {
    faults: u32,
    throttled: u32,
    skewed: u32,
}

impl<'a> SystemsAccount<'a> {
    /// Opens a session in the account. Fails when the role cannot be assumed or belongs to another account.
    pub async fn enter(
        connector: &'a Connector,
        target: &'a Target,
        calls: &'a CallCounter,
        deadline: Instant,
    ) -> Result<Self, CollectError> {
        let clients = open(connector, target, calls, deadline).await?;
        Ok(Self {
            connector,
            target,
            calls,
            session: Mutex::new(Session { clients, renewals: 0, renewal_error: None }),
            rate_limiter: connector.rate_limiter.target(target),
            in_flight: Semaphore::new(CALLS_IN_FLIGHT_MAX),
            deadline,
        })
    }

    /// How the Region is known to answer `DescribeInstanceProperties`.
    pub fn properties_support(&self) -> Option<Support> {
        self.connector.properties_support.get(self.target)
    }

    pub fn remember_properties_support(&self, support: Support) {
        self.connector.properties_support.set(self.target, support);
    }

    pub fn target(&self) -> &Target {
        self.target
    }

    /// Whether this is the Region that is asked for the nodes of the whole account.
    pub fn is_asked_for_nodes(&self) -> bool {
        let (known, target) = (&self.connector.has_no_nodes, self.target);
        let mut earlier = target.account_regions.iter().take_while(|region| **region != target.region);
        known.get(target).is_none() && earlier.all(|region| known.has(target, region))
    }

    pub fn has_one_region(&self) -> bool {
        self.target.account_regions.len() <= 1
    }

    pub fn remember_no_nodes(&self) {
        self.connector.has_no_nodes.set(self.target, ());
    }

    /// Waits for something else than an answer, but not beyond the deadline.
    pub async fn wait<T>(&self, operation: &'static str, work: impl Future<Output = T>) -> Result<T, CollectError> {
        let result = tokio::time::timeout_at(self.deadline, work).await;
        result.map_err(|_| CollectError::timed_out(operation, None))
    }

    /// Sends one request to Systems Manager until it succeeds, fails for good, or reaches the deadline.
    pub async fn send<Output, Refusal, Sent>(
        &self,
        operation: &'static str,
        send: impl Fn(Client) -> Sent,
    ) -> Result<Output, CollectError>
    where
        Sent: Future<Output = Result<Output, SdkError<Refusal, HttpResponse>>>,
        Refusal: ProvideErrorMetadata + StdError + 'static,
    {
        // On the heap, as every operation waits for it and each layer would enlarge their futures.
        Box::pin(self.send_by(operation, |clients| send(clients.ssm), |error| error)).await
    }

    /// Sends one request to Quick Setup, which not every Region has.
    pub async fn send_to_quick_setup<Output, Refusal, Sent>(
        &self,
        operation: &'static str,
        send: impl Fn(aws_sdk_ssmquicksetup::Client) -> Sent,
    ) -> Result<Output, CollectError>
    where
        Sent: Future<Output = Result<Output, SdkError<Refusal, HttpResponse>>>,
        Refusal: ProvideErrorMetadata + StdError + 'static,
    {
        let classified = |error: CollectError| error.of_service_in("Quick Setup", &self.target.region);
        Box::pin(self.send_by(operation, |clients| send(clients.quick_setup), classified)).await
    }

    async fn send_by<Output, Refusal, Sent>(
        &self,
        operation: &'static str,
        send: impl Fn(Clients) -> Sent,
        classified: impl Fn(CollectError) -> CollectError,
    ) -> Result<Output, CollectError>
    where
        Sent: Future<Output = Result<Output, SdkError<Refusal, HttpResponse>>>,
        Refusal: ProvideErrorMetadata + StdError + 'static,
    {
        let mut failures = Failures::default();
        let mut last = None;
        loop {
            let send_at = self.rate_limiter.reserve(operation);
            if send_at >= self.deadline {
                return Err(CollectError::timed_out(operation, last.as_ref()));
            }
            tokio::time::sleep_until(send_at).await;
            let (clients, renewals) = {
                let session = self.session.lock().await;
                (session.clients.clone(), session.renewals)
            };
            // On the heap: the SDK's futures are large, and a pull has a dozen of them in flight.
            let sent = Box::pin(async {
                // The semaphore is never closed.
                let _permit = self.in_flight.acquire().await;
                send(clients).await
            });
            let error = match tokio::time::timeout_at(self.deadline, sent).await {
                Ok(Ok(output)) => {
                    self.rate_limiter.succeeded(operation);
                    return Ok(output);
                }
                Ok(Err(error)) => classified(CollectError::from_sdk(operation, &error)).in_region(&self.target.region),
                Err(_) => return Err(CollectError::timed_out(operation, last.as_ref())),
            };
            if !self.is_worth_retrying(&error, &mut failures, renewals).await? {
                return Err(error);
            }
            last = Some(error);
        }
    }

    /// Returns whether to send the request again, after waiting or renewing the session where that is needed.
    async fn is_worth_retrying(
        &self,
        error: &CollectError,
        failures: &mut Failures,
        renewals: u32,
    ) -> Result<bool, CollectError> {
        let limits = &self.rate_limiter.limits;
        Ok(match error.class {
            ErrorClass::Throttled => {
                let wait = error.retry_after.unwrap_or_else(|| backoff(limits.throttled_backoff, failures.throttled));
                self.rate_limiter.throttled(error.operation, wait);
                failures.throttled += 1;
                failures.throttled < THROTTLED_ATTEMPTS_MAX
            }
            ErrorClass::Server | ErrorClass::Network => {
                let wait = error.retry_after.unwrap_or_else(|| backoff(limits.fault_backoff, failures.faults));
                failures.faults += 1;
                let again = failures.faults < FAULT_ATTEMPTS_MAX;
                if again {
                    tokio::time::sleep_until((Instant::now() + wait).min(self.deadline)).await;
                }
                again
            }
            // The SDK has read the server's time from the refusal and signs with it from now on.
            ErrorClass::Clock => {
                failures.skewed += 1;
                failures.skewed < SKEWED_ATTEMPTS_MAX
            }
            ErrorClass::Credentials if error.is_expired() => self.renew(renewals).await?,
            ErrorClass::Credentials | ErrorClass::Denied | ErrorClass::Region | ErrorClass::Schema => false,
        })
    }

    /// Replaces an expired session, unless another request has done so already.
    async fn renew(&self, renewals_seen: u32) -> Result<bool, CollectError> {
        let mut session = self.session.lock().await;
        if session.renewals != renewals_seen {
            return Ok(true);
        }
        if let Some(error) = &session.renewal_error {
            return Err(error.clone());
        }
        if session.renewals >= RENEWALS_MAX {
            return Ok(false);
        }
        self.connector.forget(self.target);
        match open(self.connector, self.target, self.calls, self.deadline).await {
            Ok(clients) => session.clients = clients,
            Err(error) => {
                session.renewal_error = Some(error.clone());
                return Err(error);
            }
        }
        session.renewals += 1;
        Ok(true)
    }
}

/// Opens a session in the account. When STS throttles, the request is repeated until the deadline. A session that is
/// expired from the start was issued before a jump of the clock, so a second one is opened, once.
async fn open(
    connector: &Connector,
    target: &Target,
    calls: &CallCounter,
    deadline: Instant,
) -> Result<Clients, CollectError> {
    let first_backoff = connector.rate_limiter.limits.throttled_backoff;
    let (mut refusals, mut expired) = (0, false);
    loop {
        let error = match tokio::time::timeout_at(deadline, connector.connect(target, calls)).await {
            Ok(Ok(clients)) => return Ok(clients),
            Ok(Err(error)) if error.is_expired() && !std::mem::replace(&mut expired, true) => continue,
            Ok(Err(error)) => error,
            Err(_) => return Err(CollectError::timed_out(ASSUME_ROLE, None)),
        };
        let again_at = Instant::now() + error.retry_after.unwrap_or_else(|| backoff(first_backoff, refusals));
        refusals += 1;
        if error.class != ErrorClass::Throttled || refusals >= THROTTLED_ATTEMPTS_MAX {
            return Err(error);
        }
        if again_at >= deadline {
            return Err(CollectError::timed_out(error.operation, Some(&error)));
        }
        tokio::time::sleep_until(again_at).await;
    }
}
