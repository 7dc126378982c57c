//! Takes an account from nothing to ready, stage by stage. Each stage looks up what is there before it creates anything, so
//! that an attempt after a crash continues where the one before it ended.

use crate::{
    access::{Access, SESSION_NAME},
    activation::{self, Enrollment, NewActivation},
    apply::{RegionWriter, apply_to_roles},
    creation::{AccountCreator, Progress},
    error::ProvisionError,
    found::{FoundRegion, read_region, read_roles},
    ledger::{AccountState, Lease, Ledger, LedgerError, Stage},
    plan::{Plan, compare_region, compare_roles},
    request::{AccountRequest, Creation},
    settings::Settings,
    step::Drift,
    wanted::{AccountNames, Wanted},
};
use jiff::{SignedDuration, Timestamp};
use muster_collect::{calls::CallCounter, client::Connector};
use muster_core::clock::SharedClock;
use std::{collections::BTreeMap, fmt, time::Duration};

/// How long a process may be silent before another takes the account over.
pub const LEASE_LENGTH: SignedDuration = SignedDuration::from_mins(10);
/// The pause between two requests for the status of a new account.
pub const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// After as many requests the attempt ends, and the next one continues.
pub const POLLS_MAX: u32 = 120;
const EXTERNAL_ID_BYTES: usize = 16;
/// Stands for the systems account in the plan of an account that has none yet.
const UNKNOWN_ACCOUNT: &str = "000000000000";

pub struct Provisioner<L> {
    connector: Connector,
    settings: Settings,
    creation: Creation,
    ledger: L,
    clock: SharedClock,
    poll_interval: Duration,
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

/// One attempt, which has the lease.
struct Attempt<'a, L> {
    provisioner: &'a Provisioner<L>,
    request: &'a AccountRequest,
    key: String,
    holder: &'a str,
    state: AccountState,
}

