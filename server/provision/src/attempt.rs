//! One attempt to bring an account to `ready`, stage by stage.

use crate::{
    access::Access,
    apply::{RegionWriter, apply_to_roles},
    creation::{AccountCreator, Progress},
    error::ProvisionError,
    found::{read_region, read_roles},
    ledger::{AccountState, Ledger, LedgerError, Stage},
    plan::{Plan, compare_region, compare_roles},
    provisioner::{PartDrift, Provisioner, Ready},
    request::AccountRequest,
    wanted::Wanted,
};
use muster_collect::calls::CallCounter;

/// After as many requests for the status of a new account the attempt ends, and the next one continues.
pub const POLLS_MAX: u32 = 120;
/// How long a request of ours that AWS has not listed yet may be the reason of a refusal.
const UNSETTLED_SECONDS_MAX: i64 = 3_600;

/// One attempt, which has the lease.
pub(crate) struct Attempt<'a, L> {
    pub provisioner: &'a Provisioner<L>,
    pub request: &'a AccountRequest,
    pub key: String,
    /// No other attempt has the same.
    pub holder: String,
    pub state: AccountState,
}

impl<L: Ledger> Attempt<'_, L> {
    pub async fn run(&mut self) -> Result<Ready, ProvisionError> {
        let systems_account = self.systems_account().await?;
        let access = self.provisioner.open(self.request, &systems_account, None).await?;
        let wanted = self.roles(&access, &systems_account).await?;
        self.regions(&access, &wanted, &systems_account).await?;
        // The second look is what `ready` means. Lists of AWS may lag behind, so what they lack is left to the next attempt.
        let plans = self.provisioner.compare(&access, self.request, &wanted, &self.state).await?;
        for part in plans.iter().filter(|part| part.region.is_none()) {
            self.check_roles(&part.plan)?;
        }
        let missing: Vec<_> = plans.iter().flat_map(|part| &part.plan.steps).collect();
        if let Some(first) = missing.first() {
            let (account, missing, first) = (self.key.clone(), missing.len(), first.to_string());
            return Err(ProvisionError::StillMissing { account, missing, first });
        }
        self.state.ready_regions.extend(self.request.regions.iter().cloned());
        self.state.ready_regions.sort();
        self.state.ready_regions.dedup();
        self.reach(Stage::Ready)?;
        let drift = plans.into_iter().map(|part| PartDrift { region: part.region, drift: part.plan.drift });
        let drift = drift.filter(|part| !part.drift.is_empty()).collect();
        Ok(Ready { systems_account, external_id: self.state.external_id.clone(), drift })
    }

    pub fn save(&self) -> Result<(), LedgerError> {
        let Provisioner { ledger, clock, .. } = self.provisioner;
        ledger.save(&self.key, &self.holder, clock.now(), &self.state)
    }

    /// Extends the lease before a request that changes something, and fails if another attempt has taken the account over.
    fn keep_lease(&self) -> Result<(), LedgerError> {
        let Provisioner { ledger, clock, .. } = self.provisioner;
        // A lease that has expired may have been another's meanwhile, although it is free again.
        self.save()?;
        ledger.extend(&self.key, &self.provisioner.lease(&self.holder), clock.now())
    }

    fn reach(&mut self, stage: Stage) -> Result<(), LedgerError> {
        self.state.stage = self.state.stage.max(stage);
        self.save()
    }

    async fn systems_account(&mut self) -> Result<String, ProvisionError> {
        let named = self.request.existing.as_ref().map(|existing| &existing.systems_account);
        if let Some(systems_account) = &self.state.systems_account {
            if named.is_some_and(|named| named != systems_account) {
                let problem = format!("its systems account is {systems_account}, which the request does not name");
                return Err(ProvisionError::Request { account: self.key.clone(), problem });
            }
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
        // Whether the request was found by its name, so that it may be another's. Its id is not stored.
        let mut is_found = false;
        let mut progress = match &self.state.create_request_id {
            Some(request_id) => Progress::Pending { request_id: request_id.clone() },
            None => match creator.find().await? {
                Some(found) => {
                    is_found = true;
                    found
                }
                None => {
                    self.keep_lease()?;
                    creator.create(&self.state.external_id).await?
                }
            },
        };
        for _ in 0..POLLS_MAX {
            match progress {
                Progress::Created { systems_account, external_id } => {
                    // The harvester reads the tag, so the account keeps the ExternalId that it was created with.
                    self.state.external_id = external_id;
                    self.state.unsettled_since_seconds = None;
                    return Ok(systems_account);
                }
                // The next attempt requests the account, and if that fails, the failure is ours.
                Progress::Failed { code } if is_found => return Err(creator.pending(Some(code))),
                Progress::Failed { code } => {
                    self.state.create_request_id = None;
                    self.state.unsettled_since_seconds = None;
                    self.state.failure = Some(code.clone());
                    self.save()?;
                    return Err(creator.failed(&code));
                }
                Progress::Unsettled { code } => {
                    // The next attempt looks for the account and the requests in progress, and else requests it anew.
                    self.state.create_request_id = None;
                    let now = self.provisioner.clock.now().as_second();
                    let since = *self.state.unsettled_since_seconds.get_or_insert(now);
                    if now - since < UNSETTLED_SECONDS_MAX {
                        self.save()?;
                        return Err(creator.pending(Some(code)));
                    }
                    progress = Progress::Failed { code };
                }
                Progress::Pending { request_id } => {
                    self.state.create_request_id = (!is_found).then(|| request_id.clone());
                    self.keep_lease()?;
                    progress = match creator.status(&request_id).await {
                        Ok(Some(progress)) => progress,
                        Err(error @ (ProvisionError::NotOurs { .. } | ProvisionError::NoExternalId { .. })) => {
                            self.state.create_request_id = None;
                            self.save()?;
                            return Err(error);
                        }
                        Err(error) => return Err(error),
                        Ok(None) => {
                            // The next attempt looks for the account, and else requests it anew.
                            self.state.create_request_id = None;
                            self.save()?;
                            return Err(creator.pending(None));
                        }
                    };
                    if matches!(progress, Progress::Pending { .. }) {
                        tokio::time::sleep(*poll_interval).await;
                    }
                }
            }
        }
        Err(creator.pending(None))
    }

    /// Creates the roles, and returns what is wanted with the ExternalId that the account has.
    async fn roles(&mut self, access: &Access, systems_account: &str) -> Result<Wanted, ProvisionError> {
        let iam = access.iam();
        let wanted = self.provisioner.wanted(self.request, systems_account, &self.state.external_id);
        let found = read_roles(&iam, &wanted.roles).await?;
        let plan = compare_roles(&wanted.roles, &found);
        self.check_roles(&plan)?;
        for step in &plan.steps {
            self.keep_lease()?;
            apply_to_roles(&iam, step).await?;
        }
        self.reach(Stage::Role)?;
        Ok(wanted)
    }

    /// Fails if a role trusts others than the settings say. Anything else that differs in the hybrid role keeps instances
    /// from getting it.
    fn check_roles(&mut self, plan: &Plan) -> Result<(), ProvisionError> {
        let hybrid = plan.drift_of_role(&self.provisioner.settings.roles.hybrid);
        self.state.activations_blocked = hybrid.map(ToString::to_string);
        if let Some(drift) = plan.wrong_trust() {
            let (account, resource) = (self.key.clone(), drift.resource.clone());
            // The account gets no activations until its roles are right again. Its ExternalId stays the one that is known.
            self.state.stage = self.state.stage.min(Stage::Role);
            self.save()?;
            return Err(ProvisionError::WrongTrust { account, resource });
        }
        Ok(self.save()?)
    }

    async fn regions(&mut self, access: &Access, wanted: &Wanted, systems_account: &str) -> Result<(), ProvisionError> {
        for region in &self.request.regions {
            let ssm = access.ssm(region);
            let found = read_region(&ssm, &wanted.region).await?;
            let plan = compare_region(&wanted.region, &found, self.state.ready_regions.contains(region));
            let mut writer = RegionWriter::new(&ssm, found, systems_account, region);
            for step in &plan.steps {
                self.keep_lease()?;
                writer.apply(step).await?;
            }
        }
        Ok(self.reach(Stage::Ssm)?)
    }
}
