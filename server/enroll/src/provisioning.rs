//! Makes activations with `muster_provision`, which creates and sets up systems accounts.
//!
//! A systems account takes minutes, and an instance waits for seconds. So the account is provisioned in a task of its own, of which
//! there is one for each cloud account, and the instance is asked to try again. The task continues although no instance asks, also
//! after a restart, until the account is ready or a person must do something.

use crate::{
    activations::{Activated, ActivationError, Activations, Enrollment, SystemsAccount},
    refusal::with_causes,
    registry::Account,
    service::Service,
};
use async_trait::async_trait;
use jiff::Timestamp;
use muster_core::clock::SharedClock;
use muster_model::enrollment::EnrollmentDrift;
use muster_provision::{
    AccountRequest, AccountState, ExistingAccount, Ledger, LedgerError, PartPlan, ProvisionError, Provisioner, Stage,
    error::advice,
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

/// When an instance tries again while its systems account is provisioned.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// The name of the leases of this service.
const HOLDER: &str = "enroll";

/// How often the background does what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two attempts to provision an account.
    pub attempts: Duration,
    /// After as many attempts that failed without a known reason to wait, a person must look at the account.
    pub attempts_max: u32,
    /// Between two comparisons of all systems accounts with the settings: some ten requests for each.
    pub comparisons: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { attempts: Duration::from_secs(30), attempts_max: 20, comparisons: Duration::from_secs(24 * 3_600) }
    }
}

/// The systems accounts of all registered cloud accounts. Clones are of the same ones.
pub struct Provisioning<L> {
    shared: Arc<Shared<L>>,
}

impl<L> Clone for Provisioning<L> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

struct Shared<L> {
    provisioner: Provisioner<L>,
    clock: SharedClock,
    pace: Pace,
    accounts: Mutex<Accounts>,
}

#[derive(Default)]
struct Accounts {
    /// The accounts that are being provisioned.
    running: HashSet<String>,
    seen: BTreeMap<String, Seen>,
}

/// What was found since the start of the process.
#[derive(Clone, Default)]
struct Seen {
    failure: Option<Failure>,
    compared_at: Option<Timestamp>,
    missing: Vec<String>,
    drift: Vec<EnrollmentDrift>,
}

#[derive(Clone)]
struct Failure {
    name: &'static str,
    message: String,
    /// Whether a person must do something. Otherwise it is tried again.
    is_final: bool,
}

