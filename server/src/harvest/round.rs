//! One round: every account and Region pulled and stored, some at a time, none able to stop another.

use super::{
    progress::Progress,
    report::{HarvestReport, RoundReport},
};
use crate::{
    clock::SharedClock,
    collect::{
        client::Connector,
        pull::{Plan, pull},
        snapshot::{Snapshot, Target},
    },
    figures::Limits,
    roster::Account,
    store::{self, connection::Store, error::StoreError},
};
use app::model::ids::AccountId;
use futures::StreamExt;
use jiff::SignedDuration;
use std::sync::Arc;

/// Everything that a round needs.
#[derive(Clone)]
pub struct Harvester {
    pub connector: Arc<Connector>,
    pub store: Store,
    pub accounts: Arc<[Account]>,
    pub clock: SharedClock,
    pub limits: Limits,
    /// Pulls under way at the same time; inside each, calls go one after the other.
    pub concurrency: usize,
    pub slow_cycle: SignedDuration,
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
    /// Harvests. Fails only when the store does; what AWS refused is in the report and in the store.
    pub async fn round(&self, options: &RoundOptions, progress: &dyn Progress) -> Result<RoundReport, StoreError> {
        self.sync_roster().await?;
        let targets = self.targets(options);
        progress.started(targets.len());
        let mut round = RoundReport::default();
        let mut pulls = futures::stream::iter(targets)
            .map(|target| {
                let (harvester, full) = (self.clone(), options.full);
                tokio::spawn(async move { harvester.pull(target, full).await })
            })
            .buffer_unordered(self.concurrency.max(1));
        while let Some(pulled) = pulls.next().await {
            let snapshot = pulled.map_err(|_| StoreError::BrokenOff { what: "a harvest" })??;
            let report = self.store(snapshot).await?;
            progress.finished(&report);
            round.add(&report);
        }
        self.record_day().await?;
        progress.done(&round);
        Ok(round)
    }

    async fn sync_roster(&self) -> Result<(), StoreError> {
        let (accounts, now) = (self.accounts.clone(), self.clock.now());
        self.store.write("the roster", move |writer| store::roster::sync(writer, &accounts, now)).await
    }

    fn targets(&self, options: &RoundOptions) -> Vec<Target> {
        let wanted = |account: &&Account| options.account.as_ref().is_none_or(|only| *only == account.account_id);
        self.accounts
            .iter()
            .filter(wanted)
            .flat_map(|account| {
                account.regions.iter().map(|region| Target {
                    account_id: account.account_id.clone(),
                    systems_account: account.systems_account.clone(),
                    role_arn: account.role_arn.clone(),
                    external_id: account.external_id.clone(),
                    region: region.clone(),
                })
            })
            .collect()
    }

    async fn pull(&self, target: Target, full: bool) -> Result<Snapshot, StoreError> {
        let (account, region) = (target.account_id.clone(), target.region.clone());
        let known = self
            .store
            .read("what is known of an account", move |connection| store::known::known(connection, &account, &region))
            .await?;
        let plan = Plan { full, slow_cycle: self.slow_cycle };
        Ok(pull(&self.connector, &target, &known, plan, self.clock.as_ref()).await)
    }

    async fn store(&self, snapshot: Snapshot) -> Result<HarvestReport, StoreError> {
        self.store
            .write("a harvest", move |writer| {
                let written = store::write::write(writer, &snapshot)?;
                Ok(HarvestReport::of(&snapshot, written))
            })
            .await
    }

    async fn record_day(&self) -> Result<(), StoreError> {
        let (limits, now) = (self.limits, self.clock.now());
        self.store.write("the day's figures", move |writer| store::day::record(writer, &limits, now)).await
    }
}
