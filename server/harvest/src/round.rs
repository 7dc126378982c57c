//! One round: every account and Region pulled and stored, many at a time, none able to stop or to starve another.

use super::{
    organization::Organization,
    progress::Progress,
    report::{HarvestReport, RoundReport},
    way_in::WayIn,
};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use muster_audit::Audit;
use muster_collect::{
    client::Connector,
    pull::{Plan, pull},
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
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::{JoinError, JoinHandle},
    time::Instant,
};

/// A pull looks at the clock so long at most after what is known was read.
const PULL_BEGINS_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Everything that a round needs.
#[derive(Clone)]
pub struct Harvester {
    pub connector: Arc<Connector>,
    pub store: Store,
    /// The roster file's.
    pub accounts: Arc<[Account]>,
    pub service_levels: ServiceLevels,
    /// Where further accounts come from, if anywhere.
    pub organization: Option<Organization>,
    pub clock: SharedClock,
    pub limits: Limits,
    /// Pulls under way at the same time. AWS limits each account for itself, so many can be.
    pub concurrency: usize,
    pub slow_cycle: SignedDuration,
    /// One account and Region gets no more time than this in one round, and the round no more than that.
    pub account_time_max: Duration,
    pub round_time_max: Duration,
    /// Records of how harvests went are kept for so long.
    pub harvest_log_kept: SignedDuration,
    /// So long the history is kept; for ever where there is nothing.
    pub history_kept: Option<SignedDuration>,
    /// Where it is told which accounts let the harvest in no more.
    pub audit: Option<Audit>,
}

/// What a round is asked to do beside the ordinary.
#[derive(Clone, Debug, Default)]
pub struct RoundOptions {
    /// Only this account.
    pub account: Option<AccountId>,
    /// Read everything, changed or not.
    pub full: bool,
}

impl Harvester {
    /// Times and numbers as the configuration has them by default; all of them can be set.
    pub fn new(connector: Connector, store: Store, accounts: Vec<Account>, clock: SharedClock) -> Self {
        Self {
            connector: Arc::new(connector),
            store,
            accounts: accounts.into(),
            service_levels: ServiceLevels::default(),
            organization: None,
            clock,
            limits: Limits::default(),
            concurrency: 200,
            slow_cycle: SignedDuration::from_mins(60),
            account_time_max: Duration::from_secs(15 * 60),
            round_time_max: Duration::from_secs(60 * 60),
            harvest_log_kept: SignedDuration::from_hours(90 * 24),
            history_kept: None,
            audit: None,
        }
    }

    /// Harvests. Fails only when the store does; what AWS refused is in the report and in the store.
    pub async fn round(&self, options: &RoundOptions, progress: &dyn Progress) -> Result<RoundReport, StoreError> {
        let ends_at = Instant::now() + self.round_time_max;
        self.retain().await?;
        self.prune().await?;
        let accounts = self.all_accounts().await?;
        self.sync_roster(&accounts).await?;
        self.sync_service_levels().await?;
        let targets = self.targets(&accounts, options).await?;
        let mut way_in = WayIn::as_found_last(&self.store, self.audit.clone()).await?;
        progress.started(targets.len());
        let mut round = RoundReport::default();
        let mut pulls = futures::stream::iter(targets)
            .map(|target| {
                let (harvester, full, account) = (self.clone(), options.full, target.account_id.clone());
                let pull = AbortOnDrop(tokio::spawn(async move { harvester.pull(target, full, ends_at).await }));
                async move { (account, pull.finished().await) }
            })
            .buffer_unordered(self.concurrency.max(1))
            .ready_chunks(muster_store::write::BATCH_HARVESTS_MAX);
        while let Some(pulled) = pulls.next().await {
            let mut snapshots = Vec::with_capacity(pulled.len());
            for (account, one) in pulled {
                match one {
                    Ok(pulled) => match pulled? {
                        Some(snapshot) => snapshots.push(snapshot),
                        None => round.skipped += 1,
                    },
                    Err(panic) => {
                        // A bug that one account's answers bring out must not cost the others their round.
                        tracing::error!(account.id = %account, "the pull of an account was broken off: {panic}");
                        round.harvests += 1;
                        round.failed += 1;
                    }
                }
            }
            for batch in muster_store::write::batches(snapshots) {
                self.store(batch, progress, &mut way_in, &mut round).await?;
            }
        }
        self.record_day().await?;
        self.settle_lost_log().await?;
        self.compact().await?;
        progress.done(&round);
        Ok(round)
    }

    /// Before records of harvests are pruned: those that only a dropped day is shown with go with it.
    async fn retain(&self) -> Result<(), StoreError> {
        let Some(kept) = self.history_kept else { return Ok(()) };
        if let Some(horizon) =
            muster_store::retention::history::drop_old(&self.store, self.limits, kept, self.clock.now()).await?
        {
            tracing::info!(history.kept_since = %horizon, "the history of the days before was dropped, as configured");
        }
        Ok(())
    }

    /// Before anything is added, so that a backlog cannot grow.
    async fn prune(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let before = now.checked_sub(self.harvest_log_kept).unwrap_or(now);
        self.store
            .write("old harvests", move |writer| muster_store::retention::harvest_log::drop_before(writer, before))
            .await
            .map(drop)
    }