impl<L: Ledger> Provisioner<L> {
    pub fn new(connector: Connector, settings: Settings, creation: Creation, ledger: L, clock: SharedClock) -> Self {
        let connector = connector.with_session_name(SESSION_NAME);
        Self { connector, settings, creation, ledger, clock, poll_interval: POLL_INTERVAL }
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

    /// Brings the account to `ready`, from whatever stage an earlier attempt has reached. `holder` names the attempt: no
    /// other attempt may have the same name.
    pub async fn provision(&self, request: &AccountRequest, holder: &str) -> Result<Ready, ProvisionError> {
        let mut attempt = self.attempt(request, holder)?;
        let result = attempt.run().await;
        self.ledger.release(&attempt.key, holder)?;
        result
    }

    /// Forgets the failure of a request for an account, once a person has removed its cause.
    pub fn retry(&self, request: &AccountRequest, holder: &str) -> Result<(), ProvisionError> {
        let mut attempt = self.attempt(request, holder)?;
        attempt.state.failure = None;
        attempt.save()?;
        Ok(self.ledger.release(&attempt.key, holder)?)
    }

    /// Lists what is missing and what differs, without changing anything in AWS.
    pub async fn plan(
        &self,
        request: &AccountRequest,
        state: Option<&AccountState>,
    ) -> Result<Vec<PartPlan>, ProvisionError> {
        let external_id = state.map_or("", |state| &state.external_id);
        let known = state.and_then(|state| state.systems_account.clone());
        match known.or_else(|| request.existing.as_ref().map(|existing| existing.systems_account.clone())) {
            Some(systems_account) => {
                let access = self.open(request, &systems_account).await?;
                self.compare(&access, request, &self.wanted(request, &systems_account, external_id)).await
            }
            None => Ok(self.plan_of_nothing(request)),
        }
    }

    /// Creates the activation of an instance that enrolls, in an account that is ready.
    pub async fn activation(
        &self,
        request: &AccountRequest,
        state: &AccountState,
        region: &str,
        enrollment: &Enrollment,
    ) -> Result<NewActivation, ProvisionError> {
        let (account, stage) = (request.key(), state.stage.name());
        let systems_account = state.systems_account.as_ref().filter(|_| state.stage == Stage::Ready);
        let systems_account = systems_account.ok_or(ProvisionError::NotReady { account, stage })?;
        let access = self.open(request, systems_account).await?;
        let (ssm, role) = (access.ssm(region), &self.settings.roles.hybrid);
        Ok(activation::create(&ssm, region, role, enrollment, self.clock.now()).await?)
    }

    fn attempt<'a>(&'a self, request: &'a AccountRequest, holder: &'a str) -> Result<Attempt<'a, L>, ProvisionError> {
        let key = request.key();
        let known = self.ledger.acquire(&key, &self.lease(holder), self.clock.now())?;
        let is_new = known.is_none();
        let state = match known {
            Some(state) => state,
            None => AccountState {
                stage: Stage::Requested,
                external_id: random_external_id()?,
                create_request_id: None,
                systems_account: None,
                failure: None,
            },
        };
        let attempt = Attempt { provisioner: self, request, key, holder, state };
        if is_new {
            attempt.save()?;
        }
        Ok(attempt)
    }

    fn lease(&self, holder: &str) -> Lease {
        let until = self.clock.now().checked_add(LEASE_LENGTH).unwrap_or(Timestamp::MAX);
        Lease { holder: holder.to_owned(), until }
    }

    async fn open(&self, request: &AccountRequest, systems_account: &str) -> Result<Access, ProvisionError> {
        let opened = Access::open(&self.connector, request, &self.creation, systems_account, self.poll_interval).await;
        Ok(opened?)
    }

    fn wanted(&self, request: &AccountRequest, systems_account: &str, external_id: &str) -> Wanted {
        let account = AccountNames {
            partition: self.connector.partition().name,
            systems_account,
            harvester: &self.creation.harvester,
            external_id,
            has_ec2_instances: request.existing.is_some(),
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
            plan: compare_region(&wanted.region, &FoundRegion::default()),
        };
        let regions = request.regions.iter().map(region);
        [PartPlan { region: None, plan: roles }].into_iter().chain(regions).collect()
    }

    async fn compare(
        &self,
        access: &Access,
        request: &AccountRequest,
        wanted: &Wanted,
    ) -> Result<Vec<PartPlan>, ProvisionError> {
        let roles = compare_roles(&wanted.roles, &read_roles(&access.iam(), &wanted.roles).await?);
        let mut plans = vec![PartPlan { region: None, plan: roles }];
        for region in &request.regions {
            let found = read_region(&access.ssm(region), &wanted.region).await?;
            plans.push(PartPlan { region: Some(region.clone()), plan: compare_region(&wanted.region, &found) });
        }
        Ok(plans)
    }
}