impl<L: Ledger + 'static> Provisioning<L> {
    pub fn new(provisioner: Provisioner<L>, clock: SharedClock, pace: Pace) -> Self {
        Self { shared: Arc::new(Shared { provisioner, clock, pace, accounts: Mutex::default() }) }
    }

    /// Continues what an earlier process has left, and then compares all systems accounts from time to time. Never returns.
    pub async fn follow(self, service: Arc<Service>) {
        self.resume(&service).await;
        loop {
            for account in registered(&service).await {
                self.compare(&account).await;
            }
            tokio::time::sleep(self.shared.pace.comparisons).await;
        }
    }

    async fn resume(&self, service: &Service) {
        for account in registered(service).await {
            match self.state(&account) {
                Ok(Some(state)) if !is_ready(&state, &account) && state.failure.is_none() => self.start(&account),
                Ok(_) => {}
                Err(error) => tracing::error!("cannot continue to provision {}: {error}", request_of(&account).key()),
            }
        }
    }

    fn state(&self, account: &Account) -> Result<Option<AccountState>, LedgerError> {
        self.shared.provisioner.ledger().read(&request_of(account).key())
    }

    fn update(&self, key: &str, change: impl FnOnce(&mut Seen)) {
        change(self.shared.accounts.lock().seen.entry(key.to_owned()).or_default());
    }

    fn seen(&self, key: &str) -> Seen {
        self.shared.accounts.lock().seen.get(key).cloned().unwrap_or_default()
    }

    /// Provisions the account in the background, unless that is being done.
    fn start(&self, account: &Account) {
        let request = request_of(account);
        if !self.shared.accounts.lock().running.insert(request.key()) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            this.provision(&request).await;
            this.shared.accounts.lock().running.remove(&request.key());
        });
    }

    /// Tries until the account is ready or a person must do something.
    async fn provision(&self, request: &AccountRequest) {
        let (key, pace) = (request.key(), self.shared.pace);
        let mut attempts = 0;
        loop {
            let error = match self.shared.provisioner.provision(request, HOLDER).await {
                Ok(ready) => {
                    tracing::info!(account = key, systems_account = ready.systems_account, "the account is ready");
                    self.update(&key, |seen| seen.failure = None);
                    self.compare_request(request).await;
                    return;
                }
                Err(error) => error,
            };
            let (name, patience) = reason(&error);
            attempts += u32::from(patience == Patience::Limited);
            let is_final = patience == Patience::None || attempts >= pace.attempts_max;
            let message = with_causes(&error);
            match is_final {
                true => tracing::error!(account = key, "the account is not ready: {message}"),
                false => tracing::warn!(account = key, "the account is not ready yet: {message}"),
            }
            self.update(&key, |seen| {
                // Waiting for AWS Organizations is no failure.
                seen.failure = (patience != Patience::Unlimited).then_some(Failure { name, message, is_final });
            });
            if is_final {
                return;
            }
            tokio::time::sleep(pace.attempts).await;
        }
    }

    /// Compares the systems account with the settings, once it is ready.
    async fn compare(&self, account: &Account) {
        match self.state(account) {
            Ok(Some(state)) if is_ready(&state, account) => self.compare_request(&request_of(account)).await,
            Ok(_) => {}
            Err(error) => tracing::error!("cannot compare {}: {error}", request_of(account).key()),
        }
    }

    async fn compare_request(&self, request: &AccountRequest) {
        let key = request.key();
        match self.shared.provisioner.plan(request).await {
            Ok(parts) => {
                let (compared_at, (missing, drift)) = (Some(self.shared.clock.now()), differences(&parts));
                self.update(&key, |seen| *seen = Seen { compared_at, missing, drift, ..seen.clone() });
            }
            Err(error) => tracing::error!(account = key, "cannot compare the account: {}", with_causes(&error)),
        }
    }

    async fn activation(&self, of: &Enrollment) -> Result<Activated, ProvisionError> {
        let enrollment = muster_provision::Enrollment {
            id: of.id.to_string(),
            earlier: of.earlier.iter().map(ToString::to_string).collect(),
            instance: of.identity.instance.clone(),
            patch_group: of.wants_patching.then(|| of.patch_group.clone()),
        };
        let (request, region) = (request_of(&of.account), &of.account.region);
        let made = self.shared.provisioner.activation(&request, region, &enrollment, HOLDER).await?;
        Ok(Activated::Ready { activation_id: made.id, activation_code: made.code, region: made.region })
    }
}

#[async_trait]
impl<L: Ledger + 'static> Activations for Provisioning<L> {
    async fn activate(&self, of: &Enrollment) -> Result<Activated, ActivationError> {
        let unavailable = |error: &dyn std::error::Error| ActivationError::Unavailable(with_causes(error));
        let key = request_of(&of.account).key();
        let state = self.state(&of.account).map_err(|error| unavailable(&error))?;
        if state.as_ref().is_some_and(|state| is_ready(state, &of.account)) {
            return match self.activation(of).await {
                Ok(activated) => Ok(activated),
                Err(ProvisionError::AlreadyRegistered { .. }) => Err(ActivationError::AlreadyRegistered),
                Err(error) => match reason(&error) {
                    (name, Patience::None) => Err(ActivationError::Failed { name, message: with_causes(&error) }),
                    _ => Err(unavailable(&error)),
                },
            };
        }
        let failure = self.seen(&key).failure.filter(|failure| failure.is_final);
        let failure = state.and_then(|state| state.failure).map(|code| creation_failed(&code)).or(failure);
        if let Some(Failure { name, message, .. }) = failure {
            return Err(ActivationError::Failed { name, message });
        }
        self.start(&of.account);
        Ok(Activated::Provisioning { retry_after: RETRY_AFTER })
    }

    fn systems_account(&self, account: &Account) -> SystemsAccount {
        let Seen { failure, compared_at, missing, drift } = self.seen(&request_of(account).key());
        let failure = failure.map(|failure| failure.message);
        let state = match self.state(account) {
            Ok(state) => state,
            Err(error) => {
                return SystemsAccount { failure: Some(error.to_string()), ..SystemsAccount::default() };
            }
        };
        let Some(state) = state else { return SystemsAccount { failure, ..SystemsAccount::default() } };
        let stored = state.failure.as_deref().map(|code| creation_failed(code).message);
        SystemsAccount {
            systems_account: state.systems_account,
            stage: Some(state.stage.name().to_owned()),
            failure: stored.or(state.activations_blocked).or(failure),
            compared_at,
            missing,
            drift,
        }
    }

    async fn retry(&self, account: &Account) -> Result<(), ActivationError> {
        let request = request_of(account);
        let state = self.state(account).map_err(|error| ActivationError::Unavailable(error.to_string()))?;
        if state.is_some_and(|state| state.failure.is_some()) {
            let forgotten = self.shared.provisioner.retry(&request, HOLDER);
            forgotten.map_err(|error| ActivationError::Unavailable(with_causes(&error)))?;
        }
        self.update(&request.key(), |seen| seen.failure = None);
        self.start(account);
        Ok(())
    }
}

