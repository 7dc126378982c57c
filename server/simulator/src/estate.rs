//! The estate: every systems account with its instances, and the clock they share.
//!
//! It moves by whole days, from one harvest time (02:40 UTC) to the next. All patch operations of a day end before the
//! day does, and an instance has at most one of them, so daily harvests see every change.
//!
//! The modules build on each other in this order: plain state ([`patch`], [`command`], [`report`], [`package`], [`policy`],
//! [`instance`], [`site`], [`account`]), views of it ([`truth`], [`inventory`], [`association`]), one operation
//! (`assessment`, `operation`), one day (`day`), builders (`build`, [`generated`]), and [`Estate`]. On top of it are
//! `actions` and [`organization`].

pub mod account;
mod actions;
pub mod agent;
mod assessment;
pub mod association;
pub mod baseline;
mod build;
pub mod command;
mod day;
pub mod generated;
pub mod generated_rows;
pub mod instance;
pub mod inventory;
mod names;
mod operation;
pub mod organization;
pub mod package;
pub mod patch;
pub mod policy;
pub mod report;
pub mod site;
pub mod spec;
pub mod trouble;
pub mod truth;
pub mod window;

use std::{
    collections::BTreeMap,
    sync::{Arc, RwLock},
};

use jiff::{Timestamp, civil::Date};

pub use self::{
    account::*, agent::AgentUpdates, assessment::Assessment, baseline::*, command::*, generated_rows::GeneratedRows,
    instance::*, package::*, patch::*, policy::*, report::Report, site::*, spec::*, trouble::*, truth::*, window::*,
};
use crate::clock;
use build::Built;
use generated::{GeneratedSpec, scan::scan_share};
use generated_rows::CHANGE_SECONDS;

pub type SharedEstate = Arc<RwLock<Estate>>;

/// The names that [`estate_named`] accepts.
pub const NAMES: &[&str] = &["demo", "small", "empty", "large"];

/// The estate with a name on its first day, optionally with another seed than its own. The first day of `large`, which
/// is generated, is its last one too.
pub fn estate_named(name: &str, seed: Option<u64>) -> Option<Estate> {
    if name == "large" {
        let large = GeneratedSpec::LARGE;
        return Some(Estate::generated(&GeneratedSpec { seed: seed.unwrap_or(large.seed), ..large }));
    }
    let spec = EstateSpec::named(name)?;
    let seed = seed.unwrap_or(spec.seed);
    Some(Estate::new(&spec.with_seed(seed)))
}

/// An estate. By default it has no accounts.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    seed: u64,
    now: Timestamp,
    last_day: Date,
    /// Whether it is generated instead of simulated day by day.
    is_generated: bool,
    accounts: Vec<Account>,
    by_systems_account: BTreeMap<Arc<str>, usize>,
    /// By systems account, then by Region.
    sites: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Site>>,
    history: Vec<TrueTransition>,
}

impl Estate {
    /// An estate at the harvest time of its first day.
    pub fn new(spec: &EstateSpec) -> Estate {
        let Built { accounts, sites, history } = build::build(spec);
        Estate { history, ..Estate::at_first_day(spec, accounts, sites) }
    }

    /// A generated estate at a harvest time at which every instance has just been scanned.
    pub fn generated(spec: &GeneratedSpec) -> Estate {
        let estate_spec = spec.estate_spec();
        let (accounts, sites) = generated::build(spec, &estate_spec);
        let mut estate = Estate { is_generated: true, ..Estate::at_first_day(&estate_spec, accounts, sites) };
        estate.scan(1.0);
        estate
    }

    fn at_first_day(spec: &EstateSpec, accounts: Vec<Account>, sites: Vec<Site>) -> Estate {
        let index = |(index, account): (usize, &Account)| (account.systems_account.clone(), index);
        let mut by_region: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Site>> = BTreeMap::new();
        for site in sites {
            by_region.entry(site.systems_account.clone()).or_default().insert(site.region.clone(), site);
        }
        Estate {
            seed: spec.seed,
            now: clock::harvest_time(spec.first_day),
            last_day: spec.last_day,
            is_generated: false,
            by_systems_account: accounts.iter().enumerate().map(index).collect(),
            accounts,
            sites: by_region,
            history: Vec::new(),
        }
    }

    pub fn shared(self) -> SharedEstate {
        Arc::new(RwLock::new(self))
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn today(&self) -> Date {
        clock::date_of(self.now)
    }

    pub fn last_day(&self) -> Date {
        self.last_day
    }

    pub fn is_at_last_day(&self) -> bool {
        self.today() >= self.last_day
    }

    /// Simulates one day: releases are approved; instances are scanned, patched and rebooted, join and leave. It can go
    /// past the last day, but the catalogue has no newer releases. In a generated estate each instance is scanned once.
    pub fn next_day(&mut self) {
        let from = self.today();
        self.now = clock::harvest_time(clock::plus_days(from, 1));
        if self.is_generated {
            self.scan(1.0);
            return;
        }
        for site in self.sites.values_mut().flat_map(BTreeMap::values_mut) {
            day::simulate(site, self.seed, from, &mut self.history);
        }
    }

    /// Lets 15 minutes pass. In a generated estate a share of each site's instances is scanned, always the same number
    /// and in rotation. About one in a hundred rows of a scanned instance changes.
    pub fn change(&mut self, share: f64) {
        self.now += clock::seconds(CHANGE_SECONDS);
        if self.is_generated {
            self.scan(share);
        }
    }

    fn scan(&mut self, share: f64) {
        let (seed, now) = (self.seed, self.now);
        self.sites_mut().for_each(|site| scan_share(site, seed, share, now));
    }

    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The account that a systems account belongs to.
    pub fn account(&self, systems_account: &str) -> Option<&Account> {
        let index = *self.by_systems_account.get(systems_account)?;
        self.accounts.get(index)
    }

    /// The accounts as an operator enters them in the portal's roster.
    pub fn roster(&self) -> Vec<RosterAccount> {
        self.accounts.iter().map(truth::roster_account).collect()
    }

    pub fn site(&self, systems_account: &str, region: &str) -> Option<&Site> {
        self.sites.get(systems_account)?.get(region)
    }

    /// The sites of a systems account, by Region.
    pub fn sites_of(&self, systems_account: &str) -> impl Iterator<Item = &Site> {
        self.sites.get(systems_account).into_iter().flat_map(BTreeMap::values)
    }

    fn sites_mut(&mut self) -> impl Iterator<Item = &mut Site> {
        self.sites.values_mut().flat_map(BTreeMap::values_mut)
    }

    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.values().flat_map(BTreeMap::values)
    }

    /// Every instance that has joined so far, ordered by systems account, Region and id.
    pub fn instances(&self) -> Vec<TrueInstance> {
        self.sites().flat_map(|site| truth::instances(site, self.now())).collect()
    }

    /// The instances of one systems account. Those of a large estate would not fit into memory together.
    pub fn instances_of(&self, systems_account: &str) -> Vec<TrueInstance> {
        let sites = self.sites.get(systems_account).into_iter().flat_map(BTreeMap::values);
        sites.flat_map(|site| truth::instances(site, self.now())).collect()
    }

    /// Every change of what SSM reports since the first day, in the order in which SSM reported them within a day. The
    /// rows of an instance's first report have no `from` and are marked `baseline`. Empty for a generated estate.
    pub fn history(&self) -> &[TrueTransition] {
        &self.history
    }

    /// Every command result, including those that SSM has forgotten after 30 days.
    pub fn invocations(&self) -> Vec<TrueInvocation> {
        self.sites().flat_map(truth::invocations).collect()
    }
}