    /// The roster file's accounts, and those of the organization that it does not name.
    pub async fn all_accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut accounts = self.accounts.to_vec();
        let Some(organization) = &self.organization else { return Ok(accounts) };
        let found = organization.accounts(&self.connector, &self.store, &self.clock).await?;
        let mut named: HashSet<String> = accounts.iter().map(|account| account.systems_account.clone()).collect();
        let mut ids: HashSet<AccountId> = accounts.iter().map(|account| account.account_id.clone()).collect();
        accounts.extend(
            found.into_iter().filter(|account| {
                named.insert(account.systems_account.clone()) && ids.insert(account.account_id.clone())
            }),
        );
        Ok(accounts)
    }

    async fn sync_roster(&self, accounts: &[Account]) -> Result<(), StoreError> {
        let (accounts, now) = (accounts.to_vec(), self.clock.now());
        self.store.write("the roster", move |writer| muster_store::roster::sync(writer, &accounts, now)).await
    }

    /// A portal does it at its start too, so that a new level counts before the next round.
    pub async fn sync_service_levels(&self) -> Result<(), StoreError> {
        let (levels, today) = (self.service_levels.clone(), day_of(self.clock.now()));
        self.store
            .write("the service levels", move |writer| muster_store::service_levels::sync(writer, &levels, today))
            .await
    }

    /// Those first that were not tried for the longest time: an account that a round did not get to is the next one's
    /// first.
    async fn targets(&self, accounts: &[Account], options: &RoundOptions) -> Result<Vec<Target>, StoreError> {
        let order = self.store.read("when accounts were last tried", muster_store::roster::by_last_try).await?;
        let place: HashMap<_, _> = order.into_iter().zip(0_usize..).collect();
        let wanted = |account: &&Account| options.account.as_ref().is_none_or(|only| *only == account.account_id);
        let mut targets: Vec<Target> = accounts.iter().filter(wanted).flat_map(targets_of).collect();
        targets.sort_by_key(|target| place.get(&(target.account_id.clone(), target.region.clone())).copied());
        Ok(targets)
    }

    async fn pull(&self, target: Target, full: bool, ends_at: Instant) -> Result<Option<Snapshot>, StoreError> {
        if Instant::now() >= ends_at {
            return Ok(None);
        }
        let (account, region, now) = (target.account_id.clone(), target.region.clone(), self.clock.now());
        let slow_cycle_before = self.slow_cycle_before(full, now);
        let known = self
            .store
            .read("what is known of an account", move |connection| {
                muster_store::known::known(connection, &account, &region, now, slow_cycle_before)
            })
            .await?;
        let deadline = Plan::deadline(ends_at, self.account_time_max);
        let plan = Plan { full, slow_cycle: self.slow_cycle, deadline };
        Ok(Some(Box::pin(pull(&self.connector, &target, &known, plan, self.clock.as_ref())).await))
    }

    /// Where the last slow cycle is older than this, the pull that begins now may find another one due.
    fn slow_cycle_before(&self, full: bool, now: Timestamp) -> Timestamp {
        let most = if full { SignedDuration::ZERO } else { self.slow_cycle - PULL_BEGINS_WITHIN };
        now.checked_sub(most).unwrap_or(now)
    }

    /// Those that could be stored are reported, whatever became of the others.
    async fn store(
        &self,
        snapshots: Vec<Snapshot>,
        progress: &dyn Progress,
        way_in: &mut WayIn,
        round: &mut RoundReport,
    ) -> Result<(), StoreError> {
        let write = move |writer: &mut Writer| {
            let stored = muster_store::write::write(writer, &snapshots)?;
            let report =
                |(snapshot, stored): (_, muster_store::write::Stored)| Ok(HarvestReport::of(snapshot, stored?));
            Ok(snapshots.iter().zip(stored).map(report).collect::<Vec<Result<_, StoreError>>>())
        };
        let mut result = Ok(());
        for report in self.store.write("harvests", write).await? {
            match report {
                Ok(report) => {
                    progress.finished(&report);
                    way_in.found(&report).await;
                    round.add(&report);
                }
                Err(error) => result = Err(error),
            }
        }
        result
    }

    async fn settle_lost_log(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write("a lost log", move |writer| muster_store::wal_recovery::settle(writer, now)).await
    }

    /// Once a month, and quickly asked in between.
    async fn compact(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let sorted = self.store.write("the history", move |writer| muster_store::compact::compact(writer, now)).await?;
        if sorted {
            tracing::info!("the history of the months that are over was put in the order of instances");
        }
        Ok(())
    }

    async fn record_day(&self) -> Result<(), StoreError> {
        let (limits, now) = (self.limits, self.clock.now());
        self.store.write("the day's figures", move |writer| muster_store::day::record(writer, &limits, now)).await
    }
}

/// A round that ends early takes its pulls with it.
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

/// An account in each of its Regions.
pub fn targets_of(account: &Account) -> impl Iterator<Item = Target> {
    account.regions.iter().map(|region| Target {
        account_id: account.account_id.clone(),
        systems_account: account.systems_account.clone(),
        role_arn: account.role_arn.clone(),
        external_id: account.external_id.clone(),
        region: region.clone(),
    })
}
