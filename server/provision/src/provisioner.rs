//! Takes an account from nothing to ready, stage by stage. Each stage looks up what is there before it creates anything, so
//! that an attempt after a crash continues where the one before it ended.

use crate::{
    access::{Access, SESSION_NAME},
    activation::{self, ActivationRequest, Enrollment, NewActivation},
    attempt::Attempt,
    creation::AccountCreator,
    error::ProvisionError,
    found::{FoundRegion, read_region, read_roles},
    ledger::{AccountState, Lease, Ledger, Stage},
    plan::{Plan, compare_region, compare_roles},
    policies,
    random::{Random, SystemRandom, hex_text},
    request::{AccountRequest, Creation},
    settings::Settings,
    step::Drift,
    wanted::{AccountNames, Wanted},
};
use jiff::{SignedDuration, Timestamp};
use muster_collect::{calls::CallCounter, client::Connector};
use muster_core::clock::SharedClock;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

/// How long a process may be silent before another takes the account over.
pub const LEASE_LENGTH: SignedDuration = SignedDuration::from_mins(10);
/// The pause between two requests for the status of a new account.
pub const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// How long an activation may take: four requests of 30 seconds.
const ENROLLMENT_LEASE_LENGTH: SignedDuration = SignedDuration::from_mins(2);
const HOLDER_BYTES: usize = 8;
/// Stands for the systems account in the plan of an account that has none yet.
const UNKNOWN_ACCOUNT: &str = "000000000000";

pub struct Provisioner<L> {
    pub(crate) connector: Connector,
    pub(crate) settings: Settings,
    pub(crate) creation: Creation,
    pub(crate) ledger: L,
    pub(crate) clock: SharedClock,
    pub(crate) poll_interval: Duration,
    random: Arc<dyn Random>,
}

/// What a Region lacks, or what the roles of the account lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartPlan {
    /// None for the account and its roles.
    pub region: Option<String>,
    pub plan: Plan,
}

impl fmt::Display for PartPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => writeln!(f, "{region}")?,
            None => writeln!(f, "Account and roles")?,
        }
        match self.plan == Plan::default() {
            true => writeln!(f, "Nothing is missing."),
            false => self.plan.fmt(f),
        }
    }
}

/// An account that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    pub systems_account: String,
    pub external_id: String,
    /// What differs from the settings. It was not changed.
    pub drift: Vec<PartDrift>,
}

/// What differs in a Region, or in the roles of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDrift {
    /// None for the account and its roles.
    pub region: Option<String>,
    pub drift: Vec<Drift>,
}

impl<L: Ledger> Provisioner<L> {
    pub fn new(connector: Connector, settings: Settings, creation: Creation, ledger: L, clock: SharedClock) -> Self {
        let connector = connector.with_session_name(SESSION_NAME);
        let random = Arc::new(SystemRandom);
        Self { connector, settings, creation, ledger, clock, poll_interval: POLL_INTERVAL, random }
    }

    /// Replaces the source of ExternalIds and of the names of attempts.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// Replaces the pause between two requests for the status of a new account.
    #[must_use]
    pub fn with_poll_interval(mut self, poll_interval: Duration) -> Self {
        self.poll_interval = poll_interval;
        self
    }

    pub fn ledger(&self) -> &L {
        &self.ledger
    }

    /// Brings the account to `ready`, from whatever stage an earlier attempt has reached. `holder` says who does, such as
    /// the name of a host.
    pub async fn provision(&self, request: &AccountRequest, holder: &str) -> Result<Ready, ProvisionError> {
        let mut attempt = self.attempt(request, holder)?;
        let result = attempt.run().await;
        self.ledger.release(&attempt.key, &attempt.holder)?;
        result
    }

    /// Forgets the failure of a request for an account, once a person has removed its cause.
    pub fn retry(&self, request: &AccountRequest, holder: &str) -> Result<(), ProvisionError> {
        let mut attempt = self.attempt(request, holder)?;
        attempt.state.failure = None;
        attempt.save()?;
        Ok(self.ledger.release(&attempt.key, &attempt.holder)?)
    }

