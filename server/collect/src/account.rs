//! One systems account and Region during one pull: every question goes through [`SystemsAccount::ask`], which paces it,
//! tries it again where that helps, and ends it when the account's time is up.

use super::{
    calls::CallCounter,
    client::Connector,
    error::ASSUME_ROLE,
    pace::{PlacePace, pause},
};
use crate::error::from_sdk;
use aws_sdk_ssm::Client;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use muster_core::{error::CollectError, snapshot::Target};
use muster_model::harvest::ErrorClass;
use std::{error::Error as StdError, future::Future, sync::Arc};
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};

/// Calls under way at the same time in one account and Region. More would only meet its limits sooner.
const CALLS_IN_FLIGHT_MAX: usize = 2;
/// Tries of a call that the server or the network failed, the first included.
const FAULT_TRIES_MAX: u32 = 4;
/// Tries of a call that was throttled. The account's time usually ends first.
const THROTTLED_TRIES_MAX: u32 = 30;
/// Tries of a call that was signed by the wrong clock. One more puts it right, unless an answer from before a jump of the
/// clock has come in meanwhile.
const SKEWED_TRIES_MAX: u32 = 4;
/// Sessions after the first in one pull: one that runs out is renewed, one that is refused again is not.
const RENEWALS_MAX: u32 = 2;

/// SSM in one systems account and Region.
pub struct SystemsAccount<'a> {
    connector: &'a Connector,
    target: &'a Target,
    calls: &'a CallCounter,
    session: Mutex<Session>,
    pace: Arc<PlacePace>,
    in_flight: Semaphore,
    deadline: Instant,
}

struct Session {
    ssm: Client,
    renewals: u32,
    /// Why the last renewal failed: asking for another one with each call would be a storm of its own.
    lost: Option<CollectError>,
}

/// What one call has been through.
#[derive(Default)]
struct Troubles {
    faults: u32,
    throttled: u32,
    skewed: u32,
}

impl<'a> SystemsAccount<'a> {
    /// Gets into the account; fails when the role cannot be assumed or leads elsewhere.
    pub async fn enter(
        connector: &'a Connector,
        target: &'a Target,
        calls: &'a CallCounter,
        deadline: Instant,
    ) -> Result<Self, CollectError> {
        let ssm = open(connector, target, calls, deadline).await?;
        Ok(Self {
            connector,
            target,
            calls,
            session: Mutex::new(Session { ssm, renewals: 0, lost: None }),
            pace: connector.pace.place(target),
            in_flight: Semaphore::new(CALLS_IN_FLIGHT_MAX),
            deadline,
        })
    }

    /// Sends one request until it is answered, refused for good, or out of time.
    pub async fn ask<Output, Refusal, Sent>(
        &self,
        operation: &'static str,
        send: impl Fn(Client) -> Sent,
    ) -> Result<Output, CollectError>
    where
        Sent: Future<Output = Result<Output, SdkError<Refusal, HttpResponse>>>,
        Refusal: ProvideErrorMetadata + StdError + 'static,
    {
        let mut troubles = Troubles::default();
        let mut last = None;
        loop {
            let leaves_at = self.pace.reserve(operation);
            if leaves_at >= self.deadline {
                return Err(CollectError::out_of_time(operation, last.as_ref()));
            }
            tokio::time::sleep_until(leaves_at).await;
            let (ssm, renewals) = {
                let session = self.session.lock().await;
                (session.ssm.clone(), session.renewals)
            };
            // On the heap: the SDK's futures are large, and a pull holds a dozen of them side by side.
            let sent = Box::pin(async {
                // The semaphore is never closed.
                let _permit = self.in_flight.acquire().await;
                send(ssm).await
            });
            let error = match tokio::time::timeout_at(self.deadline, sent).await {
                Ok(Ok(output)) => {
                    self.pace.answered(operation);
                    return Ok(output);
                }
                Ok(Err(error)) => from_sdk(operation, &error),
                Err(_) => return Err(CollectError::out_of_time(operation, last.as_ref())),
            };
            if !self.is_worth_another_try(&error, &mut troubles, renewals).await? {
                return Err(error);
            }
            last = Some(error);
        }
    }

    /// Whether to send the request again, after what has to happen before it.
    async fn is_worth_another_try(
        &self,
        error: &CollectError,
        troubles: &mut Troubles,
        renewals: u32,
    ) -> Result<bool, CollectError> {
        let pacing = &self.pace.pacing;
        Ok(match error.class {
            ErrorClass::Throttled => {
                let wait = error.retry_after.unwrap_or_else(|| pause(pacing.throttled_pause, troubles.throttled));
                self.pace.throttled(error.operation, wait);
                troubles.throttled += 1;
                troubles.throttled < THROTTLED_TRIES_MAX
            }
            ErrorClass::Server | ErrorClass::Network => {
                let wait = error.retry_after.unwrap_or_else(|| pause(pacing.fault_pause, troubles.faults));
                troubles.faults += 1;
                let again = troubles.faults < FAULT_TRIES_MAX;
                if again {
                    tokio::time::sleep_until((Instant::now() + wait).min(self.deadline)).await;
                }
                again
            }
            // The client has read the server's clock off the refusal and signs by it from now on.
            ErrorClass::Clock => {
                troubles.skewed += 1;
                troubles.skewed < SKEWED_TRIES_MAX
            }
            ErrorClass::Credentials if error.is_expired() => self.renew(renewals).await?,
            ErrorClass::Credentials | ErrorClass::Denied | ErrorClass::Schema => false,
        })
    }

    /// A new session in place of one that ran out, unless another call has seen to it already.
    async fn renew(&self, renewals_seen: u32) -> Result<bool, CollectError> {
        let mut session = self.session.lock().await;
        if session.renewals != renewals_seen {
            return Ok(true);
        }
        if let Some(error) = &session.lost {
            return Err(error.clone());
        }
        if session.renewals >= RENEWALS_MAX {
            return Ok(false);
        }
        self.connector.forget(self.target);
        match open(self.connector, self.target, self.calls, self.deadline).await {
            Ok(ssm) => session.ssm = ssm,
            Err(error) => {
                session.lost = Some(error.clone());
                return Err(error);
            }
        }
        session.renewals += 1;
        Ok(true)
    }
}

/// A session in the account. STS throttles too: then it is asked again, as long as the account's time lasts. A session
/// that is over as soon as it begins was minted before a clock jumped; the next one is not.
async fn open(
    connector: &Connector,
    target: &Target,
    calls: &CallCounter,
    deadline: Instant,
) -> Result<Client, CollectError> {
    let first_pause = connector.pace.pacing.throttled_pause;
    let (mut refusals, mut expired) = (0, false);
    loop {
        let error = match tokio::time::timeout_at(deadline, connector.connect(target, calls)).await {
            Ok(Ok(ssm)) => return Ok(ssm),
            Ok(Err(error)) if error.is_expired() && !std::mem::replace(&mut expired, true) => continue,
            Ok(Err(error)) => error,
            Err(_) => return Err(CollectError::out_of_time(ASSUME_ROLE, None)),
        };
        let again_at = Instant::now() + error.retry_after.unwrap_or_else(|| pause(first_pause, refusals));
        refusals += 1;
        if error.class != ErrorClass::Throttled || refusals >= THROTTLED_TRIES_MAX {
            return Err(error);
        }
        if again_at >= deadline {
            return Err(CollectError::out_of_time(error.operation, Some(&error)));
        }
        tokio::time::sleep_until(again_at).await;
    }
}