impl<L: Ledger> Attempt<'_, L> {
    async fn run(&mut self) -> Result<Ready, ProvisionError> {
        let systems_account = self.systems_account().await?;
        let access = self.provisioner.open(self.request, &systems_account).await?;
        let wanted = self.provisioner.wanted(self.request, &systems_account, &self.state.external_id);
        self.roles(&access, &wanted).await?;
        self.regions(&access, &wanted).await?;
        // The second look is what `ready` means. Lists of AWS may lag behind, so what they lack is left to the next attempt.
        let plans = self.provisioner.compare(&access, self.request, &wanted).await?;
        let missing: Vec<_> = plans.iter().flat_map(|part| &part.plan.steps).collect();
        if let Some(first) = missing.first() {
            let (account, missing, first) = (self.key.clone(), missing.len(), first.to_string());
            return Err(ProvisionError::StillMissing { account, missing, first });
        }
        self.reach(Stage::Ready)?;
        let drift = plans.into_iter().map(|part| PartDrift { region: part.region, drift: part.plan.drift });
        let drift = drift.filter(|part| !part.drift.is_empty()).collect();
        Ok(Ready { systems_account, external_id: self.state.external_id.clone(), drift })
    }

    fn save(&self) -> Result<(), LedgerError> {
        let Provisioner { ledger, clock, .. } = self.provisioner;
        ledger.save(&self.key, self.holder, clock.now(), &self.state)
    }

    /// Extends the lease before a request that changes something, and fails if another attempt has taken the account over.
    fn keep_lease(&self) -> Result<(), LedgerError> {
        let Provisioner { ledger, clock, .. } = self.provisioner;
        // A lease that has expired may have been another's meanwhile, although it is free again.
        self.save()?;
        ledger.acquire(&self.key, &self.provisioner.lease(self.holder), clock.now()).map(drop)
    }

    fn reach(&mut self, stage: Stage) -> Result<(), LedgerError> {
        self.state.stage = self.state.stage.max(stage);
        self.save()
    }

    async fn systems_account(&mut self) -> Result<String, ProvisionError> {
        if let Some(systems_account) = &self.state.systems_account {
            return Ok(systems_account.clone());
        }
        let systems_account = match &self.request.existing {
            Some(existing) => existing.systems_account.clone(),
            None => self.create_account().await?,
        };
        self.state.systems_account = Some(systems_account.clone());
        self.state.create_request_id = None;
        self.reach(Stage::Account)?;
        Ok(systems_account)
    }

    async fn create_account(&mut self) -> Result<String, ProvisionError> {
        let Provisioner { connector, settings, creation, poll_interval, .. } = self.provisioner;
        let client = connector.organizations(connector.partition(), &CallCounter::default());
        let creator = AccountCreator::new(&client, self.request, creation, &settings.prefix);
        if let Some(code) = &self.state.failure {
            return Err(creator.failed(code));
        }
        let mut progress = match &self.state.create_request_id {
            Some(request_id) => Progress::Pending { request_id: request_id.clone() },
            None => match creator.find().await? {
                Some(found) => found,
                None => {
                    self.keep_lease()?;
                    creator.create(&self.state.external_id).await?
                }
            },
        };
        for _ in 0..POLLS_MAX {
            match progress {
                Progress::Created { systems_account, external_id } => {
                    // The harvester reads the tag, so an account that was found again keeps its ExternalId.
                    self.state.external_id = external_id.unwrap_or_else(|| self.state.external_id.clone());
                    return Ok(systems_account);
                }
                Progress::Failed { code } => {
                    self.state.create_request_id = None;
                    self.state.failure = Some(code.clone());
                    self.save()?;
                    return Err(creator.failed(&code));
                }
                Progress::Pending { request_id } => {
                    self.state.create_request_id = Some(request_id.clone());
                    self.keep_lease()?;
                    progress = match creator.status(&request_id).await? {
                        Some(progress) => progress,
                        None => {
                            // The next attempt looks for the account, and else requests it anew.
                            self.state.create_request_id = None;
                            self.save()?;
                            return Err(creator.pending());
                        }
                    };
                    if matches!(progress, Progress::Pending { .. }) {
                        tokio::time::sleep(*poll_interval).await;
                    }
                }
            }
        }
        Err(creator.pending())
    }

    async fn roles(&mut self, access: &Access, wanted: &Wanted) -> Result<(), ProvisionError> {
        let iam = access.iam();
        let plan = compare_roles(&wanted.roles, &read_roles(&iam, &wanted.roles).await?);
        for step in &plan.steps {
            self.keep_lease()?;
            apply_to_roles(&iam, step).await?;
        }
        Ok(self.reach(Stage::Role)?)
    }

    async fn regions(&mut self, access: &Access, wanted: &Wanted) -> Result<(), ProvisionError> {
        for region in &self.request.regions {
            let ssm = access.ssm(region);
            let found = read_region(&ssm, &wanted.region).await?;
            let plan = compare_region(&wanted.region, &found);
            let mut writer = RegionWriter::new(&ssm, found);
            for step in &plan.steps {
                self.keep_lease()?;
                writer.apply(step).await?;
            }
        }
        Ok(self.reach(Stage::Ssm)?)
    }
}

fn random_external_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; EXTERNAL_ID_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}
