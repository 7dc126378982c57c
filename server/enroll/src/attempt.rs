//! One attempt of an instance to enroll: every check in its order, and then the activation.
//!
//! Nothing is requested from AWS and nothing is written but the audit log before an identity is genuine and its account is
//! registered. An attempt runs to its end even if the instance disconnects.

use crate::{
    activations::{Activated, ActivationError, Enrollment},
    challenges::Outcome as ChallengeOutcome,
    labels::{self, Labels},
    ledger::{
        BeginError, Begun, End, InFlight, Request,
        record::{EnrollmentId, Record, key_of},
    },
    messages::{ActivationAnswer, AttestAnswer, AttestRequest, ProvisioningAnswer, RETRY_AFTER_SECONDS_MAX},
    random,
    refusal::{EnrollError, with_causes},
    registry::{Account, Registry},
    service::Service,
};
use muster_attest::{
    Attestors,
    challenge::Challenge,
    evidence::Evidence,
    identity::{Facts, Identity},
    refusal::Refusal,
};
use muster_audit::event::{Action, Event, Outcome, Source};
use muster_model::enrollment;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// When to ask again for what an operator must approve, and while another attempt runs.
const APPROVAL_RETRY_AFTER: Duration = Duration::from_secs(300);
const OTHER_ATTEMPT_RETRY_AFTER: Duration = Duration::from_secs(5);

impl Service {
    /// Uses up the challenge, and leads the attempt to its end.
    pub(crate) async fn attest(&self, request: AttestRequest, source: Source) -> Result<AttestAnswer, EnrollError> {
        let taken = self.challenges.take(&request.challenge_id, self.clock.now());
        let (hash, challenge) = match taken {
            Ok(taken) => taken,
            Err(refusal) => return Err(self.refused(refusal, None, &source).await),
        };
        let mut id = None;
        let result = self.check_and_activate(&request, &challenge, &source, &mut id).await;
        let outcome = match (&result, id) {
            (_, Some(id)) => ChallengeOutcome::Enrollment(id),
            (Err(refusal), None) => ChallengeOutcome::Refused(refusal.code()),
            (Ok(_), None) => ChallengeOutcome::InProgress,
        };
        self.challenges.set_outcome(&hash, outcome);
        result
    }

    /// `id` is set as soon as the attempt has an enrollment.
    async fn check_and_activate(
        &self,
        request: &AttestRequest,
        challenge: &Challenge,
        source: &Source,
        id: &mut Option<EnrollmentId>,
    ) -> Result<AttestAnswer, EnrollError> {
        let registry = self.current_registry().await.map_err(|error| unavailable(&error))?;
        let registry = registry.ok_or(EnrollError::Unavailable)?;
        let identity = match self.verify(request, challenge, &registry).await {
            Ok(identity) => identity,
            Err(refusal) => return Err(self.refused(refusal, None, source).await),
        };
        let (account, labels) = match self.check_account(&registry, &identity) {
            Ok(account) => {
                (account, labels::read(labels_of(&identity, request), &registry.labels, &self.config.patch_groups))
            }
            Err(refusal) => return Err(self.refused(refusal, Some(&identity), source).await),
        };
        let begun = match self.begin(&identity, account, &labels).await {
            Ok(begun) => begun,
            Err(refusal) => return Err(self.refused(refusal, Some(&identity), source).await),
        };
        let record = begun_record(&begun).clone();
        *id = Some(record.id.clone());
        match begun {
            Begun::InProgress(_) => Ok(provisioning(&record, "other_attempt", OTHER_ATTEMPT_RETRY_AFTER)),
            Begun::AwaitingApproval(_) => {
                let detail = format!("{} of customer {} waits for approval", record.id, record.customer);
                self.record(Action::EnrollmentRequested, Outcome::Ok, &identity, &detail, source).await?;
                Ok(provisioning(&record, "approval", APPROVAL_RETRY_AFTER))
            }
            Begun::Failed(_) => {
                let failure = record.failure.unwrap_or_default();
                Err(self.refused(EnrollError::ProvisioningFailed(failure), Some(&identity), source).await)
            }
            Begun::Activate(_, in_flight) => {
                let enrollment = Enrollment {
                    id: record.id.clone(),
                    earlier: record.earlier.clone(),
                    identity,
                    account: account.clone(),
                    wants_patching: labels.wants_patching,
                    patch_group: labels.patch_group.clone(),
                    os: request.os.clone(),
                };
                self.activate(&enrollment, &record, &labels, in_flight, source).await
            }
        }
    }