    /// Lists what is missing and what differs, without changing anything in AWS.
    pub async fn plan(&self, request: &AccountRequest) -> Result<Vec<PartPlan>, ProvisionError> {
        request.check()?;
        let known = self.ledger.read(&request.key())?;
        let state = known.unwrap_or_else(|| AccountState::new(String::new())).of(request);
        let named = request.existing.as_ref().map(|existing| existing.systems_account.clone());
        let Some(systems_account) = state.systems_account.clone().or(named) else {
            return Ok(self.plan_of_nothing(request));
        };
        let access = self.open(request, &systems_account, None).await?;
        let wanted = self.wanted(request, &systems_account, &state.external_id);
        self.compare(&access, request, &wanted, &state).await
    }

    /// Creates the activation of an instance that enrolls, in a Region that is ready. Unused activations of the enrollment and
    /// of earlier ones are deleted first, so the instance has at most one that can be used. Fails with
    /// [`ProvisionError::AlreadyRegistered`] if one of the enrollment was used, and changes nothing then.
    pub async fn activation(
        &self,
        request: &AccountRequest,
        region: &str,
        enrollment: &Enrollment,
        holder: &str,
    ) -> Result<NewActivation, ProvisionError> {
        request.check()?;
        let account = request.key();
        enrollment.check(&account)?;
        let is_unknown = |name: &&String| !self.settings.groups.iter().any(|group| group.name == **name);
        if let Some(unknown) = enrollment.patch_group.as_ref().filter(is_unknown) {
            let problem = format!("the settings have no patch group {unknown:?}");
            return Err(ProvisionError::Request { account, problem });
        }
        // Activations are looked up in AWS, so two attempts at once would not see each other's.
        let key = format!("instance {account} {}", enrollment.instance);
        let holder = self.holder(holder)?;
        let lease = || Lease { until: self.in_future(ENROLLMENT_LEASE_LENGTH), holder: holder.clone() };
        self.ledger.acquire(&key, &lease(), self.clock.now())?;
        let keep_lease = || Ok(self.ledger.extend(&key, &lease(), self.clock.now())?);
        let result = self.create_activation(request, region, enrollment, keep_lease).await;
        self.ledger.release(&key, &holder)?;
        result
    }

    async fn create_activation(
        &self,
        request: &AccountRequest,
        region: &str,
        enrollment: &Enrollment,
        keep_lease: impl Fn() -> Result<(), ProvisionError>,
    ) -> Result<NewActivation, ProvisionError> {
        let state = self.ledger.read(&request.key())?;
        let (systems_account, role) =
            (self.ready_account(request, state.as_ref(), region)?, &self.settings.roles.hybrid);
        let policy = policies::activation_session(self.connector.partition().name, &systems_account, role).to_string();
        let access = self.open(request, &systems_account, Some(&policy)).await?;
        let expires_at = self.in_future(activation::LIFETIME);
        let wanted = ActivationRequest { account: request, enrollment, region, iam_role: role, expires_at };
        activation::create(&access.ssm(region), &wanted, keep_lease).await
    }

    /// The systems account, if instances may register in its Region.
    fn ready_account(
        &self,
        request: &AccountRequest,
        state: Option<&AccountState>,
        region: &str,
    ) -> Result<String, ProvisionError> {
        let account = request.key();
        let stage = state.map_or(Stage::Requested, |state| state.stage);
        let Some(state) = state.filter(|_| stage == Stage::Ready) else {
            return Err(ProvisionError::NotReady { account, stage: stage.name() });
        };
        if let Some(problem) = state.activations_blocked.clone() {
            return Err(ProvisionError::ActivationsBlocked { account, problem });
        }
        if !state.ready_regions.iter().any(|ready| ready == region) {
            let ready = state.ready_regions.join(", ");
            return Err(ProvisionError::RegionNotReady { account, region: region.to_owned(), ready });
        }
        let named = request.existing.as_ref().map(|existing| &existing.systems_account);
        match &state.systems_account {
            Some(known) if named.is_none_or(|named| named == known) => Ok(known.clone()),
            _ => Err(ProvisionError::NotReady { account, stage: Stage::Requested.name() }),
        }
    }