/// How long an error is waited out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// Only a person can remove the cause.
    None,
    /// It may pass.
    Limited,
    /// AWS works on it.
    Unlimited,
}

/// The name of an error for instances and operators, and how long it is waited out.
fn reason(error: &ProvisionError) -> (&'static str, Patience) {
    match error {
        ProvisionError::CreationFailed { code, .. } => (creation_failure(code), Patience::None),
        ProvisionError::NotOurs { .. } => ("not_ours", Patience::None),
        ProvisionError::NoExternalId { .. } => ("no_external_id", Patience::None),
        ProvisionError::NotActive { .. } => ("not_active", Patience::None),
        ProvisionError::WrongTrust { .. } => ("wrong_trust", Patience::None),
        ProvisionError::ActivationsBlocked { .. } => ("activations_blocked", Patience::None),
        ProvisionError::Request { .. } | ProvisionError::Settings(_) => ("request", Patience::None),
        ProvisionError::CreationPending { .. } | ProvisionError::Ledger(LedgerError::Held { .. }) => {
            ("account_pending", Patience::Unlimited)
        }
        _ => ("setup_failed", Patience::Limited),
    }
}

/// Why AWS Organizations does not create accounts, as instances and pages name it.
const CREATION_FAILURES: [&str; 17] = [
    "account_creation_rate_limit_exceeded",
    "account_limit_exceeded",
    "account_number_limit_exceeded",
    "concurrent_account_modification",
    "email_already_exists",
    "failed_business_validation",
    "internal_failure",
    "invalid_address",
    "invalid_email",
    "invalid_identity_for_business_validation",
    "invalid_payment_instrument",
    "missing_business_validation",
    "missing_payment_instrument",
    "pending_business_validation",
    "unknown_business_validation",
    "update_existing_resource_policy_with_tags_not_supported",
    "govcloud_account_already_exists",
];
/// Any other code.
const CREATION_FAILED: &str = "creation_failed";

fn creation_failure(code: &str) -> &'static str {
    CREATION_FAILURES.into_iter().find(|name| name.eq_ignore_ascii_case(code)).unwrap_or(CREATION_FAILED)
}

/// The failure of a request for an account, as the ledger has it.
fn creation_failed(code: &str) -> Failure {
    let message = format!("AWS Organizations could not create the account ({code}). {}", advice(code));
    Failure { name: creation_failure(code), message, is_final: true }
}

/// Whether instances can register in the account's Region.
fn is_ready(state: &AccountState, account: &Account) -> bool {
    state.stage == Stage::Ready && state.ready_regions.contains(&account.region)
}

/// What is missing in all parts of an account, and what differs.
fn differences(parts: &[PartPlan]) -> (Vec<String>, Vec<EnrollmentDrift>) {
    let missing = parts.iter().flat_map(|part| {
        let region = part.region.as_ref().map(|region| format!("{region}: ")).unwrap_or_default();
        part.plan.steps.iter().map(move |step| format!("{region}{step}"))
    });
    let drift = parts.iter().flat_map(|part| {
        part.plan.drift.iter().map(|drift| EnrollmentDrift {
            region: part.region.clone(),
            resource: drift.resource.clone(),
            property: drift.property.to_owned(),
            wanted: drift.wanted.clone(),
            found: drift.found.clone(),
        })
    });
    (missing.collect(), drift.collect())
}

/// A registered account as the provisioner names it.
pub fn request_of(account: &Account) -> AccountRequest {
    let existing = account.existing.as_ref().map(|existing| ExistingAccount {
        systems_account: existing.systems_account.clone(),
        setup_role_arn: existing.setup_role_arn.clone(),
        external_id: existing.external_id.clone(),
        sets_default_baselines: existing.sets_default_baselines,
    });
    AccountRequest {
        provider: account.provider.to_string(),
        account_id: account.id.clone(),
        account_name: account.name.clone(),
        customer_id: account.customer.clone(),
        customer_name: account.customer_name.clone(),
        regions: vec![account.region.clone()],
        existing,
    }
}

async fn registered(service: &Service) -> Vec<Account> {
    let (registry, _) = service.read_registry().await;
    registry.map(|registry| registry.accounts().cloned().collect()).unwrap_or_default()
}