    async fn verify(
        &self,
        request: &AttestRequest,
        challenge: &Challenge,
        registry: &Registry,
    ) -> Result<Identity, EnrollError> {
        // As text, so that no duplicate member is lost.
        let json = format!(r#"{{"provider":"{}","evidence":{}}}"#, request.provider, request.evidence.get());
        let evidence: Evidence = serde_json::from_str(&json)
            .map_err(|_| EnrollError::Malformed("the evidence lacks a member or has an unknown one".to_owned()))?;
        let attestors = Attestors {
            ec2: self.pinned.ec2.clone(),
            azure: self.pinned.azure.clone(),
            signed_token: registry.issuers.clone(),
        };
        let identity = self.google_keys.attest(&attestors, &evidence, challenge, self.clock.now()).await?;
        match &identity.facts {
            Facts::SignedToken { labels: Some(labels), .. } if !registry.labels.has_all(labels) => {
                Err(Refusal::Invalid("a label of the token is neither the patching nor the patch group label").into())
            }
            _ => Ok(identity),
        }
    }

    /// The registered account of a genuine identity.
    fn check_account<'a>(&self, registry: &'a Registry, identity: &Identity) -> Result<&'a Account, EnrollError> {
        let account = registry.account(identity.provider, &identity.account);
        let account = account.ok_or(EnrollError::AccountNotEnrolled)?;
        let is_same = match &identity.facts {
            Facts::Google { project_number, .. } => account.project_number == Some(*project_number),
            Facts::SignedToken { customer, .. } => account.customer == *customer,
            Facts::Azure { cloud, .. } => account.cloud == *cloud,
            Facts::Ec2 { .. } => true,
        };
        if !is_same {
            return Err(EnrollError::AccountNotEnrolled);
        }
        // After the registry, so that strangers take none of the quotas' keys.
        let limited = |retry_after| EnrollError::RateLimited { retry_after };
        self.identities.check(key_of(identity)).map_err(limited)?;
        self.accounts.check((identity.provider, identity.account.clone())).map_err(limited)?;
        Ok(account)
    }

    /// The ledger's checks, on a thread that may wait for the disk.
    async fn begin(&self, identity: &Identity, account: &Account, labels: &Labels) -> Result<Begun, EnrollError> {
        let random = random::text(self.random.as_ref(), enrollment::ID_CHARS).map_err(|error| {
            tracing::error!("{error}");
            EnrollError::Unavailable
        })?;
        let (ledger, now, id) = (self.ledger.clone(), self.clock.now(), EnrollmentId::new(&random));
        let (identity, account, labels) = (identity.clone(), account.clone(), labels.clone());
        let begun = tokio::task::spawn_blocking(move || {
            ledger.begin(&Request { identity: &identity, account: &account, labels: &labels, id, now })
        });
        match begun.await {
            Ok(Ok(begun)) => Ok(begun),
            Ok(Err(BeginError::Refused(refusal))) => Err(refusal),
            Ok(Err(BeginError::Ledger(error))) => Err(unavailable(&error)),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Requests the activation, and records what came of it before the instance hears of it.
    async fn activate(
        &self,
        enrollment: &Enrollment,
        record: &Record,
        labels: &Labels,
        in_flight: InFlight,
        source: &Source,
    ) -> Result<AttestAnswer, EnrollError> {
        let in_flight = Arc::new(in_flight);
        let identity = &enrollment.identity;
        let detail = format!("{} of customer {}", record.id, record.customer);
        self.record(Action::EnrollmentAdmitted, Outcome::Ok, identity, &detail, source).await?;
        let activating = self.activations.activate(enrollment);
        let activated = tokio::time::timeout(self.config.limits.activation_timeout, activating).await;
        match activated.unwrap_or_else(|_| Err(ActivationError::Unavailable("it took too long".to_owned()))) {
            Ok(Activated::Ready { activation_id, activation_code, region }) => {
                self.finish(&in_flight, End::Activated(activation_id.clone())).await?;
                if let Err(error) = self.record(Action::Enrolled, Outcome::Ok, identity, &detail, source).await {
                    self.finish(&in_flight, End::Withdrawn).await?;
                    return Err(error);
                }
                Ok(AttestAnswer::Activation(ActivationAnswer {
                    activation_id,
                    activation_code,
                    region,
                    enrollment_id: record.id.to_string(),
                    patch_group: labels.patch_group.clone(),
                    label_note: labels.note,
                }))
            }
            Ok(Activated::Provisioning { retry_after }) => {
                self.finish(&in_flight, End::Provisioning).await?;
                Ok(provisioning(record, "systems_account", retry_after))
            }
            Err(ActivationError::AlreadyRegistered) => {
                self.finish(&in_flight, End::AlreadyRegistered).await?;
                Err(self.refused(EnrollError::AlreadyEnrolled(record.id.clone()), Some(identity), source).await)
            }
            Err(ActivationError::Unavailable(cause)) => {
                tracing::warn!(enrollment = %record.id, "no activation: {cause}");
                self.record(Action::EnrollmentFailed, Outcome::Failed, identity, &detail, source).await?;
                Err(EnrollError::Unavailable)
            }
            Err(ActivationError::Failed { name, message }) => {
                tracing::error!(enrollment = %record.id, "the activation failed: {name}: {message}");
                self.finish(&in_flight, End::Failed(name)).await?;
                let detail = format!("{detail}: {name}: {message}");
                self.record(Action::EnrollmentFailed, Outcome::Failed, identity, &detail, source).await?;
                Err(EnrollError::ProvisioningFailed(name.to_owned()))
            }
        }
    }

    async fn finish(&self, in_flight: &Arc<InFlight>, end: End) -> Result<(), EnrollError> {
        let (ledger, in_flight, now) = (self.ledger.clone(), in_flight.clone(), self.clock.now());
        let done = tokio::task::spawn_blocking(move || ledger.finish(&in_flight, &end, now)).await;
        done.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))
    }

    /// Records an event about a genuine identity. What cannot be recorded is not done.
    async fn record(
        &self,
        action: Action,
        outcome: Outcome,
        identity: &Identity,
        detail: &str,
        source: &Source,
    ) -> Result<(), EnrollError> {
        let event = Event::new(action, outcome).from(source.clone()).object(&object(identity)).detail(detail);
        let recorded = self.audit.record(event.ledger(&self.ledger.position())).await;
        recorded.map_err(|error| unavailable(&error))
    }

    /// Records a refusal. Of those that anybody can cause, the first of each kind per minute is recorded, and the others counted.
    async fn refused(&self, refusal: EnrollError, identity: Option<&Identity>, source: &Source) -> EnrollError {
        let code = refusal.code();
        tracing::info!(code, "refused: {refusal}");
        let event = Event::new(Action::EnrollmentRefused, Outcome::Refused).from(source.clone());
        // Strangers have genuine identities too, so that these refusals are counted. The first line names its identity.
        let counted_as = match (&refusal, identity) {
            (EnrollError::AccountNotEnrolled, _) | (_, None) => Some(code),
            (EnrollError::RateLimited { .. }, Some(_)) => Some("account_rate_limited"),
            _ => None,
        };
        if counted_as.is_some_and(|kind| !self.refusals.is_first(kind)) {
            return refusal;
        }
        let event = match identity {
            Some(identity) => event.object(&object(identity)).detail(code),
            None => event.object(code),
        };
        if let Err(error) = self.audit.record(event).await {
            tracing::error!("cannot record a refusal: {error}");
        }
        refusal
    }
}