    fn attempt<'a>(&'a self, request: &'a AccountRequest, holder: &str) -> Result<Attempt<'a, L>, ProvisionError> {
        request.check()?;
        let (key, holder) = (request.key(), self.holder(holder)?);
        let known = self.ledger.acquire(&key, &self.lease(&holder), self.clock.now())?;
        let is_new = known.is_none();
        let state = match known {
            Some(state) => state,
            None => AccountState::new(hex_text::<{ policies::EXTERNAL_ID_BYTES }>(&*self.random)?),
        };
        let attempt = Attempt { provisioner: self, request, key, holder, state: state.of(request) };
        if is_new {
            attempt.save()?;
        }
        Ok(attempt)
    }

    /// The name of one attempt: two attempts of one host must not share a lease.
    fn holder(&self, holder: &str) -> Result<String, ProvisionError> {
        Ok(format!("{holder}-{}", hex_text::<HOLDER_BYTES>(&*self.random)?))
    }

    pub(crate) fn lease(&self, holder: &str) -> Lease {
        Lease { holder: holder.to_owned(), until: self.in_future(LEASE_LENGTH) }
    }

    fn in_future(&self, duration: SignedDuration) -> Timestamp {
        self.clock.now().checked_add(duration).unwrap_or(Timestamp::MAX)
    }

    pub(crate) async fn open(
        &self,
        request: &AccountRequest,
        systems_account: &str,
        policy: Option<&str>,
    ) -> Result<Access, ProvisionError> {
        let (connector, creation) = (&self.connector, &self.creation);
        Ok(Access::open(connector, request, creation, systems_account, policy, self.poll_interval).await?)
    }

    pub(crate) fn wanted(&self, request: &AccountRequest, systems_account: &str, external_id: &str) -> Wanted {
        let account = AccountNames {
            partition: self.connector.partition().name,
            systems_account,
            harvester: &self.creation.harvester,
            external_id,
            has_ec2_instances: request.existing.is_some(),
            sets_default_baselines: request.existing.as_ref().is_none_or(|existing| existing.sets_default_baselines),
        };
        Wanted::new(&self.settings, &account)
    }

    fn plan_of_nothing(&self, request: &AccountRequest) -> Vec<PartPlan> {
        let wanted = self.wanted(request, UNKNOWN_ACCOUNT, "");
        let client = self.connector.organizations(self.connector.partition(), &CallCounter::default());
        let creator = AccountCreator::new(&client, request, &self.creation, &self.settings.prefix);
        let mut roles = compare_roles(&wanted.roles, &BTreeMap::new());
        roles.steps.insert(0, creator.step());
        let region = |region: &String| PartPlan {
            region: Some(region.clone()),
            plan: compare_region(&wanted.region, &FoundRegion::default(), false),
        };
        let regions = request.regions.iter().map(region);
        [PartPlan { region: None, plan: roles }].into_iter().chain(regions).collect()
    }

    pub(crate) async fn compare(
        &self,
        access: &Access,
        request: &AccountRequest,
        wanted: &Wanted,
        state: &AccountState,
    ) -> Result<Vec<PartPlan>, ProvisionError> {
        let roles = compare_roles(&wanted.roles, &read_roles(&access.iam(), &wanted.roles).await?);
        let mut plans = vec![PartPlan { region: None, plan: roles }];
        for region in &request.regions {
            let found = read_region(&access.ssm(region), &wanted.region).await?;
            let plan = compare_region(&wanted.region, &found, state.ready_regions.contains(region));
            plans.push(PartPlan { region: Some(region.clone()), plan });
        }
        Ok(plans)
    }
}
