//! Runs one round: pulls and stores every account and Region, many at a time, so that none can block another.

use super::{
    credential_watch::CredentialWatch,
    organization::{Organization, merge},
    progress::Progress,
    report::{HarvestReport, RoundReport},
};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use muster_audit::Audit;
use muster_collect::{
    client::Connector,
    events::EventTarget,
    flow::{Flow, Slice},
    patch_documents::PatchDocuments,
    pull::{Plan, pull},
    row_budget::RowBudget,
};
use muster_core::{
    clock::SharedClock,
    roster::Account,
    service_levels::ServiceLevels,
    snapshot::{Snapshot, Target},
};
use muster_metrics::Limits;
use muster_model::ids::AccountId;
use muster_store::{
    self,
    connection::{Store, Writer},
    error::StoreError,
    value::day_of,
};
use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::{JoinError, JoinHandle},
    time::Instant,
};

/// The longest time between reading what is stored and the start of the pull.
const PULL_START_MAX: SignedDuration = SignedDuration::from_mins(1);

/// The default of the rows of updates and inventory that all pulls together hold: at most 150 MB.
pub const HELD_ROWS_MAX: usize = 500_000;
/// How long a pull keeps rows before they are stored, so how much of its work an interruption costs.
const HELD_ROWS_AGE_MAX: Duration = Duration::from_secs(30);

/// Runs rounds.
#[derive(Clone)]
pub struct Harvester {
    pub connector: Arc<Connector>,
    pub store: Store,
    /// The accounts of the roster file.
    pub accounts: Arc<[Account]>,
    pub service_levels: ServiceLevels,
    /// The folder of feeds about vulnerabilities, if configured.
    pub feeds: Option<PathBuf>,
    /// Lists further accounts, if configured.
    pub organization: Option<Organization>,
    pub clock: SharedClock,
    pub limits: Limits,
    /// Pulls at the same time. AWS limits each account separately, so the number can be large.
    pub concurrency: usize,
    /// The rows that pulls hold before they are stored.
    pub row_budget: Arc<RowBudget>,
    /// How long a pull keeps rows before they are stored.
    pub row_age_max: Duration,
    pub reference_data_interval: SignedDuration,
    /// The documents whose commands are runs.
    pub patch_documents: PatchDocuments,
    /// The time limit of one account and Region in one round.
    pub account_timeout: Duration,
    pub round_timeout: Duration,
    /// How long the records of harvests are kept.
    pub harvest_log_retention: SignedDuration,
    /// How long the history is kept; None keeps it without limit.
    pub history_retention: Option<SignedDuration>,
    /// Records which accounts' credentials start and stop to fail.
    pub audit: Option<Audit>,
}

/// Options of one round.
#[derive(Clone, Debug, Default)]
pub struct RoundOptions {
    /// Harvests only this account.
    pub account: Option<AccountId>,
    /// Harvests only the accounts and Regions that events are about.
    pub event_targets: Option<BTreeSet<EventTarget>>,
    /// Reads everything, changed or not.
    pub full: bool,
}

impl Harvester {
    /// Uses the defaults of the configuration; every field can be changed afterwards.
    pub fn new(connector: Connector, store: Store, accounts: Vec<Account>, clock: SharedClock) -> Self {
        Self {
            connector: Arc::new(connector),
            store,
            accounts: accounts.into(),
            service_levels: ServiceLevels::default(),
            feeds: None,
            organization: None,
            clock,
            limits: Limits::default(),
            concurrency: 200,
            row_budget: RowBudget::new(HELD_ROWS_MAX),
            row_age_max: HELD_ROWS_AGE_MAX,
            reference_data_interval: SignedDuration::from_mins(60),
            patch_documents: PatchDocuments::default(),
            account_timeout: Duration::from_secs(15 * 60),
            round_timeout: Duration::from_secs(60 * 60),
            harvest_log_retention: SignedDuration::from_hours(90 * 24),
            history_retention: None,
            audit: None,
        }
    }