/// The labels that count: those that the token's issuer signed, if it did, and otherwise what the instance says.
fn labels_of<'a>(identity: &'a Identity, request: &'a AttestRequest) -> &'a BTreeMap<String, String> {
    match &identity.facts {
        Facts::SignedToken { labels: Some(labels), .. } => labels,
        _ => &request.labels,
    }
}

fn begun_record(begun: &Begun) -> &Record {
    match begun {
        Begun::Activate(record, _)
        | Begun::AwaitingApproval(record)
        | Begun::InProgress(record)
        | Begun::Failed(record) => record,
    }
}

/// The name of an identity in the audit log.
fn object(identity: &Identity) -> String {
    format!("{}/{}/{}", identity.provider, identity.account, identity.instance)
}

fn provisioning(record: &Record, reason: &'static str, retry_after: Duration) -> AttestAnswer {
    AttestAnswer::Provisioning(ProvisioningAnswer {
        status: "provisioning",
        reason,
        retry_after: retry_after.as_secs().clamp(1, RETRY_AFTER_SECONDS_MAX),
        enrollment_id: record.id.to_string(),
    })
}

/// The cause is for the log, not for the instance.
fn unavailable(error: &dyn std::error::Error) -> EnrollError {
    tracing::error!("an enrollment failed: {}", with_causes(error));
    EnrollError::Unavailable
}
