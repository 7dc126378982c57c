//! The estate: every systems account with its machines, and the one clock they share.
//!
//! It moves by whole days, from one harvest moment (02:40 UTC) to the next. All patch operations of a day are over
//! before its end, and a machine has at most one of them, so a harvest at each moment sees every change.

pub mod account;
pub mod agent;
pub mod association;
pub mod baseline;
mod build;
pub mod command;
mod day;
pub mod generated;
pub mod instance;
pub mod inventory;
mod moves;
mod names;
mod operation;
pub mod organization;
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

use crate::clock;
use account::Account;
use generated::GeneratedSpec;
use site::Site;
use spec::EstateSpec;
use truth::{RosterAccount, TrueInstance, TrueInvocation, TrueTransition};

pub type SharedEstate = Arc<RwLock<Estate>>;

/// The estates that have a name.
pub const NAMES: &[&str] = &["demo", "small", "empty", "large"];

/// The estate of a name, at its first moment, with another seed than its own if one is given. `large` has nothing to
/// live through: its first moment is its last day's.
pub fn estate_named(name: &str, seed: Option<u64>) -> Option<Estate> {
    if name == "large" {
        let large = GeneratedSpec::LARGE;
        return Some(Estate::generated(&GeneratedSpec { seed: seed.unwrap_or(large.seed), ..large }));
    }
    let spec = EstateSpec::named(name)?;
    let seed = seed.unwrap_or(spec.seed);
    Some(Estate::new(&spec.with_seed(seed)))
}

/// Without accounts by default; [`Estate::new`] builds one from its spec.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    seed: u64,
    now: Timestamp,
    last_day: Date,
    /// Computed from a number, instead of lived day by day.
    generated: bool,
    accounts: Vec<Account>,
    by_systems_account: BTreeMap<Arc<str>, usize>,
    /// By systems account, then by Region.
    sites: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Site>>,
    history: Vec<TrueTransition>,
}

impl Estate {
    /// An estate that stands at the first day's harvest moment.
    pub fn new(spec: &EstateSpec) -> Estate {
        build::estate(spec)
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

    /// Lives one day: releases become approved, machines scan, install, reboot, join and leave. It may go on past the
    /// last day; the catalogue just has nothing new to offer then. A generated estate has each machine scanned once.
    pub fn next_day(&mut self) {
        let from = self.today();
        self.now = clock::tick(clock::plus_days(from, 1));
        if self.generated {
            self.scan(1.0);
            return;
        }
        for site in self.sites.values_mut().flat_map(BTreeMap::values_mut) {
            day::live(site, self.seed, from, &mut self.history);
        }
    }

    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The account behind a systems account.
    pub fn account(&self, systems_account: &str) -> Option<&Account> {
        let index = *self.by_systems_account.get(systems_account)?;
        self.accounts.get(index)
    }

    /// What an operator of the portal would write into its roster.
    pub fn roster(&self) -> Vec<RosterAccount> {
        self.accounts.iter().map(Account::roster_entry).collect()
    }

    pub fn site(&self, systems_account: &str, region: &str) -> Option<&Site> {
        self.sites.get(systems_account)?.get(region)
    }

    fn sites_mut(&mut self) -> impl Iterator<Item = &mut Site> {
        self.sites.values_mut().flat_map(BTreeMap::values_mut)
    }

    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.values().flat_map(BTreeMap::values)
    }

    /// Every instance that has ever been there, in the order systems account, Region, id.
    pub fn instances(&self) -> Vec<TrueInstance> {
        self.sites().flat_map(|site| truth::instances(site, self.now())).collect()
    }

    /// The same for one systems account alone; those of a large estate would fill the memory together.
    pub fn instances_of(&self, systems_account: &str) -> Vec<TrueInstance> {
        let sites = self.sites.get(systems_account).into_iter().flat_map(BTreeMap::values);
        sites.flat_map(|site| truth::instances(site, self.now())).collect()
    }

    /// Every change of what SSM reports since the first day, in the order in which SSM reported them within a day.
    /// The rows of an instance's first report come from `None`, with `baseline` set. Empty for a generated estate.
    pub fn history(&self) -> &[TrueTransition] {
        &self.history
    }

    /// Every command result ever; SSM itself forgets them after 30 days.
    pub fn invocations(&self) -> Vec<TrueInvocation> {
        self.sites().flat_map(truth::invocations).collect()
    }
}