    /// Harvests all accounts. Fails only when the store does; errors of AWS are in the report and in the store.
    pub async fn round(&self, options: &RoundOptions, progress: &dyn Progress) -> Result<RoundReport, StoreError> {
        let ends_at = Instant::now() + self.round_timeout;
        self.retain().await?;
        self.prune().await?;
        let accounts = self.all_accounts().await?;
        self.sync_roster(&accounts).await?;
        self.sync_service_levels().await?;
        self.sync_feeds().await?;
        let targets = self.targets(&accounts, options).await?;
        let mut credentials = CredentialWatch::load(&self.store, self.audit.clone()).await?;
        progress.started(targets.len());
        let mut round = RoundReport::default();
        let mut pulling = targets.len();
        let (flow, slices) = Flow::new(self.row_budget.clone(), self.row_age_max);
        let pulls = futures::stream::iter(targets)
            .map(|target| {
                let (harvester, flow, full, account) =
                    (self.clone(), flow.clone(), options.full, target.account_id.clone());
                let pull = AbortOnDrop(tokio::spawn(async move { harvester.pull(target, full, ends_at, &flow).await }));
                async move { Arrival::Ended(account, pull.finished().await) }
            })
            .buffer_unordered(self.concurrency.max(1));
        let mut arrivals = futures::stream::select(pulls, slices.map(Arrival::Slice))
            .ready_chunks(muster_store::write::BATCH_HARVESTS_MAX);
        while pulling > 0
            && let Some(arrived) = arrivals.next().await
        {
            let mut slices = Vec::with_capacity(arrived.len());
            for one in arrived {
                pulling -= usize::from(matches!(one, Arrival::Ended(..)));
                match one {
                    Arrival::Slice(slice) | Arrival::Ended(_, Ok(Ok(Some(slice)))) => slices.push(slice),
                    Arrival::Ended(_, Ok(Ok(None))) => round.skipped += 1,
                    Arrival::Ended(_, Ok(Err(error))) => return Err(error),
                    Arrival::Ended(account, Err(panic)) => {
                        // A bug that one account's answers trigger must not stop the others.
                        tracing::error!(account.id = %account, "the pull of an account panicked: {panic}");
                        round.harvests += 1;
                        round.failed += 1;
                    }
                }
            }
            for batch in muster_store::write::batches(slices) {
                self.store(batch, progress, &mut credentials, &mut round).await?;
            }
        }
        self.record_day().await?;
        self.settle_lost_log().await?;
        self.compact().await?;
        progress.done(&round);
        Ok(round)
    }

    /// Runs before `prune`, so that records of harvests that only a dropped day needs are pruned with it.
    async fn retain(&self) -> Result<(), StoreError> {
        let Some(kept) = self.history_retention else { return Ok(()) };
        if let Some(horizon) =
            muster_store::retention::history::drop_old(&self.store, self.limits, kept, self.clock.now()).await?
        {
            tracing::info!(history.kept_since = %horizon, "dropped the history before this day, as configured");
        }
        Ok(())
    }

    /// Runs before anything is added, so that a backlog cannot grow.
    async fn prune(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let before = now.checked_sub(self.harvest_log_retention).unwrap_or(now);
        self.store
            .write("old harvest records", move |writer| {
                muster_store::retention::harvest_log::drop_before(writer, before)
            })
            .await
            .map(drop)
    }

    /// Returns the accounts of the roster file, and those of the organization that it does not have.
    pub async fn all_accounts(&self) -> Result<Vec<Account>, StoreError> {
        let accounts = self.accounts.to_vec();
        let Some(organization) = &self.organization else { return Ok(accounts) };
        let found = organization.accounts(&self.connector, &self.store, &self.clock).await?;
        Ok(merge(accounts, found))
    }

    /// Stores the accounts and service levels as they are configured now, so that pages show them before the next round.
    pub async fn sync(&self) -> Result<(), StoreError> {
        self.sync_roster(&self.all_accounts().await?).await?;
        self.sync_service_levels().await
    }

    async fn sync_roster(&self, accounts: &[Account]) -> Result<(), StoreError> {
        let (accounts, now) = (accounts.to_vec(), self.clock.now());
        self.store.write("the roster", move |writer| muster_store::roster::sync(writer, &accounts, now)).await
    }

    /// Stores the configured service levels. `serve` does so at its start, so that they apply before the next round.
    pub async fn sync_service_levels(&self) -> Result<(), StoreError> {
        let (levels, today) = (self.service_levels.clone(), day_of(self.clock.now()));
        self.store
            .write("the service levels", move |writer| muster_store::service_levels::sync(writer, &levels, today))
            .await
    }

    /// Returns the targets in the order of their last attempt, oldest first: the next round starts with those that this one
    /// skips.
    async fn targets(&self, accounts: &[Account], options: &RoundOptions) -> Result<Vec<Target>, StoreError> {
        let order = self.store.read("when accounts were last tried", muster_store::roster::by_last_try).await?;
        let position: HashMap<_, _> = order.into_iter().zip(0_usize..).collect();
        let is_wanted = |account: &&Account| options.account.as_ref().is_none_or(|only| *only == account.account_id);
        let mut targets: Vec<Target> = accounts.iter().filter(is_wanted).flat_map(targets_of).collect();
        if let Some(named) = &options.event_targets {
            let target_of = |target: &Target| EventTarget {
                systems_account: target.systems_account.clone(),
                region: target.region.clone(),
            };
            targets.retain(|target| named.contains(&target_of(target)));
        }
        targets.sort_by_key(|target| position.get(&(target.account_id.clone(), target.region.clone())).copied());
        Ok(targets)
    }

    async fn pull(
        &self,
        target: Target,
        full: bool,
        ends_at: Instant,
        flow: &Flow,
    ) -> Result<Option<Slice>, StoreError> {
        if Instant::now() >= ends_at {
            return Ok(None);
        }
        let (account, region, now) = (target.account_id.clone(), target.region.clone(), self.clock.now());
        let reference_data_before = self.reference_data_before(full, now);
        let known = self
            .store
            .read("the stored state of an account", move |connection| {
                muster_store::known::known(connection, &account, &region, now, reference_data_before)
            })
            .await?;
        let deadline = Plan::deadline(ends_at, self.account_timeout);
        let reference_data_interval = self.reference_data_interval;
        let plan = Plan { full, reference_data_interval, patch_documents: &self.patch_documents, deadline, flow };
        Ok(Some(Box::pin(pull(&self.connector, &target, &known, plan, self.clock.as_ref())).await))
    }

    /// Returns the time before which reference data must have been read to be due in a pull that starts now.
    fn reference_data_before(&self, full: bool, now: Timestamp) -> Timestamp {
        let age = if full { SignedDuration::ZERO } else { self.reference_data_interval - PULL_START_MAX };
        now.checked_sub(age).unwrap_or(now)
    }

    /// Stores a batch and reports each harvest that was completed, even if others were not stored.
    async fn store(
        &self,
        slices: Vec<Slice>,
        progress: &dyn Progress,
        credentials: &mut CredentialWatch,
        round: &mut RoundReport,
    ) -> Result<(), StoreError> {
        let mut snapshots = Vec::with_capacity(slices.len());
        // Rows count as held until all of the batch are stored and dropped.
        let mut waiting = Vec::with_capacity(slices.len());
        for slice in slices {
            snapshots.push(slice.snapshot);
            waiting.push((slice.stored, slice.held));
        }
        let write = move |writer: &mut Writer| {
            let stored = muster_store::write::write(writer, &snapshots)?;
            let report = |(snapshot, stored): (&Snapshot, muster_store::write::Stored)| {
                let written = stored?;
                Ok((written, snapshot.is_last.then(|| HarvestReport::of(snapshot, written))))
            };
            Ok(snapshots.iter().zip(stored).map(report).collect::<Vec<Result<_, StoreError>>>())
        };
        let mut result = Ok(());
        for (stored, (pull, _held)) in self.store.write("harvests", write).await?.into_iter().zip(waiting) {
            match stored {
                Ok((_, Some(report))) => {
                    progress.finished(&report);
                    credentials.update(&report).await;
                    round.add(&report);
                }
                // The pull has ended meanwhile if it does not wait.
                Ok((written, None)) => drop(pull.map(|pull| pull.send(written))),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    async fn settle_lost_log(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write("a lost log", move |writer| muster_store::wal_recovery::settle(writer, now)).await
    }

    /// Does its work once a month, and returns at once otherwise.
    async fn compact(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let sorted = self.store.write("the history", move |writer| muster_store::compact::compact(writer, now)).await?;
        if sorted {
            tracing::info!("sorted the history of past months by instance");
        }
        Ok(())
    }

    async fn record_day(&self) -> Result<(), StoreError> {
        let (limits, now) = (self.limits, self.clock.now());
        self.store.write("the day's figures", move |writer| muster_store::day::record(writer, &limits, now)).await
    }
}

/// What a round waits for.
enum Arrival {
    /// A part of a pull that goes on.
    Slice(Slice),
    /// The last part of a pull, or none if it was skipped.
    Ended(AccountId, Result<Result<Option<Slice>, StoreError>, JoinError>),
}

/// Aborts a pull when its round ends early.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    async fn finished(mut self) -> Result<T, JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Returns an account's target in each of its Regions.
pub fn targets_of(account: &Account) -> impl Iterator<Item = Target> {
    account.regions.iter().map(|region| Target {
        account_id: account.account_id.clone(),
        systems_account: account.systems_account.clone(),
        role_arn: account.role_arn.clone(),
        external_id: account.external_id.clone(),
        region: region.clone(),
        account_regions: account.regions.clone(),
    })
}
